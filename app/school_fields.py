"""The fields of a student that a school adds itself: [[student_field]] in school.toml, read and checked."""

import re
from functools import cache
from pathlib import Path

from babel.support import Translations

from app.rules import fields as rules
from app.rules import student_columns
from app.rules.people import search_form
from app.rules.text import N_
from app.toml_file import TomlTable
from app.toml_kinds import Choice

TABLE = "student_field"
NAMES = ("key", "label", "type", "choices", "required", *rules.PLACES)
TRANSLATIONS = Path(__file__).parent / "translations"
MOST = 30
MOST_CHOICES = 100
_KEY = re.compile(r"[a-z][a-z0-9_]{0,30}")


def student_fields(file: TomlTable) -> tuple[rules.StudentField, ...]:
    """The own fields, in the order of the file. DataFileError names a wrong field and what is wrong."""
    if not file.has(TABLE):
        return ()
    tables = file.tables(TABLE)
    if len(tables) > MOST:
        raise file.error(N_("%(file)s: “%(where)s” heeft meer dan %(most)s velden."), TABLE, most=MOST)
    fields: list[rules.StudentField] = []
    for table in tables:
        field = _field(table)
        for name, taken in (("key", {one.key for one in fields}), ("label", {one.label for one in fields})):
            if getattr(field, name) in taken:
                message = N_(
                    "%(file)s: “%(where)s” staat al bij een ander veld; toegestaan: bij elk veld een andere."
                )
                raise table.error(message, name)
        fields.append(field)
    return tuple(fields)


def _field(table: TomlTable) -> rules.StudentField:
    table.only(NAMES)
    key = table.text("key", limit=31)
    if not _KEY.fullmatch(key):
        raise table.error(
            N_("%(file)s: “%(where)s” bestaat uit kleine letters, cijfers en _, en begint met een letter."),
            "key",
        )
    label = table.text("label", limit=60)
    if _plain(label) in _our_labels():
        message = N_(
            "%(file)s: “%(where)s” is “%(label)s”: zo heet een kolom van Proeve al. Kies een andere."
        )
        raise table.error(message, "label", label=label)
    kind = table.read("type", Choice(tuple(rules.FieldType)))
    required = table.flag("required")
    field = rules.StudentField(key, label, kind, _choices(table, kind), required, _places(table, kind))
    if required and "import" not in field.places:
        raise table.error(
            N_("%(file)s: “%(where)s” is verplicht, dus moet het ook bij het importeren staan."), "import"
        )
    table.close()
    return field


def _choices(table: TomlTable, kind: rules.FieldType) -> tuple[str, ...]:
    """The choices of a field. Each is known by its text: no two are alike, and each has a letter or digit."""
    if kind is not rules.FieldType.CHOICE:
        return ()
    choices = table.texts("choices")
    folded = {choice.casefold() for choice in choices}
    if len(folded) < len(choices) or len(choices) > MOST_CHOICES or not all(map(_has_a_letter, choices)):
        raise table.error(
            N_(
                "%(file)s: “%(where)s” bestaat uit hoogstens %(most)s keuzes, elk anders en met een letter "
                "of cijfer."
            ),
            "choices",
            most=MOST_CHOICES,
        )
    return choices


def _places(table: TomlTable, kind: rules.FieldType) -> frozenset[str]:
    """The places of a field: all of them by default, but a filter only for a field with a closed list."""
    closed = kind in rules.CLOSED
    found = frozenset(
        place for place in rules.PLACES if table.flag(place, default=closed or place != "filter")
    )
    if "filter" in found and not closed:
        raise table.error(
            N_("%(file)s: “%(where)s” kan alleen bij een veld van het type choice of yes_no."), "filter"
        )
    return found


def _has_a_letter(text: str) -> bool:
    return any(map(str.isalnum, text))


@cache
def _our_labels() -> frozenset[str]:
    """The labels of our own columns, in each language: two columns of a file would have one heading."""
    english = Translations.load(str(TRANSLATIONS), ["en"])
    return frozenset(
        _plain(word) for label in student_columns.OURS for word in (label, english.gettext(label))
    )


def _plain(label: str) -> str:
    """A label as the import compares it."""
    return "".join(filter(str.isalnum, search_form(label)))
