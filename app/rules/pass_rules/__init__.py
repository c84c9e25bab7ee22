"""The pass rule of an exam: a short list of steps, as data (catalogue/README.md shows how to write one).

`read` makes it of data, `checked` also looks whether it fits an exam; `decide` gives the result of scores,
`explain` tells the rule in sentences. Both are made of the same objects, so that they cannot disagree.
"""

from app.rules.pass_rules.checking import check, checked
from app.rules.pass_rules.deciding import decide
from app.rules.pass_rules.explaining import Explained, explain
from app.rules.pass_rules.facts import Criteria, Criterion, Level, Scores, sufficient_by_label
from app.rules.pass_rules.outcome import Outcome, PartOutcome, StepOutcome
from app.rules.pass_rules.presets import preset
from app.rules.pass_rules.reading import PassRuleBroken, read
from app.rules.pass_rules.rule import Rule

__all__ = [
    "Criteria",
    "Criterion",
    "Explained",
    "Level",
    "Outcome",
    "PartOutcome",
    "PassRuleBroken",
    "Rule",
    "Scores",
    "StepOutcome",
    "check",
    "checked",
    "decide",
    "explain",
    "preset",
    "read",
    "sufficient_by_label",
]
