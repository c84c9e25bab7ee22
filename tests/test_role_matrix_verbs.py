"""The matrix with every verb, and what is not there beside what is not yours: nobody can tell them apart.

The tables stand in tests/test_role_matrix.py; a route or an action that is listed there is tried here too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.entities.base import db, metadata
from app.entities.users import User
from app.permissions import Role
from tests.factories import refresh
from tests.support.visitor import Visitor
from tests.support.world import MISSING, Side, World
from tests.test_role_matrix import (
    ACTIONS,
    POSTS,
    PUBLIC,
    ROUTES,
    Expected,
    address,
    get_rules,
    offered,
    post_rules,
    refused,
)

pytestmark = pytest.mark.web

VisitorOf = Callable[[User | None], Visitor]
DRAWN_ANEW = re.compile(
    r'(nonce|value|content|href|action|name|id|for)="[^"]*"|<p class="error-number">[^<]*</p>'
)
NUMBER = re.compile(r"\d+")
KNOWN = {"GET", "HEAD", "POST"}
OTHER_VERBS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
SEVERAL = (None, Role.ADMINISTRATOR)  # the answer comes before anybody is looked at
JSON = {"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"}


def somebody(world: World, visitor_of: VisitorOf, role: Role | None) -> Visitor:
    return visitor_of(world.user(role) if role is not None else None)


def stored() -> dict[str, list[Any]]:
    """Every row, but for what a visit itself may write: tries, sessions, and when somebody was last seen."""
    refresh()
    tables = [table for table in metadata.sorted_tables if not re.search("attempt|session", table.name)]
    return {table.name: sorted(map(repr, db.session.execute(table.select()).all())) for table in tables}


def rows_of(app: Flask) -> Iterator[tuple[str, Rule | str, Expected]]:
    """(verb, rule or page with its action, who may) for everything with a row in its address."""
    for rule in get_rules(app):
        if ROUTES[rule.endpoint].row:
            yield "GET", rule, ROUTES[rule.endpoint]
    for rule in post_rules(app):
        if POSTS[rule.endpoint].row:
            yield "POST", rule, POSTS[rule.endpoint]
    for base, act in offered():
        if ACTIONS[act.name].row:
            yield "GET", f"{base}/do/{act.name}", ACTIONS[act.name]
            yield "POST", f"{base}/do/{act.name}", ACTIONS[act.name]


def at(place: Rule | str, side: Side, expected: Expected) -> str:
    return f"{place}?id={side[expected.row]}" if isinstance(place, str) else address(place, side, expected)


def told(answer: TestResponse) -> tuple[int, str, str | None, str]:
    """What somebody learns from an answer, without what is drawn anew each time."""
    seen = NUMBER.sub("0", DRAWN_ANEW.sub("", answer.text))
    return answer.status_code, answer.content_type, answer.headers.get("Location"), seen


def sees(rule: Rule, role: Role) -> bool:
    """Whether the same address, asked for with GET, shows this role somebody else's row."""
    return rule.endpoint in ROUTES and refused(ROUTES[rule.endpoint], role, "foreign") is None


def ask(page: Visitor, verb: str, path: str, **headers: str) -> TestResponse:
    """As a page does: what changes something is confirmed, and its token comes along."""
    if verb == "GET":
        return page.get(path, headers=headers)
    return page.do(path, headers=headers)


@pytest.mark.parametrize("role", list(Role))
def test_what_is_not_yours_answers_as_what_is_not_there(
    app: Flask, world: World, visitor_of: VisitorOf, role: Role
) -> None:
    """Letter for letter, also to who asks for JSON: an id that is taken is not to be found out by trying."""
    page = visitor_of(world.user(role))
    wrong = []
    for verb, place, expected in rows_of(app):
        missing = told(ask(page, verb, at(place, MISSING, expected)))
        if not isinstance(place, str) and verb == "POST" and sees(place, role):
            continue  # who may look at the row and not change it knows that it is there
        if refused(expected, role, "foreign"):
            foreign = told(ask(page, verb, at(place, world.foreign, expected)))
            if foreign != missing:
                path = at(place, world.foreign, expected)
                wrong.append(f"{verb} {path}: {foreign[0]}, missing {missing[0]}")
        elif missing[0] != 404:
            wrong.append(f"{verb} {at(place, MISSING, expected)}: {missing[0]}, not 404")
    assert wrong == []


@pytest.mark.parametrize("role", [Role.SCHOOL_SUPERVISOR, Role.STUDENT])
def test_asking_for_json_changes_no_answer(
    app: Flask, world: World, visitor_of: VisitorOf, role: Role
) -> None:
    page = visitor_of(world.user(role))
    wrong = []
    for verb, place, expected in rows_of(app):
        for side in (world.own, world.foreign) if verb == "GET" else (world.foreign,):
            path = at(place, side, expected)
            plain, wanted = ask(page, verb, path), ask(page, verb, path, **JSON)
            if plain.status_code != wanted.status_code or "json" in wanted.content_type:
                wrong.append(f"{verb} {path}: {plain.status_code}, for JSON {wanted.status_code}")
    assert wrong == []


def test_no_route_takes_another_verb_than_get_head_and_post(app: Flask) -> None:
    others = {rule.endpoint: (rule.methods or set()) - KNOWN for rule in app.url_map.iter_rules()}
    assert {endpoint: verbs for endpoint, verbs in others.items() if verbs} == {}


@pytest.mark.parametrize("verb", OTHER_VERBS)
def test_another_verb_is_refused_to_everybody_on_every_route(
    app: Flask, world: World, visitor_of: VisitorOf, verb: str
) -> None:
    """With a good token, with a form and with JSON; whether the row is there makes no difference."""
    before = stored()
    wrong = []
    for role in SEVERAL:
        page = somebody(world, visitor_of, role)
        headers = {"X-CSRFToken": page.token()}
        paths = [address(rule, world.own, ROUTES[rule.endpoint]) for rule in get_rules(app)]
        paths += [address(rule, world.own, POSTS[rule.endpoint]) for rule in post_rules(app)]
        paths += [f"{base}/do/{act.name}?id=1" for base, act in offered()]
        open_to_all = (rule for rule in app.url_map.iter_rules() if rule.endpoint in PUBLIC)
        paths += [rule.rule for rule in open_to_all if not rule.arguments]
        for path in paths:
            answer = page.ask(verb, path, headers=headers, json={"confirmed": "1"})
            if answer.status_code != 405:
                wrong.append(f"{verb} {path}: {answer.status_code}")
    assert wrong == []
    assert stored() == before


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.EXAM_COMMITTEE, Role.STUDENT])
def test_a_body_of_json_does_nothing_that_a_form_may_not(
    app: Flask, world: World, visitor_of: VisitorOf, role: Role
) -> None:
    """No page of ours sends JSON, so none is read: refused before anything looks at it."""
    page = visitor_of(world.user(role))
    headers = {"X-CSRFToken": page.token(), **JSON}
    body = {"confirmed": "1", "id": world.own["student"], "all": "1", "definitive": "1", "version": "1"}
    before = stored()
    wrong = []
    for base, act in offered():
        expected = ACTIONS[act.name]
        for name, side in (("own", world.own), ("foreign", world.foreign)):
            path = f"{base}/do/{act.name}" + (f"?id={side[expected.row]}" if expected.row else "")
            answer = page.ask("POST", path, json=body, headers=headers)
            if answer.status_code != 415:
                wrong.append(f"{path} ({name}): {answer.status_code}")
    assert wrong == []
    after = stored()
    assert {name for name in before if before[name] != after[name]} == set()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.COMPANY_EXAMINER])
def test_head_answers_as_get_without_a_body_and_changes_nothing(
    app: Flask, world: World, visitor_of: VisitorOf, role: Role
) -> None:
    page = visitor_of(world.user(role))
    before = stored()
    wrong = []
    for rule in get_rules(app):
        path = address(rule, world.own, ROUTES[rule.endpoint])
        head = page.ask("HEAD", path, data={"confirmed": "1"})
        if (head.status_code, head.data) != (page.get(path).status_code, b""):
            wrong.append(f"{path}: {head.status_code}")
    for base, act in offered():
        path = f"{base}/do/{act.name}?id={world.own['student']}&confirmed=1"
        for verb in ("HEAD", "GET"):
            page.ask(verb, path, data={"confirmed": "1"})
    assert wrong == []
    # What was looked at last is kept, as is when somebody was here.
    assert {**stored(), "list_view": before["list_view"]} == before


def test_a_verb_that_is_disguised_stays_what_it_is(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    page = visitor_of(world.user(Role.ADMINISTRATOR))
    path = f"/studenten/do/release_progress?id={world.own['student']}"
    before = stored()
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        headers = {name: "POST", "X-CSRFToken": page.token()}
        page.ask("GET", f"{path}&_method=POST&confirmed=1&available=off", headers=headers)
    assert stored() == before


def test_the_comparison_sees_a_difference(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    """The guard can fail: to who may see both, a page that is there reads otherwise than none."""
    page = visitor_of(world.user(Role.ADMINISTRATOR))
    there = told(page.get(f"/studenten/{world.foreign['student']}"))
    assert there != told(page.get(f"/studenten/{MISSING['student']}"))
    other = told(page.get("/studenten/"))
    assert other != there
