"""Whether Proeve lives and is ready, for a program that watches it; and the school's logo."""

import json
from typing import Any

from app.pages import base
from app.readiness import readiness
from app.school import current_school


class HealthPage(base.Screen):
    route_base = ""
    default_view = "healthz"

    @base.expose("/healthz")
    @base.public
    def healthz(self) -> Any:
        """Say that this process lives. It touches nothing else."""
        return base.text("ok")

    @base.expose("/readyz")
    @base.public
    def readyz(self) -> Any:
        """Say of each part in a word how it is; 503 when no page can be served."""
        answer = readiness()
        told = {"ready": answer.ready, **answer.words, "oldest_mail_seconds": answer.oldest_mail}
        return base.json_answer(json.dumps(told), 200 if answer.ready else 503)

    @base.expose("/school/logo")
    @base.public
    def logo(self) -> Any:
        logo = current_school().logo
        kind = "image/png" if logo and logo.suffix.lower() == ".png" else "image/svg+xml"
        return base.file_answer(logo, kind, attachment=False)
