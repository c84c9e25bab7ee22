"""What becomes of a file of students: what is new, changed, unchanged or refused, and what is written."""

from __future__ import annotations

import io
from datetime import date, timedelta

import openpyxl
import pytest
from sqlalchemy import func, select, update

from app.actions.base.runner import run
from app.actions.imports.imports import choose_columns, choose_values, discard_import
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.imports import ImportRun
from app.entities.mail import OutboxMail
from app.entities.students import StudentGroup
from app.entities.trail import AuditEntry
from app.errors import Conflict, NotFound, RuleBroken
from app.imports import write_students
from app.imports.columns import guess
from app.imports.intake import receive
from app.imports.kept import first_values, rows_of
from app.imports.kinds import STUDENTS
from app.imports.reader import FileRefused
from app.imports.workbook import example_csv, example_xlsx, refused_xlsx
from app.imports.write_students import import_students
from app.queries.groups.groups import groups_of
from app.queries.imports.imports import last_choices
from app.rules.people import name_key
from app.rules.student_fields import Gender
from tests.factories import make_elective, make_group, make_programme, make_student, make_user, refresh
from tests.imports.hostile import workbook
from tests.support import clock
from tests.support.importing import Wizard, lines
from tests.support.queries import counted

FLEUR = ("0012", "Fleur", "van der", "Berg")


def test_the_csv_of_a_dutch_excel_comes_in_with_accents_zeros_and_infix(wizard, students):
    wizard.bring_in(lines(("007", "Zoë", "van 't", "Hoekstra-Çelik"), encoding="cp1252"))
    (student,) = students()
    assert (student.number, student.full_name) == ("007", "Zoë van 't Hoekstra-Çelik")
    assert "zoe van 't hoekstra-celik 007" in student.search


def test_utf8_with_a_mark_comes_in_the_same(wizard, students):
    wizard.bring_in(lines(("007", "Łukasz", "", "Wójcik"), encoding="utf-8-sig"))
    assert students()[0].full_name == "Łukasz Wójcik"


def test_step_2_shows_what_is_in_a_column_each_value_once(wizard):
    rows = [(str(n), "Bo", "", "Vos" if n < 8 else "Bos") for n in range(9)]
    run = wizard.own_run(wizard.take(lines(*rows)))
    assert first_values(run) == [["0", "1", "2", "3", "4"], ["Bo"], [], ["Vos", "Bos"]]


def test_a_workbook_gives_dates_as_dates_serials_and_text(wizard, students):
    content = workbook(
        ["Studentnummer", "Voornaam", "Achternaam", "Geboortedatum"],
        ["01", "Daan", "Vos", date(2008, 3, 14)],
        ["02", "Noor", "Vos", 39521],
        ["03", "Sem", "Vos", "14-3-08"],
        [204, "Lot", "Vos", "2008-03-14"],
    )
    assert wizard.bring_in(content, "studenten.xlsx").done == 4
    assert {student.birth_date for student in students()} == {date(2008, 3, 14)}
    assert [student.number for student in students()] == ["01", "02", "03", "204"]


def test_the_same_file_a_second_time_changes_nothing(wizard, students):
    make_programme(crebo="25656")
    make_user("school_supervisor", username="begeleider")
    header = ("Studentnummer", "Voornaam", "Achternaam", "Geslacht", "Crebo", "Klas", "Praktijkbegeleider")
    content = lines(("1", "Daan", "Vos", "M", "25656", "V3A", "begeleider"), header=header)
    assert wizard.bring_in(content).done == 1
    version, entries = students()[0].version, db.session.scalar(select(func.count(AuditEntry.id)))
    again = wizard.bring_in(content)
    assert (again.done, again.unchanged, again.refused) == (0, 1, [])
    assert students()[0].version == version
    # start, columns, values: the import itself left no entry, for nothing was done
    assert db.session.scalar(select(func.count(AuditEntry.id))) == entries + 3


def test_everything_in_a_row_is_coupled(wizard, students):
    programme = make_programme(crebo="25656", name="Verzorgende-IG")
    group = make_group(name="V3A")
    roles = ("school_supervisor", "company_supervisor", "school_examiner", "company_examiner")
    users = [make_user(role) for role in roles]
    header = (
        "Studentnummer",
        "Voornaam",
        "Achternaam",
        "Opleiding",
        "Klas",
        "Praktijkbegeleider",
        "Praktijkopleider",
        "Examinator school",
        "Examinator bedrijf",
    )
    row = ("1", "Daan", "Vos", "verzorgende-ig", "v3a", *(user.email.upper() for user in users))
    wanted = {(user.id, role) for user, role in zip(users, roles, strict=True)}
    programme_id, group_id = programme.id, group.id
    wizard.bring_in(lines(row, header=header))
    (student,) = students()
    assert [one.programme_id for one in student.enrolments] == [programme_id]
    assert [one.id for one in groups_of([student.id])] == [group_id]
    assert {(one.user_id, one.role) for one in student.supervisions} == wanted


def test_a_group_that_a_rule_fills_takes_only_who_is_in_it_already(wizard, students):
    programme = make_programme()
    make_student(programme, number="1", first_name="A", last_name="Vos")
    make_group(rule=[programme], name="Regel")
    header = ("Studentnummer", "Voornaam", "Achternaam", "Klas")
    pk = wizard.take(lines(("1", "A", "Vos", "regel"), ("2", "B", "Vos", "Regel"), header=header))
    inside, outside = wizard.check(pk).rows
    assert (inside.state, outside.state) == ("unchanged", "refused")
    assert "volgen uit een regel" in outside.problems[0].sentence


def test_a_new_group_is_made_once_and_named(wizard, students):
    header = ("Studentnummer", "Voornaam", "Achternaam", "Klas")
    pk = wizard.take(lines(("1", "A", "Vos", "V3A"), ("2", "B", "Vos", "V3A"), header=header))
    assert wizard.check(pk).new_groups == ["V3A"]
    wizard.write(pk)
    assert db.session.scalars(select(StudentGroup.name)).all() == ["V3A"]
    assert [len(groups_of([one.id])) for one in students()] == [1, 1]
    assert wizard.own_run(pk).counts["groups"] == ["V3A"]


@pytest.mark.parametrize("sign", ["-", "–", "n.v.t.", "NVT"])
def test_a_sign_that_stands_for_nothing_is_no_name_date_address_or_group(wizard, students, sign):
    header = (
        "Studentnummer",
        "Voornaam",
        "Tussenvoegsel",
        "Achternaam",
        "Geb.datum",
        "E-mail",
        "Klas",
        "Opleiding",
        "Praktijkopleider",
    )
    pk = wizard.take(lines(("1", "Piet", sign, "Berg", *[sign] * 5), header=header))
    assert wizard.check(pk).new_groups == []
    wizard.write(pk)
    (student,) = students()
    assert (student.full_name, student.email, student.birth_date) == ("Piet Berg", "", None)
    assert groups_of([student.id]) == student.enrolments == student.supervisions == []


def test_a_surname_of_a_sign_alone_is_missing_and_one_that_is_a_word_is_kept(wizard):
    rows = [("1", "Piet", "", "-"), ("2", "Piet", "", "Geen"), ("3", "Piet", "", "Onbekend")]
    assert [row.state for row in wizard.check(wizard.take(lines(*rows))).rows] == ["refused", "new", "new"]


def test_an_empty_cell_wipes_nothing_and_a_filled_one_changes(wizard, students):
    make_student(
        number="0012",
        first_name="Fleur",
        infix="van der",
        last_name="Berg",
        email="f@example.nl",
        gender=Gender.FEMALE,
    )
    header = ("Studentnummer", "Voornaam", "Tussenvoegsel", "Achternaam", "E-mail")
    pk = wizard.take(lines(("0012", "Fleurtje", "", "", ""), header=header))
    (row,) = wizard.check(pk).rows
    assert (row.state, row.label) == ("changed", "Berg, Fleurtje van der (0012)")
    assert [(one.label, one.old, one.new) for one in row.changes] == [("Voornaam", "Fleur", "Fleurtje")]
    wizard.write(pk)
    (student,) = students()
    assert (student.full_name, student.email) == ("Fleurtje van der Berg", "f@example.nl")
    assert student.search.startswith("fleurtje van der berg")
    assert student.name_key == name_key("Fleurtje", "van der", "Berg")
    assert student.gender is Gender.FEMALE


def test_nobody_is_removed_and_no_coupling_either(wizard, students):
    elective = make_elective()
    make_student(elective, number="99", first_name="Blijft")
    make_student(elective, number="0012")
    wizard.bring_in(lines(FLEUR))
    assert [student.number for student in students()] == ["0012", "99"]
    assert all(len(student.enrolments) == 1 for student in students())


def test_every_error_of_a_row_is_told_at_once(wizard):
    make_user("company_examiner", username="bedrijf")
    header = (
        "Studentnummer",
        "Voornaam",
        "Achternaam",
        "Geb. datum",
        "E-mail",
        "Crebo",
        "Praktijkopleider",
        "Klas",
    )
    row = ("1", "", "Vos", "31-2-2008", "jan@", "99999", "bedrijf", "k" * 81)
    (checked,) = wizard.check(wizard.take(lines(row, header=header))).rows
    assert checked.number == 2
    assert {problem.column: problem.value for problem in checked.problems} == {
        "Voornaam": "",
        "Geb. datum": "31-2-2008",
        "E-mail": "jan@",
        "Crebo": "99999",
        "Praktijkopleider": "bedrijf",
        "Klas": "k" * 81,
    }
    assert "heeft niet de rol Praktijkopleider" in " ".join(one.sentence for one in checked.problems)


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("Studentnummer", "1 2#", "alleen cijfers, letters"),
        ("Studentnummer", "", "Deze cel is leeg. Vul Studentnummer in."),
        ("Achternaam", "", "Deze cel is leeg. Vul Achternaam in."),
        ("Geboortedatum", "morgen", "is geen datum"),
        ("Geboortedatum", "1-1-2030", "in de toekomst"),
        ("E-mail", "zonder-apenstaart", "is geen e-mailadres"),
        ("Geslacht", "q", "is geen bekende waarde voor geslacht. Kies in stap 3 wat het betekent."),
        ("Opleiding", "Toverkunst", "staat niet bij uw opleidingen"),
        ("Praktijkbegeleider", "niemand@example.nl", "Er is geen gebruiker “niemand@example.nl”"),
    ],
)
def test_a_wrong_value_gets_a_sentence(wizard, column, value, sentence):
    good = {"Studentnummer": "1", "Voornaam": "Daan", "Achternaam": "Vos", column: value}
    (row,) = wizard.check(wizard.take(lines(tuple(good.values()), header=tuple(good)))).rows
    assert row.state == "refused"
    assert sentence in row.problems[0].remark


def test_a_number_twice_in_the_file_is_refused_on_both_rows(wizard, students):
    pk = wizard.take(lines(("1", "A", "", "Vos"), ("2", "B", "", "Vos"), ("1", "C", "", "Vos")))
    checked = wizard.check(pk)
    assert [row.state for row in checked.rows] == ["refused", "new", "refused"]
    assert "ook op rij 4" in checked.rows[0].problems[0].sentence
    wizard.write(pk)
    assert [student.number for student in students()] == ["2"]


ENROLLED = ("Studentnummer", "Voornaam", "Achternaam", "E-mail", "Opleiding", "Klas")


def test_a_row_per_programme_makes_one_student_with_all_of_them(wizard, students):
    """As systems export enrolments: whoever follows two programmes stands there twice."""
    programmes = {make_programme(crebo="25656").id, make_programme(crebo="25655").id}
    content = lines(
        ("1", "Daan", "Vos", "d@x.nl", "25656", "V3A"),
        ("2", "Noor", "Bos", "n@x.nl", "25656", "V3A"),
        ("1", "Daan", "Vos", "d@x.nl", "25655", "V3A"),
        ("3", "Sem", "Vos", "s@x.nl", "25656", ""),
        ("3", "Sem", "Vos", "geen adres", "25655", ""),
        header=ENROLLED,
    )
    pk = wizard.take(content, codes="make")
    checked = wizard.check(pk)
    assert [(row.state, row.joins) for row in checked.rows][:3] == [("new", 0), ("new", 0), ("unchanged", 2)]
    assert [row.state for row in checked.rows][3:] == ["refused", "refused"], "together or not at all"
    assert checked.counts == {"rows": 5, "new": 2, "changed": 0, "unchanged": 1, "refused": 2}
    wizard.write(pk)
    daan = students()[0]
    assert {one.programme_id for one in daan.enrolments} == programmes
    assert [one.name for one in groups_of([daan.id])] == ["V3A"]
    again = wizard.bring_in(content, codes="make")
    assert (again.done, again.unchanged, len(again.refused)) == (0, 3, 2)


def test_rows_of_one_student_are_refused_together_when_another_has_the_address(wizard):
    rows = [
        ("1", "Daan", "Vos", "d@x.nl", "", "A"),
        ("1", "Daan", "Vos", "", "", "B"),
        ("2", "Noor", "Bos", "d@x.nl", "", "A"),
    ]
    checked = wizard.check(wizard.take(lines(*rows, header=ENROLLED), codes="make"))
    assert [row.state for row in checked.rows] == ["refused", "refused", "refused"]


def test_a_student_who_is_there_gets_what_all_his_rows_bring(wizard, students):
    programmes = [make_programme(crebo=crebo) for crebo in ("25656", "25655", "25478")]
    wanted = {one.id for one in programmes}
    make_student(programmes[0], number="1", first_name="Daan", last_name="Vos")
    rows = [("1", "Daan", "Vos", crebo) for crebo in ("25656", "25655", "25478")]
    pk = wizard.take(lines(*rows, header=("Studentnummer", "Voornaam", "Achternaam", "Opleiding")))
    assert [row.state for row in wizard.check(pk).rows] == ["changed", "unchanged", "unchanged"]
    wizard.write(pk)
    assert {one.programme_id for one in students()[0].enrolments} == wanted


def test_one_number_on_hundreds_of_rows_is_told_in_a_sentence_of_readable_length(wizard):
    """Twenty thousand rows that each named all the others took a minute and a half."""
    pk = wizard.take(lines(*(("1", f"A{row}", "", "Vos") for row in range(300))))
    told = [row.problems[0].sentence for row in wizard.check(pk).rows]
    assert "ook op rij 3, 4, 5, 6, 7 en meer. Laat" in told[0]
    assert max(map(len, told)) < 220


def test_a_number_that_lost_its_zeros_in_excel_makes_no_second_student(wizard, students):
    make_student(number="0203118", first_name="Fleur", last_name="Berg")
    rows = [[203118, "Fleur", "Berg"], ["203119", "Daan", "Vos"], ["0203118", "Fleur", "Berg"]]
    pk = wizard.take(workbook(["Studentnummer", "Voornaam", "Achternaam"], *rows), "studenten.xlsx")
    checked = wizard.check(pk).rows
    assert [row.state for row in checked] == ["unchanged", "new", "unchanged"]
    (note,) = checked[0].notes
    assert note.value == "203118"
    assert "is 0203118 in Proeve: dezelfde student" in note.sentence
    wizard.write(pk)
    assert [student.number for student in students()] == ["0203118", "203119"]


def test_the_counts_add_up_to_the_rows(wizard):
    make_student(number="1", first_name="A", infix="", last_name="Vos")
    make_student(number="2", first_name="X", infix="", last_name="Vos")
    rows = [("1", "A", "", "Vos"), ("2", "B", "", "Vos"), ("3", "C", "", "Vos"), ("4", "", "", "Vos")]
    counts = wizard.check(wizard.take(lines(*rows))).counts
    assert counts == {"rows": 4, "new": 1, "changed": 1, "unchanged": 1, "refused": 1}


def test_good_rows_are_written_and_refused_ones_are_kept_for_the_report(wizard, students):
    pk = wizard.take(lines(FLEUR, ("13", "", "", "Jansen")))
    outcome = wizard.write(pk)
    assert [student.number for student in students()] == ["0012"]
    assert outcome.done == 1
    assert "Rij 3" in outcome.refused[0].label
    kept = wizard.own_run(pk)
    assert kept.counts["new"] == kept.counts["refused"] == 1
    assert [number for number, _values in rows_of(kept)] == [3]


def test_a_crash_in_the_middle_leaves_nothing(wizard, students, monkeypatch):
    pk = wizard.take(lines(FLEUR))

    def crash(*_args: object, **_more: object) -> None:
        raise RuntimeError("out of power")

    monkeypatch.setattr(write_students, "finish", crash)
    with pytest.raises(RuntimeError):
        wizard.write(pk)
    refresh()
    assert students() == []
    assert wizard.own_run(pk).stage == "check"


def test_it_is_checked_again_at_the_moment_of_writing(wizard, students):
    pk = wizard.take(lines(FLEUR))
    assert wizard.check(pk).counts["new"] == 1
    make_student(number="0012", first_name="Fleur", infix="van der", last_name="Berg")
    assert wizard.write(pk).unchanged == 1
    assert len(students()) == 1


def test_other_choices_in_between_are_a_conflict(wizard):
    pk = wizard.take(lines(FLEUR))
    seen = wizard.own_run(pk).version
    other = {"number": [0], "first_name": [1], "last_name": [3]}
    run(choose_columns, wizard.actor, [pk], version=seen, mapping=other)
    with pytest.raises(Conflict):
        run(import_students, wizard.actor, [pk], version=seen)


def test_no_step_is_skipped(wizard, students):
    """By who sends the form of a later step at once, or goes on with it after going back."""
    pk = receive(wizard.actor, STUDENTS, lines(FLEUR), "studenten.csv")
    mapping = wizard.own_run(pk).mapping

    def step(action, **data):
        return run(action, wizard.actor, [pk], version=wizard.own_run(pk).version, **data)

    for action, data in ((choose_values, {"values": {}}), (import_students, {})):
        with pytest.raises(RuleBroken, match="stap 2"):
            step(action, **data)
    step(choose_columns, mapping=mapping)
    with pytest.raises(RuleBroken, match="stap 2 en 3"):
        step(import_students)
    step(choose_values, values={})
    step(choose_columns, mapping=mapping)
    with pytest.raises(RuleBroken, match="stap 2 en 3"):
        step(import_students)
    assert students() == []
    step(choose_values, values={})
    assert step(import_students).done == 1


def test_a_run_is_carried_out_once(wizard, students):
    pk = wizard.take(lines(FLEUR))
    wizard.write(pk)
    with pytest.raises(RuleBroken, match="al uitgevoerd"):
        wizard.write(pk)
    assert len(students()) == 1


def test_a_run_is_its_makers_alone(wizard, another_wizard):
    pk = wizard.take(lines(FLEUR))
    with pytest.raises(NotFound):
        another_wizard.own_run(pk)
    for action, data in (
        (import_students, {"version": 3}),
        (choose_columns, {"version": 3, "mapping": {}}),
        (discard_import, {"version": 3}),
    ):
        with pytest.raises(NotFound):
            run(action, another_wizard.actor, [pk], **data)


def test_after_seven_days_a_run_is_gone_and_its_file_swept(wizard):
    waiting, done = wizard.take(lines(FLEUR)), wizard.take(lines(FLEUR))
    wizard.write(done)
    with transaction():
        db.session.execute(update(ImportRun).values(created_at=clock.now() - timedelta(days=8)))
    with pytest.raises(NotFound):
        wizard.own_run(waiting)
    wizard.take(lines(FLEUR))
    refresh()
    assert db.session.get(ImportRun, waiting) is None
    assert db.session.get(ImportRun, done).table == {"header": [], "count": 0}
    assert not list(rows_of(db.session.get(ImportRun, done)))
    assert db.session.get(ImportRun, done).counts["new"] == 1


def test_what_was_chosen_last_time_is_proposed_again_for_the_same_header(wizard):
    programme = make_programme(crebo="25656")
    chosen = str(programme.id)
    header = ("Nr", "Roepnaam", "Naam", "Richting")
    mapping = {"number": [0], "first_name": [1], "last_name": [2], "programme": [3]}
    content = lines(("1", "Daan", "Vos", "VIG-3"), header=header)
    wizard.bring_in(content, mapping=mapping, values={"programme": {"VIG-3": chosen}})
    later = wizard.own_run(wizard.take(content))
    assert later.mapping == mapping
    assert last_choices("students", later.header_key)[1] == {"programme": {"VIG-3": chosen}}
    assert later.values == {"programme": {"VIG-3": chosen}}


def test_what_was_chosen_last_time_counts_for_the_file_with_a_column_more_or_in_another_order(wizard):
    """As our own file of refused rows is, and an export to which somebody added a column."""
    chosen = str(make_programme(crebo="25656").id)
    header = ("Kenmerk", "Roepnaam", "Naam", "Richting")
    mapping = {"number": [0], "first_name": [1], "last_name": [2], "programme": [3]}
    content = lines(("1", "Daan", "Vos", "VIG-3"), header=header)
    wizard.bring_in(content, mapping=mapping, values={"programme": {"VIG-3": chosen}})
    wider = lines(
        ("kort", "M", "VIG-3", "1", "Daan", "Vos"),
        header=("Opmerking", "Geslacht", "Richting", "Kenmerk", "Roepnaam", "Naam"),
    )
    later = wizard.own_run(wizard.take(wider))
    assert later.mapping == {
        "number": [3],
        "first_name": [4],
        "last_name": [5],
        "programme": [2],
        "gender": [1],
    }
    assert later.values == {"programme": {"VIG-3": chosen}, "gender": {"M": "male"}}
    other = wizard.own_run(wizard.take(lines(("1", "D", "V"), header=("Stamnr", "Roepnaam", "Naam"))))
    assert other.mapping == {"number": [0], "first_name": [1], "last_name": [2]}, "a file of its own"


def test_a_value_can_be_left_empty(wizard, students):
    header = ("Studentnummer", "Voornaam", "Achternaam", "Opleiding", "Geslacht")
    content = lines(("1", "Daan", "Vos", "Toverkunst", "q"), header=header)
    wizard.bring_in(content, values={"programme": {"Toverkunst": "-"}, "gender": {"q": "-"}})
    (student,) = students()
    assert student.enrolments == []
    assert student.gender is Gender.UNKNOWN


@pytest.mark.parametrize(
    ("text", "cohort"),
    [("25656", 2026), ("verzorgende-ig", 2026), ("25656 - Verzorgende-IG", 2026), ("Verzorgende IGG", 2026)],
)
def test_of_two_cohorts_step_three_asks_and_proposes_the_newest(wizard, students, text, cohort):
    for year in (2025, 2026):
        make_programme(crebo="25656", name="Verzorgende-IG", cohort=year)
    header = ("Studentnummer", "Voornaam", "Achternaam", "Opleiding")
    content = lines(("1", "Daan", "Vos", text), header=header)
    assert wizard.check(wizard.take(content, values={})).counts["refused"] == 1
    wizard.bring_in(content)
    assert students()[0].enrolments[0].programme.cohort == cohort


# -- login codes


@pytest.mark.parametrize(("codes", "accounts", "mails"), [("none", 0, 0), ("make", 2, 0), ("mail", 2, 2)])
def test_new_students_get_the_login_code_that_was_chosen(wizard, students, codes, accounts, mails):
    header = ("Studentnummer", "Voornaam", "Achternaam", "E-mail")
    content = lines(("1", "A", "Vos", "a@example.nl"), ("2", "B", "Vos", "b@example.nl"), header=header)
    wizard.bring_in(content, codes=codes)
    assert sum(student.user is not None for student in students()) == accounts
    assert db.session.scalar(select(func.count(OutboxMail.id))) == mails
    if accounts:
        assert {role.name for student in students() for role in student.user.roles} == {"student"}


def test_without_a_usable_address_there_is_no_account_and_the_row_says_so(wizard):
    make_user("administrator", email="bezet@example.nl")
    header = ("Studentnummer", "Voornaam", "Achternaam", "E-mail")
    rows = [
        ("1", "A", "Vos", ""),
        ("2", "B", "Vos", "Bezet@example.nl"),
        ("3", "C", "Vos", "x@example.nl"),
        ("4", "D", "Vos", "x@example.nl"),
    ]
    checked = wizard.check(wizard.take(lines(*rows, header=header), codes="mail")).rows
    sentences = [row.problems[0].sentence for row in checked]
    assert "is een e-mailadres nodig" in sentences[0]
    assert "al van een andere gebruiker" in sentences[1]
    assert "staat ook op rij 5" in sentences[2]
    assert "staat ook op rij 4" in sentences[3]


def test_a_student_with_an_account_keeps_one_name_in_both_places(wizard, students):
    user = make_user("student", username="0012", email="oud@example.nl", first_name="Fleur")
    make_student(number="0012", user_id=user.id, email="oud@example.nl")
    header = ("Studentnummer", "Voornaam", "Achternaam", "E-mail")
    wizard.bring_in(lines(("0012", "Fien", "Berg", "nieuw@example.nl"), header=header))
    (student,) = students()
    assert (student.user.first_name, student.user.email) == ("Fien", "nieuw@example.nl")


# -- the file


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 not a table", b"PK\x03\x04 cut off", b"een;kolom\r\n"])
def test_a_file_that_is_no_table_is_a_sentence_and_leaves_nothing(wizard, content):
    with pytest.raises(FileRefused) as refused:
        wizard.take(content)
    assert str(refused.value)
    assert db.session.scalar(select(func.count(ImportRun.id))) == 0


def test_the_example_file_is_understood_by_the_importer_that_made_it(wizard, students):
    make_programme(crebo="25656")
    emails = {column.key: str(column.example) for column in STUDENTS.columns if column.key in ROLES}
    for role, email in emails.items():
        make_user(role, email=email)
    for content, name in (
        (example_xlsx(STUDENTS.columns, "Studenten"), "voorbeeld.xlsx"),
        (example_csv(STUDENTS.columns), "voorbeeld.csv"),
    ):
        pk = wizard.take(content, name)
        assert set(wizard.own_run(pk).mapping) == {one.key for one in STUDENTS.columns if one.in_example}
        assert wizard.check(pk).counts["refused"] == 0
        wizard.write(pk)
    (student,) = students()
    assert (student.number, student.full_name) == ("0203118", "Fleur van der Berg")
    assert len(student.supervisions) == 4


def test_no_cell_of_a_workbook_that_we_make_is_a_formula(wizard):
    content = refused_xlsx(["Naam"], [(2, ["=1+1"]), (3, ["+CMD()"])], {2: ["=fout"]})
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert all(cell.data_type in "sn" for row in sheet.iter_rows() for cell in row)
    assert sheet["C2"].value == "=1+1"


def test_columns_are_guessed_by_name_and_synonym():
    header = [
        "Deelnemernummer",
        "Roepnaam",
        "Voorvoegsel",
        "Familienaam",
        "M/V",
        "Geb.datum",
        "E-mailadres",
        "Huisdier",
    ]
    assert guess(header, STUDENTS.fixed) == {
        "number": [0],
        "first_name": [1],
        "infix": [2],
        "last_name": [3],
        "gender": [4],
        "birth_date": [5],
        "email": [6],
    }


@pytest.mark.parametrize(
    "above",
    [
        [["Klassenlijst VIG3A", None, None, "Schooljaar 2026-2027"], ["Gemaakt door", "M. Jansen"]],
        [["Deelnemer", None, None, "Opleiding"]],
        [["ROC Demostad", "Locatie Noord"], [], ["Afgedrukt", date(2026, 11, 25)], ["Filter", "actief"]],
    ],
)
def test_the_header_is_the_row_that_names_most_columns_and_no_title_of_two_cells(wizard, students, above):
    header = ["Studentnummer", "Voornaam", "Tussenvoegsel", "Achternaam"]
    wizard.bring_in(workbook(*above, header, ["0012", "Fleur", "van der", "Berg"]), "studenten.xlsx")
    assert [student.full_name for student in students()] == ["Fleur van der Berg"]


def test_a_header_without_a_name_that_we_know_is_the_first_likely_row(wizard):
    run = wizard.own_run(receive_of(wizard, lines(("1", "2"), header=("Aap", "Noot"))))
    assert run.table["header"] == ["Aap", "Noot"]


# -- what it costs


def test_check_and_write_cost_as_many_statements_for_200_rows_as_for_20(wizard):
    make_programme(crebo="25656")
    make_user("school_supervisor", username="begeleider")
    costs = []
    for batch, size in enumerate((20, 200)):
        pk = wizard.take(many(batch, size), codes="mail")
        with counted() as checking:
            assert wizard.check(pk).counts["new"] == size
        with counted() as writing:
            assert wizard.write(pk).done == size
        costs.append((len(checking), len(writing)))
    assert costs[0] == costs[1]
    assert costs[0][0] <= 10
    # The run, the students, and the groups they come in.
    locks = 3 if db.engine.dialect.name == "postgresql" else 0
    assert costs[0][1] <= 42 + locks


def test_changing_costs_as_many_statements_for_200_rows_as_for_20(wizard):
    costs = []
    for batch, size in enumerate((20, 200)):
        wizard.bring_in(many(batch, size, name="Vos"))
        pk = wizard.take(many(batch, size, name="Wolf"))
        with counted() as writing:
            assert wizard.write(pk).done == size
        costs.append(len(writing))
    assert costs[0] == costs[1]


ROLES = {"school_supervisor", "company_supervisor", "school_examiner", "company_examiner"}


def many(batch: int, size: int, name: str = "Vos") -> bytes:
    header = ("Studentnummer", "Voornaam", "Achternaam", "E-mail", "Geslacht", "Klas")
    rows = [
        (f"{batch}-{i}", "Daan", name, f"s{batch}.{i}@example.nl", "MV"[i % 2], f"K{batch}{i % 7}")
        for i in range(size)
    ]
    return lines(*rows, header=header)


def receive_of(wizard: Wizard, content: bytes) -> int:
    return receive(wizard.actor, wizard.kind, content, "studenten.csv")
