"""The example file that a school downloads is imported as it is: whatever it names is the school's own."""

from __future__ import annotations

import pytest

from app.entities.base import db
from app.entities.users import User
from app.imports.kinds import GROUPS, STUDENTS, USERS
from app.imports.write_groups import import_groups
from app.imports.write_students import import_students
from app.imports.write_users import import_users
from app.permissions import actor_of
from app.queries.groups.groups import groups_of
from tests.factories import make_group, make_programme, make_student, make_user
from tests.support.importing import Wizard

PAGES = {
    "studenten": (STUDENTS, import_students),
    "gebruikers": (USERS, import_users),
    "studentgroepen": (GROUPS, import_groups),
}
ROLES = ("school_supervisor", "company_supervisor", "school_examiner", "company_examiner")


@pytest.fixture
def office(visit):
    visitor = visit("administrator")
    return visitor, actor_of(db.session.get_one(User, visitor.user_id))


def brought_in(office, page: str, ending: str) -> tuple[Wizard, int]:
    visitor, actor = office
    kind, importing = PAGES[page]
    content = visitor.get(f"/{page}/importeren/voorbeeldbestand.{ending}").data
    wizard = Wizard(actor, kind, importing)
    return wizard, wizard.take(
        content, f"voorbeeld.{ending}", codes="make" if page != "studentgroepen" else "none"
    )


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
@pytest.mark.parametrize("page", PAGES)
class TestAsItIs:
    def test_in_an_empty_school(self, office, page, ending):
        wizard, pk = brought_in(office, page, ending)
        checked = wizard.check(pk)
        assert [row.state for row in checked.rows] == ["new"], checked.rows[0].problems

    def test_in_a_school_that_has_all_that_the_example_of_a_column_names(self, office, page, ending):
        make_programme(crebo="25656", name="Een", cohort=2025)
        make_programme(crebo="25656", name="Twee", cohort=2024)
        make_student(number="0203118", first_name="Iemand", infix="", last_name="Anders")
        make_group(name="VIG3A")
        for role in ROLES:
            make_user(role)
        make_user("school_supervisor", email="s.debakker@school.example.nl")
        wizard, pk = brought_in(office, page, ending)
        checked = wizard.check(pk)
        assert [row.state for row in checked.rows] == ["new"], checked.rows[0].problems
        wizard.write(pk)

    def test_a_second_time_it_changes_nobody(self, office, page, ending):
        wizard, pk = brought_in(office, page, ending)
        wizard.write(pk)
        wizard, pk = brought_in(office, page, ending)
        assert [row.state for row in wizard.check(pk).rows] == ["new"]


def test_the_example_couples_to_what_the_school_has(office, students):
    programme = make_programme(crebo="99999", name="A")
    make_group(rule=[make_programme(crebo="99998", name="B")], name="Een regel")
    group, programme = make_group(name="Klas 1").id, programme.id
    guide = make_user("company_examiner", email="g@b.example.nl").id
    wizard, pk = brought_in(office, "studenten", "xlsx")
    wizard.write(pk)
    (student,) = students()
    assert student.number == "0203118"
    assert [one.programme_id for one in student.enrolments] == [programme]
    assert [one.id for one in groups_of([student.id])] == [group]
    assert [one.user_id for one in student.supervisions] == [guide]
