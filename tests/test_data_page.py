"""docs/data.md names every column of every table with its level, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.entities.base import db, metadata

PAGE = Path(__file__).parent.parent / "docs" / "data.md"
LEVELS = {"secret", "sensitive", "personal", "plain"}
ROW = re.compile(r"^\| `(\w+)` \| ((?:`\w+`(?:, )?)*) ?\| (\w+) \|(.*)$", re.M)
UNUSED = {"ab_api_key", "ab_group", "ab_group_role", "ab_user_group", "ab_register_user"}
# A column that opens something bears one of these in its name; the page must call it secret.
OPENS = re.compile(
    r"password$|nonce|token_hash|handle_hash|code_hash|browser_hash|stop_hash|sealed|challenge$|public_key"
)


def columns() -> dict[str, set[str]]:
    """What must be named: not ids and names of rows, versions, and what only points at another row."""
    return {
        table.name: {
            c.name
            for c in table.columns
            if not c.foreign_keys and c.name not in {"id", "uid", "version", "actor_id"}
        }
        for table in metadata.sorted_tables
        if table.name not in UNUSED
    }


def named(text: str) -> dict[str, dict[str, str]]:
    """table -> column -> level."""
    found: dict[str, dict[str, str]] = {}
    for table, listed, level, _rest in ROW.findall(text):
        found.setdefault(table, {}).update(dict.fromkeys(re.findall(r"`(\w+)`", listed), level))
    return found


def test_every_column_has_a_level_and_nothing_is_invented() -> None:
    page, there = named(PAGE.read_text()), columns()
    assert set(page) ^ set(there) == set()
    wrong = {table: set(page[table]) ^ there[table] for table in there}
    assert {table: names for table, names in wrong.items() if names} == {}
    assert {level for levels in page.values() for level in levels.values()} <= LEVELS


def test_what_opens_something_is_called_secret() -> None:
    page = named(PAGE.read_text())
    opens = {(t, c): level for t, cs in page.items() for c, level in cs.items() if OPENS.search(c)}
    assert len(opens) > 12
    assert {place: level for place, level in opens.items() if level != "secret"} == {}


def test_every_line_about_people_says_what_for_who_reads_it_and_how_long() -> None:
    short = [
        table
        for table, _columns, level, rest in ROW.findall(PAGE.read_text())
        if level != "plain" and len([cell for cell in rest.split("|") if cell.strip()]) != 3
    ]
    assert short == []


def test_the_tables_that_are_said_to_be_empty_are(app: Flask) -> None:
    for name in UNUSED:
        assert db.session.scalar(select(func.count()).select_from(metadata.tables[name])) == 0, name


@pytest.mark.parametrize("line", ["| `student` | `number` | secret | x | y | z |", "| `exam` |  | plain |"])
def test_the_reader_of_the_page_reads_a_line(line: str) -> None:
    assert len(named(line)) == 1
