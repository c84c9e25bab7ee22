"""Believable scores, and the result that the exam's own rule makes of them."""

from collections.abc import Callable, Iterator, Mapping
from random import Random

from app.demo import offers
from app.demo.scripts import Quality
from app.rules import scoring
from app.rules.marks import decide

Level = tuple[int, int]  # id, points
Chosen = dict[int, Level]  # criterion id -> level
Pick = Callable[[offers.CriterionOffer], Level]


def chosen_levels(exam: offers.ExamOffer, quality: Quality, rng: Random) -> tuple[Chosen, scoring.Outcome]:
    """Levels that pass or fail as wanted, by the exam's pass rule; the likeliest pattern that does."""
    outcome = None
    for pick in _patterns(quality, rng):
        chosen = {one.id: pick(one) for task in exam.tasks for one in task.criteria}
        outcome = decide(exam.rule_model, exam.rule_parameters, facts(exam, chosen))
        if outcome.passed == (quality != "fail"):
            return chosen, outcome
    raise ValueError(f"{exam.title}: no scores for {quality}: {outcome}")


def facts(exam: offers.ExamOffer, chosen: Mapping[int, Level]) -> list[scoring.CriterionFacts]:
    return [
        scoring.CriterionFacts(
            id=one.id,
            task_id=task.id,
            work_process_code=one.work_process,
            critical=one.critical,
            max_points=one.levels[-1][1],
            points=chosen[one.id][1] if one.id in chosen else None,
            label=one.text,
        )
        for task in exam.tasks
        for one in task.criteria
    ]


def _lowest(one: offers.CriterionOffer) -> Level:
    return one.levels[0]


def _middle(one: offers.CriterionOffer) -> Level:
    return one.levels[len(one.levels) // 2]


def _highest(one: offers.CriterionOffer) -> Level:
    return one.levels[-1]


def _often_highest(share: float, rng: Random) -> Pick:
    def pick(one: offers.CriterionOffer) -> Level:
        return _highest(one) if rng.random() < share else _middle(one)

    return pick


def _patterns(quality: Quality, rng: Random) -> Iterator[Pick]:
    if quality == "fail":
        yield lambda one: (_lowest if one.critical or rng.random() < 0.3 else _middle)(one)
        yield _lowest
        return
    share = 0.85 if quality == "good" else 0.35
    for extra in (0.0, 0.2, 0.4):
        yield _often_highest(share + extra, rng)
    yield _highest
