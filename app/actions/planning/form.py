"""The form of the planning screen: one section for all tasks at once, and a section per task.

All sections are always sent. The choice on top says which of them count, so the form works without
JavaScript. A section's fields are named by its key: `all_day`, `task12_day`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import validators

from app import models
from app.actions import base
from app.actions.planning import starting
from app.permissions import Actor
from app.queries.base import picker
from app.queries.base.asked import Asked
from app.queries.planning import facts as fact_queries
from app.queries.planning import plan
from app.queries.planning.layout import MISSING, open_moments
from app.queries.planning.when import when_label
from app.rules import timetable
from app.rules.text import N_

OWN_STARTS_MOST = 50
HINT_SCHOOL = _l(
    "Vul deze altijd als eerste in: de schoolexaminator is eindverantwoordelijk en maakt de beoordeling "
    "definitief."
)
HINT_COMPANY = _l(
    "Vult de beoordeling in en slaat op, maar maakt niet definitief. Twee examinatoren is gebruikelijk. "
    "Is er geen account? Laat dit op “Geen” en kies na het inplannen “Bedrijfsexaminator uitnodigen”."
)


OWN_START = re.compile(r"start[0-9]{1,9}")
CHANGED_MEANWHILE = N_("%(told)s Bekijk de planning en probeer het opnieuw.")
NOT_BOTH = N_("Vul iets in, of maak het bij iedereen leeg: niet allebei.")


# A result that comes or goes says which attempt is open; it raises no version.
RESULT_ACTIONS = ("make_definitive", "reopen_assessment")
# Their entries are about a student, and name each examenaanmelding by its exam.
STUDENT_ACTIONS = ("deactivate_students", "reactivate_students", "remove_planning", "remove_moments")


def told_meanwhile(actor: Actor, exam: models.Exam, candidates: Sequence[fact_queries.Candidate]) -> str:
    """Who changed the planning of this exam for these students last, in a sentence for this actor."""
    rows = fact_queries.rows_of(exam, [one.id for one in candidates])
    actions = [*base.changed_by(models.Registration), *RESULT_ACTIONS]
    return base.told_of(actor, rows, actions, {}, fits=lambda entry: _is_about(entry, exam))


def _is_about(entry: models.AuditEntry, exam: models.Exam) -> bool:
    """Whether it is about this exam, and not only about another one of the same student."""
    if entry.action not in STUDENT_ACTIONS:
        return True
    return any(line.startswith(f"{exam.code}, ") for line in entry.details)


class InSection:
    """Checks a field only when its section counts. `needed` is the error for an empty field.

    A field that differs may be empty: that leaves it as it is.
    """

    def __init__(self, key: str, needed: str = "", *, mark: bool = False) -> None:
        self.key, self.needed = key, needed
        self.field_flags = {"required": True} if needed and mark else {}

    def __call__(self, form: PlanExamForm, field: wtforms.Field) -> None:
        if not form.counts(self.key):
            field.errors = []
            raise validators.StopValidation
        if _empty(field):
            field.errors = []
            if form.outdated and not form.touched(field.name):
                raise validators.StopValidation  # it was filled in: what it showed is gone
            if field.name == "all_start" and form.begins_by_itself():
                raise validators.StopValidation  # every student has a time of their own
            asked = form.touched(field.name) or not form.sections[self.key].planned
            raise validators.StopValidation(self.needed if asked else form.lacking(self.key, field))
        if field.process_errors:
            raise validators.StopValidation


def _empty(field: wtforms.Field) -> bool:
    return not field.raw_data or not str(field.raw_data[0]).strip()


class PlanExamForm(base.ActionForm):
    """The form without the fields of tasks. `for_exam` makes the class for one exam."""

    facts: ClassVar[fact_queries.PlanFacts]
    sections: ClassVar[Mapping[str, starting.Section]]
    outdated = ""  # who changed the planning since the form was shown, in a sentence

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
    last_end = base.HourField(
        _l("Niet later klaar dan"),
        [validators.Optional()],
        description=_l("Wie daarna komt, gaat naar de volgende werkdag, op dezelfde begintijd."),
    )
    seen = wtforms.HiddenField()
    began = wtforms.HiddenField()  # the values that the form began with

    @classmethod
    def for_exam(cls, facts: fact_queries.PlanFacts) -> type[PlanExamForm]:
        """The form class of this exam and these students."""
        made = _fields_of(facts, starting.sections(facts))
        if 1 < len(facts.allowed) <= OWN_STARTS_MOST:
            for one in facts.allowed:
                made[f"start{one.id}"] = base.HourField(
                    _("Begintijd van %(student)s", student=one.label),
                    [validators.Optional()],
                    description=_now(one),
                )
        return type("PlanThisExamForm", (cls,), made)

    @classmethod
    def to_read(cls, exam: models.Exam, sent: Collection[str]) -> type[PlanExamForm]:
        """The form class to read what was typed, when no student is left. `sent`: names of fields."""
        facts = fact_queries.PlanFacts(exam, (), (), ())
        nothing = starting.Section({}, frozenset(CLEARED), planned=False)
        made = _fields_of(facts, dict.fromkeys(starting.sections(facts), nothing))
        for name in filter(OWN_START.fullmatch, sent):
            made[name] = base.HourField(_("Begintijd van een student"))
        return type("ReadPlanForm", (cls,), made)

    def recall(self, actor: Actor) -> None:
        """Leave out the sections in which nothing was filled in, and name each task beside its fields."""
        titles = {f"task{task.id}": task for task in self.facts.exam.tasks}
        for key in self.sections:
            fields, filled = [one for one in self if one.name.startswith(f"{key}_")], self._is_filled(key)
            for field in fields:
                if not filled:
                    del self[field.name]
                elif key in titles:
                    opened = _("Opdracht %(position)s", position=titles[key].position)
                    field.label.text = f"{opened}: {field.label.text}"

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        return starting.starting_values(cls.facts, cls.sections)

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        fingerprint = fact_queries.fingerprint(self.facts.candidates)
        if self.seen.data not in (None, "", fingerprint):
            self.outdated = told_meanwhile(actor, self.facts.exam, self.facts.candidates)
        if self.outdated or not self.seen.data:
            self.refresh_seen()
        if self.sections["all"].planned:
            self.order.description = _("Dit telt alleen als u een andere datum of begintijd kiest.")
        keys = ["all", *(f"task{task.id}" for task in self.facts.exam.tasks)]
        for name in ("school_examiner", "company_examiner"):
            fields: list[Any] = [self[f"{key}_{name}"] for key in keys]
            base.offer(
                actor, *fields, asked=Asked(within=self.facts.programmes), present=self._standing(name)
            )

    def _standing(self, name: str) -> Mapping[str, str]:
        """The examiner whom the students share, who may stay, whether still in the list or not."""
        shared = {section.common.get(name) for section in self.sections.values()} - {None, ""}
        people = self.facts.people
        return {key: picker.user_label(people[int(key)]) for key in sorted(filter(None, shared))}

    def refresh_seen(self) -> None:
        """Show the planning as it is now in every field that was not touched, and note that it does."""
        now = starting.starting_values(self.facts, self.sections)
        if starting.of_text(self.began.data or "") is not None:
            untouched = [
                one for key in self.sections for one in self.section(key) if not self.touched(one.name)
            ]
            for field in untouched:
                field.data = now.get(field.name, field.default)
                field.raw_data, field.process_errors = [starting.text_of(field.data)], []
        self.seen.data, self.began.data = now["seen"], now["began"]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = super().validate(*args, **kwargs)
        for key in self.sections:
            for name in CLEARED:
                if self.clears(key, name) and not _empty(self[f"{key}_{name}"]) and self.counts(key):
                    self[f"{key}_{name}"].errors = [_(NOT_BOTH)]
                    fine = False
        if self.outdated:
            self.seen.errors = [_(CHANGED_MEANWHILE, told=self.outdated)]
        return fine and not self.outdated

    def touched(self, name: str) -> bool:
        """Whether this field holds something else than the form was shown with."""
        shown = starting.of_text(self.began.data or "")
        key, _underscore, plain = name.partition("_")
        before = starting.text_of(self.sections[key].common.get(plain)) if shown is None else shown.get(name)
        field = self[name]
        typed = " ".join(field.raw_data or ()) if field.process_errors else field.data
        return starting.text_of(typed) != (before or "")

    def lacking(self, key: str, field: wtforms.Field) -> str:
        """What is said of an empty field that somebody needs who has nothing planned yet; "": nothing."""
        name = field.name.removeprefix(f"{key}_")
        fresh = [one for one in self.facts.allowed if not open_moments(one)]
        if key == "all" and name == "start":
            fresh = [one for one in fresh if f"start{one.id}" not in self or not self[f"start{one.id}"].data]
        if name not in MISSING or not fresh or (key != "all" and not self._says_something(key)):
            return ""
        return _(MISSING[name], student=fresh[0].label)

    def begins_by_itself(self) -> bool:
        """Whether a begin was typed for each student, so that nobody needs the one for all."""
        own = [field for _one, field in self.own_start_fields()]
        return bool(own) and not any(_empty(field) for field in own)

    def _says_something(self, key: str) -> bool:
        return any(self.touched(one.name) for one in self.section(key))

    def clears(self, key: str, name: str) -> bool:
        """Whether a field that differs is to be made empty for everybody."""
        box = f"{key}_{name}_clear"
        return box in self and bool(self[box].data)

    def counts(self, key: str) -> bool:
        """Whether this section is read. A task's section with nothing filled in is not."""
        if key == "all":
            return bool(self.way.data != timetable.APART)
        if self.way.data != timetable.APART:
            return False
        if self.sections[key].planned:
            return True
        return self._is_filled(key)

    def _is_filled(self, key: str) -> bool:
        # The duration of the exam itself stands in every section: alone it says nothing.
        said = [name for name in NAMES if name != "minutes"]
        return any(not _empty(self[f"{key}_{name}"]) for name in said)

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
        values = {name: self._value(key, name) for name in NAMES}
        touched = {n for n in NAMES if self.touched(f"{key}_{n}") or self.clears(key, n)}
        examiners = {f"{name}_id": values.pop(name) for name in ("school_examiner", "company_examiner")}
        untouched = {f"{n}_id" if f"{n}_id" in examiners else n for n in NAMES if n not in touched}
        return plan.Slot(**values, **examiners, untouched=frozenset(untouched))

    def _value(self, key: str, name: str) -> Any:
        """What a field says; None when it leaves things as they are."""
        data, differs = self[f"{key}_{name}"].data, name in self.sections[key].differing
        if name in CLEARED and self.clears(key, name):
            return plan.NOBODY if name == "company_examiner" else ""
        if name in ("day", "start", "minutes"):
            return data
        if not data and differs:
            return None
        if name == "school_examiner":
            return int(data) if data else None
        return int(data or plan.NOBODY) if name == "company_examiner" else (data or "").strip()


NAMES = ("school_examiner", "company_examiner", "day", "start", "minutes", "location", "note")
CLEARED = {
    "company_examiner": _l("Bij niemand een examinator bedrijf"),
    "location": _l("Bij iedereen leegmaken"),
    "note": _l("Bij iedereen leegmaken"),
}
LEAVE = _l("Verschilt: laat zo")
LEAVE_EMPTY = _l("Verschilt. Leeg: dit blijft zo.")


def _fields_of(facts: fact_queries.PlanFacts, sections: Mapping[str, starting.Section]) -> dict[str, Any]:
    """What the form class of this exam holds, without the begin of each student."""
    made: dict[str, Any] = {"facts": facts, "sections": sections, **_section("all", sections["all"])}
    for task in facts.exam.tasks:
        made.update(_section(f"task{task.id}", sections[f"task{task.id}"], task))
    return made


def _now(one: fact_queries.Candidate) -> str:
    """When this student begins as it stands now."""
    there = open_moments(one).values()
    if not there:
        return ""
    first = min(there, key=lambda sitting: sitting.starts_at)
    return _("Nu: %(when)s", when=when_label(first.starts_at, first.ends_at))


def _section(
    key: str, shown: starting.Section, task: models.ExamTask | None = None
) -> dict[str, wtforms.Field]:
    """The fields of one section. One that differs says so, and leaves it at that while it is empty."""
    empty = _("Dit veld is verplicht.")
    if task is not None:
        empty = _("Vul dit in, of laat opdracht %(position)s helemaal leeg.", position=task.position)

    def rules(name: str, needed: str = "") -> InSection:
        return InSection(key, needed, mark=key == "all" and name not in shown.differing)

    def told(name: str, otherwise: Any = "") -> dict[str, Any]:
        picked = name in ("school_examiner", "company_examiner")
        differs = _l("Laat dit zo, of kies voor iedereen dezelfde.") if picked else LEAVE_EMPTY
        return {"description": differs if name in shown.differing else otherwise}

    def held(name: str) -> dict[str, Any]:
        return {"placeholder": LEAVE} if name in shown.differing else {}

    fields = {
        "school_examiner": base.PickedOne(
            _l("Examinator school"),
            [rules("school_examiner", empty)],
            **told("school_examiner", HINT_SCHOOL if key == "all" else ""),
            source="examinatoren-school",
            blank=("", LEAVE if "school_examiner" in shown.differing else _l("Kies een examinator…")),
        ),
        "company_examiner": base.PickedOne(
            _l("Examinator bedrijf"),
            [rules("company_examiner")],
            **told("company_examiner", HINT_COMPANY if key == "all" else ""),
            source="examinatoren-bedrijf",
            blank=("", LEAVE if "company_examiner" in shown.differing else _l("Geen")),
        ),
        "day": base.DayField(_l("Datum"), [rules("day", empty)], **told("day")),
        "start": base.HourField(_l("Begintijd"), [rules("start", empty)], **told("start")),
        "minutes": wtforms.IntegerField(
            _l("Duur (minuten)"),
            [rules("minutes", empty), validators.NumberRange(1, plan.MINUTES_MOST)],
            **told("minutes"),
            render_kw={"min": 1, "max": plan.MINUTES_MOST, "inputmode": "numeric", **held("minutes")},
        ),
        "location": wtforms.StringField(
            _l("Locatie"), [rules("location"), validators.Length(max=120)], render_kw=held("location")
        ),
        "note": wtforms.TextAreaField(
            _l("Opmerking"),
            [rules("note"), validators.Length(max=2000)],
            render_kw={"rows": 2, **held("note")},
        ),
    }
    boxes = {f"{n}_clear": wtforms.BooleanField(t) for n, t in CLEARED.items() if n in shown.differing}
    return {f"{key}_{name}": field for name, field in {**fields, **boxes}.items()}
