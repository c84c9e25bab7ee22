"""A column of dates is read as a whole: day first, or as step 3 says where the month proves to be first."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from app.imports.choices import values_to_choose, world_of_choices
from app.imports.dates import MONTH_FIRST, ORDER
from app.rules.date_order import day_before_month, month_first_in, without_day
from tests.imports.hostile import workbook
from tests.support.importing import lines

HEADER = ("Studentnummer", "Voornaam", "Achternaam", "Geboortedatum")
AMERICAN = ("3/4/2008", "3/25/2008", "12/31/2007", "7/8/2007", "11/22/2007")


def of(*days):
    return lines(*((str(900400 + at), "A", "Vos", day) for at, day in enumerate(days)), header=HEADER)


def asked(wizard, pk):
    run = wizard.own_run(pk)
    return values_to_choose(world_of_choices(wizard.actor, run), run, {})


def births(students):
    return [student.birth_date for student in students()]


def test_one_date_with_the_month_first_makes_step_3_ask_about_the_whole_column(wizard, students):
    pk = wizard.take(of(*AMERICAN))
    (question,) = asked(wizard, pk)["birth_date"]
    assert (question.text, question.count, question.proposal, question.example) == (
        ORDER,
        5,
        MONTH_FIRST,
        "3/25/2008",
    )
    wizard.write(pk)
    assert births(students) == [
        date(2008, 3, 4),
        date(2008, 3, 25),
        date(2007, 12, 31),
        date(2007, 7, 8),
        date(2007, 11, 22),
    ]


def test_without_an_answer_no_date_of_such_a_column_is_read(wizard):
    rows = wizard.check(wizard.take(of(*AMERICAN), values={})).rows
    assert [row.state for row in rows] == ["refused"] * 5
    assert "“3/25/2008”" in rows[0].problems[0].sentence


def test_who_says_that_the_day_comes_first_is_believed_and_the_impossible_dates_are_refused(wizard):
    rows = wizard.check(wizard.take(of(*AMERICAN), values={"birth_date": {ORDER: "day"}})).rows
    assert [row.state for row in rows] == ["new", "refused", "refused", "new", "refused"]
    assert rows[0].values["birth_date"] == date(2008, 4, 3)


def test_a_column_with_both_is_asked_about_without_a_proposal(wizard):
    pk = wizard.take(of("3/25/2008", "25/3/2008"))
    (question,) = asked(wizard, pk)["birth_date"]
    assert question.proposal == ""
    pk = wizard.take(of("3/25/2008", "25/3/2008"), values={"birth_date": {ORDER: MONTH_FIRST}})
    assert [row.state for row in wizard.check(pk).rows] == ["new", "refused"]


def test_a_column_that_may_be_either_stays_day_first_and_is_not_asked_about(wizard, students):
    pk = wizard.take(of("3/4/2008", "11/12/2007"))
    assert "birth_date" not in asked(wizard, pk)
    wizard.write(pk)
    assert births(students) == [date(2008, 4, 3), date(2007, 12, 11)]


def test_dates_that_excel_itself_read_day_first_are_turned_along(wizard, students):
    """An American csv in a Dutch Excel: 3/4/2008 became 3 April, and 3/25/2008 stayed a text."""
    content = workbook(
        list(HEADER),
        [900400, "A", "Vos", datetime(2008, 4, 3)],  # noqa: DTZ001 - a cell has no time zone
        [900401, "B", "Vos", "3/25/2008"],
        [900402, "C", "Vos", "2008-03-26"],
    )
    wizard.bring_in(content, "studenten.xlsx")
    assert births(students) == [date(2008, 3, 4), date(2008, 3, 25), date(2008, 3, 26)]


def test_dates_of_a_sheet_that_excel_understood_stay_as_they_are(wizard, students):
    content = workbook(
        list(HEADER),
        [900400, "A", "Vos", date(2008, 4, 3)],
        [900401, "B", "Vos", date(2008, 4, 30)],
        [900402, "C", "Vos", "3/25/2008"],
    )
    wizard.bring_in(content, "studenten.xlsx")
    assert births(students) == [date(2008, 4, 3), date(2008, 4, 30), date(2008, 3, 25)]


def test_a_birth_date_without_a_day_stays_empty_and_says_so(wizard, students):
    pk = wizard.take(of("00-00-2005", "14032008", "14-Mar-2008", "14-03-2008 02:00"))
    rows = wizard.check(pk).rows
    assert [row.state for row in rows] == ["new"] * 4
    assert [note.column for note in rows[0].notes] == ["Geboortedatum"]
    assert "“00-00-2005” heeft geen dag of maand" in rows[0].notes[0].sentence
    wizard.write(pk)
    assert births(students) == [None, *[date(2008, 3, 14)] * 3]


@pytest.mark.parametrize(
    ("values", "proof"),
    [
        (["3/25/2008"], ("3/25/2008", False, False)),
        (["03-25-08", "25-03-08"], ("03-25-08", True, False)),
        (["3/4/2008", "3.4.2008", "2008-03-25", "25/3/2008", "25 maart 2008", None, 39521, ""], None),
        (["3/25/2008 00:00", date(2008, 4, 3)], ("3/25/2008 00:00", False, True)),
        (["3/25/2008", date(2008, 4, 30), date(2008, 4, 3)], ("3/25/2008", False, False)),
        (["13/13/2008", "3/32/2008", "1/2/3", "VIG 3/25"], None),
    ],
)
def test_only_a_date_that_cannot_be_otherwise_proves_that_the_month_is_first(values, proof):
    found = month_first_in(values)
    assert (found and tuple(found)) == proof


@pytest.mark.parametrize(
    "text", ["00-00-2005", "00/03/2005", "3-0-2005", "0000-00-00", "2005-00-00", "00002005"]
)
def test_a_date_without_a_day_or_month_is_known(text):
    assert without_day(text)


@pytest.mark.parametrize("text", ["10-10-2000", "2000-10-10", "20001010", "0-0", "geen", "10-00"])
def test_another_text_is_no_date_without_a_day(text):
    assert not without_day(text)


def test_the_day_goes_before_the_month_and_what_stands_behind_stays():
    assert day_before_month("3/25/2008 02:00") == "25-3-2008 02:00"
