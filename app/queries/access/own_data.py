"""Everything that the system keeps about one person, as plain data: a fixed number of queries.

It names others only where they belong to it (who supervises, who did something). It holds results and
assessments only as far as that person may see them (`visible`): before a result is definitive, nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app import models
from app.entities.base import db
from app.entities.membership import groups_with
from app.permissions import Actor, Permission, may, visible
from app.queries.students.fields import named_values
from app.queries.users.users import last_sign_in
from app.rules.people import mail_of
from app.rules.student_fields import PLAIN_FIELDS

Data = Mapping[str, Any]
Rows = Sequence[Data]


def own_data(actor: Actor, most: int | None = None) -> dict[str, Any]:
    """The parts of "Wat het systeem over mij bewaart", in the order of the page; `most`: rows per list."""
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
    """The columns and filters that this person keeps, and the programme that they had in Examens."""
    kept = (
        sa.select(models.ListView.name, models.ListView.query)
        .where(models.ListView.user_id == actor.id)
        .order_by(models.ListView.name)
    )
    return [{"name": row.name, "filters": row.query} for row in db.session.execute(kept)]


def _account(actor: Actor) -> tuple[models.User, datetime | None]:
    """The user with roles and programmes, and when the calendar link was made."""
    row = (
        db.session.execute(
            sa.select(models.User, models.CalendarLink.created_at)
            .outerjoin(models.CalendarLink, models.CalendarLink.user_id == models.User.id)
            .where(models.User.id == actor.id)
            .options(joinedload(models.User.roles), joinedload(models.User.programmes))
            .execution_options(populate_existing=True)
        )
        .unique()
        .one()
    )
    return row[0], row[1]


def account(user: models.User) -> Data:
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


def _student(actor: Actor) -> models.Student | None:
    statement = sa.select(models.Student).where(models.Student.user_id == actor.id)
    return (
        db.session.scalars(
            statement.options(
                joinedload(models.Student.enrolments).joinedload(models.Enrolment.programme),
                joinedload(models.Student.enrolments).joinedload(models.Enrolment.elective),
                joinedload(models.Student.supervisions).joinedload(models.Supervision.user),
            )
        )
        .unique()
        .one_or_none()
    )


def _student_facts(student: models.Student) -> Data:
    return {field.name: field.of(student) for field in PLAIN_FIELDS} | {
        "active": student.active,
        "created_at": student.created_at,
        "progress_available": student.progress_available,
    }


def _names(actor: Actor, student: models.Student | None) -> Mapping[str, Sequence[str]]:
    """The groups that this person is in or is mentor of, and the exams they do not take. One query."""
    mine = [student.id] if student is not None else []
    excluded = sa.select(models.ExamExclusion.exam_id).where(models.ExamExclusion.student_id.in_(mine))
    rows = db.session.execute(
        sa.union_all(
            _called("member", models.StudentGroup.name).where(models.StudentGroup.id.in_(groups_with(mine))),
            _called("mentor", models.StudentGroup.name).where(models.StudentGroup.mentor_id == actor.id),
            _called("excluded", models.Exam.code + " " + models.Exam.title).where(
                models.Exam.id.in_(excluded)
            ),
        )
    )
    found: dict[str, list[str]] = {"member": [], "mentor": [], "excluded": []}
    for row in rows:
        found[row.kind].append(row.name)
    return {kind: sorted(names) for kind, names in found.items()}


def _called(kind: str, name: Any) -> sa.Select[Any]:
    return sa.select(sa.literal(kind).label("kind"), name.label("name"))


def _supervised(actor: Actor, most: int | None) -> Rows:
    """The students whom this person supervises, by number."""
    rows = db.session.execute(
        sa.select(models.Supervision.role, models.Student.number)
        .join(models.Student, models.Student.id == models.Supervision.student_id)
        .where(models.Supervision.user_id == actor.id)
        .order_by(models.Supervision.role, models.Student.number)
        .limit(most)
    )
    return [{"role": row.role, "student_number": row.number} for row in rows]


def _sittings(actor: Actor, most: int | None) -> Rows:
    """The sittings of this person, as student or examiner, with when their own scores were saved."""
    examines = models.SittingExaminer.user_id == actor.id
    taken = visible(actor, models.Sitting, Permission.OWN_EXAMS).with_only_columns(models.Sitting.id)
    assigned = sa.select(models.SittingExaminer.sitting_id).where(examines)
    scored = (  # also where somebody else took over, and the sheet stayed
        sa.select(models.Assessment.sitting_id)
        .join(models.ScoreSheet, models.ScoreSheet.assessment_id == models.Assessment.id)
        .where(models.ScoreSheet.examiner_id == actor.id)
    )
    rows = db.session.execute(
        sa.select(
            models.Sitting,
            sa.func.coalesce(models.SittingExaminer.role, models.ScoreSheet.role).label("role"),
            models.ScoreSheet.saved_at,
        )
        .outerjoin(
            models.SittingExaminer, sa.and_(models.SittingExaminer.sitting_id == models.Sitting.id, examines)
        )
        .outerjoin(models.Assessment, models.Assessment.sitting_id == models.Sitting.id)
        .outerjoin(
            models.ScoreSheet,
            sa.and_(
                models.ScoreSheet.assessment_id == models.Assessment.id,
                models.ScoreSheet.examiner_id == actor.id,
            ),
        )
        .where(models.Sitting.id.in_(sa.union(taken, assigned, scored)))
        .options(
            joinedload(models.Sitting.registration).joinedload(models.Registration.exam),
            joinedload(models.Sitting.task),
        )
        .order_by(models.Sitting.starts_at.desc(), models.Sitting.id)
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
    """The results of this person, once definitive; `detail` is the whole calculation as the page shows it."""
    rows = db.session.scalars(
        _about_me(actor)
        .options(
            joinedload(models.Result.registration).joinedload(models.Registration.exam),
            joinedload(models.Result.adoption),
        )
        .order_by(models.Result.decided_at.desc())
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


def _about_me(actor: Actor) -> sa.Select[models.Result]:
    own = sa.select(models.Registration.id).join(models.Student).where(models.Student.user_id == actor.id)
    return visible(actor, models.Result, Permission.RESULTS_SEE).where(models.Result.registration_id.in_(own))


def _measures(actor: Actor, student: models.Student | None, most: int | None) -> Rows:
    """The ratings of this person's progress, and those that they gave."""
    about = models.ProgressMeasure.student_id == student.id if student is not None else sa.false()
    rows = db.session.scalars(
        sa.select(models.ProgressMeasure)
        .where(sa.or_(about, models.ProgressMeasure.rated_by_id == actor.id))
        .options(joinedload(models.ProgressMeasure.work_process), joinedload(models.ProgressMeasure.rated_by))
        .order_by(models.ProgressMeasure.rated_at.desc(), models.ProgressMeasure.id)
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
    """The mails to this person. None holds a code: that is filled in when the mail is sent."""
    rows = db.session.scalars(
        sa.select(models.OutboxMail)
        .where(models.OutboxMail.to_user_id == actor.id)
        .order_by(models.OutboxMail.id.desc())
        .limit(most)
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
    """Sessions, browsers, codes, changes of address, kept forms: when made and used, never a secret."""
    sessions = db.session.scalars(
        sa.select(models.UserSession)
        .where(models.UserSession.user_id == actor.id)
        .order_by(models.UserSession.id.desc())
        .limit(most)
    )
    kinds = ("known_browsers", "login_codes", "email_changes", "typed_forms")
    found: dict[str, list[Data]] = {kind: [] for kind in kinds}
    for row in db.session.execute(_codes(actor).limit(most)):
        kind, old, new, created_at, expires_at, done_at, ended_at = row
        if kind == "known_browsers":
            found[kind].append({"created_at": created_at, "last_seen_at": done_at})
            continue
        if kind == "typed_forms":
            found[kind].append({"created_at": created_at})
            continue
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
    """(kind, old and new address, made, valid until, used, ended) of codes and browsers, latest first."""
    login = sa.select(
        sa.literal("login_codes"),
        sa.literal(""),
        sa.literal(""),
        models.LoginCode.created_at.label("made"),
        models.LoginCode.expires_at,
        models.LoginCode.used_at,
        models.LoginCode.cancelled_at,
    ).where(models.LoginCode.user_id == actor.id)
    change = sa.select(
        sa.literal("email_changes"),
        models.EmailChange.old_email,
        models.EmailChange.new_email,
        models.EmailChange.created_at,
        models.EmailChange.expires_at,
        models.EmailChange.confirmed_at,
        models.EmailChange.ended_at,
    ).where(models.EmailChange.user_id == actor.id)
    browser = sa.select(
        sa.literal("known_browsers"),
        sa.literal(""),
        sa.literal(""),
        models.KnownBrowser.created_at,
        sa.null(),
        models.KnownBrowser.last_seen_at,
        sa.null(),
    ).where(models.KnownBrowser.user_id == actor.id)
    typed = sa.select(
        sa.literal("typed_forms"),
        sa.literal(""),
        sa.literal(""),
        models.TypedForm.at,
        sa.null(),
        sa.null(),
        sa.null(),
    ).where(models.TypedForm.user_id == actor.id)
    return sa.union_all(login, change, browser, typed).order_by(sa.text("made DESC"))


def _columns(rows: Any, *names: str) -> Rows:
    return [{name: getattr(row, name) for name in names} for row in rows]


def _trail(actor: Actor, student: models.Student | None, most: int | None) -> Rows:
    """What the trail says about this person, and what they did. No details: those name others too.

    About their own exams: what was planned, and what was assessed once there is a result.
    """
    about = [(models.AuditObject.object_type == "User") & (models.AuditObject.object_id == actor.id)]
    if student is not None:
        # Planning is no secret; entries about an assessment count only where the person sees the result.
        mine = sa.select(models.Registration.id).where(models.Registration.student_id == student.id)
        told = _about_me(actor).with_only_columns(models.Result.registration_id)
        for kind, ids in (
            ("Registration", mine),
            ("Sitting", sa.select(models.Sitting.id).where(models.Sitting.registration_id.in_(told))),
            ("Result", _about_me(actor).with_only_columns(models.Result.id)),
        ):
            about.append((models.AuditObject.object_type == kind) & models.AuditObject.object_id.in_(ids))
        about.append(
            (models.AuditObject.object_type == "Student") & (models.AuditObject.object_id == student.id)
        )
    of_me = sa.select(models.AuditObject.entry_id).where(sa.or_(*about))
    rows = db.session.execute(
        sa.select(models.AuditEntry, models.AuditEntry.id.in_(of_me).label("about_me"))
        .where(sa.or_(models.AuditEntry.id.in_(of_me), models.AuditEntry.actor_id == actor.id))
        .order_by(models.AuditEntry.id.desc())
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
