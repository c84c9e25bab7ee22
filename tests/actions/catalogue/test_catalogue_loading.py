"""Loading the catalogue, and the demo school that is built on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select

from app.actions.base.outcome import Outcome
from app.actions.base.runner import run
from app.actions.base.wording import say
from app.actions.catalogue.programmes import load_catalogue
from app.actions.school.demo import add_demo_students, load_demo_school
from app.actions.school.updates import change_update, mark_all_updates_read
from app.catalogue import CATALOGUE, load
from app.catalogue_data import Catalogue
from app.demo.accounts import ACCOUNTS, PASSWORD
from app.entities.assessment import Result
from app.entities.base import db
from app.entities.exams import Criterion, Exam, ExamTask
from app.entities.planning import Registration, Sitting, SittingExaminer
from app.entities.programmes import Programme
from app.entities.school import SystemUpdate
from app.entities.students import ExamExclusion, Student, Supervision
from app.entities.users import User
from app.errors import NotAllowed, Outdated, RuleBroken
from app.permissions import SYSTEM, Actor
from app.queries.planning.planning import load_registrations
from app.rules.blocks import BlockState
from app.rules.conflicts import Moment, Subject, clashes
from app.school import current_school
from tests.factories import refresh
from tests.support import clock
from tests.support.at_once import while_half_done
from tests.support.queries import counted


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(CATALOGUE)


def rows(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def rewritten(catalogue: Catalogue) -> Catalogue:
    """The catalogue in which the first update has another text."""
    first, *others = catalogue.updates
    return replace(catalogue, updates=(replace(first, body="Iets heel anders."), *others))


# --- the catalogue ----------------------------------------------------------------------------


def test_an_update_that_the_catalogue_rewrites_is_unread_for_who_saw_the_text_before(
    app: Flask, catalogue: Catalogue, actor: Callable[..., Actor]
) -> None:
    run(load_catalogue, SYSTEM)
    reader, seen = actor("administrator"), dict.fromkeys(db.session.scalars(select(SystemUpdate.id)), 1)
    run(load_catalogue, SYSTEM, catalogue=rewritten(catalogue))

    told = run(mark_all_updates_read, reader, seen=seen)

    assert told.done == len(seen) - 1
    assert "1 update is intussen gewijzigd en blijft ongelezen" in told.summary


@pytest.mark.everywhere
@pytest.mark.parametrize("at_once", [True, False])
def test_the_catalogue_and_who_changes_an_update_write_nothing_over_unseen(
    app: Flask,
    catalogue: Catalogue,
    actor: Callable[..., Actor],
    monkeypatch: pytest.MonkeyPatch,
    at_once: bool,
) -> None:
    run(load_catalogue, SYSTEM)
    title, other = catalogue.updates[0].title, rewritten(catalogue)
    row = db.session.scalars(select(SystemUpdate).where(SystemUpdate.title == title)).one()
    supplier, row_id = actor("supplier"), row.id
    form = {"version": 1, "title": title, "published_on": row.published_on, "body": "Van de leverancier."}

    def load_it() -> Outcome:
        return run(load_catalogue, supplier, catalogue=other)

    def save() -> Outcome:
        return run(change_update, supplier, [row_id], **form)

    if at_once:
        assert [one.done for one in while_half_done(monkeypatch, save, load_it)] == [1, 1]
        refresh()
        assert db.session.get_one(SystemUpdate, row_id).version == 3, "each raised it"
        return
    load_it()
    with pytest.raises(Outdated) as refused:
        save()
    assert "Catalogus laden" in say(refused.value)


def test_all_of_the_catalogue_arrives(app: Flask, catalogue: Catalogue):
    outcome = run(load_catalogue, SYSTEM)

    assert not outcome.refused
    assert rows(Programme) == len(catalogue.programmes) == 6
    assert rows(SystemUpdate) == len(catalogue.updates)
    assert rows(Exam) == len(catalogue.exams)
    assert rows(ExamTask) == sum(len(exam.tasks) for exam in catalogue.exams)
    assert rows(Criterion) == sum(len(task.criteria) for exam in catalogue.exams for task in exam.tasks)
    exam = db.session.scalars(select(Exam).where(Exam.key == "25656-b1-k1-pvb")).one()
    data = next(one for one in catalogue.exams if one.key == exam.key)
    assert (exam.programme.crebo, exam.core_task.code, exam.current) == ("25656", "B1-K1", True)
    for task, task_data in zip(exam.tasks, data.tasks, strict=True):
        for criterion, one in zip(task.criteria, task_data.criteria, strict=True):
            assert (criterion.text, criterion.work_process.code) == (one.text, one.work_process)
            assert [level.points for level in criterion.levels] == [level.points for level in one.levels]


def test_loading_twice_changes_nothing(app: Flask):
    first = run(load_catalogue, SYSTEM)
    refresh()
    with counted() as statements:
        again = run(load_catalogue, SYSTEM)

    assert first.done > 50
    assert (again.done, again.unchanged) == (0, first.done)
    assert "0 nieuw" in again.summary
    assert len(statements) < 20


def test_only_the_supplier_loads(app: Flask, actor: Callable[..., Actor]):
    with pytest.raises(NotAllowed):
        run(load_catalogue, actor("administrator"))
    assert run(load_catalogue, actor("supplier")).done


def test_a_name_is_brought_up_to_date(app: Flask, catalogue: Catalogue):
    run(load_catalogue, SYSTEM, catalogue=catalogue)
    first, *others = catalogue.programmes
    changed = replace(catalogue, programmes=(replace(first, name="Andere naam"), *others))

    outcome = run(load_catalogue, SYSTEM, catalogue=changed)

    assert outcome.done == 1
    refresh()
    assert (
        db.session.scalars(select(Programme.name).where(Programme.crebo == first.crebo)).one()
        == "Andere naam"
    )


def test_a_higher_version_comes_beside_the_old_one(app: Flask, catalogue: Catalogue):
    run(load_catalogue, SYSTEM, catalogue=catalogue)
    exam, *others = catalogue.exams
    higher = replace(catalogue, exams=(replace(exam, version="1.10", title="Herzien"), *others))
    between = replace(catalogue, exams=(replace(exam, version="1.9", title="Ertussen"), *others))

    assert run(load_catalogue, SYSTEM, catalogue=higher).done == 1
    assert run(load_catalogue, SYSTEM, catalogue=between).done == 1

    refresh()
    found = db.session.execute(select(Exam.version, Exam.title, Exam.current).where(Exam.key == exam.key))
    assert {row.version: (row.title, row.current) for row in found} == {
        "1.0": (exam.title, False),
        "1.9": ("Ertussen", False),
        "1.10": ("Herzien", True),
    }


def test_a_version_that_is_there_never_changes(app: Flask, catalogue: Catalogue):
    """What was assessed stays what it was; the supplier is told that the file says something else."""
    run(load_catalogue, SYSTEM, catalogue=catalogue)
    exam, *others = catalogue.exams
    task = replace(exam.tasks[0], title="Heel iets anders")
    tampered = replace(catalogue, exams=(replace(exam, tasks=(task, *exam.tasks[1:])), *others))

    outcome = run(load_catalogue, SYSTEM, catalogue=tampered)

    assert outcome.done == 0
    assert [one.label for one in outcome.refused] == [f"{exam.code} {exam.version}"]
    refresh()
    assert db.session.scalar(select(func.count()).where(ExamTask.title == "Heel iets anders")) == 0


# --- the demo school --------------------------------------------------------------------------


def test_every_account_is_there_with_its_role(demo: Flask, visitor_of: Callable[[User | None], Any]):
    users = {user.username: user for user in db.session.scalars(select(User))}
    assert {one.username: one.role.value for one in ACCOUNTS} == {
        one.username: users[one.username].roles[0].name for one in ACCOUNTS
    }
    answer = visitor_of(None).post("/aanmelden", {"username": "beheerder", "password": PASSWORD})
    assert answer.status_code == 302
    assert [user.username for user in users.values() if user.password] == [one.username for one in ACCOUNTS]


def test_every_state_of_a_block_occurs(demo: Flask):
    facts = load_registrations(select(Registration.id))
    tasks: dict[int, list[int]] = {}
    for task in db.session.scalars(select(ExamTask)):
        tasks.setdefault(task.exam_id, []).append(task.id)
    states = Counter(
        (block.state, block.attempt)
        for one in facts
        for block in [one.block(tasks[one.exam_id], available=True, now=clock.now())]
    )
    wanted = set(BlockState) - {BlockState.OPEN, BlockState.NOT_AVAILABLE}
    assert {state for state, _attempt in states} == wanted
    assert states[BlockState.PLANNED, 2]
    assert rows(ExamExclusion)


def test_the_examiners_have_work_today_before_and_after(demo: Flask):
    school = current_school()
    for username in ("schoolexaminator", "bedrijfsexaminator"):
        starts = db.session.scalars(
            select(Sitting.starts_at)
            .join(SittingExaminer, SittingExaminer.sitting_id == Sitting.id)
            .join(User, User.id == SittingExaminer.user_id)
            .where(User.username == username)
        )
        days = {school.local(start).date() for start in starts}
        today = clock.today()
        assert today in days
        assert any(day < today for day in days)
        assert any(today < day < today + timedelta(days=14) for day in days)


@pytest.mark.parametrize("extra", [0, 300])
def test_nobody_is_in_two_places_at_once(demo: Flask, extra: int):
    if extra:
        run(add_demo_students, SYSTEM, number=extra, report=lambda _what: None)
    planned = []
    for one in db.session.execute(
        select(Sitting.id, Sitting.starts_at, Sitting.ends_at, Registration.student_id).join(Registration)
    ):
        who = Subject("student", one.student_id, "student")
        planned.append(Moment(one.starts_at, one.ends_at, who, str(one.id)))
    for row in db.session.execute(
        select(Sitting.id, Sitting.starts_at, Sitting.ends_at, SittingExaminer.user_id).join(SittingExaminer)
    ):
        examiner = Subject("examiner", row.user_id, "examinator")
        planned.append(Moment(row.starts_at, row.ends_at, examiner, str(row.id)))
    assert len(planned) > 500
    assert clashes([], planned) == []


def test_results_carry_their_working_and_lie_in_the_past(demo: Flask):
    results = db.session.scalars(select(Result)).all()
    assert {result.passed for result in results} == {True, False}
    for result in results:
        assert result.decided_at < clock.now()
        assert result.detail["outcome"]["passed"] is result.passed
        assert result.detail["outcome"]["points"] == result.points
        assert result.detail["tasks"]


def test_supervisors_have_about_twelve_students(demo: Flask):
    for username in ("praktijkbegeleider", "praktijkopleider"):
        count = db.session.scalar(
            select(func.count()).select_from(Supervision).join(User).where(User.username == username)
        )
        assert count == 12
    student = db.session.scalars(select(Student).join(User).where(User.username == "student")).one()
    assert student.progress_available
    assert len(student.enrolments) == 2


def test_a_real_school_gets_no_demo(app: Flask, monkeypatch: pytest.MonkeyPatch):
    run(load_catalogue, SYSTEM)
    real = replace(current_school(), demo=False)
    monkeypatch.setitem(current_app.extensions, "proeve_school", real)
    with pytest.raises(RuleBroken):
        run(load_demo_school, SYSTEM)
    with pytest.raises(RuleBroken):
        run(add_demo_students, SYSTEM, number=1, report=lambda _what: None)
    refresh()
    assert rows(User) == rows(Student) == 0


def test_students_at_size_take_a_fixed_number_of_statements(demo: Flask):
    def statements(number: int) -> int:
        with counted() as found:
            run(add_demo_students, SYSTEM, number=number, report=lambda _what: None)
        return len(found)

    statements(60)
    assert statements(600) == statements(60)
