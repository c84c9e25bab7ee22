"""Studentgroepen: made, changed, copied, filled, emptied, removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.actions.base.runner import preview, run
from app.actions.groups.copying import copy_groups
from app.actions.groups.export import export_groups
from app.actions.groups.groups import add_group, change_group, remove_group
from app.actions.groups.members import add_members, add_to_groups, remove_from_group, remove_members
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.students import Student, StudentGroup, group_member
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.errors import NotAllowed, NotFound, RuleBroken
from app.permissions import Actor, actor_of, visible
from tests.factories import make_group, make_programme, make_student, make_user, refresh
from tests.support.queries import counted

Actors = Callable[..., Actor]
GROUP: dict[str, Any] = {
    "name": " VZ-IG  2A ",
    "cohort": "2025",
    "school_year": "2026/2027",
    "location": "Zorgplein",
    "colour": "teal",
}


def members(group: StudentGroup) -> set[int]:
    refresh()
    rows = db.session.scalars(select(group_member.c.student_id).where(group_member.c.group_id == group.id))
    return set(rows)


def test_a_group_gets_a_name_and_properties(actor: Actors) -> None:
    outcome = run(add_group, actor("administrator"), **GROUP)
    group = db.session.get_one(StudentGroup, outcome.goto)
    assert (group.name, group.cohort, group.school_year, group.location, group.colour) == (
        "VZ-IG 2A",
        2025,
        "2026-2027",
        "Zorgplein",
        "teal",
    )
    assert db.session.scalars(
        select(AuditEntry.object_type).where(AuditEntry.action == "add_group")
    ).all() == ["StudentGroup"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "  "), ("cohort", "26"), ("school_year", "2026-2028"), ("colour", "roze")],
)
def test_a_wrong_property_is_refused_at_its_field(actor: Actors, field: str, value: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        run(add_group, actor("administrator"), **{**GROUP, field: value})
    assert refused.value.field == field


def test_two_groups_have_two_names(actor: Actors) -> None:
    make_group(name="VZ-IG 2A")
    with pytest.raises(RuleBroken) as refused:
        run(add_group, actor("administrator"), **GROUP)
    assert refused.value.field == "name"


def test_a_group_is_changed_and_an_old_form_is_refused(actor: Actors) -> None:
    group = make_group(name="VZ-IG 1A")
    first = actor("administrator")
    run(change_group, first, [group.id], version=1, **GROUP)
    with pytest.raises(RuleBroken) as refused:
        run(change_group, actor("administrator"), [group.id], version=1, **{**GROUP, "name": "Anders"})
    assert refused.value.field == "version"
    assert refused.value.params["told"].startswith(f"{first.name} heeft dit intussen gewijzigd (")
    assert "Naam: VZ-IG 1A → VZ-IG 2A" in refused.value.params["told"]
    refresh()
    assert db.session.get_one(StudentGroup, group.id).name == "VZ-IG 2A"


def test_the_mentor_is_somebody_of_the_school_and_stays_named_when_he_leaves(actor: Actors) -> None:
    administrator, mentor = actor("administrator"), make_user("school_supervisor", first_name="Sanne")
    pk = mentor.id
    made = run(add_group, administrator, **GROUP, mentor=pk)
    group = db.session.get_one(StudentGroup, made.goto)
    assert (group.mentor_id, made.details["mentor"]) == (pk, [None, mentor.full_name])
    with transaction():
        db.session.get_one(User, pk).active = False
    kept = run(change_group, administrator, [group.id], version=1, **{**GROUP, "name": "Anders"}, mentor=pk)
    assert (kept.done, "mentor" in kept.details) == (1, False)
    company = make_user("company_supervisor").id
    for wrong in (company, 999_999):
        with pytest.raises(RuleBroken) as refused:
            run(add_group, administrator, **{**GROUP, "name": "Nog een"}, mentor=wrong)
        assert refused.value.field == "mentor"


def test_a_mentor_gets_no_right_on_the_group_or_its_students(app: object) -> None:
    mentor = make_user("school_supervisor")
    make_group(make_student(), mentor_id=mentor.id)
    assert db.session.scalars(visible(actor_of(mentor), StudentGroup)).all() == []
    assert db.session.scalars(visible(actor_of(mentor), Student)).all() == []


def test_members_are_put_in_and_taken_out_on_the_groups_own_page(app: object) -> None:
    supervisor = make_user("school_supervisor")
    own = [make_student(supervisors=((supervisor, "school_supervisor"),)).id for _ in range(3)]
    other, group = make_student().id, make_group(name="Klas").id
    actor = actor_of(supervisor)
    outcome = run(add_members, actor, [group], students=own)
    assert (outcome.done, outcome.object_type, len(outcome.names)) == (3, "Student", 3)
    assert run(remove_members, actor, [group], students=own[:1]).summary == "1 student verwijderd uit Klas."
    assert members(db.session.get_one(StudentGroup, group)) == set(own[1:])
    for act, students in ((add_members, [other]), (remove_members, own[:1]), (remove_members, [])):
        with pytest.raises(RuleBroken) as refused:
            run(act, actor, [group], students=students)
        assert refused.value.field == "students"


def test_groups_are_copied_to_the_next_school_year_without_their_students(actor: Actors) -> None:
    mentor = make_user("school_examiner")
    given = {"school_year": "2026-2027", "location": "Zorgplein", "colour": "teal", "mentor_id": mentor.id}
    first, second = make_group(make_student(), name="2A", **given), make_group(name="2B 26-27", **given)
    no_year, taken = make_group(name="Zonder"), make_group(name="2C", **given)
    make_group(name="2C (2027-2028)")
    ids = [one.id for one in (first, second, no_year, taken)]
    outcome = run(copy_groups, actor("administrator"), ids)
    assert (outcome.done, outcome.names) == (2, ["2A (2027-2028)", "2B 27-28"])
    assert [one.label for one in outcome.refused] == ["Zonder", "2C"]
    copy = db.session.scalars(select(StudentGroup).where(StudentGroup.name == "2A (2027-2028)")).one()
    assert (copy.school_year, copy.cohort, copy.location, copy.colour, copy.mentor_id, copy.version) == (
        "2027-2028",
        2025,
        "Zorgplein",
        "teal",
        mentor.id,
        1,
    )
    assert members(copy) == set()


def test_an_export_of_members_stands_in_the_trail_with_the_students(actor: Actors) -> None:
    student = make_student()
    group = make_group(student)
    administrator = actor("administrator")
    for content, named in (("groups", ("StudentGroup", [group.id])), ("members", ("Student", [student.id]))):
        outcome = run(export_groups, administrator, [group.id], kind="csv", content=content)
        assert (outcome.object_type, list(outcome.ids)) == named


def test_students_are_added_and_who_is_in_it_stays(actor: Actors) -> None:
    inside, outside = make_student(), make_student()
    one, two = make_group(inside), make_group()
    outcome = run(add_to_groups, actor("administrator"), [inside.id, outside.id], groups=[one.id])
    assert (outcome.done, outcome.unchanged, list(outcome.ids)) == (1, 1, [outside.id])
    run(add_to_groups, actor("administrator"), [inside.id, outside.id], groups=[one.id, two.id])
    assert members(one) == members(two) == {inside.id, outside.id}


def test_students_are_taken_out_of_a_group(actor: Actors) -> None:
    inside, stays, outside = make_student(), make_student(), make_student()
    group = make_group(inside, stays)
    outcome = run(remove_from_group, actor("administrator"), [inside.id, outside.id], groups=[group.id])
    assert (outcome.done, outcome.unchanged) == (1, 1)
    assert members(group) == {stays.id}


def test_a_group_that_is_not_there_is_refused_at_the_field(actor: Actors) -> None:
    student, group = make_student(), make_group()
    for act, groups in ((add_to_groups, [999]), (add_to_groups, []), (remove_from_group, [group.id])):
        with pytest.raises(RuleBroken) as refused:
            run(act, actor("administrator"), [student.id], groups=groups)
        assert refused.value.field == "groups"


def test_removing_a_group_leaves_its_students(actor: Actors) -> None:
    student = make_student()
    group = make_group(student)
    assert run(remove_group, actor("administrator"), [group.id]).done == 1
    refresh()
    assert db.session.scalars(select(StudentGroup)).all() == []
    assert db.session.get(Student, student.id) is not None


def test_before_groups_go_it_is_told_how_many_students_are_in_each(actor: Actors) -> None:
    programme = make_programme()
    make_student(programme)
    ruled = make_group(name="Regel", rule=[programme])
    groups = [ruled, make_group(make_student(), make_student(), name="VIG3A"), make_group(name="VIG3B")]
    asked = preview(remove_group, actor("administrator"), [one.id for one in groups])
    assert asked.names == ["Regel: 1 student", "VIG3A: 2 studenten", "VIG3B: 0 studenten"]


def test_a_praktijkbegeleider_has_the_groups_of_own_students_and_empty_ones(app: object) -> None:
    supervisor = make_user("school_supervisor")
    actor = actor_of(supervisor)
    own, other = make_student(supervisors=((supervisor, "school_supervisor"),)), make_student()
    mine, empty, foreign, mixed = make_group(own), make_group(), make_group(other), make_group(own, other)
    assert run(add_to_groups, actor, [own.id], groups=[empty.id]).done == 1
    with pytest.raises(RuleBroken):
        run(add_to_groups, actor, [own.id], groups=[foreign.id])
    with pytest.raises(NotFound):
        run(add_to_groups, actor, [own.id, other.id], groups=[mine.id])
    with pytest.raises(NotFound):
        run(remove_group, actor, [foreign.id])
    outcome = run(remove_group, actor, [mine.id, mixed.id])
    assert (outcome.done, [r.label for r in outcome.refused]) == (1, [mixed.name])
    assert members(mixed) == {own.id, other.id}


@pytest.mark.parametrize(
    "role", ["company_supervisor", "school_examiner", "exam_committee", "student", "supplier"]
)
def test_no_other_role_touches_groups(actor: Actors, role: str) -> None:
    student, group = make_student(), make_group()
    with pytest.raises(NotAllowed):
        run(add_group, actor(role), **GROUP)
    with pytest.raises(NotAllowed):
        run(remove_group, actor(role), [group.id])
    with pytest.raises(NotAllowed):
        run(add_to_groups, actor(role), [student.id], groups=[group.id])


def test_more_students_cost_no_more_statements(actor: Actors) -> None:
    administrator, group = actor("administrator"), make_group()
    costs = []
    for size in (2, 40):
        students = [make_student().id for _ in range(size)]
        with counted() as statements:
            run(add_to_groups, administrator, students, groups=[group.id])
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 14
