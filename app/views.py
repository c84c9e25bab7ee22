"""The tabs, in the manual's order. Users see the tabs that one of their roles has the permission for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_appbuilder import AppBuilder
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.pages.access.calendar import CalendarPage
from app.pages.access.code_entry import CodesPage
from app.pages.access.invitation import InvitationPage
from app.pages.access.own_data import OwnDataPage
from app.pages.access.profile import ProfilePage
from app.pages.access.second_factor import SecondFactorPage
from app.pages.access.second_step import SecondStepPage
from app.pages.access.sign_in import SignInPage
from app.pages.access.stop_change import StopChangePage
from app.pages.access.typed import TypedPage
from app.pages.assessment import committee
from app.pages.assessment.assessment import ToAssessPage
from app.pages.base.picker import PickerPage
from app.pages.catalogue import programmes
from app.pages.catalogue.exams import ExamsPage
from app.pages.groups.groups import GroupsPage
from app.pages.imports import imports
from app.pages.library.library import LibraryAdminPage
from app.pages.library.reading import LibraryPage
from app.pages.mail.outbox import OutboxPage
from app.pages.planning.moments import MomentsPage
from app.pages.planning.own_exams import OwnExamsPage
from app.pages.planning.planning import PlanningPage
from app.pages.progress import progress
from app.pages.school import health, start
from app.pages.school.help import HelpPage
from app.pages.school.settings import UpdatesPage
from app.pages.students.students import StudentsPage
from app.pages.trail.trail import TrailPage
from app.pages.users.users import UsersPage
from app.pages.users.viewing import ViewingPage
from app.permissions import Permission


@dataclass(frozen=True)
class Tab:
    name: str
    label: LazyString
    page: type[Any]
    permission: Permission
    icon: str
    condition: Callable[[], bool] | None = None  # shown only when this holds, too


P = Permission

TABS = (
    Tab("start", _l("Start"), start.StartPage, P.START, "house"),
    Tab("programmes", _l("Opleidingen"), programmes.ProgrammesPage, P.PROGRAMMES_SEE, "mortarboard"),
    Tab("exams", _l("Examenbeheer"), ExamsPage, P.EXAMS_SEE, "journal-check"),
    Tab("users", _l("Gebruikers"), UsersPage, P.USERS_SEE, "people"),
    Tab("students", _l("Studenten"), StudentsPage, P.STUDENTS_SEE, "person-vcard"),
    Tab("library-admin", _l("Bibliotheekbeheer"), LibraryAdminPage, P.LIBRARY_MANAGE, "folder2-open"),
    Tab("planning", _l("Examens"), PlanningPage, P.PLANNING_SEE, "calendar3"),
    Tab("to-assess", _l("Te beoordelen"), ToAssessPage, P.ASSESSMENT_TODO, "clipboard-check"),
    Tab("committee", _l("Examencommissie"), committee.CommitteePage, P.COMMITTEE_SEE, "bank"),
    Tab("own-exams", _l("Mijn examens"), OwnExamsPage, P.OWN_EXAMS, "calendar-check"),
    Tab(
        "own-progress",
        _l("Mijn onderwijsvoortgang"),
        progress.OwnProgressPage,
        P.OWN_PROGRESS,
        "graph-up",
        condition=progress.progress_tab_shown,
    ),
    Tab("progress", _l("Onderwijsvoortgang"), progress.ProgressPage, P.PROGRESS_SEE, "graph-up-arrow"),
    Tab("library", _l("Bibliotheek"), LibraryPage, P.LIBRARY_READ, "book"),
    Tab("settings", _l("Instellingen"), UpdatesPage, P.SETTINGS_READ, "sliders"),
    Tab("profile", _l("Mijn profiel"), ProfilePage, P.PROFILE, "person-circle"),
)

# Pages without a tab of their own: reached from a tab, from a link, or from outside.
OTHERS: tuple[type[Any], ...] = (
    SecondFactorPage,
    SecondStepPage,
    SignInPage,
    CodesPage,
    InvitationPage,
    health.HealthPage,
    HelpPage,
    programmes.ElectivesPage,
    GroupsPage,
    imports.StudentImportPage,
    imports.UserImportPage,
    imports.GroupImportPage,
    OutboxPage,
    MomentsPage,
    committee.ResultsPage,
    TrailPage,
    StopChangePage,
    CalendarPage,
    OwnDataPage,
    ViewingPage,
    TypedPage,
    PickerPage,
)


def register_views(builder: AppBuilder) -> None:
    for page in OTHERS:
        builder.add_view_no_menu(page)
    for tab in TABS:
        builder.add_view(tab.page, tab.name, label=tab.label, icon=tab.icon, menu_cond=tab.condition)


def menu_permissions() -> dict[str, Permission]:
    """Tab name -> the permission that shows it; the framework's menu rights are made from these."""
    return {tab.name: tab.permission for tab in TABS}
