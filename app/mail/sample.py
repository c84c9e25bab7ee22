"""A sample of the mail with an inlogcode. Its code does not work."""

from datetime import timedelta

from app.clock import utc_now
from app.mail.login_code import login_code_text
from app.mail.purposes import purpose
from app.rules.text import N_
from app.school import current_school

SAMPLE = purpose("sample", N_("Proefmail"))
SAMPLE_CODE = "XXXX-XXXX-XXXX-XXXX"


def sample_text(name: str, username: str, role: str, language: str) -> tuple[str, str]:
    """Subject and body, as this reader would get them. Code and address are still placeholders."""
    school = current_school()
    text = login_code_text(language, school.name, role)
    until = school.local(utc_now() + timedelta(days=school.login_code_days))
    return text.subject, text.body_for(name=name, username=username, until=until)
