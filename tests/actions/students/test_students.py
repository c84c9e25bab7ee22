"""Entering a student and the pencil: own data, users per role, and two people at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.students.activation import deactivate_students, reactivate_students
from app.actions.students.couplings import undo_coupling
from app.actions.students.students import add_student, change_student
from app.actions.students.supervision import couple_users
from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.students import Student, Supervision
from app.entities.trail import AuditEntry, AuditObject
from app.errors import NotAllowed, NotFound, RuleBroken
from app.permissions import Actor, actor_of
from app.queries.base.picker import user_label
from app.queries.groups.groups import groups_of
from app.rules.people import name_key
from app.rules.student_fields import Gender
from tests.factories import make_group, make_programme, make_student, make_user, refresh

Actors = Callable[..., Actor]

FLEUR = {
    "number": "0020311",
    "first_name": "Zoë",
    "infix": "van der",
    "last_name": "Çelik",
    "gender": "female",
    "birth_date": "24-11-2008",
    "email": "zoe@Example.NL",
}


def own_data(student: Student, **changed: Any) -> dict[str, Any]:
    """What the pencil's form sends when nothing is changed, with these changes."""
    users: dict[str, list[int]] = {}
    for supervision in student.supervisions:
        users.setdefault(supervision.role, []).append(supervision.user_id)
    return {
        "number": student.number,
        "first_name": student.first_name,
        "infix": student.infix,
        "last_name": student.last_name,
        "gender": student.gender.value,
        "birth_date": student.birth_date.strftime("%d-%m-%Y") if student.birth_date else "",
        "email": student.email,
        "version": student.version,
        **users,
        **changed,
    }


def only_student() -> Student:
    refresh()
    return db.session.scalars(select(Student)).one()


def last_entry() -> AuditEntry:
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


def test_an_administrator_enters_a_student_and_the_number_keeps_its_zeros(actor: Actors) -> None:
    outcome = run(add_student, actor("administrator"), **FLEUR)
    student = only_student()
    assert (student.number, student.full_name) == ("0020311", "Zoë van der Çelik")
    assert student.gender is Gender.FEMALE
    assert student.birth_date == date(2008, 11, 24)
    assert student.email == "zoe@example.nl"
    assert student.search == "zoe van der celik 0020311 zoe@example.nl example.nl"
    assert student.name_key == name_key("Zoë", "van der", "Çelik")
    assert outcome.goto == student.id


def test_a_new_student_is_in_the_trail(actor: Actors) -> None:
    run(add_student, actor("administrator"), **FLEUR)
    student, entry = only_student(), last_entry()
    assert entry.action == "add_student"
    assert entry.details["number"] == [None, "0020311"]
    about = db.session.scalars(select(AuditObject)).all()
    assert [(row.object_type, row.object_id) for row in about] == [("Student", student.id)]


def test_a_student_can_get_a_programme_and_a_group_right_away(actor: Actors) -> None:
    programme, group = make_programme(), make_group()
    run(add_student, actor("administrator"), **FLEUR, target=f"p{programme.id}", group_id=group.id)
    student = only_student()
    assert [e.programme_id for e in student.enrolments] == [programme.id]
    assert [g.id for g in groups_of([student.id])] == [group.id]


def test_a_praktijkbegeleider_supervises_the_student_he_enters(actor: Actors) -> None:
    supervisor = actor("school_supervisor")
    run(add_student, supervisor, **FLEUR)
    found = db.session.scalars(select(Supervision)).one()
    assert (found.user_id, found.role) == (supervisor.id, "school_supervisor")


def test_an_administrator_who_also_supervises_does_not_get_every_new_student(actor: Actors) -> None:
    run(add_student, actor("administrator", "school_supervisor"), **FLEUR)
    assert db.session.scalars(select(Supervision)).all() == []


def test_a_praktijkbegeleider_enters_nobody_into_another_programme(actor: Actors) -> None:
    programme = make_programme()
    with pytest.raises(RuleBroken) as refused:
        run(add_student, actor("school_supervisor"), **FLEUR, target=f"p{programme.id}")
    assert refused.value.field == "target"
    assert db.session.scalars(select(Student)).all() == []


def test_a_praktijkbegeleider_enters_nobody_into_a_group_of_others(actor: Actors) -> None:
    group = make_group(make_student())
    with pytest.raises(NotFound):
        run(add_student, actor("school_supervisor"), **FLEUR, group_id=group.id)


@pytest.mark.parametrize(
    "role",
    ["supplier", "company_supervisor", "school_examiner", "company_examiner", "exam_committee", "student"],
)
def test_no_other_role_enters_or_changes_students(actor: Actors, role: str) -> None:
    with pytest.raises(NotAllowed):
        run(add_student, actor(role), **FLEUR)
    student = make_student()
    with pytest.raises(NotAllowed):
        run(change_student, actor(role), [student.id], **own_data(student, first_name="Anders"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", ""),
        ("number", "12 €"),
        ("first_name", "  "),
        ("last_name", ""),
        ("birth_date", "31-02-2008"),
        ("birth_date", "24-11-2025"),
        ("email", "zoe@"),
        ("email", "zoe@example.nl\nBcc: x@example.nl"),
    ],
)
def test_a_wrong_value_is_refused_at_its_field(actor: Actors, field: str, value: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        run(add_student, actor("administrator"), **{**FLEUR, field: value})
    assert refused.value.field == field
    assert db.session.scalars(select(Student)).all() == []


def test_a_number_is_given_once(actor: Actors) -> None:
    make_student(number="0020311")
    with pytest.raises(RuleBroken) as refused:
        run(add_student, actor("administrator"), **FLEUR)
    assert (refused.value.field, refused.value.message) == (
        "number",
        "Er is al een student met dit studentnummer.",
    )


def test_the_pencil_changes_own_data_and_says_what_changed(actor: Actors) -> None:
    student = make_student(first_name="Fleur", last_name="Berg")
    data = own_data(student, first_name="Flór", birth_date="")
    outcome = run(change_student, actor("administrator"), [student.id], **data)
    changed = only_student()
    assert (changed.first_name, changed.birth_date, changed.version) == ("Flór", None, 2)
    assert changed.search.startswith("flor van der berg")
    assert changed.name_key == name_key(changed.first_name, changed.infix, changed.last_name)
    assert outcome.details == {"first_name": ["Fleur", "Flór"], "birth_date": ["14-03-2008", ""]}
    assert last_entry().details == outcome.details


def test_saving_without_a_change_changes_nothing(actor: Actors) -> None:
    student = make_student(supervisors=((make_user("school_examiner"), "school_examiner"),))
    outcome = run(change_student, actor("administrator"), [student.id], **own_data(student))
    assert (outcome.done, outcome.unchanged, only_student().version) == (0, 1, 1)
    changed = select(AuditEntry).where(AuditEntry.action == "change_student")
    assert db.session.scalars(changed).all() == []


def test_a_student_has_several_users_per_role(actor: Actors) -> None:
    one, two, examiner = (
        make_user("school_supervisor"),
        make_user("school_supervisor"),
        make_user("company_examiner"),
    )
    student = make_student(supervisors=((one, "school_supervisor"),))
    data = own_data(student, school_supervisor=[one.id, two.id], company_examiner=[examiner.id])
    run(change_student, actor("administrator"), [student.id], **data)
    rows = db.session.execute(select(Supervision.role, Supervision.user_id)).all()
    assert set(rows) == {
        ("school_supervisor", one.id),
        ("school_supervisor", two.id),
        ("company_examiner", examiner.id),
    }


def test_a_user_without_the_role_is_refused(actor: Actors) -> None:
    student, examiner = make_student(), make_user("school_examiner")
    data = own_data(student, school_supervisor=[examiner.id])
    with pytest.raises(RuleBroken) as refused:
        run(change_student, actor("administrator"), [student.id], **data)
    assert refused.value.field == "school_supervisor"


def test_who_left_stays_coupled_but_cannot_be_added(actor: Actors) -> None:
    gone = make_user("school_examiner", active=False)
    student = make_student(supervisors=((gone, "school_examiner"),))
    run(change_student, actor("administrator"), [student.id], **own_data(student, first_name="Flor"))
    assert [s.user_id for s in only_student().supervisions] == [gone.id]
    other = make_student()
    with pytest.raises(RuleBroken):
        run(change_student, actor("administrator"), [other.id], **own_data(other, school_examiner=[gone.id]))


def test_a_praktijkbegeleider_chooses_users_of_the_own_programmes(app: object) -> None:
    own, other = make_programme(), make_programme()
    supervisor = make_user("school_supervisor", programmes=[own])
    near = make_user("company_supervisor", programmes=[own])
    far = make_user("company_supervisor", programmes=[other])
    student = make_student(own, supervisors=((supervisor, "school_supervisor"),))
    actor = actor_of(supervisor)
    run(change_student, actor, [student.id], **own_data(student, company_supervisor=[near.id]))
    refresh()
    student = only_student()
    with pytest.raises(RuleBroken) as refused:
        run(change_student, actor, [student.id], **own_data(student, company_supervisor=[far.id]))
    assert refused.value.field == "company_supervisor"


def test_anothers_student_is_not_there_for_a_praktijkbegeleider(actor: Actors) -> None:
    student = make_student(supervisors=((make_user("school_supervisor"), "school_supervisor"),))
    with pytest.raises(NotFound):
        run(change_student, actor("school_supervisor"), [student.id], **own_data(student, first_name="X"))


def test_the_second_to_save_is_told_who_changed_what(actor: Actors) -> None:
    student = make_student(first_name="Fleur")
    first, second = actor("administrator"), actor("administrator")
    stale = own_data(student, last_name="Dijk")
    run(change_student, first, [student.id], **own_data(student, first_name="Flor"))
    with pytest.raises(RuleBroken) as refused:
        run(change_student, second, [student.id], **stale)
    assert refused.value.field == "version"
    told = refused.value.params["told"]
    assert told.startswith(f"{first.name} heeft dit intussen gewijzigd (")
    assert told.endswith("): Voornaam: Fleur → Flor.")
    assert only_student().last_name.startswith("Berg")


def test_a_user_coupled_in_bulk_meanwhile_is_not_lost(actor: Actors) -> None:
    student, examiner = make_student(), make_user("school_examiner")
    stale = own_data(student, first_name="Flor")
    run(couple_users, actor("administrator"), [student.id], users=[f"school_examiner:{examiner.id}"])
    with pytest.raises(RuleBroken) as refused:
        run(change_student, actor("administrator"), [student.id], **stale)
    assert refused.value.field == "version"
    told = f"Koppelen aan gebruiker ({user_label(examiner)})"
    assert refused.value.params["told"].endswith(f": {told}."), "what happened, in words of the action"
    assert [s.user_id for s in only_student().supervisions] == [examiner.id]


def test_who_closed_or_uncoupled_the_student_meanwhile_is_named_and_no_older_change(actor: Actors) -> None:
    student, examiner = make_student(), make_user("school_examiner")
    first, second = actor("administrator"), actor("administrator")
    run(change_student, first, [student.id], **own_data(student, first_name="Flor"))
    for act, given, told in (
        (couple_users, {"users": [f"school_examiner:{examiner.id}"]}, "Koppelen aan gebruiker"),
        (undo_coupling, {}, "Koppeling ongedaan maken"),
        (deactivate_students, {}, "Deactiveren"),
        (reactivate_students, {}, "Weer activeren"),
    ):
        stale = own_data(only_student(), last_name="Vos")
        if act is undo_coupling:
            run(act, second, run_id=db.session.scalars(select(CouplingRun.id)).one())
        else:
            run(act, second, [student.id], **given)
        with pytest.raises(RuleBroken) as refused:
            run(change_student, first, [student.id], **stale)
        said = refused.value.params["told"]
        assert said.startswith(f"{second.name} heeft dit intussen gewijzigd (")
        assert f"): {told}" in said


def test_an_account_with_a_password_gets_the_new_name_and_keeps_its_address(actor: Actors) -> None:
    account = make_user("student", email="echt@example.nl", password="x")
    student = make_student(user_id=account.id)
    data = own_data(student, first_name="Flor", email="ander@example.nl")
    run(change_student, actor("administrator"), [student.id], **data)
    changed = only_student()
    assert changed.user is not None
    assert (changed.user.first_name, changed.user.email) == ("Flor", "echt@example.nl")
