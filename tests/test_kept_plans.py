"""PostgreSQL keeps the plans of what pages ask, and of nothing else. SQLite plans in this very process."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.entities.base import db
from app.entities.engine import id_set, transaction
from app.entities.users import User
from tests.factories import make_user

PLANS = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%kept_plan%'")
ASKED = select(func.count(User.id).label("kept_plan"))


@pytest.fixture(autouse=True)
def postgresql(app: Flask) -> bool:
    make_user(first_name="Eerst")
    return db.engine.dialect.name == "postgresql"


def asked_often() -> None:
    for _time in range(8):
        db.session.scalar(ASKED)
        db.session.rollback()


def test_a_plan_outlives_the_transactions_of_pages(postgresql: bool) -> None:
    if not postgresql:
        return
    asked_often()
    assert db.session.scalar(PLANS) == 1
    db.session.rollback()
    assert db.session.scalar(PLANS) == 1


def test_what_writes_is_planned_each_time(postgresql: bool) -> None:
    if not postgresql:
        return
    with transaction():
        before = db.session.scalar(PLANS)
        for _time in range(8):
            db.session.scalar(ASKED.where(User.id > 0))
        assert db.session.scalar(PLANS) == before


@pytest.mark.parametrize(
    "changing",
    [
        "UPDATE ab_user SET first_name = 'Later'",
        "WITH changed AS (UPDATE ab_user SET first_name = 'Later' RETURNING 1) SELECT * FROM changed",
    ],
)
def test_what_is_taken_back_after_reading_is_taken_back(postgresql: bool, changing: str) -> None:
    if not postgresql:
        return
    with db.engine.connect() as connection:
        connection.execute(ASKED)
        connection.execute(text(changing))
        connection.rollback()
    assert set(db.session.scalars(select(User.first_name))) == {"Eerst"}


@pytest.mark.parametrize("many", [3, 700])
def test_a_list_of_numbers_is_known_by_its_length(postgresql: bool, many: int) -> None:
    """Otherwise PostgreSQL reads a whole table to find six rows."""
    if not postgresql:
        return
    asked = id_set(range(many)).compile(db.engine)
    plan = db.session.connection().exec_driver_sql(f"EXPLAIN {asked}", asked.params)
    assert f"rows={many} " in plan.scalar_one()
