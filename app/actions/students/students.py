"""Studenten: enter a student, and change their data and users with the pencil (manual, steps 4a and 4b)."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import errors, models
from app.actions import base
from app.actions.groups.members import filled_by_hand
from app.actions.students import fields, supervision
from app.actions.students.accounts import Accounts, follow_address
from app.actions.students.enrolment import enrol_one
from app.entities.base import db
from app.entities.students import group_member
from app.permissions import ROLE_LABELS, SUPERVISION_ROLES, Actor, Permission, Role, visible
from app.queries.students.field_words import own_labels
from app.rules import people
from app.rules.accounts import names_of_student
from app.rules.student_fields import LABELS
from app.rules.text import N_
from app.school import current_school

FIELD_LABELS: Mapping[str, Any] = {role.value: _l(ROLE_LABELS[role]) for role in SUPERVISION_ROLES}


def field_labels() -> Mapping[str, Any]:
    """The labels of every field in the pencil's form, by field name."""
    return {**{name: _(label) for name, label in LABELS.items()}, **FIELD_LABELS, **own_labels()}


class PersonForm(fields.StudentFields):
    """A student's own data. Each field shows its own error, all of them at once."""

    row: Any = None

    def validate_number(self, field: wtforms.Field) -> None:
        """Check here that the number is free, with the other errors. The database has the last word."""
        try:
            number = people.student_number(field.data or "")
        except errors.RuleBroken as error:
            raise wtforms.ValidationError(base.say(error)) from error
        own = self.row.id if self.row is not None else 0
        if db.session.scalar(
            sa.select(models.Student.id).where(models.Student.number == number, models.Student.id != own)
        ):
            raise wtforms.ValidationError(_("Er is al een student met dit studentnummer."))


class AddStudentForm(PersonForm):
    target = base.PickedOne(
        _l("Opleiding"),
        description=_l("Dit kan ook later, voor meer studenten tegelijk."),
        source="opleidingen-en-keuzedelen",
        blank=("", _l("Nog geen")),
    )
    group_id = base.PickedOne(
        _l("Studentgroep"), source="studentgroepen", coerce=int, blank=(0, _l("Nog geen"))
    )

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        base.offer(actor, self.target)
        base.offer(actor, self.group_id)


@base.action(
    _l("Nieuwe student invoeren"),
    permission=Permission.STUDENTS_ADD,
    form=AddStudentForm,
    submit=_l("Opslaan"),
    intro=_l("Velden die u nu overslaat, vult u later aan met het potlood."),
)
def add_student(actor: Actor, *, target: str = "", group_id: int = 0, **data: Any) -> base.Outcome:
    """Enter one student. A praktijkbegeleider who enters a student becomes their supervisor."""
    student = models.Student(**fields.plain_values(data), extra=fields.own_values(data, {}))
    _refuse_double(student.number, 0)
    _make_findable(student)
    db.session.add(student)
    db.session.flush()
    details = {key: [None, value] for key, value in fields.kept_values(student).items() if value}
    if target:
        goal = base.at("target", enrol_one, actor, student.id, target)
        details["target"] = [None, str(goal.row)]
    if group_id:
        details["group"] = [None, base.at("group_id", _put_in_group, actor, student, group_id)]
    if Role.SCHOOL_SUPERVISOR in actor.roles and Role.ADMINISTRATOR not in actor.roles:
        db.session.add(
            models.Supervision(student_id=student.id, user_id=actor.id, role=Role.SCHOOL_SUPERVISOR.value)
        )
        details["school_supervisor"] = [None, actor.name]
    return base.Outcome(
        done=1,
        ids=[student.id],
        object_type="Student",
        names=[str(student)],
        goto=student.id,
        details=details,
        summary=_("%(name)s is ingevoerd.", name=str(student)),
    )


class ChangeStudentForm(base.VersionedForm, PersonForm):
    school_supervisor = base.Picked(
        FIELD_LABELS["school_supervisor"], source="praktijkbegeleiders", coerce=int
    )
    company_supervisor = base.Picked(
        FIELD_LABELS["company_supervisor"], source="praktijkopleiders", coerce=int
    )
    school_examiner = base.Picked(FIELD_LABELS["school_examiner"], source="schoolexaminatoren", coerce=int)
    company_examiner = base.Picked(
        FIELD_LABELS["company_examiner"], source="bedrijfsexaminatoren", coerce=int
    )

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        self.keep(self.row.extra)
        coupled = supervision.coupled_users(self.row)
        for role in supervision.ROLE_FIELDS:
            base.offer(actor, getattr(self, role), present=coupled[role])

    def recall(self, actor: Actor) -> None:
        """A value that only this student still had is its own words."""
        for one in current_school().student_fields:
            box: Any = self[one.name]
            offered = {choice.value for choice in getattr(box, "choices", ())}
            if offered and box.data and box.data not in offered:
                box.choices.append(base.SelectChoice(box.data, box.data))

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        student: models.Student = targets.one() if targets is not None else models.Student()
        users = {
            role: [s.user_id for s in student.supervisions if s.role == role]
            for role in supervision.ROLE_FIELDS
        }
        return {**fields.typed_values(student), "version": student.version, **users}


@base.action(
    _l("Student wijzigen"),
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    changes=(models.Student, models.User),
    form=ChangeStudentForm,
    noun=_l("student"),
    submit=_l("Opslaan"),
    words={"account_name": N_("Naam van het account")},  # of entries of before
)
def change_student(
    actor: Actor,
    targets: base.Targets[models.Student],
    *,
    version: int,
    school_supervisor: Sequence[int] = (),
    company_supervisor: Sequence[int] = (),
    school_examiner: Sequence[int] = (),
    company_examiner: Sequence[int] = (),
    **data: Any,
) -> base.Outcome:
    """Change one student's data and users per role. RuleBroken when somebody else changed them first."""
    student = base.locked(actor, models.Student, targets.one().id, version, field_labels())
    before = fields.kept_values(student)
    for key, value in fields.plain_values(data).items():
        setattr(student, key, value)
    student.extra = fields.own_values(data, student.extra)
    _refuse_double(student.number, student.id)
    _make_findable(student)
    details = {
        key: [before[key], value]
        for key, value in fields.kept_values(student).items()
        if value != before[key]
    }
    wanted = dict(
        zip(
            supervision.ROLE_FIELDS,
            (school_supervisor, company_supervisor, school_examiner, company_examiner),
            strict=True,
        )
    )
    # The version goes up only for a real change, so that a colleague's open form is not refused for nothing.
    details |= supervision.put_users(actor, student, wanted)
    if not details:
        return base.Outcome(
            unchanged=1, summary=_("Er is niets gewijzigd aan %(name)s.", name=student.full_name)
        )
    student.version += 1
    details |= _tell_account(student)
    followed = follow_address(actor, student.id) if "email" in details else Accounts()
    return base.Outcome(
        done=1,
        ids=[student.id],
        names=[str(student)],
        details=details | followed.details,
        also={"User": [student.user_id]} if student.user_id else {},
        summary=" ".join([_("%(name)s is gewijzigd.", name=student.full_name), *followed.told]),
    )


def _make_findable(student: models.Student) -> None:
    name = (student.first_name, student.infix, student.last_name)
    student.search = people.student_search(*name, student.number, student.email)
    student.name_key = people.name_key(*name)


def _refuse_double(number: str, own_id: int) -> None:
    with db.session.no_autoflush:
        taken = db.session.scalar(
            sa.select(models.Student.id).where(models.Student.number == number, models.Student.id != own_id)
        )
    if taken:
        raise errors.RuleBroken(N_("Er is al een student met dit studentnummer."), field="number")


def _put_in_group(actor: Actor, student: models.Student, group_id: int) -> str:
    """Put a new student in this group; gives its name."""
    allowed = visible(actor, models.StudentGroup, Permission.GROUPS_EDIT).where(
        models.StudentGroup.id == group_id
    )
    group = db.session.scalars(allowed).one_or_none()
    if group is None:
        raise errors.NotFound
    filled_by_hand([group_id])
    db.session.execute(group_member.insert().values(group_id=group_id, student_id=student.id))
    name: str = group.name
    return name


def _tell_account(student: models.Student) -> dict[str, Any]:
    """Give the student's account the same name, in a new version; gives the change for the trail.

    Its address may change when a code is sent (accounts.py).
    """
    account = student.user
    if account is None:
        return {}
    wanted = names_of_student(student.first_name, student.infix, student.last_name)
    changes = {
        key: [getattr(account, key), value] for key, value in wanted.items() if getattr(account, key) != value
    }
    if not changes:
        return {}
    for key, value in wanted.items():
        setattr(account, key, value)
    account.version += 1
    return {"account": changes}
