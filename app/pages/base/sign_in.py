"""Aanmelden en afmelden: our own page, nothing signs in or out on GET (traps 14 to 19)."""

from __future__ import annotations

import time
from typing import Any

from flask import redirect, render_template, request, session
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from app.actions.base import run
from app.actions.sign_in import SignInForm, check_sign_in, record_failed_sign_in, record_sign_in, record_sign_out
from app.pages.base.guards import public
from app.pages.base.request import current_actor, safe_path
from app.permissions import SYSTEM


class SignInPage(BaseView):  # type: ignore[misc]
    route_base = ""
    default_view = "sign_in"

    @expose("/aanmelden", methods=["GET", "POST"])
    @public
    def sign_in(self) -> Any:
        target = safe_path(request.args.get("next", "/"), "/")
        if current_user.is_authenticated:
            return redirect(target)
        form = SignInForm(request.form)
        problems: list[str] = []
        if request.method == "POST" and form.validate():
            user, problem = check_sign_in(form.username.data, form.password.data, request.remote_addr or "")
            if user is not None:
                user_id = user.id
                run(record_sign_in, SYSTEM, user_id=user_id)
                self._begin_session(user)
                return redirect(target)
            run(record_failed_sign_in, SYSTEM, username=form.username.data, address=request.remote_addr or "")
            problems = [_(problem)]
        return render_template("sign_in.html", form=form, problems=problems), 422 if problems else 200

    @expose("/afmelden", methods=["POST"])
    @public
    def sign_out(self) -> Any:
        if current_user.is_authenticated:
            run(record_sign_out, SYSTEM, user_id=current_actor().id)
        logout_user()
        session.clear()
        return redirect("/aanmelden")

    def _begin_session(self, user: Any) -> None:
        """A new session at sign-in: nothing of the old one stays."""
        session.clear()
        login_user(user)
        session["started"] = session["seen"] = int(time.time())
