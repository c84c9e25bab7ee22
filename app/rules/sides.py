"""A moment has two sides, the school and the company: one person never examines for both."""

from collections.abc import Mapping

from app.rules.text import N_, Reason, reason


def on_other_side(chosen: int, others: Mapping[int, str], person: Mapping[int, int]) -> str | None:
    """The name under which this user stands among the `others` already; None: they do not.

    `person`: user id -> one id for whoever that is, as an account and a guest may be one person.
    """
    own = person.get(chosen, chosen)
    return next((name for user, name in others.items() if person.get(user, user) == own), None)


def why_not_closed_by(chosen: int, others: Mapping[int, str], person: Mapping[int, int]) -> Reason | None:
    """Why this user cannot make definitive: an address that changed made them somebody of the other side."""
    name = on_other_side(chosen, others, person)
    if name is None:
        return None
    return reason(
        N_(
            "%(name)s beoordeelt dit moment voor het bedrijf, met hetzelfde e-mailadres als u. Eén persoon "
            "beoordeelt niet voor beide kanten: laat een andere schoolexaminator dit moment overnemen."
        ),
        name=name,
    )


def why_not_this_address(guest: str, moment: str) -> Reason:
    """Why a user cannot have an address: they would be this guest, on the other side of their moment."""
    return reason(
        N_(
            "Dit e-mailadres is van %(name)s, die bij een moment van deze gebruiker (%(moment)s) voor de "
            "andere kant beoordeelt. Eén persoon beoordeelt niet voor beide kanten: laat eerst iemand anders "
            "dat moment overnemen."
        ),
        name=guest,
        moment=moment,
    )


def why_not_both(chosen: int, others: Mapping[int, str], person: Mapping[int, int]) -> Reason | None:
    """Why this user cannot examine beside the `others`, who examine for the other side, or did so before."""
    name = on_other_side(chosen, others, person)
    if name is None:
        return None
    return reason(
        N_("%(name)s beoordeelt hier al voor de andere kant, of deed dat eerder. Kies iemand anders."),
        name=name,
    )
