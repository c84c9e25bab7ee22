"""The state of an examenaanmelding, on every page that shows one: as a badge, or as a block of the matrix.

Text, icon and tone are the state's own (app/rules/blocks.py); blocks and legend are drawn by
app/templates/catalogue/_matrix.html.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import gettext as _

from app import models
from app.actions import base as actions
from app.clock import utc_now
from app.rules import blocks as rules
from app.rules.marks import mark_text
from app.rules.text import Reason
from app.theme.widgets import Badge

ALERT = "exclamation-triangle-fill"


@dataclass(frozen=True)
class BlockView:
    """One block: what is seen (sign, icon, attempt, parts) and what is read out (text)."""

    state_key: str
    letter: str
    icon: str
    tone: str
    text: str
    attempt: int = 0  # 0: no digit
    parts: str = ""
    href: str = ""
    remove_href: str = ""
    alert: bool = False  # `text` says what is the matter


def state_text(block: rules.Block) -> str:
    """The state in words, with the grade once there is one: "Definitief: geslaagd (V)"."""
    grade = block.result.grade if block.result is not None else ""
    return f"{_(block.state.label)} ({grade})" if grade else _(block.state.label)


def block_badge(block: rules.Block) -> Badge:
    """The state of an attempt; while it is under way also how far: "Ingepland (2/4)"."""
    parts = f" ({block.parts})" if block.parts and block.result is None else ""
    return Badge(state_text(block) + parts, block.state.tone, block.state.icon)


def result_badge(result: models.Result) -> Badge:
    """The state of the attempt that a result belongs to."""
    facts = rules.ResultFacts(result.passed, result.grade, result.mark)
    return block_badge(rules.decided_block(facts, adopted=result.adoption is not None))


def state_badge(state: rules.BlockState, text: str = "") -> Badge:
    """The badge of a state without an attempt; `text`: other words, for the state of one examenmoment."""
    return Badge(text or _(state.label), state.tone, state.icon)


def moment_badge(ends_at: datetime, *, scored: bool, definitive: bool, stopped: bool) -> Badge:
    """How far the assessment of one examenmoment is."""
    if definitive:
        return state_badge(rules.BlockState.PASSED, _("Definitief"))
    if scored:
        return state_badge(rules.BlockState.SAVED, _("Opgeslagen"))
    if stopped:
        return state_badge(rules.BlockState.STOPPED)
    if ends_at <= utc_now():
        return state_badge(rules.BlockState.TO_ASSESS, _("Te beoordelen"))
    return state_badge(rules.BlockState.PLANNED)


def waits_badges(waits: Reason | None) -> list[Badge]:
    """The badge of an attempt that must not be assessed yet, on every page that shows one."""
    return [Badge(_("Eerst overleggen: er is iets met een eerdere kans"), "warn", ALERT)] if waits else []


def block_view(
    block: rules.Block, about: str, *, href: str = "", remove_href: str = "", waits: Reason | None = None
) -> BlockView:
    """The block of an attempt; `about` names student and exam for readers who cannot see its place.

    `waits`: why it must not be assessed yet.
    """
    words = [about, state_text(block), _("kans %(attempt)s", attempt=block.attempt)]
    if block.parts:
        words.append(_("%(done)s van %(total)s onderdelen", done=block.done, total=block.total))
    if block.result is not None and block.result.mark is not None:
        words.append(_("cijfer %(mark)s", mark=mark_text(block.result.mark)))
    if waits is not None:
        words.append(actions.say(waits))
    return BlockView(
        state_key=block.state.key,
        letter=block.sign,
        icon=block.state.icon,
        tone=block.state.tone,
        text=", ".join(word for word in words if word),
        attempt=block.attempt,
        parts=block.parts,
        href=href,
        remove_href=remove_href,
        alert=waits is not None,
    )


def state_view(state: rules.BlockState, about: str, *, href: str = "") -> BlockView:
    """A cell without an attempt: open, or not available."""
    text = f"{about}, {_(state.label)}" if about else _(state.label)
    return BlockView(state.key, state.letter, state.icon, state.tone, text, href=href)


def open_view(about: str, *, plan_href: str) -> BlockView:
    """An exam that is not planned. `plan_href`: where the block leads to plan it; "" for who may not."""
    view = state_view(rules.BlockState.OPEN, about, href=plan_href)
    if not plan_href:
        return view
    return replace(view, text=_("%(block)s: klik om in te plannen", block=view.text))


def legend() -> Sequence[BlockView]:
    return [state_view(state, "") for state in rules.LEGEND]
