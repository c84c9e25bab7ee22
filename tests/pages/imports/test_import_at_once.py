"""An import in two tabs: whoever is later hears what the other did, and is led to it."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.actions.base.runner import run
from app.actions.imports.imports import discard_import
from app.actions.imports.jobs import ask_import
from app.entities.base import db
from app.entities.imports import ImportRun
from app.entities.students import Student
from app.entities.users import User
from app.imports.undo_students import undo_student_import
from app.permissions import actor_of
from tests.factories import make_user, refresh
from tests.support.forms import forms_on
from tests.support.importing import Wizard, lines
from tests.support.racer import race
from tests.support.visitor import Visitor, announced

pytestmark = pytest.mark.schema

DONE = "Deze import is al uitgevoerd"
BEGUN = "Deze import is al begonnen"
UNTRUE = ("niets geïmporteerd", "niet gelukt", "Intussen gewijzigd", "ging iets mis")
FILE = lines(("00451", "Anna", "", "Berg"), ("00452", "Bas", "", "Dal"))


@pytest.fixture
def office(app: Flask) -> User:
    return make_user("administrator")


@pytest.fixture
def pk(office: User) -> int:
    return Wizard(actor_of(office)).take(FILE)


def form_of(page: Visitor, path: str, address: str) -> dict[str, str]:
    """What a form of this page sends."""
    forms = forms_on(page.get(path).text)
    fields = next(fields for action, fields in forms.items() if (action or path).endswith(address))
    return {name: one.values[0] for name, one in fields.items() if one.values}


def read(page: Visitor, answer: TestResponse) -> str:
    """What the user reads in the end."""
    while answer.status_code == 302:
        answer = page.get(answer.location)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text.partition("<main")[2])).split())


def answers(folder: Path, tabs: list[Visitor], press: Callable[[Visitor, int], TestResponse]) -> list[str]:
    """What each tab reads when all press at the same moment, each in a process of its own."""
    reading, writing = os.pipe()
    os.write(writing, bytes(range(len(tabs))))

    def work() -> None:
        number = os.read(reading, 1)[0]
        told = read(tabs[number], press(tabs[number], number))
        (folder / str(number)).write_text(told)

    assert race(work, processes=len(tabs)) == [""] * len(tabs)
    return [(folder / str(number)).read_text() for number in range(len(tabs))]


def test_importing_twice_at_once_is_done_once_and_told(
    app: Flask, office: User, pk: int, tmp_path: Path
) -> None:
    tabs, path = [Visitor(app, office) for _ in range(4)], f"/studenten/importeren/{pk}/controle"
    sent = [form_of(tab, path, "controle") for tab in tabs]

    told = answers(tmp_path, tabs, lambda tab, number: tab.post(path, sent[number]))

    assert sum("Geïmporteerd: 2 nieuw" in one for one in told) == 1, told
    assert sum(DONE in one for one in told) == 3, told
    for one in told:
        assert "Verslag van de import" in one
        assert not [word for word in UNTRUE if word in one]
    refresh()
    assert db.session.scalar(select(func.count()).select_from(Student)) == 2


def test_leaving_it_to_the_worker_twice_at_once_begins_once_and_is_told(
    app: Flask, office: User, pk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("app.pages.imports.check", "app.queries.imports.runs", "app.actions.imports.jobs.runs"):
        monkeypatch.setattr(f"{place}.is_large", lambda _run: True)
    tabs, path = [Visitor(app, office) for _ in range(4)], f"/studenten/importeren/{pk}/controle"
    sent = {"version": str(Wizard(actor_of(office)).own_run(pk).version), "checked": ""}

    told = answers(tmp_path, tabs, lambda tab, number: tab.post(path, {**sent, "token": f"t{number}"}))

    assert sum("De import is begonnen" in one for one in told) == 1, told
    assert sum(BEGUN in one for one in told) == 3, told
    assert not [one for one in told for word in UNTRUE if word in one]


def test_importing_and_throwing_away_at_once_is_one_of_the_two(
    app: Flask, office: User, pk: int, tmp_path: Path
) -> None:
    tabs, path = [Visitor(app, office) for _ in range(2)], f"/studenten/importeren/{pk}"
    sent = [
        form_of(tabs[0], f"{path}/controle", "controle"),
        form_of(tabs[1], f"{path}/controle", "weggooien"),
    ]
    places = [f"{path}/controle", f"{path}/weggooien"]

    told = answers(tmp_path, tabs, lambda tab, number: tab.post(places[number], sent[number]))

    refresh()
    if db.session.get(ImportRun, pk) is None:
        assert "niet meer voor u bestemd. Er is niets gewijzigd" in told[0]
        assert "De import is weggegooid" in told[1]
    else:
        assert "Geïmporteerd: 2 nieuw" in told[0]
        assert DONE in told[1]
    assert not [one for one in told for word in UNTRUE if word in one]


def test_undoing_twice_at_once_is_done_once_and_says_by_whom(
    app: Flask, office: User, pk: int, tmp_path: Path
) -> None:
    Wizard(actor_of(office)).write(pk)
    people = [office, make_user("administrator"), make_user("administrator")]
    tabs, path = (
        [Visitor(app, one) for one in people],
        f"/studenten/importeren/do/undo_student_import?id={pk}",
    )
    sent = [announced(tab.post(path)) for tab in tabs]

    told = answers(tmp_path, tabs, lambda tab, number: tab.post(path, sent[number]))

    names = [one.full_name for one in people]
    late = [one for one in told if "Deze import is al ongedaan gemaakt" in one]
    assert len(late) == 2, told
    for one in late:
        assert any(f"door {name}" in one for name in names)
    assert not [one for one in told for word in UNTRUE if word in one]


STEPS = ["kolommen", "opnieuw-lezen", "waarden", "inlogcodes", "rij/2", "controle", "opnieuw-controleren"]


@pytest.mark.parametrize("step", [*STEPS, "weggooien"])
@pytest.mark.parametrize("other", ["imported", "begun", "thrown away", "undone"])
def test_every_step_says_what_the_other_tab_did(
    app: Flask, office: User, pk: int, step: str, other: str
) -> None:
    actor, page = actor_of(office), Visitor(app, office)
    wizard = Wizard(actor)
    version = wizard.own_run(pk).version
    sent = {"version": str(version), "login_codes": "none", "seen": "none", "mapping": "", "token": "t"}
    match other:
        case "imported" | "undone":
            wizard.write(pk)
        case "begun":
            run(ask_import, actor, [pk], version=version)
        case "thrown away":
            run(discard_import, actor, [pk], version=version)
    if other == "undone":
        run(undo_student_import, actor, [pk])

    answer = page.post(f"/studenten/importeren/{pk}/{step}", sent)

    told = read(page, answer)
    wanted = {
        "imported": DONE,
        "begun": BEGUN,
        "thrown away": "niet meer voor u bestemd. Er is niets gewijzigd",
        "undone": DONE,
    }
    assert wanted[other] in told
    assert not [word for word in UNTRUE if word in told], told
    if other in {"imported", "undone"}:
        assert "Verslag van de import" in told
