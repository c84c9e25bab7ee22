"""What becomes of a file of users: who is new, who gets roles and programmes added, and what is refused."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.actions.base.runner import run
from app.actions.imports.imports import start_import
from app.entities.base import db
from app.entities.mail import OutboxMail
from app.entities.sessions import UserSession
from app.entities.trail import AuditEntry
from app.entities.users import LoginCode, User
from app.errors import NotAllowed, NotFound
from app.imports import write_users
from app.imports.columns import guess
from app.imports.kinds import USERS
from app.imports.workbook import example_csv, example_xlsx
from app.imports.write_students import import_students
from app.imports.write_users import import_users
from app.permissions import Role, actor_of
from app.queries.imports.imports import last_choices
from app.rules.tokens import new_token
from tests.factories import make_programme, make_student, make_user, refresh, save
from tests.imports.hostile import workbook
from tests.support.importing import Wizard, lines
from tests.support.queries import counted

HEADER = ("E-mailadres", "Voornaam", "Tussenvoegsel", "Achternaam", "Rollen")
SANNE = ("S.deBakker@example.nl", "Sanne", "de", "Bakker", "Praktijkbegeleider")


def wizard_of(*roles: str) -> Wizard:
    return Wizard(actor_of(make_user(*roles)), USERS, import_users)


@pytest.fixture
def wizard(app) -> Wizard:
    return wizard_of("administrator")


def found(email: str) -> User:
    return db.session.scalars(select(User).where(User.email == email)).one()


def roles_of(email: str) -> set[str]:
    return {role.name for role in found(email).roles}


def sentences(wizard: Wizard, *rows, header=HEADER, **choices) -> list[list[str]]:
    """Per row what is wrong with it."""
    checked = wizard.check(wizard.take(lines(*rows, header=header), **choices))
    return [[problem.remark for problem in row.problems] for row in checked.rows]


def test_a_new_user_gets_everything_that_the_row_says(wizard):
    first, second = make_programme(crebo="25656").id, make_programme(crebo="25655", name="Koken, bakken").id
    header = (*HEADER, "Gebruikersnaam", "Organisatie", "Telefoon", "Opleidingen", "Taal")
    row = (
        *SANNE[:4],
        "praktijkbegeleider; Examinator School",
        "SBakker",
        "Zorg",
        "06-12345678",
        "25656, 25655",
        "Engels",
    )
    # a name that holds a comma is one programme
    other = ("an@example.nl", "An", "", "Vos", "Examencommissie", "", "", "", "Koken, bakken; 25656", "")
    assert wizard.bring_in(lines(row, other, header=header)).done == 2
    assert roles_of("an@example.nl") == {"exam_committee"}
    assert {one.id for one in found("an@example.nl").programmes} == {first, second}
    user = found("s.debakker@example.nl")
    assert (user.full_name, user.username, user.organisation) == ("Sanne de Bakker", "sbakker", "Zorg")
    assert (user.phone, user.language, user.active, user.password) == ("06-12345678", "en", True, None)
    assert roles_of(user.email) == {"school_supervisor", "school_examiner"}
    assert {one.id for one in user.programmes} == {first, second}
    assert found("an@example.nl").username == "an@example.nl"


def test_roles_and_programmes_are_added_and_never_taken(wizard):
    kept, added = make_programme(crebo="25656"), make_programme(crebo="25655")
    ids = {kept.id, added.id}
    user = make_user(
        "school_supervisor",
        "exam_committee",
        email="s.debakker@example.nl",
        first_name="Sanne",
        infix="de",
        last_name="Bakker",
        programmes=[kept],
        phone="1",
    )
    save(UserSession(user_id=user.id, token_hash=new_token()))
    version = user.version
    header = (*HEADER, "Opleidingen", "Telefoon")
    content = lines((*SANNE[:4], "Examinator school; Praktijkbegeleider", "25655", ""), header=header)
    (row,) = wizard.check(wizard.take(content)).rows
    assert [(one.label, one.old) for one in row.changes] == [("Rollen", ""), ("Opleidingen", "")]
    assert row.changes[0].new == "Examinator school"
    wizard.bring_in(content)
    user = found("s.debakker@example.nl")
    assert roles_of(user.email) == {"school_supervisor", "exam_committee", "school_examiner"}
    assert {one.id for one in user.programmes} == ids
    assert (user.phone, user.version) == ("1", version + 1)
    ended = db.session.scalars(select(UserSession).where(UserSession.user_id == user.id)).one()
    assert ended.ended_at is not None, "who may do more signs in again"


def test_the_same_file_a_second_time_changes_nothing(wizard):
    make_programme(crebo="25656")
    header = (*HEADER, "Gebruikersnaam", "Opleiding", "Taal")
    other = ("an@example.nl", "An", "", "Vos", "Examinator school", "", "", "")
    content = lines((*SANNE, "sbakker", "25656", "nl"), other, header=header)
    assert wizard.bring_in(content).done == 2
    entries = db.session.scalar(select(func.count(AuditEntry.id)))
    again = wizard.bring_in(content, codes="mail")
    assert (again.done, again.unchanged, again.refused) == (0, 2, [])
    assert db.session.scalar(select(func.count(AuditEntry.id))) == entries + 3
    assert db.session.scalar(select(func.count(LoginCode.id))) == 0, "who was there already gets no code"


def test_every_error_of_a_row_is_told_at_once_with_column_value_and_what_to_do(wizard):
    make_user("administrator", username="bezet")
    header = (*HEADER, "Gebruikersnaam", "Organisatie", "Opleidingen", "Taal")
    row = (
        "sanne@",
        "",
        "",
        "Bakker",
        "Tovenaar; Student; Leverancier",
        "b ezet",
        "o" * 121,
        "99999;Zwemmen",
        "Fries",
    )
    (checked,) = wizard.check(wizard.take(lines(row, header=header))).rows
    assert [(one.column, one.value) for one in checked.problems] == [
        ("E-mailadres", "sanne@"),
        ("Gebruikersnaam", "b ezet"),
        ("Organisatie", "o" * 121),
        ("Rollen", "Tovenaar"),
        ("Rollen", "Student"),
        ("Rollen", "Leverancier"),
        ("Opleidingen", "99999"),
        ("Opleidingen", "Zwemmen"),
        ("Taal", "Fries"),
        ("Voornaam", ""),
    ]
    told = " ".join(one.sentence for one in checked.problems)
    for sentence in (
        "is geen e-mailadres",
        "heeft geen spaties",
        "Kort het in",
        "“Tovenaar” is geen rol. Kies in stap 3",
        "Een student krijgt een account bij Studenten",
        "De rol Leverancier kunt u niet geven",
        "staat niet bij uw opleidingen",
        "is geen taal",
        "Vul Voornaam in",
    ):
        assert sentence in told


def test_addresses_and_user_names_are_each_somebodys_own(wizard):
    make_user("administrator", username="bezet", email="bezet@example.nl")
    make_user("company_examiner", email="gast@example.nl", guest=True)
    header = (*HEADER[:2], "Achternaam", "Rollen", "Gebruikersnaam")
    told = sentences(
        wizard,
        ("a@example.nl", "A", "Vos", "Beheerder", "bezet"),
        ("b@example.nl", "B", "Vos", "Beheerder", "c@example.nl"),
        ("gast@example.nl", "C", "Vos", "Beheerder", ""),
        ("d@example.nl", "D", "Vos", "Beheerder", ""),
        ("D@example.nl", "Dé", "Vos", "Examinator school", ""),
        ("e@example.nl", "E", "Vos", "Beheerder", "Eva"),
        ("f@example.nl", "F", "Vos", "Beheerder", "eva"),
        ("", "G", "Vos", "", ""),
        header=header,
    )
    assert [len(one) for one in told] == [1, 1, 1, 1, 1, 1, 1, 2]
    for row, sentence in zip(
        told,
        (
            "van een ander. Kies",
            "eigen e-mailadres",
            "van een andere gebruiker",
            "ook op rij 6",
            "ook op rij 5",
            "ook op rij 8",
            "ook op rij 7",
            "Vul E-mailadres in",
        ),
        strict=True,
    ):
        assert sentence in row[0]


def test_a_file_leaves_accounts_of_suppliers_students_and_closed_ones_alone(wizard):
    make_user("supplier", email="s@example.nl", first_name="S", last_name="Vos")
    pupil = make_user("student", email="l@example.nl", first_name="L", last_name="Vos")
    make_student(user_id=pupil.id)
    make_user("exam_committee", email="d@example.nl", first_name="D", last_name="Vos", active=False)
    header = ("E-mailadres", "Voornaam", "Achternaam", "Rollen")
    rows = [(f"{name}@example.nl", name.upper(), "Vos", "Beheerder") for name in "sld"]
    told = sentences(wizard, *rows, header=header)
    for row, sentence in zip(
        told, ("account van een leverancier", "van een student", "niet actief"), strict=True
    ):
        assert sentence in row[0]
    wizard.bring_in(lines(*rows, header=header))
    assert [roles_of(row[0]) for row in rows] == [{"supplier"}, {"student"}, {"exam_committee"}]
    # nothing would change: nothing to refuse
    unchanged = ("d@example.nl", "D", "Vos", "Examencommissie")
    assert wizard.bring_in(lines(unchanged, header=header)).unchanged == 1


def test_only_a_supplier_makes_suppliers_and_nobody_a_student(wizard):
    header = ("E-mailadres", "Voornaam", "Achternaam", "Rollen")
    content = lines(("a@example.nl", "A", "Vos", "Leverancier"), header=header)
    for chosen in ("supplier", "student"):
        pk = wizard.take(content, values={"roles": {"Leverancier": chosen}})
        assert wizard.check(pk).counts["refused"] == 1, "whatever was posted in step 3"
    supplier = wizard_of("supplier")
    assert supplier.bring_in(content).done == 1
    assert roles_of("a@example.nl") == {"supplier"}
    assert offered(supplier) == {"supplier"}
    assert offered(wizard) == {role.value for role in Role} - {"supplier", "student"}


def test_the_first_people_are_brought_in_by_a_supplier(app):
    """Without an administrator there is nobody else to do it (decision 30)."""
    assert offered(wizard_of("supplier")) == {role.value for role in Role} - {"student"}


def offered(wizard: Wizard) -> set[str]:
    return {one.value for one in USERS.by_key["roles"].options(world(wizard))}


def world(wizard: Wizard):
    from app.imports.columns import World

    return World(USERS.choices(wizard.actor))


def test_a_row_per_role_makes_one_user_with_all_of_them(wizard):
    rows = [
        ("p@x.nl", "Piet", "", "Dam", "Praktijkbegeleider"),
        ("P@x.nl", "Piet", "", "Dam", "Examencommissie"),
    ]
    wizard.bring_in(lines(*rows, header=HEADER))
    assert roles_of("p@x.nl") == {"school_supervisor", "exam_committee"}


@pytest.mark.parametrize(
    ("cell", "phone"),
    [
        (612345678, "0612345678"),
        (31612345678, "+31612345678"),
        ("06-12345678", "06-12345678"),
        (1234, "1234"),
    ],
)
def test_a_phone_number_that_excel_took_for_a_number_gets_its_beginning_back(wizard, cell, phone):
    content = workbook(
        ("Voornaam", "Achternaam", "E-mail", "Rol", "Mobiel"),
        ("Sanne", "Bakker", "s@x.nl", "Praktijkbegeleider", cell),
    )
    (row,) = wizard.check(wizard.take(content, "gebruikers.xlsx")).rows
    assert row.values["phone"] == phone


@pytest.mark.parametrize("between", ["/", " / ", "; ", ", ", "+", " & ", " en ", "\n"])
def test_no_role_is_lost_however_several_stand_in_a_cell(wizard, between):
    cell = between.join(("Praktijkbegeleider", "Examinator school"))
    header = ("Voornaam", "Achternaam", "E-mail", "Rol")
    content = workbook(header, ("Sanne", "Bakker", "s@x.nl", cell))
    (row,) = wizard.check(wizard.take(content, "gebruikers.xlsx")).rows
    assert row.values["roles"] == ("school_supervisor", "school_examiner")


def test_step_three_asks_what_is_not_exactly_a_role_and_remembers_the_answer(wizard):
    header = ("E-mail", "Voornaam", "Achternaam", "Functie")
    content = lines(
        ("a@example.nl", "A", "Vos", "BPV-docent; Examinator school"),
        ("b@example.nl", "B", "Vos", "Toezichthouder"),
        header=header,
    )
    pk = wizard.take(content)
    assert wizard.own_run(pk).values == {"roles": {"BPV-docent": "school_supervisor"}}
    pk = wizard.take(content, values={"roles": {"BPV-docent": "school_supervisor", "Toezichthouder": "-"}})
    assert [row.state for row in wizard.check(pk).rows] == ["new", "refused"], "a new user needs a role"
    pk = wizard.take(content, values={"roles": {"BPV-docent": "-", "Toezichthouder": "exam_committee"}})
    wizard.write(pk)
    assert (roles_of("a@example.nl"), roles_of("b@example.nl")) == ({"school_examiner"}, {"exam_committee"})
    key = wizard.own_run(pk).header_key
    assert last_choices("users", key)[1]["roles"]["Toezichthouder"] == "exam_committee"
    assert last_choices("students", key) == ({}, {}), "another kind has choices of its own"


@pytest.mark.parametrize(("codes", "made", "mails"), [("none", 0, 0), ("make", 2, 0), ("mail", 2, 2)])
def test_new_users_get_the_login_code_that_was_chosen(wizard, codes, made, mails):
    make_user("school_supervisor", email="oud@example.nl")
    rows = [(f"{name}@example.nl", name, "", "Vos", "Examinator school") for name in ("a", "b", "oud")]
    wizard.bring_in(lines(*rows, header=HEADER), codes=codes)
    assert db.session.scalar(select(func.count(LoginCode.id))) == made
    assert db.session.scalar(select(func.count(OutboxMail.id))) == mails


def test_a_crash_in_the_middle_leaves_nothing(wizard, monkeypatch):
    pk = wizard.take(lines(SANNE, header=HEADER))

    def crash(*_args: object, **_more: object) -> None:
        raise RuntimeError("out of power")

    monkeypatch.setattr(write_users, "finish", crash)
    with pytest.raises(RuntimeError):
        wizard.write(pk)
    refresh()
    assert db.session.scalars(select(User).where(User.last_name == "Bakker")).all() == []
    assert wizard.own_run(pk).stage == "check"


def test_a_run_of_users_is_its_makers_and_is_written_as_users_only(wizard):
    pk = wizard.take(lines(SANNE, header=HEADER))
    version = wizard.own_run(pk).version
    with pytest.raises(NotFound):
        wizard_of("supplier").own_run(pk)
    with pytest.raises(NotFound):
        run(import_students, wizard.actor, [pk], version=version)
    with pytest.raises(NotFound):
        run(import_users, wizard_of("supplier").actor, [pk], version=version)
    with pytest.raises(NotAllowed):
        run(import_users, wizard_of("school_supervisor").actor, [pk], version=version)
    table = {"header": [], "count": 0}
    values = {
        "file_name": "x",
        "file_hash": "",
        "content": b"",
        "table": table,
        "parts": [],
        "header_key": "",
    }
    for kind in ("students", "groups"):
        with pytest.raises(NotAllowed):
            run(
                start_import, wizard_of("supplier").actor, kind=kind, mapping={}, login_codes="none", **values
            )


def test_the_example_file_is_understood_and_every_column_guessed(wizard):
    make_programme(crebo="25656")
    make_programme(crebo="25655")
    for content, name in (
        (example_xlsx(USERS.columns, "Gebruikers"), "voorbeeld.xlsx"),
        (example_csv(USERS.columns), "voorbeeld.csv"),
    ):
        pk = wizard.take(content, name)
        assert set(wizard.own_run(pk).mapping) == {one.key for one in USERS.columns if one.in_example}
        assert wizard.check(pk).counts["refused"] == 0
        wizard.write(pk)
    user = found("s.debakker@school.example.nl")
    assert roles_of(user.email) == {"school_supervisor", "school_examiner"}
    assert len(user.programmes) == 2
    header = ["Mail", "Roepnaam", "Naam", "Inlognaam", "Bedrijf", "Mobiel", "Functie", "Crebo", "Huisdier"]
    assert guess(header, USERS.columns) == {
        "email": [0],
        "first_name": [1],
        "last_name": [2],
        "username": [3],
        "organisation": [4],
        "phone": [5],
        "roles": [6],
        "programmes": [7],
    }


def test_it_costs_as_many_statements_for_200_users_as_for_20(wizard):
    make_programme(crebo="25656")
    costs = []
    for batch, size in enumerate((20, 200)):
        sizes = []
        for role, codes in (("Praktijkbegeleider", "mail"), ("Examinator school", "none")):
            pk = wizard.take(many(batch, size, role), codes=codes)
            with counted() as checking:
                assert wizard.check(pk).counts["refused"] == 0
            with counted() as writing:
                assert wizard.write(pk).done == size
            sizes += [len(checking), len(writing)]
        costs.append(sizes)
    assert costs[0] == costs[1]
    assert max(costs[0][::2]) <= 10
    assert max(costs[0][1::2]) <= 41


def many(batch: int, size: int, role: str) -> bytes:
    header = (*HEADER, "Opleiding", "Telefoon")
    rows = [(f"u{batch}.{i}@example.nl", "Daan", "", f"Vos{i}", role, "25656", f"06{i}") for i in range(size)]
    return lines(*rows, header=header)


def test_a_text_that_is_no_telephone_number_is_told_at_its_row(wizard):
    header = (*HEADER, "Telefoon")
    good, bad = (*SANNE, "06-12345678"), ("an@example.nl", "An", "", "Vos", "Praktijkbegeleider", "abc")
    told = sentences(wizard, good, bad, header=header)
    assert told == [
        [],
        ["Telefoon: “abc” is geen telefoonnummer. Gebruik cijfers, bijvoorbeeld 06-12345678."],
    ]
