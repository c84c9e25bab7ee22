"""Scenes on signing in: codes, passwords, second factors, sessions and one's own profile."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from flask import current_app
from sqlalchemy import select, update
from werkzeug.security import generate_password_hash

from app.actions.access import passkeys
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.users import User
from app.models import EmailChange, LoginCode, UserSession
from app.permissions import Actor, Role, actor_of
from app.queries.access import factors
from app.queries.access.codes import address_code, code_for
from app.rules.passkeys import Answer, Site
from app.rules.sessions import Opening
from app.rules.tokens import new_token
from app.rules.tries import Browser, Kind, Place
from app.rules.typed import Typed
from tests.factories import app_code, make_app, make_passkey, make_user
from tests.factories.factors import SECRET
from tests.support import clock
from tests.support.device import asked_to
from tests.support.scenes.stage import Stage, scene

PASSWORD = "vier woorden samen zijn lang"
OTHER = "heel andere woorden, ook lang"


def with_password(s: Stage, *roles: str) -> tuple[Actor, int]:
    user = make_user(*(roles or ("school_examiner",)), password=generate_password_hash(PASSWORD))
    return actor_of(user), user.id


def opening() -> Opening:
    return Opening(new_token(), address="192.0.2.1", device="Firefox · Linux")


# -- codes


@scene("make_codes")
def _make_codes(s: Stage) -> None:
    s.run("make_codes", s.user().id)


@scene("send_login_codes")
def _send_login_codes(s: Stage) -> None:
    s.run("send_login_codes", s.user().id)


@scene("print_codes")
def _print_codes(s: Stage) -> None:
    s.run("print_codes", s.user().id)


def _code(s: Stage, user_id: int) -> str:
    s.run("make_codes", user_id)
    nonce = db.session.scalars(select(LoginCode.nonce).where(LoginCode.user_id == user_id)).one()
    return code_for(user_id, nonce)


@scene("use_code")
def _use_code(s: Stage) -> None:
    user = s.user().id
    s.run("use_code", user_id=user, code=_code(s, user), opening=opening())


@scene("request_code")
def _request_code(s: Stage) -> None:
    s.run("request_code", account=s.user().id, purpose="sign_in", browser="b")


def _mailed(s: Stage) -> int:
    s.run("request_code", account=s.user().id, purpose="sign_in", browser="b")
    return db.session.scalars(select(LoginCode.id).order_by(LoginCode.id.desc())).first() or 0


@scene("count_code_try")
def _count_code_try(s: Stage) -> None:
    _mailed(s)
    s.run("count_code_try", browser="b")


@scene("use_mailed_code")
def _use_mailed_code(s: Stage) -> None:
    s.run("use_mailed_code", code_id=_mailed(s), opening=opening())


# -- signing in


@scene("count_try")
def _count_try(s: Stage) -> None:
    s.run("count_try", kind=Kind.PASSWORD, place=Place("192.0.2.1"), typed=s.user().username)


@scene("record_sign_in")
def _record_sign_in(s: Stage) -> None:
    _actor, user = with_password(s)
    fits = s.one(User, user).password
    s.run("record_sign_in", user_id=user, fits=fits, opening=opening())


@scene("complete_sign_in")
def _complete_sign_in(s: Stage) -> None:
    session = s.world.own[f"session of {Role.ADMINISTRATOR}"]
    with transaction():
        mine = UserSession.id == session
        db.session.execute(update(UserSession).where(mine).values(strong_at=clock.now()))
    s.run("complete_sign_in", actor=s.admin, session_id=session, browser=Browser(fresh="b"))


@scene("record_failed_sign_in")
def _record_failed_sign_in(s: Stage) -> None:
    s.run("record_failed_sign_in", address="192.0.2.1")


@scene("record_sign_out")
def _record_sign_out(s: Stage) -> None:
    s.run(
        "record_sign_out",
        user_id=s.user().id,
        session_id=s.world.own[f"session of {Role.COMPANY_SUPERVISOR}"],
    )


@scene("note_visit")
def _note_visit(s: Stage) -> None:
    with transaction():
        db.session.execute(update(UserSession).values(last_seen_at=clock.now() - timedelta(hours=1)))
    s.run("note_visit", session_id=s.world.own["session"], address="192.0.2.1")


@scene("note_programme")
def _note_programme(s: Stage) -> None:
    s.run("note_programme", actor=s.admin, programme_id=s.world.own["programme"])


@scene("renew_session")
def _renew_session(s: Stage) -> None:
    session = s.world.own[f"session of {Role.ADMINISTRATOR}"]
    s.run("renew_session", actor=s.admin, session_id=session, token_hash=new_token())


@scene("end_own_session")
def _end_own_session(s: Stage) -> None:
    s.run("end_own_session", s.world.own[f"session of {Role.ADMINISTRATOR}"], actor=s.admin)


@scene("end_own_sessions")
def _end_own_sessions(s: Stage) -> None:
    s.run("end_own_sessions", actor=s.admin)


@scene("end_sessions_of_users")
def _end_sessions_of_users(s: Stage) -> None:
    s.run("end_sessions_of_users", s.user().id)


# -- one's own profile


@scene("save_profile")
def _save_profile(s: Stage) -> None:
    given = {"first_name": "Ans", "infix": "de", "last_name": "Wit", "phone": "06 12345678", "language": "en"}
    s.run("save_profile", actor=s.admin, version=1, **given)


@scene("change_password")
def _change_password(s: Stage) -> None:
    actor, _user = with_password(s)
    s.run("change_password", actor=actor, present=PASSWORD, password=OTHER)


@scene("choose_password")
def _choose_password(s: Stage) -> None:
    actor, user = with_password(s)
    s.run("use_code", user_id=user, code=_code(s, user), opening=opening())
    newest = db.session.scalars(select(UserSession.id).order_by(UserSession.id.desc())).first()
    s.run("choose_password", actor=actor, session_id=newest, password=OTHER)


@scene("make_calendar_link")
def _make_calendar_link(s: Stage) -> None:
    s.run("make_calendar_link", actor=s.admin)


@scene("drop_calendar_link")
def _drop_calendar_link(s: Stage) -> None:
    s.run("make_calendar_link", actor=s.admin)
    s.run("drop_calendar_link", actor=s.admin)


def _change_asked(s: Stage) -> tuple[Actor, EmailChange]:
    actor, _user = with_password(s)
    s.run("change_email", actor=actor, email="nieuw@example.nl", present=PASSWORD)
    return actor, db.session.scalars(select(EmailChange).where(EmailChange.ended_at.is_(None))).one()


@scene("change_email")
def _change_email(s: Stage) -> None:
    _change_asked(s)


@scene("confirm_email")
def _confirm_email(s: Stage) -> None:
    actor, change = _change_asked(s)
    s.run("confirm_email", actor=actor, code=address_code(change.nonce))


@scene("cancel_email_change")
def _cancel_email_change(s: Stage) -> None:
    actor, _change = _change_asked(s)
    s.run("cancel_email_change", actor=actor)


@scene("stop_email_change")
def _stop_email_change(s: Stage) -> None:
    _actor, change = _change_asked(s)
    s.run("stop_email_change", change_id=change.id)


# -- second factors


@scene("set_up_app")
def _set_up_app(s: Stage) -> None:
    s.patch.setattr(factors, "secret_behind", lambda _setup, _user: SECRET)
    s.run("set_up_app", actor=s.admin, setup="s", code=app_code())


@scene("remove_app")
def _remove_app(s: Stage) -> None:
    make_app(s.user())
    s.run("remove_app", actor=actor_of(s.user()))


@scene("make_recovery_codes")
def _make_recovery_codes(s: Stage) -> None:
    make_app(s.user())
    for _ in range(2):
        s.run("make_recovery_codes", actor=actor_of(s.user()), codes=["AAAA-BBBB-CCCC-DDDD"[: 10 + _ * 4]])


@scene("show_code")
def _show_code(s: Stage) -> None:
    make_app(s.user())
    s.run("show_code", actor=actor_of(s.user()), code=app_code())


@scene("show_password")
def _show_password(s: Stage) -> None:
    actor, _user = with_password(s)
    s.run("show_password", actor=actor, password=PASSWORD)


@scene("record_failed_proof")
def _record_failed_proof(s: Stage) -> None:
    s.run("record_failed_proof", actor=s.admin, address="192.0.2.1")


@scene("reset_second_factor")
def _reset_second_factor(s: Stage) -> None:
    make_app(s.user())
    s.run("reset_second_factor", s.user().id)


SITE, ANSWER = Site("examens.example.nl", "https://examens.example.nl"), "{}"


@scene("register_passkey")
def _register_passkey(s: Stage) -> None:
    made = SimpleNamespace(credential_id=b"id", credential_public_key=b"key", sign_count=0)
    s.patch.setattr(passkeys, "verify_registration_response", lambda **_given: made)
    asked = asked_to("register", s.admin.id)
    s.run("register_passkey", actor=s.admin, name="telefoon", credential=ANSWER, challenge=asked, site=SITE)


@scene("remove_passkey")
def _remove_passkey(s: Stage) -> None:
    make_app(s.user(Role.ADMINISTRATOR))
    s.run("remove_passkey", s.world.own[f"passkey of {Role.ADMINISTRATOR}"], actor=s.admin)


@scene("show_passkey")
def _show_passkey(s: Stage) -> None:
    passkey = make_passkey(s.user())
    s.patch.setattr(passkeys, "_accepted", lambda *_given: db.session.merge(passkey))
    s.run("show_passkey", actor=actor_of(s.user()), answer=Answer(ANSWER, None, SITE))


@scene("sign_in_by_passkey")
def _sign_in_by_passkey(s: Stage) -> None:
    passkey = make_passkey(s.user())
    s.patch.setattr(passkeys, "_accepted", lambda *_given: db.session.merge(passkey))
    s.run("sign_in_by_passkey", answer=Answer(ANSWER, None, SITE), opening=opening())


@scene("seal_anew")
def _seal_anew(s: Stage) -> None:
    make_app(s.user())
    s.patch.setitem(current_app.config, "SECRET_KEY_FALLBACKS", [current_app.config["SECRET_KEY"]])
    s.patch.setitem(current_app.config, "SECRET_KEY", "a newer key of the school, as long as it must be")
    s.run("seal_anew")


TYPED = Typed("/studenten/do/add_student", [("first_name", "Noor")])


@scene("keep_typed")
def _keep_typed(s: Stage) -> None:
    s.run("keep_typed", user_id=s.user().id, handle="a handle", typed=TYPED)


@scene("drop_typed")
def _drop_typed(s: Stage) -> None:
    s.run("keep_typed", user_id=s.user().id, handle="a handle", typed=TYPED)
    s.run("drop_typed", user_id=s.user().id, handle="a handle")
