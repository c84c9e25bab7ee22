"""Studenten: entering a student, and the pencil: own data and users (manual, steps 4a and 4b)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import Field, ValidationError

from app.actions.base.action import Outcome, Targets, action
from app.actions.base.forms import VersionedForm, at
from app.actions.base.picker import Picked, PickedOne, offer
from app.actions.base.versions import locked
from app.actions.base.wording import say
from app.actions.groups.members import filled_by_hand
from app.actions.students.enrolment import enrol_one
from app.actions.students.fields import (
    StudentFields,
    kept_values,
    own_values,
    plain_values,
    typed_values,
)
from app.actions.students.supervision import ROLE_FIELDS, coupled_users, put_users
from app.entities.base import db
from app.entities.students import Student, StudentGroup, Supervision, group_member
from app.errors import NotFound, RuleBroken
from app.permissions import ROLE_LABELS, SUPERVISION_ROLES, Actor, Permission, Role, visible
from app.queries.students.field_words import own_labels
from app.rules import people
from app.rules.student_fields import LABELS
from app.rules.text import N_

FIELD_LABELS: Mapping[str, Any] = {role.value: _l(ROLE_LABELS[role]) for role in SUPERVISION_ROLES}
NAME_MAX = 64  # what the account table holds of a name


def field_labels() -> Mapping[str, Any]:
    """Of every field in the pencil's form."""
    return {**{name: _(label) for name, label in LABELS.items()}, **FIELD_LABELS, **own_labels()}


class PersonForm(StudentFields):
    """A student's own data; every rule speaks at its field, all at once."""

    row: Any = None

    def validate_number(self, field: Field) -> None:
        """Said here together with the other fields; the database has the last word."""
        try:
            number = people.student_number(field.data or "")
        except RuleBroken as error:
            raise ValidationError(say(error)) from error
        own = self.row.id if self.row is not None else 0
        if db.session.scalar(select(Student.id).where(Student.number == number, Student.id != own)):
            raise ValidationError(_("Er is al een student met dit studentnummer."))


class AddStudentForm(PersonForm):
    target = PickedOne(
        _l("Opleiding"),
        description=_l("Dit kan ook later, voor meer studenten tegelijk."),
        source="opleidingen-en-keuzedelen",
        blank=("", _l("Nog geen")),
    )
    group_id = PickedOne(_l("Studentgroep"), source="studentgroepen", coerce=int, blank=(0, _l("Nog geen")))

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        offer(actor, self.target)
        offer(actor, self.group_id)


@action(
    _l("Nieuwe student invoeren"),
    permission=Permission.STUDENTS_ADD,
    form=AddStudentForm,
    submit=_l("Opslaan"),
    intro=_l("Velden die u nu overslaat, vult u later aan met het potlood."),
)
def add_student(actor: Actor, *, target: str = "", group_id: int = 0, **data: Any) -> Outcome:
    """Enter one student; a praktijkbegeleider who does so supervises the student from then on."""
    student = Student(**plain_values(data), extra=own_values(data, {}))
    _refuse_double(student.number, 0)
    _make_findable(student)
    db.session.add(student)
    db.session.flush()
    if target:
        at("target", enrol_one, actor, student.id, target)
    if group_id:
        at("group_id", _put_in_group, actor, student, group_id)
    if Role.SCHOOL_SUPERVISOR in actor.roles and Role.ADMINISTRATOR not in actor.roles:
        db.session.add(
            Supervision(student_id=student.id, user_id=actor.id, role=Role.SCHOOL_SUPERVISOR.value)
        )
    details = {key: [None, value] for key, value in kept_values(student).items() if value}
    return Outcome(
        done=1,
        ids=[student.id],
        object_type="Student",
        names=[str(student)],
        goto=student.id,
        details=details,
        summary=_("%(name)s is ingevoerd.", name=str(student)),
    )


class ChangeStudentForm(VersionedForm, PersonForm):
    school_supervisor = Picked(FIELD_LABELS["school_supervisor"], source="praktijkbegeleiders", coerce=int)
    company_supervisor = Picked(FIELD_LABELS["company_supervisor"], source="praktijkopleiders", coerce=int)
    school_examiner = Picked(FIELD_LABELS["school_examiner"], source="schoolexaminatoren", coerce=int)
    company_examiner = Picked(FIELD_LABELS["company_examiner"], source="bedrijfsexaminatoren", coerce=int)

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        self.field_labels = field_labels()
        self.keep_choices(self.row.extra)
        coupled = coupled_users(self.row)
        for role in ROLE_FIELDS:
            offer(actor, getattr(self, role), present=coupled[role])

    @classmethod
    def initial(cls, actor: Actor, targets: Targets[Any] | None) -> dict[str, Any]:
        student: Student = targets.one() if targets is not None else Student()
        users = {role: [s.user_id for s in student.supervisions if s.role == role] for role in ROLE_FIELDS}
        return {**typed_values(student), "version": student.version, **users}


@action(
    _l("Student wijzigen"),
    permission=Permission.STUDENTS_EDIT,
    on=Student,
    changes=Student,
    form=ChangeStudentForm,
    noun=_l("student"),
    submit=_l("Opslaan"),
)
def change_student(
    actor: Actor,
    targets: Targets[Student],
    *,
    version: int,
    school_supervisor: Sequence[int] = (),
    company_supervisor: Sequence[int] = (),
    school_examiner: Sequence[int] = (),
    company_examiner: Sequence[int] = (),
    **data: Any,
) -> Outcome:
    """Change one student's own data and the users per role; refused when somebody else was first."""
    student = locked(Student, targets.one().id, version, field_labels())
    before = kept_values(student)
    for key, value in plain_values(data).items():
        setattr(student, key, value)
    student.extra = own_values(data, student.extra)
    _refuse_double(student.number, student.id)
    _make_findable(student)
    details = {
        key: [before[key], value] for key, value in kept_values(student).items() if value != before[key]
    }
    wanted = dict(
        zip(
            ROLE_FIELDS,
            (school_supervisor, company_supervisor, school_examiner, company_examiner),
            strict=True,
        )
    )
    details |= put_users(actor, student, wanted)
    if not details:
        return Outcome(unchanged=1, summary=_("Er is niets gewijzigd aan %(name)s.", name=student.full_name))
    student.version += 1
    _tell_account(student)
    return Outcome(
        done=1,
        ids=[student.id],
        names=[str(student)],
        details=details,
        summary=_("%(name)s is gewijzigd.", name=student.full_name),
    )


def _make_findable(student: Student) -> None:
    name = (student.first_name, student.infix, student.last_name)
    student.search = people.student_search(*name, student.number, student.email)
    student.name_key = people.name_key(*name)


def _refuse_double(number: str, own_id: int) -> None:
    with db.session.no_autoflush:
        taken = db.session.scalar(select(Student.id).where(Student.number == number, Student.id != own_id))
    if taken:
        raise RuleBroken(N_("Er is al een student met dit studentnummer."), field="number")


def _put_in_group(actor: Actor, student: Student, group_id: int) -> None:
    allowed = visible(actor, StudentGroup, Permission.GROUPS_EDIT).where(StudentGroup.id == group_id)
    if db.session.scalars(allowed).one_or_none() is None:
        raise NotFound
    filled_by_hand([group_id])
    db.session.execute(group_member.insert().values(group_id=group_id, student_id=student.id))


def _tell_account(student: Student) -> None:
    """Who can sign in has the same name there; the address of an account is the sender of codes' business."""
    account = student.user
    if account is None:
        return
    account.first_name, account.last_name = student.first_name[:NAME_MAX], student.last_name[:NAME_MAX]
    account.infix = student.infix
