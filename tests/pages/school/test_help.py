"""Hulp: every role finds whom to ask, and the manual, from the menu of its own name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.permissions import Permission, Role, actor_of, may
from app.school import Contact, Help, School, current_school
from tests.factories import make_user
from tests.support.visitor import Visitor

PLAIN = School(key="x", supplier=Contact(name="L", email="l@example.nl"), name="Test")


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_every_role_finds_whom_to_ask(app: Flask, visitor_of: Callable[..., Visitor], role: Role) -> None:
    user = make_user(role)
    page = visitor_of(user)
    assert 'href="/hulp/"' in page.get("/mijn-profiel/").text
    text = page.get("/hulp/").text
    assert "Examenbureau ROC Demostad" in text
    assert "mailto:examenbureau@example.nl" in text
    actor = actor_of(user)
    supplier = current_school().supplier.email
    assert (f"mailto:{supplier}" in text) == may(actor, Permission.PROGRAMMES_SEE)
    assert ("Bibliotheek</span>" in text) == may(actor, Permission.LIBRARY_READ)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"mail_sender": "bureau@school.nl"}, ("Test", "bureau@school.nl", "")),
        ({"help": Help(phone="0612345678"), "mail_sender": "bureau@school.nl"}, ("Test", "", "0612345678")),
        ({"help": Help(name="An", email="an@school.nl")}, ("An", "an@school.nl", "")),
        ({}, ("Test", "", "")),
    ],
)
def test_a_school_that_names_nobody_is_asked_where_its_mails_come_from(
    given: dict[str, Any], asked: tuple[str, str, str]
) -> None:
    office = dataclasses.replace(PLAIN, **given).office
    assert (office.name, office.email, office.phone) == asked


def test_the_manual_is_where_the_school_says(
    app: Flask, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://www.school.nl/handleiding?x=1"
    school = dataclasses.replace(current_school(), help=Help(manual=address))
    monkeypatch.setitem(app.extensions, "proeve_school", school)
    assert f'href="{address}"' in visit("student").get("/hulp/").text
