"""Guessing never pays, and nobody is shut out by the guessing of somebody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.security import generate_password_hash

from app.actions.access.own_password import choose_password
from app.actions.access.passkeys import sign_in_by_passkey
from app.actions.access.second_factor import show_code
from app.actions.access.sessions import end_own_sessions, renew_session
from app.actions.access.sign_in import complete_sign_in, record_sign_in
from app.actions.base.action import REGISTRY
from app.actions.base.runner import run
from app.actions.planning.invitations import resend_invitation
from app.actions.school.retention import forget_outdated
from app.actions.users.users import deactivate_users
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.profile import EmailChange
from app.entities.sessions import UserSession
from app.entities.trail import AuditEntry
from app.entities.users import KnownBrowser, SignInAttempt, User
from app.errors import NotAllowed, NotFound, RuleBroken
from app.permissions import RIGHTS, SYSTEM, Permission, Role, actor_of
from app.queries.access.browsers import KEPT
from app.queries.access.codes import stop_code
from app.queries.access.passkeys import handle_of
from app.rules import tries
from app.rules.invitations import parts
from app.rules.passkeys import Answer
from app.rules.sessions import Opening, Renewal
from app.rules.tokens import fingerprint
from tests.factories import app_code, make_app, make_student, make_user, refresh
from tests.pages.access.test_second_factor import PAGE, STEP, half_way, shown_now, trail
from tests.pages.access.test_sign_in import (
    OTHER,
    PASSWORD,
    TOKEN,
    browser,
    is_in,
    sign_in,
    submit,
    user_with_password,
    with_code,
)
from tests.support import clock
from tests.support.at_once import at_once
from tests.support.device import HERE, Device, asked_to
from tests.support.guests import make_invited
from tests.support.queries import counted
from tests.support.visitor import Visitor

VisitorOf = Callable[..., Visitor]
WRONG, WAIT, SLOW = "horen niet bij elkaar", "Te vaak geprobeerd", "vaak achter elkaar geprobeerd"
ASK = "/aanmelden/stuur-code"
FREE = tries.LIMITS[tries.Kind.PASSWORD].free or 0


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries are counted at one moment, however long a test takes; `before` moves what was tried."""
    moment = clock.now()
    monkeypatch.setattr("app.actions.access.tries.utc_now", lambda: moment)


def rows(*conditions: Any) -> int:
    refresh()
    return db.session.scalar(select(func.count()).select_from(SignInAttempt).where(*conditions)) or 0


def known_in(user: User, **values: Any) -> FlaskClient:
    """A browser in which this user signed in before, and out again."""
    client = browser(user_app())
    sign_in(client, user.username, **values)
    leave(client)
    return client


def leave(client: FlaskClient) -> None:
    token = TOKEN.search(client.get("/mijn-profiel/").text) or TOKEN.search(client.get(STEP).text)
    assert token is not None
    client.post("/afmelden", data={"csrf_token": token[1]})
    assert not is_in(client)


def user_app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]


def guess(name: str, client: FlaskClient | None = None) -> str:
    return str(sign_in(client or browser(user_app()), name, "fout").text)


def flood(count: int) -> int:
    """So many tries out of this address, on names of nobody; gives how many were looked at."""
    return sum(WRONG in guess(f"niemand{number}") for number in range(count))


class TestAPageTakesTheProofThatItAsks:
    def test_another_proof_at_the_second_step_is_a_wrong_try(self, app: Flask) -> None:
        """The box for a password is not on the page: what is sent for it counts for nothing."""
        user = user_with_password("administrator")
        make_app(user)
        page = half_way(app, user)
        answers = [page.post(STEP, {"proof_password": PASSWORD}).status_code for _ in range(5)]
        assert answers == [422] * 5
        assert (trail("show_password"), trail("complete_sign_in"), trail("record_failed_proof")) == (0, 0, 5)
        assert WAIT in half_way(app, user).post(STEP, {"proof_code": app_code()}).text

    @pytest.mark.parametrize(
        "sent",
        [
            {"proof_password": PASSWORD, "proof_code": "000000"},
            {"proof_password": PASSWORD, "proof_passkey": "{}"},
            {"proof_was": "GET", "proof_password": PASSWORD, "proof_code": "", "present": PASSWORD},
        ],
    )
    def test_nothing_beside_it_takes_the_count_away(self, app: Flask, sent: dict[str, str]) -> None:
        user = user_with_password("administrator")
        make_app(user)
        texts = [half_way(app, user).post(STEP, sent).text for _ in range(40)]
        assert [WAIT in text for text in texts] == [False] * 5 + [True] * 35
        assert trail("complete_sign_in") == 0

    @pytest.mark.parametrize("path", [f"{PAGE}do/remove_app", f"{PAGE}herstelcodes"])
    def test_who_has_a_second_factor_does_not_pass_with_the_password(self, app: Flask, path: str) -> None:
        user = user_with_password("student")
        make_app(user)
        long_ago = clock.now() - timedelta(minutes=16)
        page = half_way(app, user, strong_at=long_ago, password_at=long_ago)
        for _ in range(5):
            answer = page.post(path, {"proof_was": "POST", "proof_password": PASSWORD, "confirmed": "1"})
            assert answer.status_code == 422
        refused = page.post(path, {"proof_was": "POST", "proof_code": app_code(), "confirmed": "1"})
        assert (refused.status_code, WAIT in refused.text) == (422, True)
        assert trail("show_password") == 0

    def test_definitive_takes_no_password_and_a_page_without_proof_takes_none(
        self, app: Flask, visitor_of: VisitorOf
    ) -> None:
        user = user_with_password("school_examiner", "administrator")
        make_app(user)
        page = half_way(app, user, strong_at=clock.now() - timedelta(minutes=16))
        for path in ("/te-beoordelen/do/make_definitive?id=1", "/gebruikers/do/add_user"):
            page.post(path, {"proof_was": "POST", "proof_password": PASSWORD, "confirmed": "1"})
        assert trail("show_password") == 0
        assert rows(SignInAttempt.kind == tries.Kind.PRESENT) == 0

    def test_who_has_no_second_factor_shows_the_password(self, app: Flask) -> None:
        user = user_with_password("student")
        long_ago = clock.now() - timedelta(minutes=16)
        page = half_way(app, user, password_at=long_ago)
        sent = {"proof_was": "GET", "proof_code": "000000", "proof_password": "fout"}
        assert page.post(f"{PAGE}do/set_up_app", sent).status_code == 422
        assert page.post(f"{PAGE}do/set_up_app", {**sent, "proof_password": PASSWORD}).status_code == 302
        assert "QR" in page.get(f"{PAGE}do/set_up_app").text
        assert (trail("show_password"), rows()) == (1, 0)

    def test_a_success_forgives_only_its_own_kind(self, app: Flask) -> None:
        user = user_with_password("student")
        make_app(user)
        for _ in range(4):
            half_way(app, user).post(STEP, {"proof_code": "000000"})
            guess(user.username)
        here = browser(app)
        assert sign_in(here, user.username).status_code == 302
        assert rows(SignInAttempt.kind == tries.Kind.PASSWORD) == 0
        assert rows(SignInAttempt.kind == tries.Kind.FACTOR) == 4
        submit(here, STEP, {"proof_code": app_code()})
        assert is_in(here)
        assert rows() == 0


class TestNoActionTrustsItsCaller:
    def test_signing_in_is_complete_after_the_second_step_of_this_session_only(self, app: Flask) -> None:
        user = user_with_password("administrator")
        make_app(user)
        half_way(app, user, strong_at=clock.now())
        shown = session_of(user, latest=True)
        half_way(app, user)
        for session in (session_of(user, latest=True), 0, session_of(make_user("student"))):
            with pytest.raises(RuleBroken, match="tweede stap"):
                run(complete_sign_in, actor_of(user), session_id=session)
        assert trail("complete_sign_in") == 0
        assert run(complete_sign_in, actor_of(user), session_id=shown).done == 1

    def test_renewing_a_session_shows_nothing(self, app: Flask) -> None:
        user = make_user("administrator")
        half_way(app, user, password_at=None)
        session = session_of(user, latest=True)
        with pytest.raises(TypeError):
            run(renew_session, actor_of(user), session_id=session, token_hash="x", strong=True)
        run(renew_session, actor_of(user), session_id=session, token_hash="0" * 64)
        refresh()
        row = db.session.get_one(UserSession, session)
        assert (row.token_hash, row.strong_at, row.password_at) == ("0" * 64, None, None)

    def test_nobody_shows_something_in_the_session_of_another(self, app: Flask) -> None:
        user, other = make_user("student"), make_user("student")
        make_app(user)
        half_way(app, other)
        theirs = session_of(other, latest=True)
        with pytest.raises(NotFound):
            run(show_code, actor_of(user), code=app_code(), renewal=Renewal(theirs, "0" * 64, tries.Place()))
        refresh()
        assert db.session.get_one(UserSession, theirs).strong_at is None

    def test_what_signs_people_in_is_not_for_anybody_to_run(self, app: Flask) -> None:
        machinery = [act for act in REGISTRY.values() if act.permission is Permission.SIGN_IN]
        assert {"count_try", "record_sign_in", "use_code", "use_invitation"} <= {a.name for a in machinery}
        assert RIGHTS[Permission.SIGN_IN] == {}
        for role in Role:
            actor = shown_now(make_user(role))
            for act in machinery:
                with pytest.raises(NotAllowed):
                    run(act, actor)

    def test_no_password_is_chosen_before_the_second_step(self, app: Flask) -> None:
        user = make_user("student")
        make_app(user)
        chosen: dict[str, Any] = {"password": "zeven geiten in de wei"}
        half_way(app, user, code_at=clock.now())
        with pytest.raises(RuleBroken, match="tweede stap"):
            run(choose_password, actor_of(user), session_id=session_of(user, latest=True), **chosen)
        half_way(app, user, code_at=clock.now(), strong_at=clock.now())
        shown = session_of(user, latest=True)
        assert run(choose_password, actor_of(user), session_id=shown, **chosen).done == 1

    def test_a_password_that_changed_meanwhile_opens_nothing(self, app: Flask) -> None:
        user, closed = user_with_password(), user_with_password(active=False)
        for one, fits in (
            (user, "an older hash"),
            (user, ""),
            (closed, closed.password),
            (make_user("student"), ""),
        ):
            with pytest.raises(RuleBroken):
                run(record_sign_in, SYSTEM, user_id=one.id, fits=fits, opening=Opening("0" * 64))


def session_of(user: User, *, latest: bool = False) -> int:
    if not latest:
        Visitor(user_app(), user)
    refresh()
    return db.session.scalar(select(func.max(UserSession.id)).where(UserSession.user_id == user.id)) or 0


class TestTypedTextAndInternalKeys:
    def test_no_name_that_is_typed_is_the_key_of_something_else(self, app: Flask) -> None:
        user = user_with_password("administrator")
        make_app(user)
        for words in ("second factor of", "factor", "account", "present password of", "session", "browser"):
            for _ in range(6):
                guess(f"{words} {user.id}")
            before(seconds=31)
        for name in (f"mail {user.username}", str(user.id), f"mail_request {user.username}"):
            for _ in range(6):
                guess(name)
            before(seconds=31)
        assert half_way(app, user).post(STEP, {"proof_code": app_code()}).status_code == 302
        client = browser(app)
        assert submit(client, ASK, {"username": user.username}).status_code == 302
        assert mails() == 1

    def test_a_code_of_an_invitation_is_no_name(self, app: Flask) -> None:
        invited = make_invited()
        code = invited.code
        for name in (code[:4], f"uitnodiging {code[:4]}"):
            for _ in range(6):
                guess(name)
        assert submit(browser(app), "/uitnodiging/", {"code": code}).status_code == 302


class TestPerAccount:
    def names(self) -> tuple[User, list[str]]:
        user = user_with_password("student", email="Jan@Example.nl".lower())
        make_student(number="A0017", user_id=user.id)
        name = user.username
        return user, [name, f"  {name.upper()} ", user.email, user.email.upper(), "A0017", " a0017"]

    def test_five_tries_by_whatever_name(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        looked: list[bool] = []
        checking = "app.queries.access.recognising.check_password_hash"
        user, names = self.names()
        stored = user.password
        monkeypatch.setattr(checking, lambda kept, _typed: looked.append(kept == stored) and False)
        for name in names:
            for _ in range(5):
                guess(name)
        assert sum(looked) == 5
        monkeypatch.undo()
        for name in names:
            client = browser(app)
            sign_in(client, name)
            assert not is_in(client), name

    def test_nobody_learns_that_two_names_are_of_one_account(self, app: Flask) -> None:
        user, names = self.names()
        told = []
        for first, second in ((names[0], user.email), ("niemand", "niemand@example.nl")):
            texts = [guess(first) for _ in range(6)] + [guess(second) for _ in range(6)]
            told.append([WAIT in text for text in texts])
        assert told[0] == told[1] == [*[False] * 5, True] * 2

    def test_it_costs_as_many_statements_when_the_account_has_had_its_tries(self, app: Flask) -> None:
        user, names = self.names()
        for _ in range(5):
            guess(names[0])
        costs = []
        for name in (user.email, "bestaat-niet", user_with_password().username):
            page = Visitor(app)
            page.token()
            with counted() as statements:
                page.post("/aanmelden", {"username": name, "password": "fout"})
            costs.append(len(statements))
        assert costs[0] == costs[1] == costs[2]

    def test_after_a_quarter_of_an_hour_the_owner_is_let_in_whatever_a_stranger_went_on_with(
        self, app: Flask
    ) -> None:
        user, names = self.names()
        for _ in range(5):
            guess(names[0])
        before(minutes=14, seconds=30)
        assert all(WAIT in guess(names[0]) for _ in range(6)), "and a try that is refused counts for nothing"
        before(seconds=30)
        for name in names[2:5]:
            guess(name)
        client = browser(app)
        sign_in(client, user.username)
        assert is_in(client)


def before(*, minutes: int = 0, seconds: int = 0) -> None:
    """Everything that was tried so far was so long ago."""
    refresh()
    moved = timedelta(minutes=minutes, seconds=seconds + 1)
    with transaction():
        for row in db.session.scalars(select(SignInAttempt)):
            row.at -= moved


@pytest.fixture
def flooded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[bool]]:
    """Takes every turn of this address for what nobody can guess; gives whether the last ones must wait."""

    def take_all() -> list[bool]:
        for kind in (tries.Kind.INVITATION, tries.Kind.CODE, tries.Kind.STOP_CODE, tries.Kind.PASSKEY):
            monkeypatch.setitem(tries.LIMITS, kind, tries.Limit(free=3, longest=5))
        for number in range(4):
            code = f"{number:04d}-0000-0000-0000"
            last = [
                submit(browser(app), "/uitnodiging/", {"code": code}),
                follow_link(app, f"{number:043d}"),
                submit(browser(app), "/aanmelden/code", {"username": f"naam{number}", "code": code}),
                submit(browser(app), "/adreswijziging/", {"code": code}),
                by_passkey(browser(app), lambda _asked: "{}"),
            ]
        return [SLOW in answer.text for answer in last]

    return take_all


def by_passkey(client: FlaskClient, answer: Callable[[dict[str, Any]], str], path: str = "") -> Any:
    """Ask for a challenge and answer it, to sign in or (with a path) as the second step there."""
    found = TOKEN.search(client.get(path or "/aanmelden").text)
    assert found is not None
    sent, here = {"csrf_token": found[1]}, {"base_url": "http://localhost"}
    asked = client.post("/aanmelden/passkey/vraag", data=sent, **here).get_json()
    sent["proof_passkey" if path else "credential"] = answer(asked)
    return client.post(path or "/aanmelden/passkey", data=sent, **here)


def follow_link(app: Flask, token: str) -> Any:
    client = browser(app)
    found = TOKEN.search(client.get("/uitnodiging/").text)
    assert found is not None
    return client.post("/uitnodiging/link", data={"csrf_token": found[1], "token": token})


def asked_change() -> str:
    """The code that stops a change of address for which somebody asked."""
    user, nonce = make_user("student"), "5" * 64
    selector, secret = parts(stop_code(nonce))
    with transaction():
        db.session.add(
            EmailChange(
                user_id=user.id,
                old_email=user.email,
                new_email="nieuw@example.nl",
                nonce=nonce,
                code_hash="",
                stop_selector=selector,
                stop_hash=generate_password_hash(secret),
                expires_at=clock.now() + timedelta(hours=1),
            )
        )
    return stop_code(nonce)


def not_asked(*_args: Any) -> bool:
    raise AssertionError("a slow hash was asked for")


class TestOneAddressIsAWholeSchool:
    def test_guessing_from_one_address_is_slowed_down_and_says_how_long(self, app: Flask) -> None:
        assert flood(FREE + 10) == FREE
        refused = guess("niemand")
        assert SLOW in refused
        assert "Wacht 2 seconden" in refused
        before(seconds=2)
        assert [WRONG in guess(f"later{n}") for n in range(3)] == [True, False, False]
        assert "Wacht 4 seconden" in guess("niemand")

    def test_who_is_let_in_leaves_no_count_behind(self, app: Flask) -> None:
        for _ in range(FREE + 5):
            assert sign_in(browser(app), user_with_password().username).status_code == 302

    def test_a_known_browser_is_not_shut_by_its_neighbours(self, app: Flask) -> None:
        user, colleague = user_with_password(), user_with_password()
        mine = known_in(user)
        assert flood(60) == FREE
        assert SLOW in sign_in(browser(app), user.username).text
        assert SLOW in sign_in(mine, colleague.username).text, "known for its own account only"
        assert WRONG in guess(user.username, mine)
        assert sign_in(mine, user.username).status_code == 302

    def test_browsers_that_are_known_to_one_account_buy_no_tries_at_others(self, app: Flask) -> None:
        """One attacker with five browsers, each known to the attacker: the address waits after twenty."""
        own = user_with_password()
        browsers = [known_in(own) for _ in range(5)]
        others = [user_with_password().username for _ in range(FREE // 2)]
        names = [*others, *(f"niemand{n}" for n in range(FREE))]
        assert sum(WRONG in guess(name, browsers[n % 5]) for n, name in enumerate(names)) == FREE
        assert SLOW in guess("iemand"), "and so does everybody else there"

    def test_a_browser_that_is_known_to_many_waits_in_a_count_of_its_own(self, app: Flask) -> None:
        users = [user_with_password() for _ in range(FREE // 4)]
        mine = known_in(users[0])
        for user in users[1:]:
            sign_in(mine, user.username)
            leave(mine)
        texts = [guess(user.username, mine) for user in users for _ in range(4)]
        assert [WRONG in text for text in texts] == [True] * FREE
        assert SLOW in guess(users[0].username, mine)
        assert WRONG in guess("iemand"), "its address does not"

    def test_who_signs_in_again_and_again_gets_no_new_counts_by_it(self, app: Flask) -> None:
        user = user_with_password()
        for _ in range(12):
            sign_in(browser(app), user.username)
        refresh()
        assert db.session.scalar(select(func.count()).select_from(KnownBrowser)) == 5

    def test_who_is_signed_in_shows_a_second_step_whatever_happens_at_the_address(self, app: Flask) -> None:
        user = make_user("school_examiner")
        make_app(user)
        flood(60)
        page = half_way(app, user, strong_at=clock.now() - timedelta(minutes=16))
        answer = page.post(f"{PAGE}do/remove_app", {"proof_was": "GET", "proof_code": app_code()})
        assert answer.status_code == 302

    def test_a_guest_gets_in_whatever_happens_at_the_address(self, app: Flask) -> None:
        by_code, by_link = make_invited(), make_invited()
        code, token = by_code.code, by_link.token
        flood(60)
        for number in range(60):
            submit(browser(app), "/uitnodiging/", {"code": f"{number:04d}-0000-0000-0000"})
        assert submit(browser(app), "/uitnodiging/", {"code": code}).status_code == 302
        client = browser(app)
        found = TOKEN.search(client.get("/uitnodiging/").text)
        assert found is not None
        answer = client.post("/uitnodiging/link", data={"csrf_token": found[1], "token": token})
        assert answer.status_code == 302

    def test_what_nobody_can_guess_gets_in_through_a_flood_that_takes_every_turn(
        self, app: Flask, flooded: Callable[[], list[bool]]
    ) -> None:
        """The pace has no turn left at this moment; who shows the right secret needs none."""
        by_code, by_link, (student, inlogcode) = make_invited(), make_invited(), with_code("student")
        code, token, change = by_code.code, by_link.token, asked_change()
        owner = make_user("student")
        device = Device(owner, handle_of(owner.id))
        assert flooded() == [True] * 5
        assert submit(browser(app), "/uitnodiging/", {"code": code}).status_code == 302
        assert follow_link(app, token).status_code == 302
        client = browser(app)
        answer = submit(client, "/aanmelden/code", {"username": student.username, "code": inlogcode})
        assert answer.status_code == 302
        assert is_in(client)
        assert submit(browser(app), "/adreswijziging/", {"code": change}).status_code == 302
        assert by_passkey(browser(app), device.answer).status_code == 302
        assert flooded() == [True] * 5, "and the wrong ones still wait"

    def test_what_is_wrong_keeps_its_pace_and_is_not_looked_at(
        self, app: Flask, flooded: Callable[[], list[bool]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No slow hash for who floods; a code of which the first part is right gets the same answer."""
        invited, ended, (student, inlogcode) = make_invited(), make_invited(), with_code("student")
        code, old = invited.code, ended.code
        run(resend_invitation, SYSTEM, [ended.sitting])
        flooded()
        counted_before, failed_before = rows(), trail("record_failed_sign_in")
        monkeypatch.setattr("app.queries.planning.invitation_codes.check_password_hash", not_asked)
        for typed in (f"{code[:5]}0000-0000-0000", old, code[:-1], f"{code}0", "é"):
            assert SLOW in submit(browser(app), "/uitnodiging/", {"code": typed}).text, typed
        assert SLOW in follow_link(app, "A" * 43).text
        for name, typed in (
            (student.username, "0000"),
            ("niemand", inlogcode),
            (make_user().username, inlogcode),
        ):
            answer = submit(browser(app), "/aanmelden/code", {"username": name, "code": typed})
            assert SLOW in answer.text, name
        assert (rows(), trail("record_failed_sign_in")) == (counted_before, failed_before)

    def test_a_right_code_does_not_pass_the_five_tries_of_its_account(
        self, app: Flask, flooded: Callable[[], list[bool]]
    ) -> None:
        (student, inlogcode), code = with_code("student"), make_invited().code
        address = student.email
        for _ in range(5):
            submit(browser(app), "/aanmelden/code", {"username": student.username, "code": "0000"})
            submit(browser(app), "/uitnodiging/", {"code": f"{code[:5]}0000-0000-0000"})
        sent = {"username": student.username, "code": inlogcode}
        assert WAIT in submit(browser(app), "/aanmelden/code", sent).text
        assert WAIT in submit(browser(app), "/uitnodiging/", {"code": code}).text
        flooded()
        told = [
            SLOW in submit(browser(app), "/aanmelden/code", {"username": address, "code": typed}).text
            for typed in (inlogcode, "0000")
        ]
        assert told == [True, True], "an account that has had its tries is not looked at"

    def test_a_passkey_of_a_closed_account_or_signed_elsewhere_keeps_the_pace(
        self, app: Flask, flooded: Callable[[], list[bool]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = Device(make_user("student", active=False), b"anybody")
        elsewhere = Device(make_user("student"), b"anybody")
        flooded()
        assert SLOW in by_passkey(browser(app), closed.answer).text
        monkeypatch.setattr("tests.support.device.ORIGIN", "http://evil.example")
        assert SLOW in by_passkey(browser(app), elsewhere.answer).text

    def test_a_passkey_takes_the_second_step_whatever_a_stranger_with_the_password_tried(
        self, app: Flask
    ) -> None:
        user = user_with_password()
        make_app(user)
        device = Device(user, handle_of(user.id))
        stranger, owner = browser(app), browser(app)
        sign_in(stranger, user.username)
        sign_in(owner, user.username)
        for _ in range(5):
            submit(stranger, STEP, {"proof_code": "000000"})
        assert WAIT in submit(owner, STEP, {"proof_code": app_code()}).text
        assert WAIT in by_passkey(owner, lambda _asked: "{}", STEP).text
        assert by_passkey(owner, device.answer, STEP).status_code == 302
        assert is_in(owner)

    def test_an_invitation_costs_as_many_statements_whatever_code_is_typed(self, app: Flask) -> None:
        invited = make_invited()
        costs = []
        for typed in (f"{invited.code[:5]}0000-0000-0000", "ZZZZ-0000-0000-0000"):
            page = Visitor(app)
            page.token()
            with counted() as statements:
                page.post("/uitnodiging/", {"code": typed})
            costs.append(len(statements))
        assert costs[0] == costs[1]

    @pytest.mark.parametrize("path", ["", STEP], ids=["to sign in", "as the second step"])
    def test_a_flood_of_questions_for_a_passkey_takes_nobody_theirs(self, app: Flask, path: str) -> None:
        """Neighbours at the address, and who knows the password, ask as often as they like."""
        owner = user_with_password()
        device, here = Device(owner, handle_of(owner.id)), {"base_url": "http://localhost"}

        def asks(client: FlaskClient) -> Callable[[], int]:
            if path:
                sign_in(client, owner.username)
            found = TOKEN.search(client.get(path or "/aanmelden").text)
            assert found is not None
            sent = {"csrf_token": found[1]}
            return lambda: client.post("/aanmelden/passkey/vraag", data=sent, **here).status_code

        stranger = asks(browser(app))

        def while_others_ask(asked: dict[str, Any]) -> str:
            refresh()
            with counted() as statements:
                assert {stranger() for _ in range(250)} == {200}
            written = [one for one in statements if one.startswith(("INSERT", "UPDATE", "DELETE"))]
            assert written == [], "asking leaves nothing behind"
            return device.answer(asked)

        client = browser(app)
        asks(client)
        assert by_passkey(client, while_others_ask, path).status_code == 302
        assert is_in(client)

    def test_an_answer_that_is_sent_twice_at_once_signs_in_once(self, app: Flask) -> None:
        """Also of a device that does not count how often it signed."""
        owner = make_user("student")
        device = Device(owner, handle_of(owner.id))
        device._count = -1
        asked = asked_to("sign_in", None)
        answer = Answer(device.answer({"challenge": asked.text}), asked, HERE)

        def let_in(token: str) -> Callable[[], Any]:
            opening = Opening(token * 64, "192.0.2.1", "")
            return lambda: run(sign_in_by_passkey, SYSTEM, answer=answer, opening=opening)

        answers = at_once(*(let_in(one) for one in "123"))
        assert sorted(type(one).__name__ for one in answers) == ["Outcome", "RuleBroken", "RuleBroken"]

    def test_a_flood_of_wrong_codes_does_not_fill_the_trail(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for kind in (tries.Kind.INVITATION, tries.Kind.PASSKEY, tries.Kind.CODE):
            monkeypatch.setitem(tries.LIMITS, kind, tries.Limit(free=3, longest=5))
        for number in range(8):
            submit(browser(app), "/uitnodiging/", {"code": f"{number:04d}-0000-0000-0000"})
            page = Visitor(app)
            page.token()
            page.post("/aanmelden/passkey", {"credential": "{}"})
            submit(browser(app), "/aanmelden/code", {"username": f"naam{number}", "code": "0000"})
        assert trail("record_failed_sign_in") == 9


class TestAKnownBrowserHasItsOwnCount:
    def test_a_stranger_does_not_shut_out_the_owner(self, app: Flask) -> None:
        user = user_with_password()
        mine = known_in(user)
        for _ in range(6):
            text = guess(user.username)
        assert WAIT in text
        assert [WAIT in guess(user.username, mine) for _ in range(4)] == [False] * 4
        assert sign_in(mine, user.email).status_code == 302
        stranger = browser(app)
        assert WAIT in sign_in(stranger, user.username).text, "only the owner is forgiven"

    def test_its_own_count_is_as_hard(self, app: Flask) -> None:
        user = user_with_password()
        mine = known_in(user)
        names = (user.username, user.email.upper())
        texts = [guess(names[n % 2], mine) for n in range(6)]
        assert [WAIT in text for text in texts] == [False] * 5 + [True]
        assert WAIT in sign_in(mine, user.username).text
        client = browser(app)
        assert sign_in(client, user.username).status_code == 302, "another place has its own"

    def test_the_browser_of_a_colleague_is_a_strangers_to_the_account(self, app: Flask) -> None:
        user, colleague = user_with_password(), user_with_password()
        theirs = known_in(colleague)
        for _ in range(5):
            guess(user.username)
        assert WAIT in sign_in(theirs, user.username).text

    def test_a_second_step_is_not_shut_by_a_stranger_with_the_password(self, app: Flask) -> None:
        user = user_with_password("administrator")
        make_app(user)
        mine = browser(app)
        sign_in(mine, user.username)
        submit(mine, STEP, {"proof_code": app_code(-1)})
        assert is_in(mine)
        for _ in range(6):
            half_way(app, user).post(STEP, {"proof_code": "000000"})
        assert WAIT in half_way(app, user).post(STEP, {"proof_code": app_code()}).text
        inside = half_way(app, user, strong_at=clock.now() - timedelta(minutes=16))
        sent = {"proof_was": "GET", "proof_code": app_code()}
        assert inside.post(f"{PAGE}do/remove_app", sent).status_code == 302, "signed in already"
        token = TOKEN.search(mine.get("/mijn-profiel/").text)
        assert token is not None
        mine.post("/afmelden", data={"csrf_token": token[1]})
        sign_in(mine, user.username)
        assert submit(mine, STEP, {"proof_code": app_code(1)}).status_code == 302

    def test_a_password_alone_makes_no_browser_known(self, app: Flask) -> None:
        user = user_with_password("administrator")
        make_app(user)
        client = browser(app)
        sign_in(client, user.username)
        refresh()
        assert db.session.scalar(select(func.count()).select_from(KnownBrowser)) == 0
        submit(client, STEP, {"proof_code": app_code()})
        refresh()
        assert db.session.scalars(select(KnownBrowser.user_id)).all() == [user.id]

    def test_mails_that_strangers_asked_for_leave_the_owner_theirs(self, app: Flask) -> None:
        user = user_with_password("student")
        mine = known_in(user)
        for _ in range(4):
            submit(browser(app), ASK, {"username": user.username})
        assert mails() == 3
        assert submit(mine, ASK, {"username": user.username}).status_code == 302
        assert mails() == 3 + 1

    def test_a_shared_computer_is_not_remembered(self, app: Flask) -> None:
        user, client = user_with_password(), browser(app)
        submit(client, "/aanmelden", {"username": user.username, "password": PASSWORD, "shared": "y"})
        refresh()
        assert is_in(client)
        assert client.get_cookie("proeve-browser") is None
        assert db.session.scalar(select(func.count()).select_from(KnownBrowser)) == 0

    def test_the_cookie_opens_nothing_and_its_token_is_not_kept(self, app: Flask) -> None:
        user = user_with_password()
        client = browser(app)
        answer = sign_in(client, user.username)
        cookie = client.get_cookie("proeve-browser")
        assert cookie is not None
        header = next(h for h in answer.headers.getlist("Set-Cookie") if h.startswith("proeve-browser"))
        assert ("HttpOnly" in header, "SameSite=Lax" in header) == (True, True)
        refresh()
        assert db.session.scalars(select(KnownBrowser.token_hash)).all() == [fingerprint(cookie.value)]
        other = browser(app)
        sign_in(other, user.username)
        theirs = other.get_cookie("proeve-browser")
        assert theirs is not None
        assert theirs.value != cookie.value, "drawn for each browser"
        another = browser(app)
        another.set_cookie("proeve-browser", cookie.value)
        assert not is_in(another)

    @pytest.mark.parametrize("value", ["", "x", "A" * 43, "é" * 43, "A" * 3000])
    def test_a_cookie_of_somebodys_own_making_is_nobodys(self, app: Flask, value: str) -> None:
        user = user_with_password()
        for _ in range(5):
            guess(user.username)
        client = browser(app)
        client.set_cookie("proeve-browser", value)
        assert WAIT in sign_in(client, user.username).text

    def test_signing_out_everywhere_or_a_closed_account_forgets_the_browsers(self, app: Flask) -> None:
        for forget in (
            lambda user: run(end_own_sessions, actor_of(user)),
            lambda user: run(deactivate_users, SYSTEM, [user.id]),
        ):
            user = user_with_password()
            known_in(user)
            forget(user)
            refresh()
            assert db.session.scalar(select(func.count()).select_from(KnownBrowser)) == 0

    def test_a_browser_that_was_not_used_for_half_a_year_is_forgotten(self, app: Flask) -> None:
        user = user_with_password()
        mine = known_in(user)
        with transaction():
            db.session.execute(update(KnownBrowser).values(last_seen_at=clock.now() - KEPT))
        for _ in range(5):
            guess(user.username)
        assert WAIT in sign_in(mine, user.username).text
        run(forget_outdated, SYSTEM)
        refresh()
        assert db.session.scalar(select(func.count()).select_from(KnownBrowser)) == 0


def mails() -> int:
    refresh()
    return db.session.scalar(select(func.count()).select_from(OutboxMail)) or 0


def test_a_failure_is_in_the_trail_without_what_was_typed(app: Flask) -> None:
    guess("wachtwoord-in-het-verkeerde-vak")
    refresh()
    kept = [str(row.__dict__) for row in db.session.scalars(select(SignInAttempt))]
    kept += [str(row) for row in db.session.scalars(select(AuditEntry.details))]
    assert not [text for text in kept if "verkeerde" in text]


def test_the_page_about_oneself_shows_ones_known_browsers(app: Flask) -> None:
    user, client = user_with_password(), browser(app)
    sign_in(client, user.username)
    told = client.get("/mijn-profiel/gegevens/").text
    assert "Browsers waarin u zich eerder aanmeldde" in told
    data = client.get("/mijn-profiel/gegevens/download").json or {}
    assert [set(one) for one in data["known_browsers"]] == [{"created_at", "last_seen_at"}]


@pytest.mark.parametrize(
    ("path", "slip", "right"),
    [
        ("change_password", {"password": "kort", "again": "kort"}, {"password": OTHER, "again": OTHER}),
        ("change_email", {"email": "nieuw@"}, {"email": "nieuw@example.nl"}),
    ],
)
def test_a_slip_beside_the_right_password_is_no_guess(
    app: Flask, path: str, slip: dict[str, str], right: dict[str, str]
) -> None:
    user = user_with_password("student")
    mine = browser(app)
    sign_in(mine, user.username)
    address = f"/mijn-profiel/do/{path}"
    for _n in range(7):
        assert submit(mine, address, {"present": PASSWORD, **slip}).status_code == 422
    assert submit(mine, address, {"present": PASSWORD, **right}).status_code == 302
