"""Whom an administrator may look as."""

from __future__ import annotations

import pytest

from app.permissions import RIGHTS, Permission, Role
from app.rules.viewing import OFFICE, OVER_TEXTS, Over, why_not


@pytest.mark.parametrize("role", list(Role))
def test_whoever_works_in_the_office_is_not_viewed_and_everybody_else_is(role: Role) -> None:
    for roles in ({role}, {role, Role.STUDENT}):
        refused = bool(why_not(roles, oneself=False, active=True, guest=False))
        assert refused == (role in {Role.ADMINISTRATOR, Role.SUPPLIER})


@pytest.mark.parametrize("fact", [{"oneself": True}, {"active": False}, {"guest": True}])
def test_nor_is_oneself_a_closed_account_or_a_guest(fact: dict[str, bool]) -> None:
    assert why_not({Role.STUDENT}, **{"oneself": False, "active": True, "guest": False, **fact})


def test_nobody_without_a_role_is_viewed() -> None:
    assert why_not((), oneself=False, active=True, guest=False)


def test_who_may_view_is_never_viewed() -> None:
    assert {str(role) for role in RIGHTS[Permission.USERS_VIEW_AS]} <= OFFICE


def test_every_end_has_words() -> None:
    assert set(OVER_TEXTS) == set(Over)
