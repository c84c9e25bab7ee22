"""Who saves an old form is told of every action that raised the version: an action says whose it raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import update

from app.actions.base.action import REGISTRY, Action, Targets, action, changed_by
from app.actions.base.forms import VersionedForm
from app.actions.base.outcome import Outcome
from app.actions.base.runner import run
from app.actions.students.students import change_student
from app.entities.base import db
from app.entities.students import Student
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from tests.factories import make_student, refresh
from tests.support import clock
from tests.support.raised_versions import shown

Actors = Callable[..., Actor]


@pytest.fixture
def planted() -> Iterator[Callable[..., Action]]:
    """Makes an action that raises the version of students, and takes it away again."""

    def plant(**said: Any) -> Action:
        @action("Neergezet", permission=Permission.STUDENTS_EDIT, on=Student, **said)
        def planted_action(actor: Actor, targets: Targets[Student]) -> Outcome:
            among = Student.id.in_(targets.among())
            db.session.execute(update(Student).where(among).values(version=Student.version + 1))
            return Outcome(done=targets.count, ids=targets.ids)

        return planted_action

    yield plant
    REGISTRY.pop("planted_action", None)


def test_an_action_that_raises_a_version_and_does_not_say_so_is_seen(
    planted: Callable[..., Action], actor: Actors
) -> None:
    with pytest.raises(AssertionError, match="planted_action raises the version of a Student"):
        run(planted(), actor("administrator"), [make_student().id])


def test_an_action_that_changes_what_a_form_shows_and_leaves_the_version_is_seen(actor: Actors) -> None:
    assert {"first_name", "email"} <= shown()["student"] & shown()["ab_user"]
    assert {"title"} <= shown()["library_document"] & shown()["system_update"]

    @action("Neergezet", permission=Permission.STUDENTS_EDIT, on=Student)
    def planted_action(actor: Actor, targets: Targets[Student]) -> Outcome:
        targets.one().first_name = "Stil"
        return Outcome(done=1, ids=targets.ids)

    try:
        with pytest.raises(AssertionError, match=r"changes student\.first_name and does not raise"):
            run(planted_action, actor("administrator"), [make_student().id])
    finally:
        REGISTRY.pop("planted_action")


def test_who_saves_an_old_form_is_told_of_an_action_that_says_so(
    planted: Callable[..., Action], actor: Actors
) -> None:
    student = make_student()
    run(planted(changes=Student), actor("administrator"), [student.id])
    assert "planted_action" in changed_by(Student)
    refresh()
    with pytest.raises(RuleBroken) as refused:
        run(change_student, actor("administrator"), [student.id], version=1)
    assert refused.value.params["told"].endswith("): Neergezet.")


def test_a_form_of_ones_own_making_reads_nothing_older_than_a_form_can_be(
    planted: Callable[..., Action], actor: Actors
) -> None:
    student = make_student()
    run(planted(changes=Student), actor("administrator"), [student.id])
    with clock.later(days=8), pytest.raises(RuleBroken) as refused:
        run(change_student, actor("administrator"), [student.id], version=0)
    assert refused.value.params["told"] == "Dit is intussen gewijzigd."


def test_an_action_whose_form_looks_at_a_version_says_whose(app: Any) -> None:
    forms = [a for a in REGISTRY.values() if a.form is not None and issubclass(a.form, VersionedForm)]
    assert len(forms) > 5
    silent = [
        act.name for act in forms if (act.on is not None and act.on not in act.changes) or not act.changes
    ]
    assert not silent
