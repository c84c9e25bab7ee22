"""The moment at which a page was shown opens the trail of its own rows alone, and not for ever."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.actions.base.runner import run
from app.actions.users.users import edit_user
from app.entities.base import db
from app.entities.users import User
from app.permissions import SYSTEM
from app.rules.typed import FORM_LASTS
from tests.factories import make_user, refresh
from tests.support import clock
from tests.support.visitor import Visitor, announced

PAGE = "/gebruikers/do/deactivate_users?id="


def changed(user_id: int) -> None:
    refresh()
    user = db.session.get_one(User, user_id)
    person = {"first_name": user.first_name, "last_name": "Anders", "email": user.email}
    run(edit_user, SYSTEM, [user_id], version=user.version, roles=["school_examiner"], **person)


def told(page: Visitor, address: str, moment: str) -> str:
    sent = {
        "confirmed": "1",
        "token": "x" * 43,
        "shown": "x",
        "said": json.dumps({"at": moment, "lines": ["x"]}),
    }
    return html.unescape(page.post(address, sent).text)


def test_it_opens_its_own_rows(visit: Callable[..., Visitor]) -> None:
    page, shown = visit("administrator"), make_user("school_examiner").id
    moment = json.loads(announced(page.post(f"{PAGE}{shown}"))["said"])["at"]
    changed(shown)
    assert "Gebruiker wijzigen" in told(page, f"{PAGE}{shown}", moment)


@pytest.mark.parametrize("how", ["by id", "one more", "all that match"])
def test_it_opens_no_other_rows(visit: Callable[..., Visitor], how: str) -> None:
    page, shown, other = (
        visit("administrator"),
        make_user("school_examiner").id,
        make_user("school_examiner").id,
    )
    moment = json.loads(announced(page.post(f"{PAGE}{shown}"))["said"])["at"]
    changed(other)
    address = {
        "by id": f"{PAGE}{other}",
        "one more": f"{PAGE}{shown}&id={other}",
        "all that match": "/gebruikers/do/deactivate_users?all=1",
    }[how]
    assert "Gebruiker wijzigen" not in told(page, address, moment)


def test_it_opens_nothing_when_the_page_is_old(visit: Callable[..., Visitor]) -> None:
    page, shown = visit("administrator"), make_user("school_examiner").id
    moment = json.loads(announced(page.post(f"{PAGE}{shown}"))["said"])["at"]
    changed(shown)
    with clock.later(minutes=FORM_LASTS / timedelta(minutes=1) + 1):
        again = Visitor(page.app, db.session.get_one(User, page.user_id))
        assert "Gebruiker wijzigen" not in told(again, f"{PAGE}{shown}", moment)
