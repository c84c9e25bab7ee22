"""The demo school: its people and exams, and students in any number for trials at size."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.actions.base import Outcome, action
from app.demo.load import write_school
from app.entities.base import db
from app.entities.programmes import Programme
from app.entities.users import User
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.rules.text import N_
from app.school import current_school


@action(_l("Demoschool geladen"), permission=Permission.SETTINGS_EDIT)
def load_demo_school(actor: Actor) -> Outcome:
    """Fill an empty demo school; the catalogue is there already. RuleBroken: no demo school, or not empty."""
    _only_in_demo()
    if db.session.scalar(select(User.id).limit(1)) is not None:
        raise RuleBroken(N_("Deze school is niet leeg. Zet de demoschool terug met demo-reset."))
    school = current_school()
    loaded = write_school(today=school.today(), clock=school.moment)
    return Outcome(
        done=len(loaded.placed),
        summary=_("Demoschool geladen: %(students)s studenten.", students=len(loaded.placed)),
        names=[one.name for one in loaded.placed[:10]],
        ids=[one.id for one in loaded.placed],
        object_type="Student",
    )


def _only_in_demo() -> None:
    if not current_school().demo:
        raise RuleBroken(N_("Dit kan alleen in een demoschool."))
    if db.session.scalar(select(Programme.id).limit(1)) is None:
        raise RuleBroken(N_("Er zijn nog geen opleidingen. Laad eerst de catalogus."))
