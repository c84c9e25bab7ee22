"""What a page announced is what its button does: when it is no longer so, nothing is done and it is said.

Every action that a page offers is tried. One that comes later is tried too, without a line here.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update
from werkzeug.test import TestResponse

from app.actions.base import runner
from app.actions.base.action import REGISTRY, Action, Targets, action
from app.actions.base.runner import Outcome, mark_of_rows, preview, run, targets_of
from app.actions.base.trail import record
from app.actions.students.enrolment import couple_programme
from app.entities.base import db, metadata
from app.entities.engine import transaction
from app.entities.planning import Registration, Sitting, SittingExaminer
from app.entities.programmes import Programme
from app.entities.students import ExamExclusion, Student
from app.entities.users import user_programme
from app.errors import ChangedMeanwhile
from app.permissions import SYSTEM, Actor, Permission, Role, actor_of
from tests.factories import make_programme, make_student, make_user, refresh
from tests.factories.assessment import plan_exam
from tests.support import clock
from tests.support.forms import FormField, forms_on
from tests.support.guests import invite
from tests.support.scenes import MEANWHILE, Stage
from tests.support.visitor import Visitor, announced
from tests.support.world import World
from tests.test_bad_input import ON_PAGES, filled, somebody_for
from tests.test_role_matrix import ACTIONS

everywhere = pytest.mark.everywhere
CONFIRMING = [pair for pair in ON_PAGES if REGISTRY[pair[0]].confirm]
PLAIN = [pair for pair in ON_PAGES if not REGISTRY[pair[0]].confirm]


def _exclude(world: World) -> None:
    with transaction():
        row = {"student_id": world.own["student"], "exam_id": world.own["exam"]}
        db.session.execute(insert(ExamExclusion), [row])


def _couple_user(world: World) -> None:
    with transaction():
        row = {"user_id": world.own["user"], "programme_id": world.own["programme"]}
        db.session.execute(insert(user_programme), [row])


def _couple_students(world: World) -> None:
    """By hand, so that there is something to undo."""
    target = f"p{make_programme().id}"
    run(couple_programme, actor_of(world.user(Role.ADMINISTRATOR)), [world.own["student"]], target=target)


def _invite(world: World) -> None:
    with transaction():
        db.session.execute(delete(SittingExaminer).where(SittingExaminer.role == Role.COMPANY_EXAMINER))
    invite(_open_sitting(world))


def _another_examiner(world: World) -> None:
    programme = db.session.get_one(Programme, world.own["programme"])
    make_user("school_examiner", programmes=[programme])


def _open_sitting(world: World) -> int:
    planned = select(Sitting.id).where(Sitting.registration_id == world.own["planned"])
    return db.session.scalars(planned).one()


# What must be there first, and on which row, before these have something to announce.
PREPARED: dict[str, Callable[[World], None]] = {
    "include_exam": _exclude,
    "uncouple_from_programmes": _couple_user,
    "undo_coupling": _couple_students,
    "resend_invitation": _invite,
    "withdraw_invitation": _invite,
    "replace_school_examiner": _another_examiner,
}
ON_OPEN_SITTING = {"resend_invitation", "withdraw_invitation", "replace_school_examiner"}
# What this world always refuses, each with the test that tries it in another one.
ELSEWHERE = {
    "make_definitive": "tests/test_two_at_once.py::test_definitive_is_what_the_page_announced",
    "plan_exam": "tests/actions/planning/test_planning.py::TestAllOrNone"
    "::test_what_was_announced_is_done_or_nothing_is",
    **dict.fromkeys(
        ("undo_student_import", "undo_user_import", "undo_group_import"),
        "tests/pages/imports/test_import_undo_pages.py::test_what_is_undone_is_what_was_announced",
    ),
}


class Page:
    """One action's page, of somebody who may."""

    def __init__(self, world: World, visitor_of: Callable[..., Visitor], name: str, base: str) -> None:
        if name in PREPARED:
            PREPARED[name](world)
        expected = ACTIONS[name]
        role = somebody_for(world, expected.access)
        self.act, self.visitor = REGISTRY[name], visitor_of(world.user(role))
        self.path, self.row = f"{base}/do/{name}", 0
        if expected.row:
            self.row = _open_sitting(world) if name in ON_OPEN_SITTING else world.own.of(expected.row, role)
            self.path += f"?id={self.row}"
        if name == "plan_exam":
            self.path += f"&kies={world.own['exam']}&opleiding={world.own['programme']}"

    def form(self) -> dict[str, FormField]:
        found: dict[str, FormField] = {}
        for fields in forms_on(self.visitor.get(self.path).text).values():
            found.update(fields)
        return found

    def shown(self) -> tuple[dict[str, Any], TestResponse]:
        """What was filled in, and the page that announces what will happen."""
        sent = {
            k: v for k, v in filled(self.form()).items() if k not in {"shown", "said", "confirmed", "token"}
        }
        return sent, self.visitor.post(self.path, sent) if sent else self.visitor.get(self.path)

    def somebody_changes_the_row(self) -> bool:
        """In another version; a row without versions is another row by now, under the same number.

        False: rows of this kind have neither, as they never change.
        """
        model: Any = self.act.on
        if model is None or not {"version", "uid"} & set(model.__table__.c.keys()):
            return False
        columns = model.__table__.c
        value = {"version": columns.version + 1} if "version" in columns else {"uid": "another row"}
        with transaction():
            db.session.execute(update(model).where(model.id == self.row).values(value))
            record(SYSTEM, "forget_outdated", getattr(model, "trail_name", model.__name__), [self.row])
        return True


def stored() -> dict[str, list[Any]]:
    refresh()
    return {
        table.name: [
            tuple(row) for row in db.session.execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in metadata.sorted_tables
        if table.name not in {"user_session", "sign_in_attempt"}
    }


@everywhere
@pytest.mark.parametrize(("name", "base"), CONFIRMING, ids=[f"{base}:{name}" for name, base in CONFIRMING])
def test_what_is_confirmed_is_what_was_announced(
    app: Flask, world: World, visitor_of: Callable[..., Visitor], name: str, base: str
) -> None:
    page = Page(world, visitor_of, name, base)
    sent, answer = page.shown()
    pressed = announced(answer)
    assert bool(pressed) != (name in ELSEWHERE), f"announced: {pressed}, {answer.status_code}"
    if not pressed:
        return
    if page.somebody_changes_the_row():
        before = stored()
        again = page.visitor.post(page.path, {**sent, **pressed})
        assert again.status_code in {409, 422}  # a form with a version of its own tells it beforehand
        assert "ntussen gewijzigd" in again.text
        assert "Proeve" in html.unescape(again.text).partition("ntussen gewijzigd")[2], "who changed it"
        assert stored() == before
        if again.status_code == 422:
            return
        pressed = announced_again(again)
    with clock.later(minutes=2):  # an announcement is no moment: it is as good when it was read slowly
        done = page.visitor.post(page.path, {**sent, **pressed})
    assert done.status_code in {200, 302}, "what did not change is done"
    assert "ntussen gewijzigd" not in done.text


def announced_again(answer: TestResponse) -> dict[str, str]:
    (fields,) = [one for one in forms_on(answer.text).values() if "said" in one]
    return {"confirmed": "1", **{name: fields[name].values[0] for name in ("token", "shown", "said")}}


@everywhere
@pytest.mark.parametrize(("name", "base"), CONFIRMING, ids=[f"{base}:{name}" for name, base in CONFIRMING])
def test_nothing_is_confirmed_that_was_not_announced(
    app: Flask, world: World, visitor_of: Callable[..., Visitor], name: str, base: str
) -> None:
    """A form that lacks the mark, or carries one of its own making."""
    page = Page(world, visitor_of, name, base)
    sent, _answer = page.shown()
    before = stored()
    for mark in ({}, {"shown": "", "said": "{}"}, {"shown": "0" * 40, "said": '{"at": 7, "lines": [[]]}'}):
        answer = page.visitor.post(page.path, {**sent, **mark, "confirmed": "1", "token": "t" * 40})
        assert answer.status_code in {409, 422}
    assert stored() == before


@everywhere
@pytest.mark.parametrize(("name", "base"), PLAIN, ids=[f"{base}:{name}" for name, base in PLAIN])
def test_a_form_names_the_rows_that_it_is_about(
    app: Flask, world: World, visitor_of: Callable[..., Visitor], name: str, base: str
) -> None:
    """Also where nothing is announced first: the form is about this row, as it was then."""
    page = Page(world, visitor_of, name, base)
    fields = page.form()
    if not page.row or not fields:
        return
    assert "shown" in fields
    if not page.somebody_changes_the_row():
        return
    before = stored()
    answer = page.visitor.post(page.path, filled(fields))
    assert answer.status_code in {409, 422}
    assert "ntussen" in answer.text
    assert stored() == before


ABOUT_A_ROW = [pair for pair in ON_PAGES if REGISTRY[pair[0]].on is not None and pair[0] not in ELSEWHERE]


@everywhere
@pytest.mark.parametrize(("name", "base"), ABOUT_A_ROW, ids=[f"{base}:{name}" for name, base in ABOUT_A_ROW])
def test_a_moment_of_ones_own_making_does_not_read_the_trail(
    app: Flask, world: World, visitor_of: Callable[..., Visitor], name: str, base: str
) -> None:
    """When the page was shown comes back with the form; only what was done since is told."""
    page = Page(world, visitor_of, name, base)
    before = sent_from(page)
    if "said" not in before:
        return  # it asks another thing first, or names a version of its own
    real = json.loads(before["said"])["at"]
    with transaction():
        about = getattr(page.act.on, "trail_name", page.act.on.__name__)
        record(Actor(id=None, name="Zebedeus", system=True), "generate_roles", about, [page.row])
    with clock.later(minutes=2):
        sent = sent_from(page)
        for at in ("2000-01-01T00:00:00+00:00", f"x{real}", real[:-2], 7):
            said = json.dumps({"at": at, "lines": []})
            told = page.visitor.post(page.path, {**sent, "shown": "0" * 40, "said": said})
            assert b"Zebedeus" not in told.data, at


def sent_from(page: Page) -> dict[str, Any]:
    """All that the last step of this page sends."""
    if not page.act.confirm:
        return filled(page.form())
    sent, answer = page.shown()
    return {**sent, **announced(answer)}


def test_the_moment_of_a_page_is_of_its_own_account_and_page(
    app: Flask, visitor_of: Callable[..., Visitor]
) -> None:
    student, office = make_student(), visitor_of(make_user("administrator"))
    path = f"/studenten/do/release_progress?id={student.id}"
    other = f"/studenten/do/deactivate_students?id={student.id}"
    moments = {
        True: announced(office.post(path, {"available": "on"}))["said"],
        "another account's": announced(
            visitor_of(make_user("administrator")).post(path, {"available": "on"})
        )["said"],
        "of another page": announced(office.get(other))["said"],
    }
    with transaction():
        record(Actor(id=None, name="Zebedeus", system=True), "generate_roles", "Student", [student.id])
    pressed = announced(office.post(path, {"available": "on"}))
    for own, said in moments.items():
        sent = {"available": "on", **pressed, "shown": "0" * 40, "said": said}
        assert ("Zebedeus" in office.post(path, sent).text) == (own is True), own


ON_A_MOMENT = [pair for pair in ON_PAGES if REGISTRY[pair[0]].on is Sitting and pair[0] not in ELSEWHERE]


@everywhere
@pytest.mark.parametrize(("name", "base"), ON_A_MOMENT, ids=[f"{base}:{name}" for name, base in ON_A_MOMENT])
def test_who_changed_the_planning_of_a_moment_is_said_on_every_page_about_it(
    app: Flask, world: World, visitor_of: Callable[..., Visitor], name: str, base: str
) -> None:
    """Planning is about the registration, and the page is about the moment."""
    page = Page(world, visitor_of, name, base)
    fields = page.form()
    sent = filled(fields)
    if page.act.confirm:
        sent, answer = page.shown()
        sent |= announced(answer)
    assert "shown" in sent
    with transaction():
        sitting = db.session.get_one(Sitting, page.row)
        sitting.registration.version += 1
        record(SYSTEM, "plan_exam", "Registration", [sitting.registration_id])
    before = stored()
    answer = page.visitor.post(page.path, sent)
    told = html.unescape(answer.text).partition("Intussen gewijzigd")[2]
    assert answer.status_code == 409
    assert "Examenaanmelding toevoegen/wijzigen" in told
    assert stored() == before


@everywhere
@pytest.mark.parametrize(("name", "base"), PLAIN, ids=[f"{base}:{name}" for name, base in PLAIN])
def test_a_form_says_that_something_changed_of_which_the_trail_tells_nothing(
    app: Flask, world: World, visitor_of: Callable[..., Visitor], name: str, base: str
) -> None:
    page = Page(world, visitor_of, name, base)
    sent = filled(page.form()) | {"shown": "0" * 40}
    if not page.row or "said" not in sent or page.act.form is None or page.act.form.says_version:
        return
    answer = page.visitor.post(page.path, sent)
    if answer.status_code == 409:
        assert "Wie dit deed, staat niet in het logboek" in answer.text


# --- which rows, not how many -----------------------------------------------------------------


@pytest.fixture
def stage(world: World, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(runner, "demand", lambda *_given: None)  # every proof was given
    return Stage(world, monkeypatch)


@everywhere
@pytest.mark.parametrize("name", sorted(MEANWHILE))
def test_an_announcement_stands_for_its_rows_and_not_for_their_number(stage: Stage, name: str) -> None:
    act, scene = REGISTRY[name], MEANWHILE[name](stage)
    asked = next(scene)
    told = preview(act, asked.actor, asked.ids, **asked.data)
    assert preview(act, asked.actor, asked.ids, **asked.data).mark == told.mark, "nothing changed yet"
    assert next(scene, None) is None
    refresh()
    with pytest.raises(ChangedMeanwhile):
        run(act, asked.actor, asked.ids, token="t" * 40, shown=told.mark, **asked.data)


def test_an_action_that_confirms_without_chosen_rows_is_tried_with_others_meanwhile() -> None:
    """Its page is about no row that has a version, so it rests on nothing but what the action says."""
    rowless = {name for name, act in REGISTRY.items() if act.confirm and act.on is None}
    assert rowless <= set(MEANWHILE)


def test_a_moment_is_shown_with_its_planning(app: Flask) -> None:
    """A moment has no version; its registration counts the changes of time, place and examiners."""
    exam = plan_exam()
    for act in [one for one in REGISTRY.values() if one.on is Sitting]:
        shown = mark_of_rows(act, targets_of(act, SYSTEM, exam.sittings))
        assert mark_of_rows(act, targets_of(act, SYSTEM, exam.sittings)) == shown
        with transaction():
            db.session.get_one(Registration, exam.registration).version += 1
        assert mark_of_rows(act, targets_of(act, SYSTEM, exam.sittings)) != shown, act.name


def test_an_announcement_about_no_row_at_all_is_a_fault(app: Flask, actor: Callable[..., Actor]) -> None:
    @action("Neergezet", permission=Permission.STUDENTS_EDIT, confirm=True)
    def planted_all(actor: Actor) -> Outcome:
        return Outcome(done=2, object_type="Student")

    try:
        with pytest.raises(ValueError, match="rests_on"):
            preview(planted_all, actor("administrator"))
    finally:
        del REGISTRY["planted_all"]


# --- the mechanism ----------------------------------------------------------------------------


@pytest.fixture
def rename() -> Iterator[Action]:
    """An action that says a number which it looks up when it runs."""

    @action("Neergezet", permission=Permission.STUDENTS_EDIT, on=Student, confirm=True)
    def planted_rename(actor: Actor, targets: Targets[Student]) -> Outcome:
        return Outcome(done=targets.count, ids=targets.ids, names=[str(row) for row in targets.all()])

    yield REGISTRY["planted_rename"]
    REGISTRY.pop("planted_rename", None)


def test_an_action_that_confirms_asks_for_the_mark_of_the_page(
    app: Flask, rename: Action, actor: Callable[..., Actor]
) -> None:
    with pytest.raises(ValueError, match="pass the mark"):
        run(rename, actor("administrator"), [make_student().id], token="t" * 40)


def test_other_words_are_another_announcement(
    app: Flask, rename: Action, actor: Callable[..., Actor]
) -> None:
    student, office = make_student(first_name="Fleur"), actor("administrator")
    told = preview(rename, office, [student.id])
    assert run(rename, office, [student.id], token="a" * 40, shown=told.mark).done == 1
    with transaction():
        db.session.execute(update(Student).values(first_name="Noor"))
    with pytest.raises(ChangedMeanwhile) as refused:
        run(rename, office, [student.id], token="b" * 40, shown=told.mark)
    assert "Noor" in refused.value.now.names[0]


def test_the_page_tells_what_it_said_and_what_it_says_now(
    app: Flask, visitor_of: Callable[..., Visitor]
) -> None:
    """Three were announced; a colleague adds a fourth. Four are coupled only after they were named."""
    students = [make_student(first_name=name, last_name="Berg") for name in ("Fleur", "Noor", "Daan")]
    assert students
    page = visitor_of(make_user("administrator"))
    path = "/studenten/do/release_progress?all=1&q=Berg"
    pressed = announced(page.post(path, {"available": "on"}))
    make_student(first_name="Sem", last_name="Berg")
    answer = page.post(path, {"available": "on", **pressed})
    told = html.unescape(answer.text)
    assert answer.status_code == 409
    assert "Nu is het: " in told
    assert "Sem" in told
    refresh()
    assert not db.session.scalars(select(Student).where(Student.progress_available)).all()
    page.post(path, {"available": "on", **announced_again(answer)})
    refresh()
    assert len(db.session.scalars(select(Student).where(Student.progress_available)).all()) == 4


def test_a_row_that_went_is_said_to_be_gone(app: Flask, visitor_of: Callable[..., Visitor]) -> None:
    student = make_student()
    page = visitor_of(make_user("administrator"))
    path = f"/studenten/do/release_progress?id={student.id}"
    pressed = announced(page.post(path, {"available": "on"}))
    with transaction():
        db.session.execute(Student.__table__.delete())
    answer = page.post(path, {"available": "on", **pressed})
    assert answer.status_code == 404
    assert "is al verwijderd" in answer.text
    assert "Er is niets gewijzigd" in answer.text
