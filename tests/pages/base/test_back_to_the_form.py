"""A page that announces a change, or refuses it, leads back to its form with everything that was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from app.actions.base.action import REGISTRY
from app.entities.users import User
from tests.support.forms import FormField, as_shown, forms_on
from tests.support.visitor import Visitor
from tests.support.world import World
from tests.test_bad_input import ON_PAGES, filled, fresh, trial_of

pytestmark = pytest.mark.web
VisitorOf = Callable[[User | None], Visitor]

ASKING = [(name, base) for name, base in ON_PAGES if REGISTRY[name].form is not None]
ADJUST = 'name="confirmed" value="back"'
OF_THE_PAGE = {"csrf_token", "token", "confirmed", "shown", "said", "zoek"}


def going_back(page: str) -> dict[str, Any]:
    """What the button “Terug en aanpassen” sends."""
    fields: Mapping[str, FormField] = next(
        (form for form in forms_on(page).values() if "csrf_token" in form), {}
    )
    hidden = {name: one.values for name, one in fields.items() if name not in {"confirmed", "csrf_token"}}
    return {**hidden, "confirmed": "back"}


@pytest.mark.parametrize(("name", "base"), ASKING, ids=[f"{base}:{name}" for name, base in ASKING])
def test_what_was_typed_is_there_again(world: World, visitor_of: VisitorOf, name: str, base: str) -> None:
    trial = trial_of(world, visitor_of, name, base)
    sent = fresh(filled(trial.form()))
    told = trial.page.post(trial.path, sent)
    if told.status_code != 200 or told.mimetype != "text/html":
        return  # done at once, or refused on the form itself
    if not REGISTRY[name].confirm and "done-title" not in told.text:
        return  # the form once more, or another page
    assert ADJUST in told.text, "no way back to the form"
    again = trial.page.post(trial.path, going_back(told.text))
    assert again.status_code == 200
    shown = as_shown(again.text)
    before = {k: v if isinstance(v, list) else [v] for k, v in sent.items() if k not in OF_THE_PAGE}
    lost = {k: v for k, v in before.items() if any(v) and k in shown and sorted(shown[k]) != sorted(v)}
    assert not lost
    assert set(shown) - OF_THE_PAGE, "the form has no fields"
