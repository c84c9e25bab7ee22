"""The answer to "Groepen exporteren": a spreadsheet of exactly the groups that were chosen."""

from typing import Any

from flask_babel import gettext as _

from app.actions import base as actions
from app.actions.groups.export import export_groups
from app.documents import groups, sheets
from app.pages import base
from app.queries.groups import export as queries
from app.school import current_school


class ExportsGroups(base.ActionPage):
    """A page with groups whose action list can export them as a spreadsheet."""

    def after(self, act: actions.Action, outcome: actions.Outcome) -> Any:
        if act is not export_groups or not outcome.done:
            return super().after(act, outcome)
        sent, actor = base.posted_fields(), base.current_actor()
        kind = sent.get("kind", "xlsx")
        targets = actions.targets_of(act, actor, self._selection(act))
        ids = targets.ids if targets is not None else ()
        name = f"{_('studentgroepen')}-{current_school().today():%Y-%m-%d}.{kind}"
        if sent.get("content") == queries.MEMBERS:
            file = groups.members_file(kind, queries.member_rows(actor, ids))
        else:
            file = groups.groups_file(kind, queries.group_rows(actor, ids))
        return base.stream_answer(file, sheets.CSV if kind == "csv" else sheets.XLSX, name)
