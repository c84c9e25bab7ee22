"""Start, health, the school's logo, and the tab Instellingen (manual, step 7)."""

from __future__ import annotations

from typing import Any

from app.entities.base import db
from app.pages.base.guards import needs, public
from app.pages.base.screens import Screen, expose, file_answer, text
from app.permissions import Permission
from app.school import current_school


class StartPage(Screen):
    route_base = ""
    default_view = "start"

    @expose("/")
    @needs(Permission.START)
    def start(self) -> Any:
        return self.page("school/start.html")


class HealthPage(Screen):
    route_base = ""
    default_view = "healthz"

    @expose("/healthz")
    @public
    def healthz(self) -> Any:
        """200 when the database answers."""
        db.session.connection().exec_driver_sql("SELECT 1")
        return text("ok")

    @expose("/school/logo")
    @public
    def logo(self) -> Any:
        return file_answer(current_school().logo, "image/svg+xml", attachment=False)
