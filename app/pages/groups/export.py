"""The answer to "Groepen exporteren": the file itself, of the very groups that were chosen."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.actions.base.action import Action, Outcome, targets_of
from app.actions.groups.export import export_groups
from app.documents.groups import groups_file, members_file
from app.documents.sheets import CSV, XLSX
from app.pages.base.doing import ActionPage
from app.pages.base.request import current_actor, posted_fields
from app.pages.base.screens import stream_answer
from app.pages.students.export import token_of_file
from app.queries.groups.export import MEMBERS, group_rows, member_rows
from app.school import current_school


class ExportsGroups(ActionPage):
    """A page with groups whose action list ends in a spreadsheet of them."""

    def token(self, act: Action) -> str:
        own = super().token(act)
        return token_of_file(own) if act is export_groups else own

    def after(self, act: Action, outcome: Outcome) -> Any:
        if act is not export_groups or not outcome.done:
            return super().after(act, outcome)
        sent, actor = posted_fields(), current_actor()
        kind = sent.get("kind", "xlsx")
        targets = targets_of(act, actor, self._selection(act))
        ids = targets.ids if targets is not None else ()
        name = f"{_('studentgroepen')}-{current_school().today():%Y-%m-%d}.{kind}"
        if sent.get("content") == MEMBERS:
            file = members_file(kind, member_rows(actor, ids))
        else:
            file = groups_file(kind, group_rows(actor, ids))
        return stream_answer(file, CSV if kind == "csv" else XLSX, name)
