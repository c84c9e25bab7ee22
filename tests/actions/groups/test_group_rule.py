"""A group that fills itself: who is in it, wherever one asks, and how a rule comes and goes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.actions.base.runner import preview, run
from app.actions.groups.groups import change_group, remove_group
from app.actions.groups.members import add_members, add_to_groups, remove_from_group, remove_members
from app.actions.groups.rule import drop_rule, set_rule
from app.actions.students.activation import deactivate_students
from app.actions.students.enrolment import couple_programme, uncouple_programme
from app.actions.students.students import add_student
from app.entities.base import db
from app.entities.membership import members_of
from app.entities.students import Student, StudentGroup, group_member
from app.entities.trail import AuditEntry
from app.errors import NotAllowed, RuleBroken
from app.permissions import SYSTEM, Actor, actor_of, visible
from app.queries.access.own_data import own_data
from app.queries.base.picker import named
from app.queries.groups.export import group_rows, member_rows
from app.queries.groups.groups import groups_of, member_counts
from app.queries.planning.planning import OverviewFilter, choosable_groups, students_of
from app.queries.students.choices import filter_choices, overall
from app.queries.students.export import export_rows
from app.queries.students.filters import by_group, by_programmes
from app.queries.students.listing import lines_of
from tests.factories import enrol, make_group, make_programme, make_student, make_user, refresh
from tests.support.queries import counted

Actors = Callable[..., Actor]


def members(group_id: int) -> set[int]:
    refresh()
    return set(db.session.scalars(members_of([group_id])))


def test_everybody_who_is_coupled_to_the_programme_is_in_it_at_once_and_nobody_else(actor: Actors) -> None:
    programme, other = make_programme(cohort=2025), make_programme(cohort=2026)
    inside, outside, gone = make_student(programme), make_student(other), make_student(programme)
    group, target = make_group(rule=[programme]).id, f"p{programme.id}"
    ids = inside.id, outside.id, gone.id
    administrator = actor("administrator")
    run(deactivate_students, administrator, [gone.id])
    assert members(group) == {ids[0]}
    run(couple_programme, administrator, [ids[1]], target=target)
    assert members(group) == {ids[0], ids[1]}
    run(uncouple_programme, administrator, [ids[0]], target=target)
    assert members(group) == {ids[1]}


def test_whoever_asks_who_is_in_it_gets_one_answer(app: object) -> None:
    """List, filter, lines, exports, picker, planning, own data: for a student of two of its programmes."""
    first, second = make_programme(), make_programme()
    account, supervisor = make_user("student"), make_user("school_supervisor")
    student = make_student(
        first, second, user_id=account.id, supervisors=((supervisor, "school_supervisor"),)
    )
    make_student()
    group = make_group(rule=[first, second], name="Regelgroep")
    pk, mine = student.id, [group.id]

    def seen_in(statement: Any) -> list[int]:
        return list(db.session.scalars(statement.with_only_columns(Student.id)))

    assert seen_in(by_group(select(Student), str(group.id))) == [pk]
    assert seen_in(by_group(select(Student), "regelgr")) == [pk]
    assert filter_choices(SYSTEM, overall(SYSTEM)).groups == [(str(group.id), "Regelgroep")]
    assert [line.groups for line in lines_of([student])] == [[("Regelgroep", "")]]
    assert [row.groups for row in export_rows([pk])] == ["Regelgroep"]
    assert [(one.id, count) for one, count in group_rows(SYSTEM, mine)] == [(group.id, 1)]
    assert [row.number for row in member_rows(SYSTEM, mine)] == [student.number]
    assert member_counts(SYSTEM, mine) == {group.id: 1}
    assert [one.id for one in groups_of([pk])] == mine
    assert choosable_groups(SYSTEM, first.id) == [(group.id, "Regelgroep")]
    assert seen_in(students_of(SYSTEM, OverviewFilter(first.id, group_id=group.id))) == [pk]
    assert own_data(actor_of(account))["groups"] == ["Regelgroep"]
    assert [one.id for one in db.session.scalars(visible(actor_of(supervisor), StudentGroup))] == mine
    stranger = actor_of(make_user("school_supervisor"))
    assert db.session.scalars(visible(stranger, StudentGroup)).all() == []
    assert named(stranger, "studentgroepen", {str(group.id)}) == {}


def test_every_rule_has_its_number_in_the_filter_and_too_many_apart_have_none(
    app: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as counting whom the filter finds, whatever goes together and whoever left."""
    dice = random.Random(3)
    programmes = [make_programme(cohort=dice.choice((2024, 2025))) for _n in range(4)]
    for _n in range(40):
        make_student(*dice.sample(programmes, dice.choice((0, 1, 1, 2, 3))), active=dice.random() < 0.7)
    ruled = [make_group(rule=dice.sample(programmes, n)) for n in (1, 1, 2, 2, 3, 4)]
    by_hand = make_group(make_student())
    refresh()

    def found(statement: Any) -> int:
        return len(db.session.scalars(statement.with_only_columns(Student.id)).all())

    counts = filter_choices(SYSTEM, overall(SYSTEM)).counts
    wanted = {str(one.id): found(by_group(select(Student), str(one.id))) for one in (*ruled, by_hand)}
    assert counts["group"] == wanted
    assert len(set(wanted.values())) > 3
    for cohort, own in filter_choices(SYSTEM, overall(SYSTEM)).programmes.items():
        assert counts["cohort"][cohort] == found(by_programmes(select(Student), own))
    monkeypatch.setattr("app.queries.students.choices.MANY_APART", 3)
    assert filter_choices(SYSTEM, overall(SYSTEM)).counts == counts | {"group": {str(by_hand.id): 1}}


def test_a_rule_takes_the_place_of_who_was_put_in_by_hand_and_says_so_beforehand(actor: Actors) -> None:
    programme = make_programme(crebo="25656", name="Verzorgende-IG", cohort=2025)
    stays, comes = make_student(programme), make_student(programme, last_name="Ander")
    leaves = make_student()
    group = make_group(stays, leaves, name="VIG").id
    ids = {stays.id, comes.id}
    wanted: dict[str, Any] = {"version": 1, "programmes": [programme.id]}
    promised = preview(set_rule, SYSTEM, [group], **wanted)
    assert promised.summary == (
        "VIG: 2 studenten. Alle actieve studenten van Verzorgende-IG (25656, 2025). "
        "Niet meer in de groep: 1 student."
    )
    assert promised.names == [comes.list_name, stays.list_name]
    assert len(members(group)) == 2
    administrator = actor("administrator")
    assert run(set_rule, administrator, [group], **wanted).summary == promised.summary
    assert members(group) == ids
    assert db.session.scalars(select(group_member.c.student_id)).all() == []
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "set_rule")).one()
    assert entry.details["rule"] == ["", "Alle actieve studenten van Verzorgende-IG (25656, 2025)"]
    assert entry.details["left"] == leaves.list_name
    again = run(set_rule, administrator, [group], **(wanted | {"version": 2}))
    assert (again.done, again.unchanged) == (0, 1)
    with pytest.raises(RuleBroken) as refused:
        run(change_group, administrator, [group], version=1, name="Anders")
    assert refused.value.field == "version"


def test_a_rule_that_is_let_go_leaves_who_is_in_it_then(actor: Actors) -> None:
    first, second = make_programme(), make_programme()
    both, one = make_student(first, second), make_student(first)
    group, ids = make_group(rule=[first, second]).id, {both.id, one.id}
    administrator = actor("administrator")
    assert run(drop_rule, administrator, [group]).done == 2
    late = make_student(first)
    assert members(group) == ids
    run(add_members, administrator, [group], students=[late.id])
    assert members(group) == ids | {late.id}
    with pytest.raises(RuleBroken):
        run(drop_rule, administrator, [group])


def test_nobody_is_put_in_or_taken_out_by_hand(actor: Actors) -> None:
    programme = make_programme()
    student, other = make_student(programme), make_student()
    group, by_hand = make_group(rule=[programme], name="Regelgroep"), make_group(other)
    administrator, ids = actor("administrator"), [group.id, by_hand.id]
    new = {"number": "7", "first_name": "A", "last_name": "B", "group_id": group.id}
    attempts: list[tuple[Any, tuple[Any, ...], dict[str, Any], str]] = [
        (add_to_groups, ([other.id],), {"groups": ids}, "groups"),
        (remove_from_group, ([student.id],), {"groups": [group.id]}, "groups"),
        (add_members, ([group.id],), {"students": [other.id]}, "students"),
        (remove_members, ([group.id],), {"students": [student.id]}, "students"),
        (add_student, (), new, "group_id"),
    ]
    for act, targets, values, field in attempts:
        with pytest.raises(RuleBroken, match="De leden van Regelgroep volgen uit een regel") as refused:
            run(act, administrator, *targets, **values)
        assert refused.value.field == field, act.name
    refresh()
    assert db.session.scalars(select(group_member.c.group_id)).all() == [by_hand.id]


def test_a_praktijkbegeleider_sets_no_rule_and_removes_no_group_that_has_one(app: object) -> None:
    programme, supervisor = make_programme(), make_user("school_supervisor")
    student = make_student(programme, supervisors=((supervisor, "school_supervisor"),))
    ruled, by_hand = make_group(rule=[programme]), make_group(student)
    actor = actor_of(supervisor)
    for act, values in ((set_rule, {"version": 1, "programmes": [programme.id]}), (drop_rule, {})):
        with pytest.raises(NotAllowed):
            run(act, actor, [ruled.id], **values)
    outcome = run(remove_group, actor, [ruled.id, by_hand.id])
    assert (outcome.done, [one.label for one in outcome.refused]) == (1, [ruled.name])
    assert run(remove_group, SYSTEM, [ruled.id]).done == 1


@pytest.mark.parametrize("programmes", [[], [999_999]])
def test_a_programme_that_cannot_be_chosen_is_refused_at_its_field(
    app: object, programmes: list[int]
) -> None:
    with pytest.raises(RuleBroken) as refused:
        run(set_rule, SYSTEM, [make_group().id], version=1, programmes=programmes)
    assert refused.value.field == "programmes"


def test_a_rule_costs_as_many_statements_for_forty_students_as_for_two(actor: Actors) -> None:
    administrator, costs = actor("administrator"), []
    for size in (2, 40):
        programme = make_programme()
        for _ in range(size):
            enrol(make_student(), programme)
        group = make_group(make_student()).id
        with counted() as statements:
            run(set_rule, administrator, [group], version=1, programmes=[programme.id])
            run(drop_rule, administrator, [group])
        costs.append(len(statements))
    assert costs[0] == costs[1]
