"""What templates can call: dates on the school's clock, the menu, who is signed in."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import flask
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from app.actions import base as actions
from app.builder import granted
from app.pages.base.request import current_actor
from app.pages.base.sessions import owed_now, present
from app.pages.base.viewing import STOP_PATH
from app.school import School, current_school
from app.theme.widgets import NavItem


def show_date(value: dt.date | dt.datetime | None) -> str:
    """24-11-2026, on the school's clock."""
    if isinstance(value, dt.datetime):
        value = current_school().local(value)
    return value.strftime("%d-%m-%Y") if value else ""


def show_time(value: dt.datetime | None) -> str:
    return current_school().local(value).strftime("%H:%M") if value else ""


def show_datetime(value: dt.datetime | None) -> str:
    return f"{show_date(value)} {show_time(value)}" if value else ""


def show_duration(minutes: int) -> str:
    """A duration in words: "45 min", "2 uur", "1 uur 30 min"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)s min", minutes=rest)
    if not rest:
        return _("%(hours)s uur", hours=hours)
    return _("%(hours)s uur %(minutes)s min", hours=hours, minutes=rest)


def navigation() -> Sequence[NavItem]:
    """The tabs of this user in the manual's order, from the framework's menu."""
    rights = granted()
    view = getattr(flask.current_app.view_functions.get(flask.request.endpoint or ""), "__self__", None)
    under = getattr(view, "under", "")
    items = []
    for item in flask.current_app.extensions["appbuilder"].menu.menu:
        if ("menu_access", item.name) in rights and item.should_render():
            href = item.get_url()
            active = item.name == under or _is_here(href)
            items.append(NavItem(str(item.label), href, item.icon, active=active))
    return items


def _is_here(href: str) -> bool:
    root = "/" + href.strip("/").split("/")[0]
    return flask.request.path == href or (root != "/" and (flask.request.path + "/").startswith(root + "/"))


class Viewer:
    """The signed-in user as templates see them; for an administrator who views as a user, that user."""

    def __init__(
        self, name: str, role_labels: Sequence[str], *, guest: bool = False, until: dt.datetime | None = None
    ) -> None:
        self.name = name
        self.role_labels = role_labels
        self.guest = guest  # no tabs, no profile
        self.until = until  # an administrator looks as this user, until then at the latest
        self.stop_href = STOP_PATH


def viewer() -> Viewer | None:
    if not current_user or not current_user.is_authenticated or owed_now():
        return None  # no menu before the second step
    actor = current_actor()
    labels = [_(role.label) for role in sorted(actor.roles)]
    here = present()
    until = here.viewing.until if actor.read_only and here is not None and here.viewing is not None else None
    return Viewer(actor.name, labels, guest=actor.guest, until=until)


def choose_locale() -> str:
    """The user's language, else the one chosen at sign-in, else the school's."""
    if not flask.has_request_context():
        return current_school().language
    languages = flask.current_app.config["LANGUAGES"]
    own = getattr(current_user, "language", "") if current_user else ""
    if flask.g.get("without_database"):
        own = flask.g.get("language", "")
    wanted = own or flask.session.get("locale") or current_school().language
    return wanted if wanted in languages else current_school().language


def register_rendering(app: flask.Flask) -> None:
    app.extensions["babel"].locale_selector = choose_locale
    actions.register_counting(app)
    app.jinja_env.filters.update(date=show_date, time=show_time, datetime=show_datetime)
    app.jinja_env.globals.update(get_locale=get_locale, nav=navigation)
    app.jinja_env.globals["url_for"] = flask.url_for
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def _who() -> dict[str, Any]:
        who = viewer()
        return {"actor": who, "start_href": flask.url_for("InvitationPage.own") if who and who.guest else "/"}

    school: School = app.extensions["proeve_school"]
    app.jinja_env.globals["school"] = school
