"""Blocks and legend as the matrix macro draws them (app/templates/catalogue/_matrix.html)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from app.rules.blocks import LEGEND, Block, BlockState


@dataclass(frozen=True)
class BlockView:
    """One block: what is seen (letter, icon, attempt, parts) and what is read out (text)."""

    state_key: str
    letter: str
    icon: str
    text: str
    attempt: int = 0  # 0: no digit
    parts: str = ""
    href: str = ""
    remove_href: str = ""


def block_view(block: Block, about: str, *, href: str = "", remove_href: str = "") -> BlockView:
    """The block of an attempt; `about` names student and exam for who does not see where it stands."""
    words = [about, _(block.label), _("kans %(attempt)s", attempt=block.attempt)]
    if block.parts:
        words.append(_("%(done)s van %(total)s onderdelen", done=block.done, total=block.total))
    if block.result is not None and block.result.mark is not None:
        words.append(_("cijfer %(mark)s", mark=str(block.result.mark).replace(".", ",")))
    return BlockView(
        state_key=block.state.key,
        letter=block.state.letter,
        icon=block.state.icon,
        text=", ".join(word for word in words if word),
        attempt=block.attempt,
        parts=block.parts,
        href=href,
        remove_href=remove_href,
    )


def state_view(state: BlockState, about: str, *, href: str = "") -> BlockView:
    """A cell without an attempt: open, or not available."""
    text = f"{about}, {_(state.label)}" if about else _(state.label)
    return BlockView(state.key, state.letter, state.icon, text, href=href)


def legend() -> Sequence[BlockView]:
    return [state_view(state, "") for state in LEGEND]
