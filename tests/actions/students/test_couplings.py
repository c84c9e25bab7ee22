"""Undoing a bulk coupling: those rows and no others, for a day, by who made it; who was touched is named."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.actions.base.runner import Selection, preview, run
from app.actions.groups.members import add_members, add_to_groups, remove_from_group, remove_members
from app.actions.groups.rule import drop_rule, set_rule
from app.actions.school.retention import forget_outdated
from app.actions.students.couplings import undo_coupling
from app.actions.students.enrolment import couple_programme, uncouple_programme
from app.actions.students.supervision import couple_users, uncouple_users
from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.engine import transaction
from app.entities.students import Enrolment, Student, Supervision, group_member
from app.entities.users import User
from app.errors import RuleBroken
from app.permissions import SYSTEM, Actor
from app.queries.students.list_views import own_list
from tests.factories import (
    make_elective,
    make_exam,
    make_group,
    make_programme,
    make_registration,
    make_student,
    make_user,
    refresh,
    supervise,
)
from tests.support import clock
from tests.support.queries import counted
from tests.support.visitor import Visitor
from tests.support.wording import readable

Act = Callable[..., Actor]
EVERYBODY = Selection(matching=select(Student))


def last_run() -> int:
    refresh()
    return db.session.scalars(select(CouplingRun.id).order_by(CouplingRun.id.desc()).limit(1)).one()


def enrolled_in(programme_id: int) -> set[int]:
    refresh()
    found = select(Enrolment.student_id).where(Enrolment.programme_id == programme_id)
    return set(db.session.scalars(found))


def test_what_one_coupling_inserted_goes_and_what_was_there_stays(actor: Act) -> None:
    office, programme = actor("administrator"), make_programme(name="Verzorgende-IG")
    had, new, planned, left = (
        make_student(last_name="Had"),
        make_student(last_name="Nieuw"),
        make_student(last_name="Aangemeld"),
        make_student(last_name="Weg"),
    )
    run(couple_programme, office, [had.id], target=f"p{programme.id}")
    run(couple_programme, office, EVERYBODY, target=f"p{programme.id}")
    coupling = last_run()
    make_registration(planned, make_exam(programme))
    # Uncoupled since, and coupled anew: that is somebody's later decision, and stays.
    run(uncouple_programme, office, [left.id], target=f"p{programme.id}")
    run(couple_programme, office, [left.id], target=f"p{programme.id}")
    before = preview(undo_coupling, office, run_id=coupling)
    outcome = run(undo_coupling, office, run_id=coupling)
    for told in (before, outcome):
        assert (told.done, told.names) == (1, [f"Nieuw, Fleur van der ({new.number})"])
        assert [(row.label.split(",")[0], row.reason) for row in told.refused] == [
            ("Aangemeld", "is sindsdien aangemeld voor een examen"),
            ("Weg", "is sindsdien opnieuw gekoppeld; dat blijft zo"),
        ]
    assert enrolled_in(programme.id) == {had.id, planned.id, left.id}
    with pytest.raises(RuleBroken, match="al ongedaan gemaakt"):
        run(undo_coupling, office, run_id=coupling)


def test_groups_and_electives_can_be_undone_too(actor: Act) -> None:
    office, elective = actor("administrator"), make_elective()
    one, two, both = make_student(), make_student(), make_student()
    first, second = make_group(both), make_group()
    run(add_to_groups, office, EVERYBODY, groups=[first.id, second.id])
    assert run(undo_coupling, office, run_id=last_run()).done == 3
    refresh()
    members = select(group_member.c.group_id, group_member.c.student_id)
    assert db.session.execute(members).all() == [(first.id, both.id)]
    run(couple_programme, office, [one.id, two.id], target=f"e{elective.id}")
    assert run(undo_coupling, office, run_id=last_run()).done == 2
    refresh()
    assert db.session.scalars(select(Enrolment)).all() == []


@pytest.mark.everywhere
@pytest.mark.parametrize("rule", [False, True])
def test_whom_a_colleague_put_in_the_group_again_stays_in_it(actor: Act, rule: bool) -> None:
    office, programme, group = actor("administrator"), make_programme(), make_group()
    student = make_student(programme)
    run(add_to_groups, office, [student.id], groups=[group.id])
    coupling = last_run()
    if rule:
        run(set_rule, office, [group.id], version=1, programmes=[programme.id])
        ruled = preview(undo_coupling, office, run_id=coupling)
        assert [row.reason for row in ruled.refused] == [
            "de leden van deze groep volgen nu uit een regel; die blijft zo"
        ]
        run(drop_rule, office, [group.id])
    else:
        run(remove_members, office, [group.id], students=[student.id])
        run(add_members, office, [group.id], students=[student.id])
    outcome = run(undo_coupling, office, run_id=coupling)
    again = "is sindsdien opnieuw gekoppeld; dat blijft zo"
    assert (outcome.done, [row.reason for row in outcome.refused]) == (0, [again])
    refresh()
    assert db.session.scalars(select(group_member.c.student_id)).all() == [student.id]


def test_a_coupling_is_undone_by_who_made_it_for_own_students_and_for_a_day(actor: Act) -> None:
    programme = make_programme()
    user = make_user("school_supervisor", programmes=[programme])
    teacher = Actor(id=user.id, name=user.full_name, roles=actor("school_supervisor").roles)
    kept, lost = make_student(last_name="Blijft"), make_student(last_name="Verhuisd")
    for student in (kept, lost):
        supervise(student, user, "school_supervisor")
    run(couple_programme, teacher, [kept.id, lost.id], target=f"p{programme.id}")
    coupling = last_run()
    with pytest.raises(RuleBroken):
        run(undo_coupling, actor("administrator"), run_id=coupling)
    colleague = make_user().id
    with transaction():
        db.session.execute(
            update(Supervision).where(Supervision.student_id == lost.id).values(user_id=colleague)
        )
    outcome = run(undo_coupling, teacher, run_id=coupling)
    assert (outcome.done, [row.label for row in outcome.refused]) == (1, ["1 student"])
    assert enrolled_in(programme.id) == {lost.id}
    run(couple_programme, teacher, [kept.id], target=f"p{programme.id}")
    assert own_list(teacher).can_undo
    with transaction():
        db.session.execute(update(CouplingRun).values(at=clock.now() - timedelta(hours=25)))
    assert not own_list(teacher).can_undo
    with pytest.raises(RuleBroken):
        run(undo_coupling, teacher, run_id=last_run())
    run(forget_outdated, SYSTEM)
    assert db.session.scalars(select(CouplingRun)).all() == []


def test_coupling_and_undoing_two_hundred_take_no_more_statements_than_twenty(actor: Act) -> None:
    office, programme = actor("administrator"), make_programme()
    cost: list[tuple[int, int]] = []
    for many in (5, 60):
        for _number in range(many):
            make_student()
        with counted() as coupling:
            run(couple_programme, office, EVERYBODY, target=f"p{programme.id}")
        made = last_run()
        with counted() as undoing:
            assert run(undo_coupling, office, run_id=made).done > 0
        cost.append((len(coupling), len(undoing)))
    assert cost[0] == cost[1]


def test_users_are_coupled_and_undone_and_who_was_coupled_anew_since_stays(actor: Act) -> None:
    office, one, two = actor("administrator"), make_user("school_supervisor"), make_user("school_examiner")
    users = [f"school_supervisor:{one.id}", f"school_examiner:{two.id}"]
    had = make_student(last_name="Had", supervisors=((one, "school_supervisor"),))
    new, anew = make_student(last_name="Nieuw"), make_student(last_name="Opnieuw")
    run(couple_users, office, EVERYBODY, users=users)
    coupling, version = last_run(), db.session.get_one(Student, new.id).version
    run(uncouple_users, office, [anew.id], users=users[:1])
    run(couple_users, office, [anew.id], users=users[:1])
    outcome = run(undo_coupling, office, run_id=coupling)
    assert outcome.done == 3
    assert [(row.label.split(",")[0], row.reason) for row in outcome.refused] == [
        ("Opnieuw", "is sindsdien opnieuw gekoppeld; dat blijft zo")
    ]
    assert guides() == {(had.id, one.id, "school_supervisor"), (anew.id, one.id, "school_supervisor")}
    assert db.session.get_one(Student, new.id).version > version  # a form that is open is old now


def test_what_was_uncoupled_comes_back_as_it_was(actor: Act) -> None:
    office, programme, long_ago = actor("administrator"), make_programme(), clock.now() - timedelta(days=400)
    gone, quick = make_user("school_supervisor"), make_user("school_supervisor")
    student = make_student(programme, supervisors=((gone, "school_supervisor"), (quick, "school_supervisor")))
    again = make_student(programme, last_name="Alweer")
    group = make_group(student, again)
    with transaction():
        db.session.execute(update(Enrolment).values(created_at=long_ago))
        db.session.execute(update(Supervision).where(Supervision.user_id == quick.id).values(created_at=None))
        alone = group_member.c.student_id == again.id
        db.session.execute(update(group_member).where(~alone).values(created_at=long_ago))
        db.session.execute(update(group_member).where(alone).values(created_at=None))
    before = everything()
    people = [f"school_supervisor:{user.id}" for user in (gone, quick)]
    for act, more in (
        (uncouple_programme, {"target": f"p{programme.id}"}),
        (uncouple_users, {"users": people}),
        (remove_from_group, {"groups": [group.id]}),
    ):
        run(act, office, EVERYBODY, **more)
        assert everything() != before
        assert run(undo_coupling, office, run_id=last_run()).refused == []
        assert everything() == before
    # Not what somebody coupled again since, nor what cannot be any more.
    run(uncouple_programme, office, EVERYBODY, target=f"p{programme.id}")
    coupling = last_run()
    run(couple_programme, office, [again.id], target=f"p{programme.id}")
    outcome = run(undo_coupling, office, run_id=coupling)
    assert (outcome.done, [row.reason for row in outcome.refused]) == (1, ["is sindsdien al weer gekoppeld"])
    run(uncouple_users, office, [student.id], users=people)
    with transaction():
        db.session.execute(update(User).where(User.id == gone.id).values(active=False))
    outcome = run(undo_coupling, office, run_id=last_run())
    assert [row.reason for row in outcome.refused] == [
        "is niet meer te koppelen: de groep of de rol van de gebruiker is er niet meer"
    ]
    assert guides() == {(student.id, quick.id, "school_supervisor")}


def guides() -> set[tuple[int, int, str]]:
    refresh()
    rows = db.session.execute(select(Supervision.student_id, Supervision.user_id, Supervision.role))
    return {tuple(row) for row in rows}


def everything() -> list[set[tuple[object, ...]]]:
    """Every coupling there is, and since when."""
    refresh()
    return [
        {tuple(row) for row in db.session.execute(select(*columns))}
        for columns in (
            (Enrolment.student_id, Enrolment.programme_id, Enrolment.created_at),
            (Supervision.student_id, Supervision.user_id, Supervision.role, Supervision.created_at),
            (group_member.c.student_id, group_member.c.group_id, group_member.c.created_at),
        )
    ]


def test_coupling_takes_a_few_statements_for_whatever_many(actor: Act) -> None:
    office, programme, elective = actor("administrator"), make_programme(), make_elective()
    people = [make_user("school_supervisor"), make_user("company_examiner")]
    groups = [make_group().id for _number in range(4)]
    for _number in range(30):
        make_student()
    locks = 2 if db.engine.dialect.name == "postgresql" else 0  # the students, and what they are coupled to
    for number, (act, more, most) in enumerate(
        (
            (couple_programme, {"target": f"p{programme.id}"}, 10),
            (couple_programme, {"target": f"e{elective.id}"}, 10),
            (add_to_groups, {"groups": groups}, 11),  # whether a rule fills one of them is a question more
            (couple_users, {"users": [f"{u.roles[0].name}:{u.id}" for u in people]}, 10),
        )
    ):
        refresh()
        shown = preview(act, office, EVERYBODY, **more).mark
        with counted() as statements:
            assert run(act, office, EVERYBODY, token=f"t{number}", shown=shown, **more).done == 30
        assert len(statements) <= most + locks, (act.name, [one[:60] for one in statements])


def test_the_list_and_the_report_offer_to_undo(visit: Callable[..., Visitor]) -> None:
    programme, student = make_programme(name="Verzorgende-IG"), make_student()
    visitor = visit("administrator")
    assert "undo_coupling" not in visitor.get("/studenten/").text
    visitor.do(f"/studenten/do/couple_programme?id={student.id}", {"target": f"p{programme.id}"})
    assert 'href="/studenten/do/undo_coupling"' in visitor.get("/studenten/").text
    form = visitor.get("/studenten/do/undo_coupling").text
    assert re.search(r"\d\d-\d\d-20\d\d \d\d:\d\d: 1 student gekoppeld aan Verzorgende-IG", form)
    asked = visitor.post("/studenten/do/undo_coupling", {"run_id": str(last_run())}).text
    assert "Ongedaan gemaakt voor 1 student" in asked
    done = visitor.do("/studenten/do/undo_coupling", {"run_id": str(last_run())})
    assert done.headers["Location"] == "/studenten/"
    assert enrolled_in(programme.id) == set()


def test_with_nothing_to_undo_the_page_says_so_and_what_to_do_and_has_no_button(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit("administrator")
    for page in (
        visitor.get("/studenten/do/undo_coupling?state=new"),
        visitor.post("/studenten/do/undo_coupling", {"run_id": "1"}),  # undone meanwhile in another window
    ):
        told = readable(page.text)
        assert "Er is niets om ongedaan te maken" in told
        assert any(text.startswith("Vink in de lijst studenten aan") for text in told)
        assert "Verder" not in told
    assert '<a class="btn btn-primary" href="/studenten/">Terug naar de lijst</a>' in page.text
