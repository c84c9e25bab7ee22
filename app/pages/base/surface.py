"""The outside of the application: headers, loopback only for a demo school, idle sessions."""

from __future__ import annotations

import ipaddress
import time

from flask import Flask, Response, abort, request, session
from flask_login import current_user, logout_user
from flask_talisman import Talisman

from app.school import current_school
from config import Settings

IDLE_SECONDS = 2 * 3600
ABSOLUTE_SECONDS = 12 * 3600

CSP = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def register_surface(app: Flask, settings: Settings) -> None:
    """Security headers on every answer, and two checks before every request."""
    Talisman(
        app,
        force_https=False,
        strict_transport_security=settings.tls,
        strict_transport_security_max_age=31_536_000,
        session_cookie_secure=settings.tls,
        session_cookie_samesite="Lax",
        content_security_policy=CSP,
        content_security_policy_nonce_in=["script-src", "style-src"],
        referrer_policy="same-origin",
        frame_options="DENY",
    )
    app.before_request(lambda: _loopback_only(settings))
    app.before_request(_end_stale_session)
    app.after_request(_never_store)


def _loopback_only(settings: Settings) -> None:
    """A demo school has passwords that everybody knows."""
    if not current_school().demo or settings.demo_anywhere:
        return
    address = ipaddress.ip_address(request.remote_addr or "127.0.0.1")
    if not address.is_loopback:
        abort(403, description="A demo school answers on this machine only (PROEVE_DEMO_ANYWHERE).")


def _end_stale_session() -> None:
    if "_user_id" not in session:
        return
    now = int(time.time())
    started, seen = session.get("started", 0), session.get("seen", 0)
    if now - seen > IDLE_SECONDS or now - started > ABSOLUTE_SECONDS:
        logout_user()
        session.clear()
    elif now - seen > 60:
        session["seen"] = now


def _never_store(response: Response) -> Response:
    """Pages with personal data stay out of caches; files under /static may be kept."""
    if current_user and current_user.is_authenticated and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response
