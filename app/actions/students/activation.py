"""Deactivates students who left school and activates them again. Their data is kept."""

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import models
from app.actions import base
from app.actions.access.code_making import cancel_codes
from app.actions.access.sessions import end_sessions
from app.actions.planning.stopping import Told, resume_of_students, stop_of_students
from app.actions.students.bulk_report import SHOWN, first_names, students_changed
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.permissions import OTHER_ROLES, Actor, Permission
from app.queries.users.users import with_role
from app.rules.sessions import ACCOUNT_CLOSED


@base.action(
    _l("Deactiveren"),
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    changes=(models.Student, models.User, models.Registration),
    confirm=True,
    danger=True,
    noun=_l("studenten"),
    submit=_l("Deactiveren"),
    intro=_l(
        "Voor wie van school is. Gegevens en uitslagen blijven; aanmelden kan niet meer. Een examen waarvan "
        "nog een deel moet komen, stopt; wat helemaal is afgenomen, wordt nog beoordeeld."
    ),
)
def deactivate_students(actor: Actor, targets: base.Targets[models.Student]) -> base.Outcome:
    """Deactivate students and their accounts. Their exams of which a part was still to come are stopped."""
    rows = db.session.scalars(
        sa.select(models.Student)
        .where(models.Student.id.in_(targets.among()), models.Student.active)
        .order_by(models.Student.id)
    ).all()
    leaving = [row.id for row in rows]
    told = stop_of_students(leaving)
    accounts = _accounts(leaving)
    cancel_codes(accounts)
    end_sessions(accounts, ACCOUNT_CLOSED)
    _switch(leaving, accounts, active=False)
    summary = ngettext("%(num)s student gedeactiveerd.", "%(num)s studenten gedeactiveerd.", len(leaving))
    return _changed(targets, leaving, summary, told, accounts, active=False)


@base.action(
    _l("Weer activeren"),
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    changes=(models.Student, models.User, models.Registration),
    confirm=True,
    noun=_l("studenten"),
    submit=_l("Weer activeren"),
    intro=_l(
        "Een examen dat met het deactiveren stopte, gaat verder. Een moment dat intussen voorbij is, of "
        "waarop iemand iets anders heeft, vervalt: dat plant u opnieuw in."
    ),
)
def reactivate_students(actor: Actor, targets: base.Targets[models.Student]) -> base.Outcome:
    """Activate students and their accounts again. The exams that were stopped as they left go on."""
    back = db.session.scalars(
        sa.select(models.Student.id)
        .where(models.Student.id.in_(targets.among()), models.Student.active.is_(False))
        .order_by(models.Student.id)
    ).all()
    told = resume_of_students(actor, back)
    accounts = _accounts(back)
    _switch(back, accounts, active=True)
    summary = ngettext("%(num)s student is weer actief.", "%(num)s studenten zijn weer actief.", len(back))
    return _changed(targets, back, summary, told, accounts, active=True)


def _changed(
    targets: base.Targets[models.Student],
    students: Sequence[int],
    summary: str,
    told: Told,
    accounts: Sequence[int],
    *,
    active: bool,
) -> base.Outcome:
    """The outcome for these students, with what becomes of their exams."""
    return students_changed(
        targets,
        students,
        f"{summary} {told.summary}".strip(),
        {"active": [not active, active], **told.details},
        names=[*first_names(students)[: max(3, SHOWN - len(told.lines))], *told.lines],
        rests_on=told.rests_on,
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
