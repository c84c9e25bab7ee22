"""The state of an examenaanmelding: one tone, one icon, one set of words, on every page that shows it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask

from app.actions.base.runner import run
from app.actions.planning.stopping import stop_exams
from app.entities.assessment import Adoption, Assessment, Result, ScoreSheet
from app.entities.exams import Exam
from app.entities.students import ExamExclusion, Student
from app.entities.users import User
from app.pages.planning.blocks import block_badge
from app.permissions import SYSTEM
from app.rules.blocks import LEGEND, BlockState, ResultFacts, decided_block
from tests.factories import (
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    save,
)
from tests.support import clock
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
Seen = tuple[str, str, str]  # tone, icon, words

BADGE = re.compile(r'<span class="tag tag-([a-z]+)"><svg[^>]*><use href="[^"#]*#i-([a-z-]+)"/></svg>([^<]*)<')
BLOCK = re.compile(
    r'class="block block--[a-z-]+"[^>]*? data-tone="([a-z]+)" title="([^"]*)">'
    r'\s*<svg[^>]*><use href="[^"#]*#i-([a-z-]+)"/>'
)
RESULTS = {
    "passed": ResultFacts(True, "V"),
    "failed": ResultFacts(False, "O"),
    "adopted-passed": ResultFacts(True, "G"),
    "adopted-failed": ResultFacts(False, "O"),
}
CASES = [state.key for state in LEGEND]


@dataclass
class Case:
    """One student with one exam that is in this state."""

    key: str
    programme: int
    student: int
    registration: int
    user: User

    @property
    def wanted(self) -> Seen:
        state = next(state for state in LEGEND if state.key == self.key)
        return state.tone, state.icon, state.label

    def shown_on(self, found: Sequence[Seen]) -> set[tuple[str, str]]:
        """Tone and icon of whatever says this state."""
        return {(tone, icon) for tone, icon, words in found if self.wanted[2] in words}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, app: Flask) -> Case:
    key, programme, user = request.param, make_programme(), make_user("student")
    student, exam = make_student(programme, user_id=user.id), make_exam(programme, tasks=1)
    registration = 0
    if key == "not-available":
        save(ExamExclusion(student_id=student.id, exam_id=exam.id))
    elif key != "open":
        registration = _registered(key, student, exam)
    return Case(key, programme.id, student.id, registration, user)


def _registered(key: str, student: Student, exam: Exam) -> int:
    registration = make_registration(student, exam)
    examiner = make_user("school_examiner")
    start = clock.now() + timedelta(days=1 if key == "planned" else -1)
    sitting = make_sitting(registration, starts_at=start, school_examiner=examiner)
    if key == "stopped":
        run(stop_exams, SYSTEM, [registration.id], reason="De student is verhuisd.")
    if key == "saved":
        sheet = ScoreSheet(examiner_id=examiner.id, role="school_examiner")
        save(Assessment(sitting_id=sitting.id, sheets=[sheet]))
    if key in RESULTS:
        facts = RESULTS[key]
        detail = {
            "exam": {"title": exam.title, "code": exam.code, "version": exam.version},
            "rule": {"label": "Alle criteria"},
            "outcome": {"reasons": [], "work_processes": [], "tasks": []},
            "tasks": [],
        }
        result = Result(
            registration_id=registration.id,
            passed=facts.passed,
            grade=facts.grade,
            points=3,
            max_points=8,
            detail=detail,
        )
        save(result)
        if key.startswith("adopted"):
            recorded = make_user("administrator")
            save(Adoption(result_id=result.id, decided_on=clock.today(), recorded_by_id=recorded.id))
    return registration.id


def badges(page: str) -> list[Seen]:
    return [(tone, icon, html.unescape(words)) for tone, icon, words in BADGE.findall(page)]


def blocks(page: str) -> list[Seen]:
    return [(tone, icon, html.unescape(words)) for tone, words, icon in BLOCK.findall(page)]


def test_it_is_the_same_on_every_page(case: Case, visit: Visit, visitor_of: Visit) -> None:
    office, committee, own = visit("administrator"), visit("exam_committee"), visitor_of(case.user)
    pages = [
        ("overview", blocks, office, f"/examens/?opleiding={case.programme}"),
        ("student", badges, office, f"/studenten/{case.student}"),
    ]
    if case.registration:
        pages.append(("registration", badges, office, f"/examens/aanmelding/{case.registration}"))
    if case.key not in {"not-available", "saved"}:  # a student does not see these
        pages.append(("own exams", blocks, own, "/mijn-examens/"))
    if case.key in RESULTS:
        pages += [
            ("own result", badges, own, "/mijn-examens/"),
            ("committee", badges, committee, "/examencommissie/"),
            ("results", badges, office, "/uitslagen/"),
            ("result", badges, own, f"/te-beoordelen/uitslag/{case.registration}"),
        ]
    if case.key in {"passed", "failed"}:
        pages.append(("to be adopted", badges, committee, "/"))
    tone, icon, _words = case.wanted
    found = {name: case.shown_on(read(visitor.get(url).text)) for name, read, visitor, url in pages}
    assert found == {name: {(tone, icon)} for name in found}


def test_a_badge_says_how_far_it_is_and_then_the_grade(app: Flask) -> None:
    passed = block_badge(decided_block(RESULTS["passed"], adopted=False))
    assert (passed.text, passed.tone, passed.icon) == ("Definitief: geslaagd (V)", "good", "check-lg")
    failed = block_badge(decided_block(RESULTS["failed"], adopted=True))
    assert (failed.text, failed.tone) == ("Vastgesteld: niet geslaagd (O)", "bad")
    assert BlockState.ADOPTED_FAILED.icon == failed.icon
