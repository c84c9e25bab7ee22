"""The text of the mail with an inlogcode: ours, or the school's own. The code itself comes at sending."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _

from app.mail import own_texts
from app.mail.purposes import purpose
from app.mail.texts import ADDRESS, CODE, letter
from app.permissions import Role
from app.rules.text import N_

LOGIN_CODE = purpose("login_code", N_("Inlogcode"))


@dataclass(frozen=True)
class Text:
    """Subject and body. The body still has %(name)s, %(username)s and %(until)s to fill in."""

    subject: str
    body: str

    def body_for(self, *, name: str, username: str, until: datetime) -> str:
        """The body, filled in. `until` is when the code ends, in the school's time zone."""
        return self.body % {"name": name, "username": username, "until": until.strftime("%d-%m-%Y")}


# What a reader of the mail with an inlogcode can do after signing in, by role.
WHAT_WAITS = {
    Role.STUDENT: N_("Daarna ziet u wanneer en waar u examen doet, en wat uw uitslagen zijn."),
    Role.SCHOOL_SUPERVISOR: N_("Daarna plant u de examens van uw studenten en volgt u hun uitslagen."),
    Role.COMPANY_SUPERVISOR: N_("Daarna ziet u de examens van uw studenten en vult u hun voortgang in."),
    Role.SCHOOL_EXAMINER: N_("Daarna vindt u de examens die u beoordeelt."),
    Role.COMPANY_EXAMINER: N_("Daarna vindt u de examens die u beoordeelt, ook op uw telefoon."),
    Role.EXAM_COMMITTEE: N_("Daarna leest u de uitslagen, de beoordelingen en het logboek."),
}


def login_code_text(language: str, school: str, role: str = "") -> Text:
    """The mail with an inlogcode. Made once per language and role, then filled in for each reader."""
    own = own_texts.own_text(LOGIN_CODE, language, role)
    return _own_login_code_text(own, school) if own else _our_login_code_text(language, school, role)


def _own_login_code_text(own: own_texts.OwnText, school: str) -> Text:
    literal = own_texts.OwnText(own.subject, own.body.replace("%", "%%"))
    words = {
        "naam": "%(name)s",
        "gebruikersnaam": "%(username)s",
        "geldig_tot": "%(until)s",
        "school": school.replace("%", "%%"),
        "inlogcode": CODE,
        "adres": ADDRESS,
    }
    return Text(own.subject_for(school), literal.body_for(words))


def _our_login_code_text(language: str, school: str, role: str) -> Text:
    literal = school.replace("%", "%%")
    waits = WHAT_WAITS.get(Role(role)) if role else None
    with force_locale(language):
        go = _(
            "Ga naar %(address)s en vul beide in. U kiest daar zelf een wachtwoord, of gaat verder met codes "
            "per mail.",
            address=ADDRESS,
        )
        body = letter(
            "%(name)s",
            literal,
            _("Hierbij uw inlogcode voor de examens van %(school)s.", school=literal),
            _("Uw gebruikersnaam: %(username)s") + "\n" + _("Uw inlogcode: %(code)s", code=CODE),
            f"{go} {_(waits)}" if waits else go,
            _("De code werkt één keer, tot en met %(until)s. Geef hem aan niemand door."),
        )
        return Text(_("Uw inlogcode voor %(school)s", school=school), body)
