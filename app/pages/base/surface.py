"""Security at the edge: headers, allowed host names, and a demo school on loopback only."""

import ipaddress
from urllib.parse import urlsplit

import flask
from flask_talisman import Talisman
from werkzeug.middleware.proxy_fix import ProxyFix

from app.school import current_school
from app.theme.assets import ENDPOINTS
from config import Settings

YEAR_SECONDS = 365 * 24 * 3600
WATCHED = ("/healthz", "/readyz")  # for a program on this machine that watches, by whatever name
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
# For a file: opened in a window, it runs no script and fetches nothing.
FILE_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox"
)
# Browser features that no page of ours uses are off; passkeys work on our own pages.
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
FEED = "CalendarPage.feed"  # only the calendar program may keep a copy
BUSY, RETRY_AFTER = 503, 30  # seconds
KEEPABLE = {*ENDPOINTS, LOGO}


def register_surface(app: flask.Flask, settings: Settings) -> None:
    """Security headers on every answer, and two checks before every request."""
    if settings.proxies:
        # Trust one forwarded address for each proxy of ours; a visitor can have written the others.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign] # as Flask asks
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
    """Refuse (400) a host name that is not ours: it could end up in a mail or a redirect (trap 17)."""
    if current_school().demo and settings.demo_anywhere and not settings.hosts:
        return
    name = host_name(flask.request.host)
    if flask.request.path in WATCHED and name in LOOPBACK_NAMES:  # no address stands on them
        return
    if name not in known_hosts(settings):
        flask.abort(400)


def known_hosts(settings: Settings) -> frozenset[str]:
    """The allowed host names: PROEVE_HOSTS, or else the names of this machine."""
    if settings.hosts:
        return frozenset(host_name(host) for host in settings.hosts)
    return LOOPBACK_NAMES | {settings.host.lower()}


def host_name(host: str) -> str:
    """The host without its port; "" when it is not a host."""
    try:
        return urlsplit(f"//{host.strip()}").hostname or ""
    except ValueError:
        return ""


def _loopback_only(settings: Settings) -> None:
    """Refuse (403) other machines in a demo school, because everybody knows its passwords."""
    if not current_school().demo or settings.demo_anywhere:
        return
    try:
        near = ipaddress.ip_address(flask.request.remote_addr or "127.0.0.1").is_loopback
    except ValueError:
        near = False
    if not near:
        flask.abort(403, description="A demo school answers on this machine only (PROEVE_DEMO_ANYWHERE).")


def _finish(response: flask.Response, settings: Settings) -> flask.Response:
    """Set the headers that Talisman leaves: keep no page, run nothing in files, keep other sites out."""
    headers = response.headers
    headers["Cross-Origin-Opener-Policy"] = headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if settings.tls:
        headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}; includeSubDomains"
    if response.status_code == BUSY and "Retry-After" not in headers:
        headers["Retry-After"] = str(RETRY_AFTER)
    if flask.request.endpoint == LOGO or "attachment" in headers.get("Content-Disposition", ""):
        headers["Content-Security-Policy"] = FILE_CSP
    if flask.request.endpoint == FEED and response.status_code == 200:
        headers["Cache-Control"] = "private, max-age=300"
    elif flask.request.endpoint not in KEEPABLE:
        headers["Cache-Control"] = "no-store"
    return response
