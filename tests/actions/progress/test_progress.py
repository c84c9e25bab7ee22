"""Onderwijsvoortgang: who may fill in what, and that nobody writes in another's answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.progress.progress import save_own_progress, save_student_progress
from app.entities.base import db
from app.entities.progress import AssignmentDone, ConditionalAssignment, ProgressMeasure
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.errors import NotAllowed, NotFound, Outdated, RuleBroken
from app.permissions import Actor, actor_of
from tests.factories import make_elective, make_programme, make_student, make_user, refresh, save
from tests.support.queries import counted
from tests.support.racer import race


class Scene:
    """A student with a programme of two work processes, an elective with two assignments, a supervisor."""

    def __init__(self, *, available: bool = True) -> None:
        programme, elective = make_programme(), make_elective()
        self.processes = [process.id for process in programme.core_tasks[0].work_processes]
        tasks = [
            ConditionalAssignment(elective_id=elective.id, position=i, title=f"Opdracht {i}") for i in (1, 2)
        ]
        save(*tasks)
        self.assignments = [task.id for task in tasks]
        self.user: User = make_user("student")
        self.supervisor: User = make_user("company_supervisor")
        self.student: Student = make_student(
            programme,
            elective,
            user_id=self.user.id,
            progress_available=available,
            supervisors=((self.supervisor, "company_supervisor"),),
        )
        self.student_id = self.student.id
        self.self_actor, self.supervisor_actor = actor_of(self.user), actor_of(self.supervisor)

    def rate(
        self, rating: int = 2, kind: str = "baseline", process: int | None = None, by: Actor | None = None
    ) -> Any:
        """Rate on a form that was opened just now."""
        who = by or self.self_actor
        return self.rate_on(self.form(who), {(kind, process or self.processes[0]): rating}, who)

    def form(self, who: Actor) -> dict[tuple[str, int], int]:
        """What a form that this person opens now shows of their own ratings."""
        mine = select(ProgressMeasure).where(ProgressMeasure.rated_by_id == who.id)
        return {(one.kind, one.work_process_id): one.rating for one in db.session.scalars(mine)}

    def rate_on(
        self, shown: dict[tuple[str, int], int], ratings: dict[tuple[str, int], int], who: Actor
    ) -> Any:
        own = who is self.self_actor
        act, extra = (save_own_progress, {}) if own else (save_student_progress, {"assignments": {}})
        return run(act, who, [self.student_id], ratings=ratings, stood=shown, **extra)

    def tick(self, assignments: dict[int, bool]) -> Any:
        return run(
            save_student_progress,
            self.supervisor_actor,
            [self.student_id],
            ratings={},
            stood={},
            assignments=assignments,
        )


@pytest.fixture
def scene(app: Flask) -> Scene:
    return Scene()


def measures() -> list[tuple[int, str, int, int]]:
    refresh()
    rows = db.session.scalars(select(ProgressMeasure).order_by(ProgressMeasure.id))
    return [(row.work_process_id, row.kind, row.rating, row.rated_by_id) for row in rows]


def test_a_student_rates_the_own_work_processes_and_the_trail_tells(scene):
    me, first = scene.self_actor.id, scene.processes[0]
    assert scene.rate(1).done == 1
    assert scene.rate(3).done == 1
    assert measures() == [(first, "baseline", 3, me)]
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert entries[-1].details == {"B1-K1-W1 Nulmeting": ["Oefenen", "Goed"]}


def test_saving_the_same_again_changes_nothing(scene):
    scene.rate(1)
    assert (scene.rate(1).done, scene.rate(1).unchanged) == (0, 1)


def test_student_and_supervisor_have_each_their_own_answer(scene):
    me, other, first = scene.self_actor.id, scene.supervisor_actor.id, scene.processes[0]
    scene.rate(1)
    scene.rate(2, by=scene.supervisor_actor)
    scene.rate(0, kind="progress", by=scene.supervisor_actor)
    assert measures() == [
        (first, "baseline", 1, me),
        (first, "baseline", 2, other),
        (first, "progress", 0, other),
    ]


def test_not_made_available_nobody_fills_in(app):
    closed = Scene(available=False)
    with pytest.raises(NotFound):
        closed.rate()
    with pytest.raises(RuleBroken, match="nog niet beschikbaar"):
        closed.rate(by=closed.supervisor_actor)
    assert measures() == []


def test_another_student_or_supervisor_finds_nothing(scene):
    for role, act, extra in (
        ("student", save_own_progress, {}),
        ("company_supervisor", save_student_progress, {"assignments": {}}),
    ):
        with pytest.raises(NotFound):
            run(act, actor_of(make_user(role)), [scene.student_id], ratings={}, stood={}, **extra)


@pytest.mark.parametrize(
    "role", ["administrator", "school_supervisor", "exam_committee", "school_examiner", "student"]
)
def test_only_a_company_supervisor_fills_in_for_a_student(scene, actor: Callable[..., Actor], role):
    with pytest.raises(NotAllowed):
        run(save_student_progress, actor(role), [scene.student_id], ratings={}, stood={}, assignments={})


def test_a_work_process_of_another_programme_is_refused(scene):
    foreign = make_programme().core_tasks[0].work_processes[0].id
    with pytest.raises(NotFound):
        scene.rate(process=foreign)
    assert measures() == []


@pytest.mark.parametrize("rating", [-1, 4, 99])
def test_a_rating_off_the_scale_is_refused(scene, rating):
    with pytest.raises(RuleBroken, match="Nooit, Oefenen"):
        scene.rate(rating)


def test_a_supervisor_ticks_and_unticks_an_assignment(scene):
    first, second = scene.assignments
    scene.tick({first: True})
    refresh()
    (done,) = db.session.scalars(select(AssignmentDone)).all()
    assert (done.assignment_id, done.recorded_by_id) == (first, scene.supervisor_actor.id)
    scene.tick({first: False, second: True})
    refresh()
    assert [row.assignment_id for row in db.session.scalars(select(AssignmentDone))] == [second]


def test_an_assignment_of_another_elective_is_refused(scene):
    other = ConditionalAssignment(elective_id=make_elective().id, position=1, title="Elders")
    save(other)
    with pytest.raises(NotFound):
        scene.tick({other.id: True})


def test_rating_everything_costs_few_statements(scene):
    ratings = {(kind, process): 2 for kind in ("baseline", "progress") for process in scene.processes}
    for rating in (1, 2):
        with counted() as statements:
            run(
                save_own_progress,
                scene.self_actor,
                [scene.student_id],
                ratings=dict.fromkeys(ratings, rating),
                stood={} if rating == 1 else dict.fromkeys(ratings, 1),
            )
        assert len(statements) <= 14


def test_an_older_form_puts_nothing_back_that_it_did_not_touch(scene):
    first, second = scene.processes
    me = scene.self_actor
    scene.rate(1)
    old = scene.form(me)
    scene.rate_on(old, {("baseline", first): 3}, me)
    scene.rate_on(old, {**old, ("baseline", second): 2}, me)
    assert [(process, rating) for process, _kind, rating, _by in measures()] == [(first, 3), (second, 2)]


def test_a_rating_that_both_tabs_changed_is_told_with_both_values(scene):
    first, me = scene.processes[0], scene.self_actor
    scene.rate(0)
    old = scene.form(me)
    scene.rate_on(old, {("baseline", first): 3}, me)
    with pytest.raises(Outdated) as told:
        scene.rate_on(old, {("baseline", first): 1}, me)
    assert told.value.params["cells"] == "B1-K1-W1 Nulmeting (daar Goed, hier Oefenen)"
    assert [rating for _process, _kind, rating, _by in measures()] == [3]
    assert scene.rate_on(scene.form(me), {("baseline", first): 1}, me).done == 1


def test_a_rating_that_the_form_showed_as_empty_does_not_replace_one(scene):
    me = scene.self_actor
    scene.rate(3)
    with pytest.raises(Outdated):
        scene.rate_on({}, {("baseline", scene.processes[0]): 1}, me)


def test_both_tabs_chose_the_same_and_that_is_no_clash(scene):
    me = scene.self_actor
    scene.rate(3)
    assert scene.rate_on({}, {("baseline", scene.processes[0]): 3}, me).unchanged == 1


def test_two_sheets_saved_at_the_same_moment_take_turns(scene):
    me, first = scene.self_actor, scene.processes[0]
    reading, writing = os.pipe()
    os.write(writing, bytes(range(4)))  # a value for each racer
    said = race(lambda: scene.rate_on({}, {("baseline", first): os.read(reading, 1)[0]}, me))
    assert said.count("") == 1
    assert all("Outdated" in one for one in said if one)
    assert len(measures()) == 1
