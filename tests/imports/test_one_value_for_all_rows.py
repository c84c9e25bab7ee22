"""A file without a column for roles, a programme or a group: one value holds for all rows."""

from __future__ import annotations

import pytest

from app.entities.base import db
from app.entities.users import User
from app.imports.intake import receive
from app.imports.kinds import USERS
from app.imports.write_users import import_users
from app.permissions import actor_of
from app.queries.groups.groups import groups_of
from tests.factories import make_group, make_programme, refresh
from tests.support.importing import Wizard, lines

USERS_FILE = lines(
    ("Jansen, Jan", "jan@b.example.nl", "Zorg BV"),
    ("Vos, Piet", "piet@b.example.nl", "Zorg BV"),
    ("Bos, Kim", "kim@b.example.nl", "Zorg BV"),
    header=("Naam", "E-mail", "Bedrijf"),
)


@pytest.fixture
def office(visit):
    visitor = visit("administrator")
    return visitor, Wizard(actor_of(db.session.get_one(User, visitor.user_id)), USERS, import_users)


def test_step_2_says_of_the_file_that_it_has_no_roles_and_one_role_brings_all_users_in(office):
    visitor, wizard = office
    pk = wizard.take(USERS_FILE, "gebruikers.csv")
    found = wizard.own_run(pk)
    href = f"/gebruikers/importeren/{pk}/kolommen"
    page = visitor.get(href).text
    assert "Eén rol voor alle rijen" in page
    fields = {f"column_{place}": key for key, (place,) in found.mapping.items()}
    fields |= {
        "version": found.version,
        "names_shown": "0",
        "shown": page.split('name="shown" value="')[1].split('"')[0],
    }
    refused = visitor.post(href, fields)
    assert refused.status_code == 422
    assert "Dit bestand heeft geen kolom met Rollen" in refused.text
    assert 'href="#all_roles"' in refused.text
    answer = visitor.post(href, {**fields, "all_roles": "company_supervisor"})
    assert answer.status_code == 302
    refresh()
    assert [row.state for row in wizard.check(pk).rows] == ["new"] * 3
    wizard.write(pk)
    user = db.session.query(User).filter_by(email="kim@b.example.nl").one()
    assert [role.name for role in user.roles] == ["company_supervisor"]


def test_students_can_all_come_in_one_programme_and_group(wizard, students):
    programme, group = make_programme().id, make_group(name="V3A").id
    everywhere = {"programme": str(programme), "group": str(group)}
    pk = wizard.take(lines(("1", "A", "", "Vos")), everywhere=everywhere)
    (row,) = wizard.check(pk).rows
    assert (row.values["programme"], row.values["group"]) == ((programme,), ("V3A",))
    wizard.write(pk)
    (student,) = students()
    assert [one.programme_id for one in student.enrolments] == [programme]
    assert [one.id for one in groups_of([student.id])] == [group]


def test_a_column_of_the_file_goes_before_what_holds_for_all_rows(wizard):
    make_group(name="V3A")
    group = make_group(name="V3B").id
    header = ("Studentnummer", "Voornaam", "Achternaam", "Klas")
    pk = wizard.take(lines(("1", "A", "Vos", "V3A"), header=header), everywhere={"group": str(group)})
    assert wizard.check(pk).rows[0].values["group"] == ("V3A",)


def test_what_is_gone_by_now_refuses_every_row_with_a_reason(wizard):
    rows = wizard.check(wizard.take(lines(("1", "A", "", "Vos")), everywhere={"programme": "9999"})).rows
    assert [row.state for row in rows] == ["refused"]
    assert "staat niet bij uw opleidingen" in rows[0].problems[0].sentence


def test_a_file_without_a_column_that_every_row_needs_is_told_as_a_whole(office):
    visitor, wizard = office
    content = lines(("Jan", "Vos", "Praktijkopleider"), header=("Voornaam", "Achternaam", "Rol"))
    pk = receive(wizard.actor, USERS, content, "gebruikers.csv")
    found = wizard.own_run(pk)
    href = f"/gebruikers/importeren/{pk}/kolommen"
    page = visitor.get(href).text
    fields = {f"column_{place}": key for key, (place,) in found.mapping.items()}
    fields |= {"version": found.version, "shown": page.split('name="shown" value="')[1].split('"')[0]}
    refused = visitor.post(href, fields).text
    assert "<li>Kies nog welke kolom dit is: E-mailadres.</li>" in refused
