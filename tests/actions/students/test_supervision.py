"""Coupling users to many students at once, and taking them away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.actions.base.runner import preview, run
from app.actions.students.supervision import couple_users, uncouple_users
from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.students import Student, Supervision
from app.errors import NotAllowed, NotFound, RuleBroken
from app.permissions import Actor, actor_of
from tests.factories import make_student, make_user, refresh
from tests.support.queries import counted
from tests.support.visitor import Visitor

Actors = Callable[..., Actor]


def versions() -> dict[int, int]:
    refresh()
    return {row.id: row.version for row in db.session.execute(select(Student.id, Student.version))}


def test_users_are_coupled_each_in_the_chosen_role(actor: Actors) -> None:
    both = make_user("school_supervisor", "school_examiner")
    there = make_student(supervisors=((both, "school_supervisor"), (both, "school_examiner")))
    half = make_student(supervisors=((both, "school_supervisor"),))
    none = make_student()
    users = [f"school_supervisor:{both.id}", f"school_examiner:{both.id}"]
    before = versions()
    outcome = run(couple_users, actor("administrator"), [there.id, half.id, none.id], users=users)
    assert (outcome.done, outcome.unchanged) == (2, 1)
    assert list(outcome.ids) == [half.id, none.id]
    assert db.session.query(Supervision).count() == 6
    raised = {student for student, version in versions().items() if version > before[student]}
    assert raised == {half.id, none.id}
    before = versions()
    run(uncouple_users, actor("administrator"), [half.id], users=users[:1])
    assert {student for student, version in versions().items() if version > before[student]} == {half.id}


def test_several_users_are_named_apart_each_with_the_role(actor: Actors) -> None:
    company = make_user(
        "company_supervisor", first_name="André", last_name="Bakker", organisation="De Kievit"
    )
    school = make_user("school_supervisor", first_name="Sam", infix="de", last_name="Wit")
    chosen = [f"company_supervisor:{company.id}", f"school_supervisor:{school.id}"]
    outcome = run(couple_users, actor("administrator"), [make_student().id], users=chosen)
    assert outcome.summary == (
        "1 student gekoppeld aan Bakker, André (De Kievit) als Praktijkopleider; "
        "Wit, Sam de als Praktijkbegeleider."
    )


def test_coupling_twice_changes_nothing(actor: Actors) -> None:
    user, student = make_user("company_examiner"), make_student()
    for expected in (1, 0):
        outcome = run(
            couple_users, actor("administrator"), [student.id], users=[f"company_examiner:{user.id}"]
        )
        assert outcome.done == expected


@pytest.mark.parametrize("key", ["school_supervisor:{}", "student:{}", "{}", ":", "school_examiner:0"])
def test_a_user_is_only_coupled_in_a_role_he_has(actor: Actors, key: str) -> None:
    user, student = make_user("company_examiner", "student"), make_student()
    with pytest.raises(RuleBroken) as refused:
        run(couple_users, actor("administrator"), [student.id], users=[key.format(user.id)])
    assert refused.value.field == "users"


def test_users_are_taken_away_from_who_has_them(actor: Actors) -> None:
    one, two = make_user("school_examiner"), make_user("school_examiner")
    first = make_student(supervisors=((one, "school_examiner"), (two, "school_examiner")))
    second = make_student(supervisors=((two, "school_examiner"),))
    outcome = run(
        uncouple_users, actor("administrator"), [first.id, second.id], users=[f"school_examiner:{one.id}"]
    )
    assert (outcome.done, outcome.unchanged) == (1, 1)
    refresh()
    assert {s.user_id for s in db.session.scalars(select(Supervision))} == {two.id}


def test_only_users_of_these_students_can_be_taken_away(actor: Actors) -> None:
    user, student = make_user("school_examiner"), make_student()
    make_student(supervisors=((user, "school_examiner"),))
    with pytest.raises(RuleBroken):
        run(uncouple_users, actor("administrator"), [student.id], users=[f"school_examiner:{user.id}"])


def test_who_can_be_taken_away_stands_under_each_role_once(visit: Callable[..., Visitor]) -> None:
    first, second, company = (
        make_user("school_examiner", last_name="Aalders"),
        make_user("school_examiner", last_name="Zijlstra"),
        make_user("company_examiner", last_name="Meijer"),
    )
    roles = ((first, "school_examiner"), (company, "company_examiner"), (second, "school_examiner"))
    student = make_student(supervisors=roles)
    form = visit("administrator").get(f"/studenten/do/uncouple_users?id={student.id}").text
    assert [form.count(f">{name}<") for name in ("Examinator school", "Examinator bedrijf")] == [1, 1]
    assert form.index("Aalders") < form.index("Zijlstra") < form.index("Meijer")


def test_one_student_of_another_refuses_the_whole_batch(app: object) -> None:
    supervisor = make_user("school_supervisor")
    own, other = make_student(supervisors=((supervisor, "school_supervisor"),)), make_student()
    for act in (couple_users, uncouple_users):
        with pytest.raises(NotFound):
            run(act, actor_of(supervisor), [own.id, other.id], users=[f"school_supervisor:{supervisor.id}"])


def test_the_committee_couples_nobody(actor: Actors) -> None:
    with pytest.raises(NotAllowed):
        run(couple_users, actor("exam_committee"), [make_student().id], users=["school_examiner:1"])


def test_more_students_cost_no_more_statements(actor: Actors) -> None:
    user, administrator = make_user("school_examiner"), actor("administrator")
    costs = []
    for size in (2, 40):
        students = [make_student().id for _ in range(size)]
        with counted() as statements:
            run(couple_users, administrator, students, users=[f"school_examiner:{user.id}"])
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 11


def test_who_takes_himself_away_is_told_beforehand_that_he_sees_these_students_no_more(app: object) -> None:
    teacher = make_user("school_supervisor", first_name="Sanne", last_name="Bakker")
    own = [make_student(supervisors=((teacher, "school_supervisor"),)).id for _n in range(2)]
    chosen = {"users": [f"school_supervisor:{teacher.id}"]}
    lost = "U ziet 2 studenten niet meer; alleen een beheerder kan u weer koppelen."
    promised = preview(uncouple_users, actor_of(teacher), own, **chosen)
    assert promised.summary == f"2 studenten ontkoppeld van Bakker, Sanne als Praktijkbegeleider. {lost}"
    office = actor_of(make_user("administrator"))
    assert "U ziet" not in preview(uncouple_users, office, own, **chosen).summary
    assert run(uncouple_users, actor_of(teacher), own, **chosen).summary.endswith(lost)
    kept = db.session.scalars(select(CouplingRun.summary)).one()
    assert lost not in kept, "nor does the list of what can be undone say it"
