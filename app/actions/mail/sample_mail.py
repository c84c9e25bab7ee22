"""`Stuur mij een proefmail`: users send themselves the mail with an inlogcode. Its code does not work."""

import secrets

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from app import errors, models
from app.actions import base
from app.actions.mail import outbox
from app.entities.base import db
from app.mail import sample
from app.mail.texts import CODE
from app.permissions import Actor, Permission, Role
from app.rules.people import mail_of
from app.rules.text import N_
from app.school import LANGUAGES


class SampleForm(base.ActionForm):
    """Which text: for which role, in which language."""

    role = SelectField(_l("Rol van de lezer"))
    language = SelectField(_l("Taal"), choices=[base.SelectChoice(*one) for one in LANGUAGES.items()])

    def prepare(self, actor: Actor, targets: base.Targets[object] | None) -> None:
        self.role.choices = [base.SelectChoice(role.value, _(role.label)) for role in Role]


def _send_sample(actor: Actor, role: str, language: str) -> base.Outcome:
    user = db.session.get(models.User, actor.id) if actor.id else None
    if user is None:
        raise errors.NotFound
    if not mail_of(user.email):
        raise errors.RuleBroken(N_("Bij uw account staat geen e-mailadres. Vul het in bij Mijn profiel."))
    subject, body = sample.sample_text(user.full_name, user.username, role, language)
    with force_locale(language):
        subject = _("Proef: %(subject)s", subject=subject)
        warning = _("Dit is een proefmail: de code erin werkt niet.")
    mail = outbox.NewMail(
        purpose=sample.SAMPLE,
        dedupe_key=f"{sample.SAMPLE}:{user.id}:{secrets.token_hex(8)}",
        to_address=user.email,
        to_user_id=user.id,
        subject=subject,
        body=f"{warning}\n\n{body.replace(CODE, sample.SAMPLE_CODE)}",
        language=language,
    )
    outbox.put_in_outbox([mail])
    return base.Outcome(
        done=1,
        ids=[user.id],
        object_type="User",
        summary=_("De proefmail staat klaar in Postvak uit, voor %(address)s.", address=user.email),
    )


@base.action(
    _l("Stuur mij een proefmail"),
    permission=Permission.USERS_EDIT,
    form=SampleForm,
    submit=_l("Stuur mij een proefmail"),
)
def send_user_sample(actor: Actor, *, role: str, language: str) -> base.Outcome:
    """Send a sample mail to an actor who may send inlogcodes to users."""
    return _send_sample(actor, role, language)


@base.action(
    _l("Stuur mij een proefmail"),
    permission=Permission.STUDENTS_EDIT,
    form=SampleForm,
    submit=_l("Stuur mij een proefmail"),
)
def send_student_sample(actor: Actor, *, role: str, language: str) -> base.Outcome:
    """Send a sample mail to an actor who may send inlogcodes to students."""
    return _send_sample(actor, role, language)
