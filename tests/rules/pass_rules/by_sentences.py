"""An independent calculator: it reads nothing of a rule but the sentences that people read, in Dutch.

What it makes of them must be what the rule decides: so the sentences are right, and leave nothing out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from app.rules.pass_rules import Criterion, Explained, Level

Mark = Fraction
SIZES = {"criterium": "criterion", "werkproces": "work_process", "opdracht": "task"}


@dataclass
class Piece:
    """A criterion, or what a step made of some."""

    name: str
    criteria: list[tuple[Criterion, Level, bool]]  # whether it counts
    points: int
    most: int
    ok: bool
    mark: Mark | None = None
    exact: Mark | None = None
    letter: str | None = None
    counts: bool = True


@dataclass
class Told:
    """One step, as far as the sentences tell of it."""

    size: str
    letters: bool
    named: dict[str, list[str]] = field(default_factory=dict)
    ways: dict[str, list[str]] = field(default_factory=lambda: {"": []})
    rounding: str = ""
    rows: list[tuple[str, list[str]]] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    otherwise: str = ""
    critical: str = ""


def number(text: str) -> Fraction:
    return Fraction(text.replace(",", "."))


def found(pattern: str, text: str) -> Any:
    return re.fullmatch(pattern, text)


class BySentences:
    def __init__(self, told: Sequence[Explained]) -> None:
        self.steps: list[Told] = []
        self.pass_from = Fraction(11, 2)
        self.good_from: Mark | None = None
        self.says_letters = self.only_passed = self.gives_mark = self.unrounded = self.critical = False
        self.end_rounding = "afronding: een heel cijfer, vanaf de helft naar boven"
        for one in told:
            self._read(str(one.say), [str(under) for under in one.under])

    # --- reading ------------------------------------------------------------------------------

    def _read(self, say: str, under: list[str]) -> None:
        for read in (self._lead, self._row, self._critical, self._border, self._end):
            if read(say, under):
                return
        raise AssertionError(f"not understood: {say}")

    def _lead(self, say: str, under: list[str]) -> bool:
        if m := found(r"Elke? (\w+) krijgt een (eigen cijfer|letter):", say):
            step = Told(SIZES[m[1]], m[2] == "letter")
        elif m := found(r"Deze onderdelen krijgen elk een (eigen cijfer|letter): (.*):", say):
            step = Told("part", m[1] == "letter")
            for one in m[2].split("; "):
                name, items = found(r"(.*) \((.*)\)", one).groups()
                step.named[name] = items.split(", ")
        elif m := found(r"Het examen krijgt een (cijfer|letter):", say):
            step = Told("exam", m[1] == "letter")
        else:
            return False
        way = ""
        for line in under:
            if m := found(r"voor (.*) geldt iets anders:", line):
                way = m[1]
                step.ways[way] = []
            elif line.startswith("afronding:") or line == "het wordt niet afgerond":
                step.rounding = line
            else:
                step.ways[way].append(line)
        self.steps.append(step)
        return True

    def _row(self, say: str, under: list[str]) -> bool:
        if m := found(r"(V|G) als:", say):
            self.steps[-1].rows.append((m[1], under))
        elif m := found(r"Als cijfer: (.*)\.", say):
            self.steps[-1].marks = table(m[1])
        elif say == "Daarbij geldt:":
            self.steps[-1].asked = under
        elif say.startswith("Is dat niet zo, dan "):
            self.steps[-1].otherwise = say.removeprefix("Is dat niet zo, dan ").removesuffix(".")
        else:
            return say == "In alle andere gevallen: O."
        return True

    def _critical(self, say: str, under: list[str]) -> bool:
        if say.startswith("Een cruciaal criterium moet voldoende zijn. Anders"):
            self.critical = True
        elif m := found(
            r"Is (?:er )?een cruciaal criterium niet gehaald, dan geldt voor (?:dat |die |het )(\w+):", say
        ):
            size = {"onderdeel": "part", "examen": "exam", **SIZES}[m[1]]
            (effect,) = under
            next(one for one in self.steps if one.size == size).critical = effect
        else:
            return False
        return True

    def _border(self, say: str, under: list[str]) -> bool:
        if m := found(r"Vanaf een (\S+) is de uitslag voldoende(?:, vanaf een (\S+) goed)?\.", say):
            self.pass_from = number(m[1])
            self.good_from = number(m[2]) if m[2] else None
        elif m := found(r"Een deel is voldoende vanaf een (\S+)\.", say):
            self.pass_from = number(m[1])
        else:
            return False
        return True

    def _end(self, say: str, under: list[str]) -> bool:
        if say == "De uitslag is behaald of niet behaald.":
            self.only_passed = True
        elif say == "De uitslag is O, V of G; het cijfer zelf staat er niet bij.":
            self.says_letters = True
        elif say.startswith("Het eindcijfer op de resultatenlijst "):
            self.gives_mark = True
            self.unrounded = "vóór het afronden" in say
            self.end_rounding = under[0] if under else self.end_rounding
        else:
            return False
        return True

    # --- deciding -----------------------------------------------------------------------------

    def result(
        self, criteria: Sequence[Criterion], chosen: dict[str, Level]
    ) -> tuple[str, Mark | None, Mark | None]:
        pieces = [
            Piece(
                one.key,
                [(one, chosen[one.key], True)],
                chosen[one.key].points,
                one.levels[-1].points,
                chosen[one.key].sufficient,
            )
            for one in criteria
        ]
        raw = True
        for step in self.steps:
            pieces = [self._made(step, name, own, raw) for name, own in groups(step, pieces)]
            raw = False
        (whole,) = pieces
        return self._verdict(whole)

    def _verdict(self, whole: Piece) -> tuple[str, Mark | None, Mark | None]:
        deciding = whole.exact if self.unrounded else whole.mark
        if whole.letter is not None:
            grade = whole.letter if whole.ok else "O"
        elif not whole.ok or deciding is None or deciding < self.pass_from:
            grade = "O"
        else:
            grade = "G" if self.good_from is not None and deciding >= self.good_from else "V"
        if self.only_passed and grade == "G":
            grade = "V"
        if not self.gives_mark:
            return grade, None, None
        assert deciding is not None
        return grade, whole.mark, rounded(deciding, self.end_rounding)

    def _made(self, step: Told, name: str, own: list[Piece], raw: bool) -> Piece:
        phases = any(one.startswith("op volgorde:") for one in step.asked)
        group = in_order(own) if phases else own
        value = self._value(step, name, group, raw)
        failed_critical = [
            one
            for piece in own
            for one, level, _counts in piece.criteria
            if one.critical and not level.sufficient
        ]
        misses = not all(
            self._holds(one, own if one.startswith("op volgorde:") else group, raw) for one in step.asked
        )
        options, failed = [], False
        if misses:
            options.append(self._effect(step, step.otherwise, value, group))
            failed = step.otherwise.startswith("is het onvoldoende")
        if failed_critical:
            options.append(self._critical_effect(step, value))
        final = lowest(options) if options else value
        exact, mark, letter = final
        passes = letter != "O" if letter is not None else mark is not None and mark >= self.pass_from
        return Piece(
            name,
            [one for piece in group for one in piece.criteria],
            sum(one.points for one in group),
            sum(one.most for one in group),
            passes and not failed and not failed_critical,
            mark,
            exact,
            letter,
        )

    def _value(self, step: Told, name: str, group: list[Piece], raw: bool) -> tuple[Any, Any, Any]:
        if step.letters:
            rows = [
                letter for letter, asked in step.rows if all(self._holds(one, group, raw) for one in asked)
            ]
            letter = rows[0] if rows else "O"
            mark = step.marks.get(letter)
            return mark, mark, letter
        exact = taken(step.ways.get(name, step.ways[""]), group)
        return exact, rounded(exact, step.rounding), None

    def _critical_effect(self, step: Told, value: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        exact, mark, letter = value
        if letter is not None:
            letter, mark = "O", step.marks.get("O")
            exact = mark
        if m := found(r"het cijfer is (hoogstens )?(\S+)", step.critical):
            given = number(m[2])
            if m[1]:
                return capped(exact, given), capped(mark, given), letter
            return given, given, letter
        return exact, mark, letter

    def _effect(
        self, step: Told, effect: str, value: tuple[Any, Any, Any], group: list[Piece]
    ) -> tuple[Any, Any, Any]:
        exact, mark, letter = value
        if effect == "is het onvoldoende (O)":
            return step.marks.get("O"), step.marks.get("O"), "O"
        if m := found(r"is het hoogstens (O|V)", effect):
            letter = m[1] if "OVG".index(letter) > "OVG".index(m[1]) else letter
            return step.marks.get(letter), step.marks.get(letter), letter
        if m := found(r"(?:is het onvoldoende, met hoogstens een|is het cijfer hoogstens) (\S+)", effect):
            return capped(exact, number(m[1])), capped(mark, number(m[1])), letter
        if m := found(r"is het cijfer (\S+)", effect):
            return number(m[1]), number(m[1]), letter
        m = found(r"geldt deze tabel \(punten = cijfer\): (.*)", effect)
        exact = looked_up(table(m[1]), sum(one.points for one in group))
        return exact, rounded(exact, step.rounding), letter

    def _holds(self, asked: str, group: list[Piece], raw: bool) -> bool:
        if asked.startswith("op volgorde:"):
            return all(one.ok for one in group)
        points, most = sum(one.points for one in group), sum(one.most for one in group)
        crits = [one for piece in group for one in piece.criteria]
        if m := found(r"minstens (\S+) punt(?:en)?", asked):
            return points >= number(m[1])
        if m := found(r"minstens (\S+) procent van de punten", asked):
            return 100 * points >= number(m[1]) * most
        if m := found(r"gemiddeld minstens (\S+) punt(?:en)? per criterium", asked):
            return points >= number(m[1]) * len(crits)
        if m := found(r"elk criterium (.*)", asked):
            return all(reaches(m[1], one) for one in crits)
        if m := found(r"minstens (\S+) procent van de criteria (.*)", asked):
            return 100 * sum(reaches(m[2], one) for one in crits) >= number(m[1]) * len(crits)
        if m := found(r"elk daarvan (.*)", asked):
            return all(reaches_part(m[1], one) for one in group)
        m = found(r"minstens (\S+) procent daarvan (.*)", asked)
        return 100 * sum(reaches_part(m[2], one) for one in group) >= number(m[1]) * len(group)


def groups(step: Told, pieces: list[Piece]) -> list[tuple[str, list[Piece]]]:
    if step.size == "exam":
        return [("", pieces)]
    if step.size == "part":
        return [(name, [one for one in pieces if one.name in items]) for name, items in step.named.items()]
    name: Callable[[Criterion], str] = {
        "criterion": lambda one: one.key,
        "work_process": lambda one: one.work_process,
        "task": lambda one: one.task,
    }[step.size]
    names = sorted({name(piece.criteria[0][0]) for piece in pieces})
    return [(one, [piece for piece in pieces if name(piece.criteria[0][0]) == one]) for one in names]


def in_order(own: list[Piece]) -> list[Piece]:
    made: list[Piece] = []
    for one in own:
        if all(before.ok for before in own[: len(made)]):
            made.append(one)
        else:
            nothing = [(criterion, level, False) for criterion, level, _counts in one.criteria]
            mark = None if one.mark is None else Fraction(1)
            made.append(
                Piece(
                    one.name,
                    nothing,
                    0,
                    one.most,
                    False,
                    mark,
                    mark,
                    "O" if one.letter else None,
                    counts=False,
                )
            )
    return made


def taken(way: list[str], group: list[Piece]) -> Mark:
    points, most = sum(one.points for one in group), sum(one.most for one in group)
    marks = [one.mark for one in group if one.mark is not None]
    line = way[-1]
    if line == "het is het gemiddelde van die cijfers":
        return sum(marks, Fraction(0)) / len(marks)
    if line == "het is het laagste van die cijfers":
        return min(marks)
    if m := found(r"het is het gewogen gemiddelde van die cijfers \((.*)\)", line):
        weights = {key: number(text) for key, text in (one.split(": ") for one in m[1].split(", "))}
        total = sum(weights[one.name] for one in group)
        return sum((one.mark or 0) * weights[one.name] for one in group) / Fraction(total)
    if m := found(r"het cijfer staat in een tabel \(punten = cijfer\): (.*)", line):
        return looked_up(table(m[1]), points)
    if m := found(r"het cijfer staat in een tabel \(niveau = cijfer\): (.*)", line):
        return table(m[1])[group[0].criteria[0][1].label]
    if way[0] == "elk deel dat voldoende is, telt voor één punt":
        points, most = sum(one.ok for one in group), len(group)
    return over_the_line(line, points, most)


def over_the_line(line: str, points: int, most: int) -> Mark:
    if line == "het cijfer is 1 + 9 × behaalde punten ÷ maximum":
        return 1 + Fraction(9 * points, most)
    if m := found(r"bij (\S+) procent van de punten is het cijfer 5,5; .*", line):
        bend = number(m[1]) * most / 100
    else:
        bend = number(found(r"bij een puntenaantal van (\S+) is het cijfer 5,5; .*", line)[1])
    if points <= bend:
        return 1 + Fraction(9, 2) * points / bend
    return 10 - Fraction(9, 2) * (most - points) / (most - bend)


def table(text: str) -> dict[str, Mark]:
    return {name: number(mark) for name, mark in (one.split(" = ") for one in text.split(", "))}


def looked_up(rows: dict[str, Mark], points: int) -> Mark:
    for name, mark in rows.items():
        low, _dash, high = name.partition("-")
        if int(low) <= points <= int(high or low):
            return mark
    raise AssertionError(points)


def rounded(value: Mark, how: str) -> Mark:
    if how == "het wordt niet afgerond":
        return value
    m = found(
        r"afronding: (?:(een heel cijfer)|(één) cijfer achter de komma|(\d+) cijfers achter de komma), (.*)",
        how,
    )
    scale = 10 ** (0 if m[1] else 1 if m[2] else int(m[3]))
    whole, rest = divmod(value * scale, 1)
    if m[4].startswith("vanaf de helft naar boven"):
        return Fraction(whole + (2 * rest >= 1)) / scale
    return Fraction(whole + (m[4] == "altijd naar boven" and rest > 0)) / scale


def capped(value: Mark | None, at: Mark) -> Mark | None:
    return None if value is None else min(value, at)


def lowest(options: list[tuple[Any, Any, Any]]) -> tuple[Any, Any, Any]:
    exact, mark, letter = zip(*options, strict=True)
    return (
        None if None in exact else min(exact),
        None if None in mark else min(mark),
        None if None in letter else min(letter, key="OVG".index),
    )


def reaches(how: str, one: tuple[Criterion, Level, bool]) -> bool:
    criterion, level, counts = one
    if not counts:
        return False
    if how == "is voldoende":
        return level.sufficient
    if how == "krijgt het hoogste niveau":
        return level == criterion.levels[-1]
    label = found(r"krijgt minstens (.*)", how)[1]
    return level.points >= next(one.points for one in criterion.levels if one.label == label)


def reaches_part(how: str, piece: Piece) -> bool:
    if not piece.counts:
        return False
    if how == "is voldoende":
        return piece.ok
    if m := found(r"is minstens (V|G)", how):
        return "OVG".index(piece.letter or "O") >= "OVG".index(m[1])
    return piece.mark is not None and piece.mark >= number(found(r"is minstens een (\S+)", how)[1])
