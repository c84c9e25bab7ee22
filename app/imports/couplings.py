"""Columns that couple a student to groups, and to users in a role. Step 3 asks about unknown names."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from app.errors import RuleBroken
from app.imports import changed, columns, common_columns
from app.imports.nearest import Nearest
from app.imports.table import Value
from app.permissions import ROLE_LABELS, Role
from app.rules import people
from app.rules.text import N_

NEW_GROUP = "+"  # step 3: a group of this name is made
GROUP_NAME_MAX = 80
SIGNS = common_columns.MAY_BE_BETWEEN[1:2]  # names of groups hold spaces
SHORT_LIST = 40  # a list up to this length is shown whole; of a longer one the options most like the text


class GroupColumn(columns.ClosedColumn):
    """Couples a student to groups by their names; step 3 asks about a name that is new."""

    key, label, stored, many, rest = "group", N_("Studentgroep"), False, True, NEW_GROUP
    for_all = N_("Eén studentgroep voor alle rijen")
    synonyms = (
        "groep",
        "klas",
        "klassen",
        "lesgroep",
        "stamgroep",
        "group",
        "class",
        "basisgroep",
        "stamklas",
        "klascode",
        "klasnaam",
        "groepsnaam",
        "groepscode",
        "groepen",
        "lesgroepen",
    )
    example = "VIG3A"
    help = N_(
        "De groep met deze naam wordt gekoppeld; bestaat die nog niet, dan kiest u in stap 3 of de groep "
        "wordt gemaakt. Meer groepen met een puntkomma of komma ertussen."
    )

    def own_example(self, world: columns.World) -> Value:
        free = (name for _id, name in world.known.groups.values() if name.lower() not in world.known.ruled)
        return next((name for name in free if self.parts(name, world) == [name]), "")

    def parts(self, value: Value, world: columns.World) -> Sequence[str]:
        """The groups in a cell; a slash separates only where a known group stands on each side."""

        def known(text: str) -> bool:
            return text.lower() in world.known.groups

        if known(text := changed.group_text(value)) or changed.changed_into(text):
            return [text]
        found = common_columns.pieces(value, r"[;,|\n]")
        return [
            part
            for one in map(changed.group_text, found)
            for part in ([one] if known(one) else common_columns.taken_apart(one, SIGNS, known))
        ]

    def looks(self, values: Sequence[Value], world: columns.World) -> float:
        groups = world.known.groups
        return columns.share(
            values, lambda text: all(one.lower() in groups for one in self.parts(text, world))
        )

    def options(self, world: columns.World) -> Sequence[columns.Option]:
        there = [columns.Option(str(group_id), name) for group_id, name in world.known.groups.values()]
        return [columns.Option(NEW_GROUP, N_("Nieuwe groep maken"), translate=True), *there]

    def offered(self, text: str, world: columns.World) -> Sequence[columns.Option]:
        return _most_like(self.options(world), world.groups_like, text, always=[NEW_GROUP])

    def ask(self, text: str, world: columns.World) -> bool:
        return text.lower() not in world.known.groups

    def propose(self, text: str, world: columns.World) -> str:
        """A group whose name is written a little differently, else a new one: V3A and V3B are two groups."""
        if alike := world.groups_by_letters.get(columns.plain(text)):
            return alike
        if changed.changed_into(text):
            before = (world.known.groups.get(name.lower()) for name in changed.once_written(text))
            return next((str(found[0]) for found in before if found), "")
        found = world.groups_like.likely(text)
        return found if found and _codes(world.group_names[found]) == _codes(text) else NEW_GROUP

    def rest_of(self, text: str) -> str:
        return "" if changed.changed_into(text) else self.rest

    def parse(self, value: Value, world: columns.World) -> str | None:
        name = people.tidy(columns.cell_text(value))
        choice = self.chosen(name, world)
        if choice == columns.LEAVE:
            return None
        _id, there = world.known.groups.get(name.lower(), (0, ""))
        if choice and choice != NEW_GROUP:
            there = world.group_names.get(choice, "")
        if there:
            return there
        if choice != NEW_GROUP:
            changed.refuse_changed(name, changed.CHOOSE)
            raise RuleBroken(
                N_("De groep “%(value)s” is er niet. Kies in stap 3 of u hem maakt of welke u bedoelt."),
                value=columns.short(name),
            )
        if len(name) > GROUP_NAME_MAX:
            raise RuleBroken(
                N_("“%(value)s” is langer dan %(most)s tekens. Kort het in."),
                value=columns.short(name),
                most=GROUP_NAME_MAX,
            )
        return world.new_groups.setdefault(name.lower(), name)


class UserColumn(columns.ClosedColumn):
    """Users of the school in one role, by e-mail address or user name; step 3 asks who a name is."""

    stored, many = False, True
    role: Role
    help = N_(
        "E-mailadres, gebruikersnaam of naam van een gebruiker met deze rol; meer met een puntkomma "
        "ertussen. Bij een naam kiest u in stap 3 wie het is."
    )

    def own_example(self, world: columns.World) -> Value:
        able = (user for user in world.known.people.values() if self.role in user.roles)
        return next((user.email or user.username for user in able), "")

    def parts(self, value: Value, world: columns.World) -> Sequence[str]:
        """The users in a cell. A comma separates addresses; in "Bakker, Sanne de" it does not."""

        def known(text: str) -> bool:
            login = common_columns.login_in(text).lower()
            return login in world.people_by_login or login in world.known.users

        def whole(text: str) -> bool:
            return known(text) or people.email_plausible(common_columns.login_in(text))

        return common_columns.parts_of(value, whole, lambda text: "@" in text or known(text))

    def looks(self, values: Sequence[Value], world: columns.World) -> float:
        return columns.share(
            values, lambda text: all(self._fits(one, world) for one in self.parts(text, world))
        )

    def _fits(self, text: str, world: columns.World) -> bool:
        user = world.people_by_login.get(common_columns.login_in(text).lower())
        return user is not None and self.role in user.roles

    def options(self, world: columns.World) -> Sequence[columns.Option]:
        people_in_role = (user for user in world.known.people.values() if self.role in user.roles)
        return [columns.Option(str(user.id), user.label) for user in people_in_role]

    def offered(self, text: str, world: columns.World) -> Sequence[columns.Option]:
        return _most_like(self.options(world), world.people_like[self.role], text)

    def ask(self, text: str, world: columns.World) -> bool:
        return common_columns.login_in(text).lower() not in world.people_by_login

    def propose(self, text: str, world: columns.World) -> str:
        return "" if "@" in text else world.people_like[self.role].likely(text)

    def parse(self, value: Value, world: columns.World) -> int | None:
        text = common_columns.login_in(value)
        choice = self.chosen(columns.cell_text(value), world)
        if not text or choice == columns.LEAVE:
            return None
        user = world.known.users.get(text.lower())
        if choice:
            user = world.known.people.get(int(choice)) if choice.isdigit() else None
        if user is None:
            raise RuleBroken(
                N_("Er is geen gebruiker “%(value)s”. Kies in stap 3 wie het is, of voer deze eerst in."),
                value=columns.short(text),
            )
        if not user.active:
            raise RuleBroken(N_("Gebruiker “%(value)s” is niet actief."), value=columns.short(text))
        if self.role not in user.roles:
            raise RuleBroken(
                N_("Gebruiker “%(value)s” heeft niet de rol %(role)s. Geef de gebruiker die rol eerst."),
                value=columns.short(text),
                role=ROLE_LABELS[self.role],
            )
        return user.id

    def show(self, value: Any, world: columns.World) -> str:
        return world.user_names.get(value, "")


class SchoolSupervisorColumn(UserColumn):
    key, label, role = "school_supervisor", N_("Praktijkbegeleider"), Role.SCHOOL_SUPERVISOR
    synonyms = (
        "bpv-docent",
        "bpv-begeleider",
        "stagebegeleider",
        "stagedocent",
        "begeleider school",
        "schoolbegeleider",
        "e-mail praktijkbegeleider",
    )
    example = "s.bakker@school.example.nl"


class CompanySupervisorColumn(UserColumn):
    key, label, role = "company_supervisor", N_("Praktijkopleider"), Role.COMPANY_SUPERVISOR
    synonyms = (
        "praktijkopleider bedrijf",
        "praktijkopleider leerbedrijf",
        "werkbegeleider",
        "begeleider bedrijf",
        "bedrijfsbegeleider",
        "e-mail praktijkopleider",
    )
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
    SchoolSupervisorColumn(),
    CompanySupervisorColumn(),
    SchoolExaminerColumn(),
    CompanyExaminerColumn(),
)


def _most_like(
    options: Sequence[columns.Option], nearest: Nearest, text: str, always: Collection[str] = ()
) -> Sequence[columns.Option]:
    """All options of a short list; from a long one those in `always`, and those most like the text."""
    if len(options) <= SHORT_LIST:
        return options
    by_value = {option.value: option for option in options}
    return [by_value[one] for one in (*always, *(value for _likeness, value in nearest.like(text)))]


def _codes(name: str) -> list[str]:
    """The words that tell groups of one kind apart: with a digit in them, or of one or two letters."""
    words = re.findall(r"\w+", people.search_form(name))
    return sorted(word for word in words if len(word) < 3 or any(map(str.isdigit, word)))
