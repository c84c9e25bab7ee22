"""Deactivates students who left school and activates them again. Their data is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
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
from app.permissions import Actor, Permission
from app.queries.students.leaving import Account, accounts_of, closed_by_hand
from app.rules.sessions import ACCOUNT_CLOSED


@dataclass(frozen=True)
class Accounts:
    """What becomes of the accounts of students: the ids that change, and which stay as they are, in words."""

    ids: Sequence[int]
    stay: Sequence[Account]
    summary: str
    lines: Sequence[str]


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
    told, accounts = stop_of_students(leaving), _closing(leaving)
    cancel_codes(accounts.ids)
    end_sessions(accounts.ids, ACCOUNT_CLOSED)
    _switch(leaving, accounts.ids, active=False)
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
    told, accounts = resume_of_students(actor, back), _opening(back)
    _switch(back, accounts.ids, active=True)
    summary = ngettext("%(num)s student is weer actief.", "%(num)s studenten zijn weer actief.", len(back))
    return _changed(targets, back, summary, told, accounts, active=True)


def _changed(
    targets: base.Targets[models.Student],
    students: Sequence[int],
    summary: str,
    told: Told,
    accounts: Accounts,
    *,
    active: bool,
) -> base.Outcome:
    """The outcome for these students, with what becomes of their exams and accounts."""
    lines = [*told.lines, *accounts.lines]
    return students_changed(
        targets,
        students,
        " ".join(filter(None, [summary, told.summary, accounts.summary if accounts.stay else ""])),
        {"active": [not active, active], **told.details},
        names=[*first_names(students)[: max(3, SHOWN - len(lines))], *lines],
        rests_on=[*told.rests_on, *(one.id for one in accounts.stay)],
        also={"User": accounts.ids, "Registration": told.registrations},
    )


def _closing(students: Sequence[int]) -> Accounts:
    """The accounts that close as these students leave: not one with another role, which Gebruikers has."""
    found = [one for one in accounts_of(students) if one.active]
    stay = [one for one in found if one.other_role]
    summary = ngettext(
        "%(num)s account blijft actief, want het heeft nog een andere rol.",
        "%(num)s accounts blijven actief, want ze hebben nog een andere rol.",
        len(stay),
    )
    lines = [_("Account blijft actief: %(name)s", name=one.name) for one in stay]
    return Accounts([one.id for one in found if not one.other_role], stay, summary, lines)


def _opening(students: Sequence[int]) -> Accounts:
    """The accounts that open again as these students return: not one that is closed at Gebruikers, or has
    another role by now."""
    found = [one for one in accounts_of(students) if not one.active]
    by_hand = closed_by_hand([one.id for one in found])
    opens = {one.id: not (one.other_role or one.id in by_hand) for one in found}
    stay = [one for one in found if not opens[one.id]]
    summary = ngettext(
        "%(num)s account blijft gedeactiveerd: bij Gebruikers is het gedeactiveerd of kreeg het een andere "
        "rol. Activeer het daar.",
        "%(num)s accounts blijven gedeactiveerd: bij Gebruikers zijn ze gedeactiveerd of kregen ze een "
        "andere rol. Activeer ze daar.",
        len(stay),
    )
    lines = [_("Account blijft gedeactiveerd: %(name)s", name=one.name) for one in stay]
    return Accounts([one.id for one in found if opens[one.id]], stay, summary, lines)


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
