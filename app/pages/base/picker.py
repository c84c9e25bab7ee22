"""What search boxes in forms ask: the first rows with the words typed so far, for who may choose them."""

from __future__ import annotations

import json
from typing import Any

from flask_babel import gettext as _

from app.actions.base.picker import PICK_PATH
from app.errors import NotAllowed, NotFound
from app.pages.base.guards import needs
from app.pages.base.request import current_actor, ids_arg, text_arg
from app.pages.base.screens import Screen, expose, json_answer
from app.permissions import Permission, may
from app.queries.base.picker import SOURCES, search

TYPED_MOST = 100  # characters; the rest is not looked at


class PickerPage(Screen):
    route_base = PICK_PATH
    default_view = "find"

    @expose("/<source>")
    @needs(Permission.START)
    def find(self, source: str) -> Any:
        """Each source asks for its own right; `binnen`: the programmes or groups that the page is about."""
        actor = current_actor()
        if source not in SOURCES:
            raise NotFound
        if not may(actor, SOURCES[source].permission):
            raise NotAllowed
        asked = ids_arg("binnen")
        within = SOURCES[source].reach(actor, asked) if asked else ()
        found, more = search(actor, source, text_arg("q")[:TYPED_MOST], within)
        rows = [
            {"key": one.key, "label": one.label, "group": _(one.group) if one.group else ""} for one in found
        ]
        return json_answer(json.dumps({"rows": rows, "more": more}))
