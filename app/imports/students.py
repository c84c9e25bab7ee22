"""Importing students: their columns, their accounts, what they are coupled to (manual, step 4a)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _

from app.errors import RuleBroken
from app.imports import columns as import_columns
from app.imports import common_columns, dates, fields, kind, namesakes, student_accounts
from app.imports.couplings import USER_COLUMNS, GroupColumn
from app.imports.leaving import SKIP_COLUMNS
from app.imports.sentences import sentence
from app.imports.table import Value
from app.permissions import Actor
from app.queries.imports import absent as absent_queries
from app.queries.imports import alike as alike_queries
from app.queries.imports import present
from app.rules import date_order, people, student_fields
from app.rules import imports as rules
from app.rules.accounts import ADDRESS_TOO_LONG, USERNAME_MAX
from app.rules.text import N_, reason
from app.school import current_school

OLDEST, YOUNGEST = -80, -14  # years before today in which students are born
DAY_UNKNOWN = N_("“%(value)s” heeft geen dag of maand. De geboortedatum blijft leeg.")


class NumberColumn(import_columns.Column):
    key, label, required = "number", student_fields.LABELS["number"], True
    synonyms = common_columns.NUMBER_NAMES
    example = "0203118"
    help = N_("Verplicht. Voorloopnullen blijven staan. Een bekend nummer wijzigt die student.")

    def looks(self, values: Sequence[Value], world: import_columns.World) -> float:
        """The part of the values that are student numbers: digits, equally many in each, none twice.

        Telephone numbers are none and, above all, citizen service numbers are none.
        """
        texts = [import_columns.cell_text(value) for value in values]
        if len({len(text) for text in texts}) > 1 or len(set(texts)) < len(texts):
            return 0
        if all(map(people.is_citizen_number, texts)):
            return 0
        return import_columns.share(values, common_columns.may_be_number)

    def parse(self, value: Value, world: import_columns.World) -> str:
        return common_columns.number_in(value)

    def same(self, value: Any) -> str:
        """Zeros before a number make no other number."""
        return alike_queries.bare(str(value).lower())


class StudentFirstNameColumn(common_columns.FirstNameColumn):
    label, most = student_fields.LABELS["first_name"], student_fields.most("first_name")
    help = N_("Verplicht voor een nieuwe student.")


class StudentInfixColumn(common_columns.InfixColumn):
    label, most = student_fields.LABELS["infix"], student_fields.most("infix")


class StudentLastNameColumn(common_columns.LastNameColumn):
    label, most = student_fields.LABELS["last_name"], student_fields.most("last_name")
    help = N_("Verplicht voor een nieuwe student.")


class GenderColumn(import_columns.ClosedColumn):
    """Step 3 asks about each value: no two systems write it the same (manual, step 4a, Stap 3 van 4)."""

    key, label = "gender", student_fields.LABELS["gender"]
    synonyms = ("gender", "sexe", "sekse", "m/v", "mv", "m/v/x", "sex", "gesl", "geslachtsaanduiding")
    example = "V"
    help = N_("Zoals uw systeem het schrijft; in stap 3 kiest u wat elke waarde betekent.")

    def options(self, world: import_columns.World) -> Sequence[import_columns.Option]:
        return [
            import_columns.Option(gender.value, student_fields.GENDER_LABELS[gender], translate=True)
            for gender in student_fields.Gender
        ]

    def looks(self, values: Sequence[Value], world: import_columns.World) -> float:
        """The part of the values that are words for a gender; 0 unless most say woman or man.

        A "-" or an "x" alone says nothing.
        """
        words = [import_columns.cell_text(value).casefold().rstrip(".") for value in values]
        told = sum(1 for word in words if people.GENDER_WORDS.get(word) in ("female", "male"))
        return (
            import_columns.share(words, lambda word: word in people.GENDER_WORDS)
            if told * 2 > len(words)
            else 0
        )

    def ask(self, text: str, world: import_columns.World) -> bool:
        return True

    def propose(self, text: str, world: import_columns.World) -> str:
        try:
            return str(people.gender(text))
        except RuleBroken:
            return ""

    def parse(self, value: Value, world: import_columns.World) -> student_fields.Gender | None:
        text = import_columns.cell_text(value)
        choice = self.chosen(text, world)
        if choice == import_columns.LEAVE:
            return None
        try:
            return student_fields.Gender(choice or people.gender(text))
        except RuleBroken as error:
            raise RuleBroken(
                N_("“%(value)s” is geen bekende waarde voor geslacht. Kies in stap 3 wat het betekent."),
                value=import_columns.short(text),
            ) from error

    def show(self, value: Any, world: import_columns.World) -> str:
        return _(student_fields.GENDER_LABELS[value]) if value is not None else ""


class BirthDateColumn(dates.DateColumn):
    key, label = "birth_date", student_fields.LABELS["birth_date"]
    synonyms = (
        "geb datum",
        "gebdatum",
        "gebdat",
        "geboren",
        "geboren op",
        "geboortedag",
        "date of birth",
        "birth date",
        "birthday",
        "dob",
    )
    example = date(2008, 3, 14)
    help = N_("Een datum, of als tekst dag-maand-jaar: 14-3-2008.")

    def looks(self, values: Sequence[Value], world: import_columns.World) -> float:
        """The part of the values that are dates, also as text, of people old enough to be students."""
        return sum(1 for value in values if self._is_birth(value, world)) / len(values)

    def _is_birth(self, value: Value, world: import_columns.World) -> bool:
        if not isinstance(value, date) and not (isinstance(value, str) and not value.isdigit()):
            return False  # a bare number may be anything
        try:
            found = people.birth_date(value, today=world.known.today)
        except RuleBroken:
            return False
        return found is not None and OLDEST <= found.year - world.known.today.year <= YOUNGEST

    def parse(self, value: Value, world: import_columns.World) -> date | import_columns.Told | None:
        if isinstance(value, str) and people.says_nothing(value):
            return None
        if isinstance(value, str) and date_order.without_day(value):
            return import_columns.Told(None, reason(DAY_UNKNOWN, value=import_columns.short(value)))
        return people.birth_date(self.in_order(value, world), today=world.known.today)

    def show(self, value: Any, world: import_columns.World) -> str:
        return people.dutch_date(value) if value else ""


class StudentEmailColumn(common_columns.EmailColumn):
    label = student_fields.LABELS["email"]
    synonyms = (
        "e-mail school",
        "e-mailadres school",
        "school e-mail",
        "school e-mailadres",
        "schoolmail",
        "mail school",
        "e-mail instelling",
        "e-mailadres instelling",
        "instellings e-mail",
        "studentmail",
        "e-mail",
        "e-mailadres",
        "mail",
        "mailadres",
        "email address",
        "school email address",
    )
    example = "fleur.vanderberg@student.example.nl"
    help = N_("Nodig voor een inlogcode.")


class StudentProgrammeColumn(common_columns.ProgrammeColumn):
    key, label = "programme", N_("Opleiding")
    for_all = N_("Eén opleiding voor alle rijen")
    help = N_("Crebo of naam; meer opleidingen met een puntkomma ertussen. De student wordt eraan gekoppeld.")


OF_FIELDS: Sequence[import_columns.Column] = (
    NumberColumn(),
    StudentFirstNameColumn(),
    StudentInfixColumn(),
    StudentLastNameColumn(),
    common_columns.FullNameColumn(),
    common_columns.FamilyNameColumn(),
    GenderColumn(),
    BirthDateColumn(),
    StudentEmailColumn(),
)
READ_APART = frozenset(column.key for column in OF_FIELDS)  # fields that are more than a text


def _number(row: kind.CheckedRow, _world: import_columns.World) -> str:
    """The number by which the database knows the student of this row; of a new one that of the file."""
    number = row.there.values["number"] if row.there else row.values.get("number", "")
    return alike_queries.bare(str(number).lower())


def _account_address(row: kind.CheckedRow, world: import_columns.World) -> str:
    """The address of this row, when the student has an account or gets one; two accounts cannot share it."""
    has_account = row.there.user_id is not None if row.there else world.login_codes != "none"
    return str(row.values.get("email", "")).lower() if has_account else ""


class Students(kind.Kind):
    """The import of students."""

    key, identity, object_type, batched = "students", "number", "Student", True
    fixed = (
        *OF_FIELDS,
        *(
            fields.PlainColumn(field)
            for field in student_fields.fields_in("import")
            if field.name not in READ_APART
        ),
        StudentProgrammeColumn(),
        GroupColumn(),
        *USER_COLUMNS,
        *SKIP_COLUMNS,
    )
    in_label = ("number", "first_name", "infix", "last_name")
    scopes = ("programme", "group")
    doubles = (
        kind.Double(
            "number",
            _number,
            N_(
                "Dit studentnummer staat ook op rij %(rows)s. Laat één rij per student staan; "
                "meer opleidingen of groepen mogen in één cel, met een puntkomma ertussen. Nullen ervoor "
                "maken geen ander nummer."
            ),
        ),
        kind.Double(
            "email",
            _account_address,
            N_("Dit e-mailadres staat ook op rij %(rows)s. Elke student heeft een eigen adres nodig."),
        ),
    )

    def choices(self, actor: Actor) -> present.Known:
        return present.student_choices(actor, current_school().today())

    def known(self, actor: Actor, cells: kind.Cells) -> present.Known:
        """The students in the file, and the users it names.

        Numbers and addresses of students count as logins too: an account of somebody else may have them.
        """
        numbers = _readable(cells.get("number", ()))
        coupled = [value for column in USER_COLUMNS for value in cells.get(column.key, ())]
        named = [
            part for value in coupled for part in common_columns.pieces(value, common_columns.ANY_BETWEEN)
        ]
        logins = {
            common_columns.login_in(value).lower() for value in (*cells.get("email", ()), *coupled, *named)
        }
        return present.students_known(
            actor,
            today=current_school().today(),
            numbers=numbers,
            logins=logins | {number.lower() for number in numbers},
            people=bool(coupled),
        )

    @property
    def columns(self) -> tuple[import_columns.Column, ...]:
        return (*self.fixed, *fields.own_columns(current_school().fields_in("import")))

    def label(self, kept: kind.Kept, there: present.Fact | None) -> str:
        """What a student is called in the report: "Berg, Fleur van der (0203118)"."""
        return common_columns.person_label(kept, there, self.identity)

    def wrong(
        self, kept: kind.Kept, bad: Collection[str], there: present.Fact | None, world: import_columns.World
    ) -> Iterable[kind.Wrong]:
        """Problems with the group, the number, and the account that a student has or is to get."""
        yield from _wrong_group(kept, there, world)
        number = kept.get("number", "")
        # What follows is about accounts; this student has none and gets none.
        if there.user_id is None if there else world.login_codes == "none":
            return
        users = world.known.users
        email = kept.get("email", "")
        if not email and not there and "email" not in bad:
            yield kind.Wrong(
                "email",
                "",
                _(
                    "Voor een inlogcode is een e-mailadres nodig. Vul het in, of kies in stap 4 geen "
                    "inlogcode."
                ),
                rules.NO_ADDRESS,
            )
        elif email.lower() in users and not (there and users[email.lower()].id == there.user_id):
            yield common_columns.held_by(users[email.lower()], "email", email)
        if there and len(student_accounts.account_after(there, kept).get("username", "")) > USERNAME_MAX:
            yield kind.Wrong("email", email, _(ADDRESS_TOO_LONG))
        if not there and number.lower() in users:
            yield kind.Wrong("number", number, _("Dit nummer is al de gebruikersnaam van een ander."))

    def recognise(
        self, row: kind.CheckedRow, world: import_columns.World
    ) -> tuple[Sequence[kind.Wrong], Sequence[kind.Wrong]]:
        """Know a student by a number with other zeros before it; refuse where that may be two."""
        number = row.values.get("number", "")
        others = world.known.zeros.get(number, ())
        if not others:
            return (), _not_active(row.there)
        exact = row.there is not None and row.there.values["number"] == number
        if exact or len(others) > 1:
            told = sentence(common_columns.two_but_for_zeros(number, others))
            return [kind.Wrong("number", number, told, common_columns.TWO_BUT_FOR_ZEROS)], ()
        row.values["number"] = others[0]
        known_as = _(common_columns.KNOWN_BY_ZEROS, value=number, known=others[0])
        return (), [kind.Wrong("number", number, known_as), *_not_active(row.there)]

    def alike(
        self, actor: Actor, rows: Sequence[kind.CheckedRow], world: import_columns.World
    ) -> Mapping[int, kind.Alike]:
        return namesakes.alike(actor, rows, world)

    def asks(self, row: kind.CheckedRow, world: import_columns.World) -> tuple[str, ...]:
        there = row.there
        if there is None:
            return ()
        moves = bool(_other_groups(row.values, there, world))
        asked = ((rules.RETURNING, not there.values["active"]), (rules.MOVES, moves))
        return tuple(question for question, holds in asked if holds)

    @staticmethod
    def leaves(kept: kind.Kept, there: present.Fact, world: import_columns.World) -> Sequence[str]:
        """The groups that this student goes out of, by the answer of step 4."""
        return _other_groups(kept, there, world) if world.answer(rules.MOVES) else ()

    @staticmethod
    def activates(there: present.Fact, world: import_columns.World) -> bool:
        """Whether this student was not active, and is by the answer of step 4."""
        return not there.values["active"] and bool(world.answer(rules.RETURNING))

    def answered(
        self, kept: kind.Kept, there: present.Fact, world: import_columns.World
    ) -> Iterable[kind.Change]:
        """Who was not active is, when step 4 says so."""
        if self.activates(there, world):
            yield kind.Change(_("Actief"), _("nee"), _("ja"))
        for group in self.leaves(kept, there, world):
            yield kind.Change(_("Uit studentgroep"), group, "–")

    def along(
        self, kept: kind.Kept, there: present.Fact, world: import_columns.World
    ) -> Iterable[kind.Change]:
        """What changes in the account of the student."""
        return student_accounts.told(
            there, {**kept, "active": True} if self.activates(there, world) else kept
        )

    def new_groups(self, rows: Sequence[kind.CheckedRow], known: present.Known) -> Sequence[str]:
        good = [row for row in rows if row.state != "refused"]
        names = {name for row in good for name in row.values.get("group", ())}
        return sorted(names - {name for _id, name in known.groups.values()})

    def absent(self, actor: Actor, named: kind.Named) -> absent_queries.Absent:
        return absent_queries.absent_students(
            actor, named.identities, named.coupled.get("programme", ()), named.coupled.get("group", ())
        )


def _other_groups(kept: kind.Kept, there: present.Fact, world: import_columns.World) -> Sequence[str]:
    """The groups of a student whom the file puts in another, but for those that a rule fills."""
    named, held = kept.get("group", ()), there.coupled["group"]
    if all(group in held for group in named):
        return ()
    return [one for one in held if one not in named and one.lower() not in world.known.ruled]


def _not_active(there: present.Fact | None) -> Sequence[kind.Wrong]:
    """The note on a student who left school, and may return."""
    if there is None or there.values["active"]:
        return ()
    return [kind.Wrong("number", str(there.values["number"]), _("Deze student was niet actief in Proeve."))]


def _wrong_group(
    kept: kind.Kept, there: present.Fact | None, world: import_columns.World
) -> Iterable[kind.Wrong]:
    """A group that a rule fills takes nobody from a file; for a student who is in it, nothing is wrong."""
    held = there.coupled["group"] if there else ()
    for group in kept.get("group", ()):
        if group.lower() in world.known.ruled and group not in held:
            yield kind.Wrong("group", group, _(common_columns.FILLED_BY_RULE, group=group))


def _readable(values: Collection[Value]) -> set[str]:
    """The student numbers among these, as they would be kept."""
    found = set()
    for value in values:
        try:
            found.add(common_columns.number_in(value))
        except RuleBroken:
            continue
    return found


STUDENTS = Students()


__all__ = ["STUDENTS", "USER_COLUMNS", "Students"]
