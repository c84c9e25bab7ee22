"""Asks users to prove who they are: at the second step of signing in, and before a sensitive action.

The page that asks carries along what was filled in, so that nothing is lost.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

import flask
from flask_babel import gettext as _
from flask_login import current_user

from app import errors
from app.actions import base as actions
from app.actions.access import second_factor
from app.actions.access.passkeys import show_passkey
from app.actions.access.tries import count_try
from app.clock import seconds_now
from app.pages.base import trying
from app.pages.base.form_token import drawn_for, form_goes_on
from app.pages.base.once import PROOF_FIELDS
from app.pages.base.request import address, current_actor, href_with, posted, posted_fields, sent
from app.pages.base.sessions import SET_UP_PATH, carry, owed_now, present
from app.pages.base.typed import again
from app.permissions import SYSTEM, Actor
from app.queries.access import factors as queries
from app.queries.access.passkeys import is_recognised
from app.queries.access.sessions import Present
from app.rules import passkeys, tokens, tries
from app.rules.passwords import FIELDS as PASSWORDS
from app.rules.second_factor import Owed, Proof, Way, way_asked
from app.rules.sessions import Renewal

WAS = "proof_was"  # method of the request that needed the proof: GET, or POST with a form to resume
CHALLENGE = "passkey"  # in the session: the challenge that the browser was given


@dataclass(frozen=True)
class Asking:
    """What the page that asks for a proof shows."""

    title: str
    about: str
    form: actions.ActionForm | None
    factors: queries.Factors
    hidden: list[tuple[str, str]]
    post_href: str
    cancel_href: str
    passkeys_work: bool


def site_here() -> passkeys.Site | None:
    """The site that passkeys are bound to; None: browsers make no passkeys on this address."""
    return passkeys.site_of(flask.current_app.extensions["proeve_settings"].site(), flask.request.host)


def given_answer(credential: str) -> passkeys.Answer:
    """The browser's answer, with the challenge that it was given last."""
    kept = flask.session.get(CHALLENGE)
    challenge = passkeys.Challenge(*kept) if isinstance(kept, list) else None
    return passkeys.Answer(credential, challenge, site_here())


def new_challenge(purpose: str, user_id: int | None) -> passkeys.Challenge:
    """32 random bytes for this browser to sign. Its own cookie, which we sign, keeps them.

    So asking writes nothing, and however often others ask, they take nobody's challenge away.
    """
    until = int(seconds_now()) + passkeys.ANSWERED_WITHIN
    challenge = passkeys.Challenge(tokens.new_token(), purpose, user_id, until)
    flask.session[CHALLENGE] = list(astuple(challenge))
    return challenge


def prove(asked: Way) -> actions.Outcome:
    """Check the proof that this page asks for, whatever else was sent. RuleBroken: it is wrong.

    The session knows what was shown, and gets a new token.
    """
    actor, here = current_actor(), present()
    if here is None:
        raise errors.NotAllowed
    token = tokens.new_token()
    kind, place = _counted_as(asked, here)
    renewal = Renewal(here.id, tokens.fingerprint(token), place)
    if not _is_passkey(asked, here.user_id):  # nobody guesses one: a stranger's tries do not shut it out
        actions.run(count_try, SYSTEM, kind=kind, place=place, account=here.user_id)
    try:
        outcome = _shown(asked, actor, renewal)
    except errors.RuleBroken:
        actions.run(second_factor.record_failed_proof, actor, address=address())
        raise
    carry(token)
    if "recovery" in outcome.details.values():
        flask.flash(outcome.summary, "warning")
    return outcome


def _is_passkey(asked: Way, user_id: int) -> bool:
    """Whether the right passkey is shown, where a second step is asked for."""
    answer = given_answer(posted_fields().get("proof_passkey", ""))
    return asked is Way.FACTOR and is_recognised(answer, "show", user_id)


def _counted_as(asked: Way, here: Present) -> tuple[tries.Kind, tries.Place]:
    """As what this is counted, and where: whoever knows a password must not shut out who is in already."""
    if asked is Way.PASSWORD:
        return tries.Kind.PRESENT, tries.Place()
    half_way = owed_now() is Owed.SHOW
    return tries.Kind.FACTOR, trying.place() if half_way else tries.Place(session=here.id)


def _shown(asked: Way, actor: Actor, renewal: Renewal) -> actions.Outcome:
    fields = posted_fields()
    if asked is Way.PASSWORD:
        password = fields.get("proof_password", "")
        return actions.run(second_factor.show_password, actor, password=password, renewal=renewal)
    if fields.get("proof_passkey"):
        answer = given_answer(fields["proof_passkey"])
        return actions.run(show_passkey, actor, answer=answer, renewal=renewal)
    return actions.run(second_factor.show_code, actor, code=fields.get("proof_code", ""), renewal=renewal)


def with_proof(
    about: str, proof: Proof | None, cancel_href: Callable[[], str], go_on: Callable[[], Any]
) -> Any:
    """Carry out `go_on`, which asks for `proof`; ask for it first where it is needed, and go on after it."""
    here = present()
    asked = way_asked(proof, has_factor=here is not None and here.has_factor)
    if posted() and WAS in flask.request.form and asked is not None:
        try:
            prove(asked)
        except errors.RuleBroken as error:
            return ask(about, cancel_href(), strong=asked is Way.FACTOR, problem=error), 422
        if flask.request.form[WAS] == "GET":
            return flask.redirect(again())
    try:
        return go_on()
    except errors.ProofNeeded as error:
        return ask(about, cancel_href(), strong=error.strong)


def ask(about: str, cancel_href: str, *, strong: bool, problem: errors.RuleBroken | None = None) -> Any:
    """The page that asks for the second factor, or for the password when the user has no factor."""
    here = present()
    if here is None:
        raise errors.NotAllowed
    if strong and not here.has_factor:
        flask.flash(_("Hiervoor is een tweede stap nodig. Stel er hier eerst een in."), "info")
        target = again() if flask.request.method == "GET" else cancel_href
        return flask.redirect(href_with(SET_UP_PATH, [("next", target)]))
    form_goes_on(drawn_for() if posted() else None)
    model = Asking(
        title=_("Laat zien dat u het bent"),
        about=about,
        form=_form(has_factor=here.has_factor, problem=problem),
        factors=queries.factors_of(here.user_id),
        hidden=[*_kept(), (WAS, flask.request.form.get(WAS) or flask.request.method)],
        post_href=again(),
        cancel_href=cancel_href,
        passkeys_work=site_here() is not None,
    )
    problems = [actions.say(problem)] if problem is not None and not _belongs(model.form, problem) else []
    return flask.render_template("access/proof.html", model=model, problems=problems)


def _kept() -> list[tuple[str, str]]:
    """The filled-in fields to carry along; a password is typed again, so then the form is shown again."""
    sent = [
        (name, value)
        for name, value in flask.request.form.items(multi=True)
        if not name.startswith(PROOF_FIELDS) and name != "csrf_token"
    ]
    if not any(name in PASSWORDS for name, _value in sent):
        return sent
    return [(n, v) for n, v in sent if n not in {*PASSWORDS, "confirmed"}] + [("confirmed", "back")]


def _form(*, has_factor: bool, problem: errors.RuleBroken | None) -> actions.ActionForm | None:
    if not has_factor and not current_user.password:
        return None
    given = sent(PROOF_FIELDS)  # not what the page behind this one gives back
    form = second_factor.CodeProofForm(given) if has_factor else second_factor.PasswordProofForm(given)
    if problem is not None and _belongs(form, problem):
        form[problem.field].errors = [actions.say(problem)]
    return form


def _belongs(form: actions.ActionForm | None, problem: errors.RuleBroken) -> bool:
    return form is not None and bool(problem.field) and problem.field in form
