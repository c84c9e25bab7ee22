"""The answer to "Exporteren": a spreadsheet of exactly the rows that the trail names."""

from typing import Any

from flask_babel import gettext as _

from app.actions import base as actions
from app.actions.students.export import export_students
from app.documents import sheets
from app.documents.students import students_file
from app.pages import base
from app.queries.students.export import export_rows
from app.school import current_school


class ExportsStudents(base.ActionPage):
    """A page with students whose action list can export them as a spreadsheet."""

    def after(self, act: actions.Action, outcome: actions.Outcome) -> Any:
        if act is not export_students or not outcome.done:
            return super().after(act, outcome)
        kind = base.posted_fields().get("kind", "xlsx")
        name = f"{_('studenten')}-{current_school().today():%Y-%m-%d}.{kind}"
        file = students_file(kind, export_rows(outcome.ids or self._ids_again(act)))
        return base.stream_answer(file, sheets.CSV if kind == "csv" else sheets.XLSX, name)

    def _ids_again(self, act: actions.Action) -> Any:
        """The ids for a form sent twice: its remembered outcome has none, but the URL has the selection."""
        targets = actions.targets_of(act, base.current_actor(), self._selection(act))
        return targets.ids if targets is not None else ()
