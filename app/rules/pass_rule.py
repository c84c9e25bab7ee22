"""The cesuur in words: what an exam's scoring model and its parameters mean, for people to read.

Sentences in reading order; the models are those of app/rules/marks.py (docs/sources.md).
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from app.rules import scoring
from app.rules.marks import SCORING_MODELS
from app.rules.text import N_, Reason, reason

Values = Mapping[str, Any]

CRITICAL = (
    N_("Een cruciaal criterium moet minstens 1 punt krijgen. Anders is het hele examen onvoldoende."),
    N_(
        "Een cruciaal criterium moet minstens %(points)s punten krijgen. "
        "Anders is het hele examen onvoldoende."
    ),
)
EVERY_CRITERION = (
    N_("Voldoende: elk criterium krijgt minstens 1 punt."),
    N_("Voldoende: elk criterium krijgt minstens %(points)s punten."),
)
GOOD = (N_("Goed: minstens 1 punt."), N_("Goed: minstens %(points)s punten."))
EVERY_PROCESS = {
    "average": (
        N_("Elk werkproces moet voldoende zijn: gemiddeld minstens 1 punt per criterium."),
        N_("Elk werkproces moet voldoende zijn: gemiddeld minstens %(points)s punten per criterium."),
    ),
    "lowest": (
        N_("Elk werkproces moet voldoende zijn: elk criterium ervan minstens 1 punt."),
        N_("Elk werkproces moet voldoende zijn: elk criterium ervan minstens %(points)s punten."),
    ),
}
MARK_FORMULA = N_("Het cijfer is 1 + 9 × behaalde punten ÷ %(maximum)s.")
ROUNDING = {
    "up": N_("Het cijfer wordt naar boven afgerond op één decimaal."),
    "half_up": N_("Het cijfer wordt afgerond op één decimaal."),
}


def explain_rule(
    model: str, parameters: Mapping[str, object], *, max_points: int, critical: bool
) -> list[Reason]:
    """The rule as sentences; `critical`: whether the exam has crucial criteria. RuleBroken: no such rule."""
    chosen = SCORING_MODELS.get(model)
    if chosen is None:
        return [reason(N_("De cesuur van dit examen is onbekend."))]
    values = scoring.read_parameters(chosen.parameters, parameters)
    sentences = EXPLAINED[model](values, max_points)
    if critical:
        sentences.append(in_points(CRITICAL, values["min_points"]))
    return sentences


def in_points(sentences: tuple[str, str], points: int | Decimal) -> Reason:
    """The sentence for one point, or the one for any other number."""
    return reason(sentences[0]) if points == 1 else reason(sentences[1], points=number(points))


def number(value: int | Decimal) -> str:
    """A number as Dutch people write it: 3, or 1,5."""
    return f"{Decimal(value).normalize():f}".replace(".", ",")


def _consortium(values: Values, max_points: int) -> list[Reason]:
    told = [in_points(EVERY_CRITERION, values["min_points"])]
    if values["good_from"] is not None:
        told.append(
            reason(
                N_(
                    "Goed: alle criteria zijn voldoende en samen zijn er minstens "
                    "%(points)s van de %(maximum)s punten."
                ),
                points=values["good_from"],
                maximum=max_points,
            )
        )
    if values["good_percent"] is not None:
        told.append(
            reason(
                N_(
                    "Goed: alle criteria zijn voldoende en minstens %(percent)s procent ervan "
                    "krijgt het hoogste aantal punten."
                ),
                percent=number(values["good_percent"]),
            )
        )
    return told


def _points_to_mark(values: Values, max_points: int) -> list[Reason]:
    return [reason(MARK_FORMULA, maximum=max_points), reason(ROUNDING[values["rounding"]]), *_borders(values)]


def _every_work_process(values: Values, max_points: int) -> list[Reason]:
    cap = values["fail_cap"] if values["fail_cap"] is not None else values["pass_mark"] - Decimal("0.1")
    return [
        in_points(EVERY_PROCESS[values["measure"]], values["min_points"]),
        reason(
            N_("Is een werkproces onvoldoende, dan is het cijfer hoogstens %(mark)s."),
            mark=scoring.mark_text(cap),
        ),
        *_points_to_mark(values, max_points),
    ]


def _knock_out(values: Values, max_points: int) -> list[Reason]:
    told = [
        reason(
            N_("Voldoende: minstens %(points)s van de %(maximum)s punten."),
            points=values["threshold"],
            maximum=max_points,
        )
    ]
    if values["good_from"] is not None:
        told.append(in_points(GOOD, values["good_from"]))
    return told


def _borders(values: Values) -> list[Reason]:
    return [
        reason(
            N_("Vanaf een %(pass_mark)s is de uitslag voldoende, vanaf een %(good_mark)s goed."),
            pass_mark=scoring.mark_text(values["pass_mark"]),
            good_mark=scoring.mark_text(values["good_mark"]),
        )
    ]


EXPLAINED: Mapping[str, Callable[[Values, int], list[Reason]]] = {
    "consortium": _consortium,
    "points_to_mark": _points_to_mark,
    "every_work_process": _every_work_process,
    "knock_out": _knock_out,
}
