"""A pass rule as sentences, made of the very objects that decide: what is told is what is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.rules.pass_rules import conditions as c
from app.rules.pass_rules import taking as t
from app.rules.pass_rules.facts import Criteria
from app.rules.pass_rules.numbers import TENTH, Rounding, mark_text_of
from app.rules.pass_rules.rule import AtMost, Fails, Fixed, Otherwise, Rule, Step
from app.rules.text import N_, Reason, reason


@dataclass(frozen=True, slots=True)
class Explained:
    """A sentence, and the points of a list under it."""

    say: Reason
    under: tuple[Reason, ...] = ()


MARK_OF = {
    "criterion": N_("Elk criterium krijgt een eigen cijfer:"),
    "work_process": N_("Elk werkproces krijgt een eigen cijfer:"),
    "task": N_("Elke opdracht krijgt een eigen cijfer:"),
    "part": N_("Deze onderdelen krijgen elk een eigen cijfer: %(parts)s:"),
    "exam": N_("Het examen krijgt een cijfer:"),
}
LETTER_OF = {
    "criterion": N_("Elk criterium krijgt een letter:"),
    "work_process": N_("Elk werkproces krijgt een letter:"),
    "task": N_("Elke opdracht krijgt een letter:"),
    "part": N_("Deze onderdelen krijgen elk een letter: %(parts)s:"),
    "exam": N_("Het examen krijgt een letter:"),
}
ROUNDING = {
    "half_up": N_("afronding: %(decimals)s cijfers achter de komma, vanaf de helft naar boven"),
    "cut": N_("afronding: %(decimals)s cijfers achter de komma, de rest valt weg"),
    "up": N_("afronding: %(decimals)s cijfers achter de komma, altijd naar boven"),
    "none": N_("het wordt niet afgerond"),
}
ROUNDING_TO_ONE = {
    "half_up": N_("afronding: één cijfer achter de komma, vanaf de helft naar boven"),
    "cut": N_("afronding: één cijfer achter de komma, de rest valt weg"),
    "up": N_("afronding: één cijfer achter de komma, altijd naar boven"),
}
ROUNDING_TO_WHOLE = {
    "half_up": N_("afronding: een heel cijfer, vanaf de helft naar boven"),
    "cut": N_("afronding: een heel cijfer, de rest valt weg"),
    "up": N_("afronding: een heel cijfer, altijd naar boven"),
}
NOTHING_SAID = N_(
    "afronding: één cijfer achter de komma, vanaf de helft naar boven (dit examen zegt er niets anders over)"
)


def explain(rule: Rule, criteria: Criteria = ()) -> list[Explained]:
    """The rule in reading order. Of crucial criteria it speaks when the exam has them."""
    told = [one for step in rule.steps for one in _step(rule, step)]
    if any(one.critical for one in criteria):
        told += _critical(rule)
    return [*told, *_whole(rule)]


def rounding_told(rounding: Rounding) -> Reason:
    if rounding.how == "none":
        return reason(ROUNDING["none"])
    if rounding.decimals == 0:
        return reason(ROUNDING_TO_WHOLE[rounding.how])
    if rounding.decimals == 1:
        return reason(ROUNDING_TO_ONE[rounding.how])
    return reason(ROUNDING[rounding.how], decimals=rounding.decimals)


def _step(rule: Rule, step: Step) -> list[Explained]:
    letters = isinstance(step.taking, t.Grade)
    lead = _lead(step, (LETTER_OF if letters else MARK_OF)[step.over])
    told = _rows(lead, step.taking) if isinstance(step.taking, t.Grade) else [_value(lead, step)]
    if step.conditions:
        told.append(Explained(reason(N_("Daarbij geldt:")), _conditions(step.conditions)))
        told.append(Explained(otherwise_told(rule, step, step.otherwise)))
    return told


def _lead(step: Step, message: str) -> Reason:
    if step.over != "part":
        return reason(message)
    parts = "; ".join(f"{name} ({', '.join(items)})" for name, items in step.named_parts.items())
    return reason(message, parts=parts)


def _value(lead: Reason, step: Step) -> Explained:
    said = [] if isinstance(step.taking, t.Grade) else step.taking.told()
    for key, other in step.exceptions.items():
        said += [reason(N_("voor %(part)s geldt iets anders:"), part=key), *other.told()]
    said.append(reason(NOTHING_SAID) if step.rounding is None else rounding_told(step.rounding))
    return Explained(lead, tuple(said))


def _rows(lead: Reason, grade: t.Grade) -> list[Explained]:
    told = [Explained(lead)]
    for row in grade.rows:
        told.append(Explained(reason(N_("%(letter)s als:"), letter=row.letter), _conditions(row.conditions)))
    told.append(Explained(reason(N_("In alle andere gevallen: O."))))
    if grade.marks is not None:
        marks = ", ".join(f"{letter} = {mark_text_of(mark)}" for letter, mark in grade.marks.items())
        told.append(Explained(reason(N_("Als cijfer: %(marks)s."), marks=marks)))
    return told


def _conditions(conditions: Sequence[c.Condition]) -> tuple[Reason, ...]:
    return tuple(one.told() for one in conditions)


def otherwise_told(rule: Rule, step: Step, otherwise: Otherwise) -> Reason:
    if isinstance(otherwise, Fails):
        if isinstance(step.taking, t.Grade):
            return reason(N_("Is dat niet zo, dan is het onvoldoende (O)."))
        mark = mark_text_of(rule.pass_from - TENTH)
        return reason(N_("Is dat niet zo, dan is het onvoldoende, met hoogstens een %(mark)s."), mark=mark)
    if isinstance(otherwise, AtMost):
        if otherwise.letter is not None:
            return reason(N_("Is dat niet zo, dan is het hoogstens %(letter)s."), letter=otherwise.letter)
        return reason(N_("Is dat niet zo, dan is het cijfer hoogstens %(mark)s."), mark=_mark(otherwise.mark))
    if isinstance(otherwise, Fixed):
        return reason(N_("Is dat niet zo, dan is het cijfer %(mark)s."), mark=_mark(otherwise.mark))
    rows = ", ".join(f"{one.points} = {mark_text_of(one.mark)}" for one in otherwise.rows)
    return reason(N_("Is dat niet zo, dan geldt deze tabel (punten = cijfer): %(rows)s."), rows=rows)


def _mark(mark: Fraction | None) -> str:
    return "" if mark is None else mark_text_of(mark)


CRITICAL_LEAD = {
    "exam": N_("Is er een cruciaal criterium niet gehaald, dan geldt voor het examen:"),
    "part": N_("Is er een cruciaal criterium niet gehaald, dan geldt voor dat onderdeel:"),
    "work_process": N_("Is er een cruciaal criterium niet gehaald, dan geldt voor dat werkproces:"),
    "task": N_("Is er een cruciaal criterium niet gehaald, dan geldt voor die opdracht:"),
    "criterion": N_("Is een cruciaal criterium niet gehaald, dan geldt voor dat criterium:"),
}


def _critical(rule: Rule) -> list[Explained]:
    if len(rule.steps) == 1:
        message = N_("Een cruciaal criterium moet voldoende zijn. Anders is het hele examen onvoldoende.")
    else:
        message = N_(
            "Een cruciaal criterium moet voldoende zijn. Anders is elk deel waar het in zit onvoldoende, "
            "en het hele examen ook."
        )
    told = [Explained(reason(message))]
    for step in rule.steps:
        effect = _critical_effect(rule, step)
        if effect is not None:
            told.append(Explained(reason(CRITICAL_LEAD[step.over]), (effect,)))
    return told


def _critical_effect(rule: Rule, step: Step) -> Reason | None:
    chosen = step.critical or (Fails() if step.over == "exam" else None)
    if chosen is None or not step.gives_marks:
        return None
    if isinstance(chosen, AtMost):
        return (
            reason(N_("het cijfer is hoogstens %(mark)s"), mark=_mark(chosen.mark)) if chosen.mark else None
        )
    if isinstance(chosen, Fixed):
        return reason(N_("het cijfer is %(mark)s"), mark=_mark(chosen.mark))
    if isinstance(step.taking, t.Grade):
        return None
    return reason(N_("het cijfer is hoogstens %(mark)s"), mark=_mark(rule.pass_from - TENTH))


def _whole(rule: Rule) -> list[Explained]:
    told = []
    pass_from, good_from = mark_text_of(rule.pass_from), rule.good_from
    if any(_asks_for_a_pass(step) for step in rule.steps[1:]):
        told.append(
            Explained(reason(N_("Een deel is voldoende vanaf een %(pass_mark)s."), pass_mark=pass_from))
        )
    if not isinstance(rule.last.taking, t.Grade):
        if good_from is None or rule.scale == "passed":
            told.append(
                Explained(reason(N_("Vanaf een %(pass_mark)s is de uitslag voldoende."), pass_mark=pass_from))
            )
        else:
            message = N_("Vanaf een %(pass_mark)s is de uitslag voldoende, vanaf een %(good_mark)s goed.")
            told.append(Explained(reason(message, pass_mark=pass_from, good_mark=mark_text_of(good_from))))
    if rule.scale == "passed":
        told.append(Explained(reason(N_("De uitslag is behaald of niet behaald."))))
    if rule.scale == "grade" and rule.last.gives_marks:
        told.append(Explained(reason(N_("De uitslag is O, V of G; het cijfer zelf staat er niet bij."))))
    if rule.scale == "mark":
        told.append(_end_mark(rule))
    return told


def _asks_for_a_pass(step: Step) -> bool:
    """Whether it looks if the parts with their marks are sufficient, without saying from which mark on."""
    asked = [one for one in step.conditions if isinstance(one, c.InOrder)]
    rows = step.taking.rows if isinstance(step.taking, t.Grade) else ()
    own = [*step.conditions, *(one for row in rows for one in row.conditions)]
    for one in own:
        if isinstance(one, c.Each | c.Share) and one.at.kind == "sufficient" and not one.of_criteria:
            return True
    return bool(asked) or isinstance(step.taking, t.Share)


def _end_mark(rule: Rule) -> Explained:
    end = rule.end_mark
    if not end.said:
        return Explained(
            reason(
                N_(
                    "Het eindcijfer op de resultatenlijst is dit cijfer, afgerond op een heel cijfer "
                    "(dit examen zegt er niets anders over)."
                )
            )
        )
    if end.unrounded:
        lead = N_(
            "Het eindcijfer op de resultatenlijst komt van het cijfer vóór het afronden; dat beslist ook:"
        )
    else:
        lead = N_("Het eindcijfer op de resultatenlijst komt van het afgeronde cijfer:")
    return Explained(reason(lead), (rounding_told(end.rounding),))


def plain(told: Sequence[Explained]) -> list[str]:
    """The sentences one after the other, untranslated."""
    return [str(said) for one in told for said in (one.say, *one.under)]


def as_json(told: Sequence[Explained]) -> list[list[object]]:
    """To be frozen with a result: [[message, params], [[message, params], …]] for each sentence."""
    return [
        [[one.say.message, dict(one.say.params)], [[own.message, dict(own.params)] for own in one.under]]
        for one in told
    ]
