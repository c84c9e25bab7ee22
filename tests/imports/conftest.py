"""Who imports, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from flask import Flask
from sqlalchemy import select

from app.entities.base import db
from app.entities.students import Student
from app.permissions import actor_of
from tests.factories import make_user
from tests.support.importing import Wizard


@pytest.fixture
def wizard(app: Flask) -> Wizard:
    return Wizard(actor_of(make_user("administrator")))


@pytest.fixture
def another_wizard(app: Flask) -> Wizard:
    return Wizard(actor_of(make_user("administrator")))


@pytest.fixture
def students(app: Flask) -> Callable[[], Sequence[Student]]:
    return lambda: db.session.scalars(select(Student).order_by(Student.number)).all()
