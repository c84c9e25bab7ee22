"""The sentences of WTForms, with our own for an empty field and a choice that is not offered (any more)."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from flask_babel import gettext as _
from wtforms import ValidationError, i18n
from wtforms.fields.choices import SelectFieldBase

from app.rules.text import N_

EMPTY = N_("Dit veld is verplicht.")
GONE = N_("Deze keuze is er niet meer. Kies opnieuw.")
# What WTForms says of these -> what we say: some of its words name the value, a number of the database.
OURS = {
    "This field is required.": EMPTY,
    "Not a valid choice.": GONE,
    "Invalid Choice: could not coerce.": GONE,
    "Invalid choice(s): one or more data inputs could not be coerced.": GONE,
    "'%(value)s' is not a valid choice for this field.": GONE,
}


class FormWords:
    """WTForms' own translations, but for what `OURS` says better: whatever the field, one sentence."""

    def __init__(self, theirs: Any) -> None:
        self.theirs = theirs

    def gettext(self, text: str) -> str:
        return _(OURS[text]) if text in OURS else str(self.theirs.gettext(text))

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return _(OURS[singular]) if singular in OURS else str(self.theirs.ngettext(singular, plural, count))


@cache
def form_words(language: str) -> FormWords:
    """The sentences for a reader of this language."""
    return FormWords(i18n.get_translations([language]))


def tell_gone_choices(form: Iterable[Any]) -> None:
    """Say at each field that what was chosen in it is not offered any more, in a form that is shown again.

    It is not checked as one that is sent: without this an empty list stood there, and would be sent as none.
    """
    for field in form:
        if isinstance(field, SelectFieldBase):
            if field.raw_data and not field.errors and not _is_offered(field, form):
                field.errors = [_(GONE)]
        else:
            tell_gone_choices(inside(field))


def inside(field: Any) -> Iterable[Any]:
    """The fields inside this one: those of a list, or of a form in a form."""
    return getattr(field, "entries", None) or getattr(field, "form", None) or ()


def _is_offered(field: SelectFieldBase, form: Any) -> bool:
    """Whether everything that is chosen in this field can be chosen in it."""
    try:
        field.pre_validate(form)
    except ValidationError:
        return False
    return not field.process_errors
