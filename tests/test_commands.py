"""The commands, as somebody at a terminal uses them."""

from __future__ import annotations

import gc
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import NullPool, create_engine, func, select, text
from werkzeug.security import check_password_hash

from app.demo.accounts import ACCOUNTS, PASSWORD
from app.entities.base import db
from app.entities.students import Student
from app.entities.users import User
from app.school import current_school
from tests.factories import make_student, make_user, refresh
from tests.support.database import open_trail
from tests.support.processes import command, free_port, start

pytestmark = pytest.mark.schema

ADMINISTRATOR = {
    "--first-name": "Noor",
    "--infix": "de",
    "--last-name": "Wit",
    "--email": "Noor@School.Example.nl",
    "--username": "Noor",
    "--password": "vier woorden samen zijn lang",
}


# A line of the log, which goes to the same place here.
LOGGED = re.compile(r"^\d{4}-\d\d-\d\dT\S+Z [A-Z]+ .*\n", re.MULTILINE)


def invoke(app: Flask, *arguments: str, answers: str = "") -> tuple[int, str]:
    db.session.rollback()
    done = app.test_cli_runner().invoke(args=list(arguments), input=answers or None)
    refresh()
    return done.exit_code, LOGGED.sub("", done.output)


def count(model: type[Any]) -> int:
    refresh()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def real_school(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setitem(current_app.extensions, "proeve_school", replace(current_school(), demo=False))
    return app


# --- serve ------------------------------------------------------------------------------------


@contextmanager
def served(app: Flask, **extra: str) -> Iterator[tuple[int, str]]:
    """Serve until the block ends: port, what the terminal showed."""
    port = free_port()
    process = start(app, "run.py", "serve", PORT=str(port), WEB_WORKERS="1", **extra)
    try:
        _wait(port)
        assert process.stdout is not None
        shown = ""
        while "Ctrl-C" not in shown:
            shown += process.stdout.readline()
        yield port, shown
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0, rest
    assert "Traceback" not in rest


def _wait(port: int) -> None:
    began = time.monotonic()
    while time.monotonic() - began < 90:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer")


def test_serve_fills_the_demo_school_once_and_says_who_can_sign_in(app: Flask):
    db.session.remove()
    with served(app) as (port, shown):
        assert f"http://127.0.0.1:{port}/" in shown
        for one in ACCOUNTS:
            assert one.username in shown
        assert PASSWORD in shown
        students = count(Student)
    assert students > 0
    make_student(last_name="Blijft")

    with served(app) as (_port, _shown):
        assert count(Student) == students + 1


@pytest.mark.web
def test_a_taken_port_is_said_and_another_one_proposed(app: Flask):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, shown = command(app, "serve", PORT=str(port))
    assert status == 1
    assert f"Poort {port} is al in gebruik" in shown
    assert f"PORT={port + 1}." in shown
    assert "make run" not in shown, "a real school is started otherwise"
    assert "Traceback" not in shown
    assert count(User) == 0


def test_the_help_names_every_command_also_those_that_begin_without_a_school(app: Flask):
    status, shown = command(app, "--help")
    named = re.findall(r"^  ([a-z]+(?:-[a-z]+)*)  ", shown, re.MULTILINE)
    assert status == 0
    assert {"new-school", "check-school", "restore", "serve", "backup"} <= set(named)
    assert len(named) == len(set(named))


@pytest.mark.web
def test_a_demo_school_listens_on_this_computer_only(app: Flask):
    make_user()  # a school with a user is not filled
    db.session.remove()
    status, shown = command(app, "serve", HOST="0.0.0.0", PORT=str(free_port()))  # noqa: S104
    assert status == 1
    assert "PROEVE_DEMO_ANYWHERE" in shown
    with served(app, HOST="0.0.0.0", PROEVE_DEMO_ANYWHERE="1") as (port, _shown):  # noqa: S104
        assert port


# --- the demo school --------------------------------------------------------------------------


def test_demo_reset_puts_the_school_back(demo: Flask):
    before, number = count(Student), make_student(last_name="Extra").number
    db.session.remove()

    status, shown = command(demo, "demo-reset")

    assert (status, shown.strip()) == (0, "De demoschool staat terug.")
    assert count(Student) == before
    assert db.session.scalar(select(Student.id).where(Student.number == number)) is None


def test_a_real_school_is_never_emptied_or_filled(real_school: Flask):
    make_student()
    for arguments in (["demo-reset"], ["demo-data", "--students", "5"]):
        status, shown = invoke(real_school, *arguments)
        assert status == 1
        assert "demoschool" in shown
    assert (count(Student), count(User)) == (1, 0)


def test_demo_data_adds_students_and_tells_how_far_it_is(demo: Flask):
    before = count(Student)
    status, shown = invoke(demo, "demo-data", "--students", "70")
    assert status == 0, shown
    assert count(Student) == before + 70
    assert "70 studenten toegevoegd" in shown
    assert "examens" in shown

    status, shown = invoke(demo, "demo-data", "--students", "0")
    assert status == 2
    assert count(Student) == before + 70


def test_a_database_in_use_is_not_emptied(demo: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.database.LOCK_SECONDS", 1)
    before = count(Student)
    with create_engine(db.engine.url, poolclass=NullPool).connect() as other:
        other.exec_driver_sql("UPDATE student SET active = active")
        status, shown = invoke(demo, "demo-reset")
    assert (status, shown) == (1, "Error: De database is in gebruik. Stop Proeve en probeer het opnieuw.\n")
    assert count(Student) == before


@pytest.mark.web  # about SQLite's file
def test_a_refused_reset_lets_go_of_the_database(demo: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.database.LOCK_SECONDS", 0)
    alone = create_engine(db.engine.url, poolclass=NullPool)
    gc.disable()  # what is left for it to find counts as held
    try:
        with alone.connect() as other:
            other.exec_driver_sql("UPDATE student SET active = active")
            invoke(demo, "demo-reset")
        db.session.remove()
        db.engine.dispose()
        with alone.connect() as only:  # leaving WAL asks for a file that nobody else has open
            assert only.exec_driver_sql("PRAGMA journal_mode=DELETE").scalar() == "delete"
    finally:
        gc.enable()


# --- a school for real ------------------------------------------------------------------------


def test_the_first_administrator_is_asked_for_and_can_sign_in(
    real_school: Flask, visitor_of: Callable[[User | None], Any]
):
    answers = "\n".join(
        ["Noor", "de", "Wit", "noor@school.example.nl", "noor", *[ADMINISTRATOR["--password"]] * 2]
    )
    status, shown = invoke(real_school, "create-administrator", answers=answers + "\n")
    assert status == 0, shown
    assert ADMINISTRATOR["--password"] not in shown
    user = db.session.scalars(select(User)).one()
    assert (user.full_name, user.email, user.username) == ("Noor de Wit", "noor@school.example.nl", "noor")
    assert [role.name for role in user.roles] == ["administrator"]
    assert check_password_hash(user.password, ADMINISTRATOR["--password"])
    visitor = visitor_of(None)
    answer = visitor.post("/aanmelden", {"username": "noor", "password": ADMINISTRATOR["--password"]})
    assert answer.status_code == 302


@pytest.mark.parametrize("kind", ["create-administrator", "create-supplier"])
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"--password": "kort"}, "wachtwoord"),
        ({"--password": "demostad2026!"}, "lijkt te veel"),
        ({"--email": "noor"}, "geen e-mailadres"),
        ({"--first-name": " "}, "Voornaam: Dit veld is verplicht"),
        ({"--first-name": "x" * 65}, "Voornaam: "),
        ({"--infix": "x" * 21}, "Tussenvoegsel: "),
        ({"--email": ""}, "E-mailadres: "),
        ({"--username": "noor de wit"}, "Gebruikersnaam: Een gebruikersnaam heeft geen spaties"),
        ({"--username": "anders@school.example.nl"}, "Gebruikersnaam: "),
        ({"--username": "x" * 129}, "Gebruikersnaam: "),
    ],
)
def test_a_wrong_administrator_is_refused_in_a_sentence(
    real_school: Flask, kind: str, wrong: dict[str, str], sentence: str
):
    arguments = [part for pair in {**ADMINISTRATOR, **wrong}.items() for part in pair]
    status, shown = invoke(real_school, kind, *arguments)
    assert status == 1
    assert sentence in shown
    assert count(User) == 0


def test_an_administrator_is_made_without_questions(real_school: Flask, tmp_path: Path):
    given = {**ADMINISTRATOR, "--password-file": str(tmp_path / "password")}
    for name in ("--infix", "--username", "--password"):
        del given[name]
    (tmp_path / "password").write_text(f"{ADMINISTRATOR['--password']}\nen een regel\n")
    status, shown = invoke(
        real_school, "create-administrator", *[part for pair in given.items() for part in pair]
    )
    assert status == 0, shown
    user = db.session.scalars(select(User)).one()
    assert (user.full_name, user.username) == ("Noor Wit", "noor@school.example.nl")
    assert check_password_hash(user.password, ADMINISTRATOR["--password"])


def test_a_password_comes_in_by_the_input(real_school: Flask):
    given = [part for name, value in ADMINISTRATOR.items() if name != "--password" for part in (name, value)]
    typed = ADMINISTRATOR["--password"] + "\n"
    status, shown = invoke(real_school, "create-supplier", *given, "--password-file", "-", answers=typed)
    assert status == 0, shown
    assert check_password_hash(db.session.scalars(select(User)).one().password, ADMINISTRATOR["--password"])


def test_with_nobody_to_ask_what_is_missing_is_named(real_school: Flask):
    status, shown = invoke(real_school, "create-administrator", "--first-name", "Noor")
    assert status == 1
    assert "Geef ook --last-name, --email, --password-file: er is niemand om het te vragen." in shown
    assert count(User) == 0


def test_a_second_administrator_cannot_take_a_name_that_is_taken(real_school: Flask):
    arguments = [part for pair in ADMINISTRATOR.items() for part in pair]
    assert invoke(real_school, "create-administrator", *arguments)[0] == 0
    for other in ({"--email": "anders@example.nl"}, {"--username": "anders"}):
        again = [part for pair in {**ADMINISTRATOR, **other}.items() for part in pair]
        status, shown = invoke(real_school, "create-administrator", *again)
        assert status == 1
        assert "al" in shown
    assert count(User) == 1


def test_the_catalogue_can_be_loaded_without_a_demo(real_school: Flask):
    assert "0 gewijzigd" in invoke(real_school, "load-catalogue")[1]
    assert "0 nieuw" in invoke(real_school, "load-catalogue")[1]


# --- the trail --------------------------------------------------------------------------------


def test_verify_trail_ends_with_one_when_the_trail_was_changed(app: Flask):
    invoke(app, "load-catalogue")
    status, shown = invoke(app, "verify-trail")
    assert (status, shown.splitlines()[0]) == (0, "Het logboek klopt.")
    assert "Het anker houdt 3 regels vast" in shown
    open_trail()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET actor_name = 'Niemand'"))

    status, shown = invoke(app, "verify-trail")

    assert status == 1
    assert "klopt niet" in shown
