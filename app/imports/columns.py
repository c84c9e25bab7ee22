"""The columns that an import of students knows: one class each, and one list.

From this list come the example file, the guess which column is what, the choices of step 3, the checks
with their sentences, and what is written. A column more is a class more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from app.entities.students import GENDER_LABELS, Gender
from app.errors import RuleBroken
from app.imports.table import Value
from app.permissions import ROLE_LABELS, Role
from app.queries.imports import Known, ProgrammeFact
from app.rules import people
from app.rules.text import N_

LEAVE = "-"  # step 3: do not take this value over
SHOWN = 60
_CREBO = re.compile(r"\b\d{5}\b")


@dataclass(frozen=True)
class World:
    """What a value is read against: the database, and the choices of step 3 (column -> text -> choice)."""

    known: Known
    chosen: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Option:
    """One choice of a closed list; `label` is a msgid when `translate` says so, else a name."""

    value: str
    label: str
    translate: bool = False


class Column:
    """A target of a column in a file. `parse` gives the value to keep; an empty cell never gets there."""

    key: str
    label: str
    synonyms: Sequence[str] = ()
    required = False
    example: Value = ""
    help: str = ""
    stored = True  # an attribute of Student; otherwise a coupling
    closed = False  # has a list of choices: step 3 asks about its values

    def parse(self, value: Value, world: World) -> Any:
        raise NotImplementedError

    def show(self, value: Any, world: World) -> str:
        return "" if value is None else str(value)

    @property
    def names(self) -> Sequence[str]:
        """What this column may be called in a file, as plain letters and digits."""
        return [plain(name) for name in (self.label, *self.synonyms)]


class ClosedColumn(Column):
    """A column whose values come from a list."""

    closed = True

    def options(self, world: World) -> Sequence[Option]:
        raise NotImplementedError

    def ask(self, text: str, world: World) -> bool:
        """Whether step 3 has to ask what this text means."""
        raise NotImplementedError

    def propose(self, text: str, world: World) -> str:
        """The option that is likely meant; empty: no idea."""
        raise NotImplementedError

    def chosen(self, text: str, world: World) -> str | None:
        """What step 3 says about this text; None: nothing."""
        return world.chosen.get(self.key, {}).get(text)


class NumberColumn(Column):
    key, label, required = "number", N_("Studentnummer"), True
    synonyms = ("studentnr", "student nr", "leerlingnummer", "leerlingnr", "deelnemernummer", "deelnemernr",
                "stamnummer", "nummer", "student id", "student number")  # fmt: skip
    example = "0203118"
    help = N_("Verplicht. Voorloopnullen blijven staan. Een bekend nummer wijzigt die student.")

    def parse(self, value: Value, world: World) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise RuleBroken(N_("“%(value)s” is geen studentnummer."), value=cell_text(value))
        return people.student_number(value)


class TextColumn(Column):
    most = 80

    def parse(self, value: Value, world: World) -> str | None:
        text = people.tidy(cell_text(value))
        if len(text) > self.most:
            raise RuleBroken(
                N_("“%(value)s” is langer dan %(most)s tekens. Kort het in."),
                value=short(text),
                most=self.most,
            )
        return text or None


class FirstNameColumn(TextColumn):
    key, label, required = "first_name", N_("Voornaam"), True
    synonyms = ("roepnaam", "voornamen", "first name", "given name")
    example = "Fleur"
    help = N_("Verplicht voor een nieuwe student.")


class InfixColumn(TextColumn):
    key, label, most = "infix", N_("Tussenvoegsel"), 20
    synonyms = ("tussenvoegsels", "voorvoegsel", "voorvoegsels", "tv", "infix")
    example = "van der"


class LastNameColumn(TextColumn):
    key, label, required, most = "last_name", N_("Achternaam"), True, 120
    synonyms = ("familienaam", "geslachtsnaam", "last name", "surname", "naam")
    example = "Berg"
    help = N_("Verplicht voor een nieuwe student.")


class GenderColumn(ClosedColumn):
    """Always asked, each value once: no two systems write it the same (manual, step 4a, Stap 3 van 4)."""

    key, label = "gender", N_("Geslacht")
    synonyms = ("gender", "sexe", "m/v", "mv", "sex")
    example = "V"
    help = N_("Zoals uw systeem het schrijft; in stap 3 kiest u wat elke waarde betekent.")

    def options(self, world: World) -> Sequence[Option]:
        return [Option(gender.value, GENDER_LABELS[gender], translate=True) for gender in Gender]

    def ask(self, text: str, world: World) -> bool:
        return True

    def propose(self, text: str, world: World) -> str:
        try:
            return str(people.gender(text))
        except RuleBroken:
            return ""

    def parse(self, value: Value, world: World) -> Gender | None:
        text = cell_text(value)
        choice = self.chosen(text, world)
        if choice == LEAVE:
            return None
        return Gender(choice or people.gender(text))

    def show(self, value: Any, world: World) -> str:
        return GENDER_LABELS[value] if value is not None else ""


class BirthDateColumn(Column):
    key, label = "birth_date", N_("Geboortedatum")
    synonyms = ("geb datum", "gebdatum", "geboren", "geboren op", "date of birth", "birth date", "birthdate")
    example = date(2008, 3, 14)
    help = N_("Een datum, of als tekst dag-maand-jaar: 14-3-2008.")

    def parse(self, value: Value, world: World) -> date | None:
        return people.birth_date(value, today=world.known.today)

    def show(self, value: Any, world: World) -> str:
        return people.dutch_date(value) if value else ""


class EmailColumn(Column):
    key, label = "email", N_("E-mail")
    synonyms = ("e-mailadres", "emailadres", "mail", "mailadres", "e-mail school", "email address")
    example = "fleur.vanderberg@student.example.nl"
    help = N_("Nodig voor een inlogcode.")

    def parse(self, value: Value, world: World) -> str | None:
        return people.email(cell_text(value)) or None


class ProgrammeColumn(ClosedColumn):
    """A crebo or a name; asked when it is not exactly one programme of the school."""

    key, label, stored = "programme", N_("Opleiding"), False
    synonyms = ("crebo", "crebonummer", "crebocode", "opleidingscode", "kwalificatie", "programme", "studie")
    example = "25656"
    help = N_("Crebo of naam. De student wordt aan deze opleiding gekoppeld.")

    def options(self, world: World) -> Sequence[Option]:
        return [Option(str(one.id), one.label) for one in world.known.programmes]

    def ask(self, text: str, world: World) -> bool:
        return len(self._meant(text, world)) != 1

    def propose(self, text: str, world: World) -> str:
        meant = self._meant(text, world)
        if meant:
            return str(max(meant, key=lambda one: one.cohort).id)
        names = {people.search_form(one.name): one for one in reversed(world.known.programmes)}
        near = get_close_matches(people.search_form(text), names, n=1, cutoff=0.75)
        return str(names[near[0]].id) if near else ""

    def parse(self, value: Value, world: World) -> int | None:
        text = cell_text(value)
        choice = self.chosen(text, world)
        if choice == LEAVE:
            return None
        meant: Sequence[ProgrammeFact]
        if choice:
            meant = [one for one in world.known.programmes if str(one.id) == choice]
        else:
            meant = self._meant(text, world)
        if len(meant) == 1:
            return meant[0].id
        if meant:
            raise RuleBroken(
                N_("“%(value)s” past bij meer dan één opleiding. Kies in stap 3 welke u bedoelt."),
                value=short(text),
            )
        raise RuleBroken(
            N_("De opleiding “%(value)s” staat niet bij uw opleidingen. Kies in stap 3 welke u bedoelt."),
            value=short(text),
        )

    def show(self, value: Any, world: World) -> str:
        return next((one.label for one in world.known.programmes if one.id == value), "")

    def _meant(self, text: str, world: World) -> Sequence[ProgrammeFact]:
        """The programmes that this text names exactly: label, crebo, name, or crebo and name."""
        wanted = people.search_form(text)
        by_name = _by_name(world.known.programmes)
        if wanted in by_name:
            return by_name[wanted]
        crebo = _CREBO.search(wanted)
        if crebo is None:
            return []
        rest = wanted.replace(crebo[0], " ").strip(" -–()|/:,;")
        return [one for one in by_name.get(crebo[0], ()) if people.search_form(one.name) == rest]


@lru_cache(maxsize=16)
def _by_name(programmes: tuple[ProgrammeFact, ...]) -> Mapping[str, Sequence[ProgrammeFact]]:
    """Everything a programme may be called exactly, as search_form writes it."""
    found: dict[str, list[ProgrammeFact]] = {}
    for one in programmes:
        for name in {people.search_form(text) for text in (one.label, one.crebo, one.name)}:
            found.setdefault(name, []).append(one)
    return found


class GroupColumn(TextColumn):
    """Couples to the group of this name; a name that is new makes a group."""

    key, label, stored = "group", N_("Studentgroep"), False
    synonyms = ("groep", "klas", "klassen", "lesgroep", "stamgroep", "group", "class")
    example = "VIG3A"
    help = N_("Een groep met deze naam wordt gekoppeld; bestaat die nog niet, dan wordt hij gemaakt.")

    def parse(self, value: Value, world: World) -> str | None:
        name = super().parse(value, world)
        there = world.known.groups.get(name.lower()) if name else None
        return there[1] if there else name


class UserColumn(Column):
    """A user of the school in one role, by e-mail address or user name."""

    stored = False
    role: Role
    help = N_("E-mailadres of gebruikersnaam van een gebruiker met deze rol.")

    def parse(self, value: Value, world: World) -> int | None:
        text = cell_text(value).removeprefix("mailto:").strip()
        if not text:
            return None
        user = world.known.users.get(text.lower())
        if user is None:
            raise RuleBroken(
                N_("Er is geen gebruiker “%(value)s”. Voer de gebruiker eerst in of verbeter het adres."),
                value=short(text),
            )
        if not user.active:
            raise RuleBroken(N_("Gebruiker “%(value)s” is niet actief."), value=short(text))
        if self.role not in user.roles:
            raise RuleBroken(
                N_("Gebruiker “%(value)s” heeft niet de rol %(role)s. Geef de gebruiker die rol eerst."),
                value=short(text), role=ROLE_LABELS[self.role],
            )  # fmt: skip
        return user.id

    def show(self, value: Any, world: World) -> str:
        return next((user.name for user in world.known.users.values() if user.id == value), "")


class SchoolSupervisorColumn(UserColumn):
    key, label, role = "school_supervisor", N_("Praktijkbegeleider"), Role.SCHOOL_SUPERVISOR
    synonyms = ("bpv-docent", "bpv-begeleider", "stagebegeleider", "e-mail praktijkbegeleider")
    example = "s.bakker@school.example.nl"


class CompanySupervisorColumn(UserColumn):
    key, label, role = "company_supervisor", N_("Praktijkopleider"), Role.COMPANY_SUPERVISOR
    synonyms = ("praktijkopleider bedrijf", "werkbegeleider", "e-mail praktijkopleider")
    example = "j.visser@zorggroep.example.nl"


class SchoolExaminerColumn(UserColumn):
    key, label, role = "school_examiner", N_("Examinator school"), Role.SCHOOL_EXAMINER
    synonyms = ("schoolexaminator", "examinator", "beoordelaar school")
    example = "m.dejong@school.example.nl"


class CompanyExaminerColumn(UserColumn):
    key, label, role = "company_examiner", N_("Examinator bedrijf"), Role.COMPANY_EXAMINER
    synonyms = ("bedrijfsexaminator", "praktijkexaminator", "beoordelaar bedrijf")
    example = "a.yilmaz@zorggroep.example.nl"


COLUMNS: Sequence[Column] = (
    NumberColumn(), FirstNameColumn(), InfixColumn(), LastNameColumn(), GenderColumn(), BirthDateColumn(),
    EmailColumn(), ProgrammeColumn(), GroupColumn(), SchoolSupervisorColumn(), CompanySupervisorColumn(),
    SchoolExaminerColumn(), CompanyExaminerColumn(),
)  # fmt: skip
BY_KEY: Mapping[str, Column] = {column.key: column for column in COLUMNS}
USER_COLUMNS = tuple(column for column in COLUMNS if isinstance(column, UserColumn))


def guess(header: Sequence[str]) -> dict[str, int]:
    """Column key -> index in the header, by name: the label itself first, then synonyms in their order."""
    names = [plain(name) for name in header]
    found: dict[str, int] = {}
    for rank in range(max(len(column.names) for column in COLUMNS)):
        for column in COLUMNS:
            if column.key in found or rank >= len(column.names) or column.names[rank] not in names:
                continue
            index = names.index(column.names[rank])
            if index not in found.values():
                found[column.key] = index
    return found


def plain(name: str) -> str:
    """ "E-mail adres" -> "emailadres": what is left of a name when only letters and digits count."""
    return "".join(one for one in people.search_form(name) if one.isalnum())


def cell_text(value: Value) -> str:
    """A cell as text; a whole number of a sheet has no ".0"."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return people.tidy(str(value)) if value is not None else ""


def short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
