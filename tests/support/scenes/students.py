"""Scenes on students and groups."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.actions.students.list_views import ViewsForm
from app.entities.base import db
from app.entities.programmes import Programme
from app.models import ConditionalAssignment, CouplingRun, Registration, Student
from app.permissions import Role
from tests.factories import (
    enrol,
    make_elective,
    make_exam,
    make_group,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    supervise,
)
from tests.factories.base import saved
from tests.support import clock
from tests.support.scenes.examining import pass_meanwhile
from tests.support.scenes.stage import Stage, scene

FACTS: dict[str, Any] = {
    "number": "900001",
    "first_name": "Zoë",
    "infix": "van der",
    "last_name": "Linden",
    "gender": "female",
    "birth_date": "14-03-2008",
    "email": "zoe@example.nl",
}


@scene("add_student")
def _add_student(s: Stage) -> None:
    group, target = make_group(), make_programme()
    s.run("add_student", **FACTS, target=f"p{target.id}", group_id=group.id)


@scene("change_student")
def _change_student(s: Stage) -> None:
    programme, earlier = make_programme(), make_user("school_examiner")
    guide = make_user("school_supervisor", programmes=[programme])
    student = make_student(programme, user_id=make_user("student").id)
    supervise(student, earlier, "school_examiner")
    s.run("change_student", student.id, version=1, **FACTS, school_supervisor=[guide.id])


@scene("couple_programme")
def _couple_programme(s: Stage) -> None:
    s.run("couple_programme", make_student().id, make_student().id, target=f"p{make_programme().id}")


@scene("uncouple_programme")
def _uncouple_programme(s: Stage) -> None:
    programme, exam = make_programme(), make_exam(elective := make_elective())
    planned, stopped = make_student(programme, elective), make_student(programme)
    make_sitting(make_registration(planned, exam))
    own = make_registration(stopped, make_exam(programme)).id
    s.run("stop_exams", own, reason="De student is gestopt met de opleiding")
    s.run("uncouple_programme", planned.id, stopped.id, target=f"p{programme.id}")


def _guides() -> tuple[list[int], list[str]]:
    """Two students who have one user each, and both users as they are chosen."""
    guides = [make_user("school_supervisor") for _ in range(2)]
    students = [make_student() for _ in range(2)]
    for student, guide in zip(students, guides, strict=True):
        supervise(student, guide, "school_supervisor")
    return [one.id for one in students], [f"school_supervisor:{one.id}" for one in guides]


@scene("couple_users")
def _couple_users(s: Stage) -> None:
    students, users = _guides()
    s.run("couple_users", *students, make_student().id, users=users)


@scene("uncouple_users")
def _uncouple_users(s: Stage) -> None:
    students, users = _guides()
    s.run("uncouple_users", *students, users=users)


@scene("undo_coupling")
def _undo_coupling(s: Stage) -> None:
    students, users = _guides()
    groups, target = _groups(students), f"p{make_programme().id}"
    s.run("couple_programme", *students, actor=s.admin, target=target)
    s.run("add_to_groups", *students, actor=s.admin, groups=groups)
    s.run("couple_users", *students, actor=s.admin, users=users)
    for run_id in db.session.scalars(select(CouplingRun.id).order_by(CouplingRun.id.desc())).all():
        s.run("undo_coupling", actor=s.admin, run_id=run_id)
    s.run("uncouple_users", *students, actor=s.admin, users=users)
    newest = db.session.scalars(select(CouplingRun.id).order_by(CouplingRun.id.desc())).first()
    s.run("undo_coupling", actor=s.admin, run_id=newest)


def _takers() -> tuple[list[int], list[int]]:
    """Two students of a programme with two exams, and these exams; one of them may not take the second."""
    exams = [make_exam(programme := make_programme()), make_exam(programme)]
    return [make_student(programme).id for _ in range(2)], [one.id for one in exams]


@scene("exclude_exam")
def _exclude_exam(s: Stage) -> None:
    students, exams = _takers()
    s.run("exclude_exam", students[0], exams=exams[1:])
    s.run("exclude_exam", *students, exams=exams)


@scene("include_exam")
def _include_exam(s: Stage) -> None:
    students, exams = _takers()
    for student, exam in zip(students, exams, strict=True):
        s.run("exclude_exam", student, exams=[exam])
    s.run("include_exam", *students, exams=exams)


@scene("release_progress")
def _release_progress(s: Stage) -> None:
    s.run("release_progress", make_student().id, available="on")


def _examined() -> int:
    """A student with an account, and an exam of which the second part is still to come."""
    registration = make_registration(make_student(user_id=make_user("student").id), make_exam(tasks=2))
    student = registration.student_id
    for part, days in zip(registration.exam.tasks, (-1, 10), strict=True):
        people: dict[str, Any] = {role: make_user(role) for role in ("school_examiner", "company_examiner")}
        make_sitting(registration, part, starts_at=clock.now() + timedelta(days=days), **people)
    return student


@scene("deactivate_students")
def _deactivate_students(s: Stage) -> None:
    s.run("deactivate_students", _examined())


@scene("reactivate_students")
def _reactivate_students(s: Stage) -> None:
    student, late = _examined(), _examined()
    s.run("deactivate_students", student, late)
    own = select(Registration.id).where(Registration.student_id == late)
    pass_meanwhile(db.session.scalars(own).one())
    s.run("reactivate_students", student, late)


@scene("export_students")
def _export_students(s: Stage) -> None:
    s.run("export_students", make_student().id, kind="xlsx")


@scene("send_student_codes")
def _send_student_codes(s: Stage) -> None:
    other = make_student(email="nieuw@example.nl", user_id=make_user("student").id)
    s.run("send_student_codes", make_student().id, other.id)


@scene("print_student_codes")
def _print_student_codes(s: Stage) -> None:
    other = make_student(email="nieuw@example.nl", user_id=make_user("student").id)
    s.run("print_student_codes", make_student().id, other.id)


@scene("add_demo_students")
def _add_demo_students(s: Stage) -> None:
    s.run("load_catalogue")
    s.run("add_demo_students", number=3, report=lambda _what: None)


# -- the list


@scene("show_columns")
def _show_columns(s: Stage) -> None:
    s.run("show_columns", actor=s.admin, columns=["number", "email"])


def _views_seen(s: Stage) -> str:
    seen: str = ViewsForm.initial(s.admin, None)["seen"]
    return seen


@scene("save_view")
def _save_view(s: Stage) -> None:
    s.run("save_view", actor=s.admin, name="Mijn klas", query="q=fleur")
    s.run("save_view", actor=s.admin, name="Mijn klas", query="q=daan", seen=_views_seen(s))


@scene("remove_views")
def _remove_views(s: Stage) -> None:
    s.run("save_view", actor=s.admin, name="Mijn klas", query="q=fleur")
    s.run("remove_views", actor=s.admin, names=["Mijn klas"], seen=_views_seen(s))


# -- groups

GROUP: dict[str, Any] = {
    "name": "VZ-IG 1A",
    "cohort": "2026",
    "school_year": "2026-2027",
    "location": "Zorgplein",
    "colour": "teal",
}


@scene("add_group")
def _add_group(s: Stage) -> None:
    s.run("add_group", **GROUP, mentor=make_user("school_supervisor").id)


@scene("change_group")
def _change_group(s: Stage) -> None:
    group = make_group(name="Oud", location="Daar", mentor_id=make_user("school_supervisor").id)
    s.run("change_group", group.id, version=1, **GROUP, mentor=make_user("school_examiner").id)


@scene("remove_group")
def _remove_group(s: Stage) -> None:
    mentor = make_user("school_supervisor")
    group = make_group(make_student(), make_student(), location="Daar", cohort=2025, mentor_id=mentor.id)
    s.run("remove_group", group.id, make_group(rule=[make_programme()]).id)


@scene("copy_groups")
def _copy_groups(s: Stage) -> None:
    mentor = make_user("school_supervisor")
    given: dict[str, Any] = {
        "school_year": "2026-2027",
        "location": "Zorgplein",
        "colour": "teal",
        "cohort": 2026,
    }
    s.run("copy_groups", make_group(**given, mentor_id=mentor.id).id)


@scene("export_groups")
def _export_groups(s: Stage) -> None:
    s.run("export_groups", make_group().id, kind="xlsx", content="groups")


def _groups(students: list[int]) -> list[int]:
    """As many groups as there are students, each with one of them."""
    return [make_group(db.session.get_one(Student, one)).id for one in students]


@scene("add_to_groups")
def _add_to_groups(s: Stage) -> None:
    students = [make_student().id, make_student().id]
    s.run("add_to_groups", *students, make_student().id, groups=_groups(students))


@scene("remove_from_group")
def _remove_from_group(s: Stage) -> None:
    students = [make_student().id, make_student().id]
    s.run("remove_from_group", *students, groups=_groups(students))


@scene("add_members")
def _add_members(s: Stage) -> None:
    s.run("add_members", make_group().id, students=[make_student().id, make_student().id])


@scene("remove_members")
def _remove_members(s: Stage) -> None:
    student = make_student()
    s.run("remove_members", make_group(student).id, students=[student.id])


@scene("set_rule")
def _set_rule(s: Stage) -> None:
    programme, other = make_programme(), make_programme()
    enrol(make_student(), programme)
    group = make_group(make_student())
    s.run("set_rule", group.id, version=1, programmes=[programme.id])
    s.run("set_rule", group.id, version=2, programmes=[other.id])


@scene("drop_rule")
def _drop_rule(s: Stage) -> None:
    programme: Programme = make_programme()
    make_student(programme)
    s.run("drop_rule", make_group(rule=[programme]).id)


# -- progress


def _measured(s: Stage) -> tuple[int, int]:
    """The student of the world who may fill in, and a work process of theirs."""
    student: Student = s.one(Student, s.world.own["student"])
    programme = db.session.scalars(select(Programme).where(Programme.id == s.world.own["programme"])).one()
    return student.id, programme.core_tasks[0].work_processes[0].id


@scene("save_own_progress")
def _save_own_progress(s: Stage) -> None:
    student, process = _measured(s)
    cell = ("baseline", process)
    stood: dict[tuple[str, int], int] = {}
    for rating in (1, 2):
        ratings = {cell: rating}
        s.run("save_own_progress", student, actor=s.actor(Role.STUDENT), ratings=ratings, stood=stood)
        stood = ratings


@scene("save_student_progress")
def _save_student_progress(s: Stage) -> None:
    student, process = _measured(s)
    assignment = saved(
        ConditionalAssignment(
            elective_id=s.world.own["elective"], position=1, title="Opdracht gesprek", description="Voer het."
        )
    )
    guide, kept = s.actor(Role.COMPANY_SUPERVISOR), assignment.id
    cell = ("baseline", process)
    stood: dict[tuple[str, int], int] = {}
    for rating, ticked in ((1, True), (2, False)):
        given: dict[str, Any] = {"ratings": {cell: rating}, "assignments": {kept: ticked}}
        s.run("save_student_progress", student, actor=guide, stood=stood, **given)
        stood = given["ratings"]
