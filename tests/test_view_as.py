"""Bekijk als: an administrator sees what a user sees, changes nothing, reads no secret; it ends by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from app.actions.base.action import REGISTRY
from app.actions.base.runner import run
from app.actions.base.trail import broken_at
from app.actions.users.users import deactivate_users
from app.entities.base import db, metadata
from app.entities.engine import transaction
from app.entities.factors import Passkey
from app.entities.sessions import UserSession
from app.entities.trail import AuditEntry, AuditObject
from app.entities.users import RoleRow, User
from app.errors import NotAllowed
from app.permissions import SYSTEM, Actor, Permission, Role, may, visible
from app.rules.viewing import JUST_OVER, NO_FILES, PERSONAL, READ_ONLY, Over
from app.school import current_school
from tests.factories import make_user, refresh
from tests.support import clock
from tests.support.queries import counted
from tests.support.visitor import Visitor
from tests.support.world import World
from tests.test_role_matrix import (
    OWN_FACTOR,
    OWN_PROFILE,
    POSTS,
    PUBLIC,
    ROUTES,
    address,
    get_rules,
    offered,
    post_rules,
)

pytestmark = pytest.mark.web

VisitorOf = Callable[[User | None], Visitor]
LookAs = Callable[[Role], Visitor]
BANNER = re.compile(r'<section class="viewing-banner".*?</section>', re.S)
BESIDES = re.compile(r'<svg class="icon-symbols".*?</svg>', re.S)  # the drawings of the icons in use
DRAWN_ANEW = re.compile(
    r'(nonce|name="(csrf_token|token)" value|data-(token|account|draft-key|answered)|content)="[^"]*"'
    r'|<p class="error-number">[^<]*</p>'
)
OF_ONES_OWN = ("ProfilePage.", "OwnDataPage.", "SecondFactorPage.", "CodesPage.")
WAYS_OUT = {"/afmelden", "/bekijken/stoppen"}
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def look_as(world: World, visitor_of: VisitorOf) -> Callable[[Role], Visitor]:
    """The administrator's browser, looking as the user of the own side with this role."""

    def look(role: Role) -> Visitor:
        page = visitor_of(world.user(Role.ADMINISTRATOR))
        answer = start(page, world.users[role])
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        page._token = ""  # the forms of before wait for whoever typed them: tests/test_typed.py
        return page

    return look


def start(page: Visitor, user_id: int) -> TestResponse:
    return page.do(f"/gebruikers/do/view_as?id={user_id}&back=/gebruikers/{user_id}")


def stop(page: Visitor) -> TestResponse:
    answer = page.post("/bekijken/stoppen")
    page._token = ""
    return answer


def plain(answer: TestResponse) -> str:
    """A page without the banner and without what is drawn anew each time."""
    return DRAWN_ANEW.sub("", BESIDES.sub("", BANNER.sub("", answer.text)))


def is_file(answer: TestResponse) -> bool:
    return "attachment" in answer.headers.get("Content-Disposition", "")


def stored() -> dict[str, list[Any]]:
    """Every row of every table, but for when a session was last seen."""
    refresh()
    tables = [table for table in metadata.sorted_tables if table.name != "user_session"]
    rows = {table.name: sorted(map(repr, db.session.execute(table.select()).all())) for table in tables}
    columns = [column for column in UserSession.__table__.c if column.name != "last_seen_at"]
    rows["user_session"] = sorted(map(repr, db.session.execute(select(*columns)).all()))
    return rows


def told() -> list[tuple[str, str, dict[str, Any], list[int]]]:
    """What the trail says of viewing: action, who, details, whom."""
    refresh()
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action.in_(["view_as", "stop_viewing"])).order_by(AuditEntry.id)
    ).all()
    whom = {
        entry.id: list(
            db.session.scalars(select(AuditObject.object_id).where(AuditObject.entry_id == entry.id))
        )
        for entry in entries
    }
    return [(entry.action, entry.actor_name, entry.details, whom[entry.id]) for entry in entries]


def give_roles(user_id: int, *roles: Role) -> None:
    """Past every action: sessions go on."""
    with transaction():
        user = db.session.get_one(User, user_id)
        user.roles = list(db.session.scalars(select(RoleRow).where(RoleRow.name.in_(roles))))


# -- what is seen


def paths_of(app: Flask, world: World, role: Role) -> Iterator[str]:
    """Every page that this role may ask for and that is not about the own account, both sides' rows."""
    for rule in get_rules(app):
        expected = ROUTES[rule.endpoint]
        own = rule.endpoint.startswith(OF_ONES_OWN) or rule.endpoint.endswith(".choose")  # a message, no page
        if role in expected.access and not own:
            for side in (world.own, world.foreign) if expected.row else (world.own,):
                yield address(rule, side, expected)


@pytest.mark.parametrize("role", [Role.SCHOOL_SUPERVISOR, Role.COMPANY_EXAMINER, Role.STUDENT])
def test_every_page_reads_as_it_does_to_the_user(
    app: Flask, world: World, look_as: LookAs, visitor_of: VisitorOf, role: Role
) -> None:
    """Tabs, rows, buttons and refusals; but for what is the user's own, and files."""
    viewer, user = look_as(role), visitor_of(world.user(role))
    other, files = [], 0
    for path in paths_of(app, world, role):
        seen, real = viewer.get(path), user.get(path)
        if is_file(real):
            files += 1
            other += [] if seen.status_code == 403 and NO_FILES in seen.text else [path]
        else:
            same = (seen.status_code, plain(seen)) == (real.status_code, plain(real))
            other += [] if same and ("<main" not in seen.text or BANNER.search(seen.text)) else [path]
    assert other == []
    assert files
    assert [viewer.get(path).status_code for path in ("/gebruikers/", "/postvak-uit/")] == [403, 403]


def test_the_banner_says_whom_and_until_when_on_pages_and_on_errors(world: World, look_as: LookAs) -> None:
    page = look_as(Role.SCHOOL_SUPERVISOR)
    user = world.user(Role.SCHOOL_SUPERVISOR)
    refresh()
    since = db.session.scalar(select(UserSession.viewing_since).where(UserSession.viewing_id == user.id))
    assert since is not None
    until = f"{current_school().local(since + HALF_AN_HOUR):%H:%M}"
    for path, status in (("/", 200), ("/studenten/", 200), ("/gebruikers/", 403), ("/nergens", 404)):
        answer = page.get(path)
        assert answer.status_code == status
        banner = BANNER.search(answer.text)
        assert banner, path
        assert f"U bekijkt Proeve als {user.full_name} (Praktijkbegeleider)." in banner[0]
        assert f"U kunt niets wijzigen. Dit stopt vanzelf om {until}." in banner[0]
        assert 'action="/bekijken/stoppen"' in banner[0]
        assert "Stop met bekijken" in banner[0]


def test_viewing_costs_one_query(world: World, look_as: LookAs, visitor_of: VisitorOf) -> None:
    viewer, user = look_as(Role.SCHOOL_SUPERVISOR), visitor_of(world.user(Role.SCHOOL_SUPERVISOR))
    costs = []
    for page in (user, viewer):
        page.get("/studenten/")
        with counted() as statements:
            page.get("/studenten/")
        costs.append(len(statements))
    assert costs[1] == costs[0] + 1


# -- nothing is written


def test_nothing_changes_whatever_is_sent(app: Flask, world: World, look_as: LookAs) -> None:
    """Every route by every verb and every action by every page that offers it, as who may write most."""
    page = look_as(Role.SCHOOL_SUPERVISOR)
    page.token()
    before = stored()
    wrong = []
    fields = {"confirmed": "1", "reason": "x" * 20, "version": "0", "username": "x", "password": "y"}
    posts = [address(rule, world.own, POSTS[rule.endpoint]) for rule in post_rules(app)]
    posts += [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint in PUBLIC and "POST" in (rule.methods or ()) and not rule.arguments
    ]
    posts += [f"{base}/do/{act.name}?id={world.own['student']}" for base, act in offered()]
    for path in set(posts) - WAYS_OUT:
        answer = page.post(path, fields)
        if answer.status_code != 403 or READ_ONLY not in answer.text:
            wrong.append(f"POST {path}: {answer.status_code}")
    gets = [address(rule, world.own, ROUTES[rule.endpoint]) for rule in get_rules(app)]
    for path, verb in zip(sorted({*gets, *posts}), cycle(("PUT", "PATCH", "DELETE"))):
        if page.ask(verb, path, headers={"X-CSRFToken": page.token()}).status_code not in {403, 405}:
            wrong.append(f"{verb} {path}")
        page.get(path)
    assert wrong == []
    assert stored() == before


def test_the_runner_refuses_every_action_of_who_only_looks() -> None:
    viewer = Actor(id=1, name="Iemand", roles=frozenset(Role), read_only=True)
    for act in REGISTRY.values():
        with pytest.raises(NotAllowed, match="kunt niets wijzigen"):
            run(act, viewer, [1])


# -- what is the user's own


def test_what_is_the_users_own_stays_shut(world: World, look_as: LookAs) -> None:
    page = look_as(Role.STUDENT)
    own = [
        "/mijn-profiel/",
        "/mijn-profiel/gegevens/",
        "/mijn-profiel/gegevens/download",
        "/mijn-profiel/tweede-stap/",
        "/mijn-profiel/tweede-stap/herstelcodes",
        "/aanmelden/nieuw-wachtwoord",
        *(f"/mijn-profiel/do/{name}" for name in OWN_PROFILE),
        *(f"/mijn-profiel/tweede-stap/do/{name}" for name in OWN_FACTOR),
        f"/mijn-profiel/do/end_own_session?id={world.own['session of student']}",
    ]
    shown = {path: page.get(path) for path in own}
    assert {path: answer.status_code for path, answer in shown.items()} == dict.fromkeys(own, 403)
    assert all(PERSONAL in answer.text for answer in shown.values())
    viewer = Actor(world.users[Role.STUDENT], "x", frozenset({Role.STUDENT}), read_only=True)
    assert not may(viewer, Permission.PROFILE)
    for model in (UserSession, Passkey):
        assert db.session.scalars(visible(viewer, model)).all() == []


def test_the_session_stays_the_administrators(world: World, look_as: LookAs, visitor_of: VisitorOf) -> None:
    """The user stays in and untouched, another browser of the administrator sees what it saw."""
    user, elsewhere = visitor_of(world.user(Role.STUDENT)), visitor_of(world.user(Role.ADMINISTRATOR))
    with transaction():
        db.session.execute(update(UserSession).values(last_seen_at=clock.now() - timedelta(minutes=5)))
    theirs = select(UserSession.last_seen_at).where(UserSession.user_id == world.users[Role.STUDENT])
    before = db.session.scalars(theirs).all()
    page = look_as(Role.STUDENT)
    page.get("/mijn-examens/")
    refresh()
    assert db.session.scalars(theirs).all() == before
    assert elsewhere.get("/gebruikers/").status_code == 200
    assert not BANNER.search(elsewhere.get("/").text)
    assert page.post("/afmelden").status_code == 302
    assert page.get("/").headers["Location"].startswith("/aanmelden")
    assert user.get("/mijn-examens/").status_code == 200
    assert [entry[2].get("reason") for entry in told()] == [None, Over.SESSION]


def test_the_second_step_of_the_administrator_is_owed_all_the_same(
    look_as: LookAs,
) -> None:
    page = look_as(Role.STUDENT)
    with transaction():
        db.session.execute(update(UserSession).values(strong_at=None))
    assert page.get("/").headers["Location"].startswith("/aanmelden/tweede-stap")


# -- whom


def test_it_is_offered_for_who_may_be_viewed_and_refused_with_a_reason_for_others(
    world: World, visitor_of: VisitorOf
) -> None:
    me = world.user(Role.ADMINISTRATOR)
    page, supplier = visitor_of(me), visitor_of(world.user(Role.SUPPLIER))
    guest = make_user("company_examiner", guest=True)
    refused = {
        me.id: "Dit bent u zelf.",
        make_user("administrator", "student").id: "Met de ogen van een beheerder of leverancier",
        make_user("supplier").id: "Met de ogen van een beheerder of leverancier",
        make_user("student", active=False).id: "Dit account is gedeactiveerd.",
        make_user().id: "nog geen rol",
    }
    before = stored()
    for user_id, why in refused.items():
        assert "view_as" not in page.get(f"/gebruikers/{user_id}").text
        for answer in (page.get(f"/gebruikers/do/view_as?id={user_id}"), start(page, user_id)):
            assert answer.status_code == 422
            assert why in answer.text
    assert start(page, guest.id).status_code == 404
    assert start(supplier, world.users[Role.STUDENT]).status_code == 403
    assert "view_as" not in supplier.get(f"/gebruikers/{world.users[Role.STUDENT]}").text
    assert "view_as" in page.get(f"/gebruikers/{world.users[Role.STUDENT]}").text
    assert stored() == before


# -- how it ends, and what the trail says


def test_stopping_leads_back_to_the_user_and_the_trail_knows_who_whom_and_when(
    world: World, look_as: LookAs, visitor_of: VisitorOf
) -> None:
    page = look_as(Role.SCHOOL_SUPERVISOR)
    page._token = ""  # that one stood on a page under their own name
    drawn = page.token()
    viewed = world.users[Role.SCHOOL_SUPERVISOR]
    assert stop(page).headers["Location"] == f"/gebruikers/{viewed}"
    assert not BANNER.search(page.get(f"/gebruikers/{viewed}").text)
    assert stop(page).headers["Location"] == "/"  # twice is once
    (began, who, when, whom), (ended, who_too, since, whom_too) = told()
    name = world.user(Role.ADMINISTRATOR).full_name
    assert (began, who, whom) == ("view_as", name, [viewed])
    assert (ended, who_too, whom_too) == ("stop_viewing", name, [viewed])
    assert when["until"]
    assert since["since"] <= since["ended_at"]
    assert since["reason"] == Over.BY_HAND
    assert "zelf gestopt" in page.get("/logboek/").text
    theirs = visitor_of(world.user(Role.SCHOOL_SUPERVISOR)).get("/mijn-profiel/gegevens/").text
    assert "Bekijk als" in theirs
    assert "Gestopt met bekijken" in theirs
    before = stored()
    stale = page.client.post(
        f"/studenten/do/release_progress?id={world.own['student']}",
        data={"csrf_token": drawn, "available": "off", "confirmed": "1"},
    )
    assert (stale.status_code, JUST_OVER in stale.text) == (409, True), (
        "a form of the viewed user's page is worth nothing to the administrator"
    )
    assert stored() == before
    assert broken_at() is None


def test_a_stale_button_stops_the_viewing_that_goes_on(world: World, look_as: LookAs) -> None:
    """Two tabs: the first viewing was stopped in one of them, and another begun."""
    page = look_as(Role.SCHOOL_SUPERVISOR)
    old = page.token()
    stop(page)
    start(page, world.users[Role.STUDENT])
    page._token = old
    answer = page.post("/bekijken/stoppen")
    assert answer.headers["Location"] == f"/gebruikers/{world.users[Role.STUDENT]}"
    page._token = ""
    shown = page.get(answer.headers["Location"]).text
    assert "U werkt weer onder uw eigen naam." in shown
    assert not BANNER.search(shown)
    assert [action for action, *_rest in told()] == ["view_as", "stop_viewing"] * 2
    assert told()[-1][3] == [world.users[Role.STUDENT]]


def test_a_button_of_no_viewing_of_this_administrator_stops_nothing(
    world: World, look_as: LookAs, visitor_of: VisitorOf
) -> None:
    other = visitor_of(make_user("administrator"))
    start(other, world.users[Role.STUDENT])
    other._token = ""
    theirs = other.token()
    page = look_as(Role.SCHOOL_SUPERVISOR)
    own = visitor_of(world.user(Role.ADMINISTRATOR)).token()
    for token in (theirs, own, "nothing", ""):
        page._token = token or "~"
        assert page.post("/bekijken/stoppen").status_code in {400, 403}
    page._token = ""
    assert BANNER.search(page.get("/").text)


ENDS: dict[str, tuple[Callable[[World], Any], Over]] = {
    "after half an hour": (
        lambda w: db.session.execute(
            update(UserSession)
            .where(UserSession.viewing_id.is_not(None))
            .values(viewing_since=clock.now() - HALF_AN_HOUR)
        ),
        Over.TIME,
    ),
    "the user becomes administrator": (
        lambda w: give_roles(w.users[Role.SCHOOL_SUPERVISOR], Role.SCHOOL_SUPERVISOR, Role.ADMINISTRATOR),
        Over.RIGHTS,
    ),
    "the user becomes supplier": (
        lambda w: give_roles(w.users[Role.SCHOOL_SUPERVISOR], Role.SUPPLIER),
        Over.RIGHTS,
    ),
    "the account is closed": (
        lambda w: run(deactivate_users, SYSTEM, [w.users[Role.SCHOOL_SUPERVISOR]]),
        Over.RIGHTS,
    ),
    "the administrator is one no more": (
        lambda w: give_roles(w.users[Role.ADMINISTRATOR], Role.SCHOOL_SUPERVISOR),
        Over.RIGHTS,
    ),
}


@pytest.mark.parametrize("how", ENDS)
def test_it_ends_by_itself(world: World, look_as: LookAs, how: str) -> None:
    """The next request is one's own again; a form that was still open changes nothing under another name."""
    happens, why = ENDS[how]
    page = look_as(Role.SCHOOL_SUPERVISOR)
    page.token()
    if how == "after half an hour":
        with transaction():
            happens(world)
    else:
        happens(world)
    before = stored()
    form = {"available": "off", "confirmed": "1"}
    answer = page.post(f"/studenten/do/release_progress?id={world.own['student']}", form)
    assert answer.status_code == 409
    assert JUST_OVER in answer.text
    changed = {name for name, rows in stored().items() if rows != before[name]}
    assert changed == {"user_session", "audit_entry", "audit_object"}
    action, _who, details, whom = told()[-1]
    assert (action, details["reason"], whom) == ("stop_viewing", why, [world.users[Role.SCHOOL_SUPERVISOR]])
    assert not BANNER.search(page.get("/").text)
    assert len(told()) == 2


def test_a_look_after_the_end_says_that_it_ended(look_as: LookAs) -> None:
    page = look_as(Role.STUDENT)
    with transaction():
        db.session.execute(
            update(UserSession)
            .where(UserSession.viewing_id.is_not(None))
            .values(viewing_since=clock.now() - HALF_AN_HOUR - timedelta(hours=1))
        )
    answer = page.get("/gebruikers/")
    assert answer.status_code == 200
    assert "Het bekijken is gestopt. U werkt weer onder uw eigen naam." in answer.text
    ended = told()[-1][2]
    since, until = (datetime.strptime(ended[name], "%d-%m-%Y %H:%M:%S") for name in ("since", "ended_at"))  # noqa: DTZ007
    assert until - since == HALF_AN_HOUR, "half an hour after it began, not when somebody came back"
