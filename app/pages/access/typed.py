"""Back to a form that could not be carried out, and whether its user is still signed in."""

import json
from typing import Any

from flask_babel import gettext as _

from app.pages import base
from app.pages.access.invitation import MOMENTS_PATH


class TypedPage(base.Screen):
    route_base = base.BACK_PATH.rstrip("/")
    default_view = "last"

    @base.expose("/")
    @base.signed_in
    def last(self) -> Any:
        """To the form that this user sent last in this browser; to where they begin when there is none."""
        here = base.present()
        begin = MOMENTS_PATH if base.current_actor().guest else "/"
        return base.go((base.own_waits(here.user_id) if here is not None else "") or begin)

    @base.expose("/<handle>")
    @base.signed_in
    def form(self, handle: str) -> Any:
        """To this form, filled in."""
        found = base.way_back(handle)
        if not found:
            base.tell(_(base.NOTHING_LEFT), "warning")
        return base.go(found or "/")

    @base.expose("/nog-hier")
    @base.public
    def still_here(self) -> Any:
        """For a form that is being filled in: counts as a visit. Says whose it is, and gives a token."""
        account = base.account_mark()
        return base.json_answer(
            json.dumps({"account": account, "token": base.fresh_token() if account else ""})
        )
