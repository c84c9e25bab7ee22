"""The trail's end is held by a file beside the database: what is cut off, put back or forged is found."""

from __future__ import annotations

import html
import json
import logging
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import delete, event, func, select, text, update
from sqlalchemy.engine import Engine

from app.actions.base import anchor, anchor_file
from app.actions.base.anchor import End, check_trail, follow
from app.actions.base.runner import run
from app.actions.base.trail import broken_at, record
from app.actions.trail.anchor import accept_trail, begin_anchor
from app.commands import reset_demo
from app.database import prepare
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.sessions import UserSession
from app.entities.trail import AuditEntry, AuditObject
from app.errors import RuleBroken
from app.permissions import SYSTEM
from tests.factories import make_student, make_user, refresh
from tests.support import clock
from tests.support.database import open_trail
from tests.support.racer import race
from tests.support.visitor import Visitor, signed_in

Visit = Callable[..., Visitor]
PROCESSES, TIMES = 4, 12


def write_entries(count: int) -> list[int]:
    """So many entries, each in a transaction of its own; gives their ids."""
    made = []
    for _ in range(count):
        with transaction():
            made.append(record(SYSTEM, "generate_roles", "Student", [1, 2]).id)
    return made


def _write_and_fail() -> None:
    with transaction():
        record(SYSTEM, "generate_roles", "Student", [1])
        raise ZeroDivisionError


def cut_after(entry: int, *, objects: bool = True) -> None:
    """Take the later entries away, as somebody with access to the database could."""
    open_trail()
    with db.engine.begin() as connection:
        if objects:
            connection.execute(delete(AuditObject).where(AuditObject.entry_id > entry))
        connection.execute(delete(AuditEntry).where(AuditEntry.id > entry))
    refresh()


def length() -> int:
    refresh()
    return db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def kept() -> anchor_file.Anchor:
    found = anchor_file.read()
    assert found is not None
    return found


@pytest.fixture
def place(app: Flask) -> Iterator[Path]:
    """The file; the log has told nothing about it yet."""
    anchor._told.of.clear()
    yield anchor_file.place()
    anchor._told.of.clear()


def says(app: Flask) -> tuple[int, str]:
    db.session.rollback()
    done = app.test_cli_runner().invoke(args=["verify-trail"])
    refresh()
    return done.exit_code, done.output


def test_the_anchor_follows_every_entry(place: Path) -> None:
    for _ in range(3):
        entry = db.session.get_one(AuditEntry, write_entries(1)[0])
        assert (kept().count, kept().entry, kept().hash) == (length(), entry.id, entry.hash)


def test_an_entry_that_is_rolled_back_moves_nothing(place: Path) -> None:
    before = place.read_bytes()
    with transaction(keep=False):
        record(SYSTEM, "generate_roles", "Student", [1])
    with pytest.raises(ZeroDivisionError):
        _write_and_fail()
    assert place.read_bytes() == before
    write_entries(1)
    assert check_trail().sound


def test_the_file_is_for_its_owner_only_and_replaced_whole(place: Path) -> None:
    write_entries(1)
    first = place.stat().st_ino
    write_entries(1)
    assert place.stat().st_ino != first, "it was written over, not replaced"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [one.name for one in place.parent.glob(f".{anchor_file.NAME}-*")] == []


def test_following_costs_no_query(place: Path) -> None:
    seen: list[str] = []

    def look(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    with transaction():
        record(SYSTEM, "generate_roles", "Student", [1])
        event.listen(Engine, "before_cursor_execute", look)
    event.remove(Engine, "before_cursor_execute", look)
    assert kept().count == length()
    assert seen == []


# -- what is found


@pytest.mark.schema
@pytest.mark.parametrize("gone", [1, 2, 5])
def test_entries_that_are_cut_off_the_end_are_found(app: Flask, place: Path, gone: int) -> None:
    entries = write_entries(6)
    cut_after(entries[-1 - gone])
    assert broken_at() is None, "the chain itself cannot tell"
    status, shown = says(app)
    assert status == 1
    assert f"de laatste {gone} regels van het logboek ontbreken" in shown
    assert "accept-trail" in shown


@pytest.mark.schema
def test_entries_cut_off_of_which_something_stays_are_told_as_taken_away(app: Flask, place: Path) -> None:
    entries = write_entries(1)
    student = make_student()
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO action_run (token, action, at, summary, outcome) VALUES "
                "(:token, 'change_student', :at, '', :outcome)"
            ),
            {"token": "t" * 43, "at": "2090-01-01 00:00:00.000000", "outcome": '{"done": 1}'},
        )
        record(SYSTEM, "change_student", "Student", [student.id])
    cut_after(entries[-1])
    assert follow().end is End.CUT
    assert "De laatste 1 regels van het logboek zijn weggehaald" in says(app)[1]


@pytest.mark.schema
def test_other_entries_in_the_place_of_those_cut_off_are_found(app: Flask, place: Path) -> None:
    entries = write_entries(6)
    cut_after(entries[2])
    before = kept()
    write_entries(9)
    assert kept() == before, "the anchor went along with another trail"
    assert follow().end is End.OTHER
    assert "andere dan die van het anker" in says(app)[1]


@pytest.mark.schema
def test_the_whole_trail_emptied_is_found(app: Flask, place: Path) -> None:
    write_entries(2)
    cut_after(0)
    assert check_trail().broken is None
    assert not check_trail().sound


def test_an_anchor_that_is_gone_is_told_and_not_made_again(app: Flask, place: Path) -> None:
    place.unlink()
    assert f"Het anker ontbreekt: het bestand {place} is weg." in says(app)[1]
    write_entries(1)
    run(begin_anchor, SYSTEM)
    assert not place.exists()
    assert says(app)[0] == 1


@pytest.mark.parametrize(
    "forge",
    [
        lambda text: text.replace('"count": ', '"count": 1'),
        lambda text: text.replace('"hash": "', '"hash": "0'),
        lambda text: "",
        lambda text: "[" * 5000,
        lambda text: "null",
        lambda text: "{}",
        lambda text: json.dumps({**json.loads(text), "signature": "0" * 64}),
        lambda text: json.dumps({**json.loads(text), "since": "gisteren"}),
        lambda text: json.dumps({**json.loads(text), "signature": "é"}),
        lambda text: text + " " * 5000,
    ],
)
def test_an_anchor_that_was_edited_is_told(app: Flask, place: Path, forge: Callable[[str], str]) -> None:
    place.write_text(forge(place.read_text()))
    assert "Het anker is niet echt" in says(app)[1]
    before = place.read_bytes()
    write_entries(1)
    assert place.read_bytes() == before


def test_an_anchor_of_another_school_is_told(
    app: Flask, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setitem(current_app.config, "SECRET_KEY", "x" * 40)
        anchor_file.write(anchor_file.anchor_at(length(), 2, "0" * 64))
    assert "Het anker is niet echt" in says(app)[1], "signed with another school's key"
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(anchor_file, "school_key", lambda: "noord")
        anchor_file.write(anchor_file.anchor_at(length(), 2, "0" * 64))
    assert "Het anker is van een andere school" in says(app)[1], "with the same key"


def test_an_older_anchor_follows_what_was_written_since(place: Path) -> None:
    write_entries(1)
    older = place.read_bytes()
    write_entries(3)
    place.write_bytes(older)
    assert check_trail().sound
    assert kept().count == length()


# -- when it cannot be written


def test_a_change_goes_on_when_the_file_cannot_be_written(
    app: Flask, place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, visit: Visit
) -> None:
    admin = visit("administrator")
    before = place.read_bytes()

    def full(_anchor: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR, "proeve.trail"):
        broken.setattr(anchor_file, "write", full)
        entries = write_entries(2)
        page = admin.get("/logboek/controle")
    assert db.session.get(AuditEntry, entries[1]) is not None
    assert place.read_bytes() == before
    assert len([one for one in caplog.records if "not held" in one.message]) == 1, "told at every entry"
    shown = html.unescape(page.text)
    assert "regels achter, want het is niet te schrijven (No space left on device)" in shown
    assert "Het logboek is gaaf" not in shown
    assert check_trail().sound, "it does not catch up when it can"


def test_an_error_of_any_kind_is_logged_and_stops_no_change(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def wrong(_anchor: Any) -> None:
        raise ValueError("planted")

    monkeypatch.setattr(anchor_file, "write", wrong)
    with caplog.at_level(logging.ERROR, "proeve.trail"):
        write_entries(1)
    assert "could not follow" in caplog.text


def test_a_process_that_holds_the_file_for_long_stops_nobody(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchor_file, "PATIENCE", 0.05)
    with anchor_file.held():
        entries = write_entries(1)
        assert kept().entry < entries[0]
    assert check_trail().sound


# -- many at once


def test_four_processes_never_move_the_anchor_back(place: Path) -> None:
    """A watcher reads the file all the time: whole, and its count only rises."""
    seen, stop = [kept().count], threading.Event()
    wrong: list[str] = []

    def watch(app: Flask) -> None:
        with app.app_context():
            while not stop.is_set():
                found = anchor_file.read()
                if found is None or found.count < seen[-1]:
                    wrong.append(str(found))
                elif found.count > seen[-1]:
                    seen.append(found.count)

    def work() -> None:
        write_entries(TIMES)

    before = length()
    looking = threading.Thread(target=watch, args=(current_app._get_current_object(),))  # type: ignore[attr-defined]
    looking.start()
    try:
        assert race(work, processes=PROCESSES) == [""] * PROCESSES
    finally:
        stop.set()
        looking.join()
    assert wrong == []
    assert kept().count == length() == before + PROCESSES * TIMES
    assert check_trail().sound
    assert len(seen) > PROCESSES


# -- a restored backup


@pytest.mark.schema
def test_an_administrator_accepts_a_restored_backup_with_a_reason(app: Flask, place: Path) -> None:
    entries = write_entries(4)
    cut_after(entries[1])
    db.session.rollback()
    done = app.test_cli_runner().invoke(args=["accept-trail", "--reason", "Back-up van maandag teruggezet"])
    refresh()
    assert done.exit_code == 0, done.output
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.action == "accept_trail"
    assert entry.details["reason"] == "Back-up van maandag teruggezet"
    assert entry.details["lines"] == kept().count == length()
    assert "de laatste 2 regels" in entry.details["found"]
    assert says(app)[0] == 0
    write_entries(1)
    assert check_trail().sound


@pytest.mark.parametrize("lost", [lambda place: place.unlink(), lambda place: place.write_text("{}")])
def test_a_lost_anchor_is_laid_anew_with_a_reason(place: Path, lost: Callable[[Path], Any]) -> None:
    lost(place)
    with pytest.raises(RuleBroken):
        run(accept_trail, SYSTEM, reason="  ")
    assert run(accept_trail, SYSTEM, reason="De schijf was stuk").done == 1
    assert check_trail().sound


def test_there_is_nothing_to_accept_when_the_anchor_fits(place: Path) -> None:
    before = length()
    with pytest.raises(RuleBroken):
        run(accept_trail, SYSTEM, reason="Zomaar")
    assert length() == before


def test_a_school_that_never_had_an_anchor_gets_one_at_its_start(place: Path) -> None:
    entries = db.session.scalars(select(AuditEntry.action)).all()
    assert entries.count("begin_anchor") == 1, "`prepare` begins it"
    run(begin_anchor, SYSTEM)
    assert length() == len(entries)


@pytest.mark.schema
def test_no_anchor_is_begun_for_a_trail_that_was_cut_to_its_first_entry(place: Path) -> None:
    entries = write_entries(1)
    signed_in(make_user("administrator"))
    with transaction() as session:
        session.execute(update(UserSession).values(created_at=clock.now() + timedelta(minutes=1)))
    cut_after(entries[0] - 2)
    place.unlink()
    prepare()
    assert not place.exists()


@pytest.mark.schema
def test_a_demo_school_that_is_put_back_begins_anew(demo: Flask) -> None:
    write_entries(3)
    db.session.rollback()
    reset_demo()
    assert check_trail().sound


# -- on the page


@pytest.mark.schema
def test_the_page_of_the_check_says_what_the_anchor_holds_and_what_is_wrong(
    app: Flask, place: Path, visit: Visit
) -> None:
    admin = visit("administrator")
    entries = write_entries(3)
    good = html.unescape(admin.get("/logboek/controle").text)
    assert "Het logboek is gaaf" in good
    assert f"Het anker houdt {length()} regels vast, sinds" in good
    assert str(place) in good
    cut_after(entries[0])
    bad = html.unescape(admin.get("/logboek/controle").text)
    assert "Het logboek is gaaf" not in bad
    assert "De database is ouder dan het anker" in bad
    assert "run.py accept-trail" in bad


def test_a_key_that_came_later_still_reads_the_anchor(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(current_app.config, "SECRET_KEY_FALLBACKS", [current_app.config["SECRET_KEY"]])
    monkeypatch.setitem(current_app.config, "SECRET_KEY", "n" * 40)
    assert check_trail().sound
