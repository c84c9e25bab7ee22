"""What goes by itself when its term is over, and what stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, update

from app.actions.access.code_making import issue_codes
from app.actions.access.typed import keep_typed
from app.actions.assessment.assessment import make_definitive, save_scores
from app.actions.base.runner import run
from app.actions.planning.invitations import withdraw_invitation
from app.actions.school.retention import NO_NAME, forget_outdated
from app.commands import forget_command
from app.entities.assessment import Assessment, Result
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.imports import ImportRun
from app.entities.invitations import Guest, Invitation
from app.entities.mail import OutboxMail
from app.entities.sessions import UserSession
from app.entities.trail import AuditEntry
from app.entities.typed import TypedForm
from app.entities.users import LoginCode, User
from app.permissions import SYSTEM, Role, actor_of
from app.rules.typed import Typed
from tests.factories import make_user, refresh
from tests.factories.base import saved
from tests.support import clock
from tests.support.guests import EMAIL, GuestVisitor, come_in, guest_of, make_invited, sitting_of
from tests.support.queries import counted
from tests.support.visitor import Visitor, signed_in

LONG_AGO = timedelta(days=366)


def everywhere(*columns: object) -> str:
    refresh()
    return " ".join(str(row) for column in columns for row in db.session.scalars(select(column)))


def backdate(column: object, table: type, when: datetime) -> None:
    with transaction():
        db.session.execute(update(table).values({column: when}))


def test_a_guest_keeps_his_name_with_what_he_filled_in_and_nothing_else(app: Flask) -> None:
    invited, other = make_invited(email=EMAIL), make_invited()
    code, other_code = invited.code, other.code
    come_in(app, invited)
    guest, examiner = actor_of(guest_of(invited)), actor_of(db.session.get_one(User, invited.examiner))
    levels = {c.id: c.levels[1].id for c in sitting_of(invited).task.criteria}
    for version, actor in enumerate((guest, examiner)):
        run(save_scores, actor, [invited.sitting], version=version, levels=levels, remarks={})
    run(make_definitive, examiner, [invited.sitting])
    typed = Typed("/te-beoordelen/1", [("remark", "Van de gast")])
    run(keep_typed, SYSTEM, user_id=invited.guest, handle="h" * 22, typed=typed)
    assert run(forget_outdated, SYSTEM).done == 0, "the term has only just begun"
    backdate(Assessment.definitive_at, Assessment, clock.now() - LONG_AGO)
    run(forget_outdated, SYSTEM)

    refresh()
    key, person = invited.key, guest_of(invited)
    assert (invited.person.email, key.nonce, key.code_hash) == (None, "", "")
    assert (person.full_name, person.active) == ("Bas Bakker", False)
    theirs = (OutboxMail.to_user_id, UserSession.user_id, TypedForm.user_id)
    kept = [db.session.scalars(select(column)).all() for column in theirs]
    assert [set(ids) & {invited.guest} for ids in kept] == [set(), set(), set()]
    assert db.session.scalars(select(Result)).one()
    assert (
        "Bas Bakker"
        in Visitor(app, make_user(Role.ADMINISTRATOR)).get(f"/te-beoordelen/{invited.sitting}").text
    )
    assert GuestVisitor(app).post("/uitnodiging/", {"code": code}).status_code == 422
    assert GuestVisitor(app).post("/uitnodiging/", {"code": other_code}).status_code == 302
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "forget_outdated")).one()
    assert EMAIL not in str(entry.details)
    assert run(forget_outdated, SYSTEM).done == 0, "twice does nothing new"


def test_who_was_invited_in_vain_leaves_no_name(app: Flask) -> None:
    invited = make_invited(email=EMAIL)
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    backdate(Invitation.withdrawn_at, Invitation, clock.now() - LONG_AGO)
    with counted() as one:
        run(forget_outdated, SYSTEM)
    assert guest_of(invited).full_name == NO_NAME
    assert EMAIL not in everywhere(Guest.email, OutboxMail.to_address)
    for _n in range(3):
        run(withdraw_invitation, SYSTEM, [make_invited().sitting])
    backdate(Invitation.withdrawn_at, Invitation, clock.now() - LONG_AGO)
    with counted() as three:
        run(forget_outdated, SYSTEM)
    assert len(three) == len(one)


def test_old_mails_codes_imports_and_sessions_go_and_new_ones_stay(app: Flask) -> None:
    old, new = make_user(Role.STUDENT), make_user(Role.STUDENT)
    with transaction():
        issue_codes(SYSTEM, [old.id], mail=True)
    signed_in(old, created_at=clock.now())
    upload = {"maker_id": new.id, "file_name": "a.csv", "file_hash": "x", "table": {}}
    saved(ImportRun(**upload))
    saved(ImportRun(**upload, stage="done"))
    past = clock.now() - LONG_AGO
    for table in (OutboxMail, LoginCode, UserSession, ImportRun):
        backdate(table.created_at, table, past)
    backdate(OutboxMail.state, OutboxMail, "sent")
    backdate(LoginCode.expires_at, LoginCode, past)
    with transaction():
        issue_codes(SYSTEM, [new.id], mail=True)
    signed_in(new, created_at=clock.now())
    saved(ImportRun(**upload))

    told = CliRunner().invoke(forget_command)
    assert told.output.strip() == "0 genodigden en 4 regels verwijderd."
    refresh()
    for column in (OutboxMail.to_user_id, LoginCode.user_id, UserSession.user_id):
        assert db.session.scalars(select(column)).all() == [new.id], column
    assert sorted(db.session.scalars(select(ImportRun.stage))) == ["done", "mapping"]


def test_it_goes_by_itself_once_a_night(app: Flask) -> None:
    saved(ImportRun(maker_id=make_user(Role.STUDENT).id, file_name="a.csv", file_hash="x", table={}))
    backdate(ImportRun.created_at, ImportRun, clock.now() - LONG_AGO)
    huey, midnight = app.extensions["proeve_huey"], clock.at(clock.today(), 0)
    minutes = (midnight + timedelta(minutes=number) for number in range(24 * 60))
    (nightly,) = (task for at in minutes for task in huey.read_periodic(at) if task.name == "each_night")
    nightly.execute()
    refresh()
    assert db.session.scalars(select(ImportRun.id)).all() == []


def test_a_guest_is_kept_until_the_last_of_their_moments_is_over(app: Flask) -> None:
    first = make_invited(starts_at=clock.now() + timedelta(days=2), email=EMAIL)
    last = make_invited(starts_at=clock.now() + timedelta(days=4), email=EMAIL)
    run(withdraw_invitation, SYSTEM, [first.sitting])
    with transaction():
        old = clock.now() - LONG_AGO
        db.session.execute(update(Invitation).where(Invitation.id == first.row.id).values(withdrawn_at=old))
    run(forget_outdated, SYSTEM)
    assert first.person.email == EMAIL
    assert GuestVisitor(app).post("/uitnodiging/", {"code": last.code}).status_code == 302
    run(withdraw_invitation, SYSTEM, [last.sitting])
    backdate(Invitation.withdrawn_at, Invitation, clock.now() - LONG_AGO)
    run(forget_outdated, SYSTEM)
    assert first.person.email is None


def test_a_guest_who_is_still_expected_hears_of_the_end_however_old_their_mail_is(app: Flask) -> None:
    invited = make_invited(starts_at=clock.now() + timedelta(days=2))
    backdate(OutboxMail.created_at, OutboxMail, clock.now() - LONG_AGO)
    backdate(OutboxMail.state, OutboxMail, "sent")
    run(forget_outdated, SYSTEM)
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    refresh()
    assert [mail.purpose for mail in db.session.scalars(select(OutboxMail).order_by(OutboxMail.id))] == [
        "invitation",
        "invitation_ended",
    ]
    run(forget_outdated, SYSTEM)
    assert db.session.scalars(select(OutboxMail.purpose)).all() == ["invitation_ended"]


def test_an_address_that_was_forgotten_is_a_new_guest(app: Flask) -> None:
    invited = make_invited(email=EMAIL)
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    backdate(Invitation.withdrawn_at, Invitation, clock.now() - LONG_AGO)
    run(forget_outdated, SYSTEM)
    assert make_invited(email=EMAIL).guest != invited.guest
