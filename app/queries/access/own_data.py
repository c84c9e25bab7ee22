"""Everything that the system keeps about one person, as plain data: a fixed number of queries.

Of others only what belongs to it (who supervises, who did something); of results and assessments only what
that person may see (`visible`): who is assessed learns nothing halfway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, false, literal, or_, select, text, union_all
from sqlalchemy.orm import joinedload

from app.entities.assessment import Assessment, Result, ScoreSheet
from app.entities.base import db
from app.entities.exams import Exam
from app.entities.lists import ListView
from app.entities.mail import OutboxMail
from app.entities.membership import groups_with
from app.entities.planning import Registration, Sitting, SittingExaminer
from app.entities.profile import CalendarLink, EmailChange
from app.entities.progress import ProgressMeasure
from app.entities.sessions import UserSession
from app.entities.students import Enrolment, ExamExclusion, Student, StudentGroup, Supervision
from app.entities.trail import AuditEntry, AuditObject
from app.entities.users import LoginCode, User
from app.permissions import Actor, Permission, may, visible
from app.queries.students.fields import named_values
from app.queries.users.users import last_sign_in
from app.rules.people import mail_of
from app.rules.student_fields import PLAIN_FIELDS

Data = Mapping[str, Any]
Rows = Sequence[Data]


def own_data(actor: Actor, most: int | None = None) -> dict[str, Any]:
    """The parts of "Wat het systeem over mij bewaart", in the order of the page; `most` rows of each list."""
    user, link_made_at = _account(actor)
    student = _student(actor)
    found: dict[str, Any] = {"account": account(user), "programmes": [str(one) for one in user.programmes]}
    if student is not None:
        found |= {
            "student": _student_facts(student),
            "own_fields": named_values(student.extra),
            "enrolments": [
                {"target": str(one.programme or one.elective), "since": one.created_at}
                for one in student.enrolments
            ],
            "supervisors": [{"name": one.user.full_name, "role": one.role} for one in student.supervisions],
        }
    names = _names(actor, student)
    if student is not None:
        found |= {"groups": names["member"], "excluded_exams": names["excluded"]}
    found["mentored_groups"] = names["mentor"]
    found["students"] = _supervised(actor, most)
    found["sittings"] = _sittings(actor, most)
    found["results"] = _results(actor, most)
    found["measures"] = _measures(actor, student, most)
    found["mails"] = _mails(actor, most)
    found |= _ways_in(actor, most)
    found["calendar_links"] = [{"created_at": link_made_at}] if link_made_at is not None else []
    if may(actor, Permission.STUDENTS_SEE):
        found["list_views"] = _list_views(actor)
    found["trail"] = _trail(actor, student, most)
    return found


def _list_views(actor: Actor) -> Rows:
    """Who has the list of students may have made it one's own."""
    kept = select(ListView.name, ListView.query).where(ListView.user_id == actor.id).order_by(ListView.name)
    return [{"name": row.name, "filters": row.query} for row in db.session.execute(kept)]


def _account(actor: Actor) -> tuple[User, datetime | None]:
    """The user with roles and programmes, and when the calendar link was made."""
    row = (
        db.session.execute(
            select(User, CalendarLink.created_at)
            .outerjoin(CalendarLink, CalendarLink.user_id == User.id)
            .where(User.id == actor.id)
            .options(joinedload(User.roles), joinedload(User.programmes))
            .execution_options(populate_existing=True)
        )
        .unique()
        .one()
    )
    return row[0], row[1]


def account(user: User) -> Data:
    return {
        "first_name": user.first_name,
        "infix": user.infix,
        "last_name": user.last_name,
        "username": user.username,
        "email": mail_of(user.email),
        "phone": user.phone,
        "organisation": user.organisation,
        "language": user.language,
        "active": bool(user.active),
        "roles": [role.name for role in user.roles],
        "created_at": user.created_at,
        "last_sign_in": last_sign_in(user),
        "sign_ins": user.login_count or 0,
        "password": bool(user.password),
    }


def _student(actor: Actor) -> Student | None:
    statement = select(Student).where(Student.user_id == actor.id)
    return (
        db.session.scalars(
            statement.options(
                joinedload(Student.enrolments).joinedload(Enrolment.programme),
                joinedload(Student.enrolments).joinedload(Enrolment.elective),
                joinedload(Student.supervisions).joinedload(Supervision.user),
            )
        )
        .unique()
        .one_or_none()
    )


def _student_facts(student: Student) -> Data:
    return {field.name: field.of(student) for field in PLAIN_FIELDS} | {
        "active": student.active,
        "created_at": student.created_at,
        "progress_available": student.progress_available,
    }


def _names(actor: Actor, student: Student | None) -> Mapping[str, Sequence[str]]:
    """The groups that this person is in or is the mentor of, and the exams that he won't take. One query."""
    mine = [student.id] if student is not None else []
    excluded = select(ExamExclusion.exam_id).where(ExamExclusion.student_id.in_(mine))
    rows = db.session.execute(
        union_all(
            _called("member", StudentGroup.name).where(StudentGroup.id.in_(groups_with(mine))),
            _called("mentor", StudentGroup.name).where(StudentGroup.mentor_id == actor.id),
            _called("excluded", Exam.code + " " + Exam.title).where(Exam.id.in_(excluded)),
        )
    )
    found: dict[str, list[str]] = {"member": [], "mentor": [], "excluded": []}
    for row in rows:
        found[row.kind].append(row.name)
    return {kind: sorted(names) for kind, names in found.items()}


def _called(kind: str, name: Any) -> Select[Any]:
    return select(literal(kind).label("kind"), name.label("name"))


def _supervised(actor: Actor, most: int | None) -> Rows:
    """Whom this person supervises, by number."""
    rows = db.session.execute(
        select(Supervision.role, Student.number)
        .join(Student, Student.id == Supervision.student_id)
        .where(Supervision.user_id == actor.id)
        .order_by(Supervision.role, Student.number)
        .limit(most)
    )
    return [{"role": row.role, "student_number": row.number} for row in rows]


def _sittings(actor: Actor, most: int | None) -> Rows:
    """One's own moments: as the student, or as an examiner, with when one's own scores were saved."""
    examines = SittingExaminer.user_id == actor.id
    taken = visible(actor, Sitting, Permission.OWN_EXAMS).with_only_columns(Sitting.id)
    assigned = select(SittingExaminer.sitting_id).where(examines)
    rows = db.session.execute(
        select(Sitting, SittingExaminer.role, ScoreSheet.saved_at)
        .outerjoin(SittingExaminer, and_(SittingExaminer.sitting_id == Sitting.id, examines))
        .outerjoin(Assessment, Assessment.sitting_id == Sitting.id)
        .outerjoin(
            ScoreSheet, and_(ScoreSheet.assessment_id == Assessment.id, ScoreSheet.examiner_id == actor.id)
        )
        .where(or_(Sitting.id.in_(taken), Sitting.id.in_(assigned)))
        .options(joinedload(Sitting.registration).joinedload(Registration.exam), joinedload(Sitting.task))
        .order_by(Sitting.starts_at.desc(), Sitting.id)
        .limit(most)
    )
    return [
        {
            "exam": f"{sitting.registration.exam.code} {sitting.registration.exam.title}",
            "task": sitting.task.title,
            "attempt": sitting.registration.attempt,
            "starts_at": sitting.starts_at,
            "ends_at": sitting.ends_at,
            "location": sitting.location,
            "role": role or "student",
            "scores_saved_at": saved_at,
        }
        for sitting, role, saved_at in rows
    ]


def _results(actor: Actor, most: int | None) -> Rows:
    """One's own results, once definitive; `detail` is the whole working, as its page shows it."""
    rows = db.session.scalars(
        _about_me(actor)
        .options(joinedload(Result.registration).joinedload(Registration.exam), joinedload(Result.adoption))
        .order_by(Result.decided_at.desc())
        .limit(most)
    )
    return [
        {
            "exam": f"{row.registration.exam.code} {row.registration.exam.title}",
            "attempt": row.registration.attempt,
            "passed": row.passed,
            "grade": row.grade,
            "mark": str(row.mark) if row.mark is not None else None,
            "points": row.points,
            "max_points": row.max_points,
            "decided_at": row.decided_at,
            "adopted_on": row.adoption.decided_on if row.adoption else None,
            "detail": row.detail,
        }
        for row in rows
    ]


def _about_me(actor: Actor) -> Select[Result]:
    own = select(Registration.id).join(Student).where(Student.user_id == actor.id)
    return visible(actor, Result, Permission.RESULTS_SEE).where(Result.registration_id.in_(own))


def _measures(actor: Actor, student: Student | None, most: int | None) -> Rows:
    """Ratings of one's own progress, and those that one gave."""
    about = ProgressMeasure.student_id == student.id if student is not None else false()
    rows = db.session.scalars(
        select(ProgressMeasure)
        .where(or_(about, ProgressMeasure.rated_by_id == actor.id))
        .options(joinedload(ProgressMeasure.work_process), joinedload(ProgressMeasure.rated_by))
        .order_by(ProgressMeasure.rated_at.desc(), ProgressMeasure.id)
        .limit(most)
    )
    return [
        {
            "work_process": str(row.work_process.code),
            "kind": row.kind,
            "rating": row.rating,
            "rated_at": row.rated_at,
            "rated_by": row.rated_by.full_name,
            "about_me": student is not None and row.student_id == student.id,
        }
        for row in rows
    ]


def _mails(actor: Actor, most: int | None) -> Rows:
    """The mails to this person; a code is in none of them, it is filled in at sending."""
    rows = db.session.scalars(
        select(OutboxMail).where(OutboxMail.to_user_id == actor.id).order_by(OutboxMail.id.desc()).limit(most)
    )
    return [
        {
            "to": row.to_address,
            "subject": row.subject,
            "body": row.body,
            "state": row.state,
            "created_at": row.created_at,
            "sent_at": row.sent_at,
        }
        for row in rows
    ]


def _ways_in(actor: Actor, most: int | None) -> dict[str, Rows]:
    """Sessions, inlogcodes, changes of address and the calendar link: when, never the secret of it."""
    sessions = db.session.scalars(
        select(UserSession).where(UserSession.user_id == actor.id).order_by(UserSession.id.desc()).limit(most)
    )
    found: dict[str, list[Data]] = {"login_codes": [], "email_changes": []}
    for row in db.session.execute(_codes(actor).limit(most)):
        kind, old, new, created_at, expires_at, done_at, ended_at = row
        if kind == "login_codes":
            facts: Data = {"used_at": done_at, "cancelled_at": ended_at}
        else:
            facts = {"confirmed_at": done_at, "ended_at": ended_at, "old_email": old, "new_email": new}
        found[kind].append({"created_at": created_at, "expires_at": expires_at, **facts})
    return {
        "sessions": _columns(
            sessions, "device", "address", "created_at", "last_seen_at", "ended_at", "shared"
        ),
        **found,
    }


def _codes(actor: Actor) -> Any:
    """(kind, old address, new address, made, valid until, used, ended) of every code, the latest first."""
    login = select(
        literal("login_codes"),
        literal(""),
        literal(""),
        LoginCode.created_at.label("made"),
        LoginCode.expires_at,
        LoginCode.used_at,
        LoginCode.cancelled_at,
    ).where(LoginCode.user_id == actor.id)
    change = select(
        literal("email_changes"),
        EmailChange.old_email,
        EmailChange.new_email,
        EmailChange.created_at,
        EmailChange.expires_at,
        EmailChange.confirmed_at,
        EmailChange.ended_at,
    ).where(EmailChange.user_id == actor.id)
    return union_all(login, change).order_by(text("made DESC"))


def _columns(rows: Any, *names: str) -> Rows:
    return [{name: getattr(row, name) for name in names} for row in rows]


def _trail(actor: Actor, student: Student | None, most: int | None) -> Rows:
    """What the trail says about this person, and what this person did. No details: they name others too.

    Of one's own exams only what was planned, and what was assessed once the result is there.
    """
    about = [(AuditObject.object_type == "User") & (AuditObject.object_id == actor.id)]
    if student is not None:
        mine = select(Registration.id).where(Registration.student_id == student.id)
        told = _about_me(actor).with_only_columns(Result.registration_id)
        for kind, ids in (
            ("Registration", mine),
            ("Sitting", select(Sitting.id).where(Sitting.registration_id.in_(told))),
            ("Result", _about_me(actor).with_only_columns(Result.id)),
        ):
            about.append((AuditObject.object_type == kind) & AuditObject.object_id.in_(ids))
        about.append((AuditObject.object_type == "Student") & (AuditObject.object_id == student.id))
    of_me = select(AuditObject.entry_id).where(or_(*about))
    rows = db.session.execute(
        select(AuditEntry, AuditEntry.id.in_(of_me).label("about_me"))
        .where(or_(AuditEntry.id.in_(of_me), AuditEntry.actor_id == actor.id))
        .order_by(AuditEntry.id.desc())
        .limit(most)
    )
    return [
        {
            "at": entry.at,
            "by": entry.actor_name,
            "action": entry.action,
            "about_me": bool(about_me),
            "objects": entry.object_count,
            "object_type": entry.object_type,
        }
        for entry, about_me in rows
    ]
