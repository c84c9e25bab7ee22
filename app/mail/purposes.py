"""The kinds of mail. Each is named once, beside its text, with its label in Postvak uit."""

PURPOSES: dict[str, str] = {}  # OutboxMail.purpose -> its label in the outbox, in Dutch


def purpose(name: str, label: str) -> str:
    """Register a kind of mail and return its name.

    The name is kept with each mail; users read the label (a msgid).
    """
    if name in PURPOSES:
        raise ValueError(f"two kinds of mail are called {name}")
    PURPOSES[name] = label
    return name
