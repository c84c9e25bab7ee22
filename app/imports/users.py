"""Importing users (manual, step 3): found by their address; roles and programmes are added, never taken."""

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from flask_babel import gettext as _

from app import school
from app.errors import RuleBroken
from app.imports import columns, common_columns, kind
from app.imports.leaving import SKIP_COLUMNS
from app.imports.table import Value
from app.permissions import ROLE_LABELS, SEE_STUDENTS, Actor, Role
from app.queries.imports import absent as absent_queries
from app.queries.imports import present
from app.queries.imports import users as user_queries
from app.queries.users.users import grantable
from app.rules import people
from app.rules.accounts import (
    ADDRESS_TOO_LONG,
    ADMINISTRATOR_ONLY,
    NAME_IS_ADDRESS,
    NAME_MAX,
    USERNAME_MAX,
)
from app.rules.text import N_

DIGITS_AFTER_ZERO = 9  # of a Dutch telephone number

# What roles are called elsewhere. Step 3 proposes the role, and never takes it over unasked.
ROLE_WORDS: dict[str, Role] = {
    **dict.fromkeys(
        ("bpvdocent", "bpvbegeleider", "stagebegeleider", "docent", "begeleider"), Role.SCHOOL_SUPERVISOR
    ),
    **dict.fromkeys(
        ("werkbegeleider", "praktijkopleiderbedrijf", "stagebegeleiderbedrijf"), Role.COMPANY_SUPERVISOR
    ),
    **dict.fromkeys(
        ("schoolexaminator", "examinator", "beoordelaar", "beoordelaarschool"), Role.SCHOOL_EXAMINER
    ),
    **dict.fromkeys(
        ("bedrijfsexaminator", "praktijkexaminator", "beoordelaarbedrijf"), Role.COMPANY_EXAMINER
    ),
    **dict.fromkeys(("commissie", "commissielid", "lidexamencommissie"), Role.EXAM_COMMITTEE),
    **dict.fromkeys(("administrator", "admin", "examenbureau"), Role.ADMINISTRATOR),
}
ROLE_NAMES = {columns.plain(name): role for role in Role for name in (role.value, ROLE_LABELS[role])}


class UserEmailColumn(common_columns.EmailColumn):
    label, required, needed = N_("E-mailadres"), True, True
    synonyms = (
        "e-mail werk",
        "werkmail",
        "e-mail zakelijk",
        "zakelijk e-mailadres",
        "e-mail",
        "emailadres",
        "mail",
        "mailadres",
        "email address",
    )
    example = "s.debakker@school.example.nl"
    help = N_("Verplicht. Een bekend adres wijzigt die gebruiker.")

    def parse(self, value: Value, world: columns.World) -> str | None:
        found = super().parse(value, world)
        return found.lower() if found else None


class UserFirstNameColumn(common_columns.FirstNameColumn):
    most = NAME_MAX
    example = "Sanne"
    help = N_("Verplicht voor een nieuwe gebruiker.")


class UserInfixColumn(common_columns.InfixColumn):
    example = "de"


class UserLastNameColumn(common_columns.LastNameColumn):
    most = NAME_MAX
    example = "Bakker"
    help = N_("Verplicht voor een nieuwe gebruiker.")


class UserFullNameColumn(common_columns.FullNameColumn):
    most = {"first_name": NAME_MAX, "infix": 20, "last_name": NAME_MAX}
    example = "Bakker, Sanne de"


class UserFamilyNameColumn(common_columns.FamilyNameColumn):
    most = UserFullNameColumn.most
    example = "de Bakker"


class UsernameColumn(columns.TextColumn):
    key, label, most = "username", N_("Gebruikersnaam"), USERNAME_MAX
    synonyms = ("inlognaam", "login", "account", "user name", "username")
    help = N_("Laat leeg om met het e-mailadres aan te melden.")

    def parse(self, value: Value, world: columns.World) -> str | None:
        name = super().parse(value, world)
        if name and " " in name:
            raise RuleBroken(N_("Een gebruikersnaam heeft geen spaties. Haal ze weg."))
        return people.one_writing(name).lower() if name else None


class OrganisationColumn(columns.TextColumn):
    key, label, most = "organisation", N_("Organisatie"), 120
    synonyms = (
        "bedrijf",
        "leerbedrijf",
        "school",
        "instelling",
        "werkgever",
        "organisation",
        "company",
        "bedrijfsnaam",
        "naam bedrijf",
        "naam leerbedrijf",
        "naam organisatie",
        "employer",
    )
    joins = True
    example = "Zorggroep Voorbeeld"
    help = N_("De school, of het leerbedrijf.")


class PhoneColumn(columns.TextColumn):
    key, label, most = "phone", N_("Telefoon"), 30
    synonyms = (
        "telefoonnummer",
        "tel",
        "telnr",
        "tel nr",
        "mobiel",
        "mobiel nummer",
        "mobiele telefoon",
        "gsm",
        "06 nummer",
        "phone",
        "phone number",
        "mobile",
    )
    example = "06-12345678"

    def parse(self, value: Value, world: columns.World) -> Any:
        """The number as text. Excel keeps 0612345678 without its zero, and +31612345678 without its plus."""
        digits = columns.cell_text(value) if isinstance(value, int | float) else ""
        begun = "0" if len(digits) == DIGITS_AFTER_ZERO else "+" if digits[:2] == "31" else ""
        text = super().parse(begun + digits if begun else value, world)
        return people.phone(text) if text else text


class RolesColumn(columns.ClosedColumn):
    """The roles of a user. Step 3 asks, unless the text is exactly a role that the importer may give."""

    key, label, many, stored = "roles", N_("Rollen"), True, False
    required, needed = True, True
    for_all = N_("Eén rol voor alle rijen")
    synonyms = ("rol", "functie", "functies", "role", "roles", "gebruikersrol", "rol in proeve", "user role")
    example = "Praktijkbegeleider; Examinator school"
    help = N_(
        "Eén of meer rollen, met een puntkomma ertussen. Een bekende gebruiker houdt de eigen rollen; "
        "deze komen erbij."
    )

    def own_example(self, world: columns.World) -> Value:
        given = (role for role in Role if role in world.known.roles and role not in SEE_STUDENTS)
        role = next(given, None) or next((one for one in Role if one in world.known.roles), None)
        return str(_(ROLE_LABELS[role])) if role else ""

    def parts(self, value: Value, world: columns.World) -> Sequence[str]:
        return common_columns.pieces(value, r"[;,/|+&\n]|\s(?:en|and)\s")

    def looks(self, values: Sequence[Value], world: columns.World) -> float:
        words = {**ROLE_WORDS, **ROLE_NAMES}
        return columns.share(
            values, lambda text: all(columns.plain(one) in words for one in self.parts(text, world))
        )

    def options(self, world: columns.World) -> Sequence[columns.Option]:
        return [columns.Option(role, ROLE_LABELS[Role(role)], translate=True) for role in world.known.roles]

    def ask(self, text: str, world: columns.World) -> bool:
        return ROLE_NAMES.get(columns.plain(text)) not in world.known.roles

    def propose(self, text: str, world: columns.World) -> str:
        word = columns.plain(text)
        near = get_close_matches(word, [*ROLE_WORDS, *ROLE_NAMES], n=1, cutoff=0.8)
        role = {**ROLE_WORDS, **ROLE_NAMES}.get(word if word in ROLE_WORDS else near[0] if near else "")
        return role.value if role in world.known.roles else ""

    def parse(self, value: Value, world: columns.World) -> str | None:
        text = columns.cell_text(value)
        choice = self.chosen(text, world)
        if choice == columns.LEAVE:
            return None
        name = choice or ROLE_NAMES.get(columns.plain(text))
        if name in world.known.roles:
            return str(name)
        if name == Role.STUDENT:
            raise RuleBroken(N_("Een student krijgt een account bij Studenten, niet hier."))
        if name:
            raise RuleBroken(
                N_("De rol %(role)s kunt u niet geven. Laat de rol weg."), role=ROLE_LABELS[Role(name)]
            )
        raise RuleBroken(
            N_("“%(value)s” is geen rol. Kies in stap 3 welke rol u bedoelt."), value=columns.short(text)
        )

    def show(self, value: Any, world: columns.World) -> str:
        return _(ROLE_LABELS[Role(value)])


class UserProgrammesColumn(common_columns.ProgrammeColumn):
    key, label = "programmes", N_("Opleidingen")
    for_all = N_("Eén opleiding voor alle rijen")
    synonyms = ("opleiding", *common_columns.ProgrammeColumn.synonyms)
    example = "25656; 25655"
    help = N_("Crebo of naam; meer opleidingen met een puntkomma ertussen. Deze komen erbij.")


class LanguageColumn(columns.ClosedColumn):
    key, label = "language", N_("Taal")
    synonyms = ("voertaal", "language")
    example = "Nederlands"
    help = N_("De taal van de mails en de schermen; leeg is de taal van de school.")
    words = {
        "nl": "nl",
        "nld": "nl",
        "dutch": "nl",
        "en": "en",
        "eng": "en",
        "engels": "en",
        **{columns.plain(name): code for code, name in school.LANGUAGES.items()},
    }

    def options(self, world: columns.World) -> Sequence[columns.Option]:
        return [columns.Option(code, name) for code, name in school.LANGUAGES.items()]

    def ask(self, text: str, world: columns.World) -> bool:
        return columns.plain(text) not in self.words

    def propose(self, text: str, world: columns.World) -> str:
        return self.words.get(columns.plain(text), "")

    def parse(self, value: Value, world: columns.World) -> str | None:
        text = columns.cell_text(value)
        choice = self.chosen(text, world) or self.words.get(columns.plain(text))
        if choice == columns.LEAVE:
            return None
        if choice not in school.LANGUAGES:
            raise RuleBroken(
                N_("“%(value)s” is geen taal van Proeve. Kies in stap 3 welke u bedoelt."),
                value=columns.short(text),
            )
        return choice

    def show(self, value: Any, world: columns.World) -> str:
        return school.LANGUAGES.get(value, "")


def _address(row: kind.CheckedRow, _world: columns.World) -> str:
    return str(row.values.get("email", ""))


def _sign_in_name(row: kind.CheckedRow, _world: columns.World) -> str:
    """The user name in this row; "" when it is the row's own address, which is compared already."""
    name = str(row.values.get("username", ""))
    return "" if name == row.values.get("email") else name


class Users(kind.Kind):
    """The import of users."""

    key, identity, object_type = "users", "email", "User"
    fixed = (
        UserEmailColumn(),
        UserFirstNameColumn(),
        UserInfixColumn(),
        UserLastNameColumn(),
        UserFullNameColumn(),
        UserFamilyNameColumn(),
        UsernameColumn(),
        OrganisationColumn(),
        PhoneColumn(),
        RolesColumn(),
        UserProgrammesColumn(),
        LanguageColumn(),
        *SKIP_COLUMNS,
    )
    in_label = ("email", "first_name", "infix", "last_name")
    scopes = ("roles",)
    doubles = (
        kind.Double(
            "email",
            _address,
            N_(
                "Dit e-mailadres staat ook op rij %(rows)s. Laat één rij per gebruiker staan; meer rollen "
                "of opleidingen mogen in één cel."
            ),
        ),
        kind.Double(
            "username",
            _sign_in_name,
            N_("Deze gebruikersnaam staat ook op rij %(rows)s. Elke gebruiker heeft een eigen naam."),
        ),
    )

    def choices(self, actor: Actor) -> present.Known:
        return present.Known(
            school.current_school().today(), present.programme_facts(actor), roles=_roles(actor)
        )

    def known(self, actor: Actor, cells: kind.Cells) -> present.Known:
        emails = {_login(value) for value in cells.get("email", ())}
        return user_queries.users_known(
            actor,
            today=school.current_school().today(),
            emails=emails,
            roles=_roles(actor),
            logins=emails | {_login(value) for value in cells.get("username", ())},
        )

    def label(self, kept: kind.Kept, there: present.Fact | None) -> str:
        """What a user is called in the report: "Bakker, Sanne de (s.debakker@school.example.nl)"."""
        return common_columns.person_label(kept, there, self.identity)

    def wrong(
        self, kept: kind.Kept, bad: Collection[str], there: present.Fact | None, world: columns.World
    ) -> Iterable[kind.Wrong]:
        """What is wrong with the address and the user name: another has it, or it is not a name."""
        users, own = world.known.users, there.id if there else 0
        email, name = kept.get("email", ""), kept.get("username", "")
        if email in users and users[email].id != own:
            yield common_columns.held_by(users[email], "email", email)
        if not there and not name and len(email) > USERNAME_MAX:
            yield kind.Wrong("email", email, _(ADDRESS_TOO_LONG))
        if "@" in name and name != email:
            yield kind.Wrong("username", name, _(NAME_IS_ADDRESS))
        elif name in users and users[name].id != own:
            yield kind.Wrong(
                "username", name, _("Deze gebruikersnaam is van een ander. Kies een andere naam.")
            )

    def forbidden(self, there: present.Fact, world: columns.World) -> kind.Wrong | None:
        """Why a file may not change this account: it is out of this actor's reach, a student's, or closed."""
        email = str(there.values["email"])
        beyond = set(there.coupled["roles"]) - {*world.known.roles, Role.STUDENT}
        if Role.SUPPLIER in beyond:
            return kind.Wrong(
                "email",
                email,
                _(
                    "Dit is het account van een leverancier, dat alleen een leverancier wijzigt. "
                    "Laat de rij weg."
                ),
            )
        if beyond & set(SEE_STUDENTS):
            return kind.Wrong("email", email, _(ADMINISTRATOR_ONLY))
        if user_queries.A_STUDENT in there.marks:
            return kind.Wrong(
                "email", email, _("Dit is het account van een student. Wijzig het bij Studenten.")
            )
        if user_queries.CLOSED in there.marks:
            return kind.Wrong(
                "email",
                email,
                _("Dit account is niet actief. Activeer het eerst bij Gebruikers, of laat de rij weg."),
            )
        return None

    def absent(self, actor: Actor, named: kind.Named) -> absent_queries.Absent:
        return absent_queries.absent_users(actor, named.identities, named.coupled.get("roles", ()))


def _roles(actor: Actor) -> tuple[str, ...]:
    return tuple(role.value for role in grantable(actor))


def _login(value: Value) -> str:
    return common_columns.login_in(value).lower()


USERS = Users()
