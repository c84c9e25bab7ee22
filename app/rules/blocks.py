"""The block of a registration in the overview: its state, derived and never stored.

Source: manual step 6 (grey block, the digit of the attempt, the legend).
Every state has its own icon and text, so that none depends on colour (WCAG 1.4.1). Once there is a result its
mark or grade is the sign of the block; no state has a sign that is a grade too (O, V, G, M).
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from app.rules.marks import mark_text
from app.rules.text import N_

Tone = Literal["neutral", "info", "warn", "good", "bad"]  # of the theme's badges


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown, on every page: Dutch msgid, a letter or none, a Bootstrap icon name, a tone."""

    key: str
    label: str
    letter: str
    icon: str
    tone: Tone


class BlockState(enum.Enum):
    """The states in the order of the legend."""

    NOT_AVAILABLE = Look("not-available", N_("Niet beschikbaar"), "X", "slash-circle", "neutral")
    OPEN = Look("open", N_("Nog niet ingepland"), "", "circle", "neutral")
    PLANNED = Look("planned", N_("Ingepland"), "P", "calendar-event", "neutral")
    TO_ASSESS = Look("to-assess", N_("Afgenomen, te beoordelen"), "T", "pencil-square", "info")
    SAVED = Look("saved", N_("Opgeslagen, nog niet definitief"), "C", "hourglass-split", "warn")
    STOPPED = Look("stopped", N_("Gestopt"), "S", "stop-circle", "neutral")
    PASSED = Look("passed", N_("Definitief: geslaagd"), "", "check-lg", "good")
    FAILED = Look("failed", N_("Definitief: niet geslaagd"), "", "x-lg", "bad")
    ADOPTED_PASSED = Look("adopted-passed", N_("Vastgesteld: geslaagd"), "", "patch-check-fill", "good")
    ADOPTED_FAILED = Look("adopted-failed", N_("Vastgesteld: niet geslaagd"), "", "patch-minus-fill", "bad")

    @property
    def key(self) -> str:
        return self.value.key

    @property
    def label(self) -> str:
        return self.value.label

    @property
    def letter(self) -> str:
        return self.value.letter

    @property
    def icon(self) -> str:
        return self.value.icon

    @property
    def tone(self) -> Tone:
        return self.value.tone


LEGEND: tuple[BlockState, ...] = tuple(BlockState)


@dataclass(frozen=True, slots=True)
class PartFacts:
    """One task of the exam for one registration; `planned` is (start, end), aware, in UTC."""

    planned: tuple[datetime, datetime] | None = None
    has_scores: bool = False
    definitive: bool = False


@dataclass(frozen=True, slots=True)
class ResultFacts:
    """The result of a registration, there once every part is definitive."""

    passed: bool
    grade: str = ""
    mark: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """What a cell of the overview shows. `done` of `total`: planned parts while planning, else definitive."""

    state: BlockState
    attempt: int
    done: int
    total: int
    result: ResultFacts | None = None

    @property
    def sign(self) -> str:
        """What the block shows beside its icon: a result's mark or grade, else the letter of the state."""
        if self.result is None:
            return self.state.letter
        return self.result.grade if self.result.mark is None else mark_text(self.result.mark)

    @property
    def parts(self) -> str:
        """`2/4`; empty for an exam of one part."""
        return f"{self.done}/{self.total}" if self.total > 1 else ""


def block_of(
    parts: Sequence[PartFacts],
    *,
    available: bool,
    result: ResultFacts | None,
    adopted: bool,
    now: datetime,
    attempt: int = 1,
    stopped: bool = False,
) -> Block:
    """Derive the block of one attempt. `parts`: every task of the exam, planned or not.

    An exam made not available after it was planned keeps showing what was planned: hiding a
    moment that still stands would let someone miss it. Adopted counts only with a result, and stopped only
    without one.
    Raises ValueError for a moment without time zone.
    """
    if now.tzinfo is None:
        raise ValueError("block_of needs an aware moment")
    if result is not None:
        state = _decided(result, adopted)
    else:
        state = BlockState.STOPPED if stopped else _state_of(parts, available, now)
    if state in (BlockState.OPEN, BlockState.PLANNED, BlockState.NOT_AVAILABLE):
        done = sum(part.planned is not None for part in parts)
    else:
        done = sum(part.definitive for part in parts)
    return Block(state, attempt, done, len(parts), result)


def decided_block(result: ResultFacts, *, adopted: bool, attempt: int = 1) -> Block:
    """The block of an attempt of which only the result is known."""
    return Block(_decided(result, adopted), attempt, 1, 1, result)


def _decided(result: ResultFacts, adopted: bool) -> BlockState:
    if adopted:
        return BlockState.ADOPTED_PASSED if result.passed else BlockState.ADOPTED_FAILED
    return BlockState.PASSED if result.passed else BlockState.FAILED


def _state_of(parts: Sequence[PartFacts], available: bool, now: datetime) -> BlockState:
    if any(_waits_for_assessment(part, now) for part in parts):
        return BlockState.TO_ASSESS
    if any(_is_scored(part) for part in parts):
        return BlockState.SAVED
    if any(part.planned for part in parts):
        return BlockState.PLANNED
    return BlockState.OPEN if available else BlockState.NOT_AVAILABLE


def _is_scored(part: PartFacts) -> bool:
    return part.has_scores or part.definitive


def _waits_for_assessment(part: PartFacts, now: datetime) -> bool:
    return part.planned is not None and part.planned[1] <= now and not _is_scored(part)
