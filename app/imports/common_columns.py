"""Columns and readings that more than one kind uses: names, an address, a programme, a student number."""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _

from app.errors import RuleBroken
from app.imports import columns
from app.imports.kind import Kept, Wrong
from app.imports.nearest import by_a_slip
from app.imports.table import Value
from app.queries.imports import present
from app.rules import names as name_rules
from app.rules import people
from app.rules.student_fields import most
from app.rules.text import N_

FILLED_BY_RULE = N_(
    "De leden van “%(group)s” volgen uit een regel. "
    "Laat deze cel leeg, of laat de regel eerst los op de pagina van die groep."
)
FULL_NAME, FAMILY_NAME = "full_name", "family_name"  # the columns that are split
KNOWN_BY_ZEROS = N_(
    "“%(value)s” is %(known)s in Proeve: dezelfde student. Nullen voor een nummer maken geen ander nummer."
)
TWO_BUT_FOR_ZEROS = N_(
    "In Proeve is er ook een student met nummer %(known)s. Die nummers verschillen alleen in de nullen "
    "ervoor, dus wie bedoeld is, is niet zeker. Wijzig deze student bij Studenten."
)
_CREBO = re.compile(r"\b0?(\d{5})\b")
_PHONE = re.compile(r"0[1-9]\d{8}")
LEAST_DIGITS = 4  # of a student number
# Signs between several values in a cell. Those in MAY_BE_BETWEEN stand inside names too: they separate only
# where a known value stands on each side. The surest sign comes first.
BETWEEN = r"[;|\n]"
MAY_BE_BETWEEN = (",", r"[,/+&]|\s(?:en|and)\s", r"\s")
ANY_BETWEEN = "|".join((BETWEEN, *MAY_BE_BETWEEN))
NUMBER_NAMES = (
    "studentnr",
    "student nr",
    "leerlingnummer",
    "leerlingnr",
    "deelnemernummer",
    "deelnemernr",
    "deelnemersnummer",
    "stamnummer",
    "stamnr",
    "llnr",
    "lln nr",
    "ov nummer",
    "ov nr",
    "deelnemercode",
    "leerlingcode",
    "studentcode",
    "student code",
    "studnr",
    "cursistnummer",
    "kandidaatnummer",
    "student no",
    "nummer",
    "student id",
    "student number",
)


class FirstNameColumn(columns.TextColumn):
    key, label, required, needed = "first_name", N_("Voornaam"), True, True
    synonyms = (
        "roepnaam",
        "voornamen",
        "first name",
        "given name",
        "given names",
        "forename",
        "vnaam",
        "voornaam voluit",
        "voorletters",
        "initialen",
    )
    joins = True
    example = "Fleur"


class InfixColumn(columns.TextColumn):
    key, label, most = "infix", N_("Tussenvoegsel"), 20
    synonyms = (
        "tussenvoegsels",
        "voorvoegsel",
        "voorvoegsels",
        "tussenv",
        "tussenvgsl",
        "tsv",
        "tv",
        "voorv",
        "vv",
        "infix",
        "name prefix",
        "surname prefix",
        "voorvoegsel achternaam",
        "voorvoegsel geslachtsnaam",
    )
    joins = True
    example = "van der"


class LastNameColumn(columns.TextColumn):
    key, label, required, needed = "last_name", N_("Achternaam"), True, True
    synonyms = (
        "familienaam",
        "geslachtsnaam",
        "last name",
        "surname",
        "family name",
        "achternaam zonder tussenvoegsel",
        "achternaam excl tussenvoegsel",
        "naam",
    )
    joins = True
    example = "Berg"


class FullNameColumn(columns.Column):
    """A whole name, for a file without columns for its parts; a part with a column of its own keeps that."""

    key, label, stored, joins, in_example = FULL_NAME, N_("Volledige naam"), False, True, False
    synonyms: Sequence[str] = (
        "volledige naam",
        "naam student",
        "studentnaam",
        "naam leerling",
        "leerling",
        "naam deelnemer",
        "deelnemer",
        "naam medewerker",
        "medewerker",
        "full name",
        "naam volledig",
        "naam kandidaat",
        "kandidaat",
        "naam cursist",
        "cursist",
        "naam gebruiker",
        "weergavenaam",
        "display name",
        "voornaam en achternaam",
        "voor en achternaam",
        "roepnaam en achternaam",
        "voornaam achternaam",
    )
    gives: Sequence[str] = ("first_name", "infix", "last_name")
    alone: Sequence[str] = ("naam",)
    most: Mapping[str, int] = {name: most(name) for name in ("first_name", "infix", "last_name")}
    example = "Berg, Fleur van der"
    help = N_(
        "In plaats van Voornaam, Tussenvoegsel en Achternaam. Stap 2 laat zien hoe de namen worden "
        "gesplitst; wat ook een eigen kolom heeft, komt daaruit."
    )

    @staticmethod
    def split(text: str) -> name_rules.Split:
        return name_rules.split_name(text)

    def parse(self, value: Value, world: columns.World) -> name_rules.Split | None:
        found = self.split(columns.cell_text(value))
        parts = zip(self.most, (found.first, found.infix, found.last), strict=True)
        if long := next((part for key, part in parts if len(part) > self.most[key]), ""):
            raise RuleBroken(
                N_("“%(value)s” is te lang voor een naam. Kort de naam in."), value=columns.short(long)
            )
        return found if found.last else None

    def put(self, value: name_rules.Split, kept: dict[str, Any]) -> None:
        """Keep the parts that have no column of their own.

        The infix goes with its surname. A name without an infix sets it empty: otherwise a new surname would
        keep the infix of the old one.
        """
        if value.first:
            kept.setdefault("first_name", value.first)
        if "infix" not in kept and self._of_its_own(value, kept.get("last_name", "")):
            kept["last_name"] = value.last
        if kept.setdefault("last_name", value.last) == value.last:
            kept.setdefault("infix", value.infix)

    @staticmethod
    def _of_its_own(value: name_rules.Split, surname: str) -> bool:
        """Whether a surname with a column of its own is the one of this name, with its infix in it."""
        found = name_rules.split_surname(surname)
        return bool(found.infix) and (found.infix, found.last) == (value.infix, value.last)


class FamilyNameColumn(FullNameColumn):
    """A surname and its infix in one column, as many systems export it; proposed by content (intake.py)."""

    key, label = FAMILY_NAME, N_("Achternaam met tussenvoegsel")
    synonyms = (
        "tussenvoegsel en achternaam",
        "tussenvoegsel achternaam",
        "achternaam incl tussenvoegsel",
        "achternaam inclusief tussenvoegsel",
        "achternaam tussenvoegsel",
        "volledige achternaam",
    )
    gives, alone = ("infix", "last_name"), ()
    example = "van der Berg"
    help = N_(
        "In plaats van Tussenvoegsel en Achternaam: “van der Berg” of “Berg, van der”. Stap 2 laat "
        "zien hoe de namen worden gesplitst."
    )

    @staticmethod
    def split(text: str) -> name_rules.Split:
        return name_rules.split_surname(text)


class EmailColumn(columns.Column):
    key = "email"

    def looks(self, values: Sequence[Value], world: columns.World) -> float:
        return columns.share(values, lambda text: people.email_plausible(people.bare_address(text)))

    def parse(self, value: Value, world: columns.World) -> str | None:
        text = columns.cell_text(value)
        if people.says_nothing(text):
            return None
        try:
            return people.email(text) or None
        except RuleBroken as error:
            raise RuleBroken(
                N_("“%(value)s” is geen e-mailadres. Verbeter het."), value=columns.short(text)
            ) from error


class ProgrammeColumn(columns.ClosedColumn):
    """A crebo or a name, or several; asked when it is not exactly one programme of the school."""

    many, stored = True, False
    synonyms: Sequence[str] = (
        "crebo",
        "crebonummer",
        "crebocode",
        "opleidingscode",
        "kwalificatie",
        "programme",
        "program",
        "studie",
        "opleidingsnaam",
        "opleidingnaam",
        "naam opleiding",
        "opleiding omschrijving",
        "omschrijving opleiding",
        "crebonr",
        "crebo nr",
        "creboopleiding",
        "opleidingcode",
        "opleiding crebo",
        "studierichting",
        "course",
    )
    example = "25656"

    def own_example(self, world: columns.World) -> Value:
        """The code of the first programme, or more where another has the same code."""
        first = next(iter(world.known.programmes), None)
        if first is None:
            return ""
        return first.crebo if len(self.meant(first.crebo, world)) == 1 else first.label

    def parts(self, value: Value, world: columns.World) -> Sequence[str]:
        """The programmes in a cell. Names hold commas and slashes too, but two codes are two programmes."""

        def named(text: str) -> bool:
            return bool(self.meant(text, world))

        return parts_of(value, named, lambda text: named(text) or _CREBO.search(text) is not None)

    def looks(self, values: Sequence[Value], world: columns.World) -> float:
        return columns.share(
            values, lambda text: all(self.meant(part, world) for part in self.parts(text, world))
        )

    def options(self, world: columns.World) -> Sequence[columns.Option]:
        return [columns.Option(str(one.id), one.label) for one in world.known.programmes]

    def ask(self, text: str, world: columns.World) -> bool:
        return len(self.meant(text, world)) != 1

    def propose(self, text: str, world: columns.World) -> str:
        """The newest programme with this name or crebo, else the one with nearly this name."""
        form = people.search_form(text)
        crebo = _CREBO.search(form)
        of_crebo = _by_name(world.known.programmes).get(crebo[1], ()) if crebo else ()
        meant = self.meant(text, world) or of_crebo
        if meant or crebo:
            return str(max(meant, key=lambda one: one.cohort).id) if meant else ""
        names = {people.search_form(one.name): one for one in reversed(world.known.programmes)}
        near = (one for one in get_close_matches(form, names, cutoff=0.75) if by_a_slip(form, one))
        return next((str(names[one].id) for one in near), "")

    def parse(self, value: Value, world: columns.World) -> int | None:
        text = columns.cell_text(value)
        choice = self.chosen(text, world)
        if choice == columns.LEAVE:
            return None
        meant: Sequence[present.ProgrammeFact]
        if choice:
            meant = [one for one in world.known.programmes if str(one.id) == choice]
        else:
            meant = self.meant(text, world)
        if len(meant) == 1:
            return meant[0].id
        if meant:
            raise RuleBroken(
                N_("“%(value)s” past bij meer dan één opleiding. Kies in stap 3 welke u bedoelt."),
                value=columns.short(text),
            )
        raise RuleBroken(
            N_("De opleiding “%(value)s” staat niet bij uw opleidingen. Kies in stap 3 welke u bedoelt."),
            value=columns.short(text),
        )

    def show(self, value: object, world: columns.World) -> str:
        return world.programme_labels.get(value, "") if isinstance(value, int) else ""

    def meant(self, text: str, world: columns.World) -> Sequence[present.ProgrammeFact]:
        """The programmes that this text names exactly: label, crebo, name, or crebo and name."""
        wanted = people.search_form(text)
        by_name = _by_name(world.known.programmes)
        if wanted in by_name:
            return by_name[wanted]
        crebo = _CREBO.search(wanted)
        if crebo is None:
            return []
        rest = wanted.replace(crebo[0], " ").strip(" -–()|/:,;")
        return [one for one in by_name.get(crebo[1], ()) if people.search_form(one.name) == rest]


@lru_cache(maxsize=16)
def _by_name(programmes: tuple[present.ProgrammeFact, ...]) -> Mapping[str, Sequence[present.ProgrammeFact]]:
    """Everything a programme may be called exactly, as search_form writes it."""
    found: dict[str, list[present.ProgrammeFact]] = {}
    for one in programmes:
        for name in {people.search_form(text) for text in (one.label, one.crebo, one.name)}:
            found.setdefault(name, []).append(one)
    return found


def login_in(value: Value) -> str:
    """The user name or address in a cell."""
    return people.bare_address(columns.cell_text(value))


def number_in(value: Value) -> str:
    """The student number in a cell."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RuleBroken(N_("“%(value)s” is geen studentnummer."), value=columns.cell_text(value))
    return people.student_number(value)


def two_but_for_zeros(number: str, others: Sequence[str]) -> RuleBroken:
    """Several students have this number but for the zeros before it: a file cannot say who is meant."""
    return RuleBroken(TWO_BUT_FOR_ZEROS, value=number, known=", ".join(others))


def held_by(user: present.UserFact, key: str, address: str) -> Wrong:
    """This address is another's: whose it is, for who may see them."""
    why = (
        _("Dit e-mailadres is al van een andere gebruiker: %(who)s. Verbeter het.", who=user.label)
        if user.seen
        else _("Dit e-mailadres is al van een andere gebruiker. Verbeter het.")
    )
    return Wrong(key, address, why, "held by another")


def may_be_number(text: str) -> bool:
    """Whether this text can be a student number: digits, and no telephone number."""
    return text.isascii() and text.isdigit() and len(text) >= LEAST_DIGITS and not _PHONE.fullmatch(text)


def pieces(value: Value, between: str) -> list[str]:
    """A cell cut at what this pattern finds, without empty pieces."""
    texts = (columns.cell_text(piece) for piece in re.split(between, _as_typed(value)))
    return [text for text in texts if text]


def parts_of(value: Value, whole: Callable[[str], bool], part: Callable[[str], bool]) -> list[str]:
    """The values in a cell. A text that `whole` knows stays whole; others are cut into what `part` knows."""
    found: list[str] = []
    for text in pieces(value, BETWEEN):
        found += [text] if whole(text) else taken_apart(text, MAY_BE_BETWEEN, part)
    return found


def taken_apart(text: str, signs: Sequence[str], known: Callable[[str], bool]) -> list[str]:
    """The text cut at the first of these signs that leaves known parts only; uncut when no sign does."""
    cuts = (pieces(text, sign) for sign in signs)
    return next((cut for cut in cuts if len(cut) > 1 and all(map(known, cut))), [text])


def _as_typed(value: Value) -> str:
    """Text as it stands, line ends and all; anything else as cell_text writes it."""
    return value if isinstance(value, str) else columns.cell_text(value)


def person_label(kept: Kept, there: present.Fact | None, identity: str) -> str:
    """What a person is called in a report: "Berg, Fleur van der (0203118)", as far as it is known."""
    values = {**there.values, **kept} if there else kept
    name = people.sort_name(
        values.get("first_name", ""), values.get("infix", ""), values.get("last_name", "")
    )
    known_by = values.get(identity, "")
    return f"{name} ({known_by})" if name and known_by else name or known_by
