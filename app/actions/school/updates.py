"""Instellingen (manual, step 7): updates of the system. The supplier writes them, users mark them as read."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import validators, widgets

from app import models
from app.actions import base
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import MOST_ID, id_set
from app.permissions import Actor, Permission
from app.queries.school.updates import newest, unread
from app.rules.people import tidy
from app.school import current_school

READ, EDIT = Permission.SETTINGS_READ, Permission.SETTINGS_EDIT
FIELD_LABELS: Mapping[str, Any] = {
    "title": _l("Titel"),
    "published_on": _l("Datum"),
    "body": _l("Tekst"),
}

UNKNOWN = _l(base.WRONG_FORM)


@base.action(
    _l("Markeren als gelezen"),
    permission=READ,
    on=models.SystemUpdate,
    noun=_l("update"),
    submit=_l("Markeren"),
)
def mark_update_read(actor: Actor, targets: base.Targets[models.SystemUpdate]) -> base.Outcome:
    """Mark these updates as read by this user. Twice is the same as once."""
    wanted = (
        unread(actor)
        .where(models.SystemUpdate.id.in_(targets.among()))
        .with_only_columns(models.SystemUpdate.id)
    )
    return _marked(actor, db.session.scalars(wanted).all())


class ReadAllForm(base.ActionForm):
    """A button. `newest`: the newest update that was there when the page was shown."""

    newest = wtforms.IntegerField(
        widget=widgets.HiddenInput(),
        validators=[
            validators.InputRequired(message=UNKNOWN),
            validators.NumberRange(min=0, max=MOST_ID, message=UNKNOWN),
        ],
    )

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        return {"newest": newest(actor)}


@base.action(_l("Alles als gelezen markeren"), permission=READ, form=ReadAllForm, submit=_l("Markeren"))
def mark_all_updates_read(actor: Actor, *, newest: int) -> base.Outcome:
    """Mark the updates as read that this user had not read. One that came after `newest` stays unread."""
    shown = unread(actor).where(models.SystemUpdate.id <= newest)
    return _marked(actor, db.session.scalars(shown.with_only_columns(models.SystemUpdate.id)).all())


def _marked(actor: Actor, ids: Sequence[int]) -> base.Outcome:
    if not ids:
        return base.Outcome(unchanged=1, object_type="SystemUpdate", summary=_("Alles was al gelezen."))
    chosen = sa.select(
        models.SystemUpdate.id, sa.literal(actor.id), sa.literal(utc_now(), models.UpdateRead.read_at.type)
    ).where(models.SystemUpdate.id.in_(id_set(ids)))
    db.session.execute(sa.insert(models.UpdateRead).from_select(["update_id", "user_id", "read_at"], chosen))
    summary = ngettext("%(num)s update gelezen.", "%(num)s updates gelezen.", len(ids))
    return base.Outcome(done=len(ids), ids=ids, object_type="SystemUpdate", summary=summary)


class UpdateForm(base.ActionForm):
    title = wtforms.StringField(
        FIELD_LABELS["title"],
        [validators.DataRequired(message=_l("Geef de update een titel.")), validators.Length(max=200)],
        render_kw={"autocomplete": "off"},
    )
    published_on = wtforms.DateField(
        FIELD_LABELS["published_on"], [validators.InputRequired(message=_l("Kies een datum."))]
    )
    body = wtforms.TextAreaField(
        FIELD_LABELS["body"],
        [validators.DataRequired(message=_l("Schrijf wat er nieuw is.")), validators.Length(max=10_000)],
        description=_l("Gewone tekst; een lege regel begint een nieuwe alinea."),
        render_kw={"rows": 8},
    )

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        return {"published_on": current_school().today()}


@base.action(_l("Update toevoegen"), permission=EDIT, form=UpdateForm, submit=_l("Opslaan"))
def add_update(actor: Actor, **data: Any) -> base.Outcome:
    """Write an update. It is unread for every reader."""
    update = models.SystemUpdate(**_written(data))
    db.session.add(update)
    db.session.flush()
    return base.Outcome(
        done=1,
        summary=_("Update “%(title)s” is toegevoegd.", title=update.title),
        names=[update.title],
        ids=[update.id],
        object_type="SystemUpdate",
        details={key: [None, value] for key, value in _shown(update).items()},
    )


class ChangeUpdateForm(base.VersionedForm, UpdateForm):
    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        update: models.SystemUpdate | None = targets.one() if targets is not None else None
        return {**_shown(update), "version": update.version} if update is not None else {}


@base.action(
    _l("Update wijzigen"),
    permission=EDIT,
    on=models.SystemUpdate,
    changes=models.SystemUpdate,
    form=ChangeUpdateForm,
    noun=_l("update"),
    submit=_l("Opslaan"),
)
def change_update(
    actor: Actor, targets: base.Targets[models.SystemUpdate], *, version: int, **data: Any
) -> base.Outcome:
    """Correct an update. It stays read for users who have read it."""
    update = base.locked(actor, models.SystemUpdate, targets.one().id, version, FIELD_LABELS)
    before, after = _shown(update), _written(data)
    details = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
    if not details:
        return base.Outcome(unchanged=1, summary=_("Er is niets gewijzigd."))
    for key, value in after.items():
        setattr(update, key, value)
    update.version += 1
    summary = _("Update “%(title)s” is gewijzigd.", title=update.title)
    return base.Outcome(done=1, summary=summary, names=[update.title], ids=[update.id], details=details)


def _written(data: Mapping[str, Any]) -> dict[str, Any]:
    body = "\n".join(line.rstrip() for line in str(data["body"]).strip().splitlines())
    return {"title": tidy(data["title"]), "published_on": data["published_on"], "body": body}


def _shown(update: models.SystemUpdate) -> dict[str, Any]:
    return {key: getattr(update, key) for key in FIELD_LABELS}
