"""Stop met bekijken: the button in the banner that ends Bekijk als."""

from typing import Any

from flask_babel import gettext as _

from app.pages import base
from app.pages.users.users import UsersPage
from app.permissions import Permission
from app.rules.viewing import Over


class ViewingPage(base.Screen):
    route_base = ""
    default_view = "stop"

    @base.expose(base.STOP_PATH, methods=["POST"])
    @base.needs(Permission.START)
    def stop(self) -> Any:
        """Stop viewing and go to what was typed meanwhile, first in this tab; else to the viewed user's page.

        To the start page when nobody was viewed.
        """
        here = base.present()
        back = "/"
        if here is not None and here.seen_as is not None:
            back = f"{UsersPage.route_base}/{here.seen_as.id}"
            base.stop_looking(here, Over.BY_HAND)
            back = base.own_waits(here.user_id, base.posted_fields().get("waits", "")) or back
        base.tell(_("U werkt weer onder uw eigen naam."))
        return base.go(back)
