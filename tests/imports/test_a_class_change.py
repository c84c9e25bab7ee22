"""A class change: step 4 asks whether students also stay in the old group; undo puts them back in it."""

from __future__ import annotations

import pytest

from app.actions.base.runner import run
from app.actions.groups.groups import remove_group
from app.actions.groups.members import add_to_groups
from app.actions.students.couplings import undo_coupling
from app.actions.students.students import change_student
from app.actions.students.supervision import couple_users
from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.students import Student, StudentGroup
from app.imports.undo_students import undo_student_import
from app.queries.groups.groups import groups_of
from app.queries.imports.imports import RUNS_SHOWN, runs_of
from tests.factories import make_group, make_programme, make_student, make_user, refresh
from tests.support import clock
from tests.support.importing import lines
from tests.support.queries import counted

HEADER = ("Studentnummer", "Voornaam", "Achternaam", "Klas")


def groups(student: int) -> list[str]:
    return sorted(one.name for one in groups_of([student]))


@pytest.fixture
def pupil(app):
    student = make_student(number="941000", first_name="Klas", infix="", last_name="Wissel")
    make_group(student, name="KW1")
    make_group(name="KW2")
    return student.id


def take(wizard, group="KW2"):
    return wizard.take(lines(("941000", "Klas", "Wissel", group), header=HEADER))


def undo(wizard, pk):
    outcome = run(undo_student_import, wizard.actor, [pk])
    refresh()
    return outcome


def test_a_group_comes_beside_the_old_one_unless_somebody_says_that_it_is_a_move(wizard, pupil):
    pk = take(wizard)
    assert wizard.check(pk).rows[0].asks == ("moves",)
    wizard.write(pk)
    assert groups(pupil) == ["KW1", "KW2"]


def test_a_move_is_shown_per_row_and_undo_puts_the_student_back(wizard, pupil):
    pk = take(wizard)
    wizard.answer(pk, "moves", "move")
    (row,) = wizard.check(pk).rows
    assert [(one.label, one.old, one.new) for one in row.changes] == [
        ("Studentgroep", "", "KW2"),
        ("Uit studentgroep", "KW1", "–"),
    ]
    wizard.write(pk)
    assert groups(pupil) == ["KW2"]
    assert undo(wizard, pk).refused == []
    assert groups(pupil) == ["KW1"]


def test_a_student_on_two_rows_is_asked_about_once_each(wizard, pupil):
    make_programme(crebo="25656")
    header = (*HEADER, "Crebo")
    rows = (("941000", "Klas", "Wissel", "KW2", ""), ("941000", "Klas", "Wissel", "KW2", "25656"))
    checked = wizard.check(wizard.take(lines(*rows, header=header)))
    assert [row.asks for row in checked.rows] == [("moves",)] * 2


def test_who_stays_in_a_group_and_a_group_of_a_rule_are_no_move(wizard, pupil):
    programme = make_programme()
    ruled = make_student(programme, number="2", first_name="A", infix="", last_name="Vos")
    make_group(rule=[programme], name="Regel")
    rows = (("941000", "Klas", "Wissel", "KW1"), ("2", "A", "Vos", "KW2"))
    pk = wizard.take(lines(*rows, header=HEADER))
    wizard.answer(pk, "moves", "move")
    assert [row.asks for row in wizard.check(pk).rows] == [(), ()]
    wizard.write(pk)
    assert (groups(pupil), groups(ruled.id)) == (["KW1"], ["KW2", "Regel"])


def test_an_old_group_that_is_gone_is_told_when_the_import_is_undone(wizard, pupil):
    pk = take(wizard)
    wizard.answer(pk, "moves", "move")
    wizard.write(pk)
    group = db.session.query(StudentGroup).filter_by(name="KW1").one().id
    run(remove_group, wizard.actor, [group])
    refresh()
    assert any("is er niet meer" in one.reason for one in undo(wizard, pk).refused)
    assert groups(pupil) == []


def test_many_moves_cost_as_many_statements_as_few(wizard, pupil):
    costs = []
    for count in (2, 12):
        rows = []
        for n in range(count):
            student = make_student(number=f"{count}{n:05}", first_name="A", infix="", last_name="Vos")
            make_group(student, name=f"Oud {count} {n}")
            rows.append((student.number, "A", "Vos", "KW2"))
        pk = wizard.take(lines(*rows, header=HEADER))
        wizard.answer(pk, "moves", "move")
        with counted() as statements:
            wizard.write(pk)
        costs.append(len(statements))
    assert costs[0] == costs[1]


class TestCouplingsUndone:
    def last(self):
        return db.session.query(CouplingRun).order_by(CouplingRun.id.desc()).first().id

    @pytest.mark.parametrize("what", ["group", "user"])
    def test_a_coupling_that_was_undone_stands_in_no_way(self, wizard, students, what):
        pk = wizard.take(lines(("1", "A", "Vos", "KW2"), header=HEADER))
        wizard.write(pk)
        student, group = students()[0].id, make_group(name="Later").id
        user = make_user("school_supervisor").id
        with clock.later(minutes=1):
            if what == "group":
                run(add_to_groups, wizard.actor, [student], groups=[group])
            else:
                run(couple_users, wizard.actor, [student], users=[f"school_supervisor:{user}"])
            refresh()
        run(undo_coupling, wizard.actor, run_id=self.last())
        refresh()
        assert undo(wizard, pk).refused == []
        assert students() == []

    def test_another_change_beside_it_still_does(self, wizard, students):
        pk = wizard.take(lines(("1", "A", "Vos", "KW2"), header=HEADER))
        wizard.write(pk)
        student, group = students()[0], make_group(name="Later").id
        data = {name: getattr(student, name) for name in ("number", "infix", "last_name", "gender", "email")}
        run(
            change_student,
            wizard.actor,
            [student.id],
            version=1,
            first_name="Anders",
            birth_date=None,
            **data,
        )
        refresh()
        run(add_to_groups, wizard.actor, [student.id], groups=[group])
        run(undo_coupling, wizard.actor, run_id=self.last())
        refresh()
        assert undo(wizard, pk).done == 0
        assert [one.first_name for one in students()] == ["Anders"]


def test_the_list_shows_finished_imports_first_and_all_that_can_be_undone(wizard):
    done = [wizard.take(lines((str(n), "A", "", "Vos"))) for n in range(RUNS_SHOWN + 2)]
    for pk in done:
        wizard.write(pk)
    waiting = wizard.take(lines(("99", "A", "", "Vos")))
    shown = [line.id for line in runs_of(wizard.actor, "students", wizard.kind.permission)]
    assert shown[: len(done)] == done[::-1]
    assert waiting not in shown[: len(done)]
    assert db.session.get(Student, 1) is not None
