"""Every table of Proeve. Migrations read this list; the tables themselves are in app/entities/."""

from app.entities.assessment import Adoption, Assessment, Result, Score, ScoreSheet
from app.entities.base import db, metadata
from app.entities.couplings import CouplingRun
from app.entities.exams import Criterion, CriterionLevel, Exam, ExamTask
from app.entities.factors import AnsweredChallenge, Authenticator, Passkey, RecoveryCode
from app.entities.imports import ImportChange, ImportPart, ImportRun
from app.entities.invitations import Guest, GuestKey, Invitation
from app.entities.library import LibraryDocument, LibraryPlacement
from app.entities.lists import ListView
from app.entities.mail import InvitationMail, OutboxMail
from app.entities.numbers import never_twice
from app.entities.planning import Registration, Sitting, SittingExaminer
from app.entities.profile import CalendarLink, EmailChange
from app.entities.programmes import CoreTask, Elective, Programme, ProgrammeElective, WorkProcess
from app.entities.progress import AssignmentDone, ConditionalAssignment, ProgressMeasure
from app.entities.school import SystemUpdate, UpdateRead
from app.entities.sessions import UserSession
from app.entities.students import (
    Enrolment,
    ExamExclusion,
    Student,
    StudentGroup,
    StudentTerm,
    StudentToDo,
    Supervision,
)
from app.entities.trail import ActionRun, AuditEntry, AuditObject
from app.entities.typed import TypedForm
from app.entities.users import (
    KnownBrowser,
    LoginCode,
    RoleRow,
    SchoolUser,
    SignInAttempt,
    User,
    user_programme,
)

never_twice(metadata)

__all__ = [
    "ActionRun",
    "Adoption",
    "AnsweredChallenge",
    "Assessment",
    "AssignmentDone",
    "AuditEntry",
    "AuditObject",
    "Authenticator",
    "CalendarLink",
    "ConditionalAssignment",
    "CoreTask",
    "CouplingRun",
    "Criterion",
    "CriterionLevel",
    "Elective",
    "EmailChange",
    "Enrolment",
    "Exam",
    "ExamExclusion",
    "ExamTask",
    "Guest",
    "GuestKey",
    "ImportChange",
    "ImportPart",
    "ImportRun",
    "Invitation",
    "InvitationMail",
    "KnownBrowser",
    "LibraryDocument",
    "LibraryPlacement",
    "ListView",
    "LoginCode",
    "OutboxMail",
    "Passkey",
    "Programme",
    "ProgrammeElective",
    "ProgressMeasure",
    "RecoveryCode",
    "Registration",
    "Result",
    "RoleRow",
    "SchoolUser",
    "Score",
    "ScoreSheet",
    "SignInAttempt",
    "Sitting",
    "SittingExaminer",
    "Student",
    "StudentGroup",
    "StudentTerm",
    "StudentToDo",
    "Supervision",
    "SystemUpdate",
    "TypedForm",
    "UpdateRead",
    "User",
    "UserSession",
    "WorkProcess",
    "db",
    "metadata",
    "user_programme",
]
