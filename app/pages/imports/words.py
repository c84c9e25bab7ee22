"""The texts of each kind of import: its title, its list, and the sentences about its rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext


def _students(count: int) -> str:
    return ngettext(
        "%(num)s student wordt geschreven, alles in één keer of niets.",
        "%(num)s studenten worden geschreven, alles in één keer of niets.",
        count,
    )


def _users(count: int) -> str:
    return ngettext(
        "%(num)s gebruiker wordt geschreven, alles in één keer of niets.",
        "%(num)s gebruikers worden geschreven, alles in één keer of niets.",
        count,
    )


def _rows(count: int) -> str:
    return ngettext(
        "%(num)s rij wordt geschreven, alles in één keer of niets.",
        "%(num)s rijen worden geschreven, alles in één keer of niets.",
        count,
    )


@dataclass(frozen=True)
class Words:
    """The texts of one kind. They are lazy, so that each reader gets their own language."""

    title: Any
    home: str  # the list that this import fills
    home_label: Any
    to_home: Any
    intro: Any
    row: Any  # what a row of the file is
    written: Callable[[int], str]
    example: Any  # name of the example file, without its ending
    note: Any = ""  # what an import of this kind never does
    codes: Any = ""  # what new people get; empty: nothing
    absent: Any = ""  # what the system has and the file lacks, and of which part of the school

    def row_href(self, row_id: int) -> str:
        return f"{self.home}{row_id}"


STUDENT_WORDS = Words(
    title=_l("Studenten importeren"),
    home="/studenten/",
    home_label=_l("Studenten"),
    to_home=_l("Naar de studenten"),
    intro=_l(
        "Kies het bestand met studenten. Er wordt nog niets gewijzigd: in stap 4 ziet u van elke rij wat er "
        "gaat gebeuren."
    ),
    row=_l("Student"),
    written=_students,
    example=_l("voorbeeldbestand-studenten"),
    codes=_l("Inlogcodes voor nieuwe studenten"),
    absent=_l(
        "Actieve studenten van dezelfde opleidingen of groepen die niet in het bestand staan. Met hen "
        "gebeurt niets: deactiveren of ontkoppelen doet u bij Studenten."
    ),
)

USER_WORDS = Words(
    title=_l("Gebruikers importeren"),
    home="/gebruikers/",
    home_label=_l("Gebruikers"),
    to_home=_l("Naar de gebruikers"),
    intro=_l(
        "Kies het bestand met gebruikers. Er wordt nog niets gewijzigd: in stap 4 ziet u van elke rij wat er "
        "gaat gebeuren."
    ),
    row=_l("Gebruiker"),
    written=_users,
    example=_l("voorbeeldbestand-gebruikers"),
    note=_l(
        "Wie er al is, krijgt rollen en opleidingen erbij. Een import neemt nooit een rol of opleiding af: "
        "dat doet u bij Gebruikers."
    ),
    codes=_l("Inlogcodes voor nieuwe gebruikers"),
    absent=_l(
        "Actieve gebruikers met dezelfde rollen die niet in het bestand staan. Met hen gebeurt niets: "
        "deactiveren doet u bij Gebruikers."
    ),
)

GROUP_WORDS = Words(
    title=_l("Studentgroepen importeren"),
    home="/studentgroepen/",
    home_label=_l("Studentgroepen"),
    to_home=_l("Naar de studentgroepen"),
    intro=_l(
        "Kies het bestand met groepen: een rij per groep, of een rij per student in een groep. Er wordt nog "
        "niets gewijzigd: in stap 4 ziet u van elke rij wat er gaat gebeuren."
    ),
    row=_l("Studentgroep"),
    written=_rows,
    example=_l("voorbeeldbestand-studentgroepen"),
    absent=_l("Studentgroepen die niet in het bestand staan. Daarmee gebeurt niets."),
    note=_l("Een import zet studenten in groepen en haalt er nooit een uit: dat doet u bij Studenten."),
)
