"""The second step: asked for at sign-in, set up, shown once, lost, and before what decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

from app.actions.access.factor_reset import reset_second_factor
from app.actions.access.second_factor import make_recovery_codes, remove_app, show_code
from app.actions.assessment.assessment import make_definitive
from app.actions.base.runner import preview, run
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.factors import Authenticator, Passkey, RecoveryCode
from app.entities.sessions import UserSession
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.errors import ProofNeeded, RuleBroken
from app.permissions import Actor, Role, actor_of
from app.queries.access.factors import factors_of
from app.rules.code_format import normal_form
from app.rules.second_factor import Policy, Shown
from app.rules.tokens import fingerprint
from tests.factories import app_code, make_app, make_passkey, make_user, refresh
from tests.factories import make_recovery_codes as keep_codes
from tests.pages.access.test_sign_in import browser, sign_in, submit, user_with_password
from tests.support import clock
from tests.support.at_once import at_once
from tests.support.forms import as_shown
from tests.support.racer import race
from tests.support.visitor import TOKEN, Visitor, announced, signed_in
from tests.support.world import World

STEP = "/aanmelden/tweede-stap"
PAGE = "/mijn-profiel/tweede-stap/"
CODE = "7KQ2M9XDTR4WB0HZ"


@pytest.fixture
def strict(app: Flask) -> Iterator[None]:
    """A school that asks a second factor of the roles that decide."""
    was = app.extensions["proeve_school"]
    app.extensions["proeve_school"] = replace(was, second_factor=Policy.DECIDING_ROLES)
    yield
    app.extensions["proeve_school"] = was


def half_way(app: Flask, user: User, **values: Any) -> Visitor:
    """Signed in by password, the second step still to come."""
    visitor = Visitor(app)
    token = signed_in(user, **{"strong_at": None, "password_at": clock.now(), **values})
    with visitor.client.session_transaction() as session:
        session["_user_id"] = token
    pages = (visitor.get(path).text for path in (STEP, PAGE, "/mijn-profiel/"))
    visitor._token = next(found[1] for found in map(TOKEN.search, pages) if found)
    return visitor


def trail(action: str) -> int:
    refresh()
    return db.session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0


def shown_now(user: User) -> Actor:
    return actor_of(user, Shown(clock.now(), clock.now(), clock.now()))


def test_who_has_an_app_sees_no_page_before_a_code_of_it(app: Flask) -> None:
    user = make_user("administrator")
    make_app(user)
    visitor = half_way(app, user)
    for path in ("/", "/gebruikers/", "/mijn-profiel/", PAGE):
        answer = visitor.get(path)
        assert (answer.status_code, answer.location.split("?")[0]) == (302, STEP), path
    assert "Hoofdmenu" not in visitor.get(STEP).text
    answer = visitor.post(f"{STEP}?next=/gebruikers/", {"proof_code": app_code()})
    assert (answer.status_code, answer.location) == (302, "/gebruikers/")
    assert visitor.get("/gebruikers/").status_code == 200
    assert trail("show_code") == 1


def test_signed_in_stands_in_the_trail_once_the_second_step_is_shown(app: Flask) -> None:
    user = user_with_password("administrator")
    make_app(user)
    page = browser(app)
    sign_in(page, user.username)
    assert (trail("first_step_shown"), trail("record_sign_in"), trail("complete_sign_in")) == (1, 0, 0)
    assert db.session.get_one(User, user.id).last_login is None
    submit(page, STEP, {"proof_code": app_code()})
    assert (trail("first_step_shown"), trail("record_sign_in"), trail("complete_sign_in")) == (1, 0, 1)
    assert db.session.get_one(User, user.id).last_login is not None
    read = Visitor(app, db.session.get_one(User, user.id)).get("/logboek/").text
    for label in ("Aangemeld, met de tweede stap", "Eerste stap van aanmelden getoond", "Manier: authenti"):
        assert label in read


def test_the_cookie_of_before_the_second_step_is_worth_nothing_after_it(app: Flask) -> None:
    user = make_user("administrator")
    make_app(user)
    visitor, copy = half_way(app, user), Visitor(app)
    with visitor.client.session_transaction() as mine, copy.client.session_transaction() as theirs:
        theirs["_user_id"] = mine["_user_id"]
    visitor.post(STEP, {"proof_code": app_code()})
    assert copy.get("/gebruikers/").location.startswith("/aanmelden?")


def test_a_code_that_was_used_is_refused(app: Flask) -> None:
    user = make_user("administrator")
    make_app(user)
    code = app_code()
    assert half_way(app, user).post(STEP, {"proof_code": code}).status_code == 302
    answer = half_way(app, user).post(STEP, {"proof_code": code})
    assert answer.status_code == 422
    assert "Deze code klopt niet, of is al gebruikt." in answer.text
    assert trail("record_failed_proof") == 1


def test_guessing_stops_after_five_tries_in_whatever_session(app: Flask) -> None:
    user = make_user("administrator")
    make_app(user)
    for _number in range(5):
        half_way(app, user).post(STEP, {"proof_code": "000000"})
    answer = half_way(app, user).post(STEP, {"proof_code": app_code()})
    assert answer.status_code == 422
    assert "Te vaak geprobeerd" in answer.text


def test_guessing_a_second_step_in_four_processes_stops_at_five(app: Flask) -> None:
    """Codes of the app and recovery codes, twenty at the same time: five are looked at."""
    user = make_user("administrator")
    make_app(user)
    keep_codes(user, CODE)
    page = half_way(app, user)

    def guess() -> None:
        for wrong in ("000000", "AAAA-AAAA-AAAA-AAAA", "000000", "AAAA-AAAA-AAAA-AAAA", "000000"):
            assert page.post(STEP, {"proof_code": wrong}).status_code == 422

    assert race(guess) == [""] * 4
    assert trail("record_failed_proof") == 5
    for right in (app_code(), CODE):
        assert "Te vaak geprobeerd" in half_way(app, user).post(STEP, {"proof_code": right}).text


def test_a_recovery_code_opens_once(app: Flask) -> None:
    user = make_user("administrator")
    make_app(user)
    keep_codes(user, CODE)
    assert half_way(app, user).post(STEP, {"proof_code": "7kq2-m9xd-tr4w-b0hz"}).status_code == 302
    assert half_way(app, user).post(STEP, {"proof_code": CODE}).status_code == 422


@pytest.mark.parametrize(("name", "holds"), [("set_up_app", "<code>"), ("register_passkey", "passkey.js")])
def test_a_second_factor_is_set_up_in_english_too(
    visit: Callable[..., Visitor], name: str, holds: str
) -> None:
    visitor = visit("student")
    assert holds in visitor.get(f"{PAGE}do/{name}").text
    visitor.post("/taal", {"language": "en"})
    shown = visitor.get(f"{PAGE}do/{name}").text
    assert 'lang="en"' in shown
    assert holds in shown


def test_an_older_tab_does_not_replace_an_app_that_it_did_not_know(
    visit: Callable[..., Visitor],
) -> None:
    visitor, path = visit("student"), f"{PAGE}do/set_up_app"
    pages = [visitor.get(path).text for _tab in range(2)]
    forms = [{**as_shown(page), "code": code_on(page)} for page in pages]
    assert visitor.post(path, forms[0]).status_code == 200
    refresh()
    kept = db.session.scalars(select(Authenticator.sealed_secret)).one()
    late = visitor.post(path, forms[1])
    assert late.status_code == 422
    assert "U hebt dit zelf in een ander tabblad gewijzigd: daar stelde u al een app in." in late.text
    refresh()
    assert db.session.scalars(select(Authenticator.sealed_secret)).one() == kept
    assert visitor.post(path, as_shown(late.text)).status_code == 302


def test_a_first_app_that_is_sent_twice_makes_no_other_codes_unasked(visit: Callable[..., Visitor]) -> None:
    """The codes of the first answer may be printed by now; who never saw them makes others."""
    visitor, path = visit("student"), f"{PAGE}do/set_up_app"
    page = visitor.get(path).text
    form = {**as_shown(page), "code": code_on(page)}
    assert visitor.post(path, form).status_code == 200
    refresh()
    kept = set(db.session.scalars(select(RecoveryCode.code_hash)))
    assert len(kept) == 10
    again = visitor.post(path, form)
    asked = visitor.get(again.location)
    assert "Uw herstelcodes zijn al gemaakt." in asked.text
    refresh()
    assert set(db.session.scalars(select(RecoveryCode.code_hash))) == kept
    made = visitor.post(again.location, as_shown(asked.text))
    shown = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", made.text)
    refresh()
    now = set(db.session.scalars(select(RecoveryCode.code_hash)))
    assert {fingerprint(code.replace("-", "")) for code in shown} == now != kept


def code_on(page: str) -> str:
    """The code that an app gives which has scanned this page's QR code."""
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert secret is not None
    return pyotp.TOTP(secret[1].replace(" ", "")).at(clock.seconds())


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("role", ["administrator", "supplier", "exam_committee"])
def test_who_decides_and_has_none_is_led_to_setting_it_up_before_anything_else(app: Flask, role: str) -> None:
    visitor = half_way(app, make_user(role))
    for path in ("/", "/mijn-profiel/", "/instellingen/"):
        assert visitor.get(path).location.startswith(f"{PAGE}?next="), path
    page = visitor.get(PAGE).text
    assert "Uw rol beslist over examens." in page
    assert "Hoofdmenu" not in page
    set_up = visitor.get(f"{PAGE}do/set_up_app?next=/").text
    assert "<svg" in set_up
    setup = re.search(r'name="setup"[^>]*value="([^"]+)"', set_up)
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", set_up)
    assert setup is not None
    assert secret is not None
    code = pyotp.TOTP(secret[1].replace(" ", "")).at(clock.seconds())
    answer = visitor.post(f"{PAGE}do/set_up_app?next=/", {"setup": setup[1], "code": code})
    assert answer.status_code == 200
    codes = re.findall(r"<li><code>([0-9A-Z-]{19})</code></li>", answer.text)
    assert len(codes) == 10
    assert visitor.get("/").status_code == 200
    refresh()
    kept = set(db.session.scalars(select(RecoveryCode.code_hash)))
    assert len(kept) == 10
    stored = str(db.session.execute(select(AuditEntry.details)).all())
    assert not any(one in stored or one.replace("-", "") in kept for one in codes)


@pytest.mark.usefixtures("strict")
def test_others_get_in_with_their_password(app: Flask) -> None:
    for role in ("school_examiner", "student", "school_supervisor"):
        assert half_way(app, make_user(role)).get("/").status_code == 200


def test_the_secret_is_not_in_the_database(app: Flask) -> None:
    row = make_app(make_user("student"))
    assert "JBSWY3DP" not in row.sealed_secret
    other = make_user("student")
    with transaction():
        db.session.execute(update(Authenticator).where(Authenticator.id == row.id).values(user_id=other.id))
    with pytest.raises(RuleBroken):  # a row moved to another user opens nothing
        run(show_code, actor_of(other), code=app_code())


@pytest.mark.usefixtures("strict")
def test_the_last_one_of_who_needs_one_stays(app: Flask) -> None:
    user = make_user("school_examiner")
    make_app(user)
    with pytest.raises(RuleBroken, match="dit is de laatste"):
        run(remove_app, shown_now(user))
    make_passkey(user)
    assert run(remove_app, shown_now(user)).done == 1


def test_with_the_last_one_go_the_recovery_codes(app: Flask) -> None:
    user = make_user("student")
    make_app(user)
    keep_codes(user, CODE, "A" * 16)
    promised = preview(remove_app, shown_now(user)).summary
    assert "Uw herstelcodes vervallen ook: 2 codes werken dan niet meer." in promised
    assert run(remove_app, shown_now(user)).summary == promised
    assert factors_of(user.id).codes_left == 0
    refresh()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "remove_app")).one()
    assert entry.details == {"factors": ["authenticator-app", None], "recovery_codes": [2, 0]}


def test_with_another_one_left_the_recovery_codes_stay(app: Flask) -> None:
    user = make_user("student")
    make_app(user)
    make_passkey(user)
    keep_codes(user, CODE)
    assert run(remove_app, shown_now(user)).summary == "De authenticator-app is verwijderd."
    assert factors_of(user.id).codes_left == 1


def test_an_older_tab_removes_no_app_that_it_did_not_know(app: Flask) -> None:
    user = make_user("student")
    make_app(user)
    visitor = Visitor(app, user)
    old = announced(visitor.get(f"{PAGE}do/remove_app"))
    run(remove_app, shown_now(user))
    make_app(user)
    late = visitor.post(f"{PAGE}do/remove_app", old)
    assert late.status_code == 409
    assert "“Authenticator-app verwijderen”." in late.text.partition("Intussen gewijzigd")[2], "what happened"
    assert factors_of(user.id).app is not None


def test_a_new_set_of_codes_ends_the_old_one(app: Flask) -> None:
    user = make_user("student")
    make_app(user)
    keep_codes(user, CODE)
    run(make_recovery_codes, shown_now(user), codes=["A" * 16])
    assert factors_of(user.id).codes_left == 1
    with pytest.raises(RuleBroken):
        run(show_code, actor_of(user), code=CODE)


def test_a_change_asks_for_the_factor_again_when_it_was_shown_long_ago(app: Flask) -> None:
    user = make_user("student")
    make_app(user)
    long_ago = clock.now() - timedelta(minutes=16)
    visitor = half_way(app, user, strong_at=long_ago, password_at=long_ago)
    asked = visitor.get(f"{PAGE}do/remove_app")
    assert "Laat zien dat u het bent" in asked.text
    assert "Laat zien dat u het bent" in visitor.do(f"{PAGE}do/remove_app").text
    refresh()
    assert factors_of(user.id).count == 1
    shown = visitor.post(f"{PAGE}do/remove_app", {"proof_was": "POST", "proof_code": app_code()})
    answer = visitor.post(f"{PAGE}do/remove_app", announced(shown))
    assert answer.status_code == 302
    refresh()
    assert factors_of(user.id).count == 0


def test_definitive_asks_for_the_second_factor_whoever_calls_it(
    app: Flask, world: World, strict: None
) -> None:
    examiner = world.user(Role.SCHOOL_EXAMINER)
    sitting = world.own["sitting"]
    stale = Shown(clock.now(), clock.now(), clock.now() - timedelta(minutes=16))
    with pytest.raises(ProofNeeded):
        run(make_definitive, actor_of(examiner, stale), [sitting])
    with pytest.raises(RuleBroken):  # it gets as far as the scores that are missing
        run(make_definitive, shown_now(examiner), [sitting])


def test_an_examiner_without_one_is_led_to_setting_it_up_at_definitive(
    app: Flask, world: World, strict: None
) -> None:
    examiner = world.user(Role.SCHOOL_EXAMINER)
    with transaction():
        db.session.execute(delete(Passkey).where(Passkey.user_id == examiner.id))
    visitor = half_way(app, examiner)
    answer = visitor.get(f"/te-beoordelen/do/make_definitive?id={world.own['sitting']}")
    assert answer.location.startswith(f"{PAGE}?next=")


def test_the_administrator_resets_it_and_every_session_ends(app: Flask) -> None:
    user, office = make_user("school_examiner"), make_user("administrator")
    make_app(user)
    make_passkey(user)
    keep_codes(user, CODE)
    signed_in(user)
    outcome = run(reset_second_factor, shown_now(office), [user.id])
    assert outcome.done == 1
    assert (factors_of(user.id).count, factors_of(user.id).codes_left) == (0, 0)
    live = select(func.count()).where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
    assert db.session.scalar(live) == 0
    assert trail("reset_second_factor") == 1


def test_a_supplier_is_reset_by_a_supplier_alone_and_nobody_by_himself(app: Flask) -> None:
    supplier, office = make_user("supplier"), make_user("administrator")
    make_app(supplier)
    make_app(office)
    for target in (supplier, office):
        with pytest.raises(RuleBroken):
            run(reset_second_factor, shown_now(office), [target.id])
    assert run(reset_second_factor, shown_now(make_user("supplier")), [supplier.id]).done == 1


@pytest.mark.usefixtures("strict")
def test_gebruikers_finds_who_needs_a_second_step_and_has_none(app: Flask) -> None:
    office, lacking = make_user("administrator"), make_user("school_examiner", last_name="Zonder")
    make_app(office)
    for user in (make_user("exam_committee", active=False), make_user("student", "school_supervisor")):
        assert user.id
    page = Visitor(app, office)
    assert '<option value="zonder-tweede-stap">Tweede stap ontbreekt (1)' in page.get("/gebruikers/").text
    found = page.get("/gebruikers/?staat=zonder-tweede-stap").text
    assert "Zonder" in found
    assert office.username not in found.split("<tbody")[1]
    assert "Tweede stap ontbreekt" in page.get(f"/gebruikers/{lacking.id}").text
    make_app(lacking)
    assert "Tweede stap ontbreekt (0)" in page.get("/gebruikers/").text


def test_a_passkey_answer_that_is_nonsense_is_refused_and_counted(app: Flask) -> None:
    visitor = Visitor(app)
    visitor.token()
    assert visitor.post("/aanmelden/passkey/vraag").status_code == 200
    for nonsense in ("", "{}", "[]", "x" * 30_000, '{"id": "YQ", "rawId": "YQ", "type": "public-key"}'):
        assert visitor.post("/aanmelden/passkey", {"credential": nonsense}).status_code == 422
    assert trail("record_failed_sign_in") == 5


def test_a_school_file_with_an_unknown_policy_is_refused(tmp_path: Any) -> None:
    from app.school import load_school
    from app.toml_file import DataFileError

    (tmp_path / "school.toml").write_text(
        'name = "X"\n[supplier]\nname = "Y"\nemail = "y@example.nl"\n[sign_in]\nsecond_factor = "soms"\n'
    )
    with pytest.raises(DataFileError, match="second_factor"):
        load_school(tmp_path)


# -- two tabs that ask for recovery codes


CODES = f"{PAGE}herstelcodes"
SHEET = re.compile(r"<li><code>(.*?)</code></li>")


def sheet_that_works(user: User, page: str) -> bool:
    refresh()
    kept = set(db.session.scalars(select(RecoveryCode.code_hash).where(RecoveryCode.user_id == user.id)))
    return {fingerprint(normal_form(code)) for code in SHEET.findall(page)} == kept


def test_the_second_of_two_tabs_says_that_there_are_other_codes(app: Flask) -> None:
    user = make_user("student")
    make_app(user)
    visitor = Visitor(app, user)
    first, second = as_shown(visitor.get(CODES).text), as_shown(visitor.get(CODES).text)
    shown = visitor.post(CODES, first)
    assert (shown.status_code, len(SHEET.findall(shown.text))) == (200, 10)
    late = visitor.post(CODES, second)
    assert (late.status_code, SHEET.findall(late.text)) == (422, [])
    assert "intussen al herstelcodes gemaakt" in late.text
    assert sheet_that_works(user, shown.text)
    again = visitor.post(CODES, as_shown(late.text))
    assert (again.status_code, sheet_that_works(user, again.text)) == (200, True)


@pytest.mark.everywhere
def test_of_two_tabs_at_the_same_moment_one_shows_codes_and_they_work(app: Flask) -> None:
    user = make_user("student")
    make_app(user)
    visitors = [Visitor(app, user), Visitor(app, user)]
    forms = [as_shown(visitor.get(CODES).text) for visitor in visitors]
    jobs = [lambda n=n: visitors[n].post(CODES, forms[n]) for n in range(2)]  # type: ignore[misc]
    answers = at_once(*jobs)
    assert sorted(one.status_code for one in answers) == [200, 422]
    assert sheet_that_works(user, next(one.text for one in answers if one.status_code == 200))
