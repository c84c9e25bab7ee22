"""The form of Bedrijfsexaminator uitnodigen, as a planner fills it in."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.actions.assessment.assessment import save_scores
from app.actions.base.runner import run
from app.actions.planning.invitations import invite_company_examiner
from app.actions.planning.stopping import resume_exams, stop_exams
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.invitations import Invitation
from app.entities.planning import Sitting, SittingExaminer
from app.entities.students import Supervision
from app.permissions import SYSTEM, Role, actor_of
from tests.actions.planning.test_guests_are_people import SOON, make_attempt
from tests.factories import make_programme, make_user, refresh
from tests.support import clock
from tests.support.forms import PageForms, as_shown
from tests.support.guests import EMAIL, guest_of, make_invited, sitting_of
from tests.support.visitor import TOKEN, Visitor, announced, lose_token

pytestmark = pytest.mark.web

BAS = {"first_name": "Bas", "last_name": "Bakker", "email": EMAIL, "organisation": "De Korenaar"}


def form_of(sitting: int) -> str:
    return f"/examens/do/invite_company_examiner?id={sitting}"


@pytest.fixture
def planner(visit: Callable[..., Visitor]) -> Visitor:
    return visit(Role.ADMINISTRATOR)


def choices_on(answer: TestResponse) -> list[str]:
    """Who may be meant, as the form asks."""
    found = [fields["person"] for fields in PageForms(answer.text).forms.values() if "person" in fields]
    return found[0].options


def move(sitting: int) -> None:
    """A colleague plans the moment a day later."""
    with transaction():
        moved = db.session.get_one(Sitting, sitting)
        moved.starts_at += timedelta(days=1)
        moved.ends_at += timedelta(days=1)
        moved.registration.version += 1


def invited_for() -> list[int | None]:
    refresh()
    return sorted(db.session.scalars(select(Invitation.sitting_id)))


def test_the_other_tasks_of_the_exam_are_offered_and_ticked(app: Flask, planner: Visitor) -> None:
    sittings, _examiner = make_attempt(4)
    page = planner.get(form_of(sittings[1])).text
    assert "Ook voor de andere opdrachten van dit examen (3)" in page
    (fields,) = PageForms(page).forms.values()
    ticked = [int(value) for value in fields["others"].values]
    assert sorted([*ticked, sittings[1]]) == sittings
    assert planner.post(form_of(sittings[1]), {**BAS, "others": ticked[:2]}).status_code == 302
    assert len(invited_for()) == 3


def test_a_moment_that_is_taken_is_not_offered(app: Flask, planner: Visitor) -> None:
    sittings, _examiner = make_attempt(2)
    planner.post(form_of(sittings[0]), BAS)
    assert "andere opdrachten" not in planner.get(form_of(sittings[1])).text


def test_somebody_elses_sitting_is_no_choice(app: Flask, planner: Visitor) -> None:
    (own, _e), (foreign, _f) = make_attempt(2), make_attempt(1)
    assert planner.post(form_of(own[0]), {**BAS, "others": foreign}).status_code == 422
    assert invited_for() == []


def test_nobody_is_invited_from_the_page_of_a_stopped_exam_until_it_goes_on(
    app: Flask, planner: Visitor
) -> None:
    made = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    page = f"/examens/aanmelding/{made.registration}"
    assert "withdraw_invitation" in planner.get(page).text
    run(stop_exams, SYSTEM, [made.registration], reason="De stage is gestopt.")
    stopped = planner.get(page).text
    assert "Bas Bakker" in stopped
    assert not re.search("(invite_company_examiner|resend_invitation|withdraw_invitation)\\?id", stopped)
    run(resume_exams, SYSTEM, [made.registration])
    assert "invite_company_examiner?id" in planner.get(page).text


def test_another_name_at_the_address_is_asked_with_all_that_was_typed(app: Flask, planner: Visitor) -> None:
    first = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    sittings, _examiner = make_attempt(1, starts_at=clock.now() + 2 * SOON)
    typed = {**BAS, "last_name": "Bakkers"}
    answer = planner.post(form_of(sittings[0]), typed)
    assert answer.status_code == 422
    assert "eerder is uitgenodigd: Bas Bakker" in answer.text
    (fields,) = PageForms(answer.text).forms.values()
    assert {name: fields[name].values for name in typed} == {name: [value] for name, value in typed.items()}
    assert planner.post(form_of(sittings[0]), {**typed, "person": choices_on(answer)[0]}).status_code == 302
    assert invited_for() == sorted([first.sitting, *sittings])


def test_a_guest_who_was_renamed_meanwhile_is_asked_anew(app: Flask, planner: Visitor) -> None:
    """The page offered "Bas Bakker, zoals eerder uitgenodigd"; a colleague gives him another name."""
    first = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    sittings, _examiner = make_attempt(2, starts_at=clock.now() + 2 * SOON)
    typed = {**BAS, "last_name": "Bakkers"}
    asked = planner.post(form_of(sittings[0]), typed)
    as_before, _renamed = choices_on(asked)
    theirs = planner.post(form_of(sittings[1]), {**BAS, "last_name": "Anders"})
    _as_before, renamed = choices_on(theirs)
    planner.post(form_of(sittings[1]), {**BAS, "last_name": "Anders", "person": renamed})
    refresh()
    assert guest_of(first).full_name == "Bas Anders"
    late = planner.post(form_of(sittings[0]), {**typed, "person": as_before})
    assert late.status_code == 422
    assert "Dit is intussen gewijzigd. Kies opnieuw wie u bedoelt." in late.text
    assert "eerder is uitgenodigd: Bas Anders" in late.text
    assert invited_for() == sorted([first.sitting, sittings[1]])
    assert planner.post(form_of(sittings[0]), {**typed, "person": choices_on(late)[0]}).status_code == 302


def test_a_moment_that_was_moved_meanwhile_is_told(app: Flask, planner: Visitor) -> None:
    sittings, _examiner = make_attempt(1)
    fields = as_shown(planner.get(form_of(sittings[0])).text)
    move(sittings[0])
    answer = planner.post(form_of(sittings[0]), {**fields, **BAS})
    assert answer.status_code == 409
    assert "Intussen gewijzigd" in answer.text
    assert invited_for() == []


def test_a_code_that_was_sent_for_another_moment_meanwhile_is_told(
    app: Flask, planner: Visitor, visit: Callable[..., Visitor]
) -> None:
    """A colleague sent the guest a new code, at another moment: the page says who, and what."""
    ours, theirs = (make_invited(starts_at=clock.now() + n * SOON, email=EMAIL) for n in (1, 2))
    paths = [f"/examens/do/resend_invitation?id={one.sitting}" for one in (ours, theirs)]
    colleague = visit("administrator")
    pressed = announced(planner.get(paths[0]))
    assert colleague.post(paths[1], announced(colleague.get(paths[1]))).status_code == 302
    answer = planner.post(paths[0], pressed)
    assert answer.status_code == 409
    assert "“Uitnodiging opnieuw versturen”." in answer.text.partition("Intussen gewijzigd")[2]
    assert planner.post(paths[0], announced(planner.get(paths[0]))).status_code == 302


def test_what_changed_before_a_question_is_told_after_its_answer(app: Flask, planner: Visitor) -> None:
    """The form comes back to ask who is meant: it still goes on what was shown the first time."""
    first = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    sittings, _examiner = make_attempt(1, starts_at=clock.now() + 2 * SOON)
    fields = as_shown(planner.get(form_of(sittings[0])).text)
    move(sittings[0])
    asked = planner.post(form_of(sittings[0]), {**fields, **BAS, "last_name": "Bakkers"})
    assert asked.status_code == 422
    chosen = {**as_shown(asked.text), "person": choices_on(asked)[0]}
    late = planner.post(form_of(sittings[0]), chosen)
    assert late.status_code == 409
    assert invited_for() == [first.sitting]
    assert planner.post(form_of(sittings[0]), {**chosen, **as_shown(late.text)}).status_code == 302


def test_an_account_is_offered_by_name_and_nothing_more(app: Flask, planner: Visitor) -> None:
    programme = make_programme()
    sittings, _examiner = make_attempt(1, programme=programme)
    account = make_user(
        Role.COMPANY_EXAMINER, email=EMAIL, programmes=[programme], last_name="Visser", phone="0612345678"
    )
    answer = planner.post(form_of(sittings[0]), BAS)
    assert (answer.status_code, "iemand met een account: " in answer.text) == (422, True)
    assert "Visser" in answer.text
    assert "0612345678" not in answer.text
    planner.post(form_of(sittings[0]), {**BAS, "person": choices_on(answer)[0]})
    refresh()
    coupled = select(SittingExaminer.user_id).where(SittingExaminer.role == Role.COMPANY_EXAMINER)
    assert list(db.session.scalars(coupled)) == [account.id]


def test_a_clash_is_told_with_all_that_was_typed(app: Flask, planner: Visitor) -> None:
    first = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    start = db.session.get_one(Sitting, first.sitting).starts_at
    sittings, _examiner = make_attempt(1, starts_at=start + timedelta(minutes=10))
    answer = planner.post(form_of(sittings[0]), BAS)
    assert answer.status_code == 422
    assert "Bas Bakker heeft op dat moment al iets anders" in answer.text
    assert "De Korenaar" in answer.text


def test_a_supervisor_hears_of_a_clash_with_a_moment_that_is_not_theirs_by_its_time_only(
    app: Flask, visit: Callable[..., Visitor]
) -> None:
    first = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    foreign = db.session.get_one(Sitting, first.sitting)
    student = foreign.registration.student.last_name
    sittings, _examiner = make_attempt(1, starts_at=foreign.starts_at)
    visitor = visit(Role.SCHOOL_SUPERVISOR)
    own = db.session.get_one(Sitting, sittings[0]).registration.student_id
    with transaction():
        db.session.add(Supervision(student_id=own, user_id=visitor.user_id, role="school_supervisor"))
    answer = visitor.post(form_of(sittings[0]), BAS)
    assert "een ander examenmoment" in answer.text
    assert student not in answer.text


def test_the_history_of_the_attempt_tells_who_was_invited(app: Flask, planner: Visitor) -> None:
    sittings, _examiner = make_attempt(2)
    planner.post(form_of(sittings[0]), {**BAS, "others": sittings[1:]})
    registration = db.session.get_one(Sitting, sittings[0]).registration_id
    page = planner.get(f"/examens/aanmelding/{registration}").text
    history = page.partition("Geschiedenis")[2]
    assert "Bedrijfsexaminator uitnodigen" in history
    assert "Opdracht 2: Bas Bakker" in history


def test_after_a_withdrawal_the_sheet_stays_by_name_and_another_can_be_invited(
    app: Flask, planner: Visitor
) -> None:
    invited = make_invited(email=EMAIL)
    levels = {c.id: c.levels[2].id for c in sitting_of(invited).task.criteria}
    run(save_scores, actor_of(guest_of(invited)), [invited.sitting], version=0, levels=levels, remarks={})
    planner.do(f"/examens/do/withdraw_invitation?id={invited.sitting}")
    page = planner.get(f"/te-beoordelen/{invited.sitting}").text
    assert "Bas Bakker" in page
    assert "Eerder ingevuld door" in page
    assert f"invite_company_examiner?id={invited.sitting}" in page
    answer = planner.post(
        form_of(invited.sitting), {**BAS, "email": "jan@molen.example", "first_name": "Jan"}
    )
    assert answer.status_code == 302


def test_a_ticked_task_that_was_taken_meanwhile_is_told_where_no_other_is_left(
    app: Flask, planner: Visitor
) -> None:
    """The form then has no field for others; what was ticked in it is not left out unsaid."""
    sittings, _examiner = make_attempt(2)
    path = form_of(sittings[0])
    shown = planner.get(path).text
    planner._token = TOKEN.findall(shown)[-1]
    run(invite_company_examiner, SYSTEM, [sittings[1]], **BAS | {"others": []})
    lose_token(planner)
    sent = {**as_shown(shown), "first_name": "Kim", "last_name": "Kok", "email": "kim@example.nl"}
    back = planner.post(path, sent).headers["Location"]
    told = html.unescape(planner.get(back, follow_redirects=True).text)
    assert "U had ook ingevuld: Ook voor de andere opdrachten" in told
    assert "Dat veld is er niet meer." in told
