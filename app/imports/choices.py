"""Step 3: the values of closed lists, each once, with what is likely meant."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app import models
from app.imports import columns, dates, kinds
from app.imports.kept import rows_of
from app.imports.table import Value
from app.permissions import Actor
from app.rules.date_order import MonthFirst
from app.rules.people import says_nothing

MOST_ASKED = 100  # distinct values to choose for; more means that the wrong column was chosen


@dataclass(frozen=True)
class Asked:
    """A value of the file that step 3 asks about: how often it occurs, and the likely choice.

    Step 3 does not ask about values past MOST_ASKED: their proposal counts.
    """

    text: str
    count: int
    proposal: str
    example: str = ""  # of a question about a whole column: a value that shows why it is asked


def world_of_choices(actor: Actor, run: models.ImportRun) -> columns.World:
    """What the lists of step 3 are made of. A fixed number of queries."""
    return columns.World(kinds.kind_of(run).choices(actor))


def values_to_choose(
    world: columns.World, run: models.ImportRun, earlier: Mapping[str, Mapping[str, str]]
) -> dict[str, list[Asked]]:
    """Column key -> the distinct values to choose for, most frequent first."""
    mapping = kinds.mapping_of(run)
    closed = [
        one
        for one in kinds.kind_of(run).columns
        if one.key in mapping and isinstance(one, columns.ClosedColumn)
    ]
    unsure = kinds.month_first_in(run, mapping)
    dated = [
        one for one in kinds.kind_of(run).columns if one.key in unsure and isinstance(one, dates.DateColumn)
    ]
    cells: dict[str, Counter[Value]] = {column.key: Counter() for column in (*closed, *dated)}
    for _number, values in rows_of(run) if cells else ():
        for column in (*closed, *dated):
            cells[column.key].update(columns.cells_of(column, mapping[column.key], values))
    found: dict[str, list[Asked]] = {
        column.key: [_order(column, unsure[column.key], cells[column.key].total(), run)] for column in dated
    }
    for column in closed:
        # Whole cells were counted first: a cell that returns is taken apart only once.
        counts: Counter[str] = Counter()
        for value, count in cells[column.key].items():
            counts.update({columns.cell_text(part): count for part in column.parts(value, world)})
        # A choice in this run goes before one in an earlier run.
        known = {**earlier.get(column.key, {}), **run.values.get(column.key, {})}
        valid = {option.value for option in column.options(world)} | {columns.LEAVE}
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        asked = [(text, count) for text, count in ordered if text and column.ask(text, world)]
        if asked:
            found[column.key] = [
                Asked(text, count, _proposal(column, text, world, known, valid, asks=at < MOST_ASKED))
                for at, (text, count) in enumerate(asked)
            ]
    return found


def _order(column: dates.DateColumn, proof: MonthFirst, count: int, run: models.ImportRun) -> Asked:
    """The question which comes first in a column of dates. Only this run answers it, never an earlier one."""
    chosen = run.values.get(column.key, {}).get(dates.ORDER)
    return Asked(dates.ORDER, count, chosen or column.proposed(proof), example=proof.proof)


def _proposal(
    column: columns.ClosedColumn,
    text: str,
    world: columns.World,
    known: Mapping[str, str],
    valid: Collection[str],
    *,
    asks: bool,
) -> str:
    """What was chosen before, while that still exists; else what is likely meant."""
    if known.get(text) in valid:
        return known[text]
    found = column.propose(text, world) if asks else column.rest_of(text)
    return columns.LEAVE if says_nothing(text) and found in ("", column.rest) else found
