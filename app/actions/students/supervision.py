"""Which users belong to a student, per role: in the pencil's form, or for many at once (step 4b)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import and_, delete, exists, insert, literal, or_, select, true, union_all
from wtforms.validators import DataRequired

from app.actions.base.action import ActionForm, Outcome, Targets, action
from app.actions.base.picker import Picked, offer
from app.actions.students.bulk_report import students_changed
from app.actions.students.couplings import pieces_of, raise_version, remember
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.entities.students import Student, Supervision
from app.errors import RuleBroken
from app.permissions import ROLE_LABELS, SUPERVISION_ROLES, Actor, Permission, Role, visible
from app.queries.base.asked import Asked
from app.queries.base.picker import Option, named, user_label
from app.rules.text import N_

ROLE_FIELDS = tuple(role.value for role in SUPERVISION_ROLES)
NOT_HIS = N_("Deze gebruiker is er niet, of heeft deze rol niet.")
NOT_THEIRS = N_("Een van deze gebruikers hoort bij geen van deze studenten. Kies alleen gebruikers van hen.")


def coupled_users(student: Student) -> dict[str, dict[str, str]]:
    """Who is coupled to a student now, per role, by id."""
    found: dict[str, dict[str, str]] = {role: {} for role in ROLE_FIELDS}
    for coupled in sorted(student.supervisions, key=lambda s: user_label(s.user)):
        label = user_label(coupled.user)
        found[coupled.role][str(coupled.user_id)] = (
            label if coupled.user.active else _("%(name)s, niet actief", name=label)
        )
    return found


def put_users(actor: Actor, student: Student, wanted: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Make the student's users per role these; returns what changed, by name (old, new)."""
    coupled = coupled_users(student)
    asked = {
        f"{role}:{one}" for role, users in wanted.items() for one in users if str(one) not in coupled[role]
    }
    known = named(actor, "gebruikers", asked)
    present = {(s.role, s.user_id): s for s in student.supervisions}
    details: dict[str, Any] = {}
    for role, user_ids in wanted.items():
        new = set(user_ids)
        labels = {int(key): label for key, label in coupled[role].items()}
        labels |= {one: known[f"{role}:{one}"].label for one in new if f"{role}:{one}" in known}
        if not new <= set(labels):
            raise RuleBroken(NOT_HIS, field=role)
        old = {user_id for key, user_id in present if key == role}
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


@dataclass(frozen=True)
class Person:
    """A user in one role, as chosen: "school_supervisor:12"."""

    user_id: int
    role: str
    label: str


class CoupleUsersForm(ActionForm):
    users = Picked(_l("Gebruikers"), [DataRequired(_l("Kies minstens één gebruiker."))], source="gebruikers")

    nothing_hint = _l("Gebruikers worden ingevoerd bij Gebruikers.")

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        offer(actor, self.users)
        if self.users.empty:
            self.nothing = _("Er is nog geen gebruiker om te kiezen")


@action(
    _l("Koppelen aan gebruiker"),
    permission=Permission.STUDENTS_EDIT,
    on=Student,
    changes=Student,
    form=CoupleUsersForm,
    confirm=True,
    noun=_l("studenten"),
    intro=_l("Wie al gekoppeld is, blijft gekoppeld."),
)
def couple_users(actor: Actor, targets: Targets[Student], *, users: Sequence[str]) -> Outcome:
    """Couple the chosen users, each in the chosen role, to all these students."""
    chosen = _chosen(named(actor, "gebruikers", set(users)), users, NOT_HIS)
    people = union_all(
        *(select(literal(p.user_id).label("id"), literal(p.role).label("role")) for p in chosen)
    )
    who = people.subquery()
    present = exists().where(
        Supervision.student_id == Student.id, Supervision.user_id == who.c.id, Supervision.role == who.c.role
    )
    pairs = select(Student.id, who.c.id, who.c.role).select_from(Student).join(who, true())
    new = pairs.where(Student.id.in_(targets.among()), ~present)
    couple = insert(Supervision).from_select(["student_id", "user_id", "role"], new.order_by(Student.id))
    made = db.session.execute(couple.returning(Supervision.student_id, Supervision.user_id, Supervision.role))
    rows = made.all()
    summary = ngettext(
        "%(num)s student gekoppeld aan %(users)s.",
        "%(num)s studenten gekoppeld aan %(users)s.",
        len({row.student_id for row in rows}),
        users=_names(chosen),
    )
    remember(actor, summary, pieces_of("user", rows))
    return _outcome(targets, rows, chosen, summary)


class UncoupleUsersForm(ActionForm):
    users = Picked(
        _l("Gebruikers"), [DataRequired(_l("Kies minstens één gebruiker."))], source="gekoppelde-gebruikers"
    )

    nothing_hint = _l("Kies in de lijst andere studenten.")

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        offer(actor, self.users, asked=Asked(having=targets.among() if targets is not None else None))
        if self.users.empty:
            self.nothing = _("Bij deze studenten hoort nog geen gebruiker")


@action(
    _l("Ontkoppelen van gebruiker"),
    permission=Permission.STUDENTS_EDIT,
    on=Student,
    changes=Student,
    form=UncoupleUsersForm,
    confirm=True,
    danger=True,
    noun=_l("studenten"),
    intro=_l("U kunt alleen gebruikers kiezen die bij deze studenten horen."),
)
def uncouple_users(actor: Actor, targets: Targets[Student], *, users: Sequence[str]) -> Outcome:
    """Take the chosen users, in the chosen role, away from these students."""
    known = named(actor, "gekoppelde-gebruikers", set(users), Asked(having=targets.among()))
    chosen = _chosen(known, users, NOT_THEIRS)
    theirs = or_(*(and_(Supervision.user_id == p.user_id, Supervision.role == p.role) for p in chosen))
    gone = db.session.execute(
        delete(Supervision)
        .where(Supervision.student_id.in_(targets.among()), theirs)
        .returning(Supervision.student_id, Supervision.user_id, Supervision.role, Supervision.created_at)
        .execution_options(**QUIETLY)
    ).all()
    summary = ngettext(
        "%(num)s student ontkoppeld van %(users)s.",
        "%(num)s studenten ontkoppeld van %(users)s.",
        len({row.student_id for row in gone}),
        users=_names(chosen),
    )
    remember(actor, summary, pieces_of("user", gone, taken=True))
    return _outcome(targets, gone, chosen, " ".join(filter(None, (summary, _lost(actor, chosen, gone)))))


def _lost(actor: Actor, chosen: Sequence[Person], gone: Sequence[Any]) -> str:
    """Who takes himself away may see these students no more, and can then not undo it either."""
    if actor.id not in {person.user_id for person in chosen}:
        return ""
    students = sorted({row.student_id for row in gone})
    seen = visible(actor, Student, Permission.STUDENTS_EDIT).where(Student.id.in_(id_set(students)))
    lost = len(students) - len(db.session.scalars(seen.with_only_columns(Student.id)).all())
    if not lost:
        return ""
    return ngettext(
        "U ziet %(num)s student niet meer; alleen een beheerder kan u weer koppelen.",
        "U ziet %(num)s studenten niet meer; alleen een beheerder kan u weer koppelen.",
        lost,
    )


def _chosen(known: Mapping[str, Option], keys: Sequence[str], refusal: str) -> list[Person]:
    if not keys or not set(keys) <= set(known):
        raise RuleBroken(refusal, field="users")
    parts = ((known[key].label, *key.split(":")) for key in sorted(set(keys)))
    return [Person(int(user_id), role, label) for label, role, user_id in parts]


def _names(chosen: Sequence[Person]) -> str:
    """ "Bakker, Sanne als Praktijkopleider; Wit, Sam de als Praktijkbegeleider": the names hold commas."""
    return "; ".join(
        _("%(name)s als %(role)s", name=person.label, role=_(ROLE_LABELS[Role(person.role)]))
        for person in chosen
    )


def _outcome(
    targets: Targets[Student], rows: Sequence[Any], chosen: Sequence[Person], summary: str
) -> Outcome:
    changed = sorted({row.student_id for row in rows})
    names = raise_version(changed)
    return students_changed(
        targets, changed, summary, {"users": [f"{p.role}: {p.label}" for p in chosen]}, names=names
    )
