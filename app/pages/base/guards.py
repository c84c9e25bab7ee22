"""Who may open a page: the permission of each route, checked against Flask-AppBuilder's roles."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import flask
from flask_babel import gettext as _
from flask_login import current_user

from app import errors
from app.pages.base.request import current_actor, href_with
from app.pages.base.sessions import SET_UP_PATH, STEP_PATH, owed_now
from app.permissions import PERSONAL, Permission, permission_pair
from app.queries.planning.invitations import endings
from app.rules import viewing
from app.rules.invitations import WHY_ONE_ENDED
from app.rules.second_factor import Owed

F = TypeVar("F", bound=Callable[..., Any])


def needs(permission: Permission | None = None, *, guests: bool = False) -> Callable[[F], F]:
    """Let only users with this permission into a route; None: the permission of the page class.

    `guests`: people who are invited without an account may come in too. Every other route refuses them.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
            asked = permission or self.permission
            # In this order: signed in, still invited, second step taken, permitted, not only looking along.
            if not current_user.is_authenticated:
                return flask.redirect(flask.url_for("SignInPage.sign_in", next=_here()))
            if current_user.guest and _ended_for_guest(kwargs.get("sitting_id", 0)):
                return flask.redirect(flask.url_for("InvitationPage.own"))
            if current_user.guest and not guests:
                raise errors.NotAllowed
            step = owed_now()
            if step is Owed.SHOW:
                return flask.redirect(href_with(STEP_PATH, [("next", _here())]))
            if step is Owed.SET_UP and not self.while_setting_up:
                return flask.redirect(href_with(SET_UP_PATH, [("next", _here())]))
            if not flask.current_app.extensions["appbuilder"].sm.has_access(*permission_pair(asked)):
                raise errors.NotAllowed
            if asked in PERSONAL and current_actor().read_only:
                raise errors.OnlyLooking(viewing.PERSONAL)
            return function(self, *args, **kwargs)

        guarded.needs = permission or "page"  # type: ignore[attr-defined]
        return cast(F, guarded)

    return decorate


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
    function.needs = "nobody"  # type: ignore[attr-defined]
    return function


def _here() -> str:
    return flask.request.full_path.rstrip("?") if flask.request.method == "GET" else "/"


__all__ = ["needs", "permission_pair", "public"]
