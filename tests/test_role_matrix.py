"""Who gets in where: every route, every role, own and somebody else's rows, every verb.

The tables below are written out by hand from the design, on purpose not derived from app/permissions.py.
A route or action that is not listed fails. "all": any row; "own": own rows, another's is 404;
"none": the page is there and never a row on it; not listed for a role: 403.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.actions.base.action import REGISTRY, Action
from app.entities.base import db
from app.entities.trail import AuditEntry
from app.permissions import Role
from app.views import OTHERS, TABS
from tests.factories import refresh
from tests.support.visitor import Visitor
from tests.support.world import Side, World

pytestmark = pytest.mark.everywhere

S, A, SS, CS = Role.SUPPLIER, Role.ADMINISTRATOR, Role.SCHOOL_SUPERVISOR, Role.COMPANY_SUPERVISOR
SE, CE, EC, ST = Role.SCHOOL_EXAMINER, Role.COMPANY_EXAMINER, Role.EXAM_COMMITTEE, Role.STUDENT

Access = dict[Role, str]
EVERYONE: Access = dict.fromkeys(Role, "own")
ADMIN: Access = {A: "all"}
OFFICE: Access = {S: "all", A: "all"}
CATALOGUE: Access = {S: "all", A: "all", SS: "own", EC: "all"}
STUDENTS: Access = {A: "all", SS: "own", CS: "own", SE: "own", CE: "own", EC: "all"}
RESULTS: Access = {**STUDENTS, ST: "own"}
READERS: Access = {A: "own", SS: "own", CS: "own", SE: "own", CE: "own", EC: "own", ST: "own"}
PLANNERS: Access = {A: "all", SS: "own"}
EXAMINERS: Access = {SE: "own", CE: "own"}
TRAIL: Access = {A: "all", EC: "all"}
PROGRESS: Access = {A: "all", SS: "own", CS: "own", EC: "all"}


OWN_LIST = ("show_columns", "save_view", "remove_views")
OWN_FACTOR = ("set_up_app", "remove_app", "register_passkey")


@dataclass(frozen=True)
class Expected:
    """Who may ask for it; `row`: the kind of row in the address (see tests/support/world.py)."""

    access: Access
    row: str = ""


def listed(page: str, access: Access, row: str = "", show: Access | None = None) -> dict[str, Expected]:
    """The routes that every list has; `do` is looked at action by action."""
    return {
        f"{page}.index": Expected(access),
        f"{page}.choose": Expected(access),
        f"{page}.show": Expected(show or access, row),
    }


def imported(page: str, access: Access, row: str) -> dict[str, Expected]:
    """The routes of an import wizard. The runs in the world are the administrators': nobody else has one."""
    steps = ("resume", "columns", "values", "check", "progress", "row", "refused", "report")
    return {
        **dict.fromkeys(
            (f"{page}.{one}" for one in ("index", "choose", "example", "example_as_csv")), Expected(access)
        ),
        **dict.fromkeys((f"{page}.{one}" for one in steps), Expected(makers(access), row)),
    }


def import_posts(page: str, access: Access, row: str) -> dict[str, Expected]:
    steps = ("columns", "read_again", "values", "check", "check_again", "codes", "answer", "row", "discard")
    return {
        f"{page}.index": Expected(access),
        **dict.fromkeys((f"{page}.{one}" for one in steps), Expected(makers(access), row)),
    }


def makers(access: Access) -> Access:
    return {role: scope if role is A else "none" for role, scope in access.items()}


ROUTES: dict[str, Expected] = {
    "StartPage.start": Expected(EVERYONE),
    **listed("ProgrammesPage", CATALOGUE, "programme"),
    **listed("ElectivesPage", CATALOGUE, "elective"),
    **listed("ExamsPage", CATALOGUE, "exam"),
    "ExamsPage.form": Expected(CATALOGUE, "exam"),
    **listed("UsersPage", OFFICE, "user"),
    **listed("OutboxPage", ADMIN, "mail"),
    **listed("StudentsPage", STUDENTS, "student"),
    **listed("GroupsPage", STUDENTS, "group", show={**STUDENTS, SE: "none", CE: "none"}),
    **listed("TrailPage", TRAIL, "entry"),
    "PickerPage.find": Expected(OFFICE),  # the source of WORDS; the others: tests/pages/base/test_picker.py
    "PlanningPage.index": Expected(STUDENTS),
    "PlanningPage.choose": Expected(STUDENTS),
    "MomentsPage.index": Expected(STUDENTS),
    "MomentsPage.choose": Expected(STUDENTS),
    "PlanningPage.choose_exam": Expected(PLANNERS),
    "PlanningPage.registration": Expected(STUDENTS, "registration"),
    "ToAssessPage.index": Expected(EXAMINERS),
    "ToAssessPage.choose": Expected(STUDENTS),
    "ToAssessPage.sitting": Expected(STUDENTS, "sitting"),
    "ToAssessPage.result": Expected(RESULTS, "registration"),
    "ResultsPage.index": Expected(RESULTS),
    "ResultsPage.choose": Expected(RESULTS),
    "ResultsPage.export": Expected(RESULTS),
    "CommitteePage.index": Expected({EC: "all"}),
    "CommitteePage.choose": Expected({EC: "all"}),
    "CommitteePage.export": Expected({EC: "all"}),
    "TrailPage.check": Expected(TRAIL),
    "OwnExamsPage.index": Expected({ST: "own"}),
    "OwnProgressPage.index": Expected({ST: "own"}),
    **listed("ProgressPage", PROGRESS, "student"),
    "LibraryPage.index": Expected(READERS),
    "LibraryPage.download": Expected(READERS, "document"),
    "LibraryAdminPage.index": Expected(OFFICE),
    "LibraryAdminPage.choose": Expected(OFFICE),
    "LibraryAdminPage.role": Expected(OFFICE),
    "LibraryAdminPage.download": Expected(OFFICE, "document"),
    "UpdatesPage.index": Expected(OFFICE),
    "UpdatesPage.choose": Expected(OFFICE),
    "ProfilePage.index": Expected(EVERYONE),
    "HelpPage.index": Expected(EVERYONE),
    "CodesPage.new_password": Expected(EVERYONE),
    "ProfilePage.choose": Expected(EVERYONE),
    "OwnDataPage.index": Expected(EVERYONE),
    "OwnDataPage.download": Expected(EVERYONE),
    "SecondFactorPage.index": Expected(EVERYONE),
    "SecondFactorPage.choose": Expected(EVERYONE),
    "SecondFactorPage.codes": Expected(EVERYONE),
    **imported("StudentImportPage", {A: "own"}, "run"),
    **imported("UserImportPage", {S: "own", A: "own"}, "user run"),
    **imported("GroupImportPage", {A: "own"}, "group run"),
}

# Changes that have a route of their own.
POSTS: dict[str, Expected] = {
    "ToAssessPage.save": Expected(EXAMINERS, "sitting"),
    "SecondFactorPage.codes": Expected(EVERYONE),
    "SecondFactorPage.ask": Expected(EVERYONE),
    "CodesPage.new_password": Expected(EVERYONE),
    "ProgressPage.show": Expected({CS: "own"}, "student"),
    "OwnProgressPage.index": Expected({ST: "own"}),
    "ViewingPage.stop": Expected(EVERYONE),
    **import_posts("StudentImportPage", {A: "own"}, "run"),
    **import_posts("UserImportPage", {S: "own", A: "own"}, "user run"),
    **import_posts("GroupImportPage", {A: "own"}, "group run"),
}

# Routes without a sign-in, and the ones below /do/ that ACTIONS speaks of.
PUBLIC = {
    "static",
    "bootstrap.static",
    "HealthPage.healthz",
    "HealthPage.readyz",
    "HealthPage.logo",
    "SignInPage.sign_in",
    "SignInPage.sign_out",
    "SignInPage.sign_in_with_code",
    "SignInPage.choose_language",
    "InvitationPage.enter",
    "InvitationPage.exchange",
    "InvitationPage.own",
    "StopChangePage.stop",
    "CalendarPage.feed",
    "SecondStepPage.second_step",
    "SecondStepPage.ask",
    "SecondStepPage.sign_in",
    "CodesPage.ask",
    "CodesPage.forgotten",
    "CodesPage.enter_code",
    "TypedPage.last",  # these three: whoever is signed in, and only what they typed themselves
    "TypedPage.form",
    "TypedPage.still_here",
}

# What everybody does to his own account.
OWN_PROFILE = (
    "save_profile",
    "change_password",
    "end_own_sessions",
    "change_email",
    "confirm_email",
    "cancel_email_change",
    "make_calendar_link",
    "drop_calendar_link",
)

# The actions that pages offer below /do/<name>.
ACTIONS: dict[str, Expected] = {
    "send_again": Expected(ADMIN, "mail"),
    **dict.fromkeys(("add_student", "add_group", "undo_coupling"), Expected(PLANNERS)),
    **dict.fromkeys(
        (
            "change_student",
            "couple_programme",
            "uncouple_programme",
            "couple_users",
            "uncouple_users",
            "exclude_exam",
            "include_exam",
            "release_progress",
            "add_to_groups",
            "remove_from_group",
            "send_student_codes",
            "print_student_codes",
            "plan_exam",
            "export_students",
            "deactivate_students",
            "reactivate_students",
        ),
        Expected(PLANNERS, "student"),
    ),
    **dict.fromkeys(
        ("change_group", "remove_group", "copy_groups", "export_groups", "add_members", "remove_members"),
        Expected(PLANNERS, "group"),
    ),
    "set_rule": Expected(ADMIN, "group"),
    "drop_rule": Expected(ADMIN, "ruled group"),
    **dict.fromkeys(("remove_planning", "stop_exams", "resume_exams"), Expected(PLANNERS, "planned")),
    **dict.fromkeys(
        ("remove_moments", "replace_school_examiner", "replace_company_examiner"),
        Expected(PLANNERS, "sitting"),
    ),
    **dict.fromkeys(
        ("invite_company_examiner", "resend_invitation", "withdraw_invitation"), Expected(PLANNERS, "sitting")
    ),
    "add_user": Expected(OFFICE),
    "view_as": Expected(ADMIN, "user"),
    "send_user_sample": Expected(OFFICE),
    "send_student_sample": Expected(PLANNERS),
    **dict.fromkeys(
        (
            "edit_user",
            "couple_to_programmes",
            "uncouple_from_programmes",
            "send_login_codes",
            "make_codes",
            "print_codes",
            "deactivate_users",
            "reactivate_users",
            "end_sessions_of_users",
            "reset_second_factor",
        ),
        Expected(OFFICE, "user"),
    ),
    "undo_student_import": Expected(ADMIN, "run"),
    "undo_user_import": Expected(makers(OFFICE), "user run"),
    "undo_group_import": Expected(ADMIN, "group run"),
    "load_catalogue": Expected({S: "all"}),
    "upload_document": Expected(OFFICE),
    **dict.fromkeys(("change_document", "move_document", "remove_document"), Expected(OFFICE, "document")),
    "make_definitive": Expected({SE: "own"}, "sitting"),
    "reopen_assessment": Expected(ADMIN, "sitting"),
    "record_adoption": Expected(ADMIN, "result"),
    "mark_all_updates_read": Expected(OFFICE),
    "mark_update_read": Expected(OFFICE, "update"),
    "add_update": Expected({S: "all"}),
    "change_update": Expected({S: "all"}, "update"),
    "end_own_session": Expected(EVERYONE, "session"),
    "remove_passkey": Expected(EVERYONE, "passkey"),
    **dict.fromkeys((*OWN_PROFILE, *OWN_FACTOR), Expected(EVERYONE)),
    **dict.fromkeys(OWN_LIST, Expected(STUDENTS)),
}

# Run by a route of POSTS, the sign-in page, the sender of mails or a command; no page offers them below /do/.
ELSEWHERE = {
    "claim_mails",
    "note_sent",
    "note_failed",
    "note_cancelled",
    "forget_outdated",
    "begin_anchor",
    "accept_trail",
    "note_restore",
    "save_scores",
    "save_own_progress",
    "save_student_progress",
    "start_import",
    "choose_columns",
    "choose_values",
    "read_again",
    "import_students",
    "import_users",
    "import_groups",
    "discard_import",
    "fix_row",
    "choose_codes",
    "answer_question",
    "check_again",
    "ask_import",
    "claim_import",
    "keep_claim",
    "note_check",
    "note_failed_import",
    "record_sign_in",
    "record_failed_sign_in",
    "complete_sign_in",
    "record_sign_out",
    "count_try",
    "keep_typed",
    "drop_typed",
    "use_code",
    "generate_roles",
    "seal_anew",
    "load_demo_school",
    "create_administrator",
    "create_supplier",
    "add_demo_students",
    "note_visit",
    "note_programme",
    "renew_session",
    "use_invitation",
    "stop_email_change",
    "sign_in_by_passkey",
    "show_passkey",
    "show_code",
    "show_password",
    "record_failed_proof",
    "make_recovery_codes",
    "request_code",
    "count_code_try",
    "use_mailed_code",
    "choose_password",
    "stop_viewing",
}


WORDS = {"role": "student", "kind": "csv", "source": "opleidingen", "number": 2}


def address(rule: Rule, side: Side, expected: Expected) -> str:
    """The rule with the ids of this side in it."""
    values = {name: WORDS[name] if name in WORDS else side[expected.row] for name in rule.arguments}
    built = rule.build(values)
    assert built is not None, rule
    return built[1]


def get_rules(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        ours = rule.endpoint not in PUBLIC and not rule.endpoint.endswith(".do")
        if ours and "GET" in (rule.methods or ()):
            yield rule


def post_rules(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if (
            rule.endpoint not in PUBLIC
            and not rule.endpoint.endswith(".do")
            and "POST" in (rule.methods or ())
        ):
            yield rule


def offered() -> Iterator[tuple[str, Action]]:
    """(address of the page, action) for everything below /do/."""
    for page in (*(tab.page for tab in TABS), *OTHERS):
        seen = set()
        for group in ("bulk", "page_actions", "row_actions", "other_actions"):
            for item in getattr(page, group, ()):
                act = item[0] if isinstance(item, tuple) else item
                if act.name not in seen:
                    seen.add(act.name)
                    yield page.route_base, act


def refused(expected: Expected, role: Role, side: str) -> int | None:
    """The answer that the tables demand when a role may not; None: it may."""
    scope = expected.access.get(role)
    if scope is None:
        return 403
    if scope == "none":
        return 404
    return 404 if (scope, side) == ("own", "foreign") and expected.row else None


def trail_length() -> int:
    refresh()
    return db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def test_every_route_is_listed(app: Flask) -> None:
    there = {rule.endpoint for rule in get_rules(app)}
    assert there - set(ROUTES) == set(), "add these to ROUTES: who may ask for them?"
    assert set(ROUTES) - there == set(), "these are gone"


def test_every_route_that_changes_something_is_listed(app: Flask) -> None:
    assert {rule.endpoint for rule in post_rules(app)} == set(POSTS)


def test_every_action_is_listed() -> None:
    on_pages = {act.name for _base, act in offered()}
    assert on_pages - set(ACTIONS) == set(), "add these to ACTIONS: who may do them?"
    assert set(ACTIONS) - on_pages == set(), "no page offers these any more"
    assert set(REGISTRY) - on_pages - ELSEWHERE == set(), "an action that nobody can reach"


def wrong_looks(
    app: Flask, world: World, page: Visitor, role: Role, routes: Mapping[str, Expected]
) -> list[str]:
    """Where GET answers otherwise than the table says."""
    wrong = []
    for rule in get_rules(app):
        expected = routes[rule.endpoint]
        for side, name in ((world.own, "own"), (world.foreign, "foreign")):
            if name == "foreign" and not expected.row:
                continue
            path = address(rule, side, expected)
            answer = page.get(path).status_code
            wanted = refused(expected, role, name)
            if answer != wanted if wanted else answer not in {200, 302}:
                wrong.append(f"{path} ({name}): {answer}, not {wanted or 200}")
    return wrong


def wrong_deeds(world: World, page: Visitor, role: Role, actions: Mapping[str, Expected]) -> list[str]:
    """Where asking for an action, or doing it unasked, answers otherwise than the table says."""
    wrong = []
    for base, act in offered():
        expected = actions[act.name]
        for side, name in ((world.own, "own"), (world.foreign, "foreign")):
            query = f"?id={side.of(expected.row, role)}" if expected.row else ""
            path = f"{base}/do/{act.name}{query}"
            wanted = refused(expected, role, name)
            asked = page.get(path).status_code
            if asked != wanted if wanted else asked not in {200, 302, 409, 422}:
                wrong.append(f"GET {path} ({name}): {asked}, not {wanted or 200}")
            if wanted and (done := page.do(path).status_code) != wanted:
                wrong.append(f"POST {path} ({name}): {done}, not {wanted}")
    return wrong


def wrong_posts(app: Flask, world: World, page: Visitor, role: Role) -> list[str]:
    """Where a change with a route of its own is not refused as the table says."""
    wrong = []
    for rule in post_rules(app):
        expected = POSTS[rule.endpoint]
        for side, name in ((world.own, "own"), (world.foreign, "foreign")):
            path = address(rule, side, expected)
            wanted = refused(expected, role, name)
            # Without the right to change it a row may also be out of sight: both are a refusal.
            fine = {403, 404} if wanted == 403 else {wanted}
            if wanted and (done := page.post(path).status_code) not in fine:
                wrong.append(f"POST {path} ({name}): {done}, not {wanted}")
    return wrong


@pytest.mark.parametrize("role", list(Role))
def test_a_role_gets_in_where_the_design_says_and_nowhere_else(
    app: Flask, world: World, visitor_of: Callable[..., Visitor], role: Role
) -> None:
    assert wrong_looks(app, world, visitor_of(world.user(role)), role, ROUTES) == []


@pytest.mark.parametrize("role", list(Role))
def test_a_role_does_what_the_design_says_and_nothing_else(
    app: Flask, world: World, visitor_of: Callable[..., Visitor], role: Role
) -> None:
    page = visitor_of(world.user(role))
    before = trail_length()
    assert wrong_deeds(world, page, role, ACTIONS) + wrong_posts(app, world, page, role) == []
    assert trail_length() == before, "a refused change was written"


def test_the_matrix_sees_a_right_too_many_and_a_row_too_many(
    app: Flask, world: World, visitor_of: Callable[..., Visitor]
) -> None:
    """The guard can fail: with a stricter table, what the application rightly allows is reported."""
    page = visitor_of(world.user(A))
    strict = {**ROUTES, "UsersPage.index": Expected({}), "StudentsPage.show": Expected({A: "own"}, "student")}
    found = wrong_looks(app, world, page, A, strict)
    assert found == [
        "/gebruikers/ (own): 200, not 403",
        f"/studenten/{world.foreign['student']} (foreign): 200, not 404",
    ]
    fewer = {**ACTIONS, "change_student": Expected({SS: "own"}, "student")}
    assert any("change_student" in line for line in wrong_deeds(world, page, A, fewer))


def test_somebody_not_signed_in_is_sent_to_the_sign_in_page_everywhere(
    app: Flask, world: World, visitor_of: Callable[..., Visitor]
) -> None:
    page = visitor_of(None)
    for rule in get_rules(app):
        _is_sent_away(page.get(address(rule, world.own, ROUTES[rule.endpoint])))
    for rule in post_rules(app):
        _is_sent_away(page.post(address(rule, world.own, POSTS[rule.endpoint])))
    for base, act in offered():
        _is_sent_away(page.do(f"{base}/do/{act.name}?id=1"))


def _is_sent_away(answer: TestResponse) -> None:
    assert answer.status_code == 302, answer.request.path
    assert answer.headers["Location"].startswith("/aanmelden"), answer.request.path
