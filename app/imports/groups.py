"""Importing student groups: their properties, and their students by number (manual, step 4f).

A file may have a row for each student of a group, or several numbers in one cell. Rows of one group are read
in their order: the first makes the group, the next ones add to it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from flask_babel import gettext as _

from app.errors import RuleBroken
from app.imports import changed, columns, common_columns, kind
from app.imports.table import Value
from app.permissions import MENTOR_ROLES, Actor
from app.queries.imports import absent as absent_queries
from app.queries.imports import groups, present
from app.rules import groups as rules
from app.rules import people
from app.rules.text import N_, reason
from app.school import current_school

YEAR = 4  # digits
PROPERTIES = ("cohort", "school_year", "location", "colour", "mentor_id")


class NameColumn(columns.TextColumn):
    key, label, required, needed = "name", N_("Naam"), True, True
    synonyms = (
        "studentgroep",
        "groep",
        "klas",
        "groepen",
        "klassen",
        "groepsnaam",
        "lesgroep",
        "stamgroep",
        "basisgroep",
        "stamklas",
        "klasnaam",
        "klascode",
        "groepscode",
        "group",
        "class",
        "name",
    )
    example = "VIG3A"
    help = N_("Verplicht. Een bekende naam wijzigt die groep; hoofdletters maken niet uit.")

    @property
    def names(self) -> Sequence[str]:
        """The same names with the label last: beside a column "Klas", "Naam" is the student's name."""
        label, *others = super().names
        return [*others, label]

    def parse(self, value: Value, world: columns.World) -> str | None:
        name: str | None = super().parse(changed.group_text(value), world)
        there = world.known.groups.get(name.lower()) if name else None
        if name and not there:
            changed.refuse_changed(name, changed.MEND)
        return there[1] if there else name


class CohortColumn(columns.Column):
    key, label = "cohort", N_("Cohort")
    synonyms = ("startjaar", "jaar van start", "cohort")
    example = "2026"
    help = N_("Het jaar waarin de groep begon, bijvoorbeeld 2026.")

    def parse(self, value: Value, world: columns.World) -> int | None:
        return rules.cohort(columns.cell_text(value))


class SchoolYearColumn(columns.Column):
    key, label = "school_year", N_("Schooljaar")
    synonyms = ("leerjaar", "school year")
    example = "2026-2027"
    help = N_("Bijvoorbeeld 2026-2027.")

    def looks(self, values: Sequence[Value], world: columns.World) -> float:
        return columns.share(values, _is_school_year)

    def parse(self, value: Value, world: columns.World) -> str | None:
        return rules.school_year(columns.cell_text(value)) or None


class LocationColumn(columns.TextColumn):
    key, label = "location", N_("Locatie")
    synonyms = ("plaats", "vestiging", "gebouw", "location")
    joins = True
    example = "Hoofdgebouw"


class ColourColumn(columns.ClosedColumn):
    key, label = "colour", N_("Kleur")
    synonyms = ("kleurcode", "colour", "color")
    example = "Blauw"
    help = N_("Een kleur uit de lijst: zo is de groep in overzichten te herkennen.")
    words = {columns.plain(name): key for key, label in rules.GROUP_COLOURS.items() for name in (key, label)}

    def looks(self, values: Sequence[Value], world: columns.World) -> float:
        return columns.share(values, lambda text: not self.ask(text, world))

    def options(self, world: columns.World) -> Sequence[columns.Option]:
        return [columns.Option(key, label, translate=True) for key, label in rules.GROUP_COLOURS.items()]

    def ask(self, text: str, world: columns.World) -> bool:
        return columns.plain(text) not in self.words

    def propose(self, text: str, world: columns.World) -> str:
        near = get_close_matches(columns.plain(text), self.words, n=1, cutoff=0.6)
        return self.words[near[0]] if near else ""

    def parse(self, value: Value, world: columns.World) -> str | None:
        text = columns.cell_text(value)
        choice = self.chosen(text, world) or self.words.get(columns.plain(text))
        if choice == columns.LEAVE:
            return None
        if choice not in rules.GROUP_COLOURS:
            raise RuleBroken(
                N_("“%(value)s” is geen kleur uit de lijst. Kies in stap 3 welke u bedoelt."),
                value=columns.short(text),
            )
        return choice

    def show(self, value: Any, world: columns.World) -> str:
        return _(rules.GROUP_COLOURS[value]) if value in rules.GROUP_COLOURS else ""


class MentorColumn(columns.Column):
    """A user, by e-mail address, user name or name. Groups.wrong says whether they can be a mentor."""

    key, label = "mentor_id", N_("Mentor")
    synonyms = (
        "groepsmentor",
        "klassenmentor",
        "klasmentor",
        "slb",
        "slber",
        "studieloopbaanbegeleider",
        "tutor",
        "e-mail mentor",
        "mentor e-mail",
    )
    example = "s.bakker@school.example.nl"
    help = N_(
        "E-mailadres, gebruikersnaam of naam. De mentor is praktijkbegeleider, examinator school "
        "of beheerder."
    )

    def own_example(self, world: columns.World) -> Value:
        able = (user for users in world.known.named.values() for user in users)
        return next((user.email or user.username for user in able), "")

    def parse(self, value: Value, world: columns.World) -> int | None:
        text = common_columns.login_in(value)
        if not text:
            return None
        user = world.known.users.get(text.lower())
        meant = [user] if user is not None else world.known.named.get(people.name_form(text), ())
        if len(meant) > 1:
            raise RuleBroken(
                N_("Er is meer dan één gebruiker met de naam “%(value)s”. Vul het e-mailadres in."),
                value=columns.short(text),
            )
        if not meant:
            raise RuleBroken(
                N_(
                    "Er is geen gebruiker “%(value)s” die mentor kan zijn. Voer de gebruiker eerst in of "
                    "verbeter het adres."
                ),
                value=columns.short(text),
            )
        return meant[0].id

    def show(self, value: Any, world: columns.World) -> str:
        return world.user_names.get(value, "")


class MembersColumn(columns.Column):
    key, label, many, stored = "members", N_("Studentnummer"), True, False
    synonyms = ("studentnummers", "studenten", "leerlingen", "leden", "nummers", *common_columns.NUMBER_NAMES)
    example = "0203118; 0203119"
    help = N_(
        "Eén nummer per rij, of meer nummers met een komma of puntkomma ertussen. Deze studenten komen "
        "erbij; wie al in de groep zit, blijft erin."
    )

    def parts(self, value: Value, world: columns.World) -> Sequence[Value]:
        return (
            common_columns.pieces(value, r"[;,|]|\s(?:[/+&]|en|and)\s|\s")
            if isinstance(value, str)
            else (value,)
        )

    def looks(self, values: Sequence[Value], world: columns.World) -> float:
        """The part of the values that are student numbers; 0 for years and for citizen service numbers."""
        texts = [columns.cell_text(part) for value in values for part in self.parts(value, world)]
        if all(map(people.is_citizen_number, texts)) or all(len(text) == YEAR for text in texts):
            return 0
        return sum(map(common_columns.may_be_number, texts)) / len(texts)

    def parse(self, value: Value, world: columns.World) -> int | columns.Told:
        number = common_columns.number_in(value)
        student = world.known.students.get(number)
        others = world.known.zeros.get(number, ())
        if len(others) + (student is not None) > 1:
            raise common_columns.two_but_for_zeros(number, others)
        if others:
            told = reason(common_columns.KNOWN_BY_ZEROS, value=number, known=others[0])
            return columns.Told(world.known.students[others[0]][0], told)
        if student is None:
            raise RuleBroken(
                N_("Er is geen student met nummer “%(value)s”. Voer de student in of verbeter het nummer."),
                value=columns.short(number),
            )
        return student[0]

    def show(self, value: Any, world: columns.World) -> str:
        return world.student_names.get(value, "")


class Groups(kind.Kind):
    """The import of student groups."""

    key, identity, object_type = "groups", "name", "StudentGroup"
    fixed = (
        NameColumn(),
        CohortColumn(),
        SchoolYearColumn(),
        LocationColumn(),
        ColourColumn(),
        MentorColumn(),
        MembersColumn(),
    )
    in_label = ("name",)
    blank: present.Fact = present.Fact(
        0, {"name": "", "cohort": None, "school_year": "", "location": "", "colour": "", "mentor_id": None}
    )

    def choices(self, actor: Actor) -> present.Known:
        return present.Known(current_school().today())

    def example_facts(self, actor: Actor) -> present.Known:
        return self.known(actor, {})

    def known(self, actor: Actor, cells: kind.Cells) -> present.Known:
        column, world = self.by_key["members"], columns.World(self.choices(actor))
        numbers = set()
        for value in cells.get("members", ()):
            for part in column.parts(value, world):
                try:
                    numbers.add(common_columns.number_in(part))
                except RuleBroken:
                    continue
        logins = {common_columns.login_in(value).lower() for value in cells.get("mentor_id", ())}
        return groups.groups_known(actor, today=current_school().today(), numbers=numbers, logins=logins)

    def find(self, kept: kind.Kept, known: present.Known) -> present.Fact | None:
        return known.there.get(_key(kept))

    def label(self, kept: kind.Kept, there: present.Fact | None) -> str:
        return str(kept.get("name", ""))

    def wrong(
        self, kept: kind.Kept, bad: Collection[str], there: present.Fact | None, world: columns.World
    ) -> Iterable[kind.Wrong]:
        """Whether the mentor can be one, and whether the group takes members from a file at all."""
        mentor = world.users.get(kept.get("mentor_id", 0))
        if mentor is not None and not (there and there.values["mentor_id"] == mentor.id):
            if not mentor.active:
                yield kind.Wrong(
                    "mentor_id", mentor.name, _("Deze gebruiker is niet actief. Kies een andere mentor.")
                )
            elif not mentor.roles & set(MENTOR_ROLES):
                yield kind.Wrong(
                    "mentor_id",
                    mentor.name,
                    _(
                        "Deze gebruiker heeft geen rol voor een mentor: praktijkbegeleider, "
                        "examinator school of beheerder."
                    ),
                )
        if (
            there
            and groups.RULED in there.marks
            and set(kept.get("members", ())) - set(there.coupled["members"])
        ):
            yield kind.Wrong("members", "", _(common_columns.FILLED_BY_RULE, group=there.values["name"]))

    def settle(self, rows: Sequence[kind.CheckedRow], refuse: kind.Refuse) -> None:
        """Refuse rows that contradict another row of their group; the rest tell only what is new in them."""
        by_group: dict[str, list[kind.CheckedRow]] = defaultdict(list)
        for row in rows:
            if key := _key(row.values):
                by_group[key].append(row)
        for same in by_group.values():
            _refuse_contradictions(same, refuse)
            told: set[kind.Change] = set()
            good = [row for row in same if row.state != "refused"]
            for row in good:
                row.changes = [change for change in row.changes if change not in told]
                if row.there or row is not good[0]:
                    row.state = "changed" if row.changes else "unchanged"
                told |= set(row.changes)

    def absent(self, actor: Actor, named: kind.Named) -> absent_queries.Absent:
        return absent_queries.absent_groups(actor, {name.lower() for name in named.identities})


def _refuse_contradictions(rows: Sequence[kind.CheckedRow], refuse: kind.Refuse) -> None:
    """Refuse the rows of one group that give one property different values."""
    for key in PROPERTIES:
        filled = [row for row in rows if key in row.values]
        first = filled[0] if filled else None
        second = next((row for row in filled if first and row.values[key] != first.values[key]), None)
        if first is None or second is None:
            continue
        for row in filled:
            other = second if row.values[key] == first.values[key] else first
            sentence = _(
                "Op rij %(row)s staat iets anders voor deze groep. Maak beide gelijk, of laat er één leeg.",
                row=other.number,
            )
            shown = "" if key == "mentor_id" else str(row.values[key])
            refuse(row, kind.Wrong(key, shown, sentence))


def _is_school_year(text: str) -> bool:
    try:
        return bool(rules.school_year(text))
    except RuleBroken:
        return False


def _key(kept: kind.Kept) -> str:
    return str(kept.get("name", "")).lower()


GROUPS = Groups()
