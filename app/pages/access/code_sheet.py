"""The sheet of inlogcodes: shown only in the answer to the POST that made them."""

from typing import Any

from flask_babel import gettext as _

from app.actions import base as actions
from app.actions.access import code_sheet
from app.mail.texts import CODE_PATH
from app.pages import base
from app.queries.access.codes import slips
from app.school import site_address

SHEETS = (code_sheet.print_codes, code_sheet.print_student_codes)


class PrintsCodes(base.ActionPage):
    """A page whose actions may end in a sheet of codes. A form that is sent twice shows them once."""

    def after(self, act: actions.Action, outcome: actions.Outcome) -> Any:
        if act not in SHEETS or not outcome.done:
            return super().after(act, outcome)
        # The remembered outcome of a form that is sent twice has no ids, and so no slips.
        made = slips(outcome.ids, of_students=outcome.object_type == "Student")
        if not made:
            base.tell(
                _("Dit vel is al getoond en is niet meer op te vragen. Maak zo nodig nieuwe."), "warning"
            )
        return self.render_template(
            "access/code_sheet.html",
            title=str(act.label),
            slips=made,
            refused=outcome.refused,
            address=site_address(CODE_PATH),
            back_href=self.back_href(),
        )
