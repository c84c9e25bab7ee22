"""`Stuur mij een proefmail`: the mail with an inlogcode as others will get it, to who asks, with a code
that opens nothing."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from app.actions.access.profile import LANGUAGES
from app.actions.base.action import ActionForm, Outcome, Targets, action
from app.actions.base.forms import SelectChoice
from app.actions.mail.outbox import NewMail, put_in_outbox
from app.entities.base import db, utc_now
from app.entities.users import User
from app.errors import NotFound, RuleBroken
from app.mail.texts import CODE, login_code_text
from app.permissions import Actor, Permission, Role
from app.rules.people import mail_of
from app.rules.text import N_
from app.school import current_school

SAMPLE = "sample"  # OutboxMail.purpose
SAMPLE_CODE = "XXXX-XXXX-XXXX-XXXX"


class SampleForm(ActionForm):
    """Which of the texts."""

    role = SelectField(_l("Rol van de lezer"))
    language = SelectField(_l("Taal"), choices=[SelectChoice(*one) for one in LANGUAGES])

    def prepare(self, actor: Actor, targets: Targets[object] | None) -> None:
        self.role.choices = [SelectChoice(role.value, _(role.label)) for role in Role]


def sample_text(name: str, username: str, role: str, language: str) -> tuple[str, str]:
    """Subject and body for this reader; code and address are still placeholders."""
    school = current_school()
    text = login_code_text(language, school.name, role)
    until = school.local(utc_now() + timedelta(days=school.login_code_days))
    return text.subject, text.body_for(name=name, username=username, until=until)


def _send_sample(actor: Actor, role: str, language: str) -> Outcome:
    user = db.session.get(User, actor.id) if actor.id else None
    if user is None:
        raise NotFound
    if not mail_of(user.email):
        raise RuleBroken(N_("Bij uw account staat geen e-mailadres. Vul het in bij Mijn profiel."))
    subject, body = sample_text(user.full_name, user.username, role, language)
    with force_locale(language):
        subject = _("Proef: %(subject)s", subject=subject)
        warning = _("Dit is een proefmail: de code erin werkt niet.")
    mail = NewMail(
        purpose=SAMPLE,
        dedupe_key=f"{SAMPLE}:{user.id}:{secrets.token_hex(8)}",
        to_address=user.email,
        to_user_id=user.id,
        subject=subject,
        body=f"{warning}\n\n{body.replace(CODE, SAMPLE_CODE)}",
        language=language,
    )
    put_in_outbox([mail])
    return Outcome(
        done=1,
        ids=[user.id],
        object_type="User",
        summary=_("De proefmail staat klaar in Postvak uit, voor %(address)s.", address=user.email),
    )


@action(
    _l("Stuur mij een proefmail"),
    permission=Permission.USERS_EDIT,
    form=SampleForm,
    submit=_l("Stuur mij een proefmail"),
)
def send_user_sample(actor: Actor, *, role: str, language: str) -> Outcome:
    """For who sends inlogcodes to users."""
    return _send_sample(actor, role, language)


@action(
    _l("Stuur mij een proefmail"),
    permission=Permission.STUDENTS_EDIT,
    form=SampleForm,
    submit=_l("Stuur mij een proefmail"),
)
def send_student_sample(actor: Actor, *, role: str, language: str) -> Outcome:
    """For who sends inlogcodes to students."""
    return _send_sample(actor, role, language)
