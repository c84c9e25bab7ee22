"""A page costs a fixed number of queries, whatever the number of rows, and never more than fifteen."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app.actions.base.trail import record
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.library import LibraryDocument, LibraryPlacement
from app.entities.mail import OutboxMail
from app.entities.programmes import Programme
from app.entities.school import SystemUpdate
from app.entities.users import User
from app.permissions import SYSTEM, Role
from tests.factories import (
    at_once,
    make_elective,
    make_exam,
    make_group,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    save,
)
from tests.support import clock
from tests.support.queries import counted
from tests.support.visitor import Visitor

pytestmark = pytest.mark.web

MOST = 15

PAGES = {
    Role.ADMINISTRATOR: [
        "/",
        "/opleidingen/",
        "/opleidingen/1",
        "/opleidingen/keuzedelen/",
        "/examenbeheer/",
        "/examenbeheer/1",
        "/examenbeheer/1/formulier",
        "/gebruikers/",
        "/postvak-uit/",
        "/studenten/",
        "/studenten/1",
        "/studentgroepen/",
        "/studentgroepen/1",
        "/studenten/importeren/",
        "/gebruikers/importeren/",
        "/studentgroepen/importeren/",
        "/bibliotheekbeheer/",
        "/bibliotheekbeheer/rol/student/",
        "/examens/?opleiding=1",
        "/examens/momenten/",
        "/examens/aanmelding/1",
        "/uitslagen/",
        "/voortgang/",
        "/instellingen/",
        "/logboek/",
        "/mijn-profiel/",
        "/mijn-profiel/gegevens/",
        "/studenten/do/couple_programme?all=1",
        "/gebruikers/do/uncouple_from_programmes?id=1",
        "/studenten/do/uncouple_users?all=1",
        "/studenten/do/remove_from_group?all=1",
        "/kies/gebruikers?q=a",
    ],
    Role.SCHOOL_EXAMINER: [
        "/",
        "/te-beoordelen/",
        "/te-beoordelen/1",
        "/examens/?opleiding=1",
        "/examens/momenten/",
        "/studenten/",
    ],
    Role.SCHOOL_SUPERVISOR: ["/", "/studenten/", "/examens/?opleiding=1", "/voortgang/"],
    Role.EXAM_COMMITTEE: ["/", "/examencommissie/", "/logboek/", "/examens/?opleiding=1"],
    Role.STUDENT: [
        "/",
        "/mijn-profiel/gegevens/",
        "/mijn-examens/",
        "/mijn-onderwijsvoortgang/",
        "/bibliotheek/",
    ],
}


class Town:
    """A school that grows: every call adds rows of every kind to the same users and the same programme."""

    def __init__(self) -> None:
        self.attempts = itertools.count(1)
        self.users = {role: make_user(role) for role in Role}
        self.programme = make_programme()
        self.elective = make_elective()
        self.exams = [make_exam(self.programme) for _n in range(2)]
        self.own_student = make_student(
            self.programme, self.elective, user_id=self.users[Role.STUDENT].id, progress_available=True
        )

    def grow(self, count: int) -> None:
        with at_once():
            for number in range(count):
                self._student(number)
                self._papers(number)
        with transaction():
            for _n in range(count):
                record(SYSTEM, "generate_roles", "Student", [self.own_student.id])

    def _student(self, number: int) -> None:
        supervisors = tuple(
            (self.users[role], role) for role in (Role.SCHOOL_SUPERVISOR, Role.COMPANY_SUPERVISOR)
        )
        student = make_student(self.programme, self.elective, supervisors=supervisors)
        make_group(student, self.own_student)
        for who in (student, self.own_student):
            attempt = next(self.attempts) if who is self.own_student else 1
            registration = make_registration(who, self.exams[0], attempt=attempt)
            for task in self.exams[0].tasks:
                make_sitting(
                    registration,
                    task,
                    starts_at=clock.now() - timedelta(days=number % 3),
                    school_examiner=self.users[Role.SCHOOL_EXAMINER],
                    company_examiner=self.users[Role.COMPANY_EXAMINER],
                )

    def _papers(self, number: int) -> None:
        stamp = f"{number}-{clock.now().timestamp()}"
        make_user(Role.COMPANY_EXAMINER, programmes=[db.session.get_one(Programme, self.programme.id)])
        document = LibraryDocument(
            title=f"Handleiding {number}",
            file_name="h.pdf",
            content_type="application/pdf",
            content_hash="0" * 64,
            size=1,
        )
        mail = OutboxMail(
            dedupe_key=stamp, purpose="login_code", to_address="a@example.nl", subject="Inlogcode", body="…"
        )
        save(document, mail, SystemUpdate(title="Nieuw", body="Tekst", published_on=clock.today()))
        save(LibraryPlacement(document_id=document.id, role=Role.STUDENT, position=number))


def costs(town: Town, visitor_of: Callable[..., Visitor]) -> dict[str, list[str]]:
    """Page -> the statements it took."""
    found = {}
    for role, pages in PAGES.items():
        visitor = visitor_of(db.session.get_one(User, town.users[role].id))
        for path in pages:
            visitor.get(path)  # the first time fills what a process keeps
            with counted() as statements:
                answer = visitor.get(path)
            assert answer.status_code == 200, (role, path, answer.status_code)
            found[f"{role} {path}"] = list(statements)
    return found


def test_no_page_needs_more_queries_with_two_hundred_rows_than_with_twenty(
    app: Flask, visitor_of: Callable[..., Visitor]
) -> None:
    town = Town()
    town.grow(20)
    few = costs(town, visitor_of)
    town.grow(180)
    many = costs(town, visitor_of)
    grown = {page: (len(few[page]), len(many[page])) for page in few if len(many[page]) > len(few[page])}
    assert grown == {}
    dear = {page: len(statements) for page, statements in many.items() if len(statements) > MOST}
    assert dear == {}


def test_the_counter_sees_a_query_per_row(app: Flask) -> None:
    """The guard can fail: a loop that asks for each student apart is counted as such."""
    students = [make_student(make_programme()) for _n in range(5)]
    with counted() as statements:
        for student in students:
            db.session.expire(student)
            assert student.enrolments is not None
    with pytest.raises(AssertionError):
        assert len(statements) <= 2
