"""A student who left, or came back: no longer planned and no way in, with everything that was kept."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import exists, select, update

from app.actions.access.code_making import cancel_codes
from app.actions.access.sessions import end_sessions
from app.actions.base.action import Outcome, Refused, Targets, action
from app.actions.students.bulk_report import students_changed
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.entities.planning import Registration, Sitting
from app.entities.students import Student
from app.entities.users import User
from app.permissions import Actor, Permission, Role
from app.queries.users.users import with_role
from app.rules.sessions import ACCOUNT_CLOSED

OTHER_ROLES = tuple(role for role in Role if role is not Role.STUDENT)


@action(
    _l("Deactiveren"),
    permission=Permission.STUDENTS_EDIT,
    on=Student,
    changes=(Student, User),
    confirm=True,
    danger=True,
    noun=_l("studenten"),
    submit=_l("Deactiveren"),
    intro=_l("Voor wie van school is. Gegevens en uitslagen blijven; aanmelden kan niet meer."),
)
def deactivate_students(actor: Actor, targets: Targets[Student]) -> Outcome:
    """Close students and their accounts; refused for who has an exam moment to come."""
    coming = exists().where(
        Registration.student_id == Student.id,
        Sitting.registration_id == Registration.id,
        Sitting.starts_at > utc_now(),
    )
    rows = db.session.execute(
        select(Student, coming.label("coming"))
        .where(Student.id.in_(targets.among()), Student.active)
        .order_by(Student.name_key, Student.id)
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
        refused=[Refused(student.list_name, reason) for student in held],
        held=len(held),
    )


@action(
    _l("Weer activeren"),
    permission=Permission.STUDENTS_EDIT,
    on=Student,
    changes=(Student, User),
    confirm=True,
    noun=_l("studenten"),
    submit=_l("Weer activeren"),
)
def reactivate_students(actor: Actor, targets: Targets[Student]) -> Outcome:
    """Open students and their accounts again."""
    back = db.session.scalars(
        select(Student.id)
        .where(Student.id.in_(targets.among()), Student.active.is_(False))
        .order_by(Student.id)
    ).all()
    _switch(back, _accounts(back), active=True)
    return students_changed(
        targets,
        back,
        ngettext("%(num)s student is weer actief.", "%(num)s studenten zijn weer actief.", len(back)),
        {"active": [False, True]},
    )


def _accounts(students: Sequence[int]) -> Sequence[int]:
    """The accounts of these students; one with another role too is the business of Gebruikers."""
    return db.session.scalars(
        select(User.id)
        .join(Student, Student.user_id == User.id)
        .where(Student.id.in_(id_set(students)), ~with_role(*OTHER_ROLES))
        .order_by(User.id)
    ).all()


def _switch(students: Sequence[int], accounts: Sequence[int], *, active: bool) -> None:
    db.session.execute(
        update(Student)
        .where(Student.id.in_(id_set(students)))
        .values(active=active, version=Student.version + 1),
        execution_options=QUIETLY,
    )
    db.session.execute(
        update(User).where(User.id.in_(id_set(accounts))).values(active=active, version=User.version + 1),
        execution_options=QUIETLY,
    )
