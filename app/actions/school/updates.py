"""Instellingen (manual, step 7): updates of the system. The supplier writes them, users mark them as read."""

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import validators

from app import models
from app.actions import base
from app.clock import utc_now
from app.entities.base import db
from app.entities.bulk import add_missing
from app.entities.engine import id_set
from app.permissions import Actor, Permission
from app.queries.school import updates
from app.rules.people import tidy
from app.school import current_school

READ, EDIT = Permission.SETTINGS_READ, Permission.SETTINGS_EDIT
FIELD_LABELS: Mapping[str, Any] = {
    "title": _l("Titel"),
    "published_on": _l("Datum"),
    "body": _l("Tekst"),
}

SEEN = re.compile(r"\d{1,15}\.\d{1,9}(?: \d{1,15}\.\d{1,9})*")  # as queries/school/updates.py writes it


class SeenUpdatesForm(base.SeenForm):
    """A button. `seen`: the updates that were unread on the page, each in the version that it showed."""

    nothing_hint = _l("Bij Instellingen staat wat er nieuw is, met de knop om het als gelezen te markeren.")

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        if not self.seen.data:
            self.nothing = _("Lees eerst wat er nieuw is")

    def validate_seen(self, field: wtforms.Field) -> None:
        if not SEEN.fullmatch(field.data or ""):
            raise validators.ValidationError(_(base.WRONG_FORM))

    def values(self) -> dict[str, Any]:
        return {"seen": updates.versions_in(self.seen.data or "")}


@base.action(
    _l("Markeren als gelezen"),
    permission=READ,
    on=models.SystemUpdate,
    form=SeenUpdatesForm,
    noun=_l("update"),
    submit=_l("Markeren"),
)
def mark_update_read(
    actor: Actor, targets: base.Targets[models.SystemUpdate], *, seen: Mapping[int, int]
) -> base.Outcome:
    """Mark these updates as read by this user, as far as they are what the page showed."""
    return _mark(actor, updates.unread(actor).where(models.SystemUpdate.id.in_(targets.among())), seen)


@base.action(_l("Alles als gelezen markeren"), permission=READ, form=SeenUpdatesForm, submit=_l("Markeren"))
def mark_all_updates_read(actor: Actor, *, seen: Mapping[int, int]) -> base.Outcome:
    """Mark all updates that the page counted as unread, those on its further pages too."""
    return _mark(actor, updates.unread(actor), seen)


def _mark(actor: Actor, wanted: sa.Select[models.SystemUpdate], seen: Mapping[int, int]) -> base.Outcome:
    """Mark those of the wanted that were seen (id -> version), and say what is left unread and why.

    In another tab the same user may mark them at the same moment: then they are read as well.
    """
    columns = (models.SystemUpdate.id, models.SystemUpdate.version)
    left = {row.id: row.version for row in db.session.execute(wanted.with_only_columns(*columns))}
    ids = sorted(id_ for id_, version in left.items() if seen.get(id_) == version)
    now = sa.literal(utc_now(), models.UpdateRead.read_at.type)
    chosen = sa.select(models.SystemUpdate.id, sa.literal(actor.id), now)
    these = chosen.where(models.SystemUpdate.id.in_(id_set(ids)))
    entered = add_missing(models.UpdateRead, ["update_id", "user_id", "read_at"], these, "update_id")
    read = sorted(row.update_id for row in entered)
    changed, later = len((left.keys() & seen.keys()) - set(ids)), len(left.keys() - seen.keys())
    told = _told(len(read), changed, later)
    return base.Outcome(
        done=len(read), unchanged=int(not read), ids=read, object_type="SystemUpdate", summary=told
    )


def _told(marked: int, changed: int, later: int) -> str:
    parts = []
    if marked:
        parts.append(ngettext("%(num)s update gelezen.", "%(num)s updates gelezen.", marked))
    if changed:
        parts.append(
            ngettext(
                "%(num)s update is intussen gewijzigd en blijft ongelezen: lees de nieuwe tekst.",
                "%(num)s updates zijn intussen gewijzigd en blijven ongelezen: lees de nieuwe tekst.",
                changed,
            )
        )
    if later:
        parts.append(
            ngettext(
                "%(num)s update is er intussen bij gekomen en blijft ongelezen.",
                "%(num)s updates zijn er intussen bij gekomen en blijven ongelezen.",
                later,
            )
        )
    return " ".join(parts) or _("Alles was al gelezen.")


class UpdateForm(base.ActionForm):
    title = wtforms.StringField(
        FIELD_LABELS["title"],
        [validators.DataRequired(message=_l("Geef de update een titel.")), validators.Length(max=200)],
        render_kw={"autocomplete": "off"},
    )
    published_on = base.DayField(
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
