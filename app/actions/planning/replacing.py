"""Another examiner takes over at sittings that are not definitive yet, with a reason (decision 34).

Whoever saved something keeps their sheet, which stays beside the assessment by name. Who takes over has a
sheet of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import validators

from app import models
from app.actions import base
from app.actions.planning.clashes import Wanted, refuse_clashes
from app.actions.planning.ended import ended_details, ended_told
from app.actions.planning.invitations import end_invitations
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set, lock_these
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.queries.base.asked import Asked
from app.queries.planning import facts
from app.queries.planning import replacing as queries
from app.queries.planning.invitations import Guests
from app.queries.planning.persons import lock_people, same_person
from app.rules.examiners import why_nobody, why_not_examiner


class ReplaceForm(base.ActionForm):
    """Asks who takes over, and why. The classes below say for which side."""

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        ids = targets.ids if targets is not None else ()
        field: Any = self["examiner"]
        base.offer(actor, field, asked=Asked(within=queries.programmes_of(ids)))
        if alone := queries.without_programme(ids):
            field.description = base.say(why_nobody(alone))


class ReplaceSchoolForm(ReplaceForm):
    examiner = base.PickedOne(
        _l("Nieuwe examinator school"),
        [validators.InputRequired(_l("Dit veld is verplicht."))],
        source="examinatoren-school",
        blank=("", _l("Kies een examinator…")),
    )
    reason = base.reason_field()


class ReplaceCompanyForm(ReplaceForm):
    examiner = base.PickedOne(
        _l("Nieuwe examinator bedrijf"),
        source="examinatoren-bedrijf",
        blank=("", _l("Niemand")),
        description=_l(
            "Iemand zonder account? Laat dit op “Niemand” en kies daarna “Bedrijfsexaminator uitnodigen”."
        ),
    )
    reason = base.reason_field()


@base.action(
    _l("Schoolexaminator vervangen"),
    permission=Permission.PLANNING_EDIT,
    on=models.Sitting,
    changes=models.Registration,
    form=ReplaceSchoolForm,
    confirm=True,
    noun=_l("examenmomenten"),
    submit=_l("Vervangen"),
    intro=_l(
        "Voor een moment dat nog niet definitief is. De nieuwe examinator vult zelf in en maakt definitief. "
        "Wat de vorige invulde, blijft met naam bij de beoordeling staan."
    ),
)
def replace_school_examiner(
    actor: Actor, targets: base.Targets[models.Sitting], *, examiner: str, reason: str
) -> base.Outcome:
    """Give these sittings another accountable examiner."""
    return _replaced(actor, targets.ids, facts.SCHOOL, examiner, reason)


@base.action(
    _l("Bedrijfsexaminator vervangen"),
    permission=Permission.PLANNING_EDIT,
    on=models.Sitting,
    changes=models.Registration,
    form=ReplaceCompanyForm,
    confirm=True,
    noun=_l("examenmomenten"),
    submit=_l("Vervangen"),
    intro=_l(
        "Voor een moment dat nog niet definitief is. De nieuwe examinator vult zelf in. Wat de vorige "
        "invulde, blijft met naam bij de beoordeling staan."
    ),
)
def replace_company_examiner(
    actor: Actor, targets: base.Targets[models.Sitting], *, examiner: str, reason: str
) -> base.Outcome:
    """Give these sittings another examiner of the company, or none. A guest who was invited is told."""
    return _replaced(actor, targets.ids, facts.COMPANY, examiner, reason)


def _replaced(actor: Actor, ids: Sequence[int], role: str, examiner: str, reason: str) -> base.Outcome:
    reason, chosen = base.given_reason(reason), int(examiner) if examiner else None
    person = _lock(ids, chosen)
    found = queries.examined(ids, role)
    new = _known(found, role, chosen)
    reasons = {one.id: queries.why_not_replace(one, chosen, person) for one in found}
    going = [one for one in found if reasons[one.id] is None and one.examiner_id != chosen]
    refused = [
        base.Refused(one.label, base.say(why)) for one in found if (why := reasons[one.id]) is not None
    ]
    _refuse_clashes(actor, going, new)
    guests = _write(going, role, chosen)
    summary = ngettext(
        "De examinator van %(num)s moment is vervangen.",
        "De examinator van %(num)s momenten is vervangen.",
        len(going),
    )
    return base.Outcome(
        done=len(going),
        unchanged=len(found) - len(going) - len(refused),
        refused=refused,
        ids=sorted({one.registration_id for one in going}),
        object_type="Registration",
        names=[_line(one, new) for one in going],
        details={
            "reason": [None, reason],
            "role": role,
            **{f"{one.label}": [one.examiner, new.name if new else None] for one in going},
            **ended_details(guests),
        },
        rests_on=list(guests),
        summary=f"{summary} {ended_told(guests)}".strip(),
    )


def _line(one: queries.Examined, new: facts.Examiner | None) -> str:
    line = _(
        "%(moment)s: %(old)s → %(new)s",
        moment=one.label,
        old=one.examiner or _("niemand"),
        new=new.name if new else _("niemand"),
    )
    kept = _("wat %(name)s invulde, blijft staan", name=one.examiner)
    return f"{line}; {kept}" if one.has_sheet else line


def _lock(sittings: Sequence[int], chosen: int | None) -> Mapping[int, int]:
    """Lock the old and new examiners, then registrations and sittings: planners of one person take turns.

    Returns who is the same person as the new examiner (`same_person`).
    """
    of_sittings = models.SittingExaminer.sitting_id.in_(id_set(sittings))
    there = sa.select(models.SittingExaminer.user_id).where(of_sittings)
    lock_people(
        sa.select(models.User.id).where(models.User.id.in_(there) | (models.User.id == (chosen or 0)))
    )
    registrations = sa.select(models.Sitting.registration_id).where(models.Sitting.id.in_(id_set(sittings)))
    lock_these(models.Registration.__table__, registrations)
    lock_these(models.Sitting.__table__, id_set(sittings))
    return same_person({chosen}) if chosen is not None else {}


def _known(found: Sequence[queries.Examined], role: str, chosen: int | None) -> facts.Examiner | None:
    """The new examiner, who may examine every one of these exams; None for nobody. RuleBroken otherwise."""
    if chosen is None and role == facts.COMPANY:
        return None
    programmes = sorted({key for one in found for key in one.programmes})
    known = {one.id: one for one in facts.examiners_among({chosen or 0}, programmes)}
    new = known.get(chosen or 0)
    if new is None or role not in new.roles or not all(new.programmes & one.programmes for one in found):
        alone = [one.student for one in found if not one.programmes]
        why = why_not_examiner(role, elective=any(one.elective for one in found), alone=alone)
        raise RuleBroken(why.message, field="examiner", **why.params)
    return new


def _refuse_clashes(actor: Actor, going: Collection[queries.Examined], new: facts.Examiner | None) -> None:
    """RuleBroken when the new examiner is somewhere else at one of these moments."""
    if not going or new is None:
        return
    wanted = [Wanted(one.starts_at, one.ends_at, one.label, examiners={new.id: new.name}) for one in going]
    refuse_clashes(actor, wanted, leaving_out={one.id for one in going}, field="examiner")


def _write(going: Sequence[queries.Examined], role: str, chosen: int | None) -> Guests:
    """Put the chosen one at these sittings, or nobody. Returns the guests whose invitation ended."""
    ids = [one.id for one in going]
    guests = end_invitations(ids) if role == facts.COMPANY else {}
    db.session.execute(
        sa.delete(models.SittingExaminer).where(
            models.SittingExaminer.sitting_id.in_(id_set(ids)), models.SittingExaminer.role == role
        ),
        execution_options=QUIETLY,
    )
    if ids and chosen is not None:
        rows = [{"sitting_id": id_, "role": role, "user_id": chosen} for id_ in ids]
        db.session.execute(sa.insert(models.SittingExaminer), rows)
    changed = id_set(sorted({one.registration_id for one in going}))
    db.session.execute(
        sa.update(models.Registration)
        .where(models.Registration.id.in_(changed))
        .values(version=models.Registration.version + 1),
        execution_options=QUIETLY,
    )
    return guests
