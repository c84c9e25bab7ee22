"""Notes what only showing a page teaches: it must not wait for a busy database, nor fail on a full disk."""

from typing import Any

import flask

from app.actions import base as actions
from app.entities.down import Down, note_down, what_is_down
from app.entities.engine import in_a_hurry
from app.errors import Busy
from app.permissions import Actor


def note(act: actions.Action, actor: Actor, lost: str, **data: Any) -> None:
    """Run an action that stays out of the trail. `lost`: what the log says when it could not be written."""
    try:
        with in_a_hurry():
            actions.run(act, actor, **data)
    except Busy:
        flask.current_app.logger.info(lost)
    except Exception as error:  # a full disk: what is there can still be read
        if what_is_down(error) is not Down.DISK:
            raise
        note_down(error, lost)
