"""A school with two sides: what belongs to one user of each role, and what belongs to somebody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from app.actions.assessment.assessment import make_definitive, save_scores
from app.actions.base.runner import run
from app.actions.base.trail import record
from app.entities.assessment import Result
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.imports import ImportPart, ImportRun
from app.entities.library import LibraryDocument, LibraryPlacement
from app.entities.mail import OutboxMail
from app.entities.planning import Registration, Sitting
from app.entities.programmes import ProgrammeElective
from app.entities.school import SystemUpdate
from app.entities.sessions import UserSession
from app.entities.users import User, user_programme
from app.imports.kept import packed_parts
from app.permissions import SYSTEM, Role, actor_of
from app.queries.library.library import path_of
from app.rules.tokens import new_token
from tests.factories import (
    make_elective,
    make_exam,
    make_group,
    make_passkey,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    save,
)
from tests.factories.base import saved
from tests.support import clock

ON_STUDENTS = ("school_supervisor", "company_supervisor")


@dataclass
class Side:
    """The ids of everything on one side, by the name of its kind."""

    ids: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, kind: str) -> int:
        return self.ids[kind]

    def of(self, kind: str, role: Role) -> int:
        """The row of this kind that belongs to the user with this role, where each has their own."""
        return self.ids.get(f"{kind} of {role}", self.ids.get(kind, 0))


class Nowhere(Side):
    """A side of ids that no row ever had."""

    def __getitem__(self, kind: str) -> int:
        return 2_000_000_000


MISSING = Nowhere()


@dataclass
class World:
    users: dict[Role, int]
    own: Side
    foreign: Side

    def user(self, role: Role) -> User:
        return db.session.get_one(User, self.users[role])


def make_world() -> World:
    """One user per role on their own side, and a second side that is none of their business."""
    mine = {role: make_user(role) for role in Role}
    theirs = {role: make_user(role) for role in Role}
    own, foreign = _side(mine), _side(theirs)
    _shelve(own)
    for side, users in ((own, mine), (foreign, theirs)):
        for role, user in users.items():
            device = saved(UserSession(token_hash=new_token(), user_id=user.id))
            side.ids[f"session of {role}"] = side.ids["session"] = device.id
            passkey = make_passkey(user)
            side.ids[f"passkey of {role}"] = side.ids["passkey"] = passkey.id
    return World({role: user.id for role, user in mine.items()}, own, foreign)


def lay_out_files(world: World) -> None:
    """Write the library's files, which lie beside the database: a test may have taken them away."""
    for side in (world.own, world.foreign):
        path = path_of(f"{side['student']:064d}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%PDF-1.4")


def _shelve(side: Side) -> None:
    """Put the document of this side on the shelf of every role; that of the other side stands on none."""
    save(*(LibraryPlacement(document_id=side["document"], role=role, position=1) for role in Role))


def _side(users: dict[Role, User]) -> Side:
    """A student with a finished exam and a planned one, and all that belongs to them and these users."""
    programme, elective = make_programme(), make_elective()
    users[Role.SCHOOL_SUPERVISOR].programmes = []
    _couple(users[Role.SCHOOL_SUPERVISOR], programme, elective)
    exam = make_exam(programme, tasks=1)
    student = make_student(
        programme,
        elective,
        supervisors=tuple((users[Role(name)], name) for name in ON_STUDENTS),
        user_id=users[Role.STUDENT].id,
        progress_available=True,
    )
    registration = make_registration(student, exam)
    sitting = make_sitting(
        registration,
        starts_at=clock.now() - timedelta(hours=3),
        school_examiner=users[Role.SCHOOL_EXAMINER],
        company_examiner=users[Role.COMPANY_EXAMINER],
    )
    # Tests need an exam that is still planned, too: a finished one refuses most actions.
    later = make_exam(programme, tasks=1)
    planned = make_registration(student, later)
    make_sitting(
        planned,
        school_examiner=users[Role.SCHOOL_EXAMINER],
        company_examiner=users[Role.COMPANY_EXAMINER],
    )
    finished = _finished(registration, sitting, users)
    group = make_group(student)
    ruled = make_group(rule=[programme])
    ids = {
        "programme": programme.id,
        "elective": elective.id,
        "exam": exam.id,
        "student": student.id,
        "registration": registration.id,
        "planned": planned.id,
        "sitting": sitting.id,
        "group": group.id,
        "ruled group": ruled.id,
        "result": finished,
        "user": users[Role.COMPANY_SUPERVISOR].id,
    }
    side = Side(ids)
    _papers(side, users)
    return side


def _finished(registration: Registration, sitting: Sitting, users: dict[Role, User]) -> int:
    """Assess the sitting and make it definitive, as its examiner; gives the id of the result."""
    examiner = actor_of(users[Role.SCHOOL_EXAMINER])
    levels = {c.id: c.levels[1].id for c in sitting.task.criteria}
    run(save_scores, examiner, [sitting.id], version=0, levels=levels, remarks={})
    run(make_definitive, examiner, [sitting.id])
    found = db.session.scalar(select(Result.id).where(Result.registration_id == registration.id))
    assert found is not None
    return found


def _couple(user: User, programme: Any, elective: Any) -> None:
    with transaction():
        db.session.execute(insert(user_programme), [{"user_id": user.id, "programme_id": programme.id}])
        db.session.add(ProgrammeElective(programme_id=programme.id, elective_id=elective.id))


def _papers(side: Side, users: dict[Role, User]) -> None:
    document = LibraryDocument(
        title="Handleiding",
        file_name="handleiding.pdf",
        content_type="application/pdf",
        content_hash=f"{side['student']:064d}",
        size=10,
    )
    mail = OutboxMail(
        dedupe_key=f"proef-{side['student']}",
        purpose="login_code",
        to_address="a@example.nl",
        subject="Inlogcode",
        body="…",
    )
    update = SystemUpdate(title="Nieuw", body="Tekst", published_on=clock.today())
    save(document, mail, update)
    for kind, name in (("students", "run"), ("users", "user run"), ("groups", "group run")):
        made = ImportRun(
            maker_id=users[Role.ADMINISTRATOR].id,
            kind=kind,
            file_name=f"{kind}.csv",
            file_hash="0" * 64,
            table={"header": ["Studentnummer"], "count": 1},
        )
        side.ids[name] = saved(made).id
        save(ImportPart(run_id=made.id, number=0, rows=next(packed_parts([[2, ["00123"]]]))))
    with transaction():
        entry = record(SYSTEM, "generate_roles", "Student", [side["student"]])
        side.ids["entry"] = entry.id
    side.ids.update(document=document.id, mail=mail.id, update=update.id)
