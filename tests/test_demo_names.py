"""The demo school's people are believable, unlike each other, and the same for the same seed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import islice

import pytest

from app.catalogue import load
from app.demo import names
from app.demo.people import (
    MAX_STUDENTS,
    DemoStudent,
    companies,
    groups,
    rooms,
    staff,
    student_number,
    students,
)
from app.rules import people as rules
from config import ROOT

TODAY = date(2026, 11, 24)


def test_the_same_seed_gives_the_same_students_and_another_seed_others():
    assert list(students(50, today=TODAY)) == list(students(50, today=TODAY))
    assert list(students(50, today=TODAY)) != list(students(50, today=TODAY, seed=7))


def test_numbers_and_addresses_are_unique_also_when_a_later_call_goes_on(many: list[DemoStudent]):
    later = list(students(5_000, today=TODAY, start=len(many)))
    every = many + later
    assert len({one.number for one in every}) == len(every)
    assert len({one.email for one in every}) == len(every)


def test_numbers_up_to_the_maximum_do_not_collide_and_later_ones_are_refused():
    steps = range(0, MAX_STUDENTS, 7)
    assert len({student_number(index) for index in steps}) == len(steps)
    with pytest.raises(ValueError, match="students"):
        next(students(1, today=TODAY, start=MAX_STUDENTS))


def test_numbers_are_six_or_seven_digits_and_some_start_with_zero(many: list[DemoStudent]):
    assert {len(one.number) for one in many} == {6, 7}
    assert all(one.number.isascii() and one.number.isdigit() for one in many)
    assert 0.05 < share(one.number.startswith("0") for one in many) < 0.15


def test_what_is_made_passes_the_rules_for_what_is_typed(many: list[DemoStudent]):
    for one in many[:5_000]:
        assert rules.student_number(one.number) == one.number
        assert rules.email(one.email) == one.email
        assert rules.gender(one.gender) == one.gender
        assert rules.birth_date(one.birth_date, today=TODAY) == one.birth_date
        assert rules.tidy(one.first_name) == one.first_name
        assert rules.tidy(one.last_name) == one.last_name


def test_every_address_reaches_nobody(many: list[DemoStudent]):
    assert all(one.email.endswith("@example.nl") for one in many)
    assert all(one.email.endswith(".example.nl") for one in staff(50))


@pytest.mark.parametrize("today", [TODAY, date(2028, 2, 29)])
def test_students_are_sixteen_to_twenty_two(today: date):
    ages = Counter(age(one.birth_date, today) for one in students(20_000, today=today))
    assert set(ages) == set(range(16, 23))
    assert min(ages.values()) > 2_000


def test_about_half_of_the_families_have_an_infix(many: list[DemoStudent]):
    families = [family for origin in names.ORIGINS for family in origin.families]
    assert 0.4 < share(bool(family.infix) for family in families) < 0.6
    assert 0.4 < share(bool(one.infix) for one in many) < 0.6


def test_the_names_are_many_and_of_a_real_school(many: list[DemoStudent]):
    firsts = [name for one in names.ORIGINS for name in one.female + one.male]
    families = [family for one in names.ORIGINS for family in one.families]
    assert len(firsts) >= 250
    assert len(families) >= 350
    assert [name for name, times in Counter(firsts).items() if times > 1] == []
    assert [family for family, times in Counter(families).items() if times > 1] == []
    assert sum(one.weight for one in names.ORIGINS) == 100
    assert any(not one.last_name.isascii() for one in islice(many, 200))
    assert any("-" in one.last_name for one in islice(many, 200))


def test_names_fit_their_columns_and_keep_the_infix_apart(many: list[DemoStudent]):
    for one in many:
        assert len(one.first_name) <= 80
        assert len(one.infix) <= 20
        assert len(one.last_name) <= 120
        assert one.infix == one.infix.lower()
        assert one.last_name[:1].isupper()


@pytest.mark.parametrize(
    ("whole", "infix", "name"),
    [
        ("van den Berg", "van den", "Berg"),
        ("'t Hart", "'t", "Hart"),
        ("van 't Hof", "van 't", "Hof"),
        ("El Amrani", "", "El Amrani"),
        ("İnan", "", "İnan"),
    ],
)
def test_small_words_in_front_are_the_infix(whole: str, infix: str, name: str):
    assert names.family(whole) == names.Family(infix, name)


def test_a_hundred_thousand_students_are_made_within_three_seconds():
    start = time.process_time()
    made = sum(1 for _ in students(100_000, today=TODAY))
    assert made == 100_000
    assert time.process_time() - start < 3


def test_staff_are_unique_and_companies_have_their_own():
    school, company = staff(300), staff(300, domain="bedrijf.example.nl")
    assert len({one.email for one in school + company}) == 600


def test_every_programme_has_companies_and_groups():
    crebos = [one.crebo for one in load(ROOT / "catalogue").programmes]
    assert set(crebos) == set(names.GROUPS) == set(names.COMPANY_KINDS)
    made = [one for crebo in crebos for one in groups(crebo, 30, cohort=2025, year=2026)]
    assert len({one.name for one in made}) == len(made)
    assert {one.location for one in made} <= set(names.LOCATIONS)
    for crebo in crebos:
        assert len({one.name for one in companies(crebo, 100)}) == 100


def test_a_group_is_named_after_programme_year_and_letter():
    first, second = groups("25656", 2, cohort=2024, year=2026)
    assert (first.name, second.name) == ("VZ-IG 3A", "VZ-IG 3B")
    assert (first.school_year, first.cohort) == ("2026-2027", 2024)
    assert first.colour != second.colour
    names_of_many = [one.name for one in groups("25998", 28, cohort=2026, year=2026)]
    assert names_of_many[25:] == ["SD 1Z", "SD 1AA", "SD 1AB"]


def test_there_are_no_more_companies_than_names():
    with pytest.raises(ValueError, match="at most"):
        companies("25656", 10_000)


def test_rooms_have_a_building():
    assert ("Horeca Academie", "Leerrestaurant") in rooms()
    assert len(set(rooms())) == len(rooms()) >= 15


def share(hits: Iterable[bool]) -> float:
    every = list(hits)
    return sum(every) / len(every)


def age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


@pytest.fixture(scope="module")
def many() -> list[DemoStudent]:
    return list(students(20_000, today=TODAY))
