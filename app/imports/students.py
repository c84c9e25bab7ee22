"""Importing students: their columns, their accounts, what they are coupled to (manual, step 4a)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _

from app.errors import RuleBroken
from app.imports.columns import (
    LEAVE,
    ClosedColumn,
    Column,
    Option,
    World,
    cell_text,
    share,
    short,
)
from app.imports.common_columns import (
    ANY_BETWEEN,
    FILLED_BY_RULE,
    NUMBER_NAMES,
    EmailColumn,
    FamilyNameColumn,
    FirstNameColumn,
    FullNameColumn,
    InfixColumn,
    LastNameColumn,
    ProgrammeColumn,
    login_in,
    may_be_number,
    number_in,
    person_label,
    pieces,
)
from app.imports.couplings import USER_COLUMNS, GroupColumn
from app.imports.fields import PlainColumn, own_columns
from app.imports.kind import Cells, CheckedRow, Double, Kept, Kind, Named, Wrong
from app.imports.table import Value
from app.permissions import Actor
from app.queries.imports.absent import Absent, absent_students
from app.queries.imports.imports import Fact, Known, student_choices, students_known
from app.rules import people
from app.rules.student_fields import GENDER_LABELS, LABELS, Gender, fields_in, most
from app.rules.text import N_
from app.school import current_school

OLDEST, YOUNGEST = -80, -14  # years before today in which students are born


class NumberColumn(Column):
    key, label, required = "number", LABELS["number"], True
    synonyms = NUMBER_NAMES
    example = "0203118"
    help = N_("Verplicht. Voorloopnullen blijven staan. Een bekend nummer wijzigt die student.")

    def looks(self, values: Sequence[Value], world: World) -> float:
        """Digits, as many in each and no number twice; no telephone, and above all no citizen's number."""
        texts = [cell_text(value) for value in values]
        if len({len(text) for text in texts}) > 1 or len(set(texts)) < len(texts):
            return 0
        if all(map(people.is_citizen_number, texts)):
            return 0
        return share(values, may_be_number)

    def parse(self, value: Value, world: World) -> str:
        return number_in(value)


class StudentFirstNameColumn(FirstNameColumn):
    label, most = LABELS["first_name"], most("first_name")
    help = N_("Verplicht voor een nieuwe student.")


class StudentInfixColumn(InfixColumn):
    label, most = LABELS["infix"], most("infix")


class StudentLastNameColumn(LastNameColumn):
    label, most = LABELS["last_name"], most("last_name")
    help = N_("Verplicht voor een nieuwe student.")


class GenderColumn(ClosedColumn):
    """Always asked, each value once: no two systems write it the same (manual, step 4a, Stap 3 van 4)."""

    key, label = "gender", LABELS["gender"]
    synonyms = ("gender", "sexe", "m/v", "mv", "sex")
    example = "V"
    help = N_("Zoals uw systeem het schrijft; in stap 3 kiest u wat elke waarde betekent.")

    def options(self, world: World) -> Sequence[Option]:
        return [Option(gender.value, GENDER_LABELS[gender], translate=True) for gender in Gender]

    def looks(self, values: Sequence[Value], world: World) -> float:
        """Letters and words of a list, women or men among them: a "-" or an "x" alone says nothing."""
        words = [cell_text(value).casefold().rstrip(".") for value in values]
        told = sum(1 for word in words if people.GENDER_WORDS.get(word) in ("female", "male"))
        return share(words, lambda word: word in people.GENDER_WORDS) if told * 2 > len(words) else 0

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
        try:
            return Gender(choice or people.gender(text))
        except RuleBroken as error:
            raise RuleBroken(
                N_("“%(value)s” is geen bekende waarde voor geslacht. Kies in stap 3 wat het betekent."),
                value=short(text),
            ) from error

    def show(self, value: Any, world: World) -> str:
        return _(GENDER_LABELS[value]) if value is not None else ""


class BirthDateColumn(Column):
    key, label = "birth_date", LABELS["birth_date"]
    synonyms = ("geb datum", "gebdatum", "geboren", "geboren op", "date of birth", "birth date", "birthdate")
    example = date(2008, 3, 14)
    help = N_("Een datum, of als tekst dag-maand-jaar: 14-3-2008.")

    def looks(self, values: Sequence[Value], world: World) -> float:
        """Dates, or texts with a day, month and year, of people old enough to be students."""
        return sum(1 for value in values if self._is_birth(value, world)) / len(values)

    def _is_birth(self, value: Value, world: World) -> bool:
        if not isinstance(value, date) and not (isinstance(value, str) and not value.isdigit()):
            return False  # a bare number may be anything
        try:
            found = people.birth_date(value, today=world.known.today)
        except RuleBroken:
            return False
        return found is not None and OLDEST <= found.year - world.known.today.year <= YOUNGEST

    def parse(self, value: Value, world: World) -> date | None:
        if isinstance(value, str) and people.says_nothing(value):
            return None
        return people.birth_date(value, today=world.known.today)

    def show(self, value: Any, world: World) -> str:
        return people.dutch_date(value) if value else ""


class StudentEmailColumn(EmailColumn):
    label = LABELS["email"]
    synonyms = ("e-mail", "mail", "mailadres", "e-mail school", "email address")
    example = "fleur.vanderberg@student.example.nl"
    help = N_("Nodig voor een inlogcode.")


class StudentProgrammeColumn(ProgrammeColumn):
    key, label = "programme", N_("Opleiding")
    help = N_("Crebo of naam; meer opleidingen met een puntkomma ertussen. De student wordt eraan gekoppeld.")


OF_FIELDS: Sequence[Column] = (
    NumberColumn(),
    StudentFirstNameColumn(),
    StudentInfixColumn(),
    StudentLastNameColumn(),
    FullNameColumn(),
    FamilyNameColumn(),
    GenderColumn(),
    BirthDateColumn(),
    StudentEmailColumn(),
)
READ_APART = frozenset(column.key for column in OF_FIELDS)  # fields that are more than a text


def _number(row: CheckedRow, _world: World) -> str:
    return str(row.values.get("number", "")).lower()


def _account_address(row: CheckedRow, world: World) -> str:
    has_account = row.there.user_id is not None if row.there else world.login_codes != "none"
    return str(row.values.get("email", "")).lower() if has_account else ""


class Students(Kind):
    key, identity, object_type, batched = "students", "number", "Student", True
    fixed = (
        *OF_FIELDS,
        *(PlainColumn(field) for field in fields_in("import") if field.name not in READ_APART),
        StudentProgrammeColumn(),
        GroupColumn(),
        *USER_COLUMNS,
    )
    in_label = ("number", "first_name", "infix", "last_name")
    scopes = ("programme", "group")
    doubles = (
        Double(
            "number",
            _number,
            N_(
                "Dit studentnummer staat ook op rij %(rows)s. Laat één rij per student staan; "
                "meer opleidingen of groepen mogen in één cel, met een puntkomma ertussen."
            ),
        ),
        Double(
            "email",
            _account_address,
            N_("Dit e-mailadres staat ook op rij %(rows)s. Elke student heeft een eigen adres nodig."),
        ),
    )

    def choices(self, actor: Actor) -> Known:
        return student_choices(actor, current_school().today())

    def known(self, actor: Actor, cells: Cells) -> Known:
        """The students in the file, and the people; a new student's own account counts as a login too."""
        numbers = _readable(cells.get("number", ()))
        coupled = [value for column in USER_COLUMNS for value in cells.get(column.key, ())]
        named = [part for value in coupled for part in pieces(value, ANY_BETWEEN)]
        logins = {login_in(value).lower() for value in (*cells.get("email", ()), *coupled, *named)}
        return students_known(
            actor,
            today=current_school().today(),
            numbers=numbers,
            logins=logins | {number.lower() for number in numbers},
            people=bool(coupled),
        )

    @property
    def columns(self) -> tuple[Column, ...]:
        return (*self.fixed, *own_columns(current_school().fields_in("import")))

    def label(self, kept: Kept, there: Fact | None) -> str:
        """ "Berg, Fleur van der (0203118)"."""
        return person_label(kept, there, self.identity)

    def wrong(self, kept: Kept, bad: Collection[str], there: Fact | None, world: World) -> Iterable[Wrong]:
        """Whether the account that a student has, or is to get, can carry this address and number."""
        yield from _wrong_group(kept, there, world)
        number = kept.get("number", "")
        if not there and number in world.known.zeros:
            yield Wrong(
                "number",
                number,
                _(
                    "Er is al een student met nummer %(known)s. Is het die, zet dan de nullen ervoor: "
                    "Excel laat ze weg in een cel die geen tekst is. Voer een ander met dit nummer in "
                    "bij Studenten.",
                    known=world.known.zeros[number],
                ),
            )
        if there.user_id is None if there else world.login_codes == "none":
            return
        users = world.known.users
        email = kept.get("email", "")
        if not email and not there and "email" not in bad:
            yield Wrong(
                "email",
                "",
                _(
                    "Voor een inlogcode is een e-mailadres nodig. Vul het in, of kies in stap 4 geen "
                    "inlogcode."
                ),
            )
        elif email.lower() in users and not (there and users[email.lower()].id == there.user_id):
            yield Wrong("email", email, _("Dit e-mailadres is al van een andere gebruiker. Verbeter het."))
        if not there and number.lower() in users:
            yield Wrong("number", number, _("Dit nummer is al de gebruikersnaam van een ander."))

    def new_groups(self, rows: Sequence[CheckedRow], known: Known) -> Sequence[str]:
        good = [row for row in rows if row.state != "refused"]
        names = {name for row in good for name in row.values.get("group", ())}
        return sorted(names - {name for _id, name in known.groups.values()})

    def absent(self, actor: Actor, named: Named) -> Absent:
        return absent_students(
            actor, named.identities, named.coupled.get("programme", ()), named.coupled.get("group", ())
        )


def _wrong_group(kept: Kept, there: Fact | None, world: World) -> Iterable[Wrong]:
    """A group that a rule fills takes nobody from a file; who is in it already stays so."""
    held = there.coupled["group"] if there else ()
    for group in kept.get("group", ()):
        if group.lower() in world.known.ruled and group not in held:
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


__all__ = ["STUDENTS", "USER_COLUMNS", "Students"]
