"""Adreswijziging: a user stops a change of e-mail address, with the code mailed to the old address."""

from typing import Any

from flask_babel import gettext as _

from app.actions import base as actions
from app.actions.access import sign_in as sign_in_actions
from app.actions.access.email_change import stop_email_change
from app.errors import RuleBroken
from app.mail.email_change import STOP_PATH
from app.pages import base
from app.pages.access import sign_in as sign_in_pages
from app.permissions import SYSTEM
from app.queries.access import recognising
from app.rules.tries import Kind, stop_code_part


class StopChangePage(base.View):
    route_base = STOP_PATH
    default_view = "stop"

    @base.expose("/", methods=["GET", "POST"])
    @base.public
    def stop(self) -> Any:
        """Stop the change with the code in the notice; this also ends every session of the account."""
        form = sign_in_actions.MailedCodeOnlyForm(base.sent())
        if not base.posted() or not form.validate():
            return _page(form)
        typed = form.code.data or ""
        try:
            right = recognising.is_stop_code(typed)
            base.counted(Kind.STOP_CODE, stop_code_part(typed), right=right)
            change = recognising.by_stop_code(typed)
            if change is None:
                raise RuleBroken(recognising.WRONG_CHANGE_CODE)
            outcome = actions.run(stop_email_change, SYSTEM, change_id=change.id)
        except RuleBroken as error:
            return _page(form, actions.say(error))
        base.tell(outcome.summary)
        base.tell(_("Kies voor de zekerheid ook een ander wachtwoord."), "info")
        return base.go(sign_in_pages.SIGN_IN_PATH)


def _page(form: actions.ActionForm, problem: str = "") -> Any:
    return sign_in_pages.sign_in_page(
        form,
        problem,
        title=_("Wijziging van e-mailadres stoppen"),
        intro=_("Hebt u niet zelf om een ander e-mailadres gevraagd? Vul dan de code in uit de mail."),
        submit_label=_("Wijziging stoppen"),
        back=f"{STOP_PATH}/",
    )
