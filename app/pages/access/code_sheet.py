"""The sheet of inlogcodes: the answer to the POST that made them, and to nothing else."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.actions.access.code_sheet import print_codes, print_student_codes
from app.actions.base.action import Action, Outcome
from app.mail.texts import CODE_PATH
from app.pages.base.doing import ActionPage
from app.pages.base.screens import tell
from app.queries.access.codes import slips
from app.school import site_address

SHEETS = (print_codes, print_student_codes)


class PrintsCodes(ActionPage):
    """A page whose actions may end in a sheet of codes. The same form twice shows no code again."""

    def after(self, act: Action, outcome: Outcome) -> Any:
        if act not in SHEETS or not outcome.done:
            return super().after(act, outcome)
        # An outcome that was remembered has no ids, and so no slips.
        made = slips(outcome.ids, of_students=outcome.object_type == "Student")
        if not made:
            tell(_("Dit vel is al getoond en is niet meer op te vragen. Maak zo nodig nieuwe."), "warning")
        return self.render_template(
            "access/code_sheet.html",
            title=str(act.label),
            slips=made,
            refused=outcome.refused,
            address=site_address(CODE_PATH),
            back_href=self.back_href(),
        )
