"""Another secret key: what goes on with the old one beside it, what ends without, and the commands for it.

docs/running.md, "Secrets", promises each of these.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.security import generate_password_hash

from app import sealing
from app.actions.access.calendar import make_calendar_link
from app.actions.access.email_change import change_email
from app.actions.access.login_codes import send_login_codes
from app.actions.access.second_factor import AppForm, set_up_app
from app.actions.base.runner import run
from app.entities.base import db
from app.entities.factors import Authenticator
from app.entities.mail import OutboxMail
from app.entities.trail import AuditEntry, AuditObject
from app.entities.users import User
from app.permissions import Actor, actor_of
from app.queries.access.calendar import owner_of
from app.queries.access.factors import factors_of, new_setup, secret_behind, unreadable_apps
from app.queries.access.passkeys import handle_of
from app.queries.mail.mail_bodies import code_in, link_in, ready_body
from app.rules.second_factor import Shown
from config import Settings, flask_config
from tests.factories import app_code, make_app, make_recovery_codes, make_user, refresh
from tests.pages.access.test_sign_in import PASSWORD
from tests.support import clock
from tests.support.device import Device
from tests.support.guests import GuestVisitor, make_invited
from tests.support.processes import command
from tests.support.visitor import TOKEN, Visitor
from tests.test_commands import invoke

OLD, NEW, NEWEST = "oude sleutel " * 4, "nieuwe sleutel " * 4, "nieuwste sleutel " * 4
NAMES = ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "WTF_CSRF_SECRET_KEY")
HERE = {"Host": "localhost"}
STEP = "/aanmelden/tweede-stap"
RECOVERY = "7KQ2M9XDTR4WB0HZ"
Use = Callable[..., None]


@pytest.fixture
def use(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Use:
    """use(NEW, OLD): as after a start with these keys, the newest first."""

    def started(newest: str, *older: str) -> None:
        given = flask_config(Settings(given_key=newest, given_old_keys="\n".join(older)))
        for name in NAMES:
            monkeypatch.setitem(app.config, name, given[name])
        refresh()

    started(OLD)
    return started


def user_now(**values: Any) -> User:
    return make_user("school_examiner", password=generate_password_hash(PASSWORD), **values)


def shown_now(user: User) -> Actor:
    return actor_of(user, Shown(clock.now(), clock.now(), clock.now()))


def mails() -> dict[str, OutboxMail]:
    refresh()
    return {mail.purpose: mail for mail in db.session.scalars(select(OutboxMail).order_by(OutboxMail.id))}


def noted(action: str) -> list[tuple[str, int]]:
    """Who did this on which row, of every entry in the trail."""
    refresh()
    found = (
        select(AuditEntry.actor_name, AuditObject.object_id)
        .join(AuditObject, AuditObject.entry_id == AuditEntry.id)
        .where(AuditEntry.action == action)
        .order_by(AuditObject.object_id)
    )
    return [(row.actor_name, row.object_id) for row in db.session.execute(found)]


def second_step(app: Flask, username: str, code: str) -> int:
    """Sign in with the password and this code: the status of the second step."""
    page = Visitor(app)
    answer = page.post("/aanmelden", {"username": username, "password": PASSWORD})
    assert answer.status_code == 302
    found = TOKEN.search(page.get(STEP).text)
    assert found is not None
    return page.post(STEP, {"csrf_token": found[1], "proof_code": code}).status_code


def sign_in_with(device: Device, page: Visitor) -> int:
    token = page.token()
    asked = page.client.post("/aanmelden/passkey/vraag", data={"csrf_token": token}, headers=HERE)
    sent = {"csrf_token": token, "credential": device.answer(asked.get_json())}
    return page.client.post("/aanmelden/passkey", data=sent, headers=HERE).status_code


# --- with the old key beside it ---------------------------------------------------------------


def test_what_a_tab_keeps_opens_after_a_newer_key(app: Flask, use: Use) -> None:
    """A draft is of the account that its page names, and of the key that stood there (drafts.js)."""
    page, other = (Visitor(app, make_user("administrator")) for _one in range(2))

    def told(visitor: Visitor) -> tuple[str, list[str]]:
        text = visitor.get("/mijn-profiel/").text
        (account,), (keys,) = (
            re.findall(rf'data-{name}="([^"]+)"', text) for name in ("account", "draft-key")
        )
        return account, keys.split()

    account, (old,) = told(page)
    use(NEW, OLD)
    again, (newest, kept) = told(page)
    assert (again, kept) == (account, old)
    assert newest != old
    theirs = told(other)
    assert theirs[0] != account
    assert not {newest, kept} & set(theirs[1])


def test_a_session_and_an_open_form_outlive_a_newer_key(app: Flask, use: Use) -> None:
    page = Visitor(app, make_user("administrator"))
    token = page.token()
    use(NEW, OLD)
    assert page.get("/gebruikers/").status_code == 200
    answer = page.post("/taal", {"csrf_token": token, "language": "en", "back": "/"})
    assert answer.status_code == 302
    page._token = ""
    assert page.token() != token
    assert page.get("/gebruikers/").status_code == 200


def test_an_authenticator_app_outlives_newer_keys(app: Flask, use: Use) -> None:
    name = user_now().username
    make_app(db.session.scalars(select(User).filter_by(username=name)).one())
    use(NEWEST, NEW, OLD)
    assert unreadable_apps() == 0
    assert second_step(app, name, app_code()) == 302


def test_an_app_that_is_being_set_up_is_the_app_of_the_page(app: Flask, use: Use) -> None:
    user = user_now()
    setup = new_setup(user.id)
    secret = secret_behind(setup, user.id)
    assert secret is not None
    use(NEW, OLD)
    assert secret_behind(setup, user.id) == secret
    assert secret_behind(setup, user.id + 1) is None
    run(set_up_app, shown_now(user), setup=setup, code=pyotp.TOTP(secret).at(clock.seconds()))
    use(NEW)
    assert unreadable_apps() == 0, "the newest key seals"


@pytest.mark.parametrize("later", [(NEW, OLD), (NEW,)], ids=["kept", "gone"])
def test_a_passkey_signs_in_whatever_becomes_of_the_key(app: Flask, use: Use, later: tuple[str, ...]) -> None:
    user = make_user("student")
    device = Device(user, handle_of(user.id))
    assert sign_in_with(device, Visitor(app)) == 302
    use(*later)
    assert handle_of(user.id) != device._handle
    assert sign_in_with(device, Visitor(app)) == 302
    assert sign_in_with(Device(make_user("student", active=False), b"anybody"), Visitor(app)) == 422


@pytest.mark.parametrize(
    ("name", "value"),
    [("PRESENT_AND_VERIFIED", 0x01), ("ORIGIN", "http://evil.example"), ("SITE", "evil.example")],
    ids=["without PIN or finger", "on a page of another site", "made for another site"],
)
def test_a_passkey_is_of_this_site_and_shows_its_owner(
    app: Flask, monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    user = make_user("student")
    device = Device(user, handle_of(user.id))
    assert sign_in_with(device, Visitor(app)) == 302
    monkeypatch.setattr(f"tests.support.device.{name}", value)
    assert sign_in_with(device, Visitor(app)) == 422


def test_an_answer_of_a_passkey_signs_in_once(app: Flask) -> None:
    """Also of a device that counts nothing, and with the cookie of before."""
    user = make_user("student")
    device, page = Device(user, handle_of(user.id)), Visitor(app)
    device._count = -1
    token = page.token()
    asked = page.client.post("/aanmelden/passkey/vraag", data={"csrf_token": token}, headers=HERE)
    sent = {"csrf_token": token, "credential": device.answer(asked.get_json())}
    with page.client.session_transaction() as session:
        cookie = dict(session)

    def send() -> int:
        copy = Visitor(app)
        with copy.client.session_transaction() as session:
            session.update(cookie)
        return copy.client.post("/aanmelden/passkey", data=sent, headers=HERE).status_code

    assert [send(), send()] == [302, 422]


def waiting_codes(user: User) -> dict[str, str]:
    """Purpose -> code, of every kind of mail with a code that waits in the outbox."""
    run(send_login_codes, shown_now(make_user("administrator")), [user.id])
    run(change_email, shown_now(user), email="ergens@example.nl", present=PASSWORD)
    return {purpose: code_in(mail) for purpose, mail in mails().items() if code_in(mail)}


def test_every_code_that_waits_in_the_outbox_is_the_same_under_a_newer_key(app: Flask, use: Use) -> None:
    user = user_now()
    Visitor(app).post("/aanmelden/stuur-code", {"username": user.username})
    invited = make_invited()
    link = link_in(mails()["invitation"])
    before = waiting_codes(user)
    assert set(before) == {"login_code", "sign_in", "invitation", "email_code", "email_notice"}
    use(NEW, OLD)
    assert {purpose: code_in(mails()[purpose]) for purpose in before} == before
    assert link_in(mails()["invitation"]) == link
    page = GuestVisitor(app)
    assert page.post("/uitnodiging/", {"code": before["invitation"]}).status_code == 302
    assert invited.guest
    given = {"username": user.username, "code": before["login_code"]}
    assert Visitor(app).post("/aanmelden/code", given).status_code == 302


# --- with the old key gone --------------------------------------------------------------------


def test_without_the_old_key_a_mailed_code_is_known_as_gone(app: Flask, use: Use) -> None:
    Visitor(app).post("/aanmelden/stuur-code", {"username": user_now().username})
    use(NEW)
    assert code_in(mails()["sign_in"]) == ""


def test_without_the_old_key_sessions_and_open_forms_end(app: Flask, use: Use) -> None:
    page = Visitor(app, make_user("administrator"))
    token = page.token()
    use(NEW)
    assert page.get("/gebruikers/").status_code == 302
    assert page.post("/taal", {"csrf_token": token, "language": "en", "back": "/"}).status_code == 400


def test_without_the_old_key_an_app_is_no_crash_and_can_be_set_up_anew(app: Flask, use: Use) -> None:
    user = user_now()
    make_app(user)
    make_recovery_codes(user, RECOVERY)
    name = user.username
    use(NEW)
    assert unreadable_apps() == 1
    assert second_step(app, name, app_code()) == 422
    assert second_step(app, name, RECOVERY) == 302, "a recovery code is drawn from no key"
    setup = new_setup(user.id)
    code = pyotp.TOTP(secret_behind(setup, user.id) or "").at(clock.seconds())
    seen = AppForm.initial(shown_now(user), None)["seen"]
    assert run(set_up_app, shown_now(user), setup=setup, code=code, seen=seen).done == 1
    assert unreadable_apps() == 0


def test_without_the_old_key_a_waiting_mail_is_not_sent_and_a_sent_code_works(app: Flask, use: Use) -> None:
    user = user_now()
    Visitor(app).post("/aanmelden/stuur-code", {"username": user.username})
    make_invited()
    before = waiting_codes(user)
    use(NEW)
    assert [ready_body(mails()[purpose]) for purpose in before] == [None] * len(before)
    given = {"username": user.username, "code": before["login_code"]}
    assert Visitor(app).post("/aanmelden/code", given).status_code == 302
    assert GuestVisitor(app).post("/uitnodiging/", {"code": before["invitation"]}).status_code == 302


def test_a_calendar_link_is_drawn_from_no_key(app: Flask, use: Use) -> None:
    user = user_now()
    outcome: Any = run(make_calendar_link, shown_now(user))
    use(NEW)
    found = owner_of(outcome.token)
    assert found is not None
    assert found.id == user.id


# --- sealing ----------------------------------------------------------------------------------


def test_a_sealed_text_opens_with_any_key_and_for_its_purpose_only(app: Flask, use: Use) -> None:
    sealed = sealing.seal("geheim", "totp|1")
    use(NEW, OLD)
    assert sealing.unseal(sealed, "totp|1") == "geheim"
    assert not sealing.is_newest(sealed, "totp|1")
    assert sealing.is_newest(sealing.seal("geheim", "totp|1"), "totp|1")
    for text, purpose, keys in ((sealed, "totp|2", (NEW, OLD)), (sealed, "totp|1", (NEW,))):
        use(*keys)
        with pytest.raises(sealing.Unreadable):
            sealing.unseal(text, purpose)


def test_what_was_sealed_once_opens_for_ever(app: Flask, use: Use) -> None:
    """AES-256-GCM, under a key that HKDF makes of the school's: a text of before, made by that recipe."""
    assert sealing.unseal("AAECAwQFBgcICQoLuJNqu867wJELkz1oSQLODb_RC0452w", "totp|1") == "geheim"


def test_a_sealed_text_is_another_each_time_and_does_not_open_when_changed(app: Flask, use: Use) -> None:
    sealed = sealing.seal("geheim", "totp|1")
    assert sealed != sealing.seal("geheim", "totp|1")
    assert sealed[:16] != sealing.seal("geheim", "totp|1")[:16], "the nonce"
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(("B" if sealed[20] == "A" else "A").join((sealed[:20], sealed[21:])), "totp|1")


# --- the commands -----------------------------------------------------------------------------


@pytest.fixture
def key_file(app: Flask) -> Iterator[Path]:
    """The key file of this school, put back afterwards."""
    path: Path = app.extensions["proeve_settings"].key_file
    was = path.read_text()
    yield path
    path.write_text(was)


def test_a_key_is_replaced_without_loss_step_by_step(app: Flask, use: Use, key_file: Path) -> None:
    """The procedure of docs/running.md, each step by the command itself."""
    name = user_now().username
    first = key_file.read_text().strip()
    use(first)
    make_app(db.session.scalars(select(User).filter_by(username=name)).one())
    db.session.remove()

    status, shown = command(app, "new-key")
    assert (status, "seal-anew" in shown) == (0, True), shown
    newest, *older = key_file.read_text().split()
    assert older == [first]
    assert newest not in shown
    assert newest != first
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert sorted(path.name for path in key_file.parent.glob("secret-key*")) == ["secret-key"]

    status, shown = command(app, "seal-anew")
    assert (status, shown) == (0, "1 geheim opnieuw versleuteld met de nieuwste sleutel.\n")
    key_file.write_text(f"{newest}\n")
    use(*app.extensions["proeve_settings"].secret_keys())
    assert second_step(app, name, app_code()) == 302


def test_sealing_anew_changes_each_row_once_and_tells_the_trail(app: Flask, use: Use) -> None:
    users = [user_now() for _n in range(3)]
    for user in users[:2]:
        make_app(user)
    use(NEW, OLD)
    make_app(users[2])
    assert invoke(app, "seal-anew") == (0, "2 geheimen opnieuw versleuteld met de nieuwste sleutel.\n")
    sealed = db.session.scalars(select(Authenticator.sealed_secret).order_by(Authenticator.id)).all()
    assert invoke(app, "seal-anew") == (0, "0 geheimen opnieuw versleuteld met de nieuwste sleutel.\n")
    again = db.session.scalars(select(Authenticator.sealed_secret).order_by(Authenticator.id)).all()
    assert again == sealed
    assert noted("seal_anew") == [("Proeve", user.id) for user in users[:2]]
    use(NEW)
    assert unreadable_apps() == 0


def test_sealing_anew_names_what_no_key_opens_and_does_the_rest(app: Flask, use: Use) -> None:
    lost, kept = user_now(), user_now()
    make_app(lost)
    use(NEW)
    make_app(kept)
    use(NEWEST, NEW)
    status, shown = invoke(app, "seal-anew")
    assert status == 1
    assert "1 geheim opnieuw" in shown
    assert f"{lost.username}: " in shown
    assert kept.username not in shown


def test_a_key_out_of_the_environment_is_replaced_there(app: Flask, key_file: Path) -> None:
    was = key_file.read_text()
    status, shown = command(app, "new-key", PROEVE_SECRET_KEY="k" * 40)
    assert status == 1
    assert "PROEVE_OLD_SECRET_KEYS" in shown
    assert "k" * 40 not in shown
    assert key_file.read_text() == was


def test_a_second_factor_is_reset_when_no_administrator_gets_in(app: Flask) -> None:
    user, other = make_user("administrator"), make_user("administrator")
    for one in (user, other):
        make_app(one)
    name, number = user.username, user.id
    page = Visitor(app, user)
    status, shown = invoke(app, "reset-second-factor", name.upper())
    assert (status, shown) == (0, f"De tweede stap van {user.full_name} is verwijderd.\n")
    assert (factors_of(number).count, factors_of(other.id).count) == (0, 1)
    assert page.get("/").status_code == 302
    assert noted("reset_second_factor") == [("Proeve", number)]
    assert mails()["factor_reset"].to_user_id == number
    status, shown = invoke(app, "reset-second-factor", name)
    assert (status, "heeft geen tweede stap" in shown) == (0, True)
    assert db.session.scalar(select(func.count()).select_from(OutboxMail)) == 1


def test_resetting_for_nobody_is_said(app: Flask) -> None:
    status, shown = invoke(app, "reset-second-factor", "niemand")
    assert (status, "Er is geen gebruiker niemand" in shown) == (1, True)
