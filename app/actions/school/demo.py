"""Fills the demo school: its people and exams, and any number of students to test with."""

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base
from app.actions.access.code_making import issue_codes
from app.actions.assessment.results import working
from app.actions.library import files
from app.demo import size
from app.demo.load import write_school
from app.entities.base import db
from app.errors import RuleBroken
from app.permissions import SYSTEM, Actor, Permission
from app.rules.text import N_
from app.school import current_school

MAILED = 12  # students with an inlogcode


@base.action(_l("Demoschool geladen"), permission=Permission.SETTINGS_EDIT)
def load_demo_school(actor: Actor) -> base.Outcome:
    """Fill an empty demo school. The catalogue is loaded before. RuleBroken: no demo school, or not empty."""
    _only_in_demo()
    if db.session.scalar(sa.select(models.User.id).limit(1)) is not None:
        raise RuleBroken(N_("Deze school is niet leeg. Zet de demoschool terug met demo-reset."))
    school = current_school()
    loaded = write_school(today=school.today(), clock=school.moment, keep=_keep)
    _freeze_results()
    _send_codes([one.user_id for one in loaded.placed if one.user_id is not None])
    return base.Outcome(
        done=len(loaded.placed),
        summary=_("Demoschool geladen: %(students)s studenten.", students=format_decimal(len(loaded.placed))),
        names=[one.name for one in loaded.placed[:10]],
        ids=[one.id for one in loaded.placed],
        object_type="Student",
    )


@base.action(_l("Demostudenten toegevoegd"), permission=Permission.SETTINGS_EDIT)
def add_demo_students(actor: Actor, *, number: int, report: size.Report) -> base.Outcome:
    """Add believable students, to test with many. `report` hears the progress. In a demo school only."""
    _only_in_demo()
    if number < 1:
        raise RuleBroken(N_("Geef een aantal studenten van 1 of meer."))
    school = current_school()
    ids = size.write_many(number, today=school.today(), clock=school.moment, report=report)
    return base.Outcome(
        done=len(ids),
        summary=ngettext("%(num)s student toegevoegd.", "%(num)s studenten toegevoegd.", len(ids)),
        ids=ids,
        object_type="Student",
    )


def _keep(name: str, content: bytes) -> str:
    """Check and keep a manual of the demo school, like any other document. Returns its hash."""
    return files.store(files.check_upload(name, content))


def _send_codes(student_users: Sequence[int]) -> None:
    """Give some students an inlogcode. The mails stay in the outbox, as a demo school sends nothing."""
    issue_codes(SYSTEM, student_users[:MAILED], mail=True)


def _freeze_results() -> None:
    """Store with each result how it was computed, as for a real result."""
    db.session.expire_all()
    for result in db.session.scalars(sa.select(models.Result)).all():
        found = working(result.registration_id)
        if found is not None:
            result.detail = found[1]


def _only_in_demo() -> None:
    if not current_school().demo:
        raise RuleBroken(N_("Dit kan alleen in een demoschool."))
    if db.session.scalar(sa.select(models.Programme.id).limit(1)) is None:
        raise RuleBroken(N_("Er zijn nog geen opleidingen. Laad eerst de catalogus."))
