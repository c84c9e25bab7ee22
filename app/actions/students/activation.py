"""Deactivates students who left school and activates them again. Their data is kept."""

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import models
from app.actions import base
from app.actions.access.code_making import cancel_codes
from app.actions.access.sessions import end_sessions
from app.actions.students.bulk_report import students_changed
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.permissions import OTHER_ROLES, Actor, Permission
from app.queries.users.users import with_role
from app.rules.sessions import ACCOUNT_CLOSED


@base.action(
    _l("Deactiveren"),
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    changes=(models.Student, models.User),
    confirm=True,
    danger=True,
    noun=_l("studenten"),
    submit=_l("Deactiveren"),
    intro=_l("Voor wie van school is. Gegevens en uitslagen blijven; aanmelden kan niet meer."),
)
def deactivate_students(actor: Actor, targets: base.Targets[models.Student]) -> base.Outcome:
    """Deactivate students and their accounts. A student with a coming exam moment is refused."""
    coming = sa.exists().where(
        models.Registration.student_id == models.Student.id,
        models.Sitting.registration_id == models.Registration.id,
        models.Sitting.starts_at > utc_now(),
    )
    rows = db.session.execute(
        sa.select(models.Student, coming.label("coming"))
        .where(models.Student.id.in_(targets.among()), models.Student.active)
        .order_by(models.Student.name_key, models.Student.id)
    ).all()
    held = [row.Student for row in rows if row.coming]
    leaving = [row.Student.id for row in rows if not row.coming]
    accounts = _accounts(leaving)
    cancel_codes(accounts)
    end_sessions(accounts, ACCOUNT_CLOSED)
    _switch(leaving, accounts, active=False)
    reason = _("heeft nog een ingepland examen; verwijder eerst die planning")
    return students_changed(
        targets,
        leaving,
        ngettext("%(num)s student gedeactiveerd.", "%(num)s studenten gedeactiveerd.", len(leaving)),
        {"active": [True, False]},
        refused=[base.Refused(student.list_name, reason) for student in held],
        held=len(held),
        also={"User": accounts},
    )


@base.action(
    _l("Weer activeren"),
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    changes=(models.Student, models.User),
    confirm=True,
    noun=_l("studenten"),
    submit=_l("Weer activeren"),
)
def reactivate_students(actor: Actor, targets: base.Targets[models.Student]) -> base.Outcome:
    """Activate students and their accounts again."""
    back = db.session.scalars(
        sa.select(models.Student.id)
        .where(models.Student.id.in_(targets.among()), models.Student.active.is_(False))
        .order_by(models.Student.id)
    ).all()
    accounts = _accounts(back)
    _switch(back, accounts, active=True)
    return students_changed(
        targets,
        back,
        ngettext("%(num)s student is weer actief.", "%(num)s studenten zijn weer actief.", len(back)),
        {"active": [False, True]},
        also={"User": accounts},
    )


def _accounts(students: Sequence[int]) -> Sequence[int]:
    """The accounts of these students, except those with another role too: Gebruikers handles these."""
    return db.session.scalars(
        sa.select(models.User.id)
        .join(models.Student, models.Student.user_id == models.User.id)
        .where(models.Student.id.in_(id_set(students)), ~with_role(*OTHER_ROLES))
        .order_by(models.User.id)
    ).all()


def _switch(students: Sequence[int], accounts: Sequence[int], *, active: bool) -> None:
    db.session.execute(
        sa.update(models.Student)
        .where(models.Student.id.in_(id_set(students)))
        .values(active=active, version=models.Student.version + 1),
        execution_options=QUIETLY,
    )
    db.session.execute(
        sa.update(models.User)
        .where(models.User.id.in_(id_set(accounts)))
        .values(active=active, version=models.User.version + 1),
        execution_options=QUIETLY,
    )
