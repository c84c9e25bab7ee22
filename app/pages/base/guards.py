"""Who may open a page: the permission of each route, checked against Flask-AppBuilder's roles."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import flask
from flask_babel import gettext as _
from flask_login import current_user

from app import errors
from app.pages.base.form_token import drawn_for
from app.pages.base.request import current_actor, given_back, href_with, posted
from app.pages.base.sessions import SET_UP_PATH, STEP_PATH, owed_now
from app.pages.base.typed import come_back, way_in
from app.permissions import PERSONAL, Permission, permission_pair
from app.queries.planning.invitations import endings
from app.rules import viewing
from app.rules.invitations import WHY_ONE_ENDED
from app.rules.second_factor import Owed
from app.rules.text import N_

NOT_SAVED = N_("Wat u verstuurde, is niet opgeslagen.")
F = TypeVar("F", bound=Callable[..., Any])


def needs(permission: Permission | None = None, *, guests: bool = False, page: str = "") -> Callable[[F], F]:
    """Let only users with this permission into a route; None: the permission of the page class.

    `guests`: people who are invited without an account may come in too. Every other route refuses them.
    `page`: the route of the page that holds the form, for a route that only takes the form.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
            asked = permission or self.permission
            # In this order: signed in, still invited, second step taken, permitted, not only looking along.
            if not current_user.is_authenticated:
                return way_in()
            if current_user.guest and _ended_for_guest(kwargs.get("sitting_id", 0)):
                if posted():
                    if _was_shown_a_row():
                        raise errors.NotFound(NOT_SAVED)  # that page shows what they typed
                    flask.flash(_(NOT_SAVED), "warning")
                elif given_back():
                    raise errors.NotFound(NOT_SAVED)
                return flask.redirect(flask.url_for("InvitationPage.own"))
            if current_user.guest and not guests:
                raise errors.NotAllowed
            step = _next_step()
            if step and not (step == SET_UP_PATH and self.while_setting_up):
                return flask.redirect(href_with(step, [("next", come_back())]))
            if not flask.current_app.extensions["appbuilder"].sm.has_access(*permission_pair(asked)):
                raise errors.NotAllowed
            if asked in PERSONAL and current_actor().read_only:
                raise errors.OnlyLooking(viewing.PERSONAL)
            return function(self, *args, **kwargs)

        guarded.needs = permission or "page"  # type: ignore[attr-defined] # our own mark on a function
        guarded.page = page  # type: ignore[attr-defined] # our own mark on a function
        return cast(F, guarded)

    return decorate


def _was_shown_a_row() -> bool:
    drawn = drawn_for()
    return drawn is not None and drawn.user_id == current_user.id and bool(drawn.about.id)


def _ended_for_guest(sitting_id: int) -> bool:
    """Whether this guest's work is over: here, and then they are told why, or everywhere."""
    mine = endings(current_user.id)
    if "" not in mine.values():
        return True
    if why := mine.get(sitting_id, ""):
        flask.flash(_(WHY_ONE_ENDED[why]), "info")
    return bool(why)


def public(function: F) -> F:
    """Mark a route as open to everybody, signed in or not."""
    function.needs = "nobody"  # type: ignore[attr-defined] # our own mark on a function
    return function


def signed_in(function: F) -> F:
    """Let every user into a route that asks for no permission, once they are all the way in."""

    @functools.wraps(function)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not current_user.is_authenticated:
            return way_in()
        step = _next_step()
        if step:
            return flask.redirect(href_with(step, [("next", come_back())]))
        return function(self, *args, **kwargs)

    guarded.needs = "nobody"  # type: ignore[attr-defined] # our own mark on a function
    return cast(F, guarded)


def _next_step() -> str:
    """The path of the step that this session must take before any page opens; "": none."""
    return {Owed.SHOW: STEP_PATH, Owed.SET_UP: SET_UP_PATH}.get(owed_now(), "")


__all__ = ["needs", "permission_pair", "public", "signed_in"]
