"""Bibliotheekbeheer (manual, step 5): put documents on the shelves of roles, order, change, remove them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import validators

from app import errors, models
from app.actions import base
from app.actions.library import files
from app.actions.library.files import MAX_BYTES
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, take_turns
from app.permissions import Actor, Permission, Role
from app.queries.library.library import READERS, order_of
from app.rules.people import tidy
from app.rules.text import N_

MANAGE = Permission.LIBRARY_MANAGE
FIELD_LABELS: Mapping[str, Any] = {"title": _l("Titel"), "roles": _l("Voor welke rollen")}
NOT_MOVED = N_("%(told)s Er is nu niets verplaatst. Kijk waar het document staat en kies opnieuw.")
NO_ROLE = N_("Kies minstens één rol.")
NO_TITLE = N_("Geef het document een titel.")


def role_choices() -> list[tuple[str, str]]:
    return [(role.value, _(role.label)) for role in READERS]


class UploadForm(base.ActionForm):
    file = base.UploadFileField(
        _l("Bestand"),
        [validators.DataRequired(message=_l("Kies een bestand."))],
        description=_l("Hoogstens 20 MB: %(kinds)s.", kinds=", ".join(files.KINDS)),
        render_kw={"accept": ",".join(f".{kind}" for kind in files.KINDS)},
    )
    title = wtforms.StringField(
        FIELD_LABELS["title"],
        [validators.Length(max=200)],
        description=_l("Zo staat het document in de bibliotheek. Leeg: de naam van het bestand."),
        render_kw={"autocomplete": "off"},
    )
    roles = wtforms.SelectMultipleField(
        FIELD_LABELS["roles"], [validators.DataRequired(message=_l("Kies minstens één rol."))]
    )
    upload: files.Upload | None = None

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        self.roles.choices = role_choices()

    def validate_file(self, field: wtforms.Field) -> None:
        """Check the file. It reads at most one byte more than allowed, to see that a file is too large."""
        field.data.stream.seek(0)
        try:
            self.upload = files.check_upload(field.data.filename, field.data.stream.read(MAX_BYTES + 1))
        except errors.RuleBroken as error:
            raise wtforms.ValidationError(base.say(error)) from error

    def values(self) -> dict[str, Any]:
        return {"upload": self.upload, "title": self.title.data, "roles": self.roles.data}


SHELVES = 0x5E1F  # the number of the turns in which documents get a place


@base.action(
    _l("Document toevoegen"),
    permission=MANAGE,
    form=UploadForm,
    submit=_l("Toevoegen"),
)
def upload_document(
    actor: Actor, *, upload: files.Upload, title: str = "", roles: Sequence[str]
) -> base.Outcome:
    """Keep the file, then its row. The document comes last on the shelf of each of these roles."""
    wanted = _known(roles)
    document = models.LibraryDocument(
        title=_titled(title or files.title_from(upload.name)),
        file_name=upload.name,
        content_type=upload.content_type,
        content_hash=files.store(upload),
        size=len(upload.content),
        uploaded_by_id=actor.id,
    )
    db.session.add(document)
    db.session.flush()
    _place(document, wanted)
    return base.Outcome(
        done=1,
        summary=_("“%(title)s” staat klaar voor: %(roles)s.", title=document.title, roles=named(wanted)),
        names=[document.title],
        ids=[document.id],
        object_type="LibraryDocument",
        details={
            "title": [None, document.title],
            "roles": [None, named(wanted)],
            "file": [None, upload.name],
            "fingerprint": upload.hash,
        },
        goto=document.id,
    )


class DocumentForm(base.VersionedForm):
    title = wtforms.StringField(
        FIELD_LABELS["title"],
        [validators.DataRequired(message=_l("Geef het document een titel.")), validators.Length(max=200)],
        render_kw={"autocomplete": "off"},
    )
    roles = wtforms.SelectMultipleField(
        FIELD_LABELS["roles"], [validators.DataRequired(message=_l("Kies minstens één rol."))]
    )

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        self.roles.choices = role_choices()

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        document = _present(targets)
        return {"title": document.title, "roles": _roles_of(document), "version": document.version}


@base.action(
    _l("Document wijzigen"),
    permission=MANAGE,
    on=models.LibraryDocument,
    changes=models.LibraryDocument,
    form=DocumentForm,
    noun=_l("document"),
    submit=_l("Opslaan"),
)
def change_document(
    actor: Actor,
    targets: base.Targets[models.LibraryDocument],
    *,
    version: int,
    title: str,
    roles: Sequence[str],
) -> base.Outcome:
    """Change title and roles. A new role gets the document at the end of its shelf."""
    document = base.locked(actor, models.LibraryDocument, _present(targets).id, version, FIELD_LABELS)
    before, after = _roles_of(document), _known(roles)
    old, document.title = document.title, _titled(title)
    details = {
        key: change
        for key, change in (("title", [old, document.title]), ("roles", [named(before), named(after)]))
        if change[0] != change[1]
    }
    if not details:
        return base.Outcome(unchanged=1, summary=_("Er is niets gewijzigd."))
    document.version += 1
    gone = [role for role in before if role not in after]
    db.session.execute(
        sa.delete(models.LibraryPlacement)
        .where(models.LibraryPlacement.document_id == document.id, models.LibraryPlacement.role.in_(gone))
        .execution_options(**QUIETLY)
    )
    _place(document, [role for role in after if role not in before])
    summary = _("“%(title)s” is gewijzigd.", title=document.title)
    return base.Outcome(done=1, summary=summary, names=[document.title], ids=[document.id], details=details)


@base.action(
    _l("Document verwijderen"),
    permission=MANAGE,
    on=models.LibraryDocument,
    changes=models.LibraryDocument,
    confirm=True,
    danger=True,
    noun=_l("document"),
    submit=_l("Verwijderen"),
    intro=_l("Het document verdwijnt uit de bibliotheek van alle rollen die hieronder staan."),
)
def remove_document(actor: Actor, targets: base.Targets[models.LibraryDocument]) -> base.Outcome:
    """Take a document off every shelf. Its file stays (trap 10). Twice is the same as once."""
    document = targets.one()
    if document.removed_at is not None:
        return base.Outcome(unchanged=1, summary=_("Dit document was al verwijderd."))
    document.removed_at = utc_now()
    document.version += 1
    return base.Outcome(
        done=1,
        summary=_("“%(title)s” is verwijderd.", title=document.title),
        names=[_("%(title)s (voor: %(roles)s)", title=document.title, roles=named(_roles_of(document)))],
        ids=[document.id],
        details={"title": [document.title, None], "roles": [named(_roles_of(document)), None]},
    )


class MoveForm(base.SeenForm):
    """The two buttons of a row. It is not shown as a form. `seen`: the shelf that the page showed."""

    role = wtforms.SelectField(_l("Rol"), [validators.InputRequired()])
    direction = wtforms.SelectField(_l("Richting"), [validators.InputRequired()])

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        self.role.choices = role_choices()
        self.direction.choices = [("up", _("Omhoog")), ("down", _("Omlaag"))]


@base.action(
    _l("Document verplaatsen"),
    permission=MANAGE,
    on=models.LibraryDocument,
    form=MoveForm,
    noun=_l("document"),
    submit=_l("Verplaatsen"),
    words={"shelf_place": N_("Plaats op de plank"), "swapped": N_("Wisselt met")},
)
def move_document(
    actor: Actor, targets: base.Targets[models.LibraryDocument], *, role: str, direction: str, seen: str
) -> base.Outcome:
    """Move a document one place up or down on a role's shelf. At the end of the shelf nothing changes.

    Outdated when the shelf is not as the user saw it: one place up is another place then.
    """
    document = _present(targets)
    placements = _on_shelf(_known([role])[0])
    now = order_of(placement.document_id for placement in placements)
    if seen != now:
        raise errors.Outdated(NOT_MOVED, field="seen", now=now, told=_who_ordered(actor, role, seen, now))
    at = next((i for i, one in enumerate(placements) if one.document_id == document.id), None)
    if at is None:
        raise errors.NotFound
    to = at - 1 if direction == "up" else at + 1
    if not 0 <= to < len(placements):
        return base.Outcome(unchanged=1, summary=_("“%(title)s” stond daar al.", title=document.title))
    other = placements[to].document.title
    placements.insert(to, placements.pop(at))
    for position, placement in enumerate(placements, 1):
        placement.position = position
    return base.Outcome(
        done=1,
        summary=_("“%(title)s” staat nu op plaats %(place)s.", title=document.title, place=to + 1),
        ids=[document.id],
        details={"shelf_place": [at + 1, to + 1], "role": role, "swapped": other},
        goto=document.id,
    )


# --- helpers -----------------------------------------------------------------------------------


def named(roles: Iterable[str]) -> str:
    """The labels of these roles, in the order of `Role`."""
    return ", ".join(_(role.label).lower() for role in READERS if role in set(roles))


def _present(targets: base.Targets[Any] | None) -> models.LibraryDocument:
    if targets is None:
        raise errors.NotFound
    document: models.LibraryDocument = targets.one()
    if document.removed_at is not None:
        raise errors.NotFound
    return document


def _known(roles: Sequence[str]) -> list[Role]:
    known = [role for role in READERS if role.value in set(roles)]
    if not known or len(known) != len(set(roles)):
        raise errors.RuleBroken(NO_ROLE, field="roles")
    return known


def _titled(title: str) -> str:
    kept = tidy(title)
    if not kept:
        raise errors.RuleBroken(NO_TITLE, field="title")
    return kept[:200]


def _roles_of(document: models.LibraryDocument) -> list[str]:
    statement = sa.select(models.LibraryPlacement.role).where(
        models.LibraryPlacement.document_id == document.id
    )
    return sorted(db.session.scalars(statement))


def _on_shelf(role: Role) -> list[models.LibraryPlacement]:
    """The placements of a role, in order. Locked until the transaction ends, so that two moves take turns."""
    statement = (
        sa.select(models.LibraryPlacement)
        .join(models.LibraryDocument, models.LibraryDocument.id == models.LibraryPlacement.document_id)
        .where(models.LibraryPlacement.role == role, models.LibraryDocument.removed_at.is_(None))
        .order_by(models.LibraryPlacement.position, models.LibraryPlacement.id)
        .with_for_update(of=models.LibraryPlacement)
        .execution_options(populate_existing=True)
    )
    # PostgreSQL puts the rows in order before it waits for the lock, and gives them as they are after it.
    return sorted(db.session.scalars(statement), key=lambda placement: (placement.position, placement.id))


def _who_ordered(actor: Actor, role: str, seen: str, now: str) -> str:
    """Who last changed which documents stand on a shelf, or their order."""
    ids = {int(one) for one in f"{seen}.{now}".split(".") if re.fullmatch("[0-9]{1,9}", one)}
    acts = (move_document, upload_document, change_document, remove_document)

    def fits(entry: models.AuditEntry) -> bool:
        there: bool = entry.details.get("role") == role
        return (
            there
            if entry.action == move_document.name
            else not {"roles", "removed"}.isdisjoint(entry.details)
        )

    labels = {"roles": FIELD_LABELS["roles"]}
    return base.told_of(actor, {"LibraryDocument": ids}, [act.name for act in acts], labels, fits=fits)


def _place(document: models.LibraryDocument, roles: Iterable[str]) -> None:
    """Put a document last on the shelf of each of these roles; two at one instant take turns."""
    take_turns(SHELVES)
    last = {
        row[0]: row[1]
        for row in db.session.execute(
            sa.select(models.LibraryPlacement.role, sa.func.max(models.LibraryPlacement.position)).group_by(
                models.LibraryPlacement.role
            )
        )
    }
    db.session.add_all(
        models.LibraryPlacement(document_id=document.id, role=role, position=last.get(role, 0) + 1)
        for role in roles
    )
    db.session.flush()
