"""The house stands: every role gets in, and sees its own tabs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.permissions import RIGHTS, Role
from app.views import TABS
from tests.factories import make_user
from tests.support.visitor import Visitor


@pytest.mark.parametrize("role", list(Role))
def test_a_role_sees_its_own_tabs_and_no_other(visit: Callable[..., Visitor], role: Role) -> None:
    page = visit(role).get("/").text
    for tab in TABS:
        if tab.condition is not None:
            continue  # shown on a further condition: tests/pages/progress/test_progress_pages.py
        expected = role in RIGHTS[tab.permission]
        assert (f'<span class="side-label">{tab.label}</span>' in page) == expected, tab.name


def test_nobody_is_sent_to_the_sign_in_page(app: object, visitor_of: Callable[..., Visitor]) -> None:
    answer = visitor_of(None).get("/opleidingen/?q=zorg")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/aanmelden?next=/opleidingen/?q%3Dzorg"


def test_a_page_without_right_is_refused_to_a_signed_in_user(visit: Callable[..., Visitor]) -> None:
    assert visit("student").get("/gebruikers/").status_code == 403


def test_a_user_may_hold_two_roles(visit: Callable[..., Visitor]) -> None:
    both = visit("school_supervisor", "school_examiner")
    assert both.get("/studenten/").status_code == both.get("/te-beoordelen/").status_code == 200
    assert make_user("student")
