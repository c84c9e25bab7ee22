"""What must never happen, further: a row of another school, two places at once, half an import.

The rest of that list stands in tests/test_never.py; mail that is lost in the tests of the outbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from app import create_app
from app.commands import register_commands
from app.database import prepare
from app.entities.base import db, metadata
from app.entities.engine import transaction
from app.entities.planning import Sitting
from app.entities.students import Student
from app.entities.users import User
from app.permissions import Actor, Role
from app.queries.access.codes import code_for
from app.queries.library.library import path_of
from config import Settings
from tests.factories import (
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
)
from tests.support import clock
from tests.support.importing import HEADER, Wizard, lines
from tests.support.leaks import Reader
from tests.support.visitor import Visitor
from tests.support.world import make_world
from tests.test_role_matrix import offered

MONDAY = clock.monday()

SECRET = "Anderschool"
Visit = Callable[..., Visitor]


# --- another school ---------------------------------------------------------------------------


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Flask]:
    """A second school in the same process: its own data, database and key."""
    made = create_app(Settings(school="demo", data=tmp_path))
    register_commands(made)
    with made.app_context():
        prepare()
        db.session.remove()
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


def test_a_session_of_one_school_is_nobody_at_another(app: Flask, other: Flask) -> None:
    """Even where a user of the same id, name and password is there."""
    mine = make_user("administrator")
    number, name, address = mine.id, mine.username, mine.email
    page = Visitor(app, mine)
    with other.app_context():
        theirs = make_user("administrator", username=name, email=address)
        assert theirs.id == number
        db.session.remove()
    assert page.get("/gebruikers/").status_code == 200
    cookie = page.client.get_cookie(str(app.config["SESSION_COOKIE_NAME"]))
    assert cookie is not None
    stranger = other.test_client()
    stranger.set_cookie(cookie.key, cookie.value)
    answer = stranger.get("/gebruikers/")
    assert (answer.status_code, answer.headers["Location"][:10]) == (302, "/aanmelden")


def test_a_code_and_a_file_of_one_school_are_nothing_at_another(app: Flask, other: Flask) -> None:
    here, file_here = code_for(7, "nonce"), path_of("a" * 64)
    with other.app_context():
        assert code_for(7, "nonce") != here
        assert path_of("a" * 64) != file_here
        assert str(db.engine.url) != ""
        there = db.engine.url
    assert there != db.engine.url
    assert app.config["SECRET_KEY"] != other.config["SECRET_KEY"]


def test_schools_on_one_machine_share_no_folder_key_or_database(tmp_path: Path) -> None:
    """Also with one data folder for all of them, as two services of one machine have it."""
    one, two = (Settings(school=name, data=tmp_path) for name in ("de-eerste", "de-tweede"))
    for settings in (one, two):
        settings.make_private()
    assert one.school_data != two.school_data
    assert not one.school_data.is_relative_to(two.school_data)
    files = [one.database_file(), two.database_file(), one.key_file, two.key_file]
    assert len(set(files)) == 4
    assert {file.parent for file in files[::2] if file} == {one.school_data.resolve(), one.school_data}
    assert not {*one.secret_keys()} & {*two.secret_keys()}


@pytest.mark.everywhere
def test_nothing_of_another_school_is_met_by_who_may_see_everything(app: Flask, other: Flask) -> None:
    """Ids that exist there and not here; every list, every export, by crawling and by asking."""
    world = make_world()
    student = world.foreign["student"]
    with transaction():
        db.session.execute(update(Student).values(last_name=SECRET, search=SECRET.lower()))
        db.session.execute(update(User).values(last_name=SECRET))
    with other.app_context():
        guest = make_user("administrator", "exam_committee", last_name="Hier")
        reader = Reader(Visitor(other, guest), [SECRET])
        db.session.remove()
    for path in (f"/studenten/{student}", "/studenten/?q=a", "/uitslagen/export/xlsx", "/gebruikers/"):
        reader.read(path)
    reader.crawl(["/"], most=80)
    assert reader.leaks == []
    assert reader.crashes == []
    here = Reader(Visitor(app, world.user(Role.ADMINISTRATOR)), [SECRET])
    here.read(f"/studenten/{student}")
    assert here.leaks, "the reader would have seen it"


# --- two places at once -----------------------------------------------------------------------


def overlaps() -> list[tuple[str, int]]:
    """(who, id) for every student or examiner with two sittings that share a minute."""
    refresh()
    taken: dict[tuple[str, int], list[Sitting]] = {}
    for one in db.session.scalars(select(Sitting)):
        taken.setdefault(("student", one.registration.student_id), []).append(one)
        for examiner in one.examiners:
            taken.setdefault(("examiner", examiner.user_id), []).append(one)
    return [
        who
        for who, many in taken.items()
        for a, b in combinations(many, 2)
        if a.starts_at < b.ends_at and b.starts_at < a.ends_at
    ]


FORCING: tuple[dict[str, str], ...] = (
    {},
    {"force": "1", "ignore": "1", "conflicts": "on", "token": "x"},
    {"order": "at_once", "pause": "-600"},
)


@pytest.mark.parametrize("forcing", FORCING, ids=["plainly", "with made-up fields", "with odd values"])
def test_nobody_is_planned_in_two_places_at_once_by_any_page(
    app: Flask, visit: Visit, forcing: dict[str, str]
) -> None:
    """The same student in another exam, another student with the same examiner; together and apart."""
    programme = make_programme()
    first, second = make_exam(programme, tasks=1), make_exam(programme, tasks=2)
    one, two = make_student(programme), make_student(programme)
    school = make_user("school_examiner", programmes=[programme])
    company = make_user("company_examiner", programmes=[programme])
    nine = clock.at(MONDAY, 9)
    make_sitting(
        make_registration(one, first),
        starts_at=nine,
        minutes=120,
        school_examiner=school,
        company_examiner=company,
    )
    page = visit("administrator")
    tasks = [task.id for task in second.tasks]
    form = {
        "way": "together",
        "order": "one_by_one",
        "pause": "15",
        "last_end": "17:00",
        "all_school_examiner": str(school.id),
        "all_company_examiner": str(company.id),
        "all_day": f"{MONDAY:%d-%m-%Y}",
        "all_start": "10:00",
        "all_minutes": "60",
        "all_location": "Hier",
        **forcing,
    }
    apart = {"way": "apart"}
    for task in tasks:
        apart |= {
            f"task{task}_{name}": form[f"all_{name}"]
            for name in ("school_examiner", "company_examiner", "day", "start", "minutes", "location")
        }
    sittings = len(db.session.scalars(select(Sitting)).all())
    for base in sorted({base for base, act in offered() if act.name == "plan_exam"}):
        for student in (one, two):
            for sent in (form, {**form, **apart}):
                ids = f"id={student.id}&kies={second.id}&opleiding={programme.id}"
                answer = page.do(f"{base}/do/plan_exam?{ids}", sent)
                assert answer.status_code in {200, 302, 404, 409, 422}
                assert overlaps() == []
    refresh()
    assert len(db.session.scalars(select(Sitting)).all()) == sittings, "a clash was planned"


def test_the_look_for_overlaps_sees_one(app: Flask) -> None:
    programme = make_programme()
    exam, other = make_exam(programme, tasks=1), make_exam(programme, tasks=1)
    student = make_student(programme)
    start = clock.at(MONDAY, 9)
    make_sitting(make_registration(student, exam), starts_at=start, minutes=60)
    make_sitting(make_registration(student, other), starts_at=start + timedelta(minutes=30), minutes=60)
    assert ("student", student.id) in overlaps()


# --- half an import ---------------------------------------------------------------------------


def everything() -> dict[str, list[str]]:
    refresh()
    return {
        table.name: sorted(map(repr, db.session.execute(table.select()).all()))
        for table in metadata.sorted_tables
    }


def test_an_import_that_breaks_off_at_any_statement_leaves_nothing(
    app: Flask, actor: Callable[..., Actor]
) -> None:
    """The lights go out at the first write, the second, … until one import gets through."""
    wizard = Wizard(actor("administrator"))
    rows = [(f"0{n}", "Fleur", "van der", f"Berg{n}", f"fleur{n}@example.nl") for n in range(101, 121)]
    pk = wizard.take(lines(*rows, header=(*HEADER, "E-mail")), codes="make")
    assert wizard.check(pk).counts["new"] == len(rows)
    before = everything()
    for breaks_at in range(1, 200):
        written = 0

        def count(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
            nonlocal written
            if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
                written += 1
                if written == breaks_at:  # noqa: B023 - each round counts for itself
                    raise RuntimeError("out of power")

        event.listen(db.engine, "before_cursor_execute", count)
        try:
            wizard.write(pk)
        except RuntimeError:
            assert everything() == before, f"half an import after {breaks_at - 1} statements"
        else:
            break
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
    assert breaks_at > 3, "nothing was written"
    refresh()
    assert len(db.session.scalars(select(Student)).all()) == len(rows)
