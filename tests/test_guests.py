"""Somebody invited without an account tries all the rest: every route, other sittings, other links."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, inspect, select, text, update

from app.actions.assessment.assessment import make_definitive, reopen_assessment, save_scores
from app.actions.base.action import REGISTRY
from app.actions.base.runner import run
from app.actions.planning.invitations import resend_invitation, withdraw_invitation
from app.actions.planning.removal import remove_planning
from app.actions.planning.stopping import stop_exams
from app.entities.assessment import Assessment, ScoreSheet
from app.entities.base import db, metadata
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.planning import Sitting, SittingExaminer
from app.entities.sessions import UserSession
from app.entities.users import User
from app.errors import NotAllowed, NotFound
from app.permissions import READ, RIGHTS, SYSTEM, Permission, Role, actor_of, may, visible
from tests.factories import make_user, refresh
from tests.support import clock
from tests.support.forms import as_shown
from tests.support.guests import EMAIL, GuestVisitor, Invited, come_in, guest_of, make_invited, sitting_of
from tests.support.visitor import TOKEN, Visitor
from tests.support.world import make_world
from tests.test_role_matrix import POSTS, ROUTES, address, get_rules, offered, post_rules, trail_length

OPEN_TO_GUESTS = {"ToAssessPage.sitting", "ToAssessPage.save"}


@pytest.fixture
def invited(app: Flask) -> Invited:
    return make_invited()


def end_by_definitive(invited: Invited) -> None:
    examiner = actor_of(db.session.get_one(User, invited.examiner))
    levels = {c.id: c.levels[1].id for c in sitting_of(invited).task.criteria}
    run(save_scores, examiner, [invited.sitting], version=0, levels=levels, remarks={})
    run(make_definitive, examiner, [invited.sitting])


def end_by_time(invited: Invited) -> None:
    ago = clock.now() - timedelta(days=15)
    with transaction():
        db.session.execute(
            update(Sitting)
            .where(Sitting.id == invited.sitting)
            .values(starts_at=ago - timedelta(hours=1), ends_at=ago)
        )
    refresh()


def end_by_withdrawal(invited: Invited) -> None:
    run(withdraw_invitation, SYSTEM, [invited.sitting])


ENDS = [
    (end_by_definitive, "De beoordeling is definitief gemaakt"),
    (end_by_time, "Deze uitnodiging is verlopen"),
    (end_by_withdrawal, "De school heeft deze uitnodiging ingetrokken"),
]


# -- everything else is closed


def test_a_guest_gets_in_at_his_own_sitting_and_at_no_other_route(app: Flask, invited: Invited) -> None:
    world = make_world()
    page = come_in(app, invited)
    assert page.get(f"/te-beoordelen/{invited.sitting}").status_code == 200
    wrong = []
    for rule in get_rules(app):
        for side in (world.own, world.foreign):
            path = address(rule, side, ROUTES[rule.endpoint])
            wanted = 404 if rule.endpoint in OPEN_TO_GUESTS else 403
            if (status := page.get(path).status_code) != wanted:
                wrong.append(f"GET {path}: {status}")
    for rule in post_rules(app):
        path = address(rule, world.own, POSTS[rule.endpoint])
        if (status := page.post(path).status_code) not in {403, 404}:
            wrong.append(f"POST {path}: {status}")
    assert wrong == []


def test_a_guest_does_no_action_not_even_on_his_own_sitting(app: Flask, invited: Invited) -> None:
    page = come_in(app, invited)
    before = trail_length()
    for base, act in offered():
        path = f"{base}/do/{act.name}?id={invited.sitting}"
        assert page.get(path).status_code == 403, path
        assert page.do(path).status_code == 403, path
    assert trail_length() == before
    assert db.session.scalar(select(Assessment.id)) is None


@pytest.mark.parametrize("verb", ["put", "patch", "delete"])
def test_a_guest_knows_no_other_verb(app: Flask, invited: Invited, verb: str) -> None:
    page = come_in(app, invited)
    answer = getattr(page.client, verb)(f"/te-beoordelen/{invited.sitting}", json={"definitive": True})
    assert answer.status_code in {400, 405}


def test_a_guest_sends_json_in_vain(app: Flask, invited: Invited) -> None:
    page = come_in(app, invited)
    answer = page.client.post(f"/te-beoordelen/{invited.sitting}", json={"version": 0, "definitive": 1})
    assert answer.status_code in {400, 415}
    assert db.session.scalar(select(Assessment.id)) is None


def test_a_guest_sees_his_sitting_and_no_row_of_anything_else(app: Flask, invited: Invited) -> None:
    other = make_invited()
    guest = actor_of(guest_of(invited))
    assert guest.guest
    for model in READ:
        for permission in Permission:
            found = db.session.scalars(visible(guest, model, permission)).all()
            ids = [row.sitting_id if model is Assessment else row.id for row in found]
            wanted = (
                [invited.sitting]
                if model is Sitting and permission in {Permission.ASSESSMENT_SEE, Permission.ASSESSMENT_FILL}
                else []
            )
            assert ids == wanted, (model, permission)
    assert not may(guest, Permission.ASSESSMENT_FILL, sitting_of(other))


def test_the_rights_of_a_guest_are_a_part_of_those_of_a_company_examiner(
    app: Flask, invited: Invited
) -> None:
    guest = actor_of(guest_of(invited))
    mine = {permission for permission in RIGHTS if may(guest, permission)}
    assert mine == {Permission.ASSESSMENT_SEE, Permission.ASSESSMENT_FILL}
    assert all(Role.COMPANY_EXAMINER in RIGHTS[permission] for permission in mine)


def test_a_guest_runs_no_action_but_saving(app: Flask, invited: Invited) -> None:
    guest = actor_of(guest_of(invited))
    for act in REGISTRY.values():
        if act.name != "save_scores":
            with pytest.raises(NotAllowed):
                run(act, guest, [invited.sitting])


def test_a_guest_scores_no_other_sitting(app: Flask, invited: Invited) -> None:
    other = make_invited()
    with pytest.raises(NotFound):
        run(save_scores, actor_of(guest_of(invited)), [other.sitting], version=0, levels={}, remarks={})


def test_saving_with_the_button_of_definitive_saves_and_closes_nothing(app: Flask, invited: Invited) -> None:
    page = come_in(app, invited)
    levels = {f"level-{c.id}": c.levels[1].id for c in sitting_of(invited).task.criteria}
    page.post(f"/te-beoordelen/{invited.sitting}", {"version": 0, "definitive": "1", **levels})
    refresh()
    assessment = db.session.scalars(select(Assessment)).one()
    assert assessment.definitive_at is None
    assert [sheet.examiner_id for sheet in assessment.sheets] == [invited.guest]
    assert page.get(f"/te-beoordelen/do/make_definitive?id={invited.sitting}").status_code == 403


# -- codes and links


def test_somebody_elses_code_opens_somebody_elses_sitting_only(app: Flask, invited: Invited) -> None:
    other = make_invited()
    page = come_in(app, other)
    assert page.get(f"/te-beoordelen/{other.sitting}").status_code == 200
    assert page.get(f"/te-beoordelen/{invited.sitting}").status_code == 404


def test_the_token_of_another_sitting_leads_to_that_sitting(app: Flask, invited: Invited) -> None:
    other = make_invited()
    page = GuestVisitor(app)
    answer = page.post("/uitnodiging/link", {"token": other.token, "sitting": invited.sitting})
    assert answer.headers["Location"] == f"/te-beoordelen/{other.sitting}"
    assert page.get(f"/te-beoordelen/{invited.sitting}").status_code == 404


def test_nothing_opens_on_get(app: Flask, invited: Invited) -> None:
    page = Visitor(app)
    for path in ("/uitnodiging/", "/uitnodiging/link", "/uitnodiging/examen"):
        page.get(f"{path}?token={invited.token}&code={invited.code}&t={invited.token}")
    assert page.get(f"/te-beoordelen/{invited.sitting}").status_code == 302
    assert invited.person.opened_at is None


def test_nothing_opens_without_the_form_of_the_page(app: Flask, invited: Invited) -> None:
    client = app.test_client()
    assert client.post("/uitnodiging/link", data={"token": invited.token}).status_code == 400
    assert client.post("/uitnodiging/", data={"code": invited.code}).status_code == 400


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000", "x", "é" * 16, "0" * 60, "' OR 1=1 --"])
def test_a_wrong_code_opens_nothing(app: Flask, invited: Invited, code: str) -> None:
    answer = GuestVisitor(app).post("/uitnodiging/", {"code": code})
    assert answer.status_code == 422


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 5000, "%00"])
def test_a_wrong_token_opens_nothing(app: Flask, invited: Invited, token: str) -> None:
    answer = GuestVisitor(app).post("/uitnodiging/link", {"token": token})
    assert answer.status_code == 422


def test_a_code_is_not_guessed_by_trying(app: Flask, invited: Invited) -> None:
    """The first four characters are no secret; behind them five tries in a quarter of an hour."""
    page = GuestVisitor(app)
    start = invited.code[:4]
    for number in range(5):
        answer = page.post("/uitnodiging/", {"code": f"{start}-0000-0000-000{number}"})
        assert "kennen we niet" in answer.text
    answer = page.post("/uitnodiging/", {"code": invited.code})
    assert (answer.status_code, "Te vaak geprobeerd" in answer.text) == (422, True)


@pytest.mark.parametrize(("end", "told"), ENDS, ids=[end.__name__ for end, _told in ENDS])
def test_an_ended_invitation_ends_the_session_and_says_why(
    app: Flask, invited: Invited, end: Callable[[Invited], None], told: str
) -> None:
    code, token = invited.code, invited.token
    page = come_in(app, invited)
    end(invited)
    for path in (f"/te-beoordelen/{invited.sitting}", "/", "/studenten/"):
        answer = page.get(path)
        assert answer.headers["Location"] == "/uitnodiging/examen", path
    assert page.post(f"/te-beoordelen/{invited.sitting}", {"version": 0}).status_code == 302
    assert told in page.get("/uitnodiging/examen").text
    late = GuestVisitor(app)
    for path, sent in (("/uitnodiging/", {"code": code}), ("/uitnodiging/link", {"token": token})):
        answer = late.post(path, sent)
        assert (answer.status_code, told in answer.text) == (422, True), path
    assert late.get(f"/te-beoordelen/{invited.sitting}").headers["Location"].startswith("/aanmelden")


@pytest.mark.parametrize(("end", "told"), ENDS, ids=[end.__name__ for end, _told in ENDS])
def test_after_the_end_an_actor_kept_in_hand_may_nothing(
    app: Flask, invited: Invited, end: Callable[[Invited], None], told: str
) -> None:
    guest = actor_of(guest_of(invited))
    end(invited)
    assert db.session.scalars(visible(guest, Sitting, Permission.ASSESSMENT_SEE)).all() == []
    with pytest.raises(NotFound):
        run(save_scores, guest, [invited.sitting], version=0, levels={}, remarks={})


def end_by_removal(invited: Invited) -> None:
    run(remove_planning, SYSTEM, [invited.registration])


def end_by_stopping(invited: Invited) -> None:
    run(stop_exams, SYSTEM, [invited.registration], reason="De student is ernstig ziek")


FOR_THE_GUEST = (end_by_time, end_by_withdrawal)  # the others may go on
NOT_SAVED = re.compile("[Nn]iet opgeslagen|Er is niets opgeslagen")


@pytest.mark.parametrize("others", [False, True], ids=["one moment", "two moments"])
@pytest.mark.parametrize("end", [*(end for end, _told in ENDS), end_by_removal, end_by_stopping])
def test_who_saves_on_a_moment_that_is_over_reads_that_nothing_was_saved(
    app: Flask, end: Callable[[Invited], None], others: bool
) -> None:
    """The guest, whether there is another moment or not, and the examiner with an account."""
    invited = make_two(app)[0] if others else make_invited()
    path = f"/te-beoordelen/{invited.sitting}"
    account = Visitor(app, db.session.get_one(User, invited.examiner))
    pages = [come_in(app, invited), *([] if end in FOR_THE_GUEST else [account])]
    sent = [(page, {**as_shown(page.get(path).text), "remark": "Goed gewerkt"}) for page in pages]
    end(invited)
    for page, form in sent:
        answer = page.post(path, form)
        while answer.status_code == 302:
            answer = page.get(answer.headers["Location"])
        assert NOT_SAVED.search(answer.text), (page, answer.status_code)
    assert not db.session.scalars(select(ScoreSheet.remark).where(ScoreSheet.remark != "")).all()


def test_reopening_lets_the_guest_in_again(app: Flask, invited: Invited) -> None:
    end_by_definitive(invited)
    administrator = actor_of(make_user(Role.ADMINISTRATOR))
    run(reopen_assessment, administrator, [invited.sitting], reason="Verkeerde scores ingevuld")
    page = come_in(app, invited)
    assert page.get(f"/te-beoordelen/{invited.sitting}").status_code == 200


def test_a_new_mail_makes_the_old_code_and_link_worthless(app: Flask, invited: Invited) -> None:
    code, token = invited.code, invited.token
    run(resend_invitation, SYSTEM, [invited.sitting])
    assert invited.code != code
    page = GuestVisitor(app)
    for path, sent in (("/uitnodiging/", {"code": code}), ("/uitnodiging/link", {"token": token})):
        answer = page.post(path, sent)
        assert (answer.status_code, "kennen we niet" in answer.text) == (422, True), path
    assert page.post("/uitnodiging/link", {"token": invited.token}).status_code == 302


def test_a_guest_signs_in_nowhere_else(app: Flask, invited: Invited) -> None:
    guest = guest_of(invited)
    assert not guest.password
    for name in (guest.username, guest.email, invited.person.email):
        page = Visitor(app)
        assert page.post("/aanmelden", {"username": name, "password": ""}).status_code == 422
        assert page.post("/aanmelden", {"username": name, "password": invited.code}).status_code == 422
        sent = {
            "username": name,
            "code": invited.code,
            "password": "een lang wachtwoord",
            "again": "een lang wachtwoord",
        }
        assert page.post("/aanmelden/code", sent).status_code == 422


def test_a_guest_stands_in_no_list_of_users_and_gets_no_login_code(
    app: Flask, invited: Invited, visit: Callable[..., Visitor]
) -> None:
    page = visit(Role.ADMINISTRATOR)
    assert "Bas Bakker" not in page.get("/gebruikers/").text
    assert page.get(f"/gebruikers/{invited.guest}").status_code == 404
    for act in ("send_login_codes", "edit_user", "reactivate_users"):
        assert page.get(f"/gebruikers/do/{act}?id={invited.guest}").status_code == 404
    assert "gebruikers onvolledig" not in page.get("/").text


# -- nothing in clear


def test_neither_code_nor_token_stands_in_the_database_or_the_log(
    app: Flask, invited: Invited, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        come_in(app, invited)
        GuestVisitor(app).post("/uitnodiging/link", {"token": invited.token})
    secrets = {invited.code, invited.code.replace("-", ""), invited.token}
    assert not any(secret in caplog.text for secret in secrets)
    found = everything()
    assert "Bakkerij De Korenaar" in found, "the scan reads the database"
    assert not [secret for secret in secrets if secret in found]


def test_the_mail_is_filled_in_at_sending_only(app: Flask, invited: Invited) -> None:
    mail = db.session.scalars(select(OutboxMail)).one()
    assert mail.to_address == invited.person.email
    assert invited.code not in mail.body + mail.subject
    assert invited.token not in mail.body + mail.subject


def everything() -> str:
    """Every value of every table."""
    lines = []
    for table in metadata.sorted_tables:
        if inspect(db.engine).has_table(table.name):
            lines += [str(tuple(row)) for row in db.session.execute(text(f'SELECT * FROM "{table.name}"'))]
    return "\n".join(lines)


# -- a guest with several moments


def make_two(app: Flask) -> tuple[Invited, Invited]:
    """One guest, invited for two sittings."""
    first = make_invited(starts_at=clock.now() - timedelta(hours=3), email=EMAIL)
    return first, make_invited(email=EMAIL)


def test_one_code_opens_a_list_of_all_moments(app: Flask) -> None:
    first, second = make_two(app)
    make_invited()
    page = GuestVisitor(app)
    answer = page.post("/uitnodiging/", {"code": first.code})
    assert answer.headers["Location"] == "/uitnodiging/examen"
    listed = page.get("/uitnodiging/examen").text
    assert "Uw examenmomenten" in listed
    assert set(re.findall(r'href="/te-beoordelen/(\d+)"', listed)) == {
        str(first.sitting),
        str(second.sitting),
    }
    for one in (first, second):
        form = page.get(f"/te-beoordelen/{one.sitting}")
        assert (form.status_code, "Uw examenmomenten" in form.text) == (200, True)


def test_a_guest_with_two_moments_sees_these_and_no_other(app: Flask) -> None:
    """Every number up to the highest, by reading and by saving; the others belong to somebody else."""
    first, second = make_two(app)
    others = [make_invited(), make_invited()]
    guest, page = actor_of(guest_of(first)), come_in(app, first)
    mine = {first.sitting, second.sitting}
    for number in range(max(one.sitting for one in others) + 3):
        wanted = 200 if number in mine else 404
        assert page.get(f"/te-beoordelen/{number}").status_code == wanted, number
        saved = page.post(f"/te-beoordelen/{number}", {"version": 0})
        assert saved.status_code == (302 if number in mine else 404), number
    for model in READ:
        for permission in Permission:
            found = db.session.scalars(visible(guest, model, permission)).all()
            ids = {row.id for row in found} if model is Sitting else {row.sitting_id for row in found}
            assert ids <= mine, (model, permission)


@pytest.mark.parametrize(("end", "told"), ENDS, ids=[end.__name__ for end, _told in ENDS])
def test_a_moment_that_ended_is_closed_and_the_code_goes_on_for_the_other(
    app: Flask, end: Callable[[Invited], None], told: str
) -> None:
    """On the other one's form it says which moment is meant."""
    first, second = make_two(app)
    code, page = first.code, come_in(app, first)
    end(first)
    for ask in (page.get, page.post):
        assert ask(f"/te-beoordelen/{first.sitting}").headers["Location"] == "/uitnodiging/examen"
    answer = page.get("/uitnodiging/examen")
    assert answer.headers["Location"] == f"/te-beoordelen/{second.sitting}", "there is one left"
    assert "examenmoment dat u wilde openen" in page.get(answer.headers["Location"]).text
    again = GuestVisitor(app).post("/uitnodiging/", {"code": code})
    assert again.headers["Location"] == f"/te-beoordelen/{second.sitting}"
    with pytest.raises(NotFound):
        run(save_scores, actor_of(guest_of(first)), [first.sitting], version=0, levels={}, remarks={})
    end(second)
    assert told in GuestVisitor(app).post("/uitnodiging/", {"code": code}).text


def test_a_moment_of_another_guest_that_ended_is_told_to_nobody_else(app: Flask) -> None:
    first, _second = make_two(app)
    other = make_invited()
    run(withdraw_invitation, SYSTEM, [other.sitting])
    assert come_in(app, first).get(f"/te-beoordelen/{other.sitting}").status_code == 404


def test_an_invitation_of_another_guest_opens_nothing_even_to_who_is_coupled_there(app: Flask) -> None:
    first, _second = make_two(app)
    other = make_invited()
    with transaction():
        coupled = SittingExaminer.sitting_id == other.sitting, SittingExaminer.user_id == other.guest
        db.session.execute(update(SittingExaminer).where(*coupled).values(user_id=first.guest))
    assert come_in(app, first).get(f"/te-beoordelen/{other.sitting}").status_code == 404


def test_who_is_no_examiner_of_it_sees_no_moment_whatever_the_invitation_says(app: Flask) -> None:
    first, second = make_two(app)
    page = come_in(app, first)
    with transaction():
        coupled = SittingExaminer.sitting_id == first.sitting, SittingExaminer.user_id == first.guest
        db.session.execute(delete(SittingExaminer).where(*coupled))
    assert page.get(f"/te-beoordelen/{first.sitting}").status_code == 404
    assert page.get(f"/te-beoordelen/{second.sitting}").status_code == 200


@pytest.mark.parametrize("end", [end_by_withdrawal, end_by_removal, end_by_stopping])
def test_what_a_guest_typed_is_shown_when_their_work_ended_meanwhile(
    app: Flask, invited: Invited, end: Callable[[Invited], None]
) -> None:
    page, path = come_in(app, invited), f"/te-beoordelen/{invited.sitting}"
    shown = page.get(path).text
    fields = {**as_shown(shown), "csrf_token": html.unescape(TOKEN.findall(shown)[-1])}
    end(invited)
    answer = page.post(path, {**fields, "remark": "Rustig en netjes gewerkt"})
    assert answer.status_code == 404
    assert "Rustig en netjes gewerkt" in answer.text
    assert "is niet opgeslagen" in answer.text


def test_what_a_guest_typed_before_the_session_ended_is_shown_when_that_moment_ended_too(app: Flask) -> None:
    """They come in again for another moment; what waits is still theirs to read."""
    first, second = make_two(app)
    page, path = come_in(app, first), f"/te-beoordelen/{first.sitting}"
    shown = page.get(path).text
    fields = {**as_shown(shown), "csrf_token": html.unescape(TOKEN.findall(shown)[-1])}
    with db.engine.begin() as connection:
        connection.execute(update(UserSession).values(ended_at=clock.now(), ended_because="by_user"))
    refresh()
    page.post(path, {**fields, "remark": "Rustig en netjes gewerkt"})
    end_by_withdrawal(first)
    page._token = ""
    answer = page.post("/uitnodiging/", {"code": second.code}, follow_redirects=True)
    assert answer.status_code == 404
    assert "Rustig en netjes gewerkt" in answer.text
    assert "is niet opgeslagen" in answer.text
