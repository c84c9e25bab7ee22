"""Nothing typed is lost: a form that cannot be carried out now is kept, and shown again to who typed it.

A form may come when its session has ended, its token has gone, the second step is owed, or its user looks
along as another. Nothing of it is carried out. What was typed waits on the server, encrypted, for the
account that the form was drawn for (form_token.py). Once that account is signed in, the page of the form is
shown with everything in it, by GET: a GET of ours changes nothing, so the user must press again (decision
0032).
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import flask
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.urls import iri_to_uri

from app import errors
from app.actions import base as actions
from app.actions.access.typed import drop_typed, keep_typed
from app.entities.engine import in_a_hurry
from app.mail.invitation import INVITATION_PATH
from app.pages.base.form_token import Drawn, drawn_for, drawn_while_viewing, page_mark
from app.pages.base.once import sent_token
from app.pages.base.request import here, once, posted, safe_path, text_arg
from app.pages.base.sessions import WAITING, forget_who, owed_now, present
from app.permissions import SYSTEM
from app.queries.access.sessions import Present
from app.queries.access.typed import is_guest, is_kept, typed_by, why_no_way_back
from app.rules import viewing as rules
from app.rules.text import N_
from app.rules.typed import PROOF, Typed, worth_keeping
from app.theme.assets import ENDPOINTS

ARGUMENT = "ingevuld"  # in the address of a page that gives back: the handle
BESIDE = "proeve.typed"  # where the handle stands for the rest of the request
BACK_PATH = "/terug/"
SIGN_IN = "SignInPage.sign_in"
HANDLE_BYTES = 16
MOST_WAITING = 8  # handles that the cookie holds; what is older comes back by its own tab only
NOT_KEPT = N_(
    "Wat u had ingevuld, kon niet worden bewaard. Ga terug in uw browser: misschien staat het daar nog."
)
DONE_BEFORE = N_("U had dit formulier al verstuurd, en het is toen uitgevoerd. Er is nu niets gedaan.")
NOTHING_LEFT = N_(
    "Wat u had ingevuld, wacht hier niet meer. Misschien hebt u het intussen verstuurd: kijk of het is "
    "opgeslagen."
)
REDIRECTS = {301, 302, 303}
OURS = {"", "same-origin", "none"}  # Sec-Fetch-Site; "": a browser that does not say


@dataclass(frozen=True)
class GivenBack:
    """What the page says above what it gives back.

    `filled`: it shows fields that were typed. `more`: the address of what else waits for this user, or "".
    """

    filled: bool
    files: Sequence[str]
    more: str


class HandleBeside:
    """Takes the handle out of the address, so that no page sees an argument that it does not know."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        pairs = environ.get("QUERY_STRING", "").split("&")
        ours = [pair for pair in pairs if pair.startswith(f"{ARGUMENT}=")]
        if ours:
            others = "&".join(pair for pair in pairs if pair not in ours)
            environ = {**environ, "QUERY_STRING": others, BESIDE: ours[0].partition("=")[2]}
        answered: Iterable[bytes] = self.answer(environ, start_response)
        return answered


def register_typed(app: flask.Flask) -> None:
    """Register this after the checks of session and viewing."""
    app.wsgi_app = HandleBeside(app.wsgi_app)  # type: ignore[method-assign] # as Flask asks
    app.before_request(_bring_back)
    app.before_request(_drop_what_came_again)
    app.after_request(_tell_elsewhere)
    app.context_processor(lambda: {"given_back": _given_back, "waits_here": _waits_here})


# -- keeping


def way_in() -> Any:
    """The answer to a request that needs a user and has none: the sign-in page, and then back here.

    NoWayBack: whoever filled in this form gets in no more.
    """
    if not posted():
        return flask.redirect(flask.url_for(SIGN_IN, next=again()))
    drawn = drawn_for()
    if (
        drawn is not None
        and _by_a_page_of_ours()
        and not was_done()
        and (why := why_no_way_back(drawn.user_id))
    ):
        raise errors.NoWayBack(why)
    kept, guest = keep()
    told = _(
        "U was afgemeld en er is niets gedaan. Meld u opnieuw aan; wat u had ingevuld, staat er dan nog."
    )
    if any(name in actions.secret_fields() or name.startswith(PROOF) for name in flask.request.form):
        told = _(
            "U was afgemeld en er is niets gedaan. Meld u opnieuw aan; wat u had ingevuld, staat er dan nog, "
            "behalve een wachtwoord of code."
        )
    if not kept:
        told = _("U was afgemeld en er is niets gedaan. Meld u opnieuw aan.")
    if was_done():
        told = _("U bent afgemeld. Meld u opnieuw aan.")
    flask.flash(told, "warning")
    if guest:
        return flask.redirect(f"{INVITATION_PATH}/")
    return flask.redirect(flask.url_for(SIGN_IN, next=kept or _page_of_form()[0]))


def come_back() -> str:
    """The address that leads back here after a step that comes first; what was sent is kept meanwhile."""
    return (keep()[0] or _page_of_form()[0]) if posted() else again()


def start_again() -> Any:
    """The answer to a form whose token has gone; None: it is not known as a form of ours."""
    if getattr(_view(), "needs", "nobody") == "nobody":
        return _public_again()
    now, drawn = present(), drawn_for()
    if now is not None and now.viewing is not None:
        raise errors.OnlyLooking(rules.READ_ONLY_KEPT if keep_own(now.user_id) else rules.READ_ONLY)
    seen = drawn_while_viewing()
    if seen is not None:
        return _after_viewing(seen, now)
    kept = keep()[0]
    if drawn is None or not (kept or was_done()):
        return None
    if now is None:
        return way_in()
    if now.user_id != drawn.user_id:
        raise errors.OtherAccount
    return flask.redirect(kept or _page_of_form()[0])


def _after_viewing(seen: Drawn, now: Present | None) -> Any:
    """The answer to a form that was drawn while viewing as another, which is over."""
    if now is None:
        flask.flash(_("U was afgemeld en er is niets gedaan. Meld u opnieuw aan."), "warning")
        flask.flash(_(NOT_KEPT), "warning")
        return flask.redirect(flask.url_for(SIGN_IN))
    if now.user_id == seen.user_id:
        raise errors.ViewingOver(rules.JUST_OVER)
    return None


def keep() -> tuple[str, bool]:
    """Keep the form of this request for the account that it was drawn for.

    Returns the address that brings it back, and whether the account is a guest's; "" when nothing was kept.
    Of a form of ours that is said: nothing is promised that is not kept.
    """
    if "kept_already" not in flask.g:
        flask.g.kept_already = _keep()
        if was_done():
            flask.flash(_(DONE_BEFORE), "info")
        elif not flask.g.kept_already[0] and drawn_for() is not None and _by_a_page_of_ours():
            flask.flash(_(NOT_KEPT), "warning")
    kept: tuple[str, bool] = flask.g.kept_already
    return kept


def was_done() -> bool:
    """Whether the form of this request was sent before and carried out, though its answer was not seen."""
    drawn = drawn_for()
    return drawn is not None and once(
        "was_done", lambda: actions.was_done(drawn.user_id, sent_token()) and _by_a_page_of_ours()
    )


def sent_now() -> tuple[list[tuple[str, str]], list[str]]:
    """What was typed in the form of this request, and the names of its files."""
    fields = worth_keeping(flask.request.form.items(multi=True), actions.secret_fields())
    return fields, [file.filename for file in flask.request.files.values() if file.filename]


def shown_row(drawn: Drawn | None) -> tuple[str, int, int, str, int] | tuple[()]:
    """The row (kind, id, within, name) that the page of this form showed, and when; empty: it showed none.

    Only our own token says so, and only for the very page that the form is sent to.
    """
    if drawn is None or drawn.page != page_mark(_page_of_form()[0].partition("?")[0]):
        return ()
    about = drawn.about
    return about.kind, about.id, about.within, about.name, int(drawn.at.timestamp())


def keep_own(user_id: int) -> str:
    """The address that brings back the form of this request; "" when it was not drawn for this account."""
    drawn = drawn_for()
    return keep()[0] if drawn is not None and drawn.user_id == user_id else ""


def own_waits(user_id: int, first: str = "") -> str:
    """The address that brings back what this account typed last in this browser; "" when nothing waits.

    `first`: rather the form of this handle, that of the tab which asks.
    """
    for handle in sorted(waiting(), key=lambda one: one != first):
        if typed_by(user_id, handle) is not None:
            return f"{BACK_PATH}{handle}"
    return ""


def _keep() -> tuple[str, bool]:
    drawn = drawn_for()
    if drawn is None or not _by_a_page_of_ours():
        return "", False
    if was_done():
        return "", is_guest(drawn.user_id)
    address, route = _page_of_form()
    fields, files = sent_now()
    handle = secrets.token_urlsafe(HANDLE_BYTES)
    try:
        kept = actions.run(
            keep_typed,
            SYSTEM,
            user_id=drawn.user_id,
            handle=handle,
            typed=Typed(address, fields, files, route, shown_row(drawn)),
        )
    except errors.ProeveError:
        flask.current_app.logger.warning("what was typed could not be kept")
        return "", False
    finally:
        forget_who()
    if kept.goto is None:
        return "", False
    flask.session[WAITING] = [handle, *waiting()][:MOST_WAITING]
    return f"{BACK_PATH}{handle}", bool(kept.shown["guest"])


def _by_a_page_of_ours() -> bool:
    """Whether a page of ours was left by sending this: not another site, and no script."""
    headers = flask.request.headers
    return (
        headers.get("Sec-Fetch-Site", "") in OURS and headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    )


def _page_of_form() -> tuple[str, str]:
    """The address of the page with the form of this request, and the form's route, if it has its own."""
    page = getattr(_view(), "page", "")
    owner, _dot, route = (flask.request.endpoint or "").rpartition(".")
    if page:
        return flask.url_for(f"{owner}.{page}", **(flask.request.view_args or {})), route
    return (here(), "") if _is_a_page(flask.request.path) else ("/", "")


def _is_a_page(path: str) -> bool:
    adapter = flask.current_app.create_url_adapter(flask.request)
    return adapter is not None and adapter.test(path, "GET")


def _view() -> Any:
    return flask.current_app.view_functions.get(flask.request.endpoint or "")


def _public_again() -> Any:
    """A form that needs no user, like the sign-in page: shown again, when a page of this site sent it."""
    if flask.request.headers.get("Sec-Fetch-Site", "") != "same-origin" or not _by_a_page_of_ours():
        return None
    page = here() if _is_a_page(flask.request.path) else "/"
    if present() is None or page == "/":
        flask.flash(
            _("Deze pagina was verouderd en er is niets gedaan. Probeer het nog een keer."), "warning"
        )
    return flask.redirect(page)


# -- giving back


def again() -> str:
    """The path and query string of this request, with the handle of what it gives back."""
    return with_handle(here(), flask.request.environ.get(BESIDE, ""))


def with_handle(address: str, handle: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{ARGUMENT}={handle}" if handle else address


def onward(default: str = "/") -> str:
    """Where users go when they have signed in: where they were going, or to what they had typed."""
    asked = safe_path(text_arg("next"), "/")
    if asked != "/":
        return asked
    return BACK_PATH if waiting() else default


def way_back(handle: str) -> str:
    """The address of the page that gives back what this user typed; Start when it is another account's.

    "" when there is nothing (any more). What another account typed goes on waiting for it in this browser, as
    does one's own while one looks along as another.
    """
    now = present()
    own = now if now is not None and now.viewing is None else None
    found = typed_by(own.user_id, handle) if own is not None and handle else None
    if found is None and handle and is_kept(handle):
        return "/"
    flask.session[WAITING] = [one for one in waiting() if one != handle]
    return with_handle(found.address, handle) if found is not None else ""


def waiting() -> list[str]:
    """The handles of what was typed in this browser and not shown again yet, the last one first."""
    return list(flask.session.get(WAITING, ()))


def _bring_back() -> None:
    """Before a page: read what it gives back. Only the account that typed it, and only on that very page."""
    handle = flask.request.environ.get(BESIDE, "")
    if not handle or posted() or flask.request.endpoint in ENDPOINTS:
        return
    now = present()
    if now is None or now.viewing is not None or owed_now():
        return
    found = typed_by(now.user_id, handle)
    # A browser leaves some signs bare that are written as %… when it is sent to the same address.
    if found is not None and iri_to_uri(found.address) == iri_to_uri(here()):
        flask.g.typed, flask.g.typed_handle = found, handle


def _drop_what_came_again() -> None:
    """Forget what was given back, once its page has sent a form: that page holds it now."""
    now = present() if posted() else None
    drawn = drawn_for() if now is not None else None
    if now is None or drawn is None or not drawn.handle or drawn.user_id != now.user_id:
        return
    try:
        with in_a_hurry():
            actions.run(drop_typed, SYSTEM, user_id=now.user_id, handle=drawn.handle)
    except errors.Busy:  # it goes by itself
        flask.current_app.logger.info("what was given back was not dropped")
    forget_who()


def _tell_elsewhere(response: flask.Response) -> flask.Response:
    """Where the page that was to give back leads on to another, say there that nothing was done."""
    if flask.g.get("typed") is not None and response.status_code in REDIRECTS:
        flask.flash(_("Er is nog niets gedaan."), "warning")
    return response


def _given_back() -> GivenBack | None:
    """For the page: whether it gives something back. Called when the page itself has read it."""
    typed: Typed | None = flask.g.get("typed")
    if typed is None or not current_user.is_authenticated:
        return None
    filled = bool(typed.fields) and flask.g.get("typed_shown", False)
    return GivenBack(filled, typed.files, own_waits(current_user.id))


def _waits_here() -> str:
    """The handle of what this very page says to be kept; "" when it kept nothing."""
    return str(flask.g.get("kept_already", ("",))[0]).removeprefix(BACK_PATH)
