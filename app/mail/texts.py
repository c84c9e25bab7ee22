"""What the texts of all our mails share: the shape of a letter, and placeholders.

A row in the outbox holds placeholders for what must not be kept (the code) or is known at sending only (the
address of this site). Each kind of mail has a file of its own beside this one.
"""

from flask_babel import gettext as _

CODE = "{{inlogcode}}"
ADDRESS = "{{adres}}"
CODE_PATH = "/aanmelden/code"


def letter(name: str, school: str, *paragraphs: str) -> str:
    """A body: a greeting, the paragraphs that are not empty, and a farewell. In the caller's language.

    Without a name the greeting is anybody's.
    """
    greeting = _("Beste %(name)s,", name=name) if name else _("Goedendag,")
    farewell = _("Met vriendelijke groet,") + "\n" + school
    return "\n\n".join((greeting, *filter(None, paragraphs), farewell)) + "\n"


def paragraphs_of(body: str) -> list[list[str]]:
    """The paragraphs of a body, each as a list of lines."""
    return [part.splitlines() for part in body.strip().split("\n\n")]


def filled_in(body: str, *, code: str, address: str) -> str:
    """The body with code and address filled in, to send or to show."""
    return body.replace(CODE, code).replace(ADDRESS, address)
