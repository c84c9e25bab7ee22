"""Adreswijziging: who reads the old e-mail address stops a change that somebody else asked for."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.actions.access.email_change import stop_email_change
from app.actions.access.sign_in import MailedCodeOnlyForm, count_try
from app.actions.base.action import ActionForm, run
from app.actions.base.wording import say
from app.errors import RuleBroken
from app.mail.email_change import STOP_PATH
from app.pages.access.sign_in import SIGN_IN_PATH, sign_in_page
from app.pages.base.guards import public
from app.pages.base.request import address, posted, sent
from app.pages.base.screens import expose, go, tell
from app.pages.base.view import View
from app.permissions import SYSTEM
from app.queries.access.recognising import WRONG_CHANGE_CODE, by_stop_code
from app.rules.tries import stop_key


class StopChangePage(View):
    route_base = STOP_PATH
    default_view = "stop"

    @expose("/", methods=["GET", "POST"])
    @public
    def stop(self) -> Any:
        """The code of the notice stops the change and ends every session of the account."""
        form = MailedCodeOnlyForm(sent())
        if not posted() or not form.validate():
            return _page(form)
        typed = form.code.data or ""
        try:
            run(count_try, SYSTEM, username=stop_key(typed), address=address())
            change = by_stop_code(typed)
            if change is None:
                raise RuleBroken(WRONG_CHANGE_CODE)
            outcome = run(stop_email_change, SYSTEM, change_id=change.id)
        except RuleBroken as error:
            return _page(form, say(error))
        tell(outcome.summary)
        tell(_("Kies voor de zekerheid ook een ander wachtwoord."), "info")
        return go(SIGN_IN_PATH)


def _page(form: ActionForm, problem: str = "") -> Any:
    return sign_in_page(
        form,
        problem,
        title=_("Wijziging van e-mailadres stoppen"),
        intro=_("Hebt u niet zelf om een ander e-mailadres gevraagd? Vul dan de code in uit de mail."),
        submit_label=_("Wijziging stoppen"),
        back=f"{STOP_PATH}/",
    )
