"""The red bin: taking away an exam that was planned, while nothing is scored (manual, step 6a)."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import delete, exists, select
from sqlalchemy.orm import joinedload

from app.actions.base.action import Outcome, Refused, Targets, action
from app.actions.base.wording import say
from app.actions.planning.invitations import end_invitations
from app.actions.planning.planning import TRAIL_LINES
from app.entities.assessment import Assessment, Result, ScoreSheet
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.entities.planning import Registration, Sitting, SittingExaminer
from app.permissions import Actor, Permission
from app.rules.steps import why_not_remove_planning
from app.rules.text import Reason


@action(
    _l("Planning verwijderen"),
    permission=Permission.PLANNING_EDIT,
    on=Registration,
    confirm=True,
    danger=True,
    noun=_l("examenaanmeldingen"),
    submit=_l("Verwijderen"),
    intro=_l("De aanmelding verdwijnt, met alle examenmomenten die ervoor zijn ingepland."),
)
def remove_planning(actor: Actor, targets: Targets[Registration]) -> Outcome:
    """Take away registrations with their moments, as long as nothing was scored (manual, the red bin)."""
    chosen = targets.among()
    db.session.execute(
        select(Sitting.id).where(Sitting.registration_id.in_(chosen)).order_by(Sitting.id).with_for_update()
    ).all()
    label, refused = _labels(targets), []
    for registration_id, reason in _not_removable(targets).items():
        refused.append(Refused(label[registration_id], say(reason)))
        label.pop(registration_id)
    _delete_registrations(sorted(label))
    return Outcome(
        done=len(label),
        refused=refused,
        summary=ngettext(
            "De planning van %(num)s examen is verwijderd.",
            "De planning van %(num)s examens is verwijderd.",
            len(label),
        ),
        names=list(label.values())[:10],
        ids=sorted(label),
        details={name: [_("ingepland"), None] for name in list(label.values())[:TRAIL_LINES]},
    )


def _labels(targets: Targets[Registration]) -> dict[int, str]:
    rows = db.session.scalars(
        select(Registration)
        .where(Registration.id.in_(targets.among()))
        .options(joinedload(Registration.exam), joinedload(Registration.student))
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


def _not_removable(targets: Targets[Registration]) -> dict[int, Reason]:
    scored = exists().where(ScoreSheet.assessment_id == Assessment.id)
    rows = db.session.execute(
        select(Sitting.registration_id, scored.label("scored"), Assessment.definitive_at)
        .join(Assessment, Assessment.sitting_id == Sitting.id)
        .where(Sitting.registration_id.in_(targets.among()))
    ).all()
    found: dict[int, Reason] = {}
    for row in rows:
        reason = why_not_remove_planning(scored=bool(row.scored), definitive=row.definitive_at is not None)
        if reason is not None:
            found[row.registration_id] = reason
    decided = select(Result.registration_id).where(Result.registration_id.in_(targets.among()))
    for registration_id in db.session.scalars(decided):
        reason = why_not_remove_planning(scored=True, definitive=True)
        if reason is not None:
            found[registration_id] = reason
    return found


def _delete_registrations(ids: Sequence[int]) -> None:
    sittings = select(Sitting.id).where(Sitting.registration_id.in_(id_set(ids)))
    end_invitations(db.session.scalars(sittings).all(), removed=True)
    for statement in (
        delete(Assessment).where(Assessment.sitting_id.in_(sittings)),
        delete(SittingExaminer).where(SittingExaminer.sitting_id.in_(sittings)),
        delete(Sitting).where(Sitting.registration_id.in_(id_set(ids))),
        delete(Registration).where(Registration.id.in_(id_set(ids))),
    ):
        db.session.execute(statement.execution_options(**QUIETLY))
