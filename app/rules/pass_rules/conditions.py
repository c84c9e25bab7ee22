"""What a rule can ask of the parts of a group. Each condition says what it asks, and why it is not met.

More points never make a condition untrue: that is what keeps a rule monotone.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar, Literal

from app.rules.pass_rules import parts as p
from app.rules.pass_rules.numbers import LOWEST, mark_text_of, text_of
from app.rules.text import N_, Reason, counted, reason

MISSED = {
    "criterion": N_("Criterium %(part)s: %(value)s, dus niet gehaald."),
    "work_process": N_("Werkproces %(part)s: %(value)s, dus niet gehaald."),
    "task": N_("Opdracht %(part)s: %(value)s, dus niet gehaald."),
    "part": N_("Onderdeel %(part)s: %(value)s, dus niet gehaald."),
}


@dataclass(frozen=True, slots=True)
class At:
    """How far a part must come: `sufficient`, `highest` (a criterion), `label`, `letter` or `mark`."""

    kind: Literal["sufficient", "highest", "label", "letter", "mark"]
    text: str = ""
    mark: Fraction = LOWEST

    def reached_by(self, part: p.Part) -> bool:
        if not part.counts:
            return False
        match self.kind:
            case "sufficient":
                return part.passed
            case "highest":
                return part.points == part.max_points
            case "label":
                wanted = part.criterion.level(self.text) if part.criterion else None
                return wanted is not None and part.points >= wanted.points
            case "letter":
                wanted_at = [one for one in p.LETTERS if one == self.text]
                return bool(wanted_at) and p.LETTERS.index(part.letter or "O") >= p.LETTERS.index(
                    wanted_at[0]
                )
            case "mark":
                return part.value >= self.mark

    @property
    def shown(self) -> str:
        return mark_text_of(self.mark) if self.kind == "mark" else self.text


EACH_CRITERION = {
    "sufficient": N_("elk criterium is voldoende"),
    "highest": N_("elk criterium krijgt het hoogste niveau"),
    "label": N_("elk criterium krijgt minstens %(level)s"),
}
EACH_PART = {
    "sufficient": N_("elk daarvan is voldoende"),
    "letter": N_("elk daarvan is minstens %(level)s"),
    "mark": N_("elk daarvan is minstens een %(level)s"),
}
SHARE_OF_CRITERIA = {
    "sufficient": N_("minstens %(percent)s procent van de criteria is voldoende"),
    "highest": N_("minstens %(percent)s procent van de criteria krijgt het hoogste niveau"),
    "label": N_("minstens %(percent)s procent van de criteria krijgt minstens %(level)s"),
}
SHARE_OF_PARTS = {
    "sufficient": N_("minstens %(percent)s procent daarvan is voldoende"),
    "letter": N_("minstens %(percent)s procent daarvan is minstens %(level)s"),
    "mark": N_("minstens %(percent)s procent daarvan is minstens een %(level)s"),
}


def _own(group: p.Parts, of_criteria: bool) -> p.Parts:
    return p.criteria_of(group) if of_criteria else group


@dataclass(frozen=True, slots=True)
class Each:
    """Every part (or every criterion) comes at least so far."""

    name: ClassVar = "each"
    at: At
    of_criteria: bool

    def holds(self, group: p.Parts) -> bool:
        return all(self.at.reached_by(one) for one in _own(group, self.of_criteria))

    def told(self) -> Reason:
        words = EACH_CRITERION if self.of_criteria else EACH_PART
        return reason(words[self.at.kind], **({"level": self.at.shown} if self.at.shown else {}))

    def missed(self, group: p.Parts) -> list[Reason]:
        """One sentence for all criteria, one for each larger part."""
        low = [one for one in _own(group, self.of_criteria) if not self.at.reached_by(one)]
        if self.of_criteria:
            return [reason(N_("Niet gehaald: criterium %(criteria)s."), criteria=p.named(low))]
        return [reason(MISSED[one.over], part=one.key, value=one.value_text) for one in low]


@dataclass(frozen=True, slots=True)
class Share:
    """At least so many percent of the parts (or of the criteria) come at least so far."""

    name: ClassVar = "share"
    percent: Fraction
    at: At
    of_criteria: bool

    def holds(self, group: p.Parts) -> bool:
        own = _own(group, self.of_criteria)
        return 100 * self._reached(own) >= self.percent * len(own)

    def told(self) -> Reason:
        words = SHARE_OF_CRITERIA if self.of_criteria else SHARE_OF_PARTS
        level = {"level": self.at.shown} if self.at.shown else {}
        return reason(words[self.at.kind], percent=text_of(self.percent), **level)

    def missed(self, group: p.Parts) -> list[Reason]:
        own = _own(group, self.of_criteria)
        message = (
            N_("%(count)s van de %(all)s criteria halen dat; %(percent)s procent is nodig.")
            if self.of_criteria
            else N_("%(count)s van de %(all)s onderdelen halen dat; %(percent)s procent is nodig.")
        )
        return [
            reason(message, count=self._reached(own), all=len(own), percent=text_of(self.percent)),
        ]

    def _reached(self, own: p.Parts) -> int:
        return sum(self.at.reached_by(one) for one in own)


@dataclass(frozen=True, slots=True)
class Points:
    """At least so many points, or so many percent of them."""

    name: ClassVar = "points"
    least: Fraction
    percent: bool

    def holds(self, group: p.Parts) -> bool:
        return p.points_of(group) >= self._needed(group)

    def told(self) -> Reason:
        if self.percent:
            return reason(N_("minstens %(percent)s procent van de punten"), percent=text_of(self.least))
        if self.least == 1:
            return reason(N_("minstens 1 punt"))
        return reason(N_("minstens %(points)s punten"), points=text_of(self.least))

    def missed(self, group: p.Parts) -> list[Reason]:
        return [
            counted(
                p.points_of(group),
                N_("1 punt behaald; %(threshold)s zijn nodig."),
                N_("%(points)s punten behaald; %(threshold)s zijn nodig."),
                points=p.points_of(group),
                threshold=text_of(self._needed(group)),
            )
        ]

    def _needed(self, group: p.Parts) -> Fraction:
        return self.least * p.max_points_of(group) / 100 if self.percent else self.least


@dataclass(frozen=True, slots=True)
class Average:
    """At least so many points for each criterion, on average."""

    name: ClassVar = "average"
    least: Fraction

    def holds(self, group: p.Parts) -> bool:
        return p.points_of(group) >= self.least * len(p.criteria_of(group))

    def told(self) -> Reason:
        if self.least == 1:
            return reason(N_("gemiddeld minstens 1 punt per criterium"))
        return reason(N_("gemiddeld minstens %(points)s punten per criterium"), points=text_of(self.least))

    def missed(self, group: p.Parts) -> list[Reason]:
        return [
            reason(
                N_("Het gemiddelde per criterium is %(points)s; nodig is %(needed)s."),
                points=text_of(Fraction(p.points_of(group), len(p.criteria_of(group)))),
                needed=text_of(self.least),
            )
        ]


@dataclass(frozen=True, slots=True)
class InOrder:
    """The parts are phases: after one that was failed, the later ones do not count."""

    name: ClassVar = "phases"

    def holds(self, group: p.Parts) -> bool:
        return all(one.passed for one in group)

    def told(self) -> Reason:
        return reason(
            N_("op volgorde: na een onvoldoende tellen de delen daarna als niets (0 punten, 1,0, O)")
        )

    def missed(self, group: p.Parts) -> list[Reason]:
        failed = next(one for one in group if not one.passed)
        return [reason(MISSED[failed.over], part=failed.key, value=failed.value_text)]


Condition = Each | Share | Points | Average | InOrder


def as_they_count(group: p.Parts, conditions: tuple[Condition, ...]) -> p.Parts:
    """The parts as they count: with phases, all after the first that was failed count as nothing."""
    if not any(isinstance(one, InOrder) for one in conditions):
        return group
    made: list[p.Part] = []
    on = True
    for one in group:
        made.append(one if on else _not_counted(one))
        on = on and one.passed
    return made


def _not_counted(part: p.Part) -> p.Part:
    return replace(
        part,
        points=0,
        passed=False,
        mark=None if part.mark is None else LOWEST,
        exact=None if part.exact is None else LOWEST,
        letter=None if part.letter is None else "O",
        counts=False,
        criteria=tuple(_not_counted(one) for one in part.criteria),
    )
