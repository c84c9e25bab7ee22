"""The trail says all, and nothing else: what an action changed stands in its entry, for every action.

Each action is run in a scene (tests/support/scenes) while its writes are watched (tests/support/told.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import delete, insert, select, update

from app.actions.base import runner
from app.actions.base.action import REGISTRY, Targets, action, own_word
from app.actions.base.outcome import Outcome
from app.actions.base.runner import run
from app.entities.base import db, metadata
from app.entities.imports import ImportRun
from app.entities.students import Student, group_member
from app.entities.users import User
from app.pages.trail.words import field_label
from app.permissions import SYSTEM, Actor, Permission
from tests.factories import make_group, make_student, make_user
from tests.support.scenes import SCENES, Stage
from tests.support.told import CALLED, Change, Watched, moved_beside, overtold, untold, watching
from tests.support.world import World

pytestmark = pytest.mark.everywhere

# What need not stand in an entry, and why.
LEFT_OUT = {
    # bookkeeping of the machine
    "audit_entry": "the trail itself",
    "audit_object": "the trail itself",
    "action_run": "remembers a form, so that sending it twice runs it once",
    "student_to_do": "worked out by triggers from what is told",
    "student_term": "words to search by, worked out by triggers",
    "coupling_run": "what undoing needs, for a day",
    "import_part": "the rows of a file, for seven days",
    "import_change": "what undoing an import needs, for seven days",
    "sign_in_attempt": "counts tries, for an hour",
    "known_browser": "counts tries apart; Mijn profiel shows that browsers are known",
    "typed_form": "what somebody typed and did not send, encrypted, for a short time",
    "answered_challenge": "a question to a browser, for minutes",
    "*.version": "counts changes",
    "*.uid": "a name that the database draws",
    "*.created_at": "the moment of the entry, or that of the entry that made the row",
    "student.search": "words to search by, made of the name",
    "student.name_key": "orders names, made of the name",
    "ab_user.login_count": "counts sign-ins, which have an entry each",
    "ab_user.last_login": "the moment of the entry of signing in",
    "assessment.definitive_by_id": "named in `definitive`",
    "score.criterion_id": "the key of the detail: 1.2",
    "library_placement.position": "a new document comes last; moving one has an entry of its own",
    "library_document.content_type": "of the file that the fingerprint names",
    "library_document.size": "of the file that the fingerprint names",
    "library_document.content_hash": "the fingerprint",
    "result.detail": "how it was computed, frozen: the scores have an entry each",
    "list_view": "how one's own list looks; its name is told",
    # of a session, a mail or a code the entry says that there is one, and of whom
    "user_session": "signing in and out have an entry each; Mijn profiel shows the sessions",
    "outbox_mail": "Postvak uit shows each mail, when it went and why it failed",
    "login_code": "a secret",
    "recovery_code": "a secret",
    "authenticator": "a secret",
    "ab_user.password": "a secret",
    "calendar_link.token_hash": "a secret",
    "passkey.public_key": "only that there is a passkey, by its name",
    "passkey.credential_id": "only that there is a passkey, by its name",
    "passkey.sign_count": "counts uses",
    "email_change.nonce": "a secret",
    "email_change.code_hash": "a secret",
    "email_change.stop_selector": "a secret",
    "email_change.stop_hash": "a secret",
    "email_change.expires_at": "an hour later",
    "guest_key": "a secret",
    "guest.doubled": "of guests of before, made by a migration alone",
    "guest.opened_at": "using an invitation has an entry",
    "invitation_mail": "Postvak uit shows each mail",
    "invitation.invited_by_id": "whose entry it is",
    "ab_user.guest": "an invitation says so",
    "invite_company_examiner:ab_user.username": "a guest has none that anybody uses",
    # texts that may hold personal data: the entry keeps only that they changed
    "score.remark": "only that it changed",
    "score_sheet.remark": "only that it changed",
    "import_run.fixes": "the columns of the row that was corrected",
    "import_run.values": "the columns of the chosen values; what came of it stands in the import's entry",
    # the work of the wizard; the choices are told
    **{
        f"import_run.{name}": "where the wizard is, and what it read"
        for name in (
            *("content", "table", "header_key", "checked", "task", "asked_at", "lease_until", "tries"),
            *("problem", "stage", "counts", "finished_at", "rows_at"),
        )
    },
    # of some actions
    "forget_outdated:ab_user": "what was forgotten must not stand in the trail",
    "forget_outdated:guest": "what was forgotten must not stand in the trail",
    "forget_outdated:invitation": "what was forgotten must not stand in the trail",
    "forget_outdated:import_run": "what was forgotten must not stand in the trail",
    **{
        f"{name}:whole ab_user.{column}": "an account that is made copies its student's name and address"
        for name in ("send_student_codes", "print_student_codes", "import_students", "undo_student_import")
        for column in ("first_name", "infix", "last_name", "username", "email")
    },
    **{
        f"{name}:ab_user_role.role_id": "the account of a student has the role of a student"
        for name in ("send_student_codes", "print_student_codes", "import_students", "undo_student_import")
    },
    **{
        f"load_catalogue:{table}": "of a programme, elective or version of an exam that is named: a file"
        for table in ("core_task", "work_process", "exam", "exam_task", "criterion", "criterion_level")
    },
    "load_catalogue:programme_elective": "which elective a programme offers, in its file",
    "load_catalogue:conditional_assignment": "of an elective that is named: a file",
    "load_catalogue:system_update": "news of the version that is installed",
    **{
        f"generate_roles:{table}": "the rights of the version that is installed: app/permissions.py"
        for table in (
            "ab_permission",
            "ab_view_menu",
            "ab_role",
            "ab_permission_view",
            "ab_permission_view_role",
        )
    },
}
# An undone import takes away what it made: the trail names it, and the import's own entry holds its values.
# What it takes away of a row that stays is told in full.
COUPLED = {
    "student_group_member": ("student_id", "group_id"),
    "supervision": ("student_id",),
    "enrolment": ("student_id",),
    "ab_user_role": ("user_id",),
    "user_programme": ("user_id",),
}
UNDOING = ("undo_student_import", "undo_user_import", "undo_group_import")
NAME_IN_CODE = re.compile(r"[a-z_]+")
# Details that the logbook lays out in lines of their own (app/pages/trail/entries.py).
LAID_OUT = ("registrations",)
# Demonstration data, all of it made up: the entry says how many students.
MADE_UP = ("load_demo_school", "add_demo_students")


@pytest.fixture
def stage(world: World, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(runner, "demand", lambda *_given: None)  # every proof was given
    return Stage(world, monkeypatch)


def test_every_action_has_a_scene() -> None:
    assert set(SCENES) == {name for name in REGISTRY if not name.startswith("planted")}


def missing(seen: list[Watched], name: str) -> list[str]:
    """What the action changed and no entry tells."""
    found = [one for run in seen if run.action.name == name for one in untold(run, LEFT_OUT)]
    if name in UNDOING:
        found = [
            one for one in found if one.new is not None or one.column in CALLED or _of_rows_that_stay(one)
        ]
    return [str(one) for one in found]


def _of_rows_that_stay(one: Change) -> bool:
    """Whether it is of a coupling that went, between rows that are both there still."""
    owners = [metadata.tables[one.table].c[name] for name in COUPLED.get(one.table, ())]
    keys = [(next(iter(owner.foreign_keys)).column, one.row[owner.name]) for owner in owners]
    return bool(keys) and all(
        db.session.scalar(select(column).where(column == value)) is not None for column, value in keys
    )


def _marked(name: str) -> Any:
    marks = {"begin_anchor": pytest.mark.schema}  # on an empty database
    return pytest.param(name, marks=marks[name]) if name in marks else name


@pytest.mark.parametrize("name", [_marked(one) for one in sorted(set(SCENES) - set(MADE_UP))])
def test_each_column_that_an_action_changed_stands_in_its_entry(stage: Stage, name: str) -> None:
    with watching() as seen:
        SCENES[name](stage)
    runs = [one for one in seen if one.action.name == name]
    assert runs, "the scene does not run its action"
    assert any(one.changes or one.told.at for one in runs), "the scene changes nothing"
    assert missing(seen, name) == []
    assert [one for run in runs for one in overtold(run, LEFT_OUT)] == []
    assert wordless(runs) == []
    assert [one for run in seen for one in moved_beside(run)] == []


def wordless(runs: list[Watched]) -> list[str]:
    """The details that the logbook shows by their name in the code. A key with a capital, a space or a digit
    is itself a name: of a task, a group, a criterion."""
    with current_app.test_request_context():
        return [
            f"{one.action.name}: {key}"
            for one in runs
            for key in one.told.heads
            if NAME_IN_CODE.fullmatch(key) and key not in LAID_OUT
            if not own_word(one.action.name, key) and field_label(key) == key
        ]


@pytest.mark.schema
@pytest.mark.parametrize("name", MADE_UP)
def test_made_up_data_are_told_by_their_students(stage: Stage, name: str) -> None:
    with watching() as seen:
        SCENES[name](stage)
    told = next(one for one in seen if one.action.name == name).told
    assert {kind for kind, _id in told.objects} == {"Student"}


# -- the watch can fail


@pytest.fixture
def planted() -> Iterator[None]:
    yield
    for name in [one for one in REGISTRY if one.startswith("planted")]:
        del REGISTRY[name]


def _plant(
    name: str, write: object, details: dict[str, object], *, on: object = Student, told: bool = True
) -> None:
    def change(actor: Actor, targets: Targets[Student]) -> Outcome:
        db.session.execute(write(targets))  # type: ignore[operator]
        return Outcome(done=1, ids=targets.ids if told else [], details=dict(details))

    change.__name__ = name
    action("Neergezet", permission=Permission.STUDENTS_EDIT, on=on, changes=(Student, User))(change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("details", "told", "seen"),
    [
        ({}, True, ["student.email"]),
        ({"email": ["oud@example.nl", None]}, True, ["student.email"]),
        ({"email": [None, "nieuw@example.nl"]}, True, ["student.email"]),
        ({"email": ["oud@example.nl", "nieuw@example.nl"]}, False, ["student.email"]),
        ({"email": ["oud@example.nl", "nieuw@example.nl"]}, True, []),
    ],
    ids=["nothing", "old alone", "new alone", "of nobody", "all"],
)
def test_a_column_that_is_not_told_is_seen(
    world: World, planted: None, details: dict[str, object], told: bool, seen: list[str]
) -> None:
    _plant(
        "planted_action",
        lambda targets: (
            update(Student).where(Student.id.in_(targets.among())).values(email="nieuw@example.nl", version=2)
        ),
        details,
        told=told,
    )
    student = make_student(email="oud@example.nl")
    with watching() as runs:
        run(REGISTRY["planted_action"], SYSTEM, [student.id])
    found = untold(runs[0], LEFT_OUT)
    assert [f"{one.table}.{one.column}" for one in found] == seen


@pytest.mark.parametrize(
    ("details", "seen"),
    [
        ({"email": ["oud@example.nl", "nieuw@example.nl"]}, []),
        ({"number": ["1", "2"]}, ["number: '1' -> '2'"]),
        ({"examiner": ["Bas Bakker", "Bas Bakker"]}, ["examiner: 'Bas Bakker' -> 'Bas Bakker'"]),
    ],
    ids=["what changed", "what did not change", "old is new"],
)
def test_a_change_that_did_not_happen_is_seen(
    world: World, planted: None, details: dict[str, object], seen: list[str]
) -> None:
    _plant(
        "planted_action",
        lambda targets: (
            update(Student).where(Student.id.in_(targets.among())).values(email="nieuw@example.nl", version=2)
        ),
        details,
    )
    with watching() as runs:
        run(REGISTRY["planted_action"], SYSTEM, [make_student(email="oud@example.nl").id])
    assert overtold(runs[0], LEFT_OUT) == seen


def test_an_address_that_moves_in_a_way_of_its_own_is_seen(world: World, planted: None) -> None:
    account = make_user("student", email="oud@example.nl").id
    _plant(
        "planted_action",
        lambda _targets: update(User).where(User.id == account).values(email="nieuw@example.nl", version=2),
        {"email": ["oud@example.nl", "nieuw@example.nl"]},
    )
    with watching() as runs:
        run(REGISTRY["planted_action"], SYSTEM, [make_student().id])
    assert moved_beside(runs[0]) == ["ab_user.email: 'oud@example.nl' -> 'nieuw@example.nl'"]


def test_a_coupling_that_is_told_of_who_had_it_already_is_seen(world: World, planted: None) -> None:
    had, new = make_student(), make_student()
    first, second = make_group(had), make_group()
    pairs = [(first.id, new.id), (second.id, had.id), (second.id, new.id)]
    _plant(
        "planted_action",
        lambda _targets: insert(group_member).values(
            [{"group_id": group, "student_id": student} for group, student in pairs]
        ),
        {"groups": [first.name, second.name]},
    )
    with watching() as runs:
        run(REGISTRY["planted_action"], SYSTEM, [had.id, new.id])
    assert overtold(runs[0], LEFT_OUT) == [f"student {had.id}: {first.name}"]


def test_a_row_that_a_cascade_takes_along_is_seen(world: World, planted: None) -> None:
    mine = ImportRun.id == world.own["run"]
    _plant("planted_action", lambda _targets: delete(ImportRun).where(mine), {})
    with watching() as runs:
        run(REGISTRY["planted_action"], SYSTEM, [world.own["student"]])
    assert "import_part.rows" in {f"{one.table}.{one.column}" for one in runs[0].changes}
