"""A pass rule is steps, as data; a level says whether it is sufficient.

Every rule of before becomes its steps, and a level is sufficient when it had the points that the rule asked of
a criterion: what was decided, would be decided so again.
"""

from __future__ import annotations

from decimal import Decimal
from math import ceil
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

exam = sa.table(
    "exam",
    sa.column("id", sa.Integer),
    sa.column("rule_model", sa.String),
    sa.column("rule_parameters", sa.JSON),
    sa.column("pass_rule", sa.JSON),
)
AS_STEPS = "steps"  # the model of a rule that was steps before a downgrade
SUFFICIENT = sa.text(
    "UPDATE criterion_level SET sufficient = (points >= :least) WHERE criterion_id IN (SELECT criterion.id"
    " FROM criterion JOIN exam_task ON exam_task.id = criterion.exam_task_id WHERE exam_task.exam_id = :exam)"
)


def upgrade() -> None:
    op.add_column("exam", sa.Column("pass_rule", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column(
        "criterion_level", sa.Column("sufficient", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(exam.c.id, exam.c.rule_model, exam.c.rule_parameters)).all():
        given = {name: value for name, value in (row.rule_parameters or {}).items() if value is not None}
        rule = given if row.rule_model == AS_STEPS else STEPS[row.rule_model](given)
        connection.execute(sa.update(exam).where(exam.c.id == row.id).values(pass_rule=rule))
        least = 1 if row.rule_model == AS_STEPS else ceil(Decimal(str(given.get("min_points", 1))))
        connection.execute(SUFFICIENT, {"least": least, "exam": row.id})
    op.execute("ALTER TABLE exam DROP COLUMN rule_model")
    op.execute("ALTER TABLE exam DROP COLUMN rule_parameters")


def downgrade() -> None:
    op.add_column(
        "exam", sa.Column("rule_model", sa.String(length=40), nullable=False, server_default=AS_STEPS)
    )
    op.add_column("exam", sa.Column("rule_parameters", sa.JSON(), nullable=False, server_default="{}"))
    op.execute("UPDATE exam SET rule_parameters = pass_rule")
    op.execute("ALTER TABLE exam DROP COLUMN pass_rule")
    op.execute("ALTER TABLE criterion_level DROP COLUMN sufficient")


# --- the models of before, in steps ---------------------------------------------------------------


def _consortium(given: dict[str, Any]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    if "good_from" in given:
        rows.append({"grade": "G", "each": "sufficient", "points": given["good_from"]})
    if "good_percent" in given:
        share = {"percent": given["good_percent"], "at": "highest"}
        rows.append({"grade": "G", "each": "sufficient", "share": share})
    rows.append({"grade": "V", "each": "sufficient"})
    return {"scale": "grade", "step": [{"over": "exam", "take": "grade", "rows": rows}]}


def _points_to_mark(given: dict[str, Any]) -> dict[str, Any]:
    return _mark(given, [{**_all_points(given, "up"), "critical": {"value": "1.0"}}])


def _every_work_process(given: dict[str, Any]) -> dict[str, Any]:
    lowest = given.get("measure") == "lowest"
    asked = {"each": "sufficient"} if lowest else {"average": given.get("min_points", 1)}
    processes = {"over": "work_process", "take": "grade", "rows": [{"grade": "V", **asked}]}
    capped: dict[str, Any] = {"otherwise": "fails"}
    if "fail_cap" in given:
        cap = {"at_most": given["fail_cap"]}
        capped = {"otherwise": cap, "critical": cap}
    return _mark(given, [processes, {**_all_points(given, "half_up"), "each": "V", **capped}])


def _knock_out(given: dict[str, Any]) -> dict[str, Any]:
    threshold = given["threshold"]
    rows = [{"grade": "V", "points": threshold}]
    if "good_from" in given:
        rows.insert(0, {"grade": "G", "points": max(given["good_from"], threshold)})
    return {"scale": "grade", "step": [{"over": "exam", "take": "grade", "rows": rows}]}


def _all_points(given: dict[str, Any], rounding: str) -> dict[str, Any]:
    how = given.get("rounding", rounding)
    return {"over": "exam", "take": "points", "cesuur": "50%", "round": {"decimals": 1, "how": how}}


def _mark(given: dict[str, Any], steps: list[dict[str, Any]]) -> dict[str, Any]:
    pass_mark, good_mark = given.get("pass_mark", "5.5"), given.get("good_mark", "8.0")
    return {"scale": "mark", "pass_from": pass_mark, "good_from": good_mark, "step": steps}


STEPS = {
    "consortium": _consortium,
    "points_to_mark": _points_to_mark,
    "every_work_process": _every_work_process,
    "knock_out": _knock_out,
}
