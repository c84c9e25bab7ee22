"""Older tabs never win: a form that was opened before somebody else's save overwrites nothing unseen.

The forms are found: every action with a form, every action on a row that asks no confirmation, and every
address of a page that takes a POST by itself. Whoever adds one says here how an older tab of it is told.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.base.action import REGISTRY, Action, ActionForm, Targets, action
from app.actions.base.forms import SeenForm, VersionedForm
from app.actions.base.outcome import Outcome
from app.actions.users.users import edit_user
from app.entities.base import db
from app.entities.library import LibraryDocument
from app.entities.school import SystemUpdate
from app.entities.students import Student, StudentGroup
from app.entities.users import User
from app.permissions import Actor, Permission
from tests.factories import make_programme, make_user, refresh
from tests.support.forms import as_shown
from tests.support.visitor import Visitor
from tests.support.world import World
from tests.test_role_matrix import POSTS

Visit = Callable[..., Visitor]
VisitorOf = Callable[[User], Visitor]

# Forms that start with something, and that is not what a row holds.
NOT_OF_A_ROW = {
    "add_update": "today",
    "record_adoption": "today",
    "invite_company_examiner": "the other moments of the exam, each refused where there is an examiner",
    "plan_exam": "the fingerprint of the planning that it shows, in `seen`",
}
# Actions on a row that ask no confirmation: the argument that says what their page showed, or why not.
UNCONFIRMED = {
    "save_scores": "version",
    **dict.fromkeys(("read_again", "choose_columns", "choose_values", "discard_import"), "version"),
    **dict.fromkeys(("import_students", "import_users", "import_groups", "ask_import"), "version"),
    "choose_codes": "seen",
    "answer_question": "seen",
    "fix_row": "seen",
    **dict.fromkeys(("save_own_progress", "save_student_progress"), "stood"),
    "mark_update_read": "seen",
    "invite_company_examiner": "it is refused where there is an examiner",
    "check_again": "it changes nothing that a page shows",
    **dict.fromkeys(("export_students", "export_groups"), "it changes nothing"),
}
# Addresses that take a POST by themselves: the hidden field that says what the page showed, or why not.
WIZARD = {
    "columns": "version",
    "read_again": "version",
    "values": "version",
    "check": "version",
    "row": "seen",
    "codes": "seen",
    "answer": "seen",
    "discard": "version",
    "check_again": "it changes nothing that a page shows",
    "index": "it begins something new",
}
BY_THEMSELVES = {
    "ToAssessPage.save": "version",
    "ProgressPage.show": "was_",
    "OwnProgressPage.index": "was_",
    "SecondFactorPage.codes": "older codes end, as its page says",
    "SecondFactorPage.ask": "it begins something new",
    "CodesPage.new_password": "once for each code",
    "ViewingPage.stop": "it ends something of this session",
    **{
        f"{page}.{step}": told
        for page in ("StudentImportPage", "UserImportPage", "GroupImportPage")
        for step, told in WIZARD.items()
    },
}
ARGUMENTS = {"version", "seen", "stood"}


def unguarded() -> list[str]:
    """Actions whose form shows what is there, or that act on a row at once, without saying what was shown."""
    wrong = []
    for name, act in REGISTRY.items():
        shows = act.form is not None and act.form.initial.__func__ is not ActionForm.initial.__func__  # type: ignore[attr-defined]
        bound = act.form is not None and issubclass(act.form, (VersionedForm, SeenForm))
        if shows and not bound and name not in NOT_OF_A_ROW:
            wrong.append(f"{name}: its form shows what is there, and has no version")
        elif bound and not ARGUMENTS & takes(act):
            wrong.append(f"{name}: its form has a version that it does not take")
        elif act.on is not None and not act.confirm and not bound and not told_by(act):
            wrong.append(f"{name}: changes a row at once, and nothing says what the page showed")
    return wrong


def takes(act: Action) -> set[str]:
    return set(inspect.signature(act.function).parameters)


def told_by(act: Action) -> bool:
    how = UNCONFIRMED.get(act.name, "")
    return how in takes(act) if how in ARGUMENTS else bool(how)


def test_every_action_on_what_is_there_says_what_its_form_showed(app: Flask) -> None:
    assert unguarded() == []
    forms = [act.name for act in REGISTRY.values() if act.form and issubclass(act.form, VersionedForm)]
    assert sorted(forms) == sorted(SCENES)
    assert UNCONFIRMED.keys() | NOT_OF_A_ROW.keys() <= REGISTRY.keys(), "a line about nothing"


@pytest.mark.parametrize("kind", ["a form without a version", "a form that is not compared", "no form"])
def test_an_action_that_says_nothing_of_what_was_shown_is_seen(app: Flask, kind: str) -> None:
    class Plain(ActionForm):
        @classmethod
        def initial(cls, actor: Actor, targets: Targets[Any] | None) -> dict[str, Any]:
            return {"title": "Zoals het nu is"}

    forms = {"a form without a version": Plain, "a form that is not compared": VersionedForm, "no form": None}

    @action("Neergezet", permission=Permission.LIBRARY_MANAGE, on=LibraryDocument, form=forms[kind])
    def planted_action(actor: Actor, targets: Targets[LibraryDocument]) -> Outcome:
        return Outcome()

    try:
        assert [one.partition(":")[0] for one in unguarded()] == ["planted_action"]
    finally:
        REGISTRY.pop("planted_action")


def test_every_page_that_takes_a_post_by_itself_says_what_it_showed() -> None:
    assert POSTS.keys() == BY_THEMSELVES.keys()


# -- the same scene for every form of a row: two people, and two tabs of one person


@dataclass(frozen=True)
class Scene:
    """A form on a row. `first` is changed by a colleague, `late` is typed in the older form."""

    path: str
    role: str
    model: type[Any]
    row: str  # kind of row of the world
    first: Mapping[str, Any]
    late: Mapping[str, Any]
    told: str = ""  # what the sentence says was changed


NAMES = {"first": {"first_name": "Eerst"}, "told": "→ Eerst"}
SCENES = {
    "change_student": Scene(
        "/studenten", "administrator", Student, "student", late={"last_name": "Laat"}, **NAMES
    ),
    "edit_user": Scene("/gebruikers", "administrator", User, "user", late={"phone": "0687654321"}, **NAMES),
    "save_profile": Scene("/mijn-profiel", "administrator", User, "", late={"phone": "0687654321"}, **NAMES),
    "change_group": Scene(
        "/studentgroepen",
        "administrator",
        StudentGroup,
        "group",
        {"name": "Eerst"},
        {"location": "Laat"},
        "→ Eerst",
    ),
    "set_rule": Scene(
        "/studentgroepen", "administrator", StudentGroup, "ruled group", {}, {}, "Leden door een regel"
    ),
    "change_document": Scene(
        "/bibliotheekbeheer",
        "administrator",
        LibraryDocument,
        "document",
        {"title": "Eerst"},
        {"roles": ["exam_committee"]},
        "→ Eerst",
    ),
    "change_update": Scene(
        "/instellingen", "supplier", SystemUpdate, "update", {"title": "Eerst"}, {"body": "Laat"}, "→ Eerst"
    ),
}


class Stage:
    """A scene with its row, the one who is late, and the way to the form."""

    def __init__(self, name: str, world: World, visitor_of: VisitorOf) -> None:
        self.name, self.scene = name, SCENES[name]
        own = not self.scene.row
        person = make_user(self.scene.role)
        self.late = visitor_of(person)
        self.id = person.id if own else world.own[self.scene.row]
        query = "" if own else f"?id={self.id}"
        self.path = f"{self.scene.path}/do/{name}{query}"
        programmes = [make_programme().id for _each in range(2)] if name == "set_rule" else []
        self.first_data, self.late_data = (
            {**dict(given), **({"programmes": [str(programme)]} if programmes else {})}
            for given, programme in zip(
                (self.scene.first, self.scene.late), programmes or (0, 0), strict=True
            )
        )

    def change(self, who: Visitor) -> None:
        """Change the row with this form, or, for a profile, as an administrator does."""
        path = self.path
        if not self.scene.row and who is not self.late:
            path = f"/gebruikers/do/{edit_user.name}?id={self.id}"
        assert who.fill(path, self.first_data).status_code == 302, "the first to save"

    def row(self) -> dict[str, Any]:
        refresh()
        row = db.session.get_one(self.scene.model, self.id)
        found = {column.key: getattr(row, column.key) for column in row.__table__.columns}
        if isinstance(row, StudentGroup):
            found["rule"] = [one.id for one in row.rule]
        if isinstance(row, LibraryDocument):
            found["roles"] = sorted(one.role for one in row.placements)
        return {name: value for name, value in found.items() if not name.endswith(("_on", "_fk", "login"))}


# What a page says of itself, anew each time it is shown.
OF_THE_PAGE = {"version", "token", "confirmed", "shown", "said"}


@pytest.mark.database
@pytest.mark.parametrize("own", [False, True], ids=["a colleague", "another tab"])
@pytest.mark.parametrize("name", SCENES)
def test_an_older_form_is_told_who_changed_what_and_keeps_what_was_typed(
    world: World, visit: Visit, visitor_of: VisitorOf, name: str, own: bool
) -> None:
    stage = Stage(name, world, visitor_of)
    opened = as_shown(stage.late.get(stage.path).text)
    colleague = (
        stage.late if own else visit("administrator" if stage.scene.role != "supplier" else "supplier")
    )
    stage.change(colleague)
    saved = stage.row()
    late = stage.late.do(stage.path, {**opened, **stage.late_data})
    assert late.status_code == 422
    assert stage.row() == saved, "nothing is overwritten unseen"
    assert stage.scene.told in late.text
    if own:
        assert "U hebt dit zelf in een ander tabblad gewijzigd (" in late.text
    else:
        changed_by = db.session.get_one(User, colleague.user_id).full_name
        assert f"{changed_by} heeft dit intussen gewijzigd (" in late.text
    again = as_shown(late.text)
    typed = {
        **opened,
        **{key: value if isinstance(value, list) else [value] for key, value in stage.late_data.items()},
    }
    same = {key: value for key, value in again.items() if key not in OF_THE_PAGE}
    assert same == {key: value for key, value in typed.items() if key in same}, "what was typed stays"
    assert stage.late.do(stage.path, again).status_code == 302, "who has read it, decides"
    now = stage.row()
    assert now["version"] == saved["version"] + 1
    assert now != {**saved, "version": now["version"]}


@pytest.mark.parametrize("name", ["change_student", "change_group"])
def test_of_changes_by_several_people_each_is_named(
    world: World, visit: Visit, visitor_of: VisitorOf, name: str
) -> None:
    stage = Stage(name, world, visitor_of)
    opened = as_shown(stage.late.get(stage.path).text)
    first, second = visit("administrator"), visit("administrator")
    stage.change(first)
    second.fill(stage.path, {"location": "Tweede"} if name == "change_group" else {"last_name": "Tweede"})
    stage.late.fill(stage.path, {"location": "Zelf"} if name == "change_group" else {"last_name": "Zelf"})
    late = stage.late.do(stage.path, opened)
    for who, what in ((first, "→ Eerst"), (second, "→ Tweede")):
        assert db.session.get_one(User, who.user_id).full_name in late.text
        assert what in late.text
    assert "U zelf, in een ander tabblad (" in late.text


def test_a_students_new_name_is_told_to_whoever_has_the_account_open(world: World, visit: Visit) -> None:
    student = db.session.get_one(Student, world.own["student"])
    account = student.user_id
    late, colleague = visit("administrator"), visit("administrator")
    path = f"/gebruikers/do/edit_user?id={account}"
    opened = as_shown(late.get(path).text)
    colleague.fill(f"/studenten/do/change_student?id={student.id}", {"first_name": "Nieuw"})
    told = late.do(path, {**opened, "phone": "0687654321"})
    assert told.status_code == 422
    assert (
        f"{db.session.get_one(User, colleague.user_id).full_name} heeft dit intussen gewijzigd" in told.text
    )
    assert "→ Nieuw" in told.text
    refresh()
    assert db.session.scalars(select(User.first_name).where(User.id == account)).one() == "Nieuw"
