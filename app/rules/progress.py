"""The scale of the nulmeting and voortgangsmeting: Nooit, Oefenen, Voldoende, Goed.

Not "nooit, soms, vaak, altijd": practice trainers took frequency for quality (docs/sources.md).
"""

from app.rules.text import N_

RATINGS = (N_("Nooit"), N_("Oefenen"), N_("Voldoende"), N_("Goed"))
KINDS = {"baseline": N_("Nulmeting"), "progress": N_("Voortgangsmeting")}


Cell = tuple[str, int]  # kind, and the work process that it is about


def is_rating(value: int) -> bool:
    return 0 <= value < len(RATINGS)
