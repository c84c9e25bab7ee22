"""The import wizard's own steps: a file is taken in, columns and values are chosen. Nothing of the school
changes here; that is done by `import_students` and its sisters (app/imports/write_<kind>.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, update
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from app.actions.base import ActionForm, Outcome, Targets, action
from app.actions.forms import SelectChoice, UploadFileField
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.entities.imports import ImportRun
from app.errors import NotAllowed, NotFound, RuleBroken
from app.permissions import Actor, Permission, may
from app.queries.imports import oldest_kept
from app.rules.text import N_

LOGIN_CODES = (
    SelectChoice("mail", _l("Inlogcode mailen")),
    SelectChoice("make", _l("Inlogcode wel aanmaken, nog niet mailen")),
    SelectChoice("none", _l("Geen inlogcode")),
)
ALREADY_DONE = N_("Deze import is al uitgevoerd. Kies het bestand opnieuw om nog eens te importeren.")


# What a run of each kind asks for; a run is its maker's alone, whatever it is of.
PERMISSIONS: Mapping[str, Permission] = {
    "students": Permission.STUDENTS_IMPORT,
    "users": Permission.USERS_IMPORT,
    "groups": Permission.GROUPS_IMPORT,
}


class FileForm(ActionForm):
    """Stap 1 van 4 of the manual."""

    file = UploadFileField(
        _l("Bestand"),
        description=_l(
            "Een bestand uit Excel (.xlsx, .xls) of LibreOffice (.ods), of een CSV-bestand, van hoogstens "
            "20 MB, met een kopregel."
        ),
        render_kw={"accept": ".xlsx,.xlsm,.xls,.ods,.csv,.txt,.tsv"},
    )  # fmt: skip
    pasted = TextAreaField(
        _l("Of plak cellen"),
        description=_l("Kopieer in Excel de rijen met de kopregel erboven en plak ze hier."),
        render_kw={"rows": 4, "spellcheck": "false", "autocomplete": "off"},
    )

    def validate_pasted(self, field: TextAreaField) -> None:
        given = bool((field.data or "").strip())
        if given and self.file.data is not None:
            raise ValidationError(_("Kies een bestand óf plak cellen, niet allebei."))
        if not given and self.file.data is None:
            raise ValidationError(_("Kies een bestand, of plak cellen uit Excel."))


class StudentFileForm(FileForm):
    login_codes = RadioField(
        _l("Inlogcodes voor nieuwe studenten"), [InputRequired(_l("Kies wat er met inlogcodes gebeurt."))],
        choices=LOGIN_CODES, default="none",
        description=_l("Met een inlogcode meldt een student zich de eerste keer aan. Mailen kan ook later."),
    )  # fmt: skip


class UserFileForm(FileForm):
    login_codes = RadioField(
        _l("Inlogcodes voor nieuwe gebruikers"), [InputRequired(_l("Kies wat er met inlogcodes gebeurt."))],
        choices=LOGIN_CODES, default="none",
        description=_l("Met een inlogcode kiest een gebruiker zelf een wachtwoord. Mailen kan ook later."),
    )  # fmt: skip


@action(_l("Importbestand gekozen"), permission=Permission.IMPORT_RUNS)
def start_import(
    actor: Actor,
    *,
    kind: str,
    file_name: str,
    file_hash: str,
    content: bytes,
    table: dict[str, Any],
    header_key: str,
    mapping: Mapping[str, int],
    login_codes: str,
) -> Outcome:
    """Keep what was read out of a file, for its maker alone; sweep out what has expired."""
    if not may(actor, PERMISSIONS[kind]):
        raise NotAllowed
    sweep_expired()
    made = ImportRun(
        maker_id=actor.id, kind=kind, file_name=file_name[-200:], file_hash=file_hash, header_key=header_key,
        content=content, table=table, mapping=dict(mapping), login_codes=login_codes,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return Outcome(
        done=1, ids=[made.id], object_type="ImportRun", goto=made.id, summary=_("Het bestand is gelezen."),
        names=[file_name], details={"file": file_name, "rows": len(table["rows"])},
    )  # fmt: skip


@action(_l("Importbestand anders gelezen"), permission=Permission.IMPORT_RUNS, on=ImportRun)
def read_again(
    actor: Actor,
    targets: Targets[ImportRun],
    *,
    table: dict[str, Any],
    header_key: str,
    mapping: Mapping[str, int],
) -> Outcome:
    """Stap 2 van 4: another sheet, header row, delimiter or encoding; what was chosen after it goes."""
    run = open_run(actor, targets)
    run.table, run.header_key, run.mapping, run.values = table, header_key, dict(mapping), {}
    run.stage = "mapping"
    run.version += 1
    return Outcome(
        done=1,
        ids=[run.id],
        summary=_("Het bestand is opnieuw gelezen."),
        details={"rows": len(table["rows"])},
    )


@action(_l("Kolommen van de import gekozen"), permission=Permission.IMPORT_RUNS, on=ImportRun)
def choose_columns(actor: Actor, targets: Targets[ImportRun], *, mapping: Mapping[str, int]) -> Outcome:
    """Stap 2 van 4: which column of the file is what."""
    run = open_run(actor, targets)
    if not set(mapping.values()) <= set(range(len(run.table["header"]))):
        raise NotFound
    run.mapping = dict(mapping)
    run.stage = "values"
    run.version += 1
    return Outcome(
        done=1, ids=[run.id], summary=_("De kolommen zijn gekozen."), details={"mapping": dict(mapping)}
    )


@action(_l("Waarden van de import gekozen"), permission=Permission.IMPORT_RUNS, on=ImportRun)
def choose_values(
    actor: Actor, targets: Targets[ImportRun], *, values: Mapping[str, Mapping[str, str]]
) -> Outcome:
    """Stap 3 van 4: what each value of a closed list means."""
    run = open_run(actor, targets)
    run.values = {key: dict(chosen) for key, chosen in values.items()}
    run.stage = "check"
    run.version += 1
    return Outcome(done=1, ids=[run.id], summary=_("De waarden zijn gekozen."))


@action(_l("Import weggegooid"), permission=Permission.IMPORT_RUNS, on=ImportRun)
def discard_import(actor: Actor, targets: Targets[ImportRun]) -> Outcome:
    """Throw a run away that was not carried out; nothing of it was written."""
    run = open_run(actor, targets)
    db.session.delete(run)
    return Outcome(done=1, ids=[run.id], summary=_("De import is weggegooid; er is niets gewijzigd."))


def open_run(actor: Actor, targets: Targets[ImportRun]) -> ImportRun:
    """The maker's own run, still to be carried out."""
    run = targets.one()
    if run.maker_id != actor.id or run.created_at <= oldest_kept() or not may(actor, PERMISSIONS[run.kind]):
        raise NotFound
    if run.stage == "done":
        raise RuleBroken(ALREADY_DONE)
    return run


def sweep_expired() -> None:
    """Files hold personal data: after seven days unfinished runs go, others keep only their choices."""
    db.session.execute(
        delete(ImportRun).where(ImportRun.created_at <= oldest_kept(), ImportRun.stage != "done"),
        execution_options=QUIETLY,
    )
    db.session.execute(
        update(ImportRun)
        .where(ImportRun.created_at <= oldest_kept(), ImportRun.stage == "done")
        .values(table={"header": [], "rows": []}, content=None),
        execution_options=QUIETLY,
    )
