"""Which users belong to a student, per role: in the pencil's form, or for many at once (step 4b)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import and_, delete, exists, insert, literal, or_, select, update
from wtforms import SelectMultipleField
from wtforms.validators import DataRequired

from app.actions.base import ActionForm, Outcome, Targets, action
from app.actions.forms import grouped
from app.actions.names import students_changed
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.entities.students import Student, Supervision
from app.errors import RuleBroken
from app.permissions import ROLE_LABELS, SUPERVISION_ROLES, Actor, Permission
from app.queries.students import Candidate, candidates, user_label, users_of
from app.rules.text import N_

ROLE_FIELDS = tuple(role.value for role in SUPERVISION_ROLES)
VERY_MANY = 2000  # a form with more users than this is of no use to anybody
NOT_HIS = N_("Deze gebruiker is er niet, of heeft deze rol niet.")


def choices_by_role(actor: Actor, student: Student) -> dict[str, list[tuple[int, str]]]:
    """Per role who can be chosen: who is coupled already, and the candidates.

    In a school with very many users: those of the student's own programmes.
    """
    choices: dict[str, dict[int, str]] = {role: {} for role in ROLE_FIELDS}
    for coupled in sorted(student.supervisions, key=lambda s: user_label(s.user)):
        label = user_label(coupled.user)
        choices[coupled.role][coupled.user_id] = (
            label if coupled.user.active else _("%(name)s, niet actief", name=label)
        )
    found = candidates(actor)
    followed = [e.programme_id for e in student.enrolments if e.programme_id is not None]
    if len(found) > VERY_MANY and followed:
        found = candidates(actor, followed)
    for candidate in found:
        choices[candidate.role].setdefault(candidate.user_id, candidate.label)
    return {role: list(users.items()) for role, users in choices.items()}


def put_users(actor: Actor, student: Student, wanted: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Make the student's users per role these; returns what changed, by name (old, new)."""
    allowed = choices_by_role(actor, student)
    present = {(s.role, s.user_id): s for s in student.supervisions}
    details: dict[str, Any] = {}
    for role, user_ids in wanted.items():
        labels = dict(allowed[role])
        if not set(user_ids) <= set(labels):
            raise RuleBroken(NOT_HIS, field=role)
        old = {user_id for key, user_id in present if key == role}
        new = set(user_ids)
        if old == new:
            continue
        for user_id in old - new:
            db.session.delete(present[role, user_id])
        db.session.add_all(
            Supervision(student_id=student.id, user_id=user_id, role=role) for user_id in sorted(new - old)
        )
        details[role] = [_list(labels, old), _list(labels, new)]
    return details


def _list(labels: Mapping[int, str], ids: set[int]) -> str:
    return "; ".join(sorted(labels[user_id] for user_id in ids))


# -- for many students at once


def user_choices(people: Sequence[Candidate]) -> dict[str, list[tuple[Any, str]]]:
    """Choices "school_supervisor:12" under the name of the role."""
    return grouped(
        (_(ROLE_LABELS[role]), [(f"{role.value}:{p.user_id}", p.label) for p in people if p.role == role])
        for role in SUPERVISION_ROLES
    )


class CoupleUsersForm(ActionForm):
    users = SelectMultipleField(_l("Gebruikers"), [DataRequired(_l("Kies minstens één gebruiker."))])

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        self.users.choices = user_choices(candidates(actor))


@action(
    _l("Koppelen aan gebruiker"),
    permission=Permission.STUDENTS_EDIT,
    on=Student,
    form=CoupleUsersForm,
    confirm=True,
    noun=_l("studenten"),
    intro=_l("Wie al gekoppeld is, blijft gekoppeld."),
)
def couple_users(actor: Actor, targets: Targets[Student], *, users: Sequence[str]) -> Outcome:
    """Couple the chosen users, each in the chosen role, to all these students."""
    people = {f"{p.role}:{p.user_id}": p for p in candidates(actor)}
    if not users or not set(users) <= set(people):
        raise RuleBroken(NOT_HIS, field="users")
    chosen = [people[key] for key in sorted(set(users))]
    present = [
        exists().where(
            Supervision.student_id == Student.id, Supervision.user_id == p.user_id, Supervision.role == p.role
        )
        for p in chosen
    ]
    changed = db.session.scalars(
        select(Student.id).where(Student.id.in_(targets.among()), ~and_(*present)).order_by(Student.id)
    ).all()
    for person, has in zip(chosen, present, strict=True):
        new = select(Student.id, literal(person.user_id), literal(person.role)).where(
            Student.id.in_(id_set(changed)), ~has
        )
        db.session.execute(insert(Supervision).from_select(["student_id", "user_id", "role"], new))
    _bump(changed)
    return _outcome(
        targets,
        changed,
        chosen,
        ngettext(
            "%(num)s student gekoppeld aan %(users)s.",
            "%(num)s studenten gekoppeld aan %(users)s.",
            len(changed),
            users=_names(chosen),
        ),
    )


class UncoupleUsersForm(CoupleUsersForm):
    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        self.users.choices = user_choices(users_of(targets.among())) if targets is not None else {}


@action(
    _l("Ontkoppelen van gebruiker"),
    permission=Permission.STUDENTS_EDIT,
    on=Student,
    form=UncoupleUsersForm,
    confirm=True,
    danger=True,
    noun=_l("studenten"),
    intro=_l("Hier staan alleen gebruikers die bij deze studenten horen."),
)
def uncouple_users(actor: Actor, targets: Targets[Student], *, users: Sequence[str]) -> Outcome:
    """Take the chosen users, in the chosen role, away from these students."""
    people = {f"{p.role}:{p.user_id}": p for p in users_of(targets.among())}
    if not users or not set(users) <= set(people):
        raise RuleBroken(NOT_HIS, field="users")
    chosen = [people[key] for key in sorted(set(users))]
    theirs = or_(*(and_(Supervision.user_id == p.user_id, Supervision.role == p.role) for p in chosen))
    changed = db.session.scalars(
        select(Supervision.student_id).where(Supervision.student_id.in_(targets.among()), theirs).distinct()
    ).all()
    db.session.execute(
        delete(Supervision)
        .where(Supervision.student_id.in_(id_set(changed)), theirs)
        .execution_options(**QUIETLY)
    )
    _bump(changed)
    return _outcome(
        targets,
        changed,
        chosen,
        ngettext(
            "%(num)s student ontkoppeld van %(users)s.",
            "%(num)s studenten ontkoppeld van %(users)s.",
            len(changed),
            users=_names(chosen),
        ),
    )


def _bump(students: Sequence[int]) -> None:
    """The pencil's form shows the users too: one opened earlier is now old."""
    db.session.execute(
        update(Student)
        .where(Student.id.in_(id_set(students)))
        .values(version=Student.version + 1)
        .execution_options(**QUIETLY)
    )


def _names(chosen: Sequence[Candidate]) -> str:
    return ", ".join(
        f"{p.label} ({_(ROLE_LABELS[role])})" for p in chosen for role in SUPERVISION_ROLES if role == p.role
    )


def _outcome(
    targets: Targets[Student], changed: Sequence[int], chosen: Sequence[Candidate], summary: str
) -> Outcome:
    return students_changed(
        targets,
        changed,
        summary,
        {"users": [f"{p.role}: {p.label}" for p in chosen]},
    )
