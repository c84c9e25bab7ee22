"""Answers the search boxes in forms: the first rows that match the words typed so far, as JSON."""

import json
from typing import Any

from flask_babel import gettext as _

from app import errors
from app.actions import base as actions
from app.pages.base.guards import needs
from app.pages.base.request import current_actor, ids_arg, text_arg
from app.pages.base.screens import Screen, expose, json_answer
from app.permissions import Permission, may
from app.queries.base import picker

TYPED_MOST = 100  # characters; the rest is not looked at


class PickerPage(Screen):
    route_base = actions.PICK_PATH
    default_view = "find"

    @expose("/<source>")
    @needs(Permission.START)
    def find(self, source: str) -> Any:
        """The rows of one source that match `q`; NotAllowed without the permission of that source.

        `binnen` in the URL: ids of the programmes or groups that the page is about; they narrow the search.
        """
        actor = current_actor()
        if source not in picker.SOURCES:
            raise errors.NotFound
        if not may(actor, picker.SOURCES[source].permission):
            raise errors.NotAllowed
        asked = ids_arg("binnen")
        within = picker.SOURCES[source].reach(actor, asked) if asked else ()
        found, more = picker.search(actor, source, text_arg("q")[:TYPED_MOST], within)
        rows = [
            {"key": one.key, "label": one.label, "group": _(one.group) if one.group else ""} for one in found
        ]
        return json_answer(json.dumps({"rows": rows, "more": more}))
