"""Step 1: a file becomes a run. Parsing happens before the transaction, and a refused file leaves nothing."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app import models
from app.actions import base as actions
from app.actions.imports import imports as import_actions
from app.imports import better_guess, citizen, columns, headers
from app.imports import content as import_content
from app.imports import kept as import_kept
from app.imports import table as import_table
from app.imports.common_columns import FAMILY_NAME
from app.imports.kind import Kind
from app.imports.reader import read_table
from app.permissions import Actor
from app.queries.imports import imports as queries
from app.rules.date_order import MonthFirst, month_first_in
from app.school import current_school

PASTED = "geplakt.tsv"  # what pasted cells are called when they are read: cells between tabs


def receive(
    actor: Actor, kind: Kind, content: bytes, file_name: str, *, login_codes: str = "none", token: str = ""
) -> int:
    """Read a file and keep its table in a run of this actor. Gives the run's id; raises FileRefused."""
    read = _read(actor, kind, content, file_name, import_table.Reading())
    if read["table"].get("citizen"):
        content = b""  # the file holds what we must not keep
    outcome = actions.run(
        import_actions.start_import,
        actor,
        token=token,
        kind=kind.key,
        file_name=file_name,
        file_hash=hashlib.sha256(content).hexdigest(),
        content=content,
        login_codes=login_codes,
        **read,
    )
    return outcome.goto or 0


def receive_again(
    actor: Actor, kind: Kind, found: models.ImportRun, reading: import_table.Reading, *, version: int
) -> None:
    """Read the file of a run again, as its maker chose.

    Raises FileRefused, or Outdated when the run no longer has the version that its maker saw. Then nothing
    changes.
    """
    content, file_name = found.content or b"", found.file_name
    if found.table.get("citizen"):
        raise import_table.FileRefused("citizen-numbers")
    read = _read(actor, kind, content, file_name, reading)
    actions.run(import_actions.read_again, actor, [found.id], version=version, **read)


def anew(before: import_table.Reading, chosen: Mapping[str, Any]) -> import_table.Reading:
    """How to read a file after a choice in "Anders lezen": what followed from the old choice is found again.

    The encoding makes the text, the delimiter cuts it into columns, and only then there is a header.
    """
    now = replace(before, **{key: value for key, value in chosen.items() if value is not None})
    now = replace(now, header=int(now.header))
    recoded = now.encoding != before.encoding
    if recoded and now.delimiter == before.delimiter:
        now = replace(now, delimiter="")
    if now.sheet != before.sheet:
        now = replace(now, hidden="")
    cut_otherwise = recoded or now.delimiter != before.delimiter or now.sheet != before.sheet
    if cut_otherwise and now.header == before.header:
        now = replace(now, header=0)
    return now


def _table(
    content: bytes, file_name: str, reading: import_table.Reading, known: import_table.Named
) -> import_table.Table:
    """The table in a file. One in which no row can be the header is read without, if it holds data at all."""
    try:
        return read_table(content, file_name, reading=reading, named=known)
    except import_table.FileRefused as refused:
        if reading.header or refused.key not in ("no-header", "no-rows"):
            raise
        without = replace(reading, header=import_table.NO_HEADER)
        table = read_table(content, file_name, reading=without, named=known)
        if known(table.rows[0].values) or not headers.holds_data(table.rows[0].values):
            raise
        return table


def _read(
    actor: Actor, kind: Kind, content: bytes, file_name: str, reading: import_table.Reading
) -> dict[str, Any]:
    """The table of a file and its likely mapping: as chosen last time, else by name and by content."""
    known = headers.named_in(kind)
    table = _table(content, file_name, reading, known)
    if not reading.header and (likelier := headers.likelier_header(table, known)):
        table = read_table(content, file_name, reading=replace(reading, header=likelier), named=known)
    refused = citizen.refused_places(table)
    citizen.wipe(table, refused)
    key = import_kept.header_key(table.header)
    # Columns without a name can't be known again by their names.
    earlier, _values = queries.last_choices(kind.key, key) if any(table.header) else ({}, {})
    width = len(table.header)
    kept = {"parts": list(import_kept.parts(table.rows)), "header_key": key}
    packed = import_kept.pack(table) | {
        "first_is_data": headers.looks_like_data(table, known),
        "month_first": _month_first(table),
        "citizen": refused,
    }
    mapping = {
        key: places
        for key, places in earlier.items()
        if key in kind.by_key and max(places, default=0) < width and not set(places) & set(refused)
    }
    if mapping:  # a file with exactly this header was imported before
        return {**kept, "table": packed, "mapping": mapping}
    # First the columns as they were named last time, then those with a name we know, last the content.
    again = _as_last_time(table.header, kind)
    taken = [place for places in again.values() for place in places]
    readable = ["" if place in refused else name for place, name in enumerate(table.header)]
    guessed = columns.guess(readable, kind.columns)
    named = again | {
        key: places for key, places in guessed.items() if key not in again and places[0] not in taken
    }
    world = columns.World(kind.choices(actor))
    values = (row.values for row in table.rows)
    told = import_content.guess_by_content(values, kind.columns, world, named, width)
    # Surnames that hold an infix belong in the column that is split.
    if (
        FAMILY_NAME in kind.by_key
        and import_content.LAST_NAME not in again
        and import_content.holds_infixes(table.rows, named | told)
    ):
        told[FAMILY_NAME] = named.pop(import_content.LAST_NAME)
    found = better_guess.mended(table, kind, named | told, current_school().mail_sender)
    found = {key: places for key, places in found.items() if not set(places) & set(refused)}
    return {**kept, "table": packed | {"guessed": told}, "mapping": found}


def _month_first(table: import_table.Table) -> dict[str, MonthFirst]:
    """Place in the header -> what proves that this column writes the month first, as JSON keeps it."""
    columns_of = zip(*(row.values for row in table.rows), strict=True)
    proven = {str(place): month_first_in(dict.fromkeys(values)) for place, values in enumerate(columns_of)}
    return {place: proof for place, proof in proven.items() if proof is not None}


def _as_last_time(header: Sequence[str], kind: Kind) -> dict[str, list[int]]:
    """Column key -> its places by the names chosen last time; empty when the file lacks one of these.

    Further columns, or another order, do not matter.
    """
    earlier = {key: names for key, names in queries.last_columns(kind.key).items() if key in kind.by_key}
    if any(header.count(name) != 1 or not name for names in earlier.values() for name in names):
        return {}
    return {key: [header.index(name) for name in names] for key, names in earlier.items()}
