"""Undoing an import: what it did is put back, what was touched since stays and is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete as sa_delete
from sqlalchemy import func, insert, select, update

from app.actions.access.login_codes import send_student_codes
from app.actions.base.action import Action
from app.actions.base.outcome import Outcome
from app.actions.base.runner import preview, run
from app.actions.groups.groups import change_group
from app.actions.groups.members import add_members, add_to_groups, remove_from_group, remove_members
from app.actions.groups.rule import drop_rule, set_rule
from app.actions.imports.imports import sweep_expired
from app.actions.mail.outbox import send_again
from app.actions.school.retention import forget_outdated
from app.actions.students.availability import release_progress
from app.actions.students.couplings import undo_coupling
from app.actions.students.enrolment import couple_programme, uncouple_programme
from app.actions.students.students import change_student
from app.actions.students.supervision import couple_users
from app.actions.users.users import edit_user
from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.engine import transaction
from app.entities.imports import ImportChange, ImportRun
from app.entities.mail import OutboxMail
from app.entities.membership import members_of
from app.entities.programmes import Programme
from app.entities.students import Enrolment, Student, StudentGroup, group_member
from app.entities.trail import AuditEntry
from app.entities.users import LoginCode, User
from app.errors import NotFound, RuleBroken
from app.imports import undo_students
from app.imports.kinds import GROUPS, USERS
from app.imports.undo_groups import undo_group_import
from app.imports.undo_students import undo_student_import
from app.imports.undo_users import undo_user_import
from app.imports.write_groups import import_groups
from app.imports.write_users import import_users
from app.permissions import SYSTEM, Actor, actor_of
from app.queries.base.picker import user_label
from app.queries.groups.groups import groups_of
from app.queries.imports import undo as undo_queries
from app.queries.mail.mail_bodies import ready_body
from app.rules.people import name_key
from tests.factories import (
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
from tests.support.at_once import while_half_done
from tests.support.importing import Wizard, lines
from tests.support.queries import counted

HEADER = ("Studentnummer", "Voornaam", "Achternaam", "E-mail", "Crebo", "Klas", "Praktijkbegeleider")
NEW = ("1", "Daan", "Vos", "daan@example.nl", "25656", "V3A", "begeleider")
KNOWN = ("9", "Noor", "Bos", "noor@example.nl", "25656", "V3A", "begeleider")


@pytest.fixture
def programme(app: Any) -> int:
    make_user("school_supervisor", username="begeleider", email="begeleider@example.nl")
    return make_programme(crebo="25656").id


def undo(wizard: Wizard, pk: int, act: Action = undo_student_import) -> Outcome:
    outcome = run(act, wizard.actor, [pk])
    refresh()
    return outcome


def brought_in(wizard: Wizard, *rows: tuple[str, ...], **choices: Any) -> int:
    pk = wizard.take(lines(*rows, header=HEADER[: len(rows[0])]), **choices)
    wizard.write(pk)
    return pk


def reasons(outcome: Outcome) -> dict[str, str]:
    return {one.label: one.reason for one in outcome.refused}


def everything(number: str) -> tuple[Any, ...]:
    student = db.session.scalars(select(Student).where(Student.number == number)).one()
    return (
        student.full_name,
        student.email,
        student.birth_date,
        student.gender,
        sorted(one.programme_id for one in student.enrolments),
        sorted(one.name for one in groups_of([student.id])),
        sorted((one.user_id, one.role) for one in student.supervisions),
    )


def rows(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


# -- students


def test_who_was_new_goes_and_who_was_there_is_as_before(wizard, programme):
    make_student(number="9", first_name="Oud", email="oud@example.nl")
    before = everything("9")
    pk = brought_in(wizard, NEW, KNOWN)
    assert everything("9") != before

    promised = preview(undo_student_import, wizard.actor, [pk])
    outcome = undo(wizard, pk)

    assert (outcome.done, outcome.refused, outcome.summary) == (2, [], promised.summary)
    assert "1 verwijderd, 1 teruggezet, 0 gebleven. 1 studentgroep verwijderd." in outcome.summary
    assert db.session.scalars(select(Student.number)).all() == ["9"]
    assert everything("9") == before
    student = db.session.scalars(select(Student)).one()
    assert student.search.startswith("oud")
    assert student.name_key == name_key(student.first_name, student.infix, student.last_name)
    assert rows(StudentGroup) == 0


@pytest.mark.everywhere
def test_the_trail_names_what_each_row_is_no_longer_coupled_to(wizard, programme):
    make_student(number="9", first_name="Noor", last_name="Bos", infix="")
    make_group(name="V3A")
    undo(wizard, brought_in(wizard, ("9", "Noor", "Bos", "", "25656", "V3A", "begeleider")))
    ans = make_user("school_examiner", email="ans@example.nl")
    users = Wizard(wizard.actor, USERS, import_users)
    header = ("E-mail", "Voornaam", "Achternaam", "Rol", "Crebo")
    row = (ans.email, ans.first_name, ans.last_name, "Praktijkopleider", "25656")
    users.write(pk := users.take(lines(row, header=header), "gebruikers.csv"))
    undo(users, pk, undo_user_import)
    groups = Wizard(wizard.actor, GROUPS, import_groups)
    groups.write(pk := groups.take(lines(("V3A", "9"), header=("Groep", "Studentnummer")), "groepen.csv"))
    undo(groups, pk, undo_group_import)

    told = [
        entry.details["changes"]
        for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        if entry.action.startswith("undo_")
    ]
    whole = str(db.session.get_one(Programme, programme))
    guide = db.session.scalars(select(User).where(User.username == "begeleider")).one()
    assert told == [
        {
            "9": {
                "school_supervisor": [user_label(guide), None],
                "programmes": [whole, None],
                "groups": ["V3A", None],
            }
        },
        {"ans@example.nl": {"roles": ["Praktijkopleider", None], "programmes": [whole, None]}},
        {"V3A": {"members": ["Noor Bos (9)", None]}},
    ]


def test_the_trail_tells_what_was_put_back_and_a_second_time_says_so(wizard, programme):
    make_student(number="9", first_name="Oud", last_name="Bos")
    pk = brought_in(wizard, KNOWN)
    undo(wizard, pk)
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.object_count) == ("undo_student_import", 1)
    assert entry.details["changes"]["9"]["first_name"] == ["Noor", "Oud"]
    with pytest.raises(RuleBroken, match="al ongedaan gemaakt"):
        undo(wizard, pk)


def stand_registered(student: Student, actor: Any) -> None:
    exam = make_exam(student.enrolments[0].programme)
    make_registration(student, exam)


TOUCHED: dict[str, tuple[Callable[[Student, Any], Any], str]] = {
    "registered": (stand_registered, "is aangemeld voor een examen"),
    "coupled to another programme": (
        lambda one, actor: run(couple_programme, actor, [one.id], target=f"p{make_programme().id}"),
        "gekoppeld aan een opleiding",
    ),
    "put in another group": (
        lambda one, actor: run(add_to_groups, actor, [one.id], groups=[make_group().id]),
        "in een studentgroep gezet",
    ),
    "coupled to another user": (
        lambda one, actor: run(
            couple_users, actor, [one.id], users=[f"company_supervisor:{make_user('company_supervisor').id}"]
        ),
        "gewijzigd",
    ),
    "progress": (
        lambda one, actor: run(release_progress, actor, [one.id], available="on"),
        "studievoortgang",
    ),
    "a code by hand": (lambda one, actor: run(send_student_codes, actor, [one.id]), "account of inlogcode"),
}


@pytest.mark.parametrize("how", TOUCHED)
def test_a_new_student_on_whom_something_stands_stays_whole_and_is_named(wizard, programme, how):
    touch, reason = TOUCHED[how]
    pk = brought_in(wizard, NEW, ("2", "Sem", "Vos", "", "25656", "V3B", ""))
    touch(db.session.scalars(select(Student).where(Student.number == "1")).one(), wizard.actor)
    refresh()
    before = everything("1")

    outcome = undo(wizard, pk)

    assert reason in reasons(outcome)["Vos, Daan (1)"]
    assert reasons(outcome)["V3A"] == "in deze studentgroep zitten nog studenten"
    assert everything("1") == before
    assert db.session.scalars(select(Student.number)).all() == ["1"]
    kept = db.session.get_one(ImportRun, pk)
    assert kept.counts["undone"]["kept"] == len(kept.table["kept"]) == 2


def test_a_changed_student_who_was_changed_again_keeps_what_he_has(wizard, programme):
    make_student(number="9", first_name="Oud", last_name="Bos", infix="", email="oud@example.nl")
    pk = brought_in(wizard, KNOWN)
    student = db.session.scalars(select(Student)).one()
    run(
        change_student,
        wizard.actor,
        [student.id],
        version=student.version,
        number="9",
        first_name="Hand",
        infix="",
        last_name="Bos",
        gender="female",
        birth_date="",
        email="noor@example.nl",
        school_supervisor=[one.user_id for one in student.supervisions],
    )
    refresh()

    outcome = undo(wizard, pk)

    assert "is sindsdien gewijzigd" in reasons(outcome)["Bos, Hand (9)"]
    name, _email, *_rest, programmes, groups, users = everything("9")
    assert (name, programmes, groups, len(users)) == ("Hand Bos", [], [], 1)


def test_a_programme_that_was_used_since_stays_and_one_coupled_by_hand_too(wizard, programme):
    used, by_hand = (make_student(number=number, last_name=number, infix="") for number in ("7", "8"))
    exam = make_exam(db.session.get_one(type(make_programme()), programme))
    pk = brought_in(wizard, *((n, "", "", "", "25656", "", "") for n in ("7", "8", "9")[:2]))
    make_registration(used, exam)
    run(uncouple_programme, wizard.actor, [by_hand.id], target=f"p{programme}")
    run(couple_programme, wizard.actor, [by_hand.id], target=f"p{programme}")

    outcome = undo(wizard, pk)

    assert outcome.done == 0
    assert [one.reason for one in outcome.refused] == [
        "is aangemeld voor een examen van deze opleiding; de koppeling blijft",
        "is sindsdien opnieuw gekoppeld; dat blijft zo",
    ]
    assert [everything(number)[4] for number in ("7", "8")] == [[programme], [programme]]
    assert db.session.get_one(ImportRun, pk).undone_at is None, "nothing was done: it can be tried again"


def test_who_was_taken_out_of_a_group_and_put_back_by_hand_stays_in_it(wizard, programme):
    student, group = make_student(number="9"), make_group(name="V3A")
    pk = brought_in(wizard, ("9", "", "", "", "", "V3A", ""))
    run(remove_from_group, wizard.actor, [student.id], groups=[group.id])
    run(add_to_groups, wizard.actor, [student.id], groups=[group.id])

    outcome = undo(wizard, pk)

    assert (outcome.done, [one.reason for one in outcome.refused]) == (
        0,
        ["is sindsdien opnieuw in de studentgroep gezet; dat blijft zo"],
    )
    assert everything("9")[5] == ["V3A"]


def _by_the_group(actor: Actor, student: int, group: int) -> None:
    run(remove_members, actor, [group], students=[student])
    run(add_members, actor, [group], students=[student])


def _by_a_rule(actor: Actor, student: int, group: int) -> None:
    programme = make_programme(crebo="25657").id
    run(couple_programme, actor, [student], target=f"p{programme}")
    run(set_rule, actor, [group], version=1, programmes=[programme])
    run(drop_rule, actor, [group])


def _by_undoing(actor: Actor, student: int, group: int) -> None:
    """Who undoes what a colleague put in a group by hand, and puts it in once more."""
    run(remove_from_group, actor, [student], groups=[group])
    run(add_to_groups, actor, [student], groups=[group])
    last = select(CouplingRun.id).order_by(CouplingRun.id.desc()).limit(1)
    run(undo_coupling, actor, run_id=db.session.scalars(last).one())
    run(add_members, actor, [group], students=[student])


@pytest.mark.everywhere
@pytest.mark.parametrize("kind", ["students", "groups"])
@pytest.mark.parametrize("how", [_by_the_group, _by_a_rule, _by_undoing])
def test_in_whatever_way_a_student_came_in_a_group_since_it_stays_so(wizard, programme, how, kind):
    student, group = make_student(number="9"), make_group(name="V3A")
    if kind == "students":
        importing, act = wizard, undo_student_import
        pk = brought_in(wizard, ("9", "", "", "", "", "V3A", ""))
    else:
        importing, act = Wizard(wizard.actor, GROUPS, import_groups), undo_group_import
        pk = importing.take(lines(("V3A", "9"), header=("Groep", "Studentnummer")), "groepen.csv")
        importing.write(pk)
    how(wizard.actor, student.id, group.id)
    refresh()

    outcome = undo(importing, pk, act)

    again = "is sindsdien opnieuw in de studentgroep gezet; dat blijft zo"
    assert (outcome.done, [one.reason for one in outcome.refused]) == (0, [again])
    assert everything("9")[5] == ["V3A"]


def _in_the_programme(actor: Actor, student: int, programme: int, _group: int) -> Callable[[], Any]:
    run(uncouple_programme, actor, [student], target=f"p{programme}")
    return lambda: everything("9")[4]


def _in_the_group(actor: Actor, student: int, _programme: int, group: int) -> Callable[[], Any]:
    run(remove_from_group, actor, [student], groups=[group])
    return lambda: everything("9")[5]


def importing(wizard: Wizard, kind: str) -> tuple[Wizard, int, Action]:
    """Couple student 9 to a programme and a group by an import of students; to the group by one of groups."""
    if kind == "students":
        return wizard, brought_in(wizard, ("9", "", "", "", "25656", "V3A", "")), undo_student_import
    groups = Wizard(wizard.actor, GROUPS, import_groups)
    pk = groups.take(lines(("V3A", "9"), header=("Groep", "Studentnummer")), "groepen.csv")
    groups.write(pk)
    return groups, pk, undo_group_import


def last_coupling() -> int:
    refresh()
    return db.session.scalars(select(CouplingRun.id).order_by(CouplingRun.id.desc()).limit(1)).one()


@pytest.mark.everywhere
@pytest.mark.usefixtures("nobody_decided")
@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize(
    ("kind", "out_of"),
    [("students", _in_the_programme), ("students", _in_the_group), ("groups", _in_the_group)],
)
def test_what_a_colleague_put_back_since_is_not_taken_for_the_imports_own(
    wizard, programme, kind, out_of, unknown
):
    """The row has the moment of before the import, or none at all."""
    student, group = make_student(number="9").id, make_group(name="V3A").id
    run(couple_programme, wizard.actor, [student], target=f"p{programme}")
    run(add_to_groups, wizard.actor, [student], groups=[group])
    if unknown:
        with transaction():
            db.session.execute(update(group_member).values(created_at=None))
    out_of(wizard.actor, student, programme, group)
    removal = last_coupling()
    of_the_import, pk, act = importing(wizard, kind)
    coupled = out_of(wizard.actor, student, programme, group)
    run(undo_coupling, wizard.actor, run_id=removal)
    before = coupled()
    assert before
    outcome = undo(of_the_import, pk, act)
    assert outcome.done == 0
    assert any(one.reason.startswith("is sindsdien opnieuw") for one in outcome.refused)
    assert coupled() == before


@pytest.fixture
def nobody_decided(monkeypatch):
    """Whoever took a student out of a group by hand decided on all of their groups: a reason of its own."""
    monkeypatch.setattr(undo_queries, "TAKEN_OUT", ())


@pytest.mark.everywhere
@pytest.mark.parametrize("kind", ["students", "groups"])
def test_a_removal_and_then_the_import_are_undone_in_the_usual_order(wizard, programme, nobody_decided, kind):
    student, group = make_student(number="9").id, make_group(name="V3A").id
    of_the_import, pk, act = importing(wizard, kind)
    for out_of in (_in_the_programme, _in_the_group)[kind == "groups" :]:
        out_of(wizard.actor, student, programme, group)
        assert run(undo_coupling, wizard.actor, run_id=last_coupling()).done == 1
    outcome = undo(of_the_import, pk, act)
    assert (outcome.done, outcome.refused) == (1, [])
    assert everything("9")[4:6] == ([], [])


@pytest.mark.everywhere
@pytest.mark.parametrize("kind", ["students", "groups"])
def test_an_import_of_before_its_rows_carried_its_moment_is_undone_too(wizard, programme, kind):
    make_student(number="9")
    make_group(name="V3A")
    of_the_import, pk, act = importing(wizard, kind)
    with transaction():
        db.session.execute(update(ImportRun).values(rows_at=None))
        db.session.execute(update(group_member).values(created_at=None))
    outcome = undo(of_the_import, pk, act)
    assert (outcome.done, outcome.refused) == (1, [])
    assert everything("9")[4:6] == ([], [])


@pytest.mark.everywhere
@pytest.mark.parametrize("undo_first", [True, False])
@pytest.mark.parametrize("kind", ["students", "groups"])
def test_of_two_who_take_a_student_out_at_once_one_did(wizard, programme, monkeypatch, kind, undo_first):
    student, group = make_student(number="9").id, make_group(name="V3A").id
    of_the_import, pk, act = importing(wizard, kind)
    if kind == "students":
        run(uncouple_programme, wizard.actor, [student], target=f"p{programme}")
    jobs = [
        lambda: run(act, of_the_import.actor, [pk]),
        lambda: run(remove_from_group, wizard.actor, [student], groups=[group]),
    ]
    answers = while_half_done(monkeypatch, *(jobs if undo_first else jobs[::-1]))
    refresh()
    assert sum(one.done for one in answers if isinstance(one, Outcome)) == 1, answers
    assert everything("9")[5] == []


@pytest.mark.everywhere
@pytest.mark.parametrize("anew", [False, True])
@pytest.mark.parametrize("kind", ["students", "groups"])
def test_what_goes_or_is_put_back_as_the_undo_deletes_is_not_said_to_be_its_doing(
    wizard, programme, monkeypatch, kind, anew
):
    """As when another takes the student out, or in again, between looking and deleting."""
    student, group = make_student(number="9").id, make_group(name="V3A").id
    of_the_import, pk, act = importing(wizard, kind)
    deleting = undo_students.delete_these

    def too_late(table: Any, rows: Any, *given: Any) -> Any:
        if not rows:
            return []
        db.session.execute(sa_delete(group_member))
        db.session.execute(sa_delete(Enrolment))
        if anew:
            values = {"group_id": group, "student_id": student, "created_at": clock.now()}
            db.session.execute(insert(group_member).values(values))
        return deleting(table, rows, *given)

    monkeypatch.setattr(undo_students, "delete_these", too_late)
    outcome = undo(of_the_import, pk, act)
    assert outcome.done == 0
    assert "is sindsdien al uit de studentgroep gehaald" in [one.reason for one in outcome.refused]
    assert "changes" not in outcome.details


@pytest.mark.parametrize("on_the_page_of_the_group", [True, False])
def test_who_was_moved_stays_in_the_group_of_the_import(wizard, programme, on_the_page_of_the_group):
    """Taken out of another group since: somebody decided which group is right."""
    student = make_student(number="9")
    other = make_group(student, name="V3B")
    make_group(name="V3A")
    pk = brought_in(wizard, ("9", "", "", "", "", "V3A", ""))
    if on_the_page_of_the_group:
        run(remove_members, wizard.actor, [other.id], students=[student.id])
    else:
        run(remove_from_group, wizard.actor, [student.id], groups=[other.id])
    assert [one.reason for one in undo(wizard, pk).refused] == [
        "is sindsdien met de hand in of uit een studentgroep gezet"
    ]
    assert everything("9")[5] == ["V3A"]


def test_a_new_student_whom_a_colleague_put_in_the_same_group_again_stays(wizard, programme):
    make_group(name="V3A")
    pk = brought_in(wizard, NEW)
    student, group = (db.session.scalars(select(one.id)).one() for one in (Student, StudentGroup))
    _by_the_group(wizard.actor, student, group)
    assert undo(wizard, pk).done == 0
    assert everything("1")[5] == ["V3A"]


def test_a_group_that_a_rule_fills_now_is_not_said_to_have_lost_its_students(wizard, programme):
    student, group = make_student(number="9"), make_group(name="V3A")
    pk = brought_in(wizard, ("9", "", "", "", "25656", "V3A", ""))
    run(set_rule, wizard.actor, [group.id], version=1, programmes=[programme])
    outcome = undo(wizard, pk)
    assert [one.reason for one in outcome.refused] == [
        "de leden van deze groep volgen nu uit een regel; die blijft zo"
    ]
    assert student.id


def test_imports_are_undone_from_the_last_to_the_first_as_if_they_never_were(wizard, programme):
    make_student(number="9", first_name="Oud", last_name="Bos")
    before = everything("9")
    pks = [brought_in(wizard, ("9", name, "Bos"), ("1", name, "Vos")) for name in ("Een", "Twee", "Drie")]
    for pk in reversed(pks):
        assert undo(wizard, pk).refused == []
    assert everything("9") == before
    assert rows(Student) == 1


def test_an_earlier_import_leaves_what_a_later_one_changed(wizard, programme):
    first = brought_in(wizard, ("1", "Een", "Vos"))
    brought_in(wizard, ("1", "Twee", "Vos"))
    outcome = undo(wizard, first)
    assert (outcome.done, list(reasons(outcome))) == (0, ["Vos, Twee (1)"])


def test_a_form_that_was_open_while_an_import_coupled_a_user_is_refused(wizard, programme):
    """Saved all the same, it would take that user away again without a word."""
    student = make_student(number="9", first_name="Noor", last_name="Bos", infix="")
    version = student.version
    brought_in(wizard, ("9", "", "", "", "", "", "begeleider"))
    with pytest.raises(RuleBroken, match=r"in een ander tabblad gewijzigd .*: Studenten importeren"):
        run(
            change_student,
            wizard.actor,
            [student.id],
            version=version,
            number="9",
            first_name="Noor",
            infix="",
            last_name="Bosch",
            gender="female",
            birth_date="",
            email="",
        )


# -- accounts and mails


def test_an_account_nobody_was_in_goes_with_its_code_and_the_mail_that_waited(wizard, programme):
    users = rows(User)
    pk = brought_in(wizard, NEW, ("2", "Sem", "Vos", "sem@example.nl", "", "", ""), codes="mail")
    with transaction():
        db.session.execute(
            update(OutboxMail).where(OutboxMail.to_address == "sem@example.nl").values(state="sent")
        )

    outcome = undo(wizard, pk)

    assert "1 mail met een inlogcode was al verstuurd" in outcome.summary
    assert (rows(User), rows(LoginCode), rows(Student)) == (users, 0, 0)
    mail = db.session.scalars(select(OutboxMail)).one()
    assert (mail.to_address, mail.to_user_id, ready_body(mail)) == ("sem@example.nl", None, None)
    assert run(send_again, wizard.actor, [mail.id]).done == 0


def test_who_signed_in_stays(wizard, programme):
    pk = brought_in(wizard, NEW, codes="make")
    with transaction():
        db.session.execute(update(LoginCode).values(used_at=clock.now()))
    assert reasons(undo(wizard, pk))["Vos, Daan (1)"] == "heeft zich al aangemeld"
    assert rows(LoginCode) == 1


def test_the_account_of_a_changed_student_gets_its_name_and_address_back_unless_taken(wizard, programme):
    accounts = [make_user("student", email=f"oud{n}@example.nl", first_name="Oud") for n in "78"]
    for n, user in zip("78", accounts, strict=True):
        make_student(number=n, first_name="Oud", last_name=n, infix="", email=user.email, user_id=user.id)
    ids = [user.id for user in accounts]
    pk = brought_in(wizard, *((n, "Nieuw", n, f"nieuw{n}@example.nl") for n in "78"))
    make_user(email="oud8@example.nl")

    outcome = undo(wizard, pk)

    assert [everything(n)[1] for n in "78"] == ["oud7@example.nl", "oud8@example.nl"]
    assert [db.session.get_one(User, one).email for one in ids] == ["oud7@example.nl", "nieuw8@example.nl"]
    assert "is intussen van een ander" in reasons(outcome)["8, Oud (8)"]


# -- users


USER_HEADER = ("E-mail", "Voornaam", "Achternaam", "Rollen", "Crebo", "Telefoon")


@pytest.fixture
def users(wizard: Wizard) -> Wizard:
    return Wizard(wizard.actor, USERS, import_users)


def users_in(users: Wizard, *rows: tuple[str, ...]) -> int:
    pk = users.take(lines(*rows, header=USER_HEADER), "gebruikers.csv", codes="make")
    users.write(pk)
    return pk


def user(email: str) -> User | None:
    return db.session.scalars(select(User).where(User.email == email)).one_or_none()


def held(email: str) -> tuple[Any, ...]:
    found = user(email)
    assert found is not None
    return (
        found.first_name,
        found.phone,
        sorted(r.name for r in found.roles),
        [p.id for p in found.programmes],
    )


def test_a_new_user_goes_and_a_known_one_loses_what_the_import_gave(users, programme):
    make_user("exam_committee", email="oud@example.nl", first_name="Oud", phone="1")
    before = held("oud@example.nl")
    pk = users_in(
        users,
        ("nieuw@example.nl", "An", "Vos", "Examinator school", "25656", ""),
        ("oud@example.nl", "Anders", "Vos", "Praktijkbegeleider", "25656", "2"),
    )
    assert undo(users, pk, undo_user_import).refused == []
    assert (user("nieuw@example.nl"), rows(LoginCode)) == (None, 0)
    assert held("oud@example.nl") == before


def test_users_who_were_used_changed_or_needed_stay_and_are_named(users, programme):
    for name in ("beheer", "hand"):
        make_user("exam_committee", email=f"{name}@example.nl", first_name=name, last_name="Vos")
    pk = users_in(
        users,
        ("nieuw@example.nl", "nieuw", "Vos", "Praktijkbegeleider", "", ""),
        ("hand@example.nl", "", "", "Praktijkbegeleider", "", "2"),
        ("beheer@example.nl", "", "", "Beheerder", "", ""),
    )
    found = user("hand@example.nl")
    new = user("nieuw@example.nl")
    assert found is not None
    assert new is not None
    run(
        edit_user,
        users.actor,
        [found.id],
        version=found.version,
        first_name="hand",
        last_name="Vos",
        email="hand@example.nl",
        roles=["exam_committee", "school_supervisor"],
        phone="3",
    )
    supervise(make_student(), new, "school_supervisor")
    with transaction():
        db.session.execute(update(User).where(User.id == users.actor.id).values(active=False))

    outcome = undo(users, pk, undo_user_import)

    assert reasons(outcome) == {
        "Vos, beheer (beheer@example.nl)": "Dit is de laatste actieve beheerder.",
        "Vos, hand (hand@example.nl)": "is sindsdien gewijzigd; de gegevens blijven zoals ze nu zijn",
        "Vos, nieuw (nieuw@example.nl)": (
            "heeft door deze import een rol waarin sindsdien studenten of examenmomenten staan"
        ),
    }


# -- groups


def test_groups_and_who_was_in_them_are_as_before(wizard):
    groups = Wizard(wizard.actor, GROUPS, import_groups)
    kept = make_group(make_student(number="1"), name="Oud", location="Hier")
    make_student(number="2")
    pk = groups.take(
        lines(
            ("Oud", "Daar", "2"),
            ("Nieuw", "", "1, 2"),
            ("Blijft", "", "2"),
            header=("Groep", "Locatie", "Studentnummer"),
        ),
        "groepen.csv",
    )
    groups.write(pk)
    late = db.session.scalars(select(StudentGroup).where(StudentGroup.name == "Blijft")).one()
    run(change_group, wizard.actor, [late.id], version=1, name="Blijft", location="Elders")

    outcome = undo(groups, pk, undo_group_import)

    assert list(reasons(outcome)) == ["Blijft"]
    assert sorted(one.name for one in db.session.scalars(select(StudentGroup))) == ["Blijft", "Oud"]
    group = db.session.get_one(StudentGroup, kept.id)
    members = db.session.scalars(select(Student.number).where(Student.id.in_(members_of([group.id])))).all()
    assert (group.location, members) == ("Hier", ["1"])


def test_imports_of_groups_are_undone_from_the_last_to_the_first(wizard):
    groups = Wizard(wizard.actor, GROUPS, import_groups)
    group = make_group(name="V3A", location="Hier")
    pks = []
    for location in ("Daar", "Elders"):
        pks.append(groups.take(lines(("V3A", location), header=("Groep", "Locatie")), "groepen.csv"))
        groups.write(pks[-1])
    for pk in reversed(pks):
        assert undo(groups, pk, undo_group_import).refused == []
    assert db.session.get_one(StudentGroup, group.id).location == "Hier"


# -- who, until when, at what cost


def test_another_administrator_may_undo_and_nobody_a_run_of_another_kind(wizard, another_wizard, programme):
    pk = brought_in(wizard, NEW)
    with pytest.raises(NotFound):
        undo(wizard, pk, undo_user_import)
    supplier = actor_of(make_user("supplier"))
    assert undo(another_wizard, pk).done == 1
    assert db.session.get_one(ImportRun, pk).counts["undone"]["by"] == another_wizard.actor.name
    with pytest.raises(NotFound):
        run(undo_user_import, supplier, [pk])


def test_after_seven_days_what_was_there_is_forgotten_and_cannot_be_put_back(wizard, programme):
    pks = [brought_in(wizard, ("1", name, "Vos")) for name in ("Een", "Twee")]
    for pk, forgetting in zip(pks, (sweep_expired, None), strict=True):
        with transaction():
            run_row = db.session.get_one(ImportRun, pk)
            run_row.created_at = clock.now() - timedelta(days=7, minutes=1)
        with pytest.raises(NotFound):
            undo(wizard, pk)
        if forgetting is None:
            run(forget_outdated, SYSTEM)
        else:
            with transaction():
                forgetting()
        held = select(func.count()).select_from(ImportChange).where(ImportChange.run_id == pk)
        assert db.session.scalar(held) == 0


def test_an_import_that_is_not_done_or_wrote_nothing_is_not_undone(wizard, programme):
    waiting = wizard.take(lines(NEW, header=HEADER))
    with pytest.raises(RuleBroken, match="nog niet uitgevoerd"):
        undo(wizard, waiting)
    brought_in(wizard, NEW)
    with pytest.raises(RuleBroken, match="niets geschreven"):
        undo(wizard, brought_in(wizard, NEW))


def test_a_number_that_was_given_out_is_never_given_again(wizard, programme):
    """The trail speaks of rows by number: the next student must not get somebody else's past."""
    gone = []
    for number in "123":
        pk = brought_in(
            wizard, (number, "Daan", "Vos", f"{number}@example.nl", "", f"K{number}", ""), codes="make"
        )
        student = db.session.scalars(select(Student)).one()
        gone.append((student.id, student.user_id, groups_of([student.id])[0].id))
        undo(wizard, pk)
    for column in zip(*gone, strict=True):
        assert len(set(column)) == len(gone)


def test_undoing_costs_as_many_statements_for_100_rows_as_for_10(wizard, programme):
    costs = []
    for size in (10, 100):
        known = [f"k{size}-{i}" for i in range(size)]
        for number in known:
            make_student(number=number)
        rows = [(n, "Nieuw", "Vos", f"{n}@example.nl", "25656", "V3A", "begeleider") for n in known]
        rows += [(f"n{n}", "Nieuw", "Vos", f"n{n}@example.nl", "25656", "V3A", "begeleider") for n in known]
        pk = brought_in(wizard, *rows, codes="make")
        with counted() as statements:
            assert undo(wizard, pk).done == 2 * size
        costs.append(len(statements))
    # Which groups to go back into, and which exams of electives lose examiners, are a question each.
    assert costs[0] == costs[1] <= 47
