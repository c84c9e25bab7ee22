"""Believable scores, and the result that the exam's own rule makes of them."""

from collections.abc import Callable, Iterator
from random import Random

from app.demo import offers
from app.demo.scripts import Quality
from app.rules import pass_rules

Chosen = dict[int, int]  # criterion id -> level id
Pick = Callable[[offers.CriterionOffer], int]  # which level, from the lowest on


def chosen_levels(exam: offers.ExamOffer, quality: Quality, rng: Random) -> tuple[Chosen, pass_rules.Outcome]:
    """Levels that pass or fail as wanted, by the exam's pass rule; the likeliest pattern that does."""
    outcome = None
    criteria = [one for task in exam.tasks for one in task.criteria]
    for pick in _patterns(quality, rng):
        picked = [(one, pick(one)) for one in criteria]
        scores = {one.facts.key: one.facts.levels[at] for one, at in picked}
        outcome = pass_rules.decide(exam.rule, [one.facts for one in criteria], scores)
        if outcome.passed == (quality != "fail"):
            return {one.id: one.level_ids[at] for one, at in picked}, outcome
    raise ValueError(f"{exam.title}: no scores for {quality}: {outcome}")


def _lowest(one: offers.CriterionOffer) -> int:
    return 0


def _middle(one: offers.CriterionOffer) -> int:
    return len(one.level_ids) // 2


def _highest(one: offers.CriterionOffer) -> int:
    return len(one.level_ids) - 1


def _often_highest(share: float, rng: Random) -> Pick:
    def pick(one: offers.CriterionOffer) -> int:
        return _highest(one) if rng.random() < share else _middle(one)

    return pick


def _patterns(quality: Quality, rng: Random) -> Iterator[Pick]:
    if quality == "fail":
        yield lambda one: (_lowest if one.facts.critical or rng.random() < 0.3 else _middle)(one)
        yield _lowest
        return
    share = 0.85 if quality == "good" else 0.35
    for extra in (0.0, 0.2, 0.4):
        yield _often_highest(share + extra, rng)
    yield _highest
