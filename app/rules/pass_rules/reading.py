"""Reads a pass rule from plain data (TOML, JSON): strictly, with place and reason of what is wrong."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

from app.errors import RuleBroken
from app.rules.pass_rules import conditions as c
from app.rules.pass_rules import parts as p
from app.rules.pass_rules import taking as t
from app.rules.pass_rules.numbers import HIGHEST, LOWEST, PASS, USUAL, How, Rounding, exact, mark_text_of
from app.rules.pass_rules.rule import AtMost, EndMark, Fails, Fixed, Otherwise, Rule, Scale, Step
from app.rules.pass_rules.tables import TableBroken, read_table
from app.rules.text import N_

SCALES: tuple[Scale, ...] = ("mark", "grade", "passed")
OVERS: tuple[p.Over, ...] = ("criterion", "work_process", "task", "part", "exam")
TAKES = ("points", "share", "mean", "weighted", "lowest", "table", "grade")
HOWS: tuple[How, ...] = ("half_up", "cut", "up", "none")
MAX_STEPS = 12
MAX_ROWS = 6
MAX_DECIMALS = 4


class PassRuleBroken(RuleBroken):
    """A pass rule is wrong; `place` is the field, like `step[2].weights`."""

    def __init__(self, message: str, *, place: str, **params: Any) -> None:
        super().__init__(message, field=place, place=place, **params)
        self.place = place


class Fields:
    """One table of the data. Ask for its fields by kind; `close` refuses those that nobody asked for."""

    def __init__(self, data: object, place: str) -> None:
        if not isinstance(data, Mapping):
            raise PassRuleBroken(N_("Cesuur: “%(place)s” moet een tabel zijn."), place=place)
        self.data: Mapping[str, Any] = data
        self.place = place
        self._asked: set[str] = set()

    def at(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def broken(self, name: str, message: str, **params: Any) -> PassRuleBroken:
        return PassRuleBroken(message, place=self.at(name), **params)

    def get(self, name: str) -> Any:
        self._asked.add(name)
        return self.data.get(name)

    def needed(self, name: str) -> Any:
        value = self.get(name)
        if value is None:
            raise self.broken(name, N_("Cesuur: “%(place)s” ontbreekt."))
        return value

    def choice(self, name: str, choices: Collection[str], default: str | None = None) -> str:
        value = self.get(name)
        value = default if value is None else value
        if not isinstance(value, str) or value not in choices:
            message = N_("Cesuur: “%(place)s” moet een van deze zijn: %(choices)s.")
            raise self.broken(name, message, choices=", ".join(choices))
        return value

    def number(self, name: str, low: Fraction, high: Fraction) -> Fraction:
        number = exact(self.needed(name))
        if number is None or not low <= number <= high:
            message = N_("Cesuur: “%(place)s” moet een getal zijn van %(low)s tot en met %(high)s.")
            raise self.broken(name, message, low=mark_text_of(low), high=mark_text_of(high))
        return number

    def mark(self, name: str) -> Fraction:
        return self.number(name, LOWEST, HIGHEST)

    def flag(self, name: str) -> bool:
        value = self.get(name)
        if not isinstance(value, bool | None):
            raise self.broken(name, N_("Cesuur: “%(place)s” moet true of false zijn."))
        return bool(value)

    def inner(self, name: str) -> "Fields":
        return Fields(self.needed(name), self.at(name))

    def rows(self, name: str, most: int) -> list["Fields"]:
        value = self.needed(name)
        if not isinstance(value, list) or not 0 < len(value) <= most:
            message = N_("Cesuur: “%(place)s” moet een lijst van 1 tot en met %(most)s zijn.")
            raise self.broken(name, message, most=most)
        return [Fields(one, self.at(f"{name}[{number}]")) for number, one in enumerate(value, 1)]

    def close(self) -> None:
        for name in self.data:
            if name not in self._asked:
                known = ", ".join(sorted(self._asked))
                near = get_close_matches(str(name), sorted(self._asked), n=1)
                if near:
                    message = N_("Cesuur: “%(place)s” bestaat niet; misschien bedoelt u “%(near)s”.")
                    raise self.broken(name, message, near=near[0])
                message = N_("Cesuur: “%(place)s” bestaat hier niet; toegestaan: %(known)s.")
                raise self.broken(name, message, known=known)


def read(data: object) -> Rule:
    """The rule. PassRuleBroken: the first thing that is wrong. checking.py says whether it fits an exam."""
    fields = Fields(data, "")
    scale = _scale(fields)
    pass_from = fields.mark("pass_from") if "pass_from" in fields.data else PASS
    good_from = fields.mark("good_from") if "good_from" in fields.data else None
    steps = _steps(fields, pass_from)
    end = _end_mark(fields)
    fields.close()
    rule = Rule(scale, steps, pass_from, good_from, end)
    _check_whole(fields, rule)
    return rule


def _scale(fields: Fields) -> Scale:
    chosen = fields.choice("scale", SCALES)
    return next(one for one in SCALES if one == chosen)


def _steps(fields: Fields, pass_from: Fraction) -> tuple[Step, ...]:
    made: list[Step] = []
    for one in fields.rows("step", MAX_STEPS):
        made.append(_StepReader(one, made, pass_from).read())
    return tuple(made)


def _end_mark(fields: Fields) -> EndMark:
    if "end_mark" not in fields.data:
        return EndMark()
    own = fields.inner("end_mark")
    rounding = _rounding(own, default=0)
    source = own.choice("of", ("rounded", "unrounded"), "rounded")
    own.close()
    if rounding.how == "none" or rounding.decimals > 1:
        raise fields.broken("end_mark", N_("Cesuur: “%(place)s”: een eindcijfer heeft 0 of 1 decimaal."))
    return EndMark(rounding, source == "unrounded", said=True)


def _check_whole(fields: Fields, rule: Rule) -> None:
    last = rule.last
    if last.over != "exam":
        message = N_("Cesuur: “%(place)s”: de laatste stap gaat over het hele examen (exam).")
        raise PassRuleBroken(message, place=f"{last.place}.over")
    if rule.good_from is not None and rule.good_from < rule.pass_from:
        raise fields.broken("good_from", N_("Cesuur: “%(place)s” is lager dan de voldoende."))
    if rule.good_from is not None and (rule.scale == "passed" or isinstance(last.taking, t.Grade)):
        raise fields.broken(
            "good_from", N_("Cesuur: “%(place)s” doet niets: goed komt hier niet van een cijfer.")
        )
    if rule.end_mark.said and rule.scale != "mark":
        message = N_("Cesuur: “%(place)s”: een eindcijfer hoort bij een examen met een cijfer (mark).")
        raise fields.broken("end_mark", message)
    if rule.pass_from <= LOWEST:
        raise fields.broken("pass_from", N_("Cesuur: “%(place)s” moet hoger zijn dan 1,0."))
    if rule.scale == "mark" and not last.gives_marks:
        message = N_(
            "Cesuur: “%(place)s”: een examen met een cijfer heeft bij de letters cijfers nodig (marks)."
        )
        raise PassRuleBroken(message, place=f"{last.place}.marks")
    if last.gives_marks and not isinstance(last.taking, t.Grade):
        _check_last_rounding(last)


def _check_last_rounding(last: Step) -> None:
    if last.rounds.how == "none" or last.rounds.decimals > 1:
        message = N_("Cesuur: “%(place)s”: het cijfer van het examen heeft 0 of 1 decimaal.")
        raise PassRuleBroken(message, place=f"{last.place}.round")


def _rounding(fields: Fields, default: int) -> Rounding:
    decimals = default
    if "decimals" in fields.data:
        decimals = int(fields.number("decimals", Fraction(0), Fraction(MAX_DECIMALS)))
    chosen = fields.choice("how", HOWS, "half_up")
    return Rounding(decimals, next(one for one in HOWS if one == chosen))


class _StepReader:
    """Reads one step, knowing what the steps above made: criteria still, marks, or letters."""

    def __init__(self, fields: Fields, above: list[Step], pass_from: Fraction) -> None:
        self.fields = fields
        self.above = above
        self.pass_from = pass_from
        self.of_criteria = not above
        self.has_marks = bool(above) and above[-1].gives_marks
        self.has_letters = bool(above) and isinstance(above[-1].taking, t.Grade)

    def read(self) -> Step:
        fields = self.fields
        over = self._over()
        named_parts = self._named_parts() if over == "part" else {}
        taking = self._taking(fields, over)
        rounding = None
        if "round" in fields.data:
            own = fields.inner("round")
            rounding = _rounding(own, USUAL.decimals)
            own.close()
        step = Step(
            place=fields.place,
            over=over,
            taking=taking,
            exceptions=self._exceptions(over, taking),
            named_parts=named_parts,
            rounding=rounding,
            conditions=self._conditions(fields, phases=True),
            otherwise=self._otherwise("otherwise", taking),
            critical=self._critical(over, taking),
        )
        fields.close()
        if "otherwise" in fields.data and not step.conditions:
            raise fields.broken(
                "otherwise", N_("Cesuur: “%(place)s”: er is geen voorwaarde waar dit bij hoort.")
            )
        return step

    # --- groups -------------------------------------------------------------------------------

    def _over(self) -> p.Over:
        chosen = self.fields.choice("over", OVERS)
        over = next(one for one in OVERS if one == chosen)
        before = [one.over for one in self.above]
        if over == "criterion" and before:
            raise self.fields.broken(
                "over", N_("Cesuur: “%(place)s”: alleen de eerste stap gaat over criteria.")
            )
        if "exam" in before:
            message = N_("Cesuur: “%(place)s”: na de stap over het hele examen komt geen stap meer.")
            raise self.fields.broken("over", message)
        if over != "part" and over in before:
            raise self.fields.broken("over", N_("Cesuur: “%(place)s” staat in een eerdere stap al."))
        return over

    def _named_parts(self) -> dict[str, tuple[str, ...]]:
        """Parts that the rule names: of items of the step above, each in one; never of themselves."""
        own = self.fields.inner("parts")
        made: dict[str, tuple[str, ...]] = {}
        seen: dict[str, str] = {}
        earlier = {name for step in self.above for name in step.named_parts}
        for name in own.data:
            items = own.needed(name)
            if not isinstance(items, list) or not items or not all(isinstance(one, str) for one in items):
                raise own.broken(name, N_("Cesuur: “%(place)s” moet een lijst met namen van delen zijn."))
            for item in items:
                if item in own.data and item not in earlier:
                    message = N_(
                        "Cesuur: “%(place)s” bestaat uit een deel dat er zelf weer uit bestaat: %(item)s."
                    )
                    raise own.broken(name, message, item=item)
                if item in seen:
                    message = N_("Cesuur: “%(place)s”: %(item)s zit al in %(other)s.")
                    raise own.broken(name, message, item=item, other=seen[item])
                seen[item] = name
            made[name] = tuple(items)
        return made

    # --- values -------------------------------------------------------------------------------

    def _taking(self, fields: Fields, over: p.Over) -> t.Taking | t.Grade:
        take = fields.choice("take", TAKES)
        if take in ("mean", "weighted", "lowest") and not self.has_marks:
            message = N_("Cesuur: “%(place)s”: dit kan alleen als een eerdere stap cijfers geeft.")
            raise fields.broken("take", message)
        match take:
            case "points":
                return t.Points(self._cesuur(fields))
            case "share":
                return t.Share(self._cesuur(fields))
            case "mean":
                return t.Mean()
            case "weighted":
                return t.Weighted(self._weights(fields))
            case "lowest":
                return t.Lowest()
            case "table":
                return self._table(fields, over)
        return self._grade(fields)

    def _cesuur(self, fields: Fields) -> t.Cesuur:
        raw = fields.get("cesuur")
        if raw is None:
            return t.HALF
        number, percent = self._percent(raw)
        if number is None or number <= 0 or (percent and number >= 100):
            message = N_(
                "Cesuur: “%(place)s” moet tussen 0 en 100 procent liggen, of een aantal punten zijn."
            )
            raise fields.broken("cesuur", message)
        return t.Cesuur(number, percent)

    @staticmethod
    def _percent(raw: object) -> tuple[Fraction | None, bool]:
        """The text "75%" is 75 percent; 12 is twelve points."""
        percent = isinstance(raw, str) and raw.rstrip().endswith("%")
        return exact(str(raw).rstrip().rstrip("%").rstrip() if percent else raw), percent

    def _weights(self, fields: Fields) -> dict[str, Fraction]:
        """Percentages add up to 100; plain numbers (9 and 1) are shares and need not."""
        own = fields.inner("weights")
        read = {name: self._percent(own.needed(name)) for name in own.data}
        weights: dict[str, Fraction] = {}
        for name, (weight, _percent) in read.items():
            if weight is None or not 0 < weight <= 1000:
                raise own.broken(name, N_("Cesuur: “%(place)s” moet een gewicht boven 0 zijn."))
            weights[name] = weight
        percents = {percent for _weight, percent in read.values()}
        if len(percents) != 1:
            raise fields.broken("weights", N_("Cesuur: “%(place)s”: alle gewichten zijn procenten, of geen."))
        total = sum(weights.values(), Fraction(0))
        if percents == {True} and total != 100:
            message = N_("Cesuur: “%(place)s” telt op tot %(total)s procent in plaats van 100.")
            raise fields.broken("weights", message, total=mark_text_of(total))
        return weights

    def _table(self, fields: Fields, over: p.Over) -> t.Table | t.Labels:
        own = fields.inner("table")
        if over == "criterion":
            marks = {name: own.mark(name) for name in own.data}
            if not marks:
                raise fields.broken("table", N_("Cesuur: “%(place)s” is leeg."))
            return t.Labels(marks)
        return read_points_table(own)

    def _grade(self, fields: Fields) -> t.Grade:
        rows = tuple(self._grade_row(one) for one in fields.rows("rows", MAX_ROWS))
        letters = [one.letter for one in rows]
        if letters != sorted(letters) or letters[-1] != "V":
            message = N_(
                "Cesuur: “%(place)s”: de rijen staan van hoog naar laag (G, V); wie geen rij haalt, krijgt O."
            )
            raise fields.broken("rows", message)
        return t.Grade(rows, self._marks(fields, letters) if "marks" in fields.data else None)

    def _grade_row(self, fields: Fields) -> t.GradeRow:
        chosen = fields.choice("grade", ("V", "G"))
        conditions = self._conditions(fields, phases=False)
        fields.close()
        if not conditions:
            raise fields.broken("each", N_("Cesuur: “%(place)s” of een andere voorwaarde ontbreekt."))
        return t.GradeRow(next(one for one in p.LETTERS if one == chosen), conditions)

    def _marks(self, fields: Fields, letters: list[p.Letter]) -> dict[p.Letter, Fraction]:
        own = fields.inner("marks")
        wanted = [one for one in p.LETTERS if one == "O" or one in letters]
        marks: dict[p.Letter, Fraction] = {one: own.mark(one) for one in wanted}
        own.close()
        values = list(marks.values())
        if values != sorted(values) or not marks["O"] < self.pass_from <= marks["V"]:
            message = N_(
                "Cesuur: “%(place)s”: O is lager dan de voldoende, V is voldoende en G is niet lager dan V."
            )
            raise fields.broken("marks", message)
        return marks

    def _exceptions(self, over: p.Over, taking: t.Taking | t.Grade) -> dict[str, t.Taking]:
        if "exceptions" not in self.fields.data:
            return {}
        own = self.fields.inner("exceptions")
        made: dict[str, t.Taking] = {}
        for name in own.data:
            inner = own.inner(name)
            other = self._taking(inner, over)
            inner.close()
            if isinstance(other, t.Grade) or isinstance(taking, t.Grade) or over == "exam":
                raise own.broken(name, N_("Cesuur: “%(place)s”: hier kan geen uitzondering staan."))
            made[name] = other
        return made

    # --- conditions ---------------------------------------------------------------------------

    def _conditions(self, fields: Fields, *, phases: bool) -> tuple[c.Condition, ...]:
        made: list[c.Condition] = []
        if phases and fields.flag("phases"):
            if self.of_criteria:
                message = N_("Cesuur: “%(place)s”: eerst moet een stap de delen maken die op volgorde gaan.")
                raise fields.broken("phases", message)
            made.append(c.InOrder())
        if "each" in fields.data:
            made.append(c.Each(*self._each(fields)))
        if "share" in fields.data:
            own = fields.inner("share")
            percent = own.number("percent", Fraction(1, 100), Fraction(100))
            at, of_criteria = self._at(own)
            own.close()
            made.append(c.Share(percent, at, of_criteria))
        if "points" in fields.data:
            made.append(self._points(fields))
        if "average" in fields.data:
            made.append(c.Average(fields.number("average", Fraction(1, 100), Fraction(1000))))
        return tuple(made)

    def _points(self, fields: Fields) -> c.Points:
        least, percent = self._percent(fields.needed("points"))
        if least is None or least <= 0 or (percent and least > 100):
            raise fields.broken(
                "points", N_("Cesuur: “%(place)s” moet een aantal punten zijn, of een percentage.")
            )
        return c.Points(least, percent)

    def _each(self, fields: Fields) -> tuple[c.At, bool]:
        """`each = "5.5"`, or `each = {at = "sufficient", of = "criteria"}`."""
        value = fields.needed("each")
        own = Fields(value if isinstance(value, Mapping) else {"at": value}, fields.at("each"))
        found = self._at(own)
        own.close()
        return found

    def _at(self, fields: Fields) -> tuple[c.At, bool]:
        source = fields.choice("of", ("criteria", "parts"), "criteria" if self.of_criteria else "parts")
        if source == "parts" and self.of_criteria:
            message = N_("Cesuur: “%(place)s”: er zijn nog geen delen; een eerdere stap moet ze maken.")
            raise fields.broken("of", message)
        value = fields.needed("at")
        if value == "sufficient":
            return c.At("sufficient"), source == "criteria"
        if source == "criteria":
            if value == "highest":
                return c.At("highest"), True
            if not isinstance(value, str):
                raise fields.broken(
                    "at", N_('Cesuur: “%(place)s” moet de naam van een niveau zijn, tussen "".')
                )
            return c.At("label", value), True
        if self.has_letters and value in ("V", "G"):
            return c.At("letter", value), False
        if self.has_marks:
            return c.At("mark", mark=fields.mark("at")), False
        raise fields.broken("at", N_("Cesuur: “%(place)s” moet V of G zijn, of sufficient."))

    # --- what happens when it does not hold -------------------------------------------------------

    def _otherwise(self, name: str, taking: t.Taking | t.Grade) -> Otherwise:
        raw = self.fields.get(name)
        if raw is None or raw == "fails":
            return Fails()
        own = self.fields.inner(name)
        if len(own.data) != 1:
            message = N_('Cesuur: “%(place)s” is "fails", of één van deze: at_most, value, table.')
            raise self.fields.broken(name, message)
        made = self._effect(own, taking)
        own.close()
        return made

    def _effect(self, own: Fields, taking: t.Taking | t.Grade) -> Otherwise:
        letters = isinstance(taking, t.Grade)
        marks = not isinstance(taking, t.Grade) or taking.marks is not None
        if "at_most" in own.data:
            if letters and own.data["at_most"] in ("O", "V"):
                own.get("at_most")
                return AtMost(letter="V" if own.data["at_most"] == "V" else "O")
            if marks:
                return AtMost(mark=own.mark("at_most"))
            raise own.broken("at_most", N_("Cesuur: “%(place)s” moet O of V zijn."))
        if "value" in own.data and not letters:
            return Fixed(own.mark("value"))
        if "table" in own.data and isinstance(taking, t.Points | t.Table):
            return read_points_table(own.inner("table"))
        raise own.broken(next(iter(own.data)), N_("Cesuur: “%(place)s” kan hier niet."))

    def _critical(self, over: p.Over, taking: t.Taking | t.Grade) -> Otherwise | None:
        if self.fields.get("critical") is None:
            return None
        made = self._otherwise("critical", taking)
        mark = made.mark if isinstance(made, AtMost | Fixed) else None
        passing = over == "exam" and mark is not None and mark >= self.pass_from
        if passing or isinstance(made, t.Table):
            message = N_("Cesuur: “%(place)s” moet lager zijn dan de voldoende.")
            raise self.fields.broken("critical", message)
        return made


def read_points_table(own: Fields) -> t.Table:
    """`{"0-3" = "4.0", "4-6" = "5.5"}`: from nothing on, without a gap, and never down."""
    try:
        return read_table({name: own.mark(name) for name in own.data}, own.place)
    except TableBroken as error:
        raise PassRuleBroken(error.message, **error.params) from error
