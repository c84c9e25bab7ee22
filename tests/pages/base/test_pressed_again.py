"""A form that was done, pressed again after somebody did something else to its rows: it tells no old news.

Back, and the same button. Its first outcome is told only as long as nobody did anything to those rows since.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.security import check_password_hash, generate_password_hash

from app.actions import base as actions
from app.actions.access.sessions import record_sign_out
from app.actions.base import runner
from app.actions.base.action import REGISTRY
from app.actions.base.runner import run
from app.actions.base.trail import record
from app.actions.students.export import export_students
from app.entities.assessment import ScoreSheet
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.planning import Registration
from app.entities.students import Student, StudentGroup
from app.entities.trail import ActionRun
from app.entities.users import User
from app.permissions import SYSTEM, Role, actor_of
from tests.factories import make_programme, make_student, make_user, refresh
from tests.factories.assessment import plan_exam
from tests.pages.base.test_what_was_shown import CONFIRMING, PLAIN, Page, stored
from tests.support.forms import as_shown
from tests.support.visitor import Visitor, announced
from tests.support.world import World
from tests.test_bad_input import filled

everywhere = pytest.mark.everywhere
GROUP = {"name": "VZ-IG 2A", "cohort": "2025", "school_year": "2026-2027"}
REASON = "De student is langdurig ziek geworden"


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every proof was given."""
    for where in (runner, actions):
        monkeypatch.setattr(where, "demand", lambda *_given: None)


@everywhere
@pytest.mark.parametrize(
    ("name", "base"), [*CONFIRMING, *PLAIN], ids=[f"{base}:{name}" for name, base in [*CONFIRMING, *PLAIN]]
)
def test_what_was_done_is_not_told_again_when_its_rows_have_changed_since(
    world: World, visitor_of: Callable[..., Visitor], proved: None, name: str, base: str
) -> None:
    page = Page(world, visitor_of, name, base)
    if not page.row or name == "view_as":  # who looks along presses nothing
        return
    if page.act.confirm:
        sent, answer = page.shown()
        sent |= announced(answer)
    else:
        sent = filled(page.form())
    done = page.visitor.post(page.path, sent)
    if "token" not in sent or done.status_code != 302:
        return
    twice = page.visitor.post(page.path, sent)
    assert (twice.status_code, twice.location) == (done.status_code, done.location), "sent twice is done once"
    refresh()
    if db.session.get(page.act.on, page.row) is None or not page.somebody_changes_the_row():
        return
    before = stored()
    again = page.visitor.post(page.path, sent)
    assert again.status_code in {409, 422}
    assert stored() == before


OF_NO_ROW = [(name, base) for name, base in PLAIN if REGISTRY[name].on is None]


@everywhere
@pytest.mark.parametrize(("name", "base"), OF_NO_ROW, ids=[f"{base}:{name}" for name, base in OF_NO_ROW])
def test_a_form_of_its_own_tells_no_old_news_either(
    world: World, visitor_of: Callable[..., Visitor], proved: None, name: str, base: str
) -> None:
    """It chose no rows, and wrote some: a group, a password. It is not done twice, nor called done."""
    page = Page(world, visitor_of, name, base)
    sent = filled(page.form())
    if "token" not in sent or page.visitor.post(page.path, sent).status_code != 302:
        return
    refresh()
    kept = db.session.scalars(select(ActionRun)).one()
    if not kept.outcome["about"]:
        assert not kept.outcome.get("done"), "it wrote something, and does not say what"
        return
    assert page.visitor.post(page.path, sent).status_code == 302, "sent twice is done once"
    with transaction():
        for kind, ids in kept.outcome["about"].items():
            record(SYSTEM, "forget_outdated", kind, ids)
    before = stored()
    again = page.visitor.post(page.path, sent)
    assert again.status_code in {409, 422}
    if again.status_code == 409:
        assert "U deed dit al" in again.text
    assert stored() == before


def test_a_password_that_was_changed_once_more_is_not_called_the_new_one(
    app: Flask, visitor_of: Callable[..., Visitor]
) -> None:
    words = [f"Een-heel-lang-wachtwoord-{number}" for number in range(3)]
    user = make_user("administrator", password=generate_password_hash(words[0], "scrypt:1024:8:1"))
    page, path, sent = visitor_of(user), "/mijn-profiel/do/change_password", []
    for present, password in pairwise(words):
        typed = {"present": present, "password": password, "again": password}
        sent.append({**as_shown(page.get(path).text), **typed})
        assert page.post(path, sent[-1]).status_code == 302
    again = page.post(path, sent[0])
    assert again.status_code == 409
    assert "U deed dit al" in again.text
    refresh()
    kept = db.session.get_one(User, user.id).password
    assert kept is not None
    assert check_password_hash(kept, words[-1])


def test_a_group_that_was_removed_meanwhile_is_not_called_added(office: Visitor, colleague: Visitor) -> None:
    path = "/studentgroepen/do/add_group"
    sent = {**as_shown(office.get(path).text), **GROUP}
    assert office.post(path, sent).status_code == 302
    refresh()
    group = db.session.scalars(select(StudentGroup.id)).one()
    press(colleague, f"/studentgroepen/do/remove_group?id={group}")
    again = office.post(path, sent)
    assert again.status_code == 409
    assert "Collega" in again.text
    refresh()
    assert db.session.scalars(select(StudentGroup.id)).all() == []
    anew = {**as_shown(again.text), **GROUP}
    assert office.post(path, anew).status_code == 302
    refresh()
    assert len(db.session.scalars(select(StudentGroup.id)).all()) == 1


@pytest.fixture
def office(app: Flask, visitor_of: Callable[..., Visitor]) -> Visitor:
    return visitor_of(make_user(Role.ADMINISTRATOR, last_name="Kantoor"))


@pytest.fixture
def colleague(app: Flask, visitor_of: Callable[..., Visitor]) -> Visitor:
    return visitor_of(make_user(Role.ADMINISTRATOR, last_name="Collega"))


def press(page: Visitor, path: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
    """Announce and press; gives what was sent."""
    asked = page.post(path, data) if data else page.get(path)
    sent = {**(data or {}), **announced(asked)}
    assert "shown" in sent, asked.text
    assert page.post(path, sent).status_code in {200, 302}
    return sent


def assert_told(page: Visitor, path: str, sent: dict[str, Any], what: str) -> None:
    again = page.post(path, sent)
    assert again.status_code == 409
    told = again.text.partition("Intussen gewijzigd")[2]
    assert "Collega" in told
    assert what in told


def test_an_exam_that_was_taken_up_again_is_not_called_stopped(office: Visitor, colleague: Visitor) -> None:
    exam = plan_exam(tasks=1)
    stop, resume = (f"/examens/do/{name}?id={exam.registration}" for name in ("stop_exams", "resume_exams"))
    sent = press(office, stop, {"reason": REASON})
    press(colleague, resume)
    assert_told(office, stop, sent, "Weer oppakken")
    refresh()
    assert db.session.get_one(Registration, exam.registration).stopped_at is None


def test_a_change_that_leaves_no_version_is_seen_too(office: Visitor, colleague: Visitor) -> None:
    student = make_student()
    path = f"/studenten/do/release_progress?id={student.id}"
    press(office, path, {"available": "on"})
    sent = press(office, path, {"available": "off"})
    press(colleague, path, {"available": "on"})
    assert_told(office, path, sent, "Stel studievoortgang beschikbaar")
    refresh()
    assert db.session.get_one(Student, student.id).progress_available


def test_all_that_match_a_filter_are_the_rows_that_were_written(office: Visitor, colleague: Visitor) -> None:
    """Who matches by now may be somebody else."""
    student, programme = make_student(), make_programme()
    everybody = f"/studenten/do/couple_programme?all=1&q={student.number}"
    sent = press(office, everybody, {"target": f"p{programme.id}"})
    press(colleague, f"/studenten/do/uncouple_programme?id={student.id}", {"target": f"p{programme.id}"})
    assert_told(office, everybody, sent, "Ontkoppelen van opleiding")


def test_scores_that_one_saved_otherwise_since_are_not_called_saved(
    app: Flask, visitor_of: Callable[..., Visitor]
) -> None:
    """O, then G on the next page; back to the first page, where O still stands, and Opslaan."""
    exam = plan_exam()
    page = visitor_of(db.session.get_one(User, exam.school.id))
    path = f"/te-beoordelen/{exam.sittings[0]}"

    def save(label: str) -> dict[str, Any]:
        levels = {f"level-{key}": str(value) for key, value in exam.levels(label).items()}
        sent = {**as_shown(page.get(path).text), **levels}
        assert page.post(path, sent).status_code == 302
        return sent

    first = save("O")
    assert page.post(path, first).status_code == 302
    save("G")
    again = page.post(path, first)
    assert again.status_code == 409
    assert "Kies wat bewaard blijft" in again.text
    refresh()
    sheet = db.session.scalars(select(ScoreSheet)).one()
    assert {one.criterion_id: one.level_id for one in sheet.scores} == exam.levels("G")


def test_scores_of_another_examiner_change_nothing_of_ones_own(
    app: Flask, visitor_of: Callable[..., Visitor]
) -> None:
    exam = plan_exam()
    school, company = (visitor_of(db.session.get_one(User, one.id)) for one in (exam.school, exam.company))
    path = f"/te-beoordelen/{exam.sittings[0]}"
    levels = {f"level-{key}": str(value) for key, value in exam.levels("V").items()}
    sent = {**as_shown(school.get(path).text), **levels}
    for who, form in ((school, sent), (company, {**as_shown(company.get(path).text), **levels})):
        assert who.post(path, form).status_code == 302
    school.get(path)  # what was told before is read
    assert school.post(path, sent).status_code == 302
    told = school.get(path).text
    assert "Opgeslagen om" in told
    assert "Er is niets gewijzigd" not in told


@pytest.mark.parametrize("since", ["sign_in", "export"])
def test_what_changed_nothing_leaves_the_first_outcome_as_it_is(
    office: Visitor, colleague: Visitor, since: str
) -> None:
    user = make_user("student")
    student = make_student(user_id=user.id).id
    path = f"/studenten/do/deactivate_students?id={student}"
    sent = press(office, path)
    if since == "sign_in":
        run(record_sign_out, SYSTEM, user_id=user.id, session_id=0)
    else:
        run(export_students, actor_of(db.session.get_one(User, colleague.user_id)), [student], kind="csv")
    assert office.post(path, sent).status_code == 302


def test_ones_own_profile_that_is_otherwise_by_now_is_not_called_saved(office: Visitor) -> None:
    path = "/mijn-profiel/do/save_profile"
    first = {**as_shown(office.get(path).text), "phone": "0611111111"}
    assert office.post(path, first).status_code == 302
    second = {**as_shown(office.get(path).text), "phone": "0622222222"}
    assert office.post(path, second).status_code == 302
    assert office.post(path, first).status_code == 422
    refresh()
    assert db.session.get_one(User, office.user_id).phone == "0622222222"
