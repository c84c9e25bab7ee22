"""The red bin: remove the planning of an exam, as long as nothing was scored (manual, step 6a)."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import joinedload, selectinload

from app import models
from app.actions import base
from app.actions.planning.invitations import end_invitations
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.permissions import Actor, Permission, Role
from app.rules.steps import why_not_remove_planning
from app.rules.text import Reason
from app.school import current_school


@base.action(
    _l("Planning verwijderen"),
    permission=Permission.PLANNING_EDIT,
    on=models.Registration,
    confirm=True,
    danger=True,
    noun=_l("examenaanmeldingen"),
    submit=_l("Verwijderen"),
    intro=_l("De aanmelding verdwijnt, met alle examenmomenten die ervoor zijn ingepland."),
)
def remove_planning(actor: Actor, targets: base.Targets[models.Registration]) -> base.Outcome:
    """Delete registrations with their sittings, as long as nothing was scored (manual, the red bin)."""
    chosen = targets.among()
    db.session.execute(
        sa.select(models.Sitting.id)
        .where(models.Sitting.registration_id.in_(chosen))
        .order_by(models.Sitting.id)
        .with_for_update()
    ).all()
    label, refused, planned = _labels(targets), [], _planned(targets)
    for registration_id, reason in _not_removable(targets).items():
        refused.append(base.Refused(label[registration_id], base.say(reason)))
        label.pop(registration_id)
    _delete_registrations(sorted(label))
    return base.Outcome(
        done=len(label),
        refused=refused,
        summary=ngettext(
            "De planning van %(num)s examen is verwijderd.",
            "De planning van %(num)s examens is verwijderd.",
            len(label),
        ),
        names=list(label.values())[:10],
        ids=sorted(label),
        # All of them: the rows are gone, so only these words say what was planned.
        details={name: [planned[one].text, None] for one, name in label.items()},
        also={
            "Student": [planned[one].student for one in label],
            "Sitting": [sitting for one in label for sitting in planned[one].sittings],
        },
    )


class Planned(NamedTuple):
    """What is planned of a registration, in words, and whose it is."""

    student: int
    sittings: list[int]
    text: str


def _planned(targets: base.Targets[models.Registration]) -> dict[int, Planned]:
    """The planning of each registration. Three queries."""
    rows = db.session.scalars(
        sa.select(models.Registration)
        .where(models.Registration.id.in_(targets.among()))
        .options(
            selectinload(models.Registration.sittings).joinedload(models.Sitting.task),
            selectinload(models.Registration.sittings)
            .selectinload(models.Sitting.examiners)
            .joinedload(models.SittingExaminer.user),
        )
    ).unique()
    return {
        row.id: Planned(
            row.student_id,
            [one.id for one in row.sittings],
            "; ".join(_in_words(one) for one in row.sittings) or _("ingepland"),
        )
        for row in rows
    }


def _in_words(sitting: models.Sitting) -> str:
    """A moment in one line: "Opdracht 1, 03-12-2026 09:00–10:00, Lokaal 2.04, Bakker (Examinator school)"."""
    local = current_school().local
    when = f"{local(sitting.starts_at):%d-%m-%Y %H:%M}–{local(sitting.ends_at):%H:%M}"
    people = [f"{one.user.full_name} ({_(Role(one.role).label)})" for one in sitting.examiners]
    return ", ".join(filter(None, (sitting.task.title, when, sitting.location, *people, sitting.note)))


def _labels(targets: base.Targets[models.Registration]) -> dict[int, str]:
    rows = db.session.scalars(
        sa.select(models.Registration)
        .where(models.Registration.id.in_(targets.among()))
        .options(joinedload(models.Registration.exam), joinedload(models.Registration.student))
    )
    return {
        row.id: _(
            "%(exam)s, kans %(attempt)s, %(student)s",
            exam=row.exam.code,
            attempt=row.attempt,
            student=row.student,
        )
        for row in rows
    }


def _not_removable(targets: base.Targets[models.Registration]) -> dict[int, Reason]:
    scored = sa.exists().where(models.ScoreSheet.assessment_id == models.Assessment.id)
    rows = db.session.execute(
        sa.select(models.Sitting.registration_id, scored.label("scored"), models.Assessment.definitive_at)
        .join(models.Assessment, models.Assessment.sitting_id == models.Sitting.id)
        .where(models.Sitting.registration_id.in_(targets.among()))
    ).all()
    found: dict[int, Reason] = {}
    for row in rows:
        reason = why_not_remove_planning(scored=bool(row.scored), definitive=row.definitive_at is not None)
        if reason is not None:
            found[row.registration_id] = reason
    decided = sa.select(models.Result.registration_id).where(
        models.Result.registration_id.in_(targets.among())
    )
    for registration_id in db.session.scalars(decided):
        reason = why_not_remove_planning(scored=True, definitive=True)
        if reason is not None:
            found[registration_id] = reason
    return found


def _delete_registrations(ids: Sequence[int]) -> None:
    sittings = sa.select(models.Sitting.id).where(models.Sitting.registration_id.in_(id_set(ids)))
    end_invitations(db.session.scalars(sittings).all(), removed=True)
    for statement in (
        sa.delete(models.Assessment).where(models.Assessment.sitting_id.in_(sittings)),
        sa.delete(models.SittingExaminer).where(models.SittingExaminer.sitting_id.in_(sittings)),
        sa.delete(models.Sitting).where(models.Sitting.registration_id.in_(id_set(ids))),
        sa.delete(models.Registration).where(models.Registration.id.in_(id_set(ids))),
    ):
        db.session.execute(statement.execution_options(**QUIETLY))
