"""The sentences of WTForms, with one of our own for a choice that a form does not offer (any more)."""

from functools import cache
from typing import Any

from flask_babel import gettext as _
from wtforms import i18n

from app.rules.text import N_

GONE = N_("Deze keuze is er niet meer. Kies opnieuw.")
# What WTForms says of it, in its own words: some name the value, which is a number of the database.
NO_SUCH_CHOICE = {
    "Not a valid choice.",
    "Invalid Choice: could not coerce.",
    "Invalid choice(s): one or more data inputs could not be coerced.",
    "'%(value)s' is not a valid choice for this field.",
}


class FormWords:
    """WTForms' own translations, but for a choice that is not offered: whatever the field, one sentence."""

    def __init__(self, theirs: Any) -> None:
        self.theirs = theirs

    def gettext(self, text: str) -> str:
        return _(GONE) if text in NO_SUCH_CHOICE else str(self.theirs.gettext(text))

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return _(GONE) if singular in NO_SUCH_CHOICE else str(self.theirs.ngettext(singular, plural, count))


@cache
def form_words(language: str) -> FormWords:
    """The sentences for a reader of this language."""
    return FormWords(i18n.get_translations([language]))
