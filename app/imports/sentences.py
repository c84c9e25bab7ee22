"""The sentence of a rule that refuses a value, in the reader's language."""

from flask_babel import gettext as _

from app.actions import base as actions
from app.errors import RuleBroken
from app.rules.text import Reason


def sentence(error: RuleBroken) -> str:
    """The sentence in the reader's language; names of roles in it too."""
    params = {key: _(value) if key == "role" else value for key, value in error.params.items()}
    return actions.say(Reason(error.message, params))
