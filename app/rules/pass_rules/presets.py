"""The pass rules of the exam suppliers, written in steps: a rule as data for a few parameters.

| preset | source (docs/sources.md) |
| --- | --- |
| `consortium` | row A (all criteria sufficient; good from N points), row A2 (good from a share of G) |
| `points_to_mark` | row B (mark = 1 + 9 x points / max, rounded up to a tenth; a failed critical: 1,0) |
| `every_work_process` | row C (5,5 or more only if every work process is sufficient) |
| `knock_out` | row F (a failed critical fails at once, else a threshold of points) |
| `mark_per_work_process` | a mark for each work process, each at least 5,5; the exam is their mean |
| `share_of_criteria` | row A2 with the result as a mark: O, V and G are looked up |

What a preset gives never changes: exams that are loaded hold it, and a migration wrote it.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from app.errors import RuleBroken
from app.rules.text import N_

RuleData = dict[str, Any]


def consortium(*, good_from: int | None = None, good_percent: int | str | None = None) -> RuleData:
    rows: list[RuleData] = []
    if good_from is not None:
        rows.append({"grade": "G", "each": "sufficient", "points": good_from})
    if good_percent is not None:
        share = {"percent": good_percent, "at": "highest"}
        rows.append({"grade": "G", "each": "sufficient", "share": share})
    rows.append({"grade": "V", "each": "sufficient"})
    return {"scale": "grade", "step": [{"over": "exam", "take": "grade", "rows": rows}]}


def points_to_mark(*, pass_mark: str = "5.5", good_mark: str = "8.0", rounding: str = "up") -> RuleData:
    step = {
        "over": "exam",
        "take": "points",
        "cesuur": "50%",
        "round": {"decimals": 1, "how": rounding},
        "critical": {"value": "1.0"},
    }
    return {"scale": "mark", "pass_from": pass_mark, "good_from": good_mark, "step": [step]}


def every_work_process(
    *,
    pass_mark: str = "5.5",
    good_mark: str = "8.0",
    rounding: str = "half_up",
    min_points: int | str = 1,
    fail_cap: str | None = None,
    measure: str = "average",
) -> RuleData:
    asked = {"each": "sufficient"} if measure == "lowest" else {"average": min_points}
    processes = {"over": "work_process", "take": "grade", "rows": [{"grade": "V", **asked}]}
    exam = {
        "over": "exam",
        "take": "points",
        "cesuur": "50%",
        "round": {"decimals": 1, "how": rounding},
        "each": "V",
        **_capped(fail_cap, critical=True),
    }
    return {"scale": "mark", "pass_from": pass_mark, "good_from": good_mark, "step": [processes, exam]}


def _capped(fail_cap: str | None, *, critical: bool) -> RuleData:
    """The highest mark of a fail; without it just below the pass mark, which "fails" means."""
    if fail_cap is None:
        return {"otherwise": "fails"}
    cap: RuleData = {"at_most": fail_cap}
    return {"otherwise": cap, "critical": cap} if critical else {"otherwise": cap}


def knock_out(*, threshold: int, good_from: int | None = None) -> RuleData:
    rows: list[RuleData] = [{"grade": "V", "points": threshold}]
    if good_from is not None:
        rows.insert(0, {"grade": "G", "points": max(good_from, threshold)})
    return {"scale": "grade", "step": [{"over": "exam", "take": "grade", "rows": rows}]}


def mark_per_work_process(
    *,
    pass_mark: str = "5.5",
    good_mark: str = "8.0",
    cesuur: int | str = "50%",
    rounding: str = "half_up",
    fail_cap: str | None = None,
) -> RuleData:
    processes = {
        "over": "work_process",
        "take": "points",
        "cesuur": cesuur,
        "round": {"decimals": 1, "how": rounding},
    }
    exam = {
        "over": "exam",
        "take": "mean",
        "round": {"decimals": 1, "how": rounding},
        "each": pass_mark,
        **_capped(fail_cap, critical=False),
    }
    return {"scale": "mark", "pass_from": pass_mark, "good_from": good_mark, "step": [processes, exam]}


def share_of_criteria(
    *, percent: int | str = 51, fail: str = "4.0", sufficient: str = "6.0", good: str = "8.0"
) -> RuleData:
    rows = [
        {"grade": "G", "each": "sufficient", "share": {"percent": percent, "at": "highest"}},
        {"grade": "V", "each": "sufficient"},
    ]
    step = {
        "over": "exam",
        "take": "grade",
        "rows": rows,
        "marks": {"O": fail, "V": sufficient, "G": good},
    }
    return {"scale": "mark", "step": [step]}


PRESETS: Mapping[str, Callable[..., RuleData]] = {
    one.__name__: one
    for one in (
        consortium,
        points_to_mark,
        every_work_process,
        knock_out,
        mark_per_work_process,
        share_of_criteria,
    )
}


def preset(name: str, parameters: Mapping[str, object]) -> RuleData:
    """The rule as data. RuleBroken: no such preset, or a parameter that it does not have or misses."""
    if name not in PRESETS:
        raise RuleBroken(N_("Cesuur: de vaste regel “%(name)s” bestaat niet."), name=name)
    make = PRESETS[name]
    known = inspect.signature(make).parameters
    for given in parameters:
        if given not in known:
            raise RuleBroken(N_("Cesuur: “%(name)s” bestaat niet bij deze regel."), name=given)
    for one in known.values():
        if one.default is inspect.Parameter.empty and one.name not in parameters:
            raise RuleBroken(N_("Cesuur: “%(name)s” ontbreekt."), name=one.name)
    for given, value in parameters.items():
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise RuleBroken(N_("Cesuur: “%(name)s” is geen geldig getal."), name=given)
    if "threshold" in parameters and not isinstance(parameters["threshold"], int):
        raise RuleBroken(N_("Cesuur: “%(name)s” moet een geheel getal zijn."), name="threshold")
    if "good_from" in parameters and not isinstance(parameters["good_from"], int):
        raise RuleBroken(N_("Cesuur: “%(name)s” moet een geheel getal zijn."), name="good_from")
    return make(**parameters)
