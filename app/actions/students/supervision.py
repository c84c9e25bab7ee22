"""Couples users to students, per role: in the pencil's form, or for many at once (manual, step 4b)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms.validators import DataRequired

from app import models
from app.actions import base
from app.actions.students import couplings
from app.actions.students.bulk_report import students_changed
from app.entities.base import db
from app.entities.bulk import add_missing
from app.entities.engine import QUIETLY, id_set
from app.errors import RuleBroken
from app.permissions import ROLE_LABELS, SUPERVISION_ROLES, Actor, Permission, Role, visible
from app.queries.base import picker
from app.queries.base.asked import Asked
from app.rules.text import N_

ROLE_FIELDS = tuple(role.value for role in SUPERVISION_ROLES)
NOT_HIS = N_("Deze gebruiker is er niet, of heeft deze rol niet.")
NOT_THEIRS = N_("Een van deze gebruikers hoort bij geen van deze studenten. Kies alleen gebruikers van hen.")


def coupled_users(student: models.Student) -> dict[str, dict[str, str]]:
    """The users who are coupled to a student now: role -> user id -> name."""
    found: dict[str, dict[str, str]] = {role: {} for role in ROLE_FIELDS}
    for coupled in sorted(student.supervisions, key=lambda s: picker.user_label(s.user)):
        label = picker.user_label(coupled.user)
        found[coupled.role][str(coupled.user_id)] = (
            label if coupled.user.active else _("%(name)s, niet actief", name=label)
        )
    return found


def put_users(actor: Actor, student: models.Student, wanted: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Set the student's users per role. Returns what changed: role -> names (old, new)."""
    coupled = coupled_users(student)
    asked = {
        f"{role}:{one}" for role, users in wanted.items() for one in users if str(one) not in coupled[role]
    }
    known = picker.named(actor, "gebruikers", asked)
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
            models.Supervision(student_id=student.id, user_id=user_id, role=role)
            for user_id in sorted(new - old)
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


class CoupleUsersForm(base.ActionForm):
    users = base.Picked(
        _l("Gebruikers"), [DataRequired(_l("Kies minstens één gebruiker."))], source="gebruikers"
    )

    nothing_hint = _l("Gebruikers worden ingevoerd bij Gebruikers.")

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        base.offer(actor, self.users)
        if self.users.empty:
            self.nothing = _("Er is nog geen gebruiker om te kiezen")


@base.action(
    _l("Koppelen aan gebruiker"),
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    changes=models.Student,
    form=CoupleUsersForm,
    confirm=True,
    noun=_l("studenten"),
    intro=_l("Wie al gekoppeld is, blijft gekoppeld."),
)
def couple_users(
    actor: Actor, targets: base.Targets[models.Student], *, users: Sequence[str]
) -> base.Outcome:
    """Couple the chosen users, each in the chosen role, to all these students."""
    chosen = _chosen(picker.named(actor, "gebruikers", set(users)), users, NOT_HIS)
    people = sa.union_all(
        *(sa.select(sa.literal(p.user_id).label("id"), sa.literal(p.role).label("role")) for p in chosen)
    )
    who = people.subquery()
    present = sa.exists().where(
        models.Supervision.student_id == models.Student.id,
        models.Supervision.user_id == who.c.id,
        models.Supervision.role == who.c.role,
    )
    # Every student with every chosen person, without the pairs that are there already.
    pairs = (
        sa.select(models.Student.id, who.c.id, who.c.role).select_from(models.Student).join(who, sa.true())
    )
    new = pairs.where(models.Student.id.in_(targets.among()), ~present)
    names = ["student_id", "user_id", "role"]
    rows = add_missing(models.Supervision, names, new.order_by(models.Student.id), *names)
    summary = ngettext(
        "%(num)s student gekoppeld aan %(users)s.",
        "%(num)s studenten gekoppeld aan %(users)s.",
        len({row.student_id for row in rows}),
        users=_names(chosen),
    )
    couplings.remember(actor, summary, couplings.pieces_of("user", rows))
    return _outcome(targets, rows, chosen, summary)


class UncoupleUsersForm(base.ActionForm):
    users = base.Picked(
        _l("Gebruikers"), [DataRequired(_l("Kies minstens één gebruiker."))], source="gekoppelde-gebruikers"
    )

    nothing_hint = _l("Kies in de lijst andere studenten.")

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        base.offer(actor, self.users, asked=Asked(having=targets.among() if targets is not None else None))
        if self.users.empty:
            self.nothing = _("Bij deze studenten hoort nog geen gebruiker")


@base.action(
    _l("Ontkoppelen van gebruiker"),
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    changes=models.Student,
    form=UncoupleUsersForm,
    confirm=True,
    danger=True,
    noun=_l("studenten"),
    intro=_l("U kunt alleen gebruikers kiezen die bij deze studenten horen."),
)
def uncouple_users(
    actor: Actor, targets: base.Targets[models.Student], *, users: Sequence[str]
) -> base.Outcome:
    """Take the chosen users, in the chosen role, away from these students."""
    known = picker.named(actor, "gekoppelde-gebruikers", set(users), Asked(having=targets.among()))
    chosen = _chosen(known, users, NOT_THEIRS)
    theirs = sa.or_(
        *(sa.and_(models.Supervision.user_id == p.user_id, models.Supervision.role == p.role) for p in chosen)
    )
    gone = db.session.execute(
        sa.delete(models.Supervision)
        .where(models.Supervision.student_id.in_(targets.among()), theirs)
        .returning(
            models.Supervision.student_id,
            models.Supervision.user_id,
            models.Supervision.role,
            models.Supervision.created_at,
        )
        .execution_options(**QUIETLY)
    ).all()
    summary = ngettext(
        "%(num)s student ontkoppeld van %(users)s.",
        "%(num)s studenten ontkoppeld van %(users)s.",
        len({row.student_id for row in gone}),
        users=_names(chosen),
    )
    couplings.remember(actor, summary, couplings.pieces_of("user", gone, taken=True))
    return _outcome(targets, gone, chosen, " ".join(filter(None, (summary, _lost(actor, chosen, gone)))))


def _lost(actor: Actor, chosen: Sequence[Person], gone: Sequence[Any]) -> str:
    """A warning for actors who uncouple themselves: they may no longer see these students, or undo it."""
    if actor.id not in {person.user_id for person in chosen}:
        return ""
    students = sorted({row.student_id for row in gone})
    seen = visible(actor, models.Student, Permission.STUDENTS_EDIT).where(
        models.Student.id.in_(id_set(students))
    )
    lost = len(students) - len(db.session.scalars(seen.with_only_columns(models.Student.id)).all())
    if not lost:
        return ""
    return ngettext(
        "U ziet %(num)s student niet meer; alleen een beheerder kan u weer koppelen.",
        "U ziet %(num)s studenten niet meer; alleen een beheerder kan u weer koppelen.",
        lost,
    )


def _chosen(known: Mapping[str, picker.Option], keys: Sequence[str], refusal: str) -> list[Person]:
    if not keys or not set(keys) <= set(known):
        raise RuleBroken(refusal, field="users")
    parts = ((known[key].label, *key.split(":")) for key in sorted(set(keys)))
    return [Person(int(user_id), role, label) for label, role, user_id in parts]


def _names(chosen: Sequence[Person]) -> str:
    """As "Bakker, Sanne als Praktijkopleider; Wit, Sam de als …". Names hold commas, hence the semicolons."""
    return "; ".join(
        _("%(name)s als %(role)s", name=person.label, role=_(ROLE_LABELS[Role(person.role)]))
        for person in chosen
    )


def _outcome(
    targets: base.Targets[models.Student], rows: Sequence[Any], chosen: Sequence[Person], summary: str
) -> base.Outcome:
    changed = sorted({row.student_id for row in rows})
    names = couplings.raise_version(changed)
    outcome = students_changed(targets, changed, summary, {}, names=names)
    labels = {(p.user_id, p.role): f"{p.role}: {p.label}" for p in chosen}
    pairs = ((row.student_id, (row.user_id, row.role)) for row in rows)
    outcome.parts = base.parts_of(pairs, lambda some: {"users": [labels[one] for one in some]})
    return outcome
