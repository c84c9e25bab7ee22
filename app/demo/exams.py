"""The demo school's exams in every state, out of the scripts: planned, taken, assessed, decided, adopted."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from app import models
from app.demo import bulk, diary, names, offers, people, scores, scripts, users
from app.demo.students import Placed
from app.permissions import Role
from app.rules.pass_rules import Outcome


@dataclass(slots=True)
class Moment:
    """A planned task: its sitting, and who assesses it."""

    id: int
    task: offers.TaskOffer
    start: dt.datetime
    end: dt.datetime
    school: users.Person
    company: users.Person | None


@dataclass(slots=True)
class Attempt:
    id: int
    student: Placed
    exam: offers.ExamOffer
    number: int
    script: scripts.Script
    moments: list[Moment] = field(default_factory=list)


class ExamWriter:
    """Plans all attempts in one diary, then writes them table by table."""

    def __init__(self, staff: users.Staff, today: dt.date, clock: diary.Clock) -> None:
        self.staff = staff
        self.today = today
        self.diary = diary.Diary(clock)
        self.rng = Random(people.SEED)
        self.attempts: list[Attempt] = []
        self.excluded: list[tuple[int, int]] = []

    def plan(self, placed: Sequence[Placed]) -> None:
        """Plan every attempt; today's exams first, so that there is still room for them today."""
        todo = [one for student in placed for one in self._courses(student)]
        todo.sort(key=lambda one: min((abs(script.day) for script in one[2] or ()), default=0))
        for student, exam, course in todo:
            if course is None:
                self.excluded.append((student.id, exam.id))
                continue
            for number, script in enumerate(course, 1):
                self.attempts.append(self._attempt(student, exam, number, script))
        self._number()

    def _courses(self, student: Placed) -> Iterator[tuple[Placed, offers.ExamOffer, scripts.Course]]:
        own = student.place % 10
        courses: list[tuple[offers.ExamOffer, Mapping[int, scripts.Course]]] = []
        courses += zip(student.offer.exams, (scripts.FIRST_EXAM, scripts.SECOND_EXAM), strict=False)
        electives = dict(student.offer.electives)
        if student.elective is not None:
            courses += [(exam, scripts.ELECTIVE_EXAM) for exam in electives[student.elective]]
        for exam, chosen in courses:
            yield student, exam, chosen.get(own, [])

    def _attempt(
        self, student: Placed, exam: offers.ExamOffer, number: int, script: scripts.Script
    ) -> Attempt:
        attempt = Attempt(0, student, exam, number, script)
        school, company = self._examiners(student.offer, exam)
        day = diary.workday(self.today, script.day)
        for task in exam.tasks[: script.parts or len(exam.tasks)]:
            who = [("student", student.id), school.id, *([company.id] if company else [])]
            start, end = self.diary.book(who, day, task.minutes)
            attempt.moments.append(Moment(0, task, start, end, school, company))
            day = start.date()
        return attempt

    def _examiners(
        self, offer: offers.Offer, exam: offers.ExamOffer
    ) -> tuple[users.Person, users.Person | None]:
        """The first exam is for the first examiner of the programme, the second for the next one.

        An exam at school has no company examiner.
        """
        members = self.staff.teams[offer.id].members
        at = offer.exams.index(exam) if exam in offer.exams else 1
        school = members[Role.SCHOOL_EXAMINER][at % len(members[Role.SCHOOL_EXAMINER])]
        company = members[Role.COMPANY_EXAMINER][at % len(members[Role.COMPANY_EXAMINER])]
        return school, company if exam.in_practice else None

    def _number(self) -> None:
        for attempt, new in zip(
            self.attempts, bulk.new_ids(models.Registration, len(self.attempts)), strict=True
        ):
            attempt.id = new
        moments = [moment for attempt in self.attempts for moment in attempt.moments]
        for moment, new in zip(moments, bulk.new_ids(models.Sitting, len(moments)), strict=True):
            moment.id = new

    def write(self) -> None:
        """Write the planning, and then its assessments."""
        created = self._before(self.today)
        bulk.write(
            models.Registration,
            (
                {
                    "id": one.id,
                    "student_id": one.student.id,
                    "exam_id": one.exam.id,
                    "attempt": one.number,
                    "created_at": created,
                    "version": 1,
                    "stopped_at": created if one.script.done == "stopped" else None,
                    "stop_reason": "Kiest een ander keuzedeel" if one.script.done == "stopped" else "",
                }
                for one in self.attempts
            ),
        )
        bulk.write(
            models.Sitting,
            (self._sitting_row(one, moment) for one in self.attempts for moment in one.moments),
        )
        bulk.write(
            models.SittingExaminer, (row for one in self.attempts for row in _examiner_rows(one.moments))
        )
        bulk.write(models.ExamExclusion, ({"student_id": s, "exam_id": e} for s, e in self.excluded))
        AssessmentWriter(self).write()

    def _before(self, day: dt.date) -> dt.datetime:
        starts = [moment.start for one in self.attempts for moment in one.moments]
        return min(
            starts, default=dt.datetime.combine(day, dt.datetime.min.time()).astimezone()
        ) - dt.timedelta(days=14)

    def _sitting_row(self, attempt: Attempt, moment: Moment) -> dict[str, Any]:
        _code, building = names.GROUPS[attempt.student.offer.crebo]
        room = names.LOCATIONS[building][attempt.student.place % len(names.LOCATIONS[building])]
        at_work = attempt.exam.in_practice and moment.company is not None
        location = moment.company.organisation if at_work and moment.company else f"{building}, {room}"
        return {
            "id": moment.id,
            "registration_id": attempt.id,
            "exam_task_id": moment.task.id,
            "starts_at": moment.start,
            "ends_at": moment.end,
            "location": location,
            "note": "",
        }


def _examiner_rows(moments: Sequence[Moment]) -> Iterator[dict[str, Any]]:
    for one in moments:
        yield {"sitting_id": one.id, "role": Role.SCHOOL_EXAMINER.value, "user_id": one.school.id}
        if one.company is not None:
            yield {"sitting_id": one.id, "role": Role.COMPANY_EXAMINER.value, "user_id": one.company.id}


class AssessmentWriter:
    """The assessments of the attempts that have one, by the exam's own pass rule."""

    def __init__(self, exams: ExamWriter) -> None:
        self.exams = exams
        self.assessments: list[dict[str, Any]] = []
        self.sheets: list[dict[str, Any]] = []
        self.scores: list[dict[str, Any]] = []
        self.results: list[dict[str, Any]] = []
        self.adoptions: list[dict[str, Any]] = []

    def write(self) -> None:
        for attempt in self.exams.attempts:
            if attempt.script.done not in {"planned", "stopped"}:
                self._assess(attempt)
        # Until here a row points at another by that row itself; from here on by its new id.
        self._number(models.Assessment, self.assessments)
        for sheet, new in zip(self.sheets, bulk.new_ids(models.ScoreSheet, len(self.sheets)), strict=True):
            sheet["id"] = new
            sheet["assessment_id"] = sheet["assessment_id"]["id"]
        for score in self.scores:
            score["sheet_id"] = score["sheet_id"]["id"]
        self._number(models.Result, self.results)
        for adoption in self.adoptions:
            adoption["result_id"] = adoption["result_id"]["id"]
        bulk.write(models.Assessment, self.assessments)
        bulk.write(models.ScoreSheet, self.sheets)
        bulk.write(models.Score, self.scores)
        bulk.write(models.Result, self.results)
        bulk.write(models.Adoption, self.adoptions)

    @staticmethod
    def _number(model: type[Any], rows: list[dict[str, Any]]) -> None:
        for row, new in zip(rows, bulk.new_ids(model, len(rows)), strict=True):
            row["id"] = new

    def _assess(self, attempt: Attempt) -> None:
        chosen, outcome = scores.chosen_levels(attempt.exam, attempt.script.quality, self.exams.rng)
        for moment in attempt.moments:
            saved_only = attempt.script.done == "saved" and moment is attempt.moments[-1]
            self._assessment(moment, chosen, definitive=not saved_only)
        if attempt.script.done != "saved":
            self._result(attempt, outcome)

    def _assessment(self, moment: Moment, chosen: scores.Chosen, *, definitive: bool) -> None:
        """Write the sheets of both examiners; on a draft the school's one is not finished."""
        after = moment.end + dt.timedelta(hours=1)
        assessment = {
            "version": 3 if moment.company else 2,
            "definitive_at": after if definitive else None,
            "definitive_by_id": moment.school.id if definitive else None,
        }
        self.assessments.append(assessment)
        assessment["sitting_id"] = moment.id
        if moment.company is not None:
            self._sheet(assessment, moment, moment.company, Role.COMPANY_EXAMINER, chosen, version=2)
        own = dict(list(self._of(moment, chosen).items())[: None if definitive else -1])
        self._sheet(
            assessment, moment, moment.school, Role.SCHOOL_EXAMINER, own, version=assessment["version"]
        )

    @staticmethod
    def _of(moment: Moment, chosen: scores.Chosen) -> scores.Chosen:
        return {one.id: chosen[one.id] for one in moment.task.criteria if one.id in chosen}

    def _sheet(
        self,
        assessment: dict[str, Any],
        moment: Moment,
        who: users.Person,
        role: Role,
        chosen: scores.Chosen,
        *,
        version: Any,
    ) -> None:
        sheet = {
            "assessment_id": assessment,
            "examiner_id": who.id,
            "role": role.value,
            "remark": "",
            "saved_at": moment.end + dt.timedelta(minutes=15 * version),
            "version": version,
        }
        self.sheets.append(sheet)
        for criterion, level in self._of(moment, chosen).items():
            self.scores.append(
                {"sheet_id": sheet, "criterion_id": criterion, "level_id": level, "remark": ""}
            )

    def _result(self, attempt: Attempt, outcome: Outcome) -> None:
        decided = attempt.moments[-1].end + dt.timedelta(hours=1)
        result: dict[str, Any] = {
            "registration_id": attempt.id,
            "passed": outcome.passed,
            "grade": outcome.grade,
            "mark": outcome.mark,
            "points": outcome.points,
            "max_points": outcome.max_points,
            "detail": {},
            "decided_at": decided,
        }
        self.results.append(result)
        if attempt.script.done == "adopted":
            when = decided + dt.timedelta(days=9)
            self.adoptions.append(
                {
                    "result_id": result,
                    "decided_on": when.date(),
                    "recorded_at": when,
                    "recorded_by_id": self.exams.staff.accounts["beheerder"].id,
                }
            )
