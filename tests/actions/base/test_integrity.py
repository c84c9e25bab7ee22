"""A lost race ends in a sentence that names what is there already, or gone: for every key of every table."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from app.actions.base import integrity
from app.actions.base.integrity import KINDS, OTHERWISE, explain
from app.actions.base.wording import say
from app.entities.base import db, metadata
from app.entities.engine import transaction
from app.entities.students import group_member
from tests.factories import make_group, make_student

# Tables of the framework that nobody fills in, and those of machinery that writes with a key of its own.
NOBODYS = ("ab_", "action_run", "audit_object", "coupling_run")
TABLES = [
    table for table in metadata.sorted_tables if table.name in KINDS or not table.name.startswith(NOBODYS)
]
UNIQUE = [
    one
    for table in TABLES
    for one in (*table.constraints, *table.indexes)
    if isinstance(one, (sa.UniqueConstraint, sa.PrimaryKeyConstraint))
    or (isinstance(one, sa.Index) and one.unique)
]
FOREIGN = [one for table in TABLES for one in table.foreign_key_constraints]


def named(one: Any) -> str:
    return str(one.name)


class Orig(Exception):
    """An error of PostgreSQL, as its driver gives it."""

    def __init__(self, constraint: str, detail: str) -> None:
        super().__init__(f'violates constraint "{constraint}" DETAIL: {detail}')
        self.diag = SimpleNamespace(constraint_name=constraint, message_detail=detail)


def name_of(one: Any) -> str:
    return next(name for name, found in integrity._by_name().items() if found is one)


def sentence(orig: Exception) -> str:
    return say(explain(IntegrityError("INSERT", {}, orig)))


@pytest.mark.parametrize("one", UNIQUE, ids=named)
def test_what_is_there_already_is_named(app: Flask, one: Any) -> None:
    table, columns = one.table.name, [column.name for column in one.columns]
    on_sqlite = Exception("UNIQUE constraint failed: " + ", ".join(f"{table}.{name}" for name in columns))
    on_postgres = Orig(name_of(one), f"Key ({', '.join(columns)})=(1) already exists.")
    told = {sentence(on_sqlite), sentence(on_postgres)}
    assert len(told) == 1, "the two databases say the same"
    own = integrity.SENTENCES.get((table, *columns))
    assert told == {own[1] if own else integrity.THERE % {"kind": KINDS[table]}}


@pytest.mark.parametrize("one", FOREIGN, ids=named)
def test_what_is_gone_or_still_needed_is_named(app: Flask, one: Any) -> None:
    child, parent = one.table.name, one.referred_table.name
    gone = sentence(Orig(name_of(one), f'Key (x)=(1) is not present in table "{parent}".'))
    needed = sentence(Orig(name_of(one), f'Key (id)=(1) is still referenced from table "{child}".'))
    if parent == "ab_role":
        return  # roles come and go with a version, not while somebody works
    assert gone == integrity.GONE % {"kind": KINDS[parent]}
    assert child == parent or needed == integrity.IN_USE % {"kind": KINDS[child]}
    assert sentence(Exception("FOREIGN KEY constraint failed")) not in {"", OTHERWISE}


@pytest.mark.database
def test_the_database_calls_them_by_these_names(app: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        return  # it tells the columns, not the name
    rows = "SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes"
    there = set(db.session.scalars(sa.text(rows)))
    known = {name_of(one) for one in (*UNIQUE, *FOREIGN)}
    assert known - there == set()


@pytest.mark.database
def test_a_real_row_that_is_gone_and_one_that_is_there(app: Flask) -> None:
    student, group = make_student(), make_group()
    pair = {"group_id": group.id, "student_id": student.id}
    for values in ({**pair, "group_id": 999_999}, pair, pair):
        try:
            with transaction():
                db.session.execute(sa.insert(group_member).values(values))
        except IntegrityError as error:
            told = say(explain(error))
            assert told != OTHERWISE
            if values is pair:
                assert told == integrity.THERE % {"kind": "student in een studentgroep"}
            elif db.engine.dialect.name == "postgresql":
                assert told == integrity.GONE % {"kind": "studentgroep"}
