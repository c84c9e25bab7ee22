"""The planning screen for several students, as a planner fills it in: only what was touched is written."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.planning.planning import plan_exam
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.planning import Registration, Sitting
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.permissions import SYSTEM
from app.queries.planning.plan import NOBODY, Slot, Wish
from app.rules import people
from app.rules.timetable import shares
from app.school import current_school
from tests.factories import make_exam, make_programme, make_student, make_user, refresh
from tests.support import clock
from tests.support.queries import counted
from tests.support.typed import form_values
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
MONDAY = clock.monday()
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
LEAVE = "Verschilt: laat zo"


@dataclass
class Office:
    """An exam of two tasks, students and examiners, and an administrator at the keyboard; ids only."""

    admin: Visitor
    programme: int
    exam: int
    tasks: list[int]
    students: list[int]
    school: list[int]
    company: list[int]

    def url(self, *students: int) -> str:
        ids = "&".join(f"id={one}" for one in students)
        return f"/examens/do/plan_exam?kies={self.exam}&opleiding={self.programme}&{ids}"

    def planned(self, student: int, index: int, **given: Any) -> None:
        values: dict[str, Any] = {
            "school_examiner_id": self.school[index],
            "company_examiner_id": self.company[index],
            "day": MONDAY,
            "start": time(9, 0),
            "minutes": 120,
            "location": f"Zaal {index}",
            "note": f"Notitie {index}",
        }
        wish = Wish(together=Slot(**{**values, **given}))
        run(plan_exam, SYSTEM, [student], exam_id=self.exam, wish=wish)

    def name(self, user: int) -> str:
        return db.session.get_one(User, user).full_name


def an_office(admin: Visitor, *, students: int, examiners: int) -> Office:
    programme = make_programme()
    exam = make_exam(programme, tasks=2)
    made = Office(
        admin,
        programme.id,
        exam.id,
        [task.id for task in exam.tasks],
        [make_student(programme).id for _ in range(students)],
        *(
            [make_user(role, programmes=[programme]).id for _ in range(examiners)]
            for role in ("school_examiner", "company_examiner")
        ),
    )
    refresh()
    return made


@pytest.fixture
def office(app: Flask, visit: Visit) -> Office:
    return an_office(visit("administrator"), students=10, examiners=3)


@pytest.fixture
def two(office: Office) -> tuple[int, int]:
    """Two students with different people, place, note and duration (450 and 540 minutes)."""
    one, two = office.students[:2]
    office.planned(one, 0, minutes=450)
    office.planned(two, 1, minutes=540, day=TUESDAY)
    return one, two


def fill_in(visitor: Visitor, url: str, **typed: Any) -> str:
    """Open the screen, type over some fields and press on: the page that follows."""
    shown = form_values(visitor.get(url).text, "all_day")
    return visitor.post(url, {**shown, **typed}).text


def carry_out(visitor: Visitor, url: str, page: str) -> None:
    """Press the button of the page that tells what will happen."""
    assert "Planning controleren" in page, text_of(page)
    answer = visitor.post(url, {**form_values(page, "said"), "confirmed": "1"})
    assert answer.status_code == 302, text_of(answer.text)


def text_of(page: str) -> str:
    main = page.partition("<main")[2]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)))


Moment = tuple[datetime, datetime, int | None, int | None, str, str]


def state(students: Sequence[int]) -> dict[int, list[Moment]]:
    """Student -> the moments by task: start, end, examiners, place, note."""
    refresh()
    found: dict[int, list[Moment]] = {one: [] for one in students}
    rows = db.session.execute(
        select(Registration.student_id, Sitting)
        .join(Sitting, Sitting.registration_id == Registration.id)
        .where(Registration.student_id.in_(students))
        .order_by(Sitting.exam_task_id)
    )
    for student, sitting in rows:
        people = {one.role: one.user_id for one in sitting.examiners}
        school, company = people.get("school_examiner"), people.get("company_examiner")
        moment = (sitting.starts_at, sitting.ends_at, school, company, sitting.location, sitting.note)
        found[student].append(moment)
    return found


class TestForm:
    def test_what_differs_says_so_and_what_is_shared_stands_there(
        self, office: Office, two: tuple[int, int]
    ) -> None:
        page = office.admin.get(office.url(*two)).text
        shown = form_values(page, "all_day")
        assert (shown["all_day"], shown["all_start"], shown["all_minutes"]) == ("", "09:00", "")
        assert (shown["all_school_examiner"], shown["all_location"], shown["all_note"]) == ("", "", "")
        assert f'<option selected value="">{LEAVE}</option>' in page
        assert f'placeholder="{LEAVE}"' in page
        assert page.count("all_location_clear") > 1

    def test_one_student_sees_values_and_no_boxes(self, office: Office, two: tuple[int, int]) -> None:
        page = office.admin.get(office.url(two[0])).text
        shown = form_values(page, "all_day")
        assert shown["all_school_examiner"] == str(office.school[0])
        assert (shown["all_day"], shown["all_minutes"]) == (f"{MONDAY:%d-%m-%Y}", "450")
        assert LEAVE not in page.partition('data-section="apart"')[0]
        assert "_clear" not in page

    def test_old_hours_are_shown_and_not_filled_in(self, office: Office, two: tuple[int, int]) -> None:
        page = office.admin.get(office.url(*two)).text
        shown = form_values(page, "all_day")
        assert [shown[f"start{one}"] for one in two] == ["", ""]
        assert f"Nu: {TUESDAY:%d-%m-%Y} 09:00" in text_of(page)

    def test_whoever_left_may_stay_chosen(self, office: Office, two: tuple[int, int]) -> None:
        with transaction():
            db.session.get_one(User, office.school[0]).active = False
        page = fill_in(office.admin, office.url(two[0]), all_location="Aula")
        carry_out(office.admin, office.url(two[0]), page)
        assert state(two)[two[0]][0][2:5] == (office.school[0], office.company[0], "Aula")

    def test_text_and_a_box_to_make_it_empty_do_not_go_together(
        self, office: Office, two: tuple[int, int]
    ) -> None:
        page = fill_in(office.admin, office.url(*two), all_location="Aula", all_location_clear="y")
        assert "niet allebei" in page
        assert 'value="Aula"' in page

    def test_it_costs_the_same_for_two_as_for_ten(self, office: Office) -> None:
        for index, student in enumerate(office.students):
            office.planned(student, index % 3, start=time(9 + 2 * (index // 3), 0))
        spent = []
        for students in (office.students[:2], office.students):
            refresh()
            with counted() as statements:
                assert office.admin.get(office.url(*students)).status_code == 200
            spent.append(len(statements))
        assert spent[0] == spent[1]
        assert spent[0] <= 18


class TestScenes:
    def test_another_school_examiner_for_two(self, office: Office, two: tuple[int, int]) -> None:
        url, before = office.url(*two), state(two)
        page = fill_in(office.admin, url, all_school_examiner=str(office.school[2]))
        words = text_of(page)
        for number in (0, 1):
            change = f"was {office.name(office.school[number])} → wordt {office.name(office.school[2])}"
            assert words.count(f"Examinator school {change}") == 2
        for word in ("Locatie", "Opmerking", "Examinator bedrijf", "Duur", "Tijd"):
            assert f"{word} was" not in words
        carry_out(office.admin, url, page)
        after = state(two)
        for one in two:
            assert after[one] == [(*m[:2], office.school[2], *m[3:]) for m in before[one]]

    def test_the_check_page_shows_old_and_new_of_everything(
        self, office: Office, two: tuple[int, int]
    ) -> None:
        typed = {
            "all_day": f"{WEDNESDAY:%d-%m-%Y}",
            "all_start": "08:00",
            "all_minutes": "120",
            "all_location": "Aula",
            "all_note": "Kort",
            "all_company_examiner_clear": "y",
        }
        words = text_of(fill_in(office.admin, office.url(*two), **typed))
        for change in (
            f"Tijd was {MONDAY:%d-%m-%Y} 09:00–12:45 → wordt {WEDNESDAY:%d-%m-%Y} 08:00–09:00",
            "Duur (minuten) was 225 → wordt 60",
            f"Examinator bedrijf was {office.name(office.company[1])} → wordt leeg",
            "Locatie was Zaal 1 → wordt Aula",
            "Opmerking was Notitie 0 → wordt Kort",
        ):
            assert change in words, change

    def test_the_place_of_ten_of_whom_one_was_moved(self, office: Office) -> None:
        for index, student in enumerate(office.students):
            office.planned(student, 0, start=time(9 + 2 * (index % 5), 0), day=MONDAY + timedelta(index // 5))
        office.planned(office.students[4], 0, day=MONDAY + timedelta(weeks=3))
        url, before = office.url(*office.students), state(office.students)
        page = fill_in(office.admin, url, all_location="Aula")
        carry_out(office.admin, url, page)
        for one, moments in state(office.students).items():
            assert moments == [(*m[:4], "Aula", m[5]) for m in before[one]]

    def test_two_at_nine_on_their_own_days_come_one_after_the_other(self, office: Office) -> None:
        one, two = office.students[:2]
        office.planned(one, 0)
        office.planned(two, 0, day=TUESDAY)
        page = fill_in(office.admin, office.url(one, two), all_day=f"{WEDNESDAY:%d-%m-%Y}")
        words = text_of(page)
        for at in ("09:00–10:00", "11:15–12:15"):
            assert f"{WEDNESDAY:%d-%m-%Y} {at}" in words
        carry_out(office.admin, office.url(one, two), page)

    def test_who_keeps_everything_is_told_to_stay(self, office: Office, two: tuple[int, int]) -> None:
        page = fill_in(office.admin, office.url(*two), all_location="Zaal 1")
        words = text_of(page)
        assert "Locatie was Zaal 0 → wordt Zaal 1" in words
        assert "voor 1 student" in words
        assert text_of(fill_in(office.admin, office.url(*two))).count("De planning is al zo") == 1

    def test_a_new_one_among_planned_ones_is_named_with_what_lacks(
        self, office: Office, two: tuple[int, int]
    ) -> None:
        new = office.students[2]
        url = office.url(*two, new)
        label = db.session.get_one(Student, new).list_name
        page = fill_in(office.admin, url, all_location="Aula")
        for name, sentence in (
            ("school_examiner", "Kies een examinator van school"),
            ("day", "Vul een datum in"),
            ("minutes", "Vul een duur in"),
        ):
            told = re.search(rf'id="all_{name}-error".*?</p>', page, re.DOTALL)
            assert told, name
            assert sentence in told[0]
            assert label in told[0]
        assert 'value="Aula"' in page
        typed = {
            "all_school_examiner": str(office.school[2]),
            "all_day": f"{WEDNESDAY:%d-%m-%Y}",
            "all_minutes": "120",
        }
        assert "Planning controleren" in fill_in(office.admin, url, **typed)

    def test_a_new_one_with_an_own_hour_needs_no_other(self, office: Office) -> None:
        one, two, new = office.students[:3]
        office.planned(one, 0)
        office.planned(two, 0, start=time(11, 0))
        url, before = office.url(one, two, new), state((one, two))
        label = db.session.get_one(Student, new).list_name
        page = fill_in(office.admin, url)
        assert "Vul een begintijd in" in page
        assert label in page
        carry_out(office.admin, url, fill_in(office.admin, url, **{f"start{new}": "13:30"}))
        after = state((one, two, new))
        assert [after[one], after[two]] == [before[one], before[two]]
        assert current_school().local(after[new][0][0]).time() == time(13, 30)

    def test_the_history_of_a_registration_tells_of_that_one_in_words(
        self, office: Office, two: tuple[int, int], visit: Visit
    ) -> None:
        url = office.url(*two)
        page = fill_in(office.admin, url, all_school_examiner=str(office.school[2]), all_note="Kort")
        carry_out(office.admin, url, page)
        registrations = {row.student_id: row.id for row in db.session.scalars(select(Registration))}
        for number, one in enumerate(two):
            words = text_of(office.admin.get(f"/examens/aanmelding/{registrations[one]}").text)
            change = f"{office.name(office.school[number])} → {office.name(office.school[2])}"
            told = f"1. Opdracht 1: Examinator school: {change}, Opmerking: Notitie {number} → Kort"
            assert told in words
            assert f"Notitie {1 - number}" not in words
        entry = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)).one()
        words = text_of(office.admin.get(f"/logboek/{entry}").text)
        for number, one in enumerate(two):
            label = db.session.get_one(Student, one).list_name
            assert f"{label}, 2. Opdracht 2" in words
            assert f"Opmerking: Notitie {number} → Kort" in words

    def test_an_hour_that_does_not_exist_is_said_at_its_field(
        self, office: Office, two: tuple[int, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.queries.planning.plan.YEARS", timedelta(days=36_500))
        for day, word in ((date(2027, 3, 28), "bestaat niet (zomertijd)"), (date(2027, 10, 31), "twee keer")):
            typed = {"all_day": f"{day:%d-%m-%Y}", "all_start": "02:30", "all_location": "Aula"}
            page = fill_in(office.admin, office.url(*two), **typed)
            assert re.search(rf'id="all_start-error".*?{re.escape(word)}', page, re.DOTALL)
            assert 'value="Aula"' in page


class TestTwoPlanners:
    def test_what_a_colleague_changed_meanwhile_stays_where_it_was_not_touched(
        self, office: Office, two: tuple[int, int], visit: Visit
    ) -> None:
        one, url = two[0], office.url(two[0])
        first, second = office.admin, visit("administrator")
        shown = form_values(first.get(url).text, "all_day")
        carry_out(second, url, fill_in(second, url, all_location="Aula", all_note="Van een collega"))
        late = first.post(url, {**shown, "all_day": f"{TUESDAY:%d-%m-%Y}", "all_note": "Van mij"})
        assert late.status_code == 422
        assert "Bekijk de planning en probeer het opnieuw." in late.text
        again = form_values(late.text, "all_day")
        assert again["all_location"] == "Aula"
        assert (again["all_day"], again["all_note"]) == (f"{TUESDAY:%d-%m-%Y}", "Van mij")
        page = first.post(url, again).text
        assert "Opmerking was Van een collega → wordt Van mij" in text_of(page)
        carry_out(first, url, page)
        moment = state(two)[one][0]
        assert moment[4:] == ("Aula", "Van mij")
        assert current_school().local(moment[0]).date() == TUESDAY

    def test_a_colleague_between_the_check_page_and_the_button(
        self, office: Office, two: tuple[int, int], visit: Visit
    ) -> None:
        url, second = office.url(*two), visit("administrator")
        page = fill_in(office.admin, url, all_school_examiner=str(office.school[2]))
        carry_out(second, url, fill_in(second, url, all_location="Aula"))
        before = state(two)
        answer = office.admin.post(url, {**form_values(page, "said"), "confirmed": "1"})
        assert answer.status_code == 422
        assert "Bekijk de planning en probeer het opnieuw." in answer.text
        assert state(two) == before
        again = form_values(answer.text, "all_day")
        assert (again["all_location"], again["all_school_examiner"]) == ("Aula", str(office.school[2]))


# -- any students, any fields


@dataclass
class Play:
    """Some students with a planning of any kind, and some fields that a planner types over."""

    office: Office
    dice: random.Random

    def students(self) -> list[int]:
        some = self.office.students[: self.dice.randint(2, 12)]
        shared = {name: self.dice.random() < 0.3 for name in ("place", "note", "day", "start", "minutes")}
        for number, one in enumerate(some):
            pick = {name: 0 if same else self.dice.randint(0, 3) for name, same in shared.items()}
            self.office.planned(
                one,
                number,
                company_examiner_id=self.dice.choice([NOBODY, self.office.company[number]]),
                location=["", "Zaal 1", "Zaal 2", "Aula"][pick["place"]],
                note=["", "Kort", "Neem een schort mee\nen schoenen", "Lang"][pick["note"]],
                day=MONDAY + timedelta(days=pick["day"]),
                start=time(8 + pick["start"], 15 * pick["start"]),
                minutes=[120, 90, 450, 541][pick["minutes"]],
            )
        return some

    def typed(self, shown: Mapping[str, Any]) -> dict[str, str]:
        """A new value for any of the fields, or the box that makes one empty."""
        spare = self.office.school[-1], self.office.company[-1]
        values = {
            "all_school_examiner": [str(spare[0])],
            "all_company_examiner": [str(spare[1])],
            "all_day": [f"{MONDAY + timedelta(days=7 + n):%d-%m-%Y}" for n in range(3)],
            "all_start": ["07:30", "10:45"],
            "all_minutes": ["60", "333"],
            "all_location": ["Buiten", "Zaal 99"],
            "all_note": ["Nieuw", "Twee\r\nregels"],
        }
        chosen = self.dice.sample(sorted(values), self.dice.randint(0, 3))
        typed = {name: self.dice.choice(values[name]) for name in chosen}
        return {name: value for name, value in typed.items() if shown.get(name) != value}

    def cleared(self, page: str, typed: Mapping[str, str]) -> list[str]:
        boxes = [n for n in ("company_examiner", "location", "note") if f'name="all_{n}_clear"' in page]
        free = [name for name in boxes if f"all_{name}" not in typed]
        return [name for name in free if self.dice.random() < 0.2]

    def round(self) -> bool:
        """Play one round and look at every field; False when it was refused (and nothing changed)."""
        visitor, some = self.office.admin, self.students()
        url, before = self.office.url(*some), state(some)
        page = visitor.get(url).text
        shown = form_values(page, "all_day")
        assert shown["way"] == "together"
        typed = self.typed(shown)
        cleared = self.cleared(page, typed)
        order = self.dice.choice(["one_by_one", "same_time"])
        boxes = {f"all_{name}_clear": "y" for name in cleared}
        answer = visitor.post(url, {**shown, **typed, **boxes, "order": order})
        if answer.status_code == 422:
            assert "al iets anders" in answer.text, text_of(answer.text)[:600]
            assert state(some) == before
            assert {"all_day", "all_start", "all_minutes", *PEOPLE} & typed.keys(), typed
            return False
        if not typed and not cleared:
            assert "De planning is al zo" in answer.text
        elif 'name="confirmed" value="1"' in answer.text:
            carry_out(visitor, url, answer.text)
        self.look(before, state(some), typed, cleared, order)
        return True

    def look(
        self,
        before: Mapping[int, list[Moment]],
        after: Mapping[int, list[Moment]],
        typed: Mapping[str, str],
        cleared: Sequence[str],
        order: str,
    ) -> None:
        for one, was in before.items():
            for old, new in zip(was, after[one], strict=True):
                wanted = list(old[2:])
                for place, name in enumerate(("school_examiner", "company_examiner", "location", "note")):
                    value: Any = typed.get(f"all_{name}")
                    if name in cleared:
                        wanted[place] = None if name == "company_examiner" else ""
                    elif value is not None:
                        plain = value.replace("\r\n", "\n")
                        wanted[place] = int(value) if name.endswith("examiner") else plain
                assert [new[2], new[3], new[4], new[5].replace("\r\n", "\n")] == wanted
            self.look_at_times(was, after[one], typed, order)

    def look_at_times(
        self, was: Sequence[Moment], now: Sequence[Moment], typed: Mapping[str, str], order: str
    ) -> None:
        lengths = [m[1] - m[0] for m in was]
        if "all_minutes" in typed:
            lengths = [timedelta(minutes=m) for m in shares([60, 60], int(typed["all_minutes"]))]
        assert [m[1] - m[0] for m in now] == lengths
        assert now[0][1] == now[1][0]
        local, old = (current_school().local(one[0][0]) for one in (now, was))
        if not {"all_day", "all_start"} & typed.keys():
            assert local == old
            return
        day = people.typed_day(typed["all_day"]) if "all_day" in typed else old.date()
        start = time.fromisoformat(typed["all_start"]) if "all_start" in typed else old.time()
        if order == "same_time":
            assert (local.date(), local.time()) == (day, start)
        else:
            assert local.replace(tzinfo=None) >= datetime.combine(day, start)


PEOPLE = ("all_school_examiner", "all_company_examiner")


@pytest.mark.parametrize("seed", range(6))
def test_of_any_students_only_the_touched_fields_change(app: Flask, visit: Visit, seed: int) -> None:
    dice = random.Random(seed)
    Play(an_office(visit("administrator"), students=12, examiners=13), dice).round()


@pytest.mark.parametrize("order", ["apart", "alike"])
def test_a_field_that_nobody_touched_is_not_wrong_when_a_colleague_fills_it(
    office: Office, order: str
) -> None:
    """Day, hour and duration differ and stand empty; meanwhile somebody makes them the same, or others."""
    one, two = office.students[:2]
    office.planned(one, 0, minutes=450)
    office.planned(two, 1, minutes=540, day=TUESDAY, start=time(11, 0))
    shown = form_values(office.admin.get(office.url(one, two)).text, "all_day")
    assert (shown["all_day"], shown["all_start"], shown["all_minutes"]) == ("", "", "")
    day = WEDNESDAY if order == "alike" else TUESDAY
    for student, index, minutes in ((one, 0, 450), (two, 1, 450 if order == "alike" else 540)):
        office.planned(student, index, minutes=minutes, day=day, start=time(10, 0))
        day = WEDNESDAY
    late = office.admin.post(office.url(one, two), {**shown, "all_location": "Aula"})
    assert late.status_code == 422
    assert "intussen gewijzigd" in late.text
    assert "Ongeldig" not in late.text
    now = form_values(late.text, "all_day")
    assert (now["all_start"], now["all_location"]) == ("10:00", "Aula")
    assert (now["all_day"], now["all_minutes"]) == (
        (f"{WEDNESDAY:%d-%m-%Y}", "450") if order == "alike" else ("", "")
    )
    carry_out(office.admin, office.url(one, two), office.admin.post(office.url(one, two), now).text)
    assert all(moment[4] == "Aula" for moments in state([one, two]).values() for moment in moments)
