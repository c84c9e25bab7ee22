"""The authenticator app and the recovery codes: set up, show and remove them. Passkeys: passkeys.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import validators

from app import clock, models, sealing
from app.actions import base
from app.actions.access import profile, tries
from app.actions.access.browsers import forget_browsers, remember_browser
from app.actions.access.sessions import mark_shown
from app.actions.mail.notices import notify
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.errors import Outdated, RuleBroken
from app.mail.notices import Notice
from app.permissions import Actor, Permission
from app.queries.access import factors
from app.queries.access.recognising import fitting_password
from app.queries.users.users import roles_of
from app.rules import second_factor, totp
from app.rules.code_format import normal_form
from app.rules.passwords import LONGEST
from app.rules.recovery import COUNT
from app.rules.sessions import Renewal
from app.rules.text import N_
from app.rules.tokens import fingerprint
from app.rules.tries import NO_BROWSER, Browser, Kind
from app.school import current_school

WRONG = N_("Deze code klopt niet, of is al gebruikt. Wacht op de volgende code en probeer het opnieuw.")
LAST_ONE = N_(
    "Uw rol heeft een tweede stap nodig en dit is de laatste. Stel eerst een andere in; "
    "daarna kunt u deze verwijderen."
)
OTHER_APP = N_(
    "U hebt dit zelf in een ander tabblad gewijzigd: daar stelde u al een app in. "
    "Gaat u hier verder, dan werkt die niet meer."
)
OTHER_CODES = N_(
    "U hebt zelf in een ander tabblad intussen al herstelcodes gemaakt; die werken. Maakt u hier nieuwe, dan "
    "werken die van het andere tabblad niet meer."
)
CODE_BOX = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}


# --- the authenticator app --------------------------------------------------------------------


class AppForm(base.SeenForm):
    """`seen`: which app was set up when the form was opened."""

    setup = wtforms.HiddenField()
    code = wtforms.StringField(
        _l("Code uit de app"),
        [validators.InputRequired(), validators.Length(max=20)],
        description=_l("De zes cijfers die de app nu laat zien."),
        render_kw=CODE_BOX,
    )

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        user = profile.own_account(actor)
        return {"setup": factors.new_setup(user.id), "seen": _mark(factors.factors_of(user.id).app)}

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        user = profile.own_account(actor)
        self._fresh = factors.secret_behind(self.setup.data or "", user.id) is not None
        if not self._fresh:
            self.setup.data = factors.new_setup(user.id)

    def validate_code(self, field: wtforms.StringField) -> None:
        if not self._fresh:
            raise validators.ValidationError(_("Deze pagina stond te lang open. Scan de nieuwe QR-code."))


@base.action(
    _l("Authenticator-app instellen"),
    permission=Permission.PROFILE,
    form=AppForm,
    proof=second_factor.Proof.LATELY,
    submit=_l("Controleer en bewaar"),
)
def set_up_app(
    actor: Actor,
    *,
    setup: str,
    code: str,
    seen: str = "",
    session_id: int | None = None,
    browser: Browser = NO_BROWSER,
) -> base.Outcome:
    """Keep the app once it has given a right code here. It replaces the app that the form knew."""
    user = profile.locked_account(actor)
    secret = factors.secret_behind(setup, user.id)
    step = totp.step_of(secret, code, clock.seconds_now()) if secret else None
    if secret is None or step is None:
        raise RuleBroken(
            N_("Deze code hoort niet bij de QR-code. Controleer of de klok van uw telefoon goed staat."),
            field="code",
        )
    row = factors.factors_of(user.id).app
    if row is None:
        row = models.Authenticator(user_id=user.id)
        db.session.add(row)
    elif factors.kept_secret(row) == secret:
        raise RuleBroken(N_("Deze QR-code is al ingesteld."), field="code")
    elif seen != _mark(row):
        raise Outdated(OTHER_APP, field="seen", now=_mark(row))
    row.sealed_secret = sealing.seal(secret, factors.sealed_for(user.id))
    row.last_step, row.created_at, row.last_used_at = step, clock.utc_now(), clock.utc_now()
    now_shown(user, session_id, browser)
    notify(user, Notice.APP_SET)
    return done_for(user.id, _("Uw authenticator-app is ingesteld."))


def now_shown(user: models.User, session_id: int | None, browser: Browser) -> None:
    """A factor was set up here, which shows it: this browser is known from now on, and no other any more."""
    forget_browsers([user.id], browser)
    if session_id is not None:
        mark_shown(user.id, session_id, strong=True)
    remember_browser(user, browser)


def _mark(app: models.Authenticator | None) -> str:
    return app.created_at.isoformat() if app is not None else ""


@base.action(
    _l("Authenticator-app verwijderen"),
    permission=Permission.PROFILE,
    confirm=True,
    danger=True,
    submit=_l("Verwijderen"),
    proof=second_factor.Proof.LATELY,
    intro=_l("De codes van de app werken daarna niet meer."),
)
def remove_app(actor: Actor, *, browser: Browser = NO_BROWSER) -> base.Outcome:
    """Remove the app. Refused when it is the last factor of a user who needs one."""
    user = profile.locked_account(actor)
    app = factors.factors_of(user.id).app
    if app is None:
        return base.Outcome(unchanged=1, summary=_("Er is geen authenticator-app ingesteld."))
    guard_last(user)
    secret = app.sealed_secret
    db.session.execute(sa.delete(models.Authenticator).where(models.Authenticator.user_id == user.id))
    codes = drop_loose_codes(user.id)
    forget_browsers([user.id], browser)
    notify(user, Notice.APP_REMOVED)
    summary = codes.after(_("De authenticator-app is verwijderd."))
    outcome = done_for(user.id, summary, factors=["authenticator-app", None], **codes.details)
    outcome.rests_on = [secret, *codes.sheet]
    return outcome


def guard_last(user: models.User) -> None:
    """RuleBroken when this user needs a second factor and has just one."""
    if factors.factors_of(user.id).count == 1 and second_factor.needed(
        roles_of(user), current_school().second_factor
    ):
        raise RuleBroken(LAST_ONE)


@dataclass(frozen=True)
class Dropped:
    """The recovery codes that went, by their fingerprints, used or not: a user has one sheet of them."""

    sheet: Sequence[str] = ()
    left: int = 0  # that still worked

    def after(self, said: str) -> str:
        """What was said of the factor, and of the codes when any of them still worked."""
        if not self.left:
            return said
        codes = ngettext(
            "Uw herstelcode vervalt ook: %(num)s code werkt dan niet meer.",
            "Uw herstelcodes vervallen ook: %(num)s codes werken dan niet meer.",
            self.left,
        )
        return f"{said} {codes}"

    @property
    def details(self) -> dict[str, Any]:
        return {"recovery_codes": [self.left, 0]} if self.sheet else {}


def drop_loose_codes(user_id: int) -> Dropped:
    """Delete the recovery codes of a user who has no second factor left."""
    return drop_codes(user_id) if factors.factors_of(user_id).count == 0 else Dropped()


def drop_codes(user_id: int) -> Dropped:
    """Delete a user's recovery codes."""
    gone = db.session.execute(
        sa.delete(models.RecoveryCode)
        .where(models.RecoveryCode.user_id == user_id)
        .returning(models.RecoveryCode.code_hash, models.RecoveryCode.used_at)
    ).all()
    return Dropped(sorted(one.code_hash for one in gone), sum(one.used_at is None for one in gone))


# --- recovery codes ---------------------------------------------------------------------------


@base.action(
    _l("Nieuwe herstelcodes"),
    permission=Permission.PROFILE,
    confirm=True,
    submit=_l("Maak herstelcodes"),
    proof=second_factor.Proof.LATELY,
    apart=True,
    intro=_l("U ziet de tien codes één keer. Codes die u eerder kreeg, werken daarna niet meer."),
)
def make_recovery_codes(actor: Actor, *, codes: Sequence[str] = (), seen: str | None = None) -> base.Outcome:
    """Keep the fingerprints of these codes. The page shows them once; older codes end.

    `seen`: which codes there were when the page was shown (`sheet_mark`). Outdated when there are others by
    now, so that no other page shows codes that ended.
    """
    user = profile.locked_account(actor)
    now = factors.sheet_mark(user.id)
    if seen is not None and now and seen != now:
        raise Outdated(OTHER_CODES, now=now, field="seen")
    if factors.factors_of(user.id).count == 0:
        raise RuleBroken(N_("Stel eerst een authenticator-app of een passkey in."))
    older = drop_codes(user.id)
    if older.sheet:  # the first codes come with a factor, about which the user gets a mail already
        notify(user, Notice.CODES_RENEWED)
    db.session.add_all(models.RecoveryCode(user_id=user.id, code_hash=fingerprint(code)) for code in codes)
    # As many as went are others all the same, so that it is no change from one number to another.
    made = len(codes) if older.left == len(codes) else [older.left, len(codes)]
    outcome = done_for(user.id, _("%(count)s nieuwe herstelcodes.", count=COUNT), recovery_codes=made)
    outcome.rests_on = [older.sheet]
    return outcome


# --- showing a factor -------------------------------------------------------------------------------


class CodeProofForm(base.ActionForm):
    """A box for a code of the app or a recovery code. The two look so different that one box will do."""

    proof_code = wtforms.StringField(
        _l("Code"),
        [validators.InputRequired(), validators.Length(max=60)],
        description=_l("De zes cijfers uit uw authenticator-app, of een herstelcode."),
        render_kw={**CODE_BOX, "inputmode": "text", "autocapitalize": "characters"},
    )


class PasswordProofForm(base.ActionForm):
    proof_password = wtforms.PasswordField(
        _l("Wachtwoord"),
        [validators.InputRequired(), validators.Length(max=LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )


@base.action(_l("Tweede stap getoond"), permission=Permission.PROFILE, only_reads=True)
def show_code(actor: Actor, *, code: str, renewal: Renewal | None = None) -> base.Outcome:
    """Accept a code of the app or a recovery code. Each works once. RuleBroken for a wrong code.

    `renewal`: the session that has shown it from now on.
    """
    user = profile.locked_account(actor)
    way = "app" if totp.digits_of(code) else "recovery"
    if not (_app_code(user.id, code) if way == "app" else _recovery_code(user.id, code)):
        raise RuleBroken(WRONG, field="proof_code")
    accept(user.id, Kind.FACTOR, renewal)
    summary = ""
    if way == "recovery":
        left = factors.factors_of(user.id).codes_left
        summary = _("U hebt een herstelcode gebruikt. U hebt er nog %(count)s.", count=left)
    return done_for(user.id, summary or _("Gecontroleerd."), way=way)


def _fits(actor: Actor, *, password: str, **_data: Any) -> dict[str, Any]:
    return {"fits": fitting_password(actor, password)}


@base.action(_l("Wachtwoord opnieuw getoond"), permission=Permission.PROFILE, only_reads=True, before=_fits)
def show_password(actor: Actor, *, password: str, fits: str, renewal: Renewal | None = None) -> base.Outcome:
    """Accept the user's password again, before something that matters."""
    user = profile.locked_account(actor)
    if not user.password or user.password != fits:
        raise RuleBroken(N_("Dit is niet uw wachtwoord."), field="proof_password")
    accept(user.id, Kind.PRESENT, renewal)
    return done_for(user.id, _("Gecontroleerd."))


def accept(user_id: int, kind: Kind, renewal: Renewal | None) -> None:
    """What was shown is right: the session gets a new token, and tries of this kind are forgiven."""
    if renewal is None:
        return
    strong = kind is Kind.FACTOR
    mark_shown(user_id, renewal.session_id, password=not strong, strong=strong, token_hash=renewal.token_hash)
    tries.forgive(kind, renewal.place, account=user_id)


@base.action(_l("Tweede stap mislukt"), permission=Permission.PROFILE, only_reads=True)
def record_failed_proof(actor: Actor, *, address: str) -> base.Outcome:
    """Put a failed try in the trail, without what was typed."""
    return base.Outcome(
        done=1,
        ids=[profile.own_account(actor).id],
        object_type="User",
        details={"address": address},
        summary=_("Tweede stap mislukt."),
    )


def _app_code(user_id: int, code: str) -> bool:
    row = factors.factors_of(user_id).app
    if row is None:
        return False
    secret = factors.kept_secret(row)
    step = totp.step_of(secret, code, clock.seconds_now(), after=row.last_step) if secret else None
    if step is None:
        return False
    row.last_step, row.last_used_at = step, clock.utc_now()
    return True


def _recovery_code(user_id: int, code: str) -> bool:
    """Use up a recovery code; False for a wrong one. One UPDATE decides: of two at once, one gets in."""
    used: Any = db.session.execute(
        sa.update(models.RecoveryCode)
        .where(
            models.RecoveryCode.user_id == user_id,
            models.RecoveryCode.code_hash == fingerprint(normal_form(code)),
            models.RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.utc_now()),
        execution_options=QUIETLY,
    )
    return bool(used.rowcount == 1)


def done_for(user_id: int, summary: str, **details: Any) -> base.Outcome:
    """The outcome of an action of users on their own second factor."""
    return base.Outcome(done=1, ids=[user_id], object_type="User", summary=summary, details=details)
