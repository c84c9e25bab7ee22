"""The steps of the import wizard: keep a file, choose columns and values, correct rows, throw away.

The school's own data does not change here. `import_students` and the like do that
(app/imports/write_<kind>.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import validators

from app import errors, models
from app.actions import base
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.entities.waking import WORKER, wake_after_commit
from app.permissions import Actor, Permission, may
from app.queries.imports import runs
from app.queries.imports.imports import oldest_kept
from app.rules import imports as rules
from app.rules.mapping import ColumnMap
from app.rules.text import N_

CHOOSE_CODES = N_("Kies wat er met inlogcodes gebeurt.")
CODE_CHOICES = [base.SelectChoice(value, _l(label)) for value, label in rules.LOGIN_CODES.items()]
OTHER_CODES = N_(
    "U hebt dit zelf in een ander tabblad gewijzigd. Daar koos u: %(there)s; hier: %(here)s. "
    "Kies hieronder wat moet gelden."
)
OTHER_CELLS = N_(
    "U hebt rij %(number)s zelf in een ander tabblad gewijzigd. "
    "Uw invoer staat hieronder nog; slaat u nu op, dan geldt die."
)
KINDS = {"students": N_("Studenten"), "users": N_("Gebruikers"), "groups": N_("Studentgroepen")}


class FileForm(base.ActionForm):
    """Stap 1 van 4: the file or the pasted rows."""

    file = base.UploadFileField(
        _l("Bestand"),
        description=_l(
            "Een bestand uit Excel (.xlsx, .xls) of LibreOffice (.ods), of een CSV-bestand, van hoogstens "
            "20 MB, met een kopregel."
        ),
        render_kw={"accept": ".xlsx,.xlsm,.xls,.ods,.csv,.txt,.tsv"},
    )
    pasted = wtforms.TextAreaField(
        _l("Of plak cellen"),
        description=_l("Kopieer in Excel de rijen met de kopregel erboven en plak ze hier."),
        render_kw={"rows": 4, "spellcheck": "false", "autocomplete": "off"},
    )

    def validate_pasted(self, field: wtforms.TextAreaField) -> None:
        given = bool((field.data or "").strip())
        if given and self.file.data is not None:
            raise validators.ValidationError(_("Kies een bestand óf plak cellen, niet allebei."))
        if not given and self.file.data is None:
            raise validators.ValidationError(_("Kies een bestand, of plak cellen uit Excel."))


class StudentFileForm(FileForm):
    login_codes = wtforms.RadioField(
        _l("Inlogcodes voor nieuwe studenten"),
        [validators.InputRequired(_l("Kies wat er met inlogcodes gebeurt."))],
        choices=CODE_CHOICES,
        default="none",
        description=_l("Met een inlogcode meldt een student zich de eerste keer aan. Mailen kan ook later."),
    )


class UserFileForm(FileForm):
    login_codes = wtforms.RadioField(
        _l("Inlogcodes voor nieuwe gebruikers"),
        [validators.InputRequired(_l("Kies wat er met inlogcodes gebeurt."))],
        choices=CODE_CHOICES,
        default="none",
        description=_l("Met een inlogcode kiest een gebruiker zelf een wachtwoord. Mailen kan ook later."),
    )


@base.action(_l("Importbestand gekozen"), permission=Permission.IMPORT_RUNS)
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
) -> base.Outcome:
    """Keep what was read from a file, for its maker only. Expired runs are removed first."""
    if not may(actor, runs.PERMISSIONS[kind]):
        raise errors.NotAllowed
    sweep_expired()
    made = models.ImportRun(
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
    return base.Outcome(
        done=1,
        ids=[made.id],
        object_type="ImportRun",
        goto=made.id,
        summary=_("Het bestand is gelezen."),
        names=[file_name],
        details={
            "file": file_name,
            "fingerprint": file_hash,
            "rows": table["count"],
            "kind": KINDS[kind],
            "mapping": _told({}, mapping),
            "login_codes": rules.LOGIN_CODES[login_codes],
        },
    )


def _told(before: ColumnMap, after: ColumnMap) -> dict[str, list[str]]:
    """The choice of columns for the trail: key -> [old, new], as the numbers of the columns."""

    def numbers(places: Sequence[int]) -> str:
        return " + ".join(str(place + 1) for place in places)

    return {
        key: [numbers(before.get(key, ())), numbers(after.get(key, ()))]
        for key in sorted({*before, *after})
        if list(before.get(key, ())) != list(after.get(key, ()))
    }


@base.action(
    _l("Importbestand anders gelezen"),
    permission=Permission.IMPORT_RUNS,
    on=models.ImportRun,
    changes=models.ImportRun,
)
def read_again(
    actor: Actor,
    targets: base.Targets[models.ImportRun],
    *,
    version: int,
    table: dict[str, Any],
    parts: Sequence[bytes],
    header_key: str,
    mapping: ColumnMap,
) -> base.Outcome:
    """Stap 2 van 4: read the file with another sheet, header row, delimiter or encoding.

    Later choices are dropped.
    """
    run = as_seen(actor, targets, version)
    told = _told(run.mapping, mapping)
    run.table, run.header_key, run.mapping, run.values = table, header_key, dict(mapping), {}
    run.fixes = {}
    keep_parts(run, parts)
    moved(run, "mapping")
    return base.Outcome(
        done=1,
        ids=[run.id],
        summary=_("Het bestand is opnieuw gelezen."),
        details={"rows": table["count"], "mapping": told},
    )


@base.action(
    _l("Kolommen van de import gekozen"),
    permission=Permission.IMPORT_RUNS,
    on=models.ImportRun,
    changes=models.ImportRun,
    words={"everywhere": N_("Voor alle rijen")},
)
def choose_columns(
    actor: Actor,
    targets: base.Targets[models.ImportRun],
    *,
    version: int,
    mapping: ColumnMap,
    everywhere: Mapping[str, str] | None = None,
) -> base.Outcome:
    """Stap 2 van 4: choose what each column of the file holds.

    `everywhere`: what holds for all rows, by the key of a column that the file lacks.
    """
    run = as_seen(actor, targets, version)
    if not {place for places in mapping.values() for place in places} <= set(range(len(run.table["header"]))):
        raise errors.NotFound
    if run.table.get("seen", {}).get("hidden") and not run.table["reading"].get("hidden"):
        raise errors.RuleBroken(rules.CHOOSE_HIDDEN)
    told = _told(run.mapping, mapping)
    run.mapping = dict(mapping)
    answers: Mapping[str, str] = run.values.get(rules.ANSWERS, {})
    begins = f"{rules.ALL}:"
    kept = {key: choice for key, choice in answers.items() if not key.startswith(begins)}
    kept |= {begins + key: choice for key, choice in (everywhere or {}).items()}
    run.values = {**run.values, rules.ANSWERS: kept} if kept or answers else run.values
    moved(run, "values")
    details = {"mapping": told, **({"everywhere": dict(everywhere)} if everywhere else {})}
    return base.Outcome(done=1, ids=[run.id], summary=_("De kolommen zijn gekozen."), details=details)


@base.action(
    _l("Waarden van de import gekozen"),
    permission=Permission.IMPORT_RUNS,
    on=models.ImportRun,
    changes=models.ImportRun,
)
def choose_values(
    actor: Actor,
    targets: base.Targets[models.ImportRun],
    *,
    version: int,
    values: Mapping[str, Mapping[str, str]],
) -> base.Outcome:
    """Stap 3 van 4: choose what each value of a closed list means."""
    run = as_seen(actor, targets, version)
    if run.stage == "mapping":
        raise errors.RuleBroken(rules.CHOOSE_FIRST)
    answers = run.values.get(rules.ANSWERS, {})
    run.values = {key: dict(chosen) for key, chosen in {**values, rules.ANSWERS: answers}.items() if chosen}
    moved(run, "check")
    details = {"columns": [key for key, chosen in values.items() if chosen]}
    return base.Outcome(done=1, ids=[run.id], summary=_("De waarden zijn gekozen."), details=details)


@base.action(
    _l("Inlogcodes van de import gekozen"),
    permission=Permission.IMPORT_RUNS,
    on=models.ImportRun,
    changes=models.ImportRun,
)
def choose_codes(
    actor: Actor, targets: base.Targets[models.ImportRun], *, login_codes: str, seen: str
) -> base.Outcome:
    """Stap 4 van 4: change the choice about inlogcodes. Rows are checked again: a code needs an address.

    `seen`: the choice that the page showed. Outdated when it is another by now.
    """
    run = as_seen(actor, targets)
    if login_codes not in rules.LOGIN_CODES:
        raise errors.RuleBroken(CHOOSE_CODES)
    if run.login_codes not in {seen, login_codes}:
        there, here = (_(rules.LOGIN_CODES[one]) for one in (run.login_codes, login_codes))
        raise errors.Outdated(OTHER_CODES, field="seen", now=run.login_codes, there=there, here=here)
    before, run.login_codes = run.login_codes, login_codes
    moved(run, run.stage)
    return base.Outcome(
        done=1,
        ids=[run.id],
        details={"login_codes": [rules.LOGIN_CODES[before], rules.LOGIN_CODES[login_codes]]},
        summary=_(
            "Inlogcodes: %(choice)s. Elke rij is opnieuw gecontroleerd.",
            choice=_(rules.LOGIN_CODES[login_codes]),
        ),
    )


@base.action(
    _l("Rij van de import verbeterd"),
    permission=Permission.IMPORT_RUNS,
    on=models.ImportRun,
    changes=models.ImportRun,
    words={"row": N_("Rij")},
)
def fix_row(
    actor: Actor, targets: base.Targets[models.ImportRun], *, number: int, cells: Mapping[int, str], seen: str
) -> base.Outcome:
    """Stap 4 van 4: correct the cells of one row. The file itself stays as it was.

    `seen`: the mark of the row that the page showed. Outdated when it reads otherwise by now; another row
    that was corrected meanwhile does not matter.
    """
    run = as_seen(actor, targets)
    if seen != runs.row_mark(run, number):
        raise errors.Outdated(OTHER_CELLS, field="seen", now=runs.row_mark(run, number), number=number)
    if not set(cells) <= set(range(len(run.table["header"]))):
        raise errors.NotFound
    typed = {str(index): text for index, text in cells.items()}
    run.fixes = {**run.fixes, str(number): {**run.fixes.get(str(number), {}), **typed}}
    moved(run, run.stage)
    return base.Outcome(
        done=1,
        ids=[run.id],
        summary=_("Rij %(number)s is verbeterd.", number=number),
        details={"row": number, "columns": [str(run.table["header"][index]) for index in sorted(cells)]},
    )


@base.action(_l("Import weggegooid"), permission=Permission.IMPORT_RUNS, on=models.ImportRun)
def discard_import(actor: Actor, targets: base.Targets[models.ImportRun], *, version: int) -> base.Outcome:
    """Delete a run that was not carried out. Nothing of it was written."""
    run = as_seen(actor, targets, version)
    db.session.delete(run)
    return base.Outcome(
        done=1,
        ids=[run.id],
        summary=_("De import is weggegooid; er is niets gewijzigd."),
        details={
            "file": [run.file_name, None],
            "fingerprint": run.file_hash,
            "kind": KINDS[run.kind],
            "mapping": _told(run.mapping, {}),
            "login_codes": [rules.LOGIN_CODES[run.login_codes], None],
        },
    )


def open_run(
    actor: Actor, targets: base.Targets[models.ImportRun], *, working: bool = False
) -> models.ImportRun:
    """The actor's own run, when it is still to be carried out. Whoever else would waits.

    NotFound for another's run or an expired one. RuleBroken when it is done, or
    being written (unless `working`: the worker asks).
    """
    run = targets.one()
    if (
        run.maker_id != actor.id
        or run.created_at <= oldest_kept()
        or not may(actor, runs.PERMISSIONS[run.kind])
    ):
        raise errors.NotFound
    if run.stage == "done":
        raise errors.RuleBroken(rules.ALREADY_DONE)
    if run.task == "write" and not working:
        raise errors.RuleBroken(rules.ALREADY_BEGUN)
    return run


def as_seen(
    actor: Actor, targets: base.Targets[models.ImportRun], version: int | None = None
) -> models.ImportRun:
    """The open run. Outdated when it no longer has the version that the page showed."""
    run = open_run(actor, targets)
    if version is not None and run.version != version:
        raise base.conflict(actor, run, version, {})
    return run


def ask(run: models.ImportRun, task: str) -> None:
    """Leave the run to the worker, which is woken after the commit."""
    run.task, run.asked_at, run.lease_until, run.tries, run.problem = task, utc_now(), None, 0, ""
    wake_after_commit(WORKER)


def moved(run: models.ImportRun, stage: str) -> None:
    """Move the run to a stage after a choice. An earlier check no longer counts."""
    run.stage, run.checked, run.task, run.problem = stage, {}, "", ""
    run.version += 1
    if stage == "check" and runs.is_large(run):
        ask(run, "check")


def keep_parts(run: models.ImportRun, parts: Sequence[bytes]) -> None:
    """Replace the run's rows by these parts."""
    db.session.execute(
        sa.delete(models.ImportPart).where(models.ImportPart.run_id == run.id), execution_options=QUIETLY
    )
    rows = [{"run_id": run.id, "number": number, "rows": part} for number, part in enumerate(parts)]
    if rows:
        db.session.execute(sa.insert(models.ImportPart), rows)


def sweep_expired() -> None:
    """Remove what has expired. Files, and the values that an import replaced, are personal data.

    After seven days unfinished runs are deleted; finished runs keep only their choices.
    """
    db.session.execute(
        sa.delete(models.ImportRun).where(
            models.ImportRun.created_at <= oldest_kept(), models.ImportRun.stage != "done"
        ),
        execution_options=QUIETLY,
    )
    expired = (models.ImportRun.created_at <= oldest_kept(), models.ImportRun.stage == "done")
    db.session.execute(
        sa.update(models.ImportRun)
        .where(*expired)
        .values(table={"header": [], "count": 0}, content=None, checked={}, fixes={}),
        execution_options=QUIETLY,
    )
    for kept in (models.ImportPart, models.ImportChange):
        db.session.execute(sa.delete(kept).where(of_expired(kept)), execution_options=QUIETLY)


def of_expired(kept: type[models.ImportPart | models.ImportChange]) -> sa.ColumnElement[bool]:
    """The condition that such rows belong to an expired run."""
    return kept.run_id.in_(sa.select(models.ImportRun.id).where(models.ImportRun.created_at <= oldest_kept()))
