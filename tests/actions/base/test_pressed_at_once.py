"""Two people press the same at the same moment: one does it, the other is told how it is by then.

Every action is tried in its scene (tests/support/scenes), the second while the first has written all and not
committed. On SQLite the second cannot even begin.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from app.actions.base import runner
from app.actions.base.action import REGISTRY
from app.actions.base.integrity import OTHERWISE
from app.actions.base.outcome import Outcome
from app.actions.base.runner import mark_of_rows, preview, run, targets_of
from app.entities.base import db
from app.entities.engine import transaction, unless_given_up
from app.entities.students import Student
from app.errors import Busy, ProeveError
from app.permissions import SYSTEM, Actor
from app.rules.tokens import new_token
from tests.factories import make_student, refresh
from tests.support.at_once import at_once, while_half_done
from tests.support.scenes import SCENES, Stage
from tests.support.world import World

# Done twice, each is done.
TWICE = {
    "accept_trail": "an operator's command: the second anchor is that of the first, drawn again",
    "note_restore": "an operator's command: put back twice is noted twice",
    "add_demo_students": "made-up students for measuring; twice is twice as many",
    "add_update": "two of the same are two",
    "upload_document": "two of the same are two",
    "export_groups": "each has their file",
    "export_students": "each has their file",
    "request_code": "a mail for each, as far as the limits let it",
    "save_view": "the same, saved twice",
    "send_student_sample": "a mail for each",
    "send_user_sample": "a mail for each",
    "show_passkey": "each showed it",
    "show_password": "each showed it",
    "complete_sign_in": "each showed it",
    "record_failed_proof": "each is a try",
    "record_failed_sign_in": "each is a try",
    "record_sign_out": "each is an end",
    "view_as": "the one who looks looks anew",
    **dict.fromkeys(
        ("record_sign_in", "sign_in_by_passkey", "use_invitation"),
        "into a session of its own; this scene would make one session twice",
    ),
}
# Their scenes run them through pages or helpers; each with the test that does this to them.
ELSEWHERE = {
    "begin_anchor": "tests/actions/trail/test_anchor.py",
    "make_definitive": "tests/actions/assessment/test_assessment.py",
    "save_scores": "tests/actions/assessment/test_assessment.py",
    "start_import": "makes a run of its own: two of the same are two",
    "keep_typed": "tests/test_typed.py",
    **dict.fromkeys(
        ("import_groups", "import_students", "import_users"), "tests/pages/imports/test_import_at_once.py"
    ),
}
# No form sends these.
WITHOUT_FORM = {"claim_mails", "count_try"}


@dataclass(frozen=True)
class Twice(Stage):
    """A stage on which one action is pressed by two at once, from pages that were opened before.

    `one_form`: it is one page, whose form is sent twice.
    """

    name: str
    one_form: bool = False
    answers: list[Any] = field(default_factory=list)

    def run(self, name: str, /, *ids: int, actor: Actor | None = None, **data: Any) -> Any:
        if name != self.name:
            return super().run(name, *ids, actor=actor, **data)
        act, who = REGISTRY[name], actor or SYSTEM
        rows = list(ids) if act.on else None
        refresh()
        rows_shown = mark_of_rows(act, targets_of(act, who, rows))
        shown = preview(act, who, rows, **data).mark if act.confirm else rows_shown
        token = new_token()

        def press() -> Outcome:
            form = token if self.one_form else new_token()
            return run(act, who, rows, token=form, shown=shown, **data)

        self.answers[:] = while_half_done(self.patch, press, press)
        refresh()
        return self.answers[0]


@pytest.mark.parametrize("name", sorted(set(SCENES) - set(TWICE) - set(ELSEWHERE)))
def test_of_two_who_press_at_once_one_does_it(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(runner, "demand", lambda *_given: None)  # every proof was given
    stage = Twice(world, monkeypatch, name)
    SCENES[name](stage)
    first, second = stage.answers
    assert isinstance(first, Outcome)
    assert first.done or first.unchanged
    if isinstance(second, Outcome):
        assert not second.done, second
    else:
        assert isinstance(second, ProeveError)
        assert OTHERWISE not in str(second)


@pytest.mark.parametrize("name", sorted(set(SCENES) - set(ELSEWHERE) - WITHOUT_FORM))
def test_a_form_that_is_sent_twice_at_once_is_told_what_it_did(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(runner, "demand", lambda *_given: None)  # every proof was given
    stage = Twice(world, monkeypatch, name, one_form=True)
    SCENES[name](stage)
    first, second = stage.answers
    assert isinstance(first, Outcome)
    assert isinstance(second, Outcome), second
    assert second.as_json() == first.as_json()


def test_whoever_waits_for_another_who_waits_for_them_tries_again(world: World) -> None:
    """PostgreSQL gives one of the two up; that is no error, and both are done."""
    ids = [make_student().id, make_student().id]
    both_hold_one = Barrier(2)

    def change(order: list[int]) -> None:
        with transaction():
            for student in order:
                db.session.execute(
                    update(Student).where(Student.id == student).values(version=Student.version + 1)
                )
                with suppress(BrokenBarrierError):
                    both_hold_one.wait(1)

    assert at_once(
        lambda: unless_given_up(lambda: change(ids)), lambda: unless_given_up(lambda: change(ids[::-1]))
    ) == [None, None]
    refresh()
    assert db.session.scalars(select(Student.version).where(Student.id.in_(ids))).all() == [3, 3]


def test_whoever_is_given_up_time_and_again_is_told_that_it_is_busy(world: World) -> None:
    def given_up() -> None:
        raise OperationalError("UPDATE student", {}, DeadlockDetected())

    with pytest.raises(Busy):
        unless_given_up(given_up)


def test_another_error_is_nothing_to_try_again(world: World) -> None:
    tried = []

    def away() -> None:
        tried.append(1)
        raise OperationalError("UPDATE student", {}, OSError())

    with pytest.raises(OperationalError):
        unless_given_up(away)
    assert tried == [1]
