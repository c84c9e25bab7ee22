"""Exams as short texts, and rules as TOML, for the tests of pass rules."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from app.rules.pass_rules import Criteria, Criterion, Level, Outcome, checked, decide

OVG = (Level("O", 0, False), Level("V", 1, True), Level("G", 2, True))
UP_TO_3 = (Level("0", 0, False), Level("1", 1, False), Level("2", 2, True), Level("3", 3, True))
YES_NO = (Level("nee", 0, False), Level("ja", 1, True))


def points(most: int, sufficient: int | None = None) -> tuple[Level, ...]:
    """A level for every number of points; sufficient from half on."""
    border = (most + 1) // 2 if sufficient is None else sufficient
    return tuple(Level(str(one), one, one >= border) for one in range(most + 1))


def exam(text: str, levels: tuple[Level, ...] = OVG) -> Criteria:
    """ "W1 W1! / W2": a criterion per word, of that work process; ! is critical, / begins a task."""
    made = []
    for task, words in enumerate(text.split("/"), 1):
        for number, word in enumerate(words.split(), 1):
            made.append(
                Criterion(f"{task}.{number}", str(task), word.rstrip("!"), word.endswith("!"), levels)
            )
    return made


def scores(criteria: Criteria, labels: str) -> dict[str, Level]:
    """ "O V G": the label of the level of each criterion, in order."""
    found = {}
    for one, label in zip(criteria, labels.replace("/", " ").split(), strict=True):
        level = one.level(label)
        assert level is not None, (one.key, label)
        found[one.key] = level
    return found


def rule_data(text: str) -> dict[str, Any]:
    """The `[pass_rule]` of a file."""
    found: dict[str, Any] = tomllib.loads(text)
    return found


def outcome(rule: str | Mapping[str, Any], criteria: Criteria, labels: str) -> Outcome:
    data = rule_data(rule) if isinstance(rule, str) else rule
    return decide(checked(data, criteria), criteria, scores(criteria, labels))
