"""Bibliotheekbeheer (manual, step 5): put documents on the shelves of roles, order, change, remove them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select
from wtforms import Field, SelectField, SelectMultipleField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length

from app.actions.base.action import ActionForm, Outcome, Targets, action
from app.actions.base.forms import UploadFileField, VersionedForm
from app.actions.base.versions import locked
from app.actions.base.wording import say
from app.actions.library.files import KINDS, MAX_BYTES, Upload, check_upload, store, title_from
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.entities.library import LibraryDocument, LibraryPlacement
from app.errors import NotFound, RuleBroken
from app.permissions import Actor, Permission, Role
from app.queries.library.library import READERS
from app.rules.people import tidy
from app.rules.text import N_

MANAGE = Permission.LIBRARY_MANAGE
FIELD_LABELS: Mapping[str, Any] = {"title": _l("Titel"), "roles": _l("Voor welke rollen")}
NO_ROLE = N_("Kies minstens één rol.")
NO_TITLE = N_("Geef het document een titel.")


def role_choices() -> list[tuple[str, str]]:
    return [(role.value, _(role.label)) for role in READERS]


class UploadForm(ActionForm):
    file = UploadFileField(
        _l("Bestand"),
        [DataRequired(message=_l("Kies een bestand."))],
        description=_l("Hoogstens 20 MB: %(kinds)s.", kinds=", ".join(KINDS)),
        render_kw={"accept": ",".join(f".{kind}" for kind in KINDS)},
    )
    title = StringField(
        FIELD_LABELS["title"],
        [Length(max=200)],
        description=_l("Zo staat het document in de bibliotheek. Leeg: de naam van het bestand."),
        render_kw={"autocomplete": "off"},
    )
    roles = SelectMultipleField(FIELD_LABELS["roles"], [DataRequired(message=_l("Kies minstens één rol."))])
    upload: Upload | None = None

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        self.roles.choices = role_choices()

    def validate_file(self, field: Field) -> None:
        """Reads at most a byte more than is allowed: that one says that it is too much."""
        field.data.stream.seek(0)
        try:
            self.upload = check_upload(field.data.filename, field.data.stream.read(MAX_BYTES + 1))
        except RuleBroken as error:
            raise ValidationError(say(error)) from error

    def values(self) -> dict[str, Any]:
        return {"upload": self.upload, "title": self.title.data, "roles": self.roles.data}


@action(_l("Document toevoegen"), permission=MANAGE, form=UploadForm, submit=_l("Toevoegen"))
def upload_document(actor: Actor, *, upload: Upload, title: str = "", roles: Sequence[str]) -> Outcome:
    """Keep the file, then the row: on the shelf of each of these roles, at the end."""
    wanted = _known(roles)
    document = LibraryDocument(
        title=_titled(title or title_from(upload.name)),
        file_name=upload.name,
        content_type=upload.content_type,
        content_hash=store(upload),
        size=len(upload.content),
        uploaded_by_id=actor.id,
    )
    db.session.add(document)
    db.session.flush()
    _place(document, wanted)
    return Outcome(
        done=1,
        summary=_("“%(title)s” staat klaar voor: %(roles)s.", title=document.title, roles=named(wanted)),
        names=[document.title],
        ids=[document.id],
        object_type="LibraryDocument",
        details={
            "title": [None, document.title],
            "roles": [None, named(wanted)],
            "file": [None, upload.hash],
        },
        goto=document.id,
    )


class DocumentForm(VersionedForm):
    title = StringField(
        FIELD_LABELS["title"],
        [DataRequired(message=_l("Geef het document een titel.")), Length(max=200)],
        render_kw={"autocomplete": "off"},
    )
    roles = SelectMultipleField(FIELD_LABELS["roles"], [DataRequired(message=_l("Kies minstens één rol."))])
    field_labels = FIELD_LABELS

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        self.roles.choices = role_choices()

    @classmethod
    def initial(cls, actor: Actor, targets: Targets[Any] | None) -> dict[str, Any]:
        document = _present(targets)
        return {"title": document.title, "roles": _roles_of(document), "version": document.version}


@action(
    _l("Document wijzigen"),
    permission=MANAGE,
    on=LibraryDocument,
    changes=LibraryDocument,
    form=DocumentForm,
    noun=_l("document"),
    submit=_l("Opslaan"),
)
def change_document(
    actor: Actor, targets: Targets[LibraryDocument], *, version: int, title: str, roles: Sequence[str]
) -> Outcome:
    """Another title, other roles; a new role gets the document at the end of its shelf."""
    document = locked(LibraryDocument, _present(targets).id, version, FIELD_LABELS)
    before, after = _roles_of(document), _known(roles)
    old, document.title = document.title, _titled(title)
    details = {
        key: change
        for key, change in (("title", [old, document.title]), ("roles", [named(before), named(after)]))
        if change[0] != change[1]
    }
    if not details:
        return Outcome(unchanged=1, summary=_("Er is niets gewijzigd."))
    document.version += 1
    gone = [role for role in before if role not in after]
    db.session.execute(
        delete(LibraryPlacement)
        .where(LibraryPlacement.document_id == document.id, LibraryPlacement.role.in_(gone))
        .execution_options(**QUIETLY)
    )
    _place(document, [role for role in after if role not in before])
    summary = _("“%(title)s” is gewijzigd.", title=document.title)
    return Outcome(done=1, summary=summary, names=[document.title], ids=[document.id], details=details)


@action(
    _l("Document verwijderen"),
    permission=MANAGE,
    on=LibraryDocument,
    changes=LibraryDocument,
    confirm=True,
    danger=True,
    noun=_l("document"),
    submit=_l("Verwijderen"),
    intro=_l("Het document verdwijnt uit de bibliotheek van alle rollen die hieronder staan."),
)
def remove_document(actor: Actor, targets: Targets[LibraryDocument]) -> Outcome:
    """Take a document off every shelf. Its file stays (trap 10); twice is the same as once."""
    document = targets.one()
    if document.removed_at is not None:
        return Outcome(unchanged=1, summary=_("Dit document was al verwijderd."))
    document.removed_at = utc_now()
    document.version += 1
    return Outcome(
        done=1,
        summary=_("“%(title)s” is verwijderd.", title=document.title),
        names=[_("%(title)s (voor: %(roles)s)", title=document.title, roles=named(_roles_of(document)))],
        ids=[document.id],
        details={"removed": [False, True]},
    )


class MoveForm(ActionForm):
    """The two buttons of a row; not shown as a form."""

    role = SelectField(_l("Rol"), [InputRequired()])
    direction = SelectField(_l("Richting"), [InputRequired()])

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        self.role.choices = role_choices()
        self.direction.choices = [("up", _("Omhoog")), ("down", _("Omlaag"))]


@action(
    _l("Document verplaatsen"),
    permission=MANAGE,
    on=LibraryDocument,
    form=MoveForm,
    noun=_l("document"),
    submit=_l("Verplaatsen"),
)
def move_document(actor: Actor, targets: Targets[LibraryDocument], *, role: str, direction: str) -> Outcome:
    """One place up or down on the shelf of a role; at the end of it nothing changes."""
    document = _present(targets)
    placements = _on_shelf(_known([role])[0])
    at = next((i for i, one in enumerate(placements) if one.document_id == document.id), None)
    if at is None:
        raise NotFound
    to = at - 1 if direction == "up" else at + 1
    if not 0 <= to < len(placements):
        return Outcome(unchanged=1, summary=_("“%(title)s” stond daar al.", title=document.title))
    placements.insert(to, placements.pop(at))
    for position, placement in enumerate(placements, 1):
        placement.position = position
    return Outcome(
        done=1,
        summary=_("“%(title)s” staat nu op plaats %(place)s.", title=document.title, place=to + 1),
        ids=[document.id],
        details={"place": [at + 1, to + 1], "role": role},
        goto=document.id,
    )


# --- inside -----------------------------------------------------------------------------------


def named(roles: Iterable[str]) -> str:
    """The roles as people say them, in the order of the table."""
    return ", ".join(_(role.label).lower() for role in READERS if role in set(roles))


def _present(targets: Targets[Any] | None) -> LibraryDocument:
    if targets is None:
        raise NotFound
    document: LibraryDocument = targets.one()
    if document.removed_at is not None:
        raise NotFound
    return document


def _known(roles: Sequence[str]) -> list[Role]:
    known = [role for role in READERS if role.value in set(roles)]
    if not known or len(known) != len(set(roles)):
        raise RuleBroken(NO_ROLE, field="roles")
    return known


def _titled(title: str) -> str:
    kept = tidy(title)
    if not kept:
        raise RuleBroken(NO_TITLE, field="title")
    return kept[:200]


def _roles_of(document: LibraryDocument) -> list[str]:
    statement = select(LibraryPlacement.role).where(LibraryPlacement.document_id == document.id)
    return sorted(db.session.scalars(statement))


def _on_shelf(role: Role) -> list[LibraryPlacement]:
    """The placements of a role in order, held until the end of the transaction: two movers queue."""
    statement = (
        select(LibraryPlacement)
        .join(LibraryDocument, LibraryDocument.id == LibraryPlacement.document_id)
        .where(LibraryPlacement.role == role, LibraryDocument.removed_at.is_(None))
        .order_by(LibraryPlacement.position, LibraryPlacement.id)
        .with_for_update(of=LibraryPlacement)
    )
    return list(db.session.scalars(statement))


def _place(document: LibraryDocument, roles: Iterable[str]) -> None:
    last = {
        row[0]: row[1]
        for row in db.session.execute(
            select(LibraryPlacement.role, func.max(LibraryPlacement.position)).group_by(LibraryPlacement.role)
        )
    }
    db.session.add_all(
        LibraryPlacement(document_id=document.id, role=role, position=last.get(role, 0) + 1) for role in roles
    )
    db.session.flush()
