"""Koppelen and ontkoppelen of users and programmes, for many at once (manual, step 3)."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import models
from app.actions import base
from app.actions.users import form
from app.actions.users.reach import beyond
from app.actions.users.users import NAMES, programme_rows, programmes_text, raise_versions
from app.entities.base import db
from app.entities.bulk import add_missing
from app.entities.engine import id_set
from app.permissions import Actor, Permission

COUPLING = (models.user_programme.c.user_id, models.user_programme.c.programme_id)


@base.action(
    _l("Koppelen aan opleidingen"),
    permission=Permission.USERS_EDIT,
    on=models.User,
    changes=models.User,
    form=form.CoupleForm,
    confirm=True,
    noun=_l("gebruikers"),
    intro=_l("De opleidingen waaraan zij al zijn gekoppeld, blijven."),
)
def couple_to_programmes(
    actor: Actor, targets: base.Targets[models.User], *, programmes: Sequence[int]
) -> base.Outcome:
    """Couple these users to these programmes. Their other couplings stay."""
    rows = programme_rows(actor, programmes)
    chosen = [row.id for row in rows]
    theirs = beyond(actor, targets.ids)
    coupled = sa.exists().where(
        models.user_programme.c.user_id == models.User.id,
        models.user_programme.c.programme_id == models.Programme.id,
    )
    pairs = (
        sa.select(models.User.id, models.Programme.id)
        .join(models.Programme, models.Programme.id.in_(id_set(chosen)))
        .where(models.User.id.in_(targets.among()), models.User.id.not_in(theirs), ~coupled)
    )
    names = ["user_id", "programme_id"]
    made = add_missing(models.user_programme, names, pairs, *names)
    changed = sorted({row.user_id for row in made})
    outcome = _coupling_outcome(
        targets,
        theirs,
        changed,
        ngettext(
            "%(num)s gebruiker gekoppeld aan %(programmes)s.",
            "%(num)s gebruikers gekoppeld aan %(programmes)s.",
            len(changed),
            programmes=programmes_text(rows),
        ),
    )
    outcome.parts = base.parts_of(made, lambda some: {"programmes": [None, programmes_text(rows, some)]})
    return outcome


@base.action(
    _l("Ontkoppelen van opleidingen"),
    permission=Permission.USERS_EDIT,
    on=models.User,
    changes=models.User,
    form=form.UncoupleForm,
    confirm=True,
    danger=True,
    noun=_l("gebruikers"),
    intro=_l("U kunt alleen opleidingen kiezen waaraan deze gebruikers zijn gekoppeld."),
)
def uncouple_from_programmes(
    actor: Actor, targets: base.Targets[models.User], *, programmes: Sequence[int]
) -> base.Outcome:
    """Uncouple these users from these programmes."""
    rows = programme_rows(actor, programmes)
    chosen = [row.id for row in rows]
    theirs = beyond(actor, targets.ids)
    these = (
        models.user_programme.c.user_id.in_(targets.among()),
        models.user_programme.c.user_id.not_in(theirs),
        models.user_programme.c.programme_id.in_(id_set(chosen)),
    )
    gone = db.session.execute(sa.delete(models.user_programme).where(*these).returning(*COUPLING)).all()
    changed = sorted({row.user_id for row in gone})
    outcome = _coupling_outcome(
        targets,
        theirs,
        changed,
        ngettext(
            "%(num)s gebruiker ontkoppeld van %(programmes)s.",
            "%(num)s gebruikers ontkoppeld van %(programmes)s.",
            len(changed),
            programmes=programmes_text(rows),
        ),
    )
    outcome.parts = base.parts_of(gone, lambda some: {"programmes": [programmes_text(rows, some), None]})
    return outcome


def _coupling_outcome(
    targets: base.Targets[models.User],
    theirs: Mapping[int, base.Refused],
    changed: Sequence[int],
    summary: str,
) -> base.Outcome:
    raise_versions(models.User.id.in_(id_set(changed)))
    first = db.session.scalars(
        sa.select(models.User).where(models.User.id.in_(changed[:NAMES])).order_by(models.User.last_name)
    )
    return base.Outcome(
        done=len(changed),
        unchanged=targets.count - len(changed) - len(theirs),
        refused=list(theirs.values()),
        object_type="User",
        ids=changed,
        names=[user.full_name for user in first],
        summary=summary,
    )
