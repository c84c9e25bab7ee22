"""The outside of the application: headers, known names, a demo school on loopback only."""

import ipaddress
from urllib.parse import urlsplit

import flask
from flask_talisman import Talisman
from werkzeug.middleware.proxy_fix import ProxyFix

from app.school import current_school
from app.theme.assets import ENDPOINTS
from config import Settings

YEAR_SECONDS = 365 * 24 * 3600
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# For a file: whatever it holds, opened in a window it runs no script and fetches nothing.
FILE_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox"
)
# What no page of ours asks of a browser; passkeys stay, on our own pages.
PERMISSIONS = {
    **dict.fromkeys(
        (
            "browsing-topics",
            "camera",
            "display-capture",
            "geolocation",
            "microphone",
            "midi",
            "payment",
            "usb",
        ),
        "()",
    ),
    "publickey-credentials-get": "(self)",
    "publickey-credentials-create": "(self)",
}
LOGO = "HealthPage.logo"
FEED = "CalendarPage.feed"  # a calendar program's own copy; nobody else's
KEEPABLE = {*ENDPOINTS, LOGO}


def register_surface(app: flask.Flask, settings: Settings) -> None:
    """Security headers on every answer, and two checks before every request."""
    if settings.proxies:
        # As many forwarded addresses as there are proxies of ours; what stands before them a visitor wrote.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=0, x_port=0, x_prefix=0
        )
    app.after_request(lambda response: _finish(response, settings))  # registered first, so done last
    Talisman(
        app,
        force_https=False,
        strict_transport_security=False,  # sent by _finish: the proxy that speaks TLS need not say so
        session_cookie_secure=settings.tls,
        session_cookie_samesite="Lax",
        content_security_policy=CSP,
        content_security_policy_nonce_in=["script-src", "style-src"],
        permissions_policy=PERMISSIONS,
        referrer_policy="same-origin",
        frame_options="DENY",
    )
    app.before_request(lambda: _known_host(settings))
    app.before_request(lambda: _loopback_only(settings))


def _known_host(settings: Settings) -> None:
    """A name that is not ours is no way in, nor into a mail or a redirect (traps 17)."""
    if current_school().demo and settings.demo_anywhere and not settings.hosts:
        return
    if host_name(flask.request.host) not in known_hosts(settings):
        flask.abort(400)


def known_hosts(settings: Settings) -> frozenset[str]:
    """PROEVE_HOSTS; without it, what this machine calls itself."""
    if settings.hosts:
        return frozenset(host_name(host) for host in settings.hosts)
    return LOOPBACK_NAMES | {settings.host.lower()}


def host_name(host: str) -> str:
    """Without its port; "" for what is no host at all."""
    try:
        return urlsplit(f"//{host.strip()}").hostname or ""
    except ValueError:
        return ""


def _loopback_only(settings: Settings) -> None:
    """A demo school has passwords that everybody knows."""
    if not current_school().demo or settings.demo_anywhere:
        return
    try:
        near = ipaddress.ip_address(flask.request.remote_addr or "127.0.0.1").is_loopback
    except ValueError:
        near = False
    if not near:
        flask.abort(403, description="A demo school answers on this machine only (PROEVE_DEMO_ANYWHERE).")


def _finish(response: flask.Response, settings: Settings) -> flask.Response:
    """What Talisman leaves: no copies of pages, files that run nothing, other sites at a distance."""
    headers = response.headers
    headers["Cross-Origin-Opener-Policy"] = headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if settings.tls:
        headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}; includeSubDomains"
    if flask.request.endpoint == LOGO or "attachment" in headers.get("Content-Disposition", ""):
        headers["Content-Security-Policy"] = FILE_CSP
    if flask.request.endpoint == FEED and response.status_code == 200:
        headers["Cache-Control"] = "private, max-age=300"
    elif flask.request.endpoint not in KEEPABLE:
        headers["Cache-Control"] = "no-store"
    return response
