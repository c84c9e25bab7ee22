"""Makes users with roles and programmes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.entities.base import db
from app.entities.programmes import Programme
from app.entities.users import RoleRow, User
from tests.factories.base import at_once, numbers, saved


@at_once()
def make_user(*roles: str, programmes: Sequence[Programme] = (), **values: Any) -> User:
    """A user with these roles (names of app/permissions.Role)."""
    n = next(numbers)
    given: dict[str, Any] = {
        "first_name": "Sanne",
        "last_name": f"Bakker{n}",
        "username": f"gebruiker{n}",
        "email": f"gebruiker{n}@example.nl",
        "active": True,
        **values,
    }
    user = User(**given)
    user.roles = list(db.session.scalars(select(RoleRow).where(RoleRow.name.in_(roles))))
    assert len(user.roles) == len(set(roles)), f"unknown role in {roles}"
    user.programmes = list(programmes)
    return saved(user)
