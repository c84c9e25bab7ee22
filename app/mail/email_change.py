"""The texts of the mails about a new e-mail address: a code to the new one, a notice to the old one."""

from functools import cache

from flask_babel import force_locale
from flask_babel import gettext as _

from app.mail import texts
from app.mail.purposes import purpose
from app.rules.text import N_

EMAIL_CODE = purpose("email_code", N_("Nieuw e-mailadres bevestigen"))
EMAIL_NOTICE = purpose("email_notice", N_("E-mailadres wordt gewijzigd"))
EMAIL_CHANGED = purpose("email_changed", N_("E-mailadres gewijzigd"))
STOP_PATH = "/adreswijziging"


def code_text(language: str, school: str) -> tuple[str, str]:
    """Subject and body of the mail to the new address, with the code that confirms it.

    It may be anybody's address, so it holds nothing that its sender can make up, such as a name.
    """
    with force_locale(language):
        subject = _("Bevestig uw e-mailadres voor %(school)s", school=school)
        return subject, texts.letter(
            "",
            school,
            _("Met deze code bevestigt u dat dit e-mailadres van u is:"),
            texts.CODE,
            _("Vul hem in bij Mijn profiel, op %(address)s. De code werkt een uur.", address=texts.ADDRESS),
            _("Hebt u hier niet om gevraagd? Dan hoeft u niets te doen."),
        )


def notice_text(language: str, school: str, *, name: str) -> tuple[str, str]:
    """Subject and body of the mail to the old address when a change is asked for. Its code stops it."""
    with force_locale(language):
        subject = _("Uw e-mailadres bij %(school)s wordt gewijzigd", school=school)
        return subject, texts.letter(
            name,
            school,
            _("Iemand die met uw account is aangemeld, wil een ander e-mailadres gebruiken."),
            _("Bent u dat zelf? Dan hoeft u niets te doen."),
            _(
                "Bent u dat niet? Ga dan meteen naar %(address)s en vul deze code in. De wijziging stopt "
                "dan, en uw account wordt overal afgemeld:",
                address=texts.ADDRESS,
            ),
            texts.CODE,
        )


@cache
def changed_by_school_text(language: str, school: str) -> tuple[str, str]:
    """Subject and body of the mail to the old address when somebody else changed it.

    It names nobody: the old address may be a typing error, and then a stranger reads it.
    """
    with force_locale(language):
        subject = _("Uw e-mailadres bij %(school)s is gewijzigd", school=school)
        return subject, texts.letter(
            "",
            school,
            _("Uw school heeft het e-mailadres van uw account gewijzigd."),
            _("Op dit adres krijgt u geen mails meer, en overal waar u was aangemeld bent u afgemeld."),
            _("Klopt dit niet, of hebt u een vraag? Ga dan naar een beheerder van uw school."),
        )


def changed_text(language: str, school: str, *, name: str) -> tuple[str, str]:
    """Subject and body of the mail to the old address, once the new one is confirmed."""
    with force_locale(language):
        subject = _("Uw e-mailadres bij %(school)s is gewijzigd", school=school)
        return subject, texts.letter(
            name,
            school,
            _("Voor uw account geldt nu een ander e-mailadres. Op dit adres krijgt u geen mails meer."),
            _("Hebt u dit niet zelf gedaan? Waarschuw dan meteen een beheerder van uw school."),
        )
