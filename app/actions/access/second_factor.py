"""The authenticator app and the recovery codes: set up, shown, taken away. Passkeys: passkeys.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, update
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from app.actions.access.profile import locked_account, own_account
from app.actions.access.sign_in import forget_tries
from app.actions.base.action import ActionForm, Outcome, Targets, action
from app.actions.mail.notices import notify
from app.clock import seconds_now, utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.entities.factors import Authenticator, RecoveryCode
from app.entities.users import User
from app.errors import RuleBroken
from app.mail.notices import Notice
from app.permissions import Actor, Permission
from app.queries.access.factors import factors_of, new_setup, secret_behind
from app.queries.access.recognising import fitting_password
from app.queries.users.users import roles_of
from app.rules import totp
from app.rules.code_format import normal_form
from app.rules.passwords import LONGEST
from app.rules.recovery import COUNT
from app.rules.second_factor import Proof, needed
from app.rules.text import N_
from app.rules.tokens import fingerprint
from app.rules.tries import factor_key
from app.school import current_school
from app.sealing import seal, unseal

WRONG = N_("Deze code klopt niet, of is al gebruikt. Wacht op de volgende code en probeer het opnieuw.")
LAST_ONE = N_(
    "Uw rol heeft een tweede stap nodig en dit is de laatste. Stel eerst een andere in; "
    "daarna kunt u deze verwijderen."
)
CODE_BOX = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}


# --- the authenticator app --------------------------------------------------------------------


class AppForm(ActionForm):
    setup = HiddenField()
    code = StringField(
        _l("Code uit de app"),
        [InputRequired(), Length(max=20)],
        description=_l("De zes cijfers die de app nu laat zien."),
        render_kw=CODE_BOX,
    )

    @classmethod
    def initial(cls, actor: Actor, targets: Targets[Any] | None) -> dict[str, Any]:
        return {"setup": new_setup(own_account(actor).id)}

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        user = own_account(actor)
        self._fresh = secret_behind(self.setup.data or "", user.id) is not None
        if not self._fresh:
            self.setup.data = new_setup(user.id)

    def validate_code(self, field: StringField) -> None:
        if not self._fresh:
            raise ValidationError(_("Deze pagina stond te lang open. Scan de nieuwe QR-code."))


@action(
    _l("Authenticator-app instellen"),
    permission=Permission.PROFILE,
    form=AppForm,
    proof=Proof.LATELY,
    submit=_l("Controleer en bewaar"),
)
def set_up_app(actor: Actor, *, setup: str, code: str) -> Outcome:
    """Keep the app once it has shown a right code; a new one takes the place of the old one."""
    user = locked_account(actor)
    secret = secret_behind(setup, user.id)
    step = totp.step_of(secret, code, seconds_now()) if secret else None
    if secret is None or step is None:
        raise RuleBroken(
            N_("Deze code hoort niet bij de QR-code. Controleer of de klok van uw telefoon goed staat."),
            field="code",
        )
    row = factors_of(user.id).app
    if row is None:
        row = Authenticator(user_id=user.id)
        db.session.add(row)
    elif unseal(row.sealed_secret, _purpose(user.id)) == secret:
        raise RuleBroken(N_("Deze QR-code is al ingesteld."), field="code")
    row.sealed_secret = seal(secret, _purpose(user.id))
    row.last_step, row.created_at, row.last_used_at = step, utc_now(), utc_now()
    notify(user, Notice.APP_SET)
    return done_for(user.id, _("Uw authenticator-app is ingesteld."))


@action(
    _l("Authenticator-app verwijderen"),
    permission=Permission.PROFILE,
    confirm=True,
    danger=True,
    submit=_l("Verwijderen"),
    proof=Proof.LATELY,
    intro=_l("De codes van de app werken daarna niet meer."),
)
def remove_app(actor: Actor) -> Outcome:
    """Take the app away; refused when it is the last one of somebody who needs one."""
    user = locked_account(actor)
    if factors_of(user.id).app is None:
        return Outcome(unchanged=1, summary=_("Er is geen authenticator-app ingesteld."))
    guard_last(user)
    db.session.execute(delete(Authenticator).where(Authenticator.user_id == user.id))
    drop_loose_codes(user.id)
    notify(user, Notice.APP_REMOVED)
    return done_for(user.id, _("De authenticator-app is verwijderd."))


def guard_last(user: User) -> None:
    """RuleBroken when this user needs a second factor and has just one."""
    if factors_of(user.id).count == 1 and needed(roles_of(user), current_school().second_factor):
        raise RuleBroken(LAST_ONE)


def drop_loose_codes(user_id: int) -> None:
    """Recovery codes without anything to recover end."""
    if factors_of(user_id).count == 0:
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


# --- recovery codes ---------------------------------------------------------------------------


@action(
    _l("Nieuwe herstelcodes"),
    permission=Permission.PROFILE,
    confirm=True,
    submit=_l("Maak herstelcodes"),
    proof=Proof.LATELY,
    intro=_l("U ziet de tien codes één keer. Codes die u eerder kreeg, werken daarna niet meer."),
)
def make_recovery_codes(actor: Actor, *, codes: Sequence[str] = ()) -> Outcome:
    """Keep the fingerprints of these codes, which the page shows once; older codes end."""
    user = locked_account(actor)
    if factors_of(user.id).count == 0:
        raise RuleBroken(N_("Stel eerst een authenticator-app of een passkey in."))
    older: Any = db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    if older.rowcount:  # the first ones come with a factor, of which the user hears anyway
        notify(user, Notice.CODES_RENEWED)
    db.session.add_all(RecoveryCode(user_id=user.id, code_hash=fingerprint(code)) for code in codes)
    return done_for(user.id, _("%(count)s nieuwe herstelcodes.", count=COUNT))


# --- showing it -------------------------------------------------------------------------------


class CodeProofForm(ActionForm):
    """A code of the app, or a recovery code: the two look so different that one box will do."""

    proof_code = StringField(
        _l("Code"),
        [InputRequired(), Length(max=60)],
        description=_l("De zes cijfers uit uw authenticator-app, of een herstelcode."),
        render_kw={**CODE_BOX, "inputmode": "text", "autocapitalize": "characters"},
    )


class PasswordProofForm(ActionForm):
    proof_password = PasswordField(
        _l("Wachtwoord"),
        [InputRequired(), Length(max=LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )


@action(_l("Tweede stap getoond"), permission=Permission.PROFILE)
def show_code(actor: Actor, *, code: str) -> Outcome:
    """Accept a code of the app, or a recovery code; each works once. RuleBroken when it does not."""
    user = locked_account(actor)
    way = "app" if totp.digits_of(code) else "recovery"
    if not (_app_code(user.id, code) if way == "app" else _recovery_code(user.id, code)):
        raise RuleBroken(WRONG, field="proof_code")
    forget_tries(factor_key(user.id))
    summary = ""
    if way == "recovery":
        left = factors_of(user.id).codes_left
        summary = _("U hebt een herstelcode gebruikt. U hebt er nog %(count)s.", count=left)
    return done_for(user.id, summary or _("Gecontroleerd."), way=way)


def _fits(actor: Actor, *, password: str, **_data: Any) -> dict[str, Any]:
    return {"fits": fitting_password(actor, password)}


@action(_l("Wachtwoord opnieuw getoond"), permission=Permission.PROFILE, before=_fits)
def show_password(actor: Actor, *, password: str, fits: str) -> Outcome:
    """Accept the user's password again, before something that matters."""
    user = locked_account(actor)
    if not user.password or user.password != fits:
        raise RuleBroken(N_("Dit is niet uw wachtwoord."), field="proof_password")
    forget_tries(factor_key(user.id))
    return done_for(user.id, _("Gecontroleerd."))


@action(_l("Tweede stap mislukt"), permission=Permission.PROFILE)
def record_failed_proof(actor: Actor, *, address: str) -> Outcome:
    """Put a failed try in the trail; what was typed is not kept."""
    return Outcome(
        done=1,
        ids=[own_account(actor).id],
        object_type="User",
        details={"address": address},
        summary=_("Tweede stap mislukt."),
    )


def _app_code(user_id: int, code: str) -> bool:
    row = factors_of(user_id).app
    if row is None:
        return False
    try:
        secret = unseal(row.sealed_secret, _purpose(user_id))
    except InvalidTag:  # another secret key than the one it was kept under
        return False
    step = totp.step_of(secret, code, seconds_now(), after=row.last_step)
    if step is None:
        return False
    row.last_step, row.last_used_at = step, utc_now()
    return True


def _recovery_code(user_id: int, code: str) -> bool:
    """One UPDATE decides: of two at once, one gets in."""
    used: Any = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash == fingerprint(normal_form(code)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=utc_now()),
        execution_options=QUIETLY,
    )
    return bool(used.rowcount == 1)


def _purpose(user_id: int) -> str:
    return f"totp|{user_id}"


def done_for(user_id: int, summary: str, **details: Any) -> Outcome:
    """The outcome of what somebody did to the own second factor."""
    return Outcome(done=1, ids=[user_id], object_type="User", summary=summary, details=details)
