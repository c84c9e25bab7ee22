"""Studenten: entering a student, and the pencil: own data and users (manual, steps 4a and 4b)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import Field, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from app.actions.base.action import Outcome, Targets, action
from app.actions.base.forms import VersionedForm, at, ruled
from app.actions.base.picker import Picked, PickedOne, offer
from app.actions.base.versions import locked
from app.actions.base.wording import say
from app.actions.groups.members import filled_by_hand
from app.actions.students.enrolment import enrol_one
from app.actions.students.fields import OwnFields, own_labels, own_shown, own_typed, own_values
from app.actions.students.supervision import ROLE_FIELDS, coupled_users, put_users
from app.entities.base import db
from app.entities.students import GENDER_LABELS, Gender, Student, StudentGroup, Supervision, group_member
from app.errors import NotFound, RuleBroken
from app.permissions import ROLE_LABELS, SUPERVISION_ROLES, Actor, Permission, Role, visible
from app.rules import people
from app.rules.text import N_
from app.school import current_school

FIELD_LABELS: Mapping[str, Any] = {
    "number": _l("Studentnummer"),
    "first_name": _l("Voornaam"),
    "infix": _l("Tussenvoegsel"),
    "last_name": _l("Achternaam"),
    "gender": _l("Geslacht"),
    "birth_date": _l("Geboortedatum"),
    "email": _l("E-mailadres"),
    **{role.value: _l(ROLE_LABELS[role]) for role in SUPERVISION_ROLES},
}
NAME_MAX = 64  # what the account table holds of a name


def field_labels() -> Mapping[str, Any]:
    """Also of the fields that the school has of its own."""
    return {**FIELD_LABELS, **own_labels()}


def _birth_date(text: str) -> None:
    people.birth_date(text, today=current_school().today())


class PersonForm(OwnFields):
    """A student's own data, the school's own fields among it; every rule speaks at its field, all at once."""

    number = StringField(
        FIELD_LABELS["number"],
        [DataRequired(), ruled(people.student_number)],
        description=_l("Voorloopnullen tellen mee."),
        render_kw={"autocomplete": "off", "maxlength": people.NUMBER_MAX},
    )
    first_name = StringField(
        FIELD_LABELS["first_name"], [DataRequired(), Length(max=80)], render_kw={"autocomplete": "off"}
    )
    infix = StringField(
        FIELD_LABELS["infix"],
        [Length(max=20)],
        description=_l("Bijvoorbeeld: van der"),
        render_kw={"autocomplete": "off"},
    )
    last_name = StringField(
        FIELD_LABELS["last_name"], [DataRequired(), Length(max=120)], render_kw={"autocomplete": "off"}
    )
    gender = SelectField(FIELD_LABELS["gender"], default=Gender.UNKNOWN.value)
    birth_date = StringField(
        FIELD_LABELS["birth_date"],
        [ruled(_birth_date)],
        description=_l("Dag-maand-jaar, bijvoorbeeld 24-11-2008."),
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    email = StringField(
        FIELD_LABELS["email"],
        [Length(max=people.EMAIL_MAX), ruled(people.email)],
        description=_l("Hierheen gaat de inlogcode van de student."),
        render_kw={"autocomplete": "off", "inputmode": "email"},
    )
    row: Any = None

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        self.gender.choices = [(gender.value, _(label)) for gender, label in GENDER_LABELS.items()]

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
    student = Student(**_person(data), extra=own_values(data, {}))
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
    details = {key: [None, value] for key, value in _shown(student).items() if value}
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
        own = own_typed(student.extra)
        return {**_shown(student), **own, "gender": student.gender.value, "version": student.version, **users}


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
    before = _shown(student)
    for key, value in _person(data).items():
        setattr(student, key, value)
    student.extra = own_values(data, student.extra)
    _refuse_double(student.number, student.id)
    _make_findable(student)
    details = {key: [before[key], value] for key, value in _shown(student).items() if value != before[key]}
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


def _person(data: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a student out of a form; RuleBroken names the field."""
    first, last = people.tidy(data["first_name"]), people.tidy(data["last_name"])
    for field, value in (("first_name", first), ("last_name", last)):
        if not value:
            raise RuleBroken(N_("Vul dit veld in."), field=field)
    return {
        "number": at("number", people.student_number, data["number"]),
        "first_name": first,
        "infix": people.tidy(data.get("infix") or ""),
        "last_name": last,
        "gender": Gender(data.get("gender") or Gender.UNKNOWN),
        "birth_date": at(
            "birth_date",
            lambda text: people.birth_date(text, today=current_school().today()),
            data.get("birth_date"),
        ),
        "email": at("email", people.email, data.get("email") or ""),
    }


def _shown(student: Student) -> dict[str, Any]:
    """A student's own data as the form and the trail write it."""
    return {
        "number": student.number,
        "first_name": student.first_name,
        "infix": student.infix or "",
        "last_name": student.last_name,
        "gender": GENDER_LABELS[student.gender],
        "birth_date": people.dutch_date(student.birth_date) if student.birth_date else "",
        "email": student.email or "",
        **own_shown(student.extra),
    }


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
