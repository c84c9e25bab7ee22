"""Tab Mijn profiel (manual, step 8): own data."""

from __future__ import annotations

from typing import Any

from app.pages.base.guards import needs
from app.pages.base.screens import Screen, expose
from app.permissions import Permission


class ProfilePage(Screen):
    route_base = "/mijn-profiel"
    default_view = "index"

    @expose("/")
    @needs(Permission.PROFILE)
    def index(self) -> Any:
        return self.page("profile/profile.html")
