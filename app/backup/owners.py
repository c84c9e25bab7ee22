"""Keeps a command that root runs from leaving files that Proeve's own user cannot read."""

from __future__ import annotations

import os
import pwd

from app.errors import RuleBroken
from app.rules.text import N_
from config import Settings


def refuse_foreign(settings: Settings) -> None:
    """RuleBroken for root, when the school's data are somebody else's."""
    data = settings.school_data.absolute()
    place = next(one for one in (data, *data.parents) if one.exists())
    if os.geteuid() != 0 or (owner := place.stat().st_uid) == 0:
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = str(owner)
    raise RuleBroken(
        N_("%(place)s is van gebruiker %(name)s. Voer dit uit als die gebruiker: sudo -u %(name)s …"),
        place=str(place),
        name=name,
    )
