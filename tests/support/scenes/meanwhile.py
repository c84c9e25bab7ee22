"""What others do between an announcement and its button, so that it reads the same and means other rows.

A scene lays out what is announced, yields what the page asks for, and then changes the rows behind it: as
many as before, with the same names. Nothing of that may be carried out unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select, update

from app.catalogue import CATALOGUE, load
from app.entities.assessment import Assessment
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.factors import RecoveryCode
from app.entities.planning import SittingExaminer
from app.entities.programmes import Programme
from app.entities.students import Student, Supervision, group_member
from app.models import CouplingRun
from app.permissions import Actor, Role, actor_of
from tests.factories import (
    make_app,
    make_exam,
    make_group,
    make_passkey,
    make_programme,
    make_recovery_codes,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    save,
)
from tests.factories.assessment import close_as_school, plan_exam, save_as
from tests.support.scenes.access import PASSWORD, with_password
from tests.support.scenes.stage import Stage
from tests.support.visitor import signed_in


@dataclass(frozen=True)
class Asked:
    """Who asks for the action, for which rows and with what filled in."""

    actor: Actor
    ids: Sequence[int] = ()
    data: dict[str, Any] = field(default_factory=dict)


Meanwhile = Callable[[Stage], Iterator[Asked]]
MEANWHILE: dict[str, Meanwhile] = {}
MANY = 12  # more students than an announcement names


def meanwhile(*names: str) -> Callable[[Meanwhile], Meanwhile]:
    """The scene in which these actions are announced, and then are about other rows."""

    def keep(play: Meanwhile) -> Meanwhile:
        for name in names:
            assert name not in MEANWHILE, name
            MEANWHILE[name] = play
        return play

    return keep


# -- one's own account, in another tab


@meanwhile("remove_app")
def _another_app(s: Stage) -> Iterator[Asked]:
    user = make_user("company_supervisor")
    make_app(user)
    make_recovery_codes(user, "een", "twee")
    yield Asked(actor_of(user))
    s.run("remove_app", actor=actor_of(user))
    make_app(user)
    make_recovery_codes(user, "drie", "vier")


@meanwhile("make_recovery_codes")
def _another_sheet(s: Stage) -> Iterator[Asked]:
    make_app(s.user())
    make_recovery_codes(s.user(), "een", "twee")
    yield Asked(actor_of(s.user()), data={"codes": ["nieuw"]})
    s.run("make_recovery_codes", actor=actor_of(s.user()), codes=["drie", "vier"])


@meanwhile("remove_passkey")
def _another_sheet_with_the_passkey(_s: Stage) -> Iterator[Asked]:
    user = make_user("company_supervisor")
    passkey = make_passkey(user)
    make_recovery_codes(user, "een", "twee")
    yield Asked(actor_of(user), [passkey.id])
    with transaction():
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    make_recovery_codes(user, "drie", "vier")


@meanwhile("cancel_email_change")
def _another_address(s: Stage) -> Iterator[Asked]:
    actor, _user = with_password(s)
    s.run("change_email", actor=actor, email="eerste@example.nl", present=PASSWORD)
    yield Asked(actor)
    s.run("cancel_email_change", actor=actor)
    s.run("change_email", actor=actor, email="tweede@example.nl", present=PASSWORD)


@meanwhile("make_calendar_link", "drop_calendar_link")
def _another_link(s: Stage) -> Iterator[Asked]:
    s.run("make_calendar_link", actor=s.admin)
    yield Asked(s.admin)
    s.run("make_calendar_link", actor=s.admin)


@meanwhile("end_own_sessions")
def _another_device(s: Stage) -> Iterator[Asked]:
    signed_in(s.user())
    yield Asked(actor_of(s.user()))
    s.run("end_own_sessions", actor=actor_of(s.user()))
    signed_in(s.user())


# -- codes and factors of others


@meanwhile("print_codes", "send_login_codes")
def _another_code(s: Stage) -> Iterator[Asked]:
    s.run("make_codes", s.user().id)
    yield Asked(s.admin, [s.user().id])
    s.run("print_codes", s.user().id)


@meanwhile("print_student_codes", "send_student_codes")
def _another_code_of_a_student(s: Stage) -> Iterator[Asked]:
    student = make_student().id
    s.run("print_student_codes", student)
    yield Asked(s.admin, [student])
    s.run("print_student_codes", student)


@meanwhile("reset_second_factor")
def _another_factor(s: Stage) -> Iterator[Asked]:
    make_app(s.user())
    yield Asked(s.admin, [s.user().id])
    s.run("remove_app", actor=actor_of(s.user()))
    make_app(s.user())


@meanwhile("deactivate_users")
def _another_exam_to_take(s: Stage) -> Iterator[Asked]:
    programme = make_programme()
    examiner, other = (make_user("school_examiner", programmes=[programme]) for _ in range(2))
    exam = make_exam(programme, tasks=1)
    for examining in (examiner, other):
        make_sitting(make_registration(make_student(programme), exam), school_examiner=examining)
    yield Asked(s.admin, [examiner.id])
    with transaction():
        moments = db.session.scalars(
            select(SittingExaminer.sitting_id)
            .where(SittingExaminer.user_id.in_([examiner.id, other.id]))
            .order_by(SittingExaminer.sitting_id)
        ).all()
        for moment, now in zip(moments, (other.id, examiner.id), strict=True):
            db.session.execute(
                update(SittingExaminer).where(SittingExaminer.sitting_id == moment).values(user_id=now)
            )


# -- students and groups


def _swap(group_id: int, out: int, into: int) -> None:
    with transaction():
        left = (group_member.c.group_id == group_id) & (group_member.c.student_id == out)
        db.session.execute(delete(group_member).where(left))
        db.session.execute(insert(group_member), [{"group_id": group_id, "student_id": into}])


@meanwhile("set_rule")
def _another_member_leaves(s: Stage) -> Iterator[Asked]:
    programme = make_programme()
    make_student(programme)
    inside, outside = make_student(), make_student()
    group = make_group(inside)
    ids = group.id, inside.id, outside.id
    yield Asked(s.admin, [group.id], {"version": 1, "programmes": [programme.id]})
    _swap(*ids)


@meanwhile("remove_group")
def _another_member(s: Stage) -> Iterator[Asked]:
    inside, outside = make_student(), make_student()
    group = make_group(inside)
    ids = group.id, inside.id, outside.id
    yield Asked(s.admin, [group.id])
    _swap(*ids)


@meanwhile("drop_rule")
def _another_student_stays(s: Stage) -> Iterator[Asked]:
    programme = make_programme()
    last = [make_student(programme).id for _ in range(MANY)][-1]
    group = make_group(rule=[programme])
    yield Asked(s.admin, [group.id])
    s.run("deactivate_students", last)
    make_student(programme)


@meanwhile("add_members")
def _another_was_in_already(s: Stage) -> Iterator[Asked]:
    students = [make_student().id for _ in range(MANY)]
    group = make_group(db.session.get_one(Student, students[-1])).id
    yield Asked(s.admin, [group], {"students": students})
    _swap(group, students[-1], students[-2])


@meanwhile("add_to_groups", "remove_from_group")
def _in_the_other_group(s: Stage) -> Iterator[Asked]:
    student, other = make_student(), make_student()
    one, two = make_group(student, other), make_group(other)
    ids = student.id, one.id, two.id
    yield Asked(s.admin, [student.id, other.id], {"groups": [one.id, two.id]})
    with transaction():
        mine = (group_member.c.group_id == ids[1]) & (group_member.c.student_id == ids[0])
        db.session.execute(update(group_member).where(mine).values(group_id=ids[2]))


@meanwhile("undo_coupling")
def _another_student_in_sight(s: Stage) -> Iterator[Asked]:
    guide = make_user("school_supervisor")
    students = [make_student(supervisors=((guide, "school_supervisor"),)) for _ in range(MANY)]
    *_seen, first, second = (one.id for one in students)
    group, actor = make_group().id, actor_of(guide)
    s.run("add_to_groups", *(one.id for one in students), actor=actor, groups=[group])
    _out_of_sight(actor, first)
    run_id = db.session.scalars(select(CouplingRun.id).order_by(CouplingRun.id.desc())).first()
    yield Asked(actor, data={"run_id": run_id})
    _out_of_sight(actor, second)
    save(Supervision(student_id=first, user_id=actor.id, role="school_supervisor"))


def _out_of_sight(actor: Actor, student: int) -> None:
    with transaction():
        mine = (Supervision.user_id == actor.id) & (Supervision.student_id == student)
        db.session.execute(delete(Supervision).where(mine))


@meanwhile("load_catalogue")
def _another_programme_differs(s: Stage) -> Iterator[Asked]:
    catalogue = load(CATALOGUE)
    s.run("load_catalogue", catalogue=catalogue)
    one, two = catalogue.programmes[:2]
    _called(one, "Anders")
    yield Asked(s.actor(Role.SUPPLIER), data={"catalogue": catalogue})
    _called(one, one.name)
    _called(two, "Anders")


def _called(programme: Any, name: str) -> None:
    with transaction():
        this = (Programme.crebo == programme.crebo) & (Programme.cohort == programme.cohort)
        db.session.execute(update(Programme).where(this).values(name=name))


# -- exams


@meanwhile("reopen_assessment")
def _a_result_came(s: Stage) -> Iterator[Asked]:
    exam = plan_exam(tasks=2)
    close_as_school(exam, 0)
    save_as(exam.school, exam.sittings[1], exam.levels("V", 1))
    yield Asked(s.admin, [exam.sittings[0]], {"reason": "Verkeerde scores ingevuld"})
    s.run("make_definitive", exam.sittings[1], actor=exam.school)


@meanwhile("remove_planning")
def _another_moment_was_scored(s: Stage) -> Iterator[Asked]:
    exams = [plan_exam(tasks=2) for _ in range(2)]
    for exam in exams:
        save_as(exam.school, exam.sittings[0], exam.levels())
    yield Asked(s.admin, [exam.registration for exam in exams])
    for exam in exams:
        _take_to(exam.sittings[0], exam.sittings[1])


def _take_to(one: int, other: int) -> None:
    """What was filled in at one moment is found at the other, as after setting a mistake right."""
    with transaction():
        db.session.execute(update(Assessment).where(Assessment.sitting_id == one).values(sitting_id=other))
