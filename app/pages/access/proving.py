"""Showing who you are: the second step of signing in, and once more before something that matters.

What was filled in travels along in the page that asks, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, flash, redirect, render_template, request, session
from flask_babel import gettext as _
from flask_login import current_user

from app.actions.access.passkeys import show_passkey
from app.actions.access.second_factor import (
    CodeProofForm,
    PasswordProofForm,
    record_failed_proof,
    show_code,
    show_password,
)
from app.actions.access.sign_in import count_try
from app.actions.base.action import ActionForm, Outcome, run
from app.actions.base.wording import say
from app.errors import NotAllowed, ProofNeeded, RuleBroken
from app.pages.access.sessions import SET_UP_PATH, present, renew
from app.pages.base.request import address, current_actor, href_with, posted, posted_fields, sent
from app.permissions import SYSTEM
from app.queries.access.factors import Factors, factors_of
from app.rules.passkeys import Answer, Site, site_of
from app.rules.tries import factor_key

FIELDS = "proof_"  # the names of what the page that asks adds to a form
WAS = "proof_was"  # how the page was asked for before: GET, or POST with a form to go on with
SECRETS = {"present", "password", "again"}  # fields that no page gives back: they are typed anew
CHALLENGE = "passkey"  # where the browser keeps which challenge it was given


@dataclass(frozen=True)
class Asking:
    """What the page that asks draws."""

    title: str
    about: str
    form: ActionForm | None
    factors: Factors
    hidden: list[tuple[str, str]]
    post_href: str
    cancel_href: str
    passkeys_work: bool


def site_here() -> Site | None:
    """The site that passkeys are bound to here; None: on this address browsers make none."""
    return site_of(current_app.extensions["proeve_settings"].site(), request.host)


def given_answer(credential: str) -> Answer:
    """What the browser answered, to the challenge that it was given last."""
    return Answer(credential, session.get(CHALLENGE), site_here())


def keep_challenge(challenge_id: int | None) -> None:
    session[CHALLENGE] = challenge_id


def prove() -> Outcome:
    """Check what was sent; right: this session has shown it, under another token. RuleBroken: it is wrong."""
    actor, fields = current_actor(), posted_fields()
    run(count_try, SYSTEM, username=factor_key(actor.id), address=address())
    try:
        if fields.get("proof_passkey"):
            outcome = run(show_passkey, actor, answer=given_answer(fields["proof_passkey"]))
        elif "proof_code" in fields:
            outcome = run(show_code, actor, code=fields["proof_code"])
        else:
            outcome = run(show_password, actor, password=fields.get("proof_password", ""))
    except RuleBroken:
        run(record_failed_proof, actor, address=address())
        raise
    strong = "proof_password" not in fields
    renew(password=not strong, strong=strong)
    if "recovery" in outcome.details.values():
        flash(outcome.summary, "warning")
    return outcome


def with_proof(about: str, cancel_href: Callable[[], str], go_on: Callable[[], Any]) -> Any:
    """Carry out `go_on`; where it needs a proof, ask for it first and go on with what was filled in."""
    if posted() and WAS in request.form:
        try:
            prove()
        except RuleBroken as error:
            return ask(about, cancel_href(), strong="proof_password" not in request.form, problem=error), 422
        if request.form[WAS] == "GET":
            return redirect(request.full_path.rstrip("?"))
    try:
        return go_on()
    except ProofNeeded as error:
        return ask(about, cancel_href(), strong=error.strong)


def ask(about: str, cancel_href: str, *, strong: bool, problem: RuleBroken | None = None) -> Any:
    """The page that asks: for the second factor, or for the password of who has none."""
    here = present()
    if here is None:
        raise NotAllowed
    if strong and not here.has_factor:
        flash(_("Hiervoor is een tweede stap nodig. Stel er hier eerst een in."), "info")
        target = request.full_path.rstrip("?") if request.method == "GET" else cancel_href
        return redirect(href_with(SET_UP_PATH, [("next", target)]))
    model = Asking(
        title=_("Laat zien dat u het bent"),
        about=about,
        form=_form(has_factor=here.has_factor, problem=problem),
        factors=factors_of(here.user_id),
        hidden=[*_kept(), (WAS, request.form.get(WAS) or request.method)],
        post_href=request.full_path.rstrip("?"),
        cancel_href=cancel_href,
        passkeys_work=site_here() is not None,
    )
    problems = [say(problem)] if problem is not None and not _belongs(model.form, problem) else []
    return render_template("access/proof.html", model=model, problems=problems)


def _kept() -> list[tuple[str, str]]:
    """What was filled in, to go on with; where a password was among it, the form comes back without it."""
    sent = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not name.startswith(FIELDS) and name != "csrf_token"
    ]
    if not any(name in SECRETS for name, _value in sent):
        return sent
    return [(n, v) for n, v in sent if n not in {*SECRETS, "confirmed"}] + [("confirmed", "back")]


def _form(*, has_factor: bool, problem: RuleBroken | None) -> ActionForm | None:
    if not has_factor and not current_user.password:
        return None
    form = CodeProofForm(sent()) if has_factor else PasswordProofForm(sent())
    if problem is not None and _belongs(form, problem):
        form[problem.field].errors = [say(problem)]
    return form


def _belongs(form: ActionForm | None, problem: RuleBroken) -> bool:
    return form is not None and bool(problem.field) and problem.field in form
