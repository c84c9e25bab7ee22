"""Requests that no page of ours makes: without a token, with another host, to lead outside, many at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest
from flask import Flask

from app.entities.users import User
from app.permissions import Role
from tests.factories import make_programme, make_student, make_user
from tests.support.visitor import Visitor
from tests.support.world import World
from tests.test_role_matrix import ACTIONS, POSTS, ROUTES, address, get_rules, offered, post_rules

pytestmark = pytest.mark.web

VisitorOf = Callable[[User | None], Visitor]
ROUNDS = 4


def test_every_post_without_a_token_is_refused(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    """Whoever asks, signed in or not; also with a token that was made up."""
    posts = [address(rule, world.own, POSTS[rule.endpoint]) for rule in post_rules(app)]
    posts += ["/aanmelden", "/aanmelden/code", "/afmelden", "/taal"]
    for base, act in offered():
        row = ACTIONS[act.name].row
        posts.append(f"{base}/do/{act.name}" + (f"?id={world.own[row]}" if row else ""))
    for user in (world.user(Role.ADMINISTRATOR), None):
        client = visitor_of(user).client
        for path in posts:
            assert client.post(path, data={"confirmed": "1"}).status_code == 400, path
            made_up = {"csrf_token": "IjEyMyI.aaa.bbb", "confirmed": "1"}
            assert client.post(path, data=made_up).status_code == 400, path


def test_the_token_of_another_session_is_refused(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    mine, theirs = visitor_of(world.user(Role.ADMINISTRATOR)), visitor_of(world.user(Role.STUDENT))
    mine._token = theirs.token()
    answer = mine.post("/studenten/do/add_student")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "X-Forwarded-For", "X-Original-URL", "X-Forwarded-Proto"]
)
def test_a_forwarded_header_changes_nothing(
    app: Flask, world: World, visitor_of: VisitorOf, header: str
) -> None:
    page = visitor_of(world.user(Role.STUDENT))
    for path, status in (("/gebruikers/", 403), ("/mijn-profiel/", 200)):
        answer = page.get(path, headers={header: "evil.example"})
        assert answer.status_code == status
        assert "evil.example" not in answer.text + str(answer.headers)


def test_head_and_options_tell_no_more_than_get(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    page = visitor_of(world.user(Role.STUDENT))
    for rule in get_rules(app):
        path = address(rule, world.foreign, ROUTES[rule.endpoint])
        head, get = page.client.head(path), page.get(path)
        assert head.status_code == get.status_code, path
        assert head.data == b""
        options = page.client.options(path)
        assert options.data == b"" or options.status_code >= 400, path


def test_eight_at_once_each_see_their_own_rows_only(app: Flask, visitor_of: VisitorOf) -> None:
    """List, page and form, threads changing place at every step: never a row of another."""
    programme = make_programme()
    people = []
    for number in range(8):
        supervisor = make_user("school_supervisor", programmes=(programme,))
        name = f"Enigst{number}achternaam"
        student = make_student(
            programme, last_name=name, search=name.lower(), supervisors=((supervisor, "school_supervisor"),)
        )
        people.append((visitor_of(supervisor), student.id, name))
    names = [name for _page, _id, name in people]
    wrong: list[str] = []

    def read(page: Visitor, student: int, own: str) -> None:
        others = [name for name in names if name != own]
        paths = ("/studenten/", f"/studenten/{student}", f"/studenten/do/change_student?id={student}")
        for path in paths * ROUNDS:
            text = page.get(path).text
            if own not in text or any(name in text for name in others):
                wrong.append(f"{own} {path}")

    threads = [threading.Thread(target=read, args=one) for one in people]
    normal = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(normal)
    assert wrong == []
