"""Who a row of a file is: a number with other zeros or another number, an address of another, a return."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.imports.imports import choose_values
from app.actions.students.activation import deactivate_students, reactivate_students
from app.actions.users.users import deactivate_users
from app.entities.base import db
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.errors import NotFound, Outdated
from app.imports.kinds import GROUPS, USERS
from app.imports.undo_students import undo_student_import
from app.imports.write_groups import import_groups
from app.imports.write_users import import_users
from app.permissions import actor_of
from tests.factories import make_group, make_student, make_user, refresh
from tests.support.importing import Wizard, lines
from tests.support.queries import counted

BORN = date(2008, 3, 14)
WITH_BIRTH = ("Studentnummer", "Voornaam", "Achternaam", "Geboortedatum", "E-mail", "Klas")


def numbers(students):
    return [student.number for student in students()]


def states(checked):
    return [row.state for row in checked.rows]


class TestZeros:
    @pytest.mark.parametrize(
        ("known", "written"), [("0203118", "203118"), ("203118", "0203118"), ("00203118", "0203118")]
    )
    def test_a_number_with_other_zeros_before_it_is_the_same_student(self, wizard, students, known, written):
        make_student(number=known, first_name="Jan", infix="", last_name="Vos", birth_date=BORN)
        pk = wizard.take(lines((written, "Jan", "", "Vossen")))
        (row,) = wizard.check(pk).rows
        assert row.state == "changed"
        assert f"“{written}” is {known} in Proeve" in row.notes[0].sentence
        wizard.write(pk)
        (student,) = students()
        assert (student.number, student.last_name) == (known, "Vossen")

    def test_a_whole_file_without_its_zeros_makes_no_doubles(self, wizard, students):
        for number in ("203118", "203119", "900070"):
            make_student(number=number, first_name="Jan", infix="", last_name="Vos", birth_date=BORN)
        rows = [(f"0{one}", "Jan", "Vos", "14-3-2008", "", "VIG3Z") for one in numbers(students)]
        wizard.bring_in(lines(*rows, header=WITH_BIRTH))
        assert numbers(students) == ["203118", "203119", "900070"]

    @pytest.mark.parametrize("written", ["203118", "0203118", "00203118"])
    def test_two_students_who_differ_only_by_zeros_are_told_apart_by_nobody(self, wizard, written):
        make_student(number="0203118")
        make_student(number="203118")
        (row,) = wizard.check(wizard.take(lines((written, "A", "", "Vos")))).rows
        assert row.state == "refused"
        assert "verschillen alleen in de nullen" in row.problems[0].sentence

    def test_two_rows_that_differ_only_by_zeros_are_one_student_too_many(self, wizard):
        checked = wizard.check(wizard.take(lines(("0203118", "A", "", "Vos"), ("203118", "B", "", "Bos"))))
        assert states(checked) == ["refused", "refused"]
        assert "Nullen ervoor maken geen ander nummer" in checked.rows[0].problems[0].sentence

    def test_letters_and_a_number_of_other_digits_are_another_student(self, wizard, students):
        make_student(number="0203118")
        make_student(number="A12")
        wizard.bring_in(lines(("2031180", "A", "", "Vos"), ("0A12", "B", "", "Vos"), ("0", "C", "", "Vos")))
        assert len(students()) == 5

    def test_a_file_of_groups_knows_them_too(self, wizard):
        student = make_student(number="0203118")
        groups = Wizard(wizard.actor, GROUPS, import_groups)
        pk = groups.take(lines(("V3A", "203118"), header=("Groep", "Studentnummer")), "groepen.csv")
        (row,) = groups.check(pk).rows
        assert (row.state, row.values["members"]) == ("new", (student.id,))
        assert "is 0203118 in Proeve" in row.notes[0].sentence

    def test_numbers_of_one_length_cost_one_statement_more_and_others_two(self, wizard):
        for number in range(20):
            make_student(number=f"0{number:06}")
        costs = []
        for written in ("{:07}", "{}"):
            rows = [(written.format(n), "A", "", "Vos") for n in range(20)]
            pk = wizard.take(lines(*rows))
            with counted() as statements:
                wizard.check(pk)
            costs.append(len(statements))
        assert costs[1] - costs[0] == 1


class TestAnotherNumber:
    @pytest.fixture
    def jan(self, app):
        return make_student(
            number="900500",
            first_name="Jan",
            infix="",
            last_name="Vos",
            birth_date=BORN,
            email="jan.vos@student.example.nl",
        )

    def row(self, number="912345", birth="14-3-2008", email="jan.vos@student.example.nl"):
        return lines((number, "Jan", "Vos", birth, email, "VIG3A"), header=WITH_BIRTH)

    def test_the_same_name_and_birth_date_is_told_before_a_second_one_is_made(self, wizard, jan):
        (row,) = wizard.check(wizard.take(self.row())).rows
        assert (row.state, row.asks) == ("refused", ("same",))
        assert "Vos, Jan (900500)" in row.problems[0].sentence

    @pytest.mark.parametrize(
        ("birth", "email", "state"),
        [
            ("14-3-2008", "", "refused"),
            ("", "Jan.Vos@student.example.nl", "refused"),
            ("15-3-2008", "", "new"),
            ("15-3-2008", "jan.vos@student.example.nl", "new"),
            ("", "", "new"),
            ("", "j.vos@student.example.nl", "new"),
        ],
    )
    def test_a_name_alone_is_no_reason_and_a_birth_date_or_address_with_it_is(
        self, wizard, jan, birth, email, state
    ):
        assert states(wizard.check(wizard.take(self.row(birth=birth, email=email)))) == [state]

    def test_who_is_the_same_gets_the_new_number_and_undo_gives_back_the_old(self, wizard, students, jan):
        pk = wizard.take(self.row())
        wizard.answer(pk, "same", "known")
        (row,) = wizard.check(pk).rows
        assert row.state == "changed"
        assert ("900500", "912345") in [(one.old, one.new) for one in row.changes]
        wizard.write(pk)
        assert numbers(students) == ["912345"]
        assert "912345" in students()[0].search
        run(undo_student_import, wizard.actor, [pk])
        refresh()
        assert numbers(students) == ["900500"]

    def test_another_student_is_made_when_somebody_says_so(self, wizard, students, jan):
        pk = wizard.take(self.row())
        wizard.answer(pk, "same", "other")
        assert states(wizard.check(pk)) == ["new"]
        wizard.write(pk)
        assert numbers(students) == ["900500", "912345"]

    def test_one_row_can_be_answered_otherwise_than_the_rest(self, wizard, students, jan):
        make_student(number="900501", first_name="Bo", infix="", last_name="Das", birth_date=BORN)
        rows = [
            ("912345", "Jan", "Vos", "14-3-2008", "", ""),
            ("912346", "Bo", "Das", "14-3-2008", "", ""),
        ]
        pk = wizard.take(lines(*rows, header=WITH_BIRTH))
        wizard.answer(pk, "same", "known")
        wizard.answer(pk, "same", "other", about="3", seen="known")
        assert states(wizard.check(pk)) == ["changed", "new"]
        wizard.write(pk)
        assert numbers(students) == ["900501", "912345", "912346"]

    def test_two_rows_cannot_both_be_the_same_student(self, wizard, jan):
        rows = [("912345", "Jan", "Vos", "14-3-2008", "", ""), ("900500", "Jan", "Vos", "", "", "")]
        pk = wizard.take(lines(*rows, header=WITH_BIRTH))
        wizard.answer(pk, "same", "known")
        assert states(wizard.check(pk)) == ["refused", "refused"]

    def test_with_login_codes_the_own_address_is_no_hindrance_once_it_is_the_same(self, wizard):
        account = make_user("student", email="bo@student.example.nl")
        make_student(
            number="9", first_name="Bo", infix="", last_name="Das", birth_date=BORN, user_id=account.id
        )
        row = ("912345", "Bo", "Das", "14-3-2008", "bo@student.example.nl", "")
        pk = wizard.take(lines(row, header=WITH_BIRTH), codes="make")
        assert len(wizard.check(pk).rows[0].problems) == 2
        wizard.answer(pk, "same", "known")
        assert states(wizard.check(pk)) == ["changed"]

    def test_many_cost_as_many_statements_as_few(self, wizard):
        costs = []
        for count in (2, 30):
            rows = []
            for n in range(count):
                make_student(
                    number=f"1{count}{n:04}",
                    first_name=f"F{count}x{n}",
                    infix="",
                    last_name="V",
                    birth_date=BORN,
                )
                rows.append((f"9{count}{n:04}", f"F{count}x{n}", "V", "14-3-2008", "", ""))
            pk = wizard.take(lines(*rows, header=WITH_BIRTH))
            wizard.answer(pk, "same", "known")
            with counted() as statements:
                assert states(wizard.check(pk)) == ["changed"] * count
            costs.append(len(statements))
        assert costs[0] == costs[1]


class TestAnswers:
    def test_an_answer_that_another_tab_gave_is_told(self, wizard):
        pk = wizard.take(lines(("1", "A", "", "Vos")))
        wizard.answer(pk, "returning", "activate")
        with pytest.raises(Outdated):
            wizard.answer(pk, "returning", "", seen="other")

    def test_an_unknown_question_or_answer_is_refused(self, wizard, another_wizard):
        pk = wizard.take(lines(("1", "A", "", "Vos")))
        for question, choice, about in (("x", "", ""), ("same", "x", ""), ("same", "known", "a b")):
            with pytest.raises(NotFound):
                wizard.answer(pk, question, choice, about=about)
        with pytest.raises(NotFound):
            another_wizard.answer(pk, "same", "known")

    def test_answers_stay_when_step_3_is_chosen_again(self, wizard):
        pk = wizard.take(lines(("1", "A", "", "Vos")))
        wizard.answer(pk, "returning", "activate")
        run(choose_values, wizard.actor, [pk], version=wizard.own_run(pk).version, values={})
        refresh()
        assert wizard.own_run(pk).values == {"answers": {"returning": "activate"}}

    def test_the_trail_tells_the_answer(self, wizard):
        pk = wizard.take(lines(("1", "A", "", "Vos")))
        wizard.answer(pk, "same", "known")
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert entry.details["choice"][1].startswith("Dezelfde student")


class TestReturning:
    HEADER = ("Studentnummer", "Voornaam", "Achternaam", "Klas")

    @pytest.fixture
    def gone(self, wizard):
        name = {"first_name": "Klas", "infix": "", "last_name": "Wissel"}
        account = make_user("student", email="klas@student.example.nl", **name)
        student = make_student(number="941000", user_id=account.id, **name)
        make_group(name="KW2")
        run(deactivate_students, wizard.actor, [student.id])
        refresh()
        return account.id

    def take(self, wizard):
        return wizard.take(lines(("941000", "Klas", "Wissel", "KW2"), header=self.HEADER))

    def test_who_was_not_active_is_told_and_stays_so_without_an_answer(self, wizard, students, gone):
        pk = self.take(wizard)
        (row,) = wizard.check(pk).rows
        assert (row.state, row.asks) == ("changed", ("returning",))
        assert any("niet actief" in note.sentence for note in row.notes)
        wizard.write(pk)
        assert not students()[0].active

    def test_who_returns_is_activated_with_the_account_and_undo_closes_both_again(
        self, wizard, students, gone
    ):
        pk = self.take(wizard)
        wizard.answer(pk, "returning", "activate")
        (row,) = wizard.check(pk).rows
        assert [one.label for one in row.changes] == ["Studentgroep", "Actief", "Account"]
        wizard.write(pk)
        assert students()[0].active
        assert db.session.get_one(User, gone).active
        run(undo_student_import, wizard.actor, [pk])
        refresh()
        assert not students()[0].active
        assert not db.session.get_one(User, gone).active

    def test_an_account_that_the_office_closed_stays_closed(self, wizard, students, gone):
        run(reactivate_students, wizard.actor, [students()[0].id])
        run(deactivate_users, wizard.actor, [gone])
        run(deactivate_students, wizard.actor, [students()[0].id])
        refresh()
        pk = self.take(wizard)
        wizard.answer(pk, "returning", "activate")
        wizard.write(pk)
        assert students()[0].active
        assert not db.session.get_one(User, gone).active


class TestAnAddressOfAnother:
    def test_whose_it_is_stands_there_for_who_may_see_them(self, wizard):
        make_user(
            "school_examiner", email="a@x.example.nl", first_name="Sanne", infix="de", last_name="Bakker"
        )
        header = ("Studentnummer", "Voornaam", "Achternaam", "E-mail")
        pk = wizard.take(lines(("1", "A", "Vos", "a@x.example.nl"), header=header), codes="make")
        (row,) = wizard.check(pk).rows
        assert "al van een andere gebruiker: Bakker, Sanne de" in row.problems[0].sentence

    def test_a_supplier_does_not_read_the_name_of_a_student(self, app):
        supplier = Wizard(actor_of(make_user("supplier")), USERS, import_users)
        make_user(
            "student", email="kind@x.example.nl", username="kind", first_name="Geheim", last_name="Kind"
        )
        header = ("E-mail", "Voornaam", "Achternaam", "Rol", "Gebruikersnaam")
        row = ("piet@x.example.nl", "Piet", "Vos", "Praktijkopleider", "kind")
        (found,) = supplier.check(supplier.take(lines(row, header=header), "gebruikers.csv")).rows
        assert found.state == "refused"
        assert "Geheim" not in found.problems[0].sentence
