"""Importing users and groups as people meet it: the same four steps, each with its own words."""

from __future__ import annotations

import html
import io
import re

import openpyxl
import pytest
from sqlalchemy import select

from app.entities.base import db
from app.entities.mail import OutboxMail
from app.entities.students import StudentGroup
from app.entities.users import User
from app.permissions import SYSTEM
from app.queries.groups.groups import member_counts
from tests.factories import make_group, make_programme, make_student, make_user, refresh
from tests.pages.imports.test_import_pages import choose, import_form, proposed, selects, to_check
from tests.support.importing import lines
from tests.support.queries import counted

USERS, GROUPS = "/gebruikers/importeren/", "/studentgroepen/importeren/"
HEADER = ("E-mail", "Roepnaam", "Achternaam", "Functie", "Crebo", "Huisdier")


def test_users_from_the_button_to_the_report(visit):
    make_programme(crebo="25656", name="Verzorgende-IG", cohort=2025)
    make_user("school_supervisor", email="oud@example.nl", first_name="Oud", last_name="Vos")
    admin = visit("administrator")
    assert f'href="{USERS}"' in admin.get("/gebruikers/").text
    first = admin.get(USERS).text
    for text in ("Stap 1 van 4", "Inlogcodes voor nieuwe gebruikers", "neemt nooit een rol of opleiding af"):
        assert text in first
    rows = [
        ("an@example.nl", "An", "Vos", "BPV-docent; Examencommissie", "25656", "kat"),
        ("oud@example.nl", "Oud", "Vos", "Examinator school", "", ""),
        ("kapot@", "", "Vos", "Beheerder", "", ""),
    ]
    columns = choose(admin, lines(*rows, header=HEADER), "gebruikers.csv", "mail", USERS).headers["Location"]
    second = admin.get(columns).text
    assert "Deze kolommen gaan niet mee: Huisdier." in second
    assert "E-mailadres *" in second
    refused = admin.post(columns, {**proposed(second), "column_3": ""})
    assert refused.status_code == 422
    assert "Dit bestand heeft geen kolom met Rollen." in refused.text

    values = admin.post(columns, proposed(second)).headers["Location"]
    third = admin.get(values).text
    assert selects(third) == {"roles_0": "school_supervisor"}
    assert "Leverancier" not in third, "an administrator has no supplier to give"
    assert admin.post(values, {"roles_0": "supplier"}).status_code == 422

    check = admin.post(values, proposed(third)).headers["Location"]
    fourth = admin.get(check).text
    for text in (
        "Vos, An (an@example.nl)",
        "Praktijkbegeleider, Examencommissie",
        "Verzorgende-IG (25656, 2025)",
        "Examinator school",
        "is geen e-mailadres",
        "Deze cel is leeg. Vul Voornaam in.",
        "neemt nooit een rol of opleiding af",
        "2 gebruikers worden geschreven",
        "De mail met de inlogcode",
        "Praktijkbegeleider, Nederlands",
        "1 mail<",
    ):
        assert text in fourth, text
    sample = re.search(r'action="(/gebruikers/do/send_user_sample[^"]*)"', fourth)
    assert sample
    answer = admin.post(html.unescape(sample[1]), {"role": "school_supervisor", "language": "nl"})
    assert answer.headers["Location"] == check

    sheet = openpyxl.load_workbook(
        io.BytesIO(admin.get(check.replace("controle", "geweigerd.xlsx")).data)
    ).active
    assert sheet["C2"].value == "kapot@"
    form = import_form(fourth)
    report = admin.post(check, form).headers["Location"]
    told = admin.get(report).text
    for text in ("1 rij is niet geïmporteerd", "1 account met inlogcode gemaakt", "Naar de gebruikers"):
        assert text in told
    refresh()
    assert {role.name for role in user("oud@example.nl").roles} == {"school_supervisor", "school_examiner"}
    an = user("an@example.nl").id
    assert db.session.scalars(
        select(OutboxMail.to_user_id).where(OutboxMail.purpose == "login_code")
    ).all() == [an]
    assert "Gebruikers importeren" in admin.get("/logboek/").text


def user(email: str) -> User:
    return db.session.scalars(select(User).where(User.email == email)).one()


def test_groups_from_the_button_to_the_report(visit):
    make_student(number="0012", first_name="Fleur", infix="", last_name="Berg")
    make_group(name="V3B")
    admin = visit("administrator")
    assert f'href="{GROUPS}"' in admin.get("/studentgroepen/").text
    first = admin.get(GROUPS).text
    assert "haalt er nooit een uit" in first
    assert "nlogcode" not in first.partition("<main")[2], "a group has no login codes"
    header = ("Klas", "Kleur", "Leerlingnummer")
    rows = [("V3A", "blauwe", "0012"), ("v3b", "", "0012, 404"), ("V3B", "", "0012")]
    columns = choose(admin, lines(*rows, header=header), "klassen.csv", base=GROUPS).headers["Location"]
    values = admin.post(columns, proposed(admin.get(columns).text)).headers["Location"]
    third = admin.get(values).text
    assert selects(third) == {"colour_0": "blue"}
    check = admin.post(values, proposed(third)).headers["Location"]
    fourth = admin.get(check).text
    for text in (
        "Berg, Fleur (0012)",
        "Blauw",
        "Er is geen student met nummer “404”",
        "2 rijen worden geschreven",
    ):
        assert text in fourth, text
    form = import_form(fourth)
    assert "Nieuwe studentgroepen: V3A." in admin.get(admin.post(check, form).headers["Location"]).text
    refresh()
    groups = {one.id: one.name for one in db.session.scalars(select(StudentGroup))}
    members = {groups[key]: count for key, count in member_counts(SYSTEM, list(groups)).items()}
    assert members == {"V3A": 1, "V3B": 1}


def test_each_kind_has_its_own_door_and_its_own_runs(visit):
    supplier, admin, supervisor = visit("supplier"), visit("administrator"), visit("school_supervisor")
    assert f'href="{USERS}"' in supplier.get("/gebruikers/").text
    assert f'href="{GROUPS}"' not in supervisor.get("/studentgroepen/").text
    assert [supplier.get(base).status_code for base in (USERS, GROUPS, "/studenten/importeren/")] == [
        200,
        403,
        403,
    ]
    assert [supervisor.get(base).status_code for base in (USERS, GROUPS)] == [403, 403]
    header = ("E-mail", "Voornaam", "Achternaam", "Rol")
    content = lines(("an@example.nl", "An", "Vos", "Leverancier"), header=header)
    check = to_check(supplier, content, name="mensen.csv", base=USERS)
    page = supplier.get(check).text
    assert "1 gebruiker wordt geschreven" in page
    assert admin.get(check).status_code == 404
    own = to_check(admin, content, name="mensen.csv", base=USERS)
    assert "De rol Leverancier kunt u niet geven" in admin.get(own).text
    for other in ("/studenten", "/studentgroepen"):
        assert admin.get(own.replace("/gebruikers", other)).status_code == 404
        assert admin.post(own.replace("/gebruikers", other), {"version": "3"}).status_code == 404
        assert "mensen.csv" not in admin.get(f"{other}/importeren/").text
    form = import_form(page)
    assert supplier.post(check, form).status_code == 302
    refresh()
    assert [role.name for role in user("an@example.nl").roles] == ["supplier"]


@pytest.mark.parametrize(("base", "first"), [(USERS, "Gebruikers"), (GROUPS, "Studentgroepen")])
def test_the_example_file_and_the_check_cost_little(visit, base, first):
    admin = visit("administrator")
    book = openpyxl.load_workbook(io.BytesIO(admin.get(f"{base}voorbeeldbestand.xlsx").data))
    assert book.sheetnames == [first, "Uitleg"]
    assert book[first].column_dimensions["A"].number_format == "@", "leading zeros stay in what is typed"
    assert admin.get(f"{base}voorbeeldbestand.csv").text.count("\n") == 2
    costs = []
    for size in (5, 150):
        if base == USERS:
            rows = [(f"u{size}.{i}@example.nl", "Daan", "Vos", "Beheerder") for i in range(size)]
            header = ("E-mail", "Voornaam", "Achternaam", "Rol")
        else:
            rows, header = [(f"K{size}.{i}", "2026") for i in range(size)], ("Naam", "Cohort")
        check = to_check(admin, lines(*rows, header=header), base=base)
        admin.get(check)
        with counted() as statements:
            admin.get(check)
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 15
