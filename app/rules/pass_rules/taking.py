"""How a group of parts becomes one value: each way says how, works it out, and shows its working."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from app.rules.pass_rules import parts as p
from app.rules.pass_rules.conditions import Condition
from app.rules.pass_rules.numbers import mark_text_of, on_the_line, text_of
from app.rules.text import N_, Reason, counted, reason

LINE_PERCENT = N_(
    "bij %(percent)s procent van de punten is het cijfer 5,5; daaronder loopt het van 1,0 tot 5,5, "
    "daarboven van 5,5 tot 10"
)
LINE_POINTS = N_(
    "bij een puntenaantal van %(points)s is het cijfer 5,5; daaronder loopt het van 1,0 tot 5,5, "
    "daarboven van 5,5 tot 10"
)
LINE_HALF = N_("het cijfer is 1 + 9 × behaalde punten ÷ maximum")


@dataclass(frozen=True, slots=True)
class Cesuur:
    """Where the line from points to marks bends: a percentage of the points, or a number of them."""

    at: Fraction
    percent: bool

    def mark(self, points: int, max_points: int) -> Fraction:
        share = self.at / 100 if self.percent else self.at / max_points
        return on_the_line(Fraction(points, max_points), share)

    def told(self) -> Reason:
        if not self.percent:
            return reason(LINE_POINTS, points=text_of(self.at))
        return reason(LINE_HALF) if self.at == 50 else reason(LINE_PERCENT, percent=text_of(self.at))


HALF = Cesuur(Fraction(50), True)


@dataclass(frozen=True, slots=True)
class Points:
    """The points of the group, over the line."""

    name: ClassVar = "points"
    cesuur: Cesuur = HALF

    def of(self, group: p.Parts) -> Fraction:
        return self.cesuur.mark(p.points_of(group), p.max_points_of(group))

    def told(self) -> list[Reason]:
        return [self.cesuur.told()]

    def worked(self, group: p.Parts, mark: Fraction) -> Reason:
        return reason(
            N_("%(points)s van %(maximum)s punten → %(mark)s"),
            points=p.points_of(group),
            maximum=p.max_points_of(group),
            mark=mark_text_of(mark),
        )


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the parts are sufficient, over the line."""

    name: ClassVar = "share"
    cesuur: Cesuur = HALF

    def of(self, group: p.Parts) -> Fraction:
        return self.cesuur.mark(self._sufficient(group), len(group))

    def told(self) -> list[Reason]:
        return [reason(N_("elk deel dat voldoende is, telt voor één punt")), self.cesuur.told()]

    def worked(self, group: p.Parts, mark: Fraction) -> Reason:
        return reason(
            N_("%(count)s van %(all)s voldoende → %(mark)s"),
            count=self._sufficient(group),
            all=len(group),
            mark=mark_text_of(mark),
        )

    def _sufficient(self, group: p.Parts) -> int:
        return sum(one.passed for one in group)


@dataclass(frozen=True, slots=True)
class Mean:
    name: ClassVar = "mean"

    def of(self, group: p.Parts) -> Fraction:
        return sum((one.value for one in group), Fraction(0)) / len(group)

    def told(self) -> list[Reason]:
        return [reason(N_("het is het gemiddelde van die cijfers"))]

    def worked(self, group: p.Parts, mark: Fraction) -> Reason:
        return reason(
            N_("Gemiddelde van %(values)s → %(mark)s"), values=_values(group), mark=mark_text_of(mark)
        )


@dataclass(frozen=True, slots=True)
class Weighted:
    """The mean with a weight for each part: 80, 10 and 10, or 9 and 1."""

    name: ClassVar = "weighted"
    weights: Mapping[str, Fraction]

    def of(self, group: p.Parts) -> Fraction:
        total = sum((self.weights[one.key] for one in group), Fraction(0))
        return sum((one.value * self.weights[one.key] for one in group), Fraction(0)) / total

    def told(self) -> list[Reason]:
        weights = ", ".join(f"{key}: {text_of(weight)}" for key, weight in self.weights.items())
        return [reason(N_("het is het gewogen gemiddelde van die cijfers (%(weights)s)"), weights=weights)]

    def worked(self, group: p.Parts, mark: Fraction) -> Reason:
        values = " · ".join(f"{text_of(self.weights[one.key])} × {one.value_text}" for one in group)
        return reason(
            N_("Gewogen gemiddelde van %(values)s → %(mark)s"), values=values, mark=mark_text_of(mark)
        )


@dataclass(frozen=True, slots=True)
class Lowest:
    name: ClassVar = "lowest"

    def of(self, group: p.Parts) -> Fraction:
        return min(one.value for one in group)

    def told(self) -> list[Reason]:
        return [reason(N_("het is het laagste van die cijfers"))]

    def worked(self, group: p.Parts, mark: Fraction) -> Reason:
        return reason(N_("Laagste van %(values)s → %(mark)s"), values=_values(group), mark=mark_text_of(mark))


@dataclass(frozen=True, slots=True)
class Row:
    """From `low` up to and including `high` points: this mark."""

    low: int
    high: int
    mark: Fraction

    @property
    def points(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"


@dataclass(frozen=True, slots=True)
class Table:
    """The points of the group, looked up."""

    name: ClassVar = "table"
    rows: tuple[Row, ...]

    def of(self, group: p.Parts) -> Fraction:
        points = p.points_of(group)
        return next(one.mark for one in self.rows if one.low <= points <= one.high)

    def told(self) -> list[Reason]:
        rows = ", ".join(f"{one.points} = {mark_text_of(one.mark)}" for one in self.rows)
        return [reason(N_("het cijfer staat in een tabel (punten = cijfer): %(rows)s"), rows=rows)]

    def worked(self, group: p.Parts, mark: Fraction) -> Reason:
        return counted(
            p.points_of(group),
            N_("1 punt in de tabel → %(mark)s"),
            N_("%(points)s punten in de tabel → %(mark)s"),
            points=p.points_of(group),
            mark=mark_text_of(mark),
        )


@dataclass(frozen=True, slots=True)
class Labels:
    """The level of a criterion, looked up: O = 4, V = 6, G = 8."""

    name: ClassVar = "table"
    marks: Mapping[str, Fraction]

    def of(self, group: p.Parts) -> Fraction:
        level = group[0].level
        return self.marks[level.label if level else ""]

    def told(self) -> list[Reason]:
        return [
            reason(N_("het cijfer staat in een tabel (niveau = cijfer): %(rows)s"), rows=_marks(self.marks))
        ]

    def worked(self, group: p.Parts, mark: Fraction) -> Reason:
        level = group[0].level
        return reason(N_("%(level)s → %(mark)s"), level=level.label if level else "", mark=mark_text_of(mark))


@dataclass(frozen=True, slots=True)
class GradeRow:
    letter: p.Letter
    conditions: tuple[Condition, ...]

    def holds(self, group: p.Parts) -> bool:
        return all(one.holds(group) for one in self.conditions)

    def missed(self, group: p.Parts) -> list[Reason]:
        return [said for one in self.conditions if not one.holds(group) for said in one.missed(group)]


@dataclass(frozen=True, slots=True)
class Grade:
    """Rows from high to low: the first of which all conditions hold gives the letter, else it is O."""

    name: ClassVar = "grade"
    rows: tuple[GradeRow, ...]
    marks: Mapping[p.Letter, Fraction] | None = None

    def letter(self, group: p.Parts) -> p.Letter:
        return next((one.letter for one in self.rows if one.holds(group)), "O")

    def worked(self, group: p.Parts, *, whole: bool) -> list[Reason]:
        """Which row it is, and what kept it from the row above. Of a part only what it missed."""
        letter = self.letter(group)
        above = [one for one in self.rows if p.LETTERS.index(one.letter) > p.LETTERS.index(letter)]
        said = []
        if whole and letter != "O":
            said.append(reason(N_("Alles wat voor %(letter)s nodig is, is gehaald."), letter=letter))
        if above:
            said.append(reason(N_("Voor %(letter)s is niet alles gehaald:"), letter=above[-1].letter))
            said += above[-1].missed(group)
        return said


Taking = Points | Share | Mean | Weighted | Lowest | Table | Labels


def _values(group: p.Parts) -> str:
    return " · ".join(one.value_text for one in group)


def _marks(marks: Mapping[str, Fraction]) -> str:
    return ", ".join(f"{label} = {mark_text_of(mark)}" for label, mark in marks.items())
