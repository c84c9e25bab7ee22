"""The buttons that replace an examiner: of all open moments of an examenaanmelding, or of one moment."""

from collections.abc import Sequence

from app.actions.planning import replacing
from app.pages import base
from app.pages.planning.place import from_registration
from app.theme import widgets

REPLACE_ACTIONS = (replacing.replace_school_examiner, replacing.replace_company_examiner)


def replace_buttons(
    sittings: Sequence[int], registration_id: int, *, company: bool, about: str = ""
) -> Sequence[widgets.Button]:
    """The planner's buttons for these open moments. `company`: one of them has an examiner of the company."""
    if not sittings:
        return ()
    pairs = [("id", str(one)) for one in sittings] + from_registration(registration_id)
    return [
        button
        for act in (REPLACE_ACTIONS if company else REPLACE_ACTIONS[:1])
        for button in base.action_button(
            act, base.href_with(f"/examens/do/{act.name}", pairs), "person-gear", about=about
        )
    ]
