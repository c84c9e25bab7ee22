"""Stop met bekijken: the button in the banner that ends Bekijk als."""

from typing import Any

from flask_babel import gettext as _

from app.pages import base
from app.permissions import Permission


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
        back = base.stop_by_hand(here) if here is not None else "/"
        base.tell(_("U werkt weer onder uw eigen naam."))
        return base.go(back)
