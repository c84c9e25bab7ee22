"""A row that went meanwhile: the page says so and shows what was typed, or goes on with those that are left.

Every form on a row is tried, found as in tests/test_typed.py.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import false, select, update

from app.actions.base.forms import secret_fields
from app.actions.base.runner import run
from app.actions.groups.groups import remove_group
from app.actions.planning.removal import remove_moments
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.exams import Criterion, CriterionLevel
from app.entities.planning import Registration
from app.entities.sessions import UserSession
from app.entities.students import StudentGroup
from app.entities.users import User
from app.pages.base import doing
from app.permissions import SYSTEM, Actor, Role, actor_of, visible
from tests.factories import (
    make_app,
    make_exam,
    make_group,
    make_programme,
    make_registration,
    make_student,
    make_user,
    refresh,
)
from tests.factories.assessment import plan_exam
from tests.support import clock
from tests.support.forms import as_shown, forms_on
from tests.support.visitor import TOKEN, Visitor, announced
from tests.support.world import World
from tests.test_bad_input import ON_PAGES, filled, fresh
from tests.test_role_matrix import ACTIONS
from tests.test_typed import back_in, end_sessions, trials

# What differs between two answers that say the same; the last: the number of the request.
DIFFERS = re.compile(r'(value|nonce|data-[\w-]+)="[^"]*"|id=\d+|\b[0-9a-f]{12}\b')

VisitorOf = Callable[[User | None], Visitor]
WHY = "De stage is gestopt."


def groups() -> list[str]:
    refresh()
    return list(db.session.scalars(select(StudentGroup.name).order_by(StudentGroup.name)))


def test_a_confirmation_goes_on_with_the_rows_that_are_left(visit: Callable[..., Visitor]) -> None:
    page = visit("administrator")
    ids = {name: make_group(name=name).id for name in ("VZ1A", "VZ1B", "VZ1C")}
    path = "/studentgroepen/do/remove_group?" + "&".join(f"id={id_}" for id_ in ids.values())
    shown = page.post(path)
    run(remove_group, SYSTEM, [ids["VZ1B"]])
    answer = page.post(path, {"confirmed": "1", **announced(shown)})
    assert answer.status_code == 404
    assert "1 van de aangevinkte regels is er niet meer" in answer.text
    assert f"id={ids['VZ1A']}&amp;id={ids['VZ1C']}" in answer.text
    assert groups() == ["VZ1A", "VZ1C"]
    left = path.replace(f"&id={ids['VZ1B']}", "")
    assert page.post(left, {"confirmed": "1", **as_shown(answer.text)}).status_code == 302
    assert groups() == []


@pytest.mark.parametrize("takes", ["the row", "what is chosen"])
def test_what_this_very_form_did_while_it_was_read_is_told(
    visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch, takes: str
) -> None:
    """It was sent twice: the first sending is written just after the second looked whether it was."""
    page, programme = visit("administrator"), make_programme()
    path, sent = f"/studentgroepen/do/remove_group?id={make_group().id}", {}
    if takes == "what is chosen":
        student = make_student(programme)
        path, sent = f"/studenten/do/uncouple_programme?id={student.id}", {"target": f"p{programme.id}"}
    form = {**sent, **announced(page.post(path, sent))}
    looked, first = doing.actions.done_before, []

    def just_too_early(*given: Any) -> Any:
        if first:
            return looked(*given)
        first.append(None)
        first.append(page.post(path, form))
        return None

    monkeypatch.setattr(doing.actions, "done_before", just_too_early)
    answer = page.post(path, form)
    assert (first[1].status_code, answer.status_code) == (302, 302)


def test_what_was_typed_stays_with_the_rows_that_are_left(app: Flask, visit: Callable[..., Visitor]) -> None:
    page = visit("administrator")
    exam = make_exam()
    first, second = (make_registration(make_student(), exam) for _n in range(2))
    kept, gone = first.id, second.id
    path = f"/examens/do/stop_exams?id={kept}&id={gone}"
    assert page.post(path, {"reason": WHY}).status_code == 200
    with transaction():
        db.session.delete(db.session.get_one(Registration, gone))
    answer = page.post(path, {"reason": WHY})
    assert (answer.status_code, WHY in answer.text) == (404, True)
    assert "Er is nog niets gedaan" in answer.text
    page.do(path.replace(f"&id={gone}", ""), {"reason": WHY})
    refresh()
    assert db.session.get_one(Registration, kept).stop_reason == WHY


@pytest.mark.everywhere
def test_every_form_on_several_rows_says_that_one_of_them_went(
    app: Flask, world: World, visitor_of: VisitorOf
) -> None:
    """When it is sent, and when it is asked for once more, as after signing in."""
    silent, tried = set(), set()
    for trial in trials(app, world, visitor_of):
        form = trial.form() if "?id=" in trial.path else None
        if form is None:
            continue
        action, fields = f"{form[0]}&id=987654321", form[1]
        typed, right = trial.send(action, fields)[1], trial.page.post(action, fresh(filled(fields)))
        for answer in (typed, right, trial.page.get(action)):
            shown = {name for one in forms_on(answer.text).values() for name in one}
            if answer.status_code == 404 and set(fields) <= shown:
                tried.add(trial.path)
                silent |= (
                    set() if "1 van de aangevinkte regels is er niet meer" in answer.text else {trial.path}
                )
    assert silent == set()
    assert len(tried) > 8


def test_planning_says_that_one_of_its_students_went(app: Flask, visit: Callable[..., Visitor]) -> None:
    exam = make_exam(tasks=2)
    ids = [make_student(exam.programme).id for _n in range(2)]
    path = f"/examens/do/plan_exam?kies={exam.id}&opleiding={exam.programme.id}&id={ids[0]}&id={ids[1]}"
    page = visit("administrator")
    drawn = next(fields for fields in forms_on(page.get(path).text).values() if "way" in fields)
    path = f"{path}&id=987654321"
    sent = fresh(filled(drawn))
    refused = {**sent, "seen": "0" * 24}  # what it showed has changed, for a student is no longer there
    for answer in (page.post(path, sent), page.post(path, refused), page.get(path)):
        assert answer.status_code == 404
        assert "1 van de aangevinkte regels is er niet meer" in answer.text
        assert 'name="way"' in answer.text


def texts_of(sent: dict[str, list[str]]) -> set[str]:
    return {value for values in sent.values() for value in values if value.startswith("Getypt in ")}


def no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row is gone, for everybody."""

    def nothing(_actor: Actor, model: Any, _permission: Any = None) -> Any:
        return select(model).where(false())

    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("app.") and getattr(module, "visible", None) is visible:
            monkeypatch.setattr(module, "visible", nothing)


@pytest.mark.everywhere
def test_every_form_on_a_row_shows_what_was_typed_when_the_row_has_gone(
    app: Flask, world: World, visitor_of: VisitorOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = [(trial, form) for trial in trials(app, world, visitor_of) if (form := trial.form()) is not None]
    no_rows(monkeypatch)
    wrong, tried, typed = [], 0, 0
    for trial, (action, fields) in shown:
        if "/importeren/" in trial.path or trial.page.get(trial.shown_on).status_code != 404:
            continue  # not on a row, or on a run of one's own
        sent, answer = trial.send(action, fields)
        page = html.unescape(answer.text)
        tried += 1
        if answer.status_code != 404 or "data-gone" not in page:
            wrong.append(f"{trial.path}: {answer.status_code} without a word")
            continue
        lost = {text for text in texts_of(sent) if not any(f"in {name}:" in text for name in secret_fields())}
        wrong += [f"{trial.path}: lost {text}" for text in lost if text not in page]
        wrong += [
            f"{trial.path}: no label of {text}" for text in lost if f"<dt>{text[10:].split(':')[0]}" in page
        ]
        typed += len(lost)
    assert wrong == []
    assert tried > 30
    assert typed > 20


@pytest.mark.everywhere
def test_a_row_of_others_and_one_that_never_was_are_plainly_not_found(
    app: Flask, world: World, visitor_of: VisitorOf
) -> None:
    """With the token of a form on one's own row, and with that of the error page itself."""
    wrong, tried = [], 0
    for name, base in ON_PAGES:
        expected = ACTIONS[name]
        role = next((one for one, scope in expected.access.items() if scope == "own"), None)
        if not expected.row or role is None or expected.row in {"session", "passkey"}:
            continue
        page = visitor_of(world.user(role))
        ids = (world.own.of(expected.row, role), world.foreign.of(expected.row, role), 987_654_321)
        own, foreign, never = (f"{base}/do/{name}?id={id_}" for id_ in ids)
        tokens = [TOKEN.search(page.get(path).text) for path in (own, foreign, never)]
        for token in (found[1] for found in tokens if found):
            page._token = token
            answers = [page.post(path, {"name": "Getypt", "reason": "Getypt"}) for path in (foreign, never)]
            told = [DIFFERS.sub("", one.text) for one in answers]
            if {one.status_code for one in answers} != {404} or told[0] != told[1] or "data-gone" in told[0]:
                wrong.append(own)
            tried += 1
    assert wrong == []
    assert tried > 10


def test_the_page_that_asks_for_a_proof_shows_no_row(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    """It comes before anybody looks whether the row is there, and for whom."""
    make_app(world.user(Role.SCHOOL_EXAMINER))
    page = visitor_of(world.user(Role.SCHOOL_EXAMINER))
    for sitting in (world.foreign["sitting"], 987_654_321):
        path = f"/te-beoordelen/do/make_definitive?id={sitting}"
        strong(page, clock.now() - timedelta(hours=2))
        found = TOKEN.search(asked := page.get(path).text)
        assert found is not None
        assert "Laat zien dat u het bent" in asked
        strong(page, clock.now())
        page._token = found[1]
        assert "data-gone" not in page.post(path, {"confirmed": "1"}).text


def test_the_page_that_asks_for_a_proof_carries_nothing_over_from_another_account(app: Flask) -> None:
    """The sealed part of a form is of who was shown it, whoever sends it."""
    pupil = make_user("student", first_name="Zebedeus", last_name="Vos")
    office, stranger = Visitor(app, make_user("administrator")), Visitor(app, make_user("supplier"))
    path = f"/gebruikers/do/reset_second_factor?id={pupil.id}"
    shown = TOKEN.search(office.post(path).text)
    assert shown is not None
    mine, theirs = stranger.token().partition("~")[0], shown[1].partition("~")[2]
    strong(stranger, clock.now() - timedelta(hours=2))
    with db.engine.begin() as connection:
        connection.execute(update(UserSession).values(created_at=clock.now() - timedelta(hours=2)))
    asked = stranger.post(path, {"csrf_token": f"{mine}~{theirs}"}).text
    found = TOKEN.search(asked)
    assert found is not None
    assert "Laat zien dat u het bent" in asked
    strong(stranger, clock.now())
    answer = stranger.post(path, {"csrf_token": found[1]})
    assert answer.status_code == 404
    assert "data-gone" not in answer.text
    assert "Zebedeus" not in answer.text


def test_a_form_of_another_account_tells_nothing_of_its_row(app: Flask) -> None:
    """The row is not for the stranger, and its page was shown to somebody else."""
    pupil = make_user("student", first_name="Zebedeus", last_name="Vos")
    office, stranger = Visitor(app, make_user("administrator")), Visitor(app, make_user("supplier"))
    path = f"/gebruikers/do/edit_user?id={pupil.id}"
    shown = TOKEN.search(office.get(path).text)
    assert shown is not None
    mine, theirs = stranger.token().partition("~")[0], shown[1].partition("~")[2]
    answer = stranger.post(path, {"csrf_token": f"{mine}~{theirs}"})
    assert answer.status_code == 404
    assert "data-gone" not in answer.text
    assert "Zebedeus" not in answer.text


def strong(page: Visitor, at: datetime) -> None:
    with db.engine.begin() as connection:
        mine = UserSession.user_id == page.user_id
        connection.execute(update(UserSession).where(mine).values(strong_at=at, password_at=at))


def edit(page: Visitor, path: str, **typed: str) -> Callable[[], Any]:
    """Open a form and fill it in; sending comes later."""
    text = page.get(path).text
    sent, found = {**as_shown(text), **typed}, TOKEN.search(text)
    assert found is not None
    page._token = found[1]
    return lambda: page.post(path, sent)


def test_the_page_names_the_row_and_who_took_it_away(visit: Callable[..., Visitor]) -> None:
    page, colleague = visit("administrator"), make_user("administrator", first_name="Ans", last_name="Bakker")
    group = make_group(name="VZ1A").id
    send = edit(page, f"/studentgroepen/do/change_group?id={group}", name="Een betere naam")
    run(remove_group, actor_of(colleague), [group])
    answer = send()
    told = html.unescape(answer.text)
    assert answer.status_code == 404
    assert re.search(r"<h1>Wat u wilde wijzigen, is er niet meer</h1>", told)
    assert "<strong>VZ1A</strong>" in told
    assert "Ans Bakker" in told
    assert re.search(r"<dt>Naam</dt>\s*<dd[^>]*>Een betere naam</dd>", told)
    assert 'href="/studentgroepen/"' in told


def test_a_score_form_of_a_moment_that_went_shows_the_remarks(app: Flask, visitor_of: VisitorOf) -> None:
    exam = plan_exam()
    page = visitor_of(db.session.get_one(User, exam.school.id))
    path = f"/te-beoordelen/{exam.sittings[0]}"
    fields = next(one for one in forms_on(page.get(path).text).values() if "remark" in one)
    remark = next(name for name in fields if name.startswith("remark-"))
    level = f"level-{remark.split('-')[1]}"
    page._token = fields["csrf_token"].values[0]
    sent = {
        "remark": "Over het geheel",
        remark: "Bij dit punt",
        level: fields[level].options[-1],
        "version": "0",
    }
    run(remove_moments, SYSTEM, [exam.sittings[0]])
    told = html.unescape(page.post(path, sent).text)
    assert "Dit examenmoment bestaat niet meer" in told
    criterion = db.session.get_one(Criterion, int(remark.split("-")[1]))
    chosen = db.session.get_one(CriterionLevel, int(fields[level].options[-1]))
    assert re.search(
        rf"<dt>{re.escape(criterion.text)}</dt>\s*<dd[^>]*>{chosen.label}\nBij dit punt</dd>", told
    )
    assert re.search(r"<dt>Algemene opmerking</dt>\s*<dd[^>]*>Over het geheel</dd>", told)


def test_what_waited_while_its_row_went_is_shown_after_signing_in(visit: Callable[..., Visitor]) -> None:
    page, group = visit("administrator"), make_group(name="VZ1A").id
    send = edit(page, f"/studentgroepen/do/change_group?id={group}", name="Een betere naam")
    end_sessions()
    place = "/terug/" + send().headers["Location"].split("/")[-1].split("%2F")[-1]
    run(remove_group, SYSTEM, [group])
    back_in(page, page.user_id or 0)
    assert "Een betere naam" in page.get(place, follow_redirects=True).text


def test_where_no_row_is_left_nothing_is_shown(visit: Callable[..., Visitor]) -> None:
    page = visit("administrator")
    answer = page.get("/studentgroepen/do/remove_group?id=901&id=902")
    assert answer.status_code == 404
    assert "aangevinkte" not in answer.text
