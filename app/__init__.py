"""Proeve: the exam office of a school. `create_app` puts the parts together, in order."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from app import models  # noqa: F401 - every table is known before the first query
from app.backup.occupied import refuse_half
from app.builder import ProeveBuilder, ProeveSecurity
from app.entities.base import db
from app.entities.engine import arm, guard_session
from app.mail.own_texts import EXTENSION, load_own_texts
from app.mailer import init_mailer
from app.pages.base.drafts import register_drafts
from app.pages.base.errors import register_errors
from app.pages.base.form_token import FormGuard
from app.pages.base.intake import register_intake
from app.pages.base.logs import register_logs
from app.pages.base.numbers import register_numbers
from app.pages.base.render import register_rendering
from app.pages.base.sessions import register_sessions
from app.pages.base.surface import register_surface
from app.pages.base.typed import register_typed
from app.pages.base.viewing import register_viewing
from app.school import School, load_school
from app.theme.setup import init_theme
from app.views import register_views
from app.worker import init_worker
from config import Settings, flask_config
from environment import refuse_unknown


def create_app(
    settings: Settings | None = None, *, before: Callable[[School, Settings], None] | None = None
) -> Flask:
    """Make the application of one school. Its database is prepared separately (`python run.py prepare`).

    `before` may refuse the start, before anything is made on disk.
    """
    register_logs()
    if settings is None:
        settings = Settings()
        refuse_unknown()
    refuse_half(settings)
    folder = settings.school_folder
    school, own_texts = load_school(folder), load_own_texts(folder / "mail")  # wrong files stop it here
    if before is not None:
        before(school, settings)
    app = Flask(__name__, static_folder="static", template_folder="templates")
    settings.make_private()
    app.config.from_mapping(flask_config(settings))
    app.extensions["proeve_school"] = school
    app.extensions[EXTENSION] = own_texts
    app.extensions["proeve_settings"] = settings
    app.config["BABEL_DEFAULT_LOCALE"] = school.language
    app.config["BABEL_DEFAULT_TIMEZONE"] = school.timezone

    db.init_app(app)
    init_mailer(app, settings)
    init_worker(app)
    register_intake(app)
    with app.app_context():
        arm(db.engine)
        builder = ProeveBuilder(app, db.session, security_manager_class=ProeveSecurity)
        init_theme(app)
        register_surface(app, settings)
        FormGuard(app)
        register_sessions(app)
        register_viewing(app)
        register_typed(app)
        register_drafts(app)
        register_rendering(app)
        register_errors(app)
        register_views(builder)
    register_numbers(app, settings)
    return app


guard_session()
