"""The import wizard's own steps: a file is taken in, columns and values are chosen. Nothing of the school
changes here; that is done by `import_students` and its sisters (app/imports/write_<kind>.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, delete, insert, select, update
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from app.actions.base.action import ActionForm, Outcome, Targets, action
from app.actions.base.forms import SelectChoice, UploadFileField
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.entities.imports import ImportChange, ImportPart, ImportRun
from app.entities.waking import WORKER, wake_after_commit
from app.errors import NotAllowed, NotFound, RuleBroken
from app.permissions import Actor, Permission, may
from app.queries.imports.imports import oldest_kept
from app.queries.imports.runs import PERMISSIONS, is_large
from app.rules.imports import ALREADY_DONE, LOGIN_CODES
from app.rules.mapping import ColumnMap
from app.rules.text import N_

CHOOSE_CODES = N_("Kies wat er met inlogcodes gebeurt.")
CODE_CHOICES = [SelectChoice(value, _l(label)) for value, label in LOGIN_CODES.items()]
BEING_WRITTEN = N_("Deze import wordt nu uitgevoerd. Wacht tot het verslag er is.")


class FileForm(ActionForm):
    """Stap 1 van 4 of the manual."""

    file = UploadFileField(
        _l("Bestand"),
        description=_l(
            "Een bestand uit Excel (.xlsx, .xls) of LibreOffice (.ods), of een CSV-bestand, van hoogstens "
            "20 MB, met een kopregel."
        ),
        render_kw={"accept": ".xlsx,.xlsm,.xls,.ods,.csv,.txt,.tsv"},
    )
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
        _l("Inlogcodes voor nieuwe studenten"),
        [InputRequired(_l("Kies wat er met inlogcodes gebeurt."))],
        choices=CODE_CHOICES,
        default="none",
        description=_l("Met een inlogcode meldt een student zich de eerste keer aan. Mailen kan ook later."),
    )


class UserFileForm(FileForm):
    login_codes = RadioField(
        _l("Inlogcodes voor nieuwe gebruikers"),
        [InputRequired(_l("Kies wat er met inlogcodes gebeurt."))],
        choices=CODE_CHOICES,
        default="none",
        description=_l("Met een inlogcode kiest een gebruiker zelf een wachtwoord. Mailen kan ook later."),
    )


@action(_l("Importbestand gekozen"), permission=Permission.IMPORT_RUNS)
def start_import(
    actor: Actor,
    *,
    kind: str,
    file_name: str,
    file_hash: str,
    content: bytes,
    table: dict[str, Any],
    parts: Sequence[bytes],
    header_key: str,
    mapping: ColumnMap,
    login_codes: str,
) -> Outcome:
    """Keep what was read out of a file, for its maker alone; sweep out what has expired."""
    if not may(actor, PERMISSIONS[kind]):
        raise NotAllowed
    sweep_expired()
    made = ImportRun(
        maker_id=actor.id,
        kind=kind,
        file_name=file_name[-200:],
        file_hash=file_hash,
        header_key=header_key,
        content=content,
        table=table,
        mapping=dict(mapping),
        login_codes=login_codes,
    )
    db.session.add(made)
    db.session.flush()
    keep_parts(made, parts)
    return Outcome(
        done=1,
        ids=[made.id],
        object_type="ImportRun",
        goto=made.id,
        summary=_("Het bestand is gelezen."),
        names=[file_name],
        details={"file": file_name, "rows": table["count"]},
    )


@action(_l("Importbestand anders gelezen"), permission=Permission.IMPORT_RUNS, on=ImportRun)
def read_again(
    actor: Actor,
    targets: Targets[ImportRun],
    *,
    table: dict[str, Any],
    parts: Sequence[bytes],
    header_key: str,
    mapping: ColumnMap,
) -> Outcome:
    """Stap 2 van 4: another sheet, header row, delimiter or encoding; what was chosen after it goes."""
    run = open_run(actor, targets)
    run.table, run.header_key, run.mapping, run.values = table, header_key, dict(mapping), {}
    run.fixes = {}
    keep_parts(run, parts)
    _moved(run, "mapping")
    return Outcome(
        done=1,
        ids=[run.id],
        summary=_("Het bestand is opnieuw gelezen."),
        details={"rows": table["count"]},
    )


@action(
    _l("Kolommen van de import gekozen"),
    permission=Permission.IMPORT_RUNS,
    on=ImportRun,
    words={"mapping": N_("Kolommen")},
)
def choose_columns(actor: Actor, targets: Targets[ImportRun], *, mapping: ColumnMap) -> Outcome:
    """Stap 2 van 4: which column of the file is what."""
    run = open_run(actor, targets)
    if not {place for places in mapping.values() for place in places} <= set(range(len(run.table["header"]))):
        raise NotFound
    run.mapping = dict(mapping)
    _moved(run, "values")
    told = {key: " + ".join(str(place + 1) for place in places) for key, places in mapping.items()}
    return Outcome(done=1, ids=[run.id], summary=_("De kolommen zijn gekozen."), details={"mapping": told})


@action(_l("Waarden van de import gekozen"), permission=Permission.IMPORT_RUNS, on=ImportRun)
def choose_values(
    actor: Actor, targets: Targets[ImportRun], *, values: Mapping[str, Mapping[str, str]]
) -> Outcome:
    """Stap 3 van 4: what each value of a closed list means."""
    run = open_run(actor, targets)
    run.values = {key: dict(chosen) for key, chosen in values.items()}
    _moved(run, "check")
    return Outcome(done=1, ids=[run.id], summary=_("De waarden zijn gekozen."))


@action(
    _l("Inlogcodes van de import gekozen"),
    permission=Permission.IMPORT_RUNS,
    on=ImportRun,
    words={"login_codes": N_("Inlogcodes")},
)
def choose_codes(actor: Actor, targets: Targets[ImportRun], *, login_codes: str) -> Outcome:
    """Stap 4 van 4: another choice than in step 1. Rows are checked again: a code needs an address."""
    run = open_run(actor, targets)
    if login_codes not in LOGIN_CODES:
        raise RuleBroken(CHOOSE_CODES)
    run.login_codes = login_codes
    _moved(run, run.stage)
    return Outcome(
        done=1,
        ids=[run.id],
        details={"login_codes": login_codes},
        summary=_(
            "Inlogcodes: %(choice)s. Elke rij is opnieuw gecontroleerd.", choice=_(LOGIN_CODES[login_codes])
        ),
    )


@action(
    _l("Rij van de import verbeterd"),
    permission=Permission.IMPORT_RUNS,
    on=ImportRun,
    words={"row": N_("Rij")},
)
def fix_row(actor: Actor, targets: Targets[ImportRun], *, number: int, cells: Mapping[int, str]) -> Outcome:
    """Stap 4 van 4: other cells for one row of the file, as typed; the file itself stays as it was."""
    run = open_run(actor, targets)
    if not set(cells) <= set(range(len(run.table["header"]))):
        raise NotFound
    typed = {str(index): text for index, text in cells.items()}
    run.fixes = {**run.fixes, str(number): {**run.fixes.get(str(number), {}), **typed}}
    _moved(run, run.stage)
    return Outcome(
        done=1,
        ids=[run.id],
        summary=_("Rij %(number)s is verbeterd.", number=number),
        details={"row": number, "columns": len(cells)},
    )


@action(_l("Import weggegooid"), permission=Permission.IMPORT_RUNS, on=ImportRun)
def discard_import(actor: Actor, targets: Targets[ImportRun]) -> Outcome:
    """Throw a run away that was not carried out; nothing of it was written."""
    run = open_run(actor, targets)
    db.session.delete(run)
    return Outcome(done=1, ids=[run.id], summary=_("De import is weggegooid; er is niets gewijzigd."))


def open_run(actor: Actor, targets: Targets[ImportRun], *, working: bool = False) -> ImportRun:
    """The maker's own run, still to be carried out; while it is being written, only for the worker."""
    run = targets.one()
    if run.maker_id != actor.id or run.created_at <= oldest_kept() or not may(actor, PERMISSIONS[run.kind]):
        raise NotFound
    if run.stage == "done":
        raise RuleBroken(ALREADY_DONE)
    if run.task == "write" and not working:
        raise RuleBroken(BEING_WRITTEN)
    return run


def ask(run: ImportRun, task: str) -> None:
    """Leave the run to the worker, which is woken as soon as this is committed."""
    run.task, run.asked_at, run.lease_until, run.tries, run.problem = task, utc_now(), None, 0, ""
    wake_after_commit(WORKER)


def _moved(run: ImportRun, stage: str) -> None:
    """Something was chosen: what a check said before no longer counts."""
    run.stage, run.checked, run.task, run.problem = stage, {}, "", ""
    run.version += 1
    if stage == "check" and is_large(run):
        ask(run, "check")


def keep_parts(run: ImportRun, parts: Sequence[bytes]) -> None:
    """These parts are the run's rows from now on."""
    db.session.execute(delete(ImportPart).where(ImportPart.run_id == run.id), execution_options=QUIETLY)
    rows = [{"run_id": run.id, "number": number, "rows": part} for number, part in enumerate(parts)]
    if rows:
        db.session.execute(insert(ImportPart), rows)


def sweep_expired() -> None:
    """Files, and the values that an import replaced, are personal data: after seven days unfinished runs go,
    others keep only their choices."""
    db.session.execute(
        delete(ImportRun).where(ImportRun.created_at <= oldest_kept(), ImportRun.stage != "done"),
        execution_options=QUIETLY,
    )
    expired = (ImportRun.created_at <= oldest_kept(), ImportRun.stage == "done")
    db.session.execute(
        update(ImportRun)
        .where(*expired)
        .values(table={"header": [], "count": 0}, content=None, checked={}, fixes={}),
        execution_options=QUIETLY,
    )
    for kept in (ImportPart, ImportChange):
        db.session.execute(delete(kept).where(of_expired(kept)), execution_options=QUIETLY)


def of_expired(kept: type[ImportPart | ImportChange]) -> ColumnElement[bool]:
    """Condition on what a run keeps beside itself: its time is over."""
    return kept.run_id.in_(select(ImportRun.id).where(ImportRun.created_at <= oldest_kept()))
