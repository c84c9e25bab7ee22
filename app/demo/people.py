"""Students, staff, training companies and groups out of a seed: the same seed, the same school.

Pure: nothing here knows a database. Every e-mail address ends in example.nl, which reaches nobody.
"""

import datetime as dt
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from app.demo import names
from app.rules import people as rules

SEED = 2026
DOMAIN = "example.nl"
YOUNGEST, OLDEST = 16, 22  # age in whole years
DOUBLE_SHARE = 0.04  # of first names, and of family names
UNISEX_SHARE = 0.05
MIXED_SHARE = 0.1  # first name and family name of two origins
MAX_STUDENTS = 5_000_000  # beyond it student numbers would come twice

_GENDERS: tuple[rules.GenderKey, ...] = ("female", "male", "other", "unknown")
_GENDER_WEIGHTS = (480, 970, 990, 1000)  # added up, per thousand
_ORIGIN_WEIGHTS = tuple(itertools.accumulate(one.weight for one in names.ORIGINS))


@dataclass(frozen=True, slots=True)
class DemoStudent:
    """`number` is text of six or seven digits, some with a leading zero; `gender` as in app/rules."""

    number: str
    first_name: str
    infix: str
    last_name: str
    gender: rules.GenderKey
    birth_date: dt.date
    email: str


@dataclass(frozen=True, slots=True)
class DemoStaff:
    first_name: str
    infix: str
    last_name: str
    email: str


@dataclass(frozen=True, slots=True)
class DemoCompany:
    """A leerbedrijf."""

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class DemoGroup:
    """`school_year` like `2026-2027`; `colour` one of names.GROUP_COLOURS."""

    name: str
    crebo: str
    cohort: int
    school_year: str
    location: str
    colour: str


def students(count: int, *, today: dt.date, seed: int = SEED, start: int = 0) -> Iterator[DemoStudent]:
    """`count` students from number `start` on, aged 16-22 at `today`.

    Numbers and addresses are unique over all students of one school, also when a later call goes on
    with `start` at the number of students made before. ValueError beyond MAX_STUDENTS.
    """
    if count < 0 or start < 0 or start + count > MAX_STUDENTS:
        raise ValueError(f"between 0 and {MAX_STUDENTS} students in all")
    rng = random.Random(f"{seed}:{start}")
    first_day = _years_before(today, OLDEST + 1) + dt.timedelta(days=1)
    days = (_years_before(today, YOUNGEST) - first_day).days + 1
    mails = _Mails(names_only=start == 0)
    for index in range(start, start + count):
        gender = rng.choices(_GENDERS, cum_weights=_GENDER_WEIGHTS)[0]
        first, family = _name(rng, gender)
        number = student_number(index)
        yield DemoStudent(
            number=number,
            first_name=first,
            infix=family.infix,
            last_name=family.name,
            gender=gender,
            birth_date=first_day + dt.timedelta(days=int(rng.random() * days)),
            email=mails.address(first, family, number),
        )


def student_number(index: int) -> str:
    """The number of the index-th student: no two alike, not in order, one in five of six digits."""
    block, rest = divmod(index, 5)
    if rest == 0:
        return f"{(block * 387_421 + 51_307) % 1_000_000:06d}"
    return f"{((block * 4 + rest - 1) * 3_874_213 + 417_253) % 10_000_000:07d}"


def staff(count: int, *, seed: int = SEED, domain: str = f"medewerker.{DOMAIN}") -> list[DemoStaff]:
    """People of the school, or of companies with another `domain`; addresses unique within it."""
    rng = random.Random(f"{seed}:{domain}")
    mails = _Mails(names_only=True, domain=domain)
    made = []
    for number in range(1, count + 1):
        first, family = _name(rng, rng.choice(("female", "male")))
        address = mails.address(first, family, str(number))
        made.append(DemoStaff(first, family.infix, family.name, address))
    return made


def companies(crebo: str, count: int, *, seed: int = SEED) -> list[DemoCompany]:
    """Training companies that fit a programme. KeyError for a crebo we don't know; ValueError: too many."""
    every = [
        f"{kind} {name}" for kind, name in itertools.product(names.COMPANY_KINDS[crebo], names.COMPANY_NAMES)
    ]
    if count > len(every):
        raise ValueError(f"{len(every)} companies at most")
    rng = random.Random(f"{seed}:{crebo}")
    return [DemoCompany(name, rng.choice(names.PLACES)) for name in rng.sample(every, count)]


def rooms() -> list[tuple[str, str]]:
    """(building, room) of the demo school."""
    return [(building, room) for building, inside in names.LOCATIONS.items() for room in inside]


def group_code(crebo: str) -> str:
    """What the names of this programme's groups begin with: `VZ-IG`."""
    return names.GROUPS[crebo][0]


def groups(crebo: str, count: int, *, cohort: int, year: int) -> list[DemoGroup]:
    """Groups of a cohort in the school year that starts in `year`: `VZ-IG 2A`, `VZ-IG 2B`, ..."""
    code, location = names.GROUPS[crebo]
    colours = names.GROUP_COLOURS
    return [
        DemoGroup(
            name=f"{code} {year - cohort + 1}{letters}",
            crebo=crebo,
            cohort=cohort,
            school_year=f"{year}-{year + 1}",
            location=location,
            colour=colours[number % len(colours)],
        )
        for number, letters in enumerate(itertools.islice(_letters(), count))
    ]


def _letters() -> Iterator[str]:
    """A, B, ... Z, AA, AB, ..."""
    length = 1
    while True:
        yield from map("".join, itertools.product("ABCDEFGHIJKLMNOPQRSTUVWXYZ", repeat=length))
        length += 1


class _Mails:
    """`fleur.vandenberg@...`; the next person of that name gets a number behind it."""

    def __init__(self, *, names_only: bool, domain: str = DOMAIN) -> None:
        self._taken: set[str] = set()
        self._names_only = names_only
        self._domain = domain
        self._plain: dict[str, str] = {}

    def address(self, first: str, family: names.Family, number: str) -> str:
        local = f"{self._letters(first)}.{self._letters(family.infix)}{self._letters(family.name)}"
        if local in self._taken or not self._names_only:
            return f"{local}.{number}@{self._domain}"
        self._taken.add(local)
        return f"{local}@{self._domain}"

    def _letters(self, name: str) -> str:
        plain = self._plain.get(name)
        if plain is None:
            plain = "".join(one for one in rules.search_form(name) if one.isalnum())
            self._plain[name] = plain
        return plain


def _name(rng: random.Random, gender: rules.GenderKey) -> tuple[str, names.Family]:
    origin = _origin(rng)
    first = _first_name(rng, gender, origin)
    other = _origin(rng) if rng.random() < MIXED_SHARE else origin
    family = rng.choice(other.families)
    if rng.random() < DOUBLE_SHARE:
        second = rng.choice(_origin(rng).families)
        partner = f"{second.infix} {second.name}".strip()
        family = names.Family(family.infix, f"{family.name}-{partner}")
    return first, family


def _origin(rng: random.Random) -> names.Origin:
    return rng.choices(names.ORIGINS, cum_weights=_ORIGIN_WEIGHTS)[0]


def _first_name(rng: random.Random, gender: rules.GenderKey, origin: names.Origin) -> str:
    girl = gender == "female" or (gender != "male" and rng.random() < 0.5)
    if rng.random() < DOUBLE_SHARE:
        return rng.choice(names.DOUBLE_FEMALE if girl else names.DOUBLE_MALE)
    if gender == "other" or rng.random() < UNISEX_SHARE:
        return rng.choice(names.UNISEX)
    return rng.choice(origin.female if girl else origin.male)


def _years_before(day: dt.date, years: int) -> dt.date:
    """The same day, years ago; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
