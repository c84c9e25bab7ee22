"""A column that says who left: step 3 asks which of its values leave a row out of the import."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from app.errors import RuleBroken
from app.imports import columns
from app.imports.table import Value
from app.rules import people
from app.rules.text import N_

IN, OUT = "in", "out"
PAST, LATER = "date-past", "date-later"  # all dates of a column, as step 3 asks about them
HERE = (
    "actief,active,ingeschreven,inschrijving,lopend,loopt,enrolled,huidig,student,leerling,definitief,"
    "geplaatst,bekostigd,aangemeld,nieuw,gestart"
)
GONE = (
    "inactief,inactive,nietactief,nonactief,uitgeschreven,uitgestroomd,uitstroom,gestopt,gestaakt,afgemeld,"
    "vertrokken,gediplomeerd,diploma,afgestudeerd,geslaagd,beeindigd,withdrawn,graduated,exstudent,oudstudent,"
    "ingetrokken,geannuleerd,afgewezen,verwijderd,exit,left"
)


def _words(here: str, gone: str) -> Mapping[str, str]:
    return {**dict.fromkeys(here.split(","), IN), **dict.fromkeys(gone.split(","), OUT)}


class SkipColumn(columns.ClosedColumn):
    """Keeps nothing but that a row stays behind. An empty cell is no reason for that."""

    stored, in_example = False, False
    words: Mapping[str, str]
    help = N_("In stap 3 kiest u bij welke waarden een rij wordt overgeslagen.")

    def parts(self, value: Value, world: columns.World) -> Sequence[Value]:
        """Dates are two values: those that have passed, and those to come."""
        return (self.kind_of(value, world),)

    @staticmethod
    def kind_of(value: Value, world: columns.World) -> str:
        text = columns.cell_text(value)
        day = None if isinstance(value, int | float) else people.date_of(value, world.known.today)
        if day is None:
            return text
        return PAST if day <= world.known.today else LATER

    def called(self, text: str) -> str:
        told = {PAST: _("Een datum tot en met vandaag"), LATER: _("Een datum na vandaag")}
        return told.get(text, text)

    def options(self, world: columns.World) -> Sequence[columns.Option]:
        return [
            columns.Option(IN, N_("Meenemen"), translate=True),
            columns.Option(OUT, N_("Rij overslaan"), translate=True),
        ]

    def ask(self, text: str, world: columns.World) -> bool:
        return not people.says_nothing(text)

    def propose(self, text: str, world: columns.World) -> str:
        """What a word is likely to mean; a code that says nothing is left to the person.

        Rows with a day come along unless somebody says otherwise: one who left may have come back since.
        """
        return IN if text in (PAST, LATER) else self.words.get(columns.plain(text), "")

    def parse(self, value: Value, world: columns.World) -> str | None:
        text = self.kind_of(value, world)
        choice = self.chosen(text, world)
        if choice in (IN, OUT):
            return choice
        if choice == columns.LEAVE or people.says_nothing(text):
            return None
        raise RuleBroken(
            N_("Kies in stap 3 of een rij met “%(value)s” meegaat."), value=columns.short(self.called(text))
        )

    def put(self, value: Any, kept: dict[str, Any]) -> None:
        if value == OUT:
            kept[columns.SKIPPED] = True


class StatusColumn(SkipColumn):
    """Says who is a student: "actief", "uitgeschreven", ja."""

    key, label = "status", N_("Status (rijen overslaan)")
    synonyms = (
        "status",
        "inschrijfstatus",
        "inschrijvingsstatus",
        "status inschrijving",
        "studentstatus",
        "status student",
        "deelnemerstatus",
        "actief",
        "ingeschreven",
        "active",
        "enrolment status",
        "enrollment status",
    )
    words = _words(f"{HERE},ja,j,1,yes,y,true,waar", f"{GONE},nee,n,0,no,false,onwaar")


class LeftColumn(SkipColumn):
    """Says who left: a day, or ja."""

    key, label = "left", N_("Uitgeschreven (rijen overslaan)")
    synonyms = (
        "uitgeschreven",
        "uitschrijvingsdatum",
        "uitschrijfdatum",
        "datum uitschrijving",
        "datum uitgeschreven",
        "uitgeschreven op",
        "uitgeschreven per",
        "datum uit dienst",
        "uit dienst",
        "einddatum inschrijving",
        "einddatum verbintenis",
        "datum vertrek",
        "vertrekdatum",
        "inactief",
        "left",
        "leave date",
        "withdrawal date",
    )
    words = _words(f"{HERE},nee,n,0,no,false,onwaar", f"{GONE},ja,j,1,yes,y,true,waar,x")


SKIP_COLUMNS: Sequence[columns.Column] = (StatusColumn(), LeftColumn())
