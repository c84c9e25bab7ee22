"""The form of the planning screen: one section for all tasks at once, and a section per task.

All sections are always sent. The choice on top says which of them count, so the form works without
JavaScript. A section's fields are named by its key: `all_day`, `task12_day`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from itertools import pairwise
from typing import Any, ClassVar

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import validators

from app import models
from app.actions import base
from app.permissions import Actor
from app.queries.base.asked import Asked
from app.queries.planning import facts as fact_queries
from app.queries.planning import plan
from app.rules import timetable
from app.school import current_school

WORKING_DAY = 8 * 60
OWN_STARTS_MOST = 50
HINT_SCHOOL = _l(
    "Vul deze altijd als eerste in: de schoolexaminator is eindverantwoordelijk en maakt de beoordeling "
    "definitief."
)
HINT_COMPANY = _l(
    "Vult de beoordeling in en slaat op, maar maakt niet definitief. Twee examinatoren is gebruikelijk. "
    "Heeft hij geen account? Laat dit op “Geen” en kies na het inplannen “Bedrijfsexaminator uitnodigen”."
)


class InSection:
    """Checks a field only when its section counts. `needed` is the error for an empty field."""

    def __init__(self, key: str, needed: str = "") -> None:
        self.key, self.needed = key, needed
        self.field_flags = {"required": True} if needed and key == "all" else {}

    def __call__(self, form: PlanExamForm, field: wtforms.Field) -> None:
        if not form.counts(self.key):
            field.errors = []
            raise validators.StopValidation
        if _empty(field):
            field.errors = []
            raise validators.StopValidation(self.needed)
        if field.process_errors:
            raise validators.StopValidation


def _empty(field: wtforms.Field) -> bool:
    return not field.raw_data or not str(field.raw_data[0]).strip()


class PlanExamForm(base.ActionForm):
    """The form without the fields of tasks. `for_exam` makes the class for one exam."""

    facts: ClassVar[fact_queries.PlanFacts]

    way = wtforms.RadioField(
        _l("Hoe wilt u inplannen?"),
        choices=[
            base.SelectChoice(timetable.TOGETHER, _l("Alle opdrachten tegelijk inplannen")),
            base.SelectChoice(timetable.APART, _l("Elke opdracht apart inplannen")),
        ],
        default=timetable.TOGETHER,
    )
    order = wtforms.RadioField(
        _l("Wanneer begint iedere student?"),
        choices=[
            base.SelectChoice("one_by_one", _l("Achter elkaar: iedere student een eigen begintijd")),
            base.SelectChoice(
                "same_time", _l("Allemaal op hetzelfde moment (alleen als de examinatoren dat kunnen)")
            ),
        ],
        default="one_by_one",
    )
    pause = wtforms.IntegerField(
        _l("Pauze tussen twee studenten (minuten)"),
        [validators.Optional(), validators.NumberRange(0, plan.MINUTES_MOST)],
        default=15,
    )
    last_end = wtforms.TimeField(
        _l("Niet later klaar dan"),
        [validators.Optional()],
        description=_l("Wie daarna komt, gaat naar de volgende werkdag, op dezelfde begintijd."),
    )
    seen = wtforms.HiddenField()
    announced = wtforms.HiddenField()

    @classmethod
    def for_exam(cls, facts: fact_queries.PlanFacts) -> type[PlanExamForm]:
        """The form class of this exam and these students."""
        made: dict[str, Any] = {"facts": facts, **_section("all")}
        for task in facts.exam.tasks:
            made.update(_section(f"task{task.id}", task))
        if 1 < len(facts.allowed) <= OWN_STARTS_MOST:
            for one in facts.allowed:
                made[f"start{one.id}"] = wtforms.TimeField(
                    _("Begintijd van %(student)s", student=one.label), [validators.Optional()]
                )
        return type("PlanThisExamForm", (cls,), made)

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        return starting_values(cls.facts)

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        if not self.seen.data:
            self.refresh_seen()
        keys = ["all", *(f"task{task.id}" for task in self.facts.exam.tasks)]
        for name in ("school_examiner", "company_examiner"):
            fields: list[Any] = [self[f"{key}_{name}"] for key in keys]
            base.offer(actor, *fields, asked=Asked(within=self.facts.programmes))

    def refresh_seen(self) -> None:
        """Note that the form shows the planning as it is now."""
        self.seen.data = fact_queries.fingerprint(self.facts.candidates)

    def counts(self, key: str) -> bool:
        """Whether this section is read. A task's section with nothing filled in is not."""
        if key == "all":
            return bool(self.way.data != timetable.APART)
        return bool(self.way.data == timetable.APART and any(not _empty(self[f"{key}_{n}"]) for n in TELLING))

    def section(self, key: str) -> Sequence[wtforms.Field]:
        return [self[f"{key}_{name}"] for name in NAMES]

    def own_start_fields(self) -> Iterator[tuple[fact_queries.Candidate, wtforms.Field]]:
        for one in self.facts.allowed:
            if f"start{one.id}" in self:
                yield one, self[f"start{one.id}"]

    def values(self) -> dict[str, Any]:
        return {
            "exam_id": self.facts.exam.id,
            "wish": self._wish(),
            "seen": self.seen.data or "",
            "announced": self.announced.data or "",
            "registration_id": self.facts.registration_id,
        }

    def _wish(self) -> plan.Wish:
        tasks = [task for task in self.facts.exam.tasks if self.counts(f"task{task.id}")]
        return plan.Wish(
            together=self._slot("all") if self.counts("all") else None,
            apart={task.id: self._slot(f"task{task.id}") for task in tasks},
            one_by_one=self.order.data != "same_time",
            pause=self.pause.data or 0,
            last_end=self.last_end.data,
            own_starts={one.id: field.data for one, field in self.own_start_fields() if field.data},
        )

    def _slot(self, key: str) -> plan.Slot:
        def get(name: str) -> Any:
            return self[f"{key}_{name}"].data

        company = get("company_examiner")
        return plan.Slot(
            school_examiner_id=int(get("school_examiner")),
            company_examiner_id=int(company) if company else None,
            day=get("day"),
            start=get("start"),
            minutes=get("minutes"),
            location=(get("location") or "").strip(),
            note=(get("note") or "").strip(),
        )


NAMES = ("school_examiner", "company_examiner", "day", "start", "minutes", "location", "note")
TELLING = ("school_examiner", "day", "start")


def _section(key: str, task: models.ExamTask | None = None) -> dict[str, wtforms.Field]:
    empty = _("Dit veld is verplicht.")
    if task is not None:
        empty = _("Vul dit in, of laat opdracht %(position)s helemaal leeg.", position=task.position)
    needed, optional = InSection(key, empty), InSection(key)
    fields = {
        "school_examiner": base.PickedOne(
            _l("Examinator school"),
            [needed],
            description=HINT_SCHOOL if key == "all" else "",
            source="examinatoren-school",
            blank=("", _l("Kies een examinator…")),
        ),
        "company_examiner": base.PickedOne(
            _l("Examinator bedrijf"),
            [optional],
            description=HINT_COMPANY if key == "all" else "",
            source="examinatoren-bedrijf",
            blank=("", _l("Geen")),
        ),
        "day": wtforms.DateField(_l("Datum"), [needed]),
        "start": wtforms.TimeField(_l("Begintijd"), [needed]),
        "minutes": wtforms.IntegerField(
            _l("Duur (minuten)"),
            [needed, validators.NumberRange(1, plan.MINUTES_MOST)],
            render_kw={"min": 1, "max": plan.MINUTES_MOST, "inputmode": "numeric"},
        ),
        "location": wtforms.StringField(_l("Locatie"), [optional, validators.Length(max=120)]),
        "note": wtforms.TextAreaField(
            _l("Opmerking"), [optional, validators.Length(max=2000)], render_kw={"rows": 2}
        ),
    }
    return {f"{key}_{name}": field for name, field in fields.items()}


# -- starting values: the present planning if there is one, else the durations of the exam


def starting_values(facts: fact_queries.PlanFacts) -> dict[str, Any]:
    """The starting values. For several students: only what is the same for all of them."""
    exam = facts.exam
    minutes = sum(task.duration_minutes for task in exam.tasks)
    values: dict[str, Any] = {"all_minutes": minutes, "seen": fact_queries.fingerprint(facts.candidates)}
    for task in exam.tasks:
        values.update(_task_values(task, [_present(one, task) for one in facts.allowed]))
    one_block = [_one_block(exam, one) for one in facts.allowed]
    values["way"] = (
        timetable.TOGETHER if None not in one_block and _blocks_fit(facts, minutes) else timetable.APART
    )
    if values["way"] == timetable.TOGETHER:
        values.update(_block_values(facts, one_block))
    if minutes <= WORKING_DAY:
        values["last_end"] = time(17, 0)
    return values


def _present(one: fact_queries.Candidate, task: models.ExamTask) -> fact_queries.PresentSitting | None:
    return one.pending.sittings.get(task.id) if one.pending else None


def _blocks_fit(facts: fact_queries.PlanFacts, minutes: int) -> bool:
    """Whether to offer one block: not for an exam longer than a working day, unless planned that way."""
    return minutes <= WORKING_DAY or any(one.pending and one.pending.sittings for one in facts.allowed)


def _one_block(
    exam: models.Exam, one: fact_queries.Candidate
) -> Sequence[fact_queries.PresentSitting] | None:
    """The present moments of a student when they form one block: without gaps, with the same people.

    () when nothing is planned; None when the moments form no block.
    """
    if one.pending is None or not one.pending.sittings:
        return ()
    present = [one.pending.sittings.get(task.id) for task in exam.tasks]
    there = [sitting for sitting in present if sitting is not None]
    if len(there) < len(present) or any(sitting.locked for sitting in there):
        return None
    follows = all(a.ends_at == b.starts_at for a, b in pairwise(there))
    people = {(s.school_examiner_id, s.company_examiner_id, s.location, s.note) for s in there}
    return there if follows and len(people) == 1 else None


def _block_values(
    facts: fact_queries.PlanFacts, blocks: Sequence[Sequence[fact_queries.PresentSitting] | None]
) -> Mapping[str, Any]:
    planned = [(one, block) for one, block in zip(facts.allowed, blocks, strict=True) if block]
    if not planned:
        return {}
    first = [block[0] for _one, block in planned]
    values = {f"all_{name}": value for name, value in _common(first).items()}
    values["all_minutes"] = sum(sitting.minutes for sitting in planned[0][1])
    if len(facts.allowed) > 1:
        for one, block in planned:
            values[f"start{one.id}"] = current_school().local(block[0].starts_at).time()
    return values


def _task_values(
    task: models.ExamTask, present: Sequence[fact_queries.PresentSitting | None]
) -> Mapping[str, Any]:
    there = [sitting for sitting in present if sitting is not None]
    values: dict[str, Any] = {"minutes": there[0].minutes if there else task.duration_minutes}
    if there:
        values.update(_common(there))
    return {f"task{task.id}_{name}": value for name, value in values.items()}


def _common(sittings: Sequence[fact_queries.PresentSitting]) -> Mapping[str, Any]:
    """The values that these moments share, with the earliest day and start."""
    school = current_school()
    starts = min(sitting.starts_at for sitting in sittings)
    shared: dict[str, Any] = {
        "school_examiner": {str(s.school_examiner_id or "") for s in sittings},
        "company_examiner": {str(s.company_examiner_id or "") for s in sittings},
        "location": {s.location for s in sittings},
        "note": {s.note for s in sittings},
    }
    values = {name: next(iter(found)) for name, found in shared.items() if len(found) == 1}
    return {**values, "day": school.local(starts).date(), "start": school.local(starts).time()}
