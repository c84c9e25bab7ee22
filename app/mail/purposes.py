"""What mails are for. Each kind of mail is named once, beside its text, with what Postvak uit calls it."""

PURPOSES: dict[str, str] = {}  # OutboxMail.purpose -> what the outbox calls it, in Dutch


def purpose(name: str, label: str) -> str:
    """A kind of mail: the name is kept with each mail, the label (a msgid) is what is read."""
    if name in PURPOSES:
        raise ValueError(f"two kinds of mail are called {name}")
    PURPOSES[name] = label
    return name
