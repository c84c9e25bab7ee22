"""The forms of steps 2 to 4, built from the columns of the file at hand."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import InputRequired, Length

from app import models
from app.actions import base as actions
from app.imports import choices as import_choices
from app.imports import columns as import_columns
from app.imports import kept, table, told
from app.imports._csv import ENCODINGS
from app.imports.kind import Kind
from app.imports.kinds import mapping_of
from app.imports.table import Value
from app.queries.imports import runs
from app.rules import imports as rules
from app.rules.text import N_
from app.rules.tokens import fingerprint

ALL_ROWS = "all_"  # how the name of a field begins that holds for all rows
CITIZEN = N_("Hierin staan burgerservicenummers. Die mag Proeve niet bewaren; deze kolom is niet gelezen.")
CELL = 1000  # the most characters in a corrected cell
COLUMN = "column_"


class MappingForm(actions.ActionForm):
    """One field per column of the file, `column_<index>`, and `hidden` for a file with hidden rows."""

    kind: Kind

    def of_file(self) -> Iterator[wtforms.Field]:
        """The fields of the columns in the file."""
        return (field for field in self if field.name.startswith("column_"))

    def of_all(self) -> Sequence[wtforms.Field]:
        """The fields of what can be chosen for all rows, where the file has no column for it."""
        places = self.mapping()
        return [
            field
            for field in self
            if field.name.startswith(ALL_ROWS) and field.name.removeprefix(ALL_ROWS) not in places
        ]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Whether no target is chosen twice (unless it is repeatable), and no required one is missing."""
        ok = super().validate(*args, **kwargs)
        targets = self.kind.by_key
        taken: dict[str, str] = {}
        for field in self.of_file():
            target = targets.get(field.data or "")
            if target and target.key in taken and not target.repeatable:
                field.errors = [
                    *field.errors,
                    _(
                        "“%(target)s” is al gekozen voor de kolom “%(column)s”.",
                        target=_(target.label),
                        column=taken[target.key],
                    ),
                ]
            elif target:
                taken[target.key] = field.label.text
        given = {key for one in taken for key in (one, *targets[one].gives)}
        self._ask_missing([one for one in self.kind.columns if one.required and one.key not in given])
        return ok and not any(field.errors for field in self) and not self.form_errors

    def _ask_missing(self, missing: Sequence[import_columns.Column]) -> None:
        """Say which required columns the file lacks: of the file as a whole, or where one value for all rows
        can be chosen."""
        for field in self.of_all():
            column = self.kind.by_key[field.name.removeprefix(ALL_ROWS)]
            if column in missing and not field.data:
                sentence = _(
                    "Dit bestand heeft geen kolom met %(column)s. Kies hier wat voor alle rijen geldt, of "
                    "kies hierboven welke kolom het is.",
                    column=_(column.label),
                )
                field.errors = [*field.errors, sentence]
        names = ", ".join(_(column.label) for column in missing if not column.for_all)
        if names:
            self.form_errors.append(_("Kies nog welke kolom dit is: %(names)s.", names=names))

    def everywhere(self) -> dict[str, str]:
        """Column key -> the option that was chosen for all rows."""
        return {field.name.removeprefix(ALL_ROWS): field.data for field in self.of_all() if field.data}

    def mapping(self) -> dict[str, list[int]]:
        """Column key -> the places in the file that were chosen for it."""
        found: dict[str, list[int]] = {}
        for field in self.of_file():
            if field.data:
                found.setdefault(field.data, []).append(int(field.name.partition("_")[2]))
        return found

    def explain(self, guessed: Mapping[int, str]) -> None:
        """Set a line at each choice that needs one: why it is proposed, and which columns go with it."""
        columns = {int(field.name.partition("_")[2]): field for field in self.of_file()}
        places = self.mapping()
        split = next((one for one in self.kind.columns if one.gives and one.key in places), None)
        for place, field in columns.items():
            target = self.kind.by_key.get(field.data or "")
            if target is None:
                continue
            notes = (
                [_("Geraden uit de inhoud: kijk of dit klopt.")] if guessed.get(place) == target.key else []
            )
            others = ", ".join(columns[other].label.text for other in places[target.key] if other != place)
            if others and target.joins:
                notes.append(_("Samen met %(columns)s, met een spatie ertussen.", columns=others))
            elif others:
                notes.append(_("Samen met %(columns)s: alles wordt gekoppeld.", columns=others))
            if split and target.key in split.gives:
                notes.append(_("Gaat voor op %(column)s.", column=_(split.label)))
            field.description = " ".join(notes)


def mapping_form(
    kind: Kind, found: models.ImportRun, world: import_columns.World | None = None
) -> type[MappingForm]:
    """The form of step 2: which column is what, what becomes of hidden rows, and what holds for all rows.

    The places of citizen numbers can be nothing.
    """
    header: Sequence[str] = found.table["header"]
    refused: Collection[int] = found.table.get("citizen", ())
    choices = [actions.SelectChoice("", _("Niet importeren"))]
    for column in kind.columns:
        choices.append(
            actions.SelectChoice(column.key, f"{_(column.label)} *" if column.required else _(column.label))
        )
    fields: dict[str, Any] = {"kind": kind} | {
        f"{COLUMN}{index}": wtforms.SelectField(
            kept.column_name(header, index),
            choices=choices[:1] if index in refused else choices,
            default="",
            description=_(CITIZEN) if index in refused else "",
        )
        for index in range(len(header))
    }
    if question := told.hidden_question(found):
        fields["hidden"] = wtforms.RadioField(
            question,
            [InputRequired(_("Kies of de verborgen rijen meegaan."))],
            choices=[
                actions.SelectChoice(table.TAKE, _("Meenemen")),
                actions.SelectChoice(table.SKIP, _("Overslaan")),
            ],
            description=told.hidden_rows(found),
        )
    for column in kind.columns:
        if world is not None and column.for_all and isinstance(column, import_columns.ClosedColumn):
            fields[f"{ALL_ROWS}{column.key}"] = wtforms.SelectField(
                _(column.for_all), choices=_for_all(column, world), default=""
            )
    return type("MappingForm", (MappingForm,), fields)


def _for_all(column: import_columns.ClosedColumn, world: import_columns.World) -> list[Any]:
    """What all rows may get: an option that is there, not one that is to be made."""
    return [
        actions.SelectChoice("", _("Niets kiezen")),
        *(
            actions.SelectChoice(one.value, _(one.label) if one.translate else one.label)
            for one in column.options(world)
            if one.value != column.rest
        ),
    ]


def chosen_columns(found: models.ImportRun) -> dict[str, str]:
    """What a mapping form of this run starts with."""
    chosen = {f"{COLUMN}{place}": key for key, places in mapping_of(found).items() for place in places}
    hidden = kept.reading_of(found).hidden
    begins = f"{rules.ALL}:"
    answers: Mapping[str, str] = found.values.get(rules.ANSWERS, {})
    for_all = {
        f"{ALL_ROWS}{key.removeprefix(begins)}": value
        for key, value in answers.items()
        if key.startswith(begins)
    }
    return chosen | ({"hidden": hidden} if hidden else {}) | for_all


def reading_form(found: models.ImportRun) -> type[actions.ActionForm]:
    """How the file is read: its sheet and header row, or its delimiter and encoding."""
    reading = kept.reading_of(found)
    rows = [
        actions.SelectChoice(str(number), _row_name(number, texts)) for number, texts in kept.top_of(found)
    ]
    without = _("Geen kopregel: de gegevens beginnen op de eerste rij")
    rows.append(actions.SelectChoice(str(table.NO_HEADER), without))
    fields = {"header": wtforms.SelectField(_("Kopregel"), choices=rows, default=str(reading.header))}
    if len(found.table.get("sheets", ())) > 1:
        sheets = [actions.SelectChoice(name, name) for name in found.table["sheets"]]
        fields["sheet"] = wtforms.SelectField(_("Werkblad"), choices=sheets, default=reading.sheet)
    if reading.delimiter:
        signs_called = {";": _("puntkomma"), ",": _("komma"), "\t": _("tab"), "|": _("streep")}
        signs = [actions.SelectChoice(sign, name) for sign, name in signs_called.items()]
        encodings = [actions.SelectChoice(name, name.upper()) for name in ENCODINGS]
        fields["delimiter"] = wtforms.SelectField(
            _("Scheidingsteken"), choices=signs, default=reading.delimiter
        )
        fields["encoding"] = wtforms.SelectField(_("Tekenset"), choices=encodings, default=reading.encoding)
    return type("ReadingForm", (actions.ActionForm,), fields)


def _row_name(number: int, texts: Sequence[str]) -> str:
    return f"{number}: {import_columns.short(' · '.join(text for text in texts if text))}"


def shown_by(form: actions.ActionForm, found: models.ImportRun) -> str:
    """A text that changes when a form asks about something else: typed answers then belong nowhere."""
    asked = [(field.name, field.label.text) for field in form]
    return fingerprint(json.dumps([runs.reading_mark(found), asked]))[:16]


def row_form(kind: Kind, found: models.ImportRun, values: Sequence[Value]) -> type[actions.ActionForm]:
    """One field per column of the file that is imported: `cell_<index>`, as the cell reads now."""
    columns = sorted((place, key) for key, places in mapping_of(found).items() for place in places)
    header: Sequence[str] = found.table["header"]
    fields = {
        f"cell_{index}": wtforms.StringField(
            kept.column_name(header, index),
            [Length(max=CELL)],
            default=kept.shown(values[index]),
            description=kind.by_key[key].explained(),
        )
        for index, key in columns
    }
    return type("RowForm", (actions.ActionForm,), fields)


def changed_cells(form: actions.ActionForm, values: Sequence[Value]) -> dict[int, str]:
    """Column index -> what was typed, where that differs from the cell."""
    typed = {int(field.name.partition("_")[2]): (field.data or "").strip() for field in form}
    return {index: text for index, text in typed.items() if text != kept.shown(values[index])}


def tell_cells(form: actions.ActionForm, values: Sequence[Value]) -> None:
    """Say at each cell that was typed otherwise what it reads now."""
    for field in form:
        there = kept.shown(values[int(field.name.partition("_")[2])])
        if (field.data or "").strip() != there:
            field.errors = [*field.errors, _("In het andere tabblad staat: “%(text)s”.", text=there)]


def aloud(
    kind: Kind, fields: Sequence[tuple[str, str]], world: import_columns.World | None = None
) -> Iterator[tuple[str, str]]:
    """Label and text of what was chosen for columns or (with `world`) for values, or typed in a row.

    The file has gone, or is read otherwise by now.
    """
    for name, sent in fields:
        part, _line, place = name.rpartition("_")
        if not (place.isascii() and place.isdigit() and len(place) < 5):
            continue
        target = kind.by_key.get(sent if part == "column" else part)
        if part in {"column", "cell"}:
            text = sent if part == "cell" else _(target.label) if target is not None else ""
            yield _("Kolom %(letter)s", letter=kept.column_letter(int(place))), text
        elif isinstance(target, import_columns.ClosedColumn) and world is not None:
            names = {one.value: _(one.label) if one.translate else one.label for one in target.options(world)}
            yield _(target.label), names.get(sent, "")


class ValuesForm(actions.ActionForm):
    """One field per value: `<column key>_<index>`; the texts themselves stand in `asked`."""

    asked: Mapping[str, Sequence[import_choices.Asked]] = {}

    def chosen(self) -> dict[str, dict[str, str]]:
        """Column key -> text of the file -> choice; what was not chosen is left out."""
        found: dict[str, dict[str, str]] = {key: {} for key in self.asked}
        for key, values in self.asked.items():
            for index, value in enumerate(values):
                choice = self[f"{key}_{index}"].data if index < import_choices.MOST_ASKED else value.proposal
                if choice:
                    found[key][value.text] = choice
        return found


def values_form(
    kind: Kind, asked: Mapping[str, Sequence[import_choices.Asked]], world: import_columns.World
) -> type[ValuesForm]:
    """The form of step 3: a list of options for each value that is asked about."""
    fields: dict[str, Any] = {"asked": asked}
    for key, values in asked.items():
        column = kind.by_key[key]
        assert isinstance(column, import_columns.AskedColumn)  # noqa: S101 - only those are asked
        for index, value in enumerate(values[: import_choices.MOST_ASKED]):
            choices = _choices(column, value, world)
            fields[f"{key}_{index}"] = wtforms.SelectField(
                _called(column, value), choices=choices, default=value.proposal
            )
    return type("ValuesForm", (ValuesForm,), fields)


def _called(column: import_columns.AskedColumn, value: import_choices.Asked) -> str:
    """What step 3 asks about: a text of the file, or a whole column of dates."""
    if value.example:
        return _("Datums zoals %(example)s", example=value.example)
    return column.called(value.text)


def _choices(
    column: import_columns.AskedColumn, value: import_choices.Asked, world: import_columns.World
) -> list[Any]:
    """The options for one value; the proposal is always among them."""
    options = list(column.offered(value.text, world))
    if value.proposal not in {import_columns.LEAVE, *(option.value for option in options)}:
        options += [option for option in column.options(world) if option.value == value.proposal]
    return [
        actions.SelectChoice("", _("Niet gekozen: rijen gaan niet mee")),
        *(actions.SelectChoice(o.value, _(o.label) if o.translate else o.label) for o in options),
        actions.SelectChoice(import_columns.LEAVE, _("Leeg laten")),
    ]


__all__ = [
    "MappingForm",
    "ValuesForm",
    "changed_cells",
    "chosen_columns",
    "mapping_form",
    "reading_form",
    "row_form",
    "shown_by",
    "tell_cells",
    "values_form",
]
