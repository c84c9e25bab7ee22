"""Importing students: their columns, their accounts, what they are coupled to (manual, step 4a)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _

from app.entities.students import GENDER_LABELS, Gender
from app.errors import RuleBroken
from app.imports.columns import LEAVE, ClosedColumn, Column, Option, TextColumn, World, cell_text, short
from app.imports.kind import Cells, CheckedRow, Double, Kept, Kind, Named, Wrong
from app.imports.shared import (
    FILLED_BY_RULE,
    NUMBER_NAMES,
    EmailColumn,
    FirstNameColumn,
    InfixColumn,
    LastNameColumn,
    ProgrammeColumn,
    login_in,
    number_in,
    person_label,
)
from app.imports.table import Value
from app.permissions import ROLE_LABELS, Actor, Role
from app.queries.import_absent import Absent, absent_students
from app.queries.imports import Fact, Known, students_known
from app.rules import people
from app.rules.text import N_
from app.school import current_school


class NumberColumn(Column):
    key, label, required = "number", N_("Studentnummer"), True
    synonyms = NUMBER_NAMES
    example = "0203118"
    help = N_("Verplicht. Voorloopnullen blijven staan. Een bekend nummer wijzigt die student.")

    def parse(self, value: Value, world: World) -> str:
        return number_in(value)


class StudentFirstNameColumn(FirstNameColumn):
    help = N_("Verplicht voor een nieuwe student.")


class StudentLastNameColumn(LastNameColumn):
    most = 120
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
        return _(GENDER_LABELS[value]) if value is not None else ""


class BirthDateColumn(Column):
    key, label = "birth_date", N_("Geboortedatum")
    synonyms = ("geb datum", "gebdatum", "geboren", "geboren op", "date of birth", "birth date", "birthdate")
    example = date(2008, 3, 14)
    help = N_("Een datum, of als tekst dag-maand-jaar: 14-3-2008.")

    def parse(self, value: Value, world: World) -> date | None:
        return people.birth_date(value, today=world.known.today)

    def show(self, value: Any, world: World) -> str:
        return people.dutch_date(value) if value else ""


class StudentEmailColumn(EmailColumn):
    label = N_("E-mail")
    synonyms = ("e-mailadres", "emailadres", "mail", "mailadres", "e-mail school", "email address")
    example = "fleur.vanderberg@student.example.nl"
    help = N_("Nodig voor een inlogcode.")


class StudentProgrammeColumn(ProgrammeColumn):
    key, label = "programme", N_("Opleiding")
    help = N_("Crebo of naam. De student wordt aan deze opleiding gekoppeld.")


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
        text = login_in(value)
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
        return world.user_names.get(value, "")


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


USER_COLUMNS: Sequence[UserColumn] = (
    SchoolSupervisorColumn(), CompanySupervisorColumn(), SchoolExaminerColumn(), CompanyExaminerColumn(),
)  # fmt: skip


def _number(row: CheckedRow, _world: World) -> str:
    return str(row.values.get("number", "")).lower()


def _account_address(row: CheckedRow, world: World) -> str:
    has_account = row.there.user_id is not None if row.there else world.login_codes != "none"
    return str(row.values.get("email", "")).lower() if has_account else ""


class Students(Kind):
    key, identity, object_type, batched = "students", "number", "Student", True
    columns = (
        NumberColumn(), StudentFirstNameColumn(), InfixColumn(), StudentLastNameColumn(), GenderColumn(),
        BirthDateColumn(), StudentEmailColumn(), StudentProgrammeColumn(), GroupColumn(), *USER_COLUMNS,
    )  # fmt: skip
    in_label = ("number", "first_name", "infix", "last_name")
    scopes = ("programme", "group")
    doubles = (
        Double("number", _number,
               N_("Dit studentnummer staat ook op rij %(rows)s. Laat één rij per student staan.")),
        Double("email", _account_address,
               N_("Dit e-mailadres staat ook op rij %(rows)s. Elke student heeft een eigen adres nodig.")),
    )  # fmt: skip

    def known(self, actor: Actor, cells: Cells) -> Known:
        """The students in the file, and the people; a new student's own account counts as a login too."""
        numbers = _readable(cells.get("number", ()))
        keys = ("email", *(column.key for column in USER_COLUMNS))
        logins = {login_in(value).lower() for key in keys for value in cells.get(key, ())}
        return students_known(
            actor, today=current_school().today(), numbers=numbers,
            logins=logins | {number.lower() for number in numbers},
        )  # fmt: skip

    def label(self, kept: Kept, there: Fact | None) -> str:
        """ "Berg, Fleur van der (0203118)"."""
        return person_label(kept, there, self.identity)

    def wrong(self, kept: Kept, bad: Collection[str], there: Fact | None, world: World) -> Iterable[Wrong]:
        """Whether the account that a student has, or is to get, can carry this address and number."""
        yield from _wrong_group(kept, there, world)
        if there.user_id is None if there else world.login_codes == "none":
            return
        users = world.known.users
        email, number = kept.get("email", ""), kept.get("number", "")
        if not email and not there and "email" not in bad:
            yield Wrong("email", "", _(
                "Voor een inlogcode is een e-mailadres nodig. Vul het in, of kies in stap 1 geen inlogcode."
            ))  # fmt: skip
        elif email.lower() in users and not (there and users[email.lower()].id == there.user_id):
            yield Wrong("email", email, _("Dit e-mailadres is al van een andere gebruiker. Verbeter het."))
        if not there and number.lower() in users:
            yield Wrong("number", number, _("Dit nummer is al de gebruikersnaam van een ander."))

    def new_groups(self, rows: Sequence[CheckedRow], known: Known) -> Sequence[str]:
        names = {str(row.values["group"]) for row in rows if "group" in row.values and row.state != "refused"}
        return sorted(names - {name for _id, name in known.groups.values()})

    def absent(self, actor: Actor, named: Named) -> Absent:
        return absent_students(
            actor, named.identities, named.coupled.get("programme", ()), named.coupled.get("group", ())
        )


def _wrong_group(kept: Kept, there: Fact | None, world: World) -> Iterable[Wrong]:
    """A group that a rule fills takes nobody from a file; who is in it already stays so."""
    group = str(kept.get("group", ""))
    if group.lower() in world.known.ruled and group not in (there.coupled["group"] if there else ()):
        yield Wrong("group", group, _(FILLED_BY_RULE, group=group))


def _readable(values: Collection[Value]) -> set[str]:
    """The student numbers among these, as they would be kept."""
    found = set()
    for value in values:
        try:
            found.add(number_in(value))
        except RuleBroken:
            continue
    return found


STUDENTS = Students()
