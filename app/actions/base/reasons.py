"""The reason that whoever stops, replaces or reopens has to give; it stands in the trail."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField, validators

from app.errors import RuleBroken
from app.rules.people import tidy
from app.rules.steps import REASON_MIN, why_too_short

REASON_MAX = 1000  # characters
IN_THE_TRAIL = _l("Minstens 10 tekens. De reden komt in het logboek.")


def reason_field(description: Any = IN_THE_TRAIL) -> TextAreaField:
    """The field `reason` of an action's form. `description` says where the reason will stand."""
    return TextAreaField(
        _l("Reden"),
        [validators.InputRequired(), validators.Length(min=REASON_MIN, max=REASON_MAX)],
        description=description,
    )


def given_reason(typed: str) -> str:
    """The reason as it is kept. RuleBroken, on the field `reason`, when it says too little."""
    reason = tidy(typed)
    if short := why_too_short(reason):
        raise RuleBroken(short.message, field="reason", **short.params)
    return reason
