"""Words that the list and the score form share: a role, a moment, a day."""

from datetime import datetime

from flask_babel import gettext as _

from app import models
from app.permissions import Role
from app.school import current_school


def short_role(role: str) -> str:
    return _("School") if role == Role.SCHOOL_EXAMINER else _("Bedrijf")


def moment_text(sitting: models.Sitting, *, with_day: bool = True) -> str:
    """A moment as "24-11-2026 09:30–11:30", or the times alone; with both dates when it lasts longer."""
    school = current_school()
    start, end = school.local(sitting.starts_at), school.local(sitting.ends_at)
    if start.date() != end.date():
        return f"{start:%d-%m-%Y %H:%M} – {end:%d-%m-%Y %H:%M}"
    clock = f"{start:%H:%M}–{end:%H:%M}"
    return f"{start:%d-%m-%Y} {clock}" if with_day else clock


def saved_text(moment: datetime) -> str:
    """A moment as "10:42" when it was today, else "23-11-2026 10:42"."""
    school = current_school()
    local = school.local(moment)
    return f"{local:%H:%M}" if local.date() == school.today() else f"{local:%d-%m-%Y %H:%M}"


def day_text(moment: datetime) -> str:
    return f"{current_school().local(moment):%d-%m-%Y}"
