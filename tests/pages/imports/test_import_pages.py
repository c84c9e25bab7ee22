"""Studenten importeren as an administrator meets it: four steps, a report, a sentence where it goes wrong."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from app.entities.base import db
from app.entities.imports import ImportRun
from app.entities.students import Student
from app.imports.kept import rows_of
from app.imports.work import work_all
from app.permissions import actor_of
from app.queries.imports import runs as import_runs
from app.rules.student_fields import Gender
from tests.factories import make_programme, make_student, make_user, refresh
from tests.support.forms import as_shown
from tests.support.importing import Wizard, lines
from tests.support.queries import counted
from tests.support.visitor import TOKEN, Visitor

BASE = "/studenten/importeren/"
HEADER = ("Studentnr", "Roepnaam", "Tussenvoegsel", "Achternaam", "M/V", "Crebo", "Huisdier")
ROWS = (
    ("0012", "Fleur", "van der", "Berg", "vrouw", "25656", "kat"),
    ("0013", "", "", "Jansen", "man", "25656", "hond"),
)
CHOSEN = re.compile(r'<select[^>]*name="([^"]+)".*?</select>', re.S)
SELECTED = re.compile(r'<option selected value="([^"]*)"')


def choose(
    visitor: Any, content: bytes, name: str = "studenten.csv", codes: str = "none", base: str = BASE
) -> Any:
    """Stap 1: the answer to the form with this file."""
    data = {"file": (io.BytesIO(content), name), "login_codes": codes}
    return visitor.post(base, data, content_type="multipart/form-data")


def proposed(page: str) -> dict[str, str]:
    """Every select of a page with what is chosen in it, and the marks of the page."""
    return {**selects(page), **marks(page)}


def marks(page: str) -> dict[str, str]:
    """What a page of the wizard carries to tell that it is of an older tab."""
    names = [name for name in ("version", "shown", "seen") if f'name="{name}"' in page]
    return {name: hidden(page, name) for name in names}


def selects(page: str) -> dict[str, str]:
    found = {}
    for match in CHOSEN.finditer(page):
        chosen = SELECTED.search(match[0])
        found[match[1]] = chosen[1] if chosen else ""
    return found


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


def import_form(page: str) -> dict[str, str]:
    """What the button Importeren of step 4 sends along."""
    return {name: hidden(page, name) for name in ("token", "version", "checked")}


def to_check(visitor: Any, content: bytes, **choices: str) -> str:
    """Steps 1 to 3 with every proposal; the address of step 4."""
    address = choose(visitor, content, **choices).headers["Location"]
    while not address.endswith("/controle"):
        address = visitor.post(address, proposed(visitor.get(address).text)).headers["Location"]
    return str(address)


def test_from_the_button_to_the_report(visit):
    make_programme(crebo="25656", name="Verzorgende-IG", cohort=2025)
    admin = visit("administrator")
    assert f'href="{BASE}"' in admin.get("/studenten/").text
    first = admin.get(BASE).text
    assert "Stap 1 van 4" in first
    assert "Download voorbeeldbestand" in first
    for label in ("Inlogcode mailen", "Inlogcode wel aanmaken, nog niet mailen", "Geen inlogcode"):
        assert label in first

    columns = choose(admin, lines(*ROWS, header=HEADER)).headers["Location"]
    second = admin.get(columns).text
    assert "Stap 2 van 4" in second
    assert "<li>Fleur</li>" in second
    assert "Deze kolommen gaan niet mee: Huisdier." in second

    values = admin.post(columns, proposed(second)).headers["Location"]
    third = admin.get(values).text
    assert "Stap 3 van 4" in third
    assert selects(third) == {"gender_0": "male", "gender_1": "female"}

    check = admin.post(values, proposed(third)).headers["Location"]
    fourth = admin.get(check).text
    assert "Stap 4 van 4" in fourth
    assert "Berg, Fleur van der (0012)" in fourth
    assert "Verzorgende-IG (25656, 2025)" in fourth
    assert "Deze cel is leeg. Vul Voornaam in." in fourth

    form = import_form(fourth)
    report = admin.post(check, form).headers["Location"]
    assert "1 rij is niet geïmporteerd" in admin.get(report).text
    refresh()
    student = db.session.scalars(select(Student)).one()
    assert (student.number, student.gender) == ("0012", Gender.FEMALE)
    # the same form once more (a double click, a reload): the first outcome, not a second run
    assert admin.post(check, form).headers["Location"] == report
    assert "Bekijk verslag" in admin.get(BASE).text


def test_a_refused_row_comes_back_as_a_workbook_with_a_remark(visit):
    admin = visit("administrator")
    check = to_check(admin, lines(("1", "A", "", "Vos"), ("2", "", "", "Smit"), header=HEADER[:4]))
    answer = admin.get(check.replace("controle", "geweigerd.xlsx"))
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == ["Opmerking", "Rij in uw bestand", *HEADER[:4]]
    assert rows[1][1:] == [3, "2", None, None, "Smit"]
    assert rows[1][0] == "Roepnaam: Deze cel is leeg. Vul Voornaam in."


def test_the_refused_rows_can_be_chosen_as_the_next_file(visit):
    admin = visit("administrator")
    check = to_check(admin, lines(("2", "", "", "Smit"), header=HEADER[:4]))
    answer = admin.get(check.replace("controle", "geweigerd.xlsx"))
    columns = choose(admin, answer.data, "geweigerd.xlsx").headers["Location"]
    chosen = {key: value for key, value in selects(admin.get(columns).text).items() if key != "header"}
    assert set(chosen.values()) - {""} == {"number", "first_name", "infix", "last_name"}


def test_without_values_to_choose_step_three_is_passed_with_a_sentence(visit):
    admin = visit("administrator")
    columns = choose(admin, lines(("1", "A", "", "Vos"), header=HEADER[:4])).headers["Location"]
    check = admin.post(columns, proposed(admin.get(columns).text)).headers["Location"]
    assert check.endswith("/controle")
    assert "Stap 3 is overgeslagen" in admin.get(check).text


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "leeg.xlsx", "Dit bestand is leeg."),
        (b"%PDF-1.7", "brief.pdf", "Dit bestand is geen spreadsheet."),
        (b"PK\x03\x04rest", "stuk.xlsx", "Dit bestand is beschadigd of niet volledig."),
        (b"1;2;3\r\n4;5;6\r\n", "cijfers.csv", "Er is geen kopregel gevonden."),
        (b"Naam;Nummer\r\n", "kop.csv", "Onder de kopregel staan geen gegevens."),
    ],
)
def test_a_wrong_file_gets_a_sentence_at_the_field_and_nothing_is_kept(visit, content, name, sentence):
    answer = choose(visit("administrator"), content, name, codes="mail")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert re.search(r'value="mail" checked', answer.text), "the other choice is kept"
    assert db.session.scalar(select(func.count(ImportRun.id))) == 0


def test_too_many_rows_are_told_as_the_reader_writes_numbers(visit):
    answer = choose(visit("administrator"), b"Nummer;Voornaam\n" + b"1;Bo\n" * 100_001)
    assert answer.status_code == 422
    assert "meer dan 100.000 rijen" in answer.text


def test_of_many_new_groups_twenty_are_named_and_the_rest_is_counted(visit):
    rows = [(str(2000 + n), "Bo", "", "Vos", f"Klas {n:02}") for n in range(23)]
    header = ("Studentnummer", "Voornaam", "Tussenvoegsel", "Achternaam", "Klas")
    visitor = visit("administrator")
    address = to_check(visitor, lines(*rows, header=header))
    assert "Klas 18, Klas 19 en nog 3." in visitor.get(address).text
    data = import_form(visitor.get(address).text)
    assert "Klas 18, Klas 19 en nog 3." in visitor.get(visitor.post(address, data).headers["Location"]).text


def test_the_trail_tells_an_import_in_the_readers_words(app):
    boss = make_user("administrator")
    header = ("Studentnummer", "Naam", "Klas", "Crebo", "Praktijkbegeleider")
    Wizard(actor_of(boss)).bring_in(lines(("2000", "Bo Vos", "2A", "", ""), header=header))
    visitor = Visitor(app, boss)
    entries = re.findall(r'href="(/logboek/\d+)"', visitor.get("/logboek/").text)
    told = html.unescape(" ".join(visitor.get(entry).text for entry in entries))
    for words in ("Volledige naam: 2", "Studentgroep: 3", "Opleiding: 4", "Praktijkbegeleider: 5"):
        assert words in told
    for code in ("full_name", "school_supervisor", ">new<", ">refused<", ">unchanged<"):
        assert code not in told


def test_no_file_at_all_is_told_at_the_field(visit):
    answer = visit("administrator").post(BASE, {"login_codes": "none"})
    assert answer.status_code == 422
    assert "Kies een bestand, of plak cellen uit Excel." in answer.text


def test_one_target_for_two_columns_is_told_and_the_rest_kept(visit):
    admin = visit("administrator")
    columns = choose(admin, lines(*ROWS, header=HEADER)).headers["Location"]
    answer = admin.post(columns, {**proposed(admin.get(columns).text), "column_6": "number"})
    assert answer.status_code == 422
    assert "“Studentnummer” is al gekozen voor de kolom “Studentnr”." in answer.text
    assert selects(answer.text)["column_1"] == "first_name"


class TestWholeNames:
    HEADER = ("Studentnr", "Naam", "Overig")
    ROWS = (
        ("1", "Fleur van der Berg", "a@x.nl"),
        ("2", "Maria Garcia Lopez", "b@x.nl"),
        ("3", "D. Vos", "c@x.nl"),
    )

    def test_step_2_shows_how_they_are_split_and_what_was_guessed_by_content(self, visit):
        admin = visit("administrator")
        columns = choose(admin, lines(*self.ROWS, header=self.HEADER)).headers["Location"]
        page = admin.get(columns).text
        chosen = {key: value for key, value in proposed(page).items() if key.startswith("column")}
        assert chosen == {"column_0": "number", "column_1": "full_name", "column_2": "email"}
        assert re.search(r'"Voornaam">Fleur<.*"Tussenvoegsel">van der<.*"Achternaam">Berg<', page, re.S)
        assert "Bij 1 naam is niet zeker" in page
        assert page.count("Geraden uit de inhoud") == 1
        answer = admin.post(columns, chosen | marks(page) | {"names_shown": hidden(page, "names_shown")})
        assert answer.headers["Location"].endswith("/controle")

    def test_who_chooses_them_sees_the_split_before_going_on(self, visit):
        admin = visit("administrator")
        columns = choose(admin, lines(*self.ROWS, header=("Studentnr", "Heet", "Mail"))).headers["Location"]
        chosen = proposed(admin.get(columns).text) | {"column_1": "full_name"}
        answer = admin.post(columns, chosen)
        assert answer.status_code == 200
        assert "Kijk hieronder hoe die worden gesplitst" in answer.text
        assert selects(answer.text)["column_1"] == "full_name"
        shown = {"names_shown": hidden(answer.text, "names_shown")}
        assert admin.post(columns, chosen | shown).status_code == 302


def test_columns_that_go_together_say_so(visit):
    admin = visit("administrator")
    header = ("Studentnr", "Voornaam", "Tweede", "Achternaam", "Volledige naam")
    columns = choose(admin, lines(("1", "A", "B", "C", "D E"), header=header)).headers["Location"]
    chosen = proposed(admin.get(columns).text) | {"column_2": "first_name", "names_shown": "other"}
    answer = admin.post(columns, chosen)
    assert "Samen met Tweede, met een spatie ertussen. Gaat voor op Volledige naam." in answer.text


def test_a_required_column_that_nobody_chose_is_named(visit):
    admin = visit("administrator")
    columns = choose(admin, lines(*ROWS, header=HEADER)).headers["Location"]
    answer = admin.post(columns, {**proposed(admin.get(columns).text), "column_0": "", "column_3": ""})
    assert answer.status_code == 422
    assert "Kies nog welke kolom dit is: Studentnummer, Achternaam." in answer.text


def test_a_second_row_of_one_student_says_with_which_row_it_goes(visit):
    make_programme(crebo="25656")
    rows = [("1", "A", "", "Vos", "m", "25656", ""), ("1", "A", "", "Vos", "m", "", "kat")]
    admin = visit("administrator")
    page = admin.get(to_check(admin, lines(*rows, header=HEADER))).text
    assert "Hoort bij rij 2, die alles van deze rij meeneemt." in page
    assert "1 student wordt geschreven" in page


def test_other_choices_in_another_tab_lead_back_to_the_check_with_a_sentence(visit):
    admin = visit("administrator")
    check = to_check(admin, lines(("1", "A", "", "Vos"), header=HEADER[:4]))
    page = admin.get(check).text
    form = import_form(page)
    columns = check.replace("controle", "kolommen")
    admin.post(columns, proposed(admin.get(columns).text))
    answer = admin.post(check, form)
    assert answer.headers["Location"].startswith(check.replace("/controle", ""))
    told = admin.get(check).text
    assert "Intussen is er iets gewijzigd, misschien in een ander tabblad" in told
    assert "Importeren</button>" in told


@pytest.mark.parametrize("page", ["kolommen", "waarden"])
def test_the_back_button_after_an_import_leads_to_its_report(visit, page):
    admin = visit("administrator")
    check = to_check(admin, lines(("1", "A", "", "Vos"), header=HEADER[:4]))
    fourth = admin.get(check).text
    report = admin.post(
        check,
        import_form(fourth),
    )
    address = check.replace("controle", page)
    for answer in (admin.get(address), admin.post(address, {"column_0": "number"})):
        assert answer.headers["Location"] == report.headers["Location"]
    assert "Deze import is al uitgevoerd" in admin.get(report.headers["Location"]).text


def test_another_administrator_does_not_find_the_run(visit):
    admin, other = visit("administrator"), visit("administrator")
    check = to_check(admin, lines(("1", "A", "", "Vos"), header=HEADER[:4]))
    for page in ("controle", "kolommen", "waarden", "verslag", "geweigerd.xlsx", ""):
        assert other.get(check.replace("/controle", f"/{page}").rstrip("/")).status_code == 404
    for page in ("controle", "kolommen", "waarden", "weggooien"):
        assert other.post(check.replace("controle", page), {"version": "1"}).status_code == 404
    assert "studenten.csv" not in other.get(BASE).text
    assert "Verder gaan" in admin.get(BASE).text


@pytest.mark.parametrize(
    "role", ["school_supervisor", "company_supervisor", "school_examiner", "exam_committee", "student"]
)
def test_only_an_administrator_imports(visit, role):
    visitor = visit(role)
    assert visitor.get(BASE).status_code == visitor.get(f"{BASE}voorbeeldbestand.xlsx").status_code == 403
    assert choose(visitor, lines(("1", "A", "", "Vos"))).status_code == 403


def test_an_import_can_be_left_taken_up_again_and_thrown_away(visit):
    admin = visit("administrator")
    columns = choose(admin, lines(("1", "A", "", "Vos"), header=HEADER[:4])).headers["Location"]
    resume = columns.replace("/kolommen", "")
    assert admin.get(resume).headers["Location"] == columns
    assert admin.get(columns.replace("kolommen", "controle")).headers["Location"] == columns
    assert admin.post(f"{resume}/weggooien", marks(admin.get(columns).text)).headers["Location"] == BASE
    assert admin.get(columns).status_code == 404


def test_the_check_can_be_filtered_and_leafed_through(visit):
    admin = visit("administrator")
    rows = [(f"{i:03}", "" if i % 10 == 0 else "Daan", "", "Vos") for i in range(60)]
    check = to_check(admin, lines(*rows, header=HEADER[:4]))
    assert "Pagina 1 van 3" in admin.get(check).text
    refused = admin.get(f"{check}?toon=refused").text
    assert refused.count("Deze cel is leeg") == 7, "six rows, and once the reason of all"
    assert "Vos, Daan" not in refused


def test_what_stands_in_a_file_is_shown_as_text_and_never_run(visit):
    admin = visit("administrator")
    evil = "<script>alert(1)</script>"
    columns = choose(
        admin, lines((evil, evil, "", evil), header=("Studentnummer", "Voornaam", evil, "Achternaam"))
    )
    for page in (
        columns.headers["Location"],
        to_check(admin, lines((evil, evil, "", evil), header=HEADER[:4])),
    ):
        text = admin.get(page).text
        assert evil not in text
        assert "&lt;script&gt;" in text


def test_the_check_costs_few_queries_whatever_the_number_of_rows(visit):
    admin = visit("administrator")
    make_user("administrator")
    costs = []
    for size in (5, 150):
        rows = [(f"{size}-{i}", "Daan", "", "Vos") for i in range(size)]
        check = to_check(admin, lines(*rows, header=HEADER[:4]))
        admin.get(check)
        with counted() as statements:
            admin.get(check)
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 15


def test_the_check_shows_the_mail_that_new_students_get_and_sends_a_sample(visit):
    visitor = visit("administrator")
    header = ("Studentnr", "Roepnaam", "Achternaam", "E-mailadres")
    rows = [("0012", "Fleur", "Berg", "fleur@example.nl"), ("0013", "An", "Jansen", "")]
    address = to_check(visitor, lines(*rows, header=header), codes="mail")
    page = visitor.get(address).text
    assert "De mail met de inlogcode" in page
    assert "1 mail<" in page
    assert "XXXX-XXXX-XXXX-XXXX" in page
    sample = re.search(r'action="(/studenten/do/send_student_sample[^"]*)"', page)
    assert sample
    answer = visitor.post(html.unescape(sample[1]), {"role": "student", "language": "nl"})
    assert answer.headers["Location"] == address


def test_what_new_students_get_can_be_chosen_otherwise_in_step_four(visit):
    visitor = visit("administrator")
    header = ("Studentnr", "Roepnaam", "Achternaam", "E-mailadres")
    check = to_check(visitor, lines(("0012", "Fleur", "Berg", ""), header=header), codes="mail")
    page = visitor.get(check).text
    assert (
        "Voor een inlogcode is een e-mailadres nodig. Vul het in, of kies in stap 4 geen inlogcode." in page
    )
    assert selects(page)["login_codes"] == "mail"
    assert 'type="submit">Importeren' not in page
    answer = visitor.post(
        check.replace("/controle", "/inlogcodes"),
        {"login_codes": "none", "seen": hidden(page, "seen")},
        follow_redirects=True,
    )
    assert "Inlogcodes: Geen inlogcode. Elke rij is opnieuw gecontroleerd." in answer.text
    assert selects(answer.text)["login_codes"] == "none"
    assert 'type="submit">Importeren' in answer.text
    answer = visitor.post(
        check.replace("/controle", "/inlogcodes"),
        {"login_codes": "zwart", "seen": hidden(answer.text, "seen")},
        follow_redirects=True,
    )
    assert "Kies wat er met inlogcodes gebeurt." in answer.text
    assert selects(answer.text)["login_codes"] == "none"


def test_a_refused_row_is_put_right_on_its_own_page_with_what_was_typed_kept(visit):
    visitor = visit("administrator")
    check = to_check(visitor, lines(("0012", "", "", "Jansen"), ("0013", "Noor", "", "Smit")))
    row = check.replace("/controle", "/rij/2")
    assert row in visitor.get(check).text
    page = visitor.get(row).text
    assert "Deze cel is leeg. Vul Voornaam in." in page
    typed = {"cell_0": "geen nummer!", "cell_1": "Anna", "cell_2": "", "cell_3": "Jansen"}
    answer = visitor.post(row, {**marks(page), **typed})
    assert answer.headers["Location"] == row
    page = visitor.get(row).text
    assert "wordt nog geweigerd" in page
    assert 'value="geen nummer!"' in page
    answer = visitor.post(row, {**marks(page), **typed, "cell_0": "0012"})
    assert "Rij 2 is verbeterd." in visitor.get(answer.headers["Location"]).text
    assert visitor.get(check.replace("/controle", "/rij/99")).status_code == 404


def test_a_large_file_waits_for_the_worker_and_the_page_says_how_far_it_is(visit, monkeypatch):
    monkeypatch.setattr(import_runs, "LARGE", 1)
    visitor = visit("administrator")
    check = to_check(visitor, lines(("0012", "Anna", "", "Jansen"), ("0013", "Noor", "", "Smit")))
    page = visitor.get(check).text
    assert "studenten.csv wordt gecontroleerd" in page
    progress = check.replace("/controle", "/voortgang")
    assert visitor.get(progress).json["ready"] is False
    work_all()
    assert visitor.get(progress).json["ready"] is True
    page = visitor.get(check).text
    assert "2 studenten worden geschreven" in page
    form = import_form(page)
    assert visitor.post(check, form).headers["Location"] == check
    assert "studenten.csv wordt geïmporteerd" in visitor.get(check).text
    assert visitor.post(check.replace("/controle", "/weggooien"), marks(page)).headers["Location"] == check
    work_all()
    report = visitor.get(check).headers["Location"]
    assert report.endswith("/verslag")
    assert "studenten.csv is geïmporteerd" in visitor.get(report).text


class TestHowTheFileIsRead:
    def test_cells_that_were_pasted_are_a_file(self, visit):
        visitor = visit("administrator")
        cells = "Studentnummer\tVoornaam\tAchternaam\n007\tZoë\tVos\n"
        answer = visitor.post(BASE, {"pasted": cells, "login_codes": "none"})
        page = visitor.get(answer.headers["Location"]).text
        assert selects(page)["column_1"] == "first_name"
        refresh()
        assert list(rows_of(db.session.scalars(select(ImportRun)).one())) == [(2, ["007", "Zoë", "Vos"])]

    def test_neither_a_file_nor_cells_or_both_is_said_and_what_was_pasted_stays(self, visit):
        visitor = visit("administrator")
        answer = visitor.post(BASE, {"pasted": " ", "login_codes": "none"})
        assert answer.status_code == 422
        assert "Kies een bestand, of plak cellen uit Excel." in answer.text
        both = {"pasted": "a\tb", "login_codes": "none", "file": (io.BytesIO(b"a;b"), "s.csv")}
        answer = visitor.post(BASE, both, content_type="multipart/form-data")
        assert "niet allebei" in answer.text
        assert "a\tb</textarea>" in answer.text

    def test_another_sheet_and_header_row_are_chosen_without_choosing_the_file_again(self, visit):
        book = openpyxl.Workbook()
        book.active.title = "Klassen"
        for row in (["Klas", "Mentor"], ["V3A", "Bakker"]):
            book.active.append(row)
        students = book.create_sheet("Studenten")
        for row in (
            ["Peildatum", "1 oktober"],
            ["Studentnummer", "Voornaam", "Achternaam"],
            ["1", "Zoë", "V"],
        ):
            students.append(row)
        stream = io.BytesIO()
        book.save(stream)
        visitor = visit("administrator")
        address = choose(visitor, stream.getvalue(), "s.xlsx").headers["Location"]
        again = address.replace("/kolommen", "/opnieuw-lezen")
        assert "werkblad Klassen, kopregel op rij 1" in visitor.get(address).text

        def read(header: str) -> Any:
            chosen = {"sheet": "Studenten", "header": header}
            return visitor.post(again, {**marks(visitor.get(address).text), **chosen})

        read("1")  # of the other sheet: it is found anew
        page = visitor.get(address).text
        assert "werkblad Studenten, kopregel op rij 2" in page
        assert selects(page)["column_0"] == "number"
        read("1")
        assert "werkblad Studenten, kopregel op rij 1" in visitor.get(address).text
        read("2")
        refused = read("3")
        assert refused.status_code == 422
        assert "Onder de kopregel staan geen gegevens" in refused.text
        assert "werkblad Studenten, kopregel op rij 2" in visitor.get(address).text

    @pytest.mark.parametrize("sort", ["xlsx", "csv"])
    def test_of_a_file_with_one_sheet_another_header_row_is_chosen_too(self, visit, sort):
        rows = (["Nummer", "Naam"], ["Studentnummer", "Leerling"], ["1", "Zoë Vos"])
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        stream = io.BytesIO()
        book.save(stream)
        content = stream.getvalue() if sort == "xlsx" else lines(*rows[1:], header=rows[0])
        visitor = visit("administrator")
        address = choose(visitor, content, f"s.{sort}").headers["Location"]
        for row in ("2", "1"):
            form = {"delimiter": ";", "encoding": "utf-8"} if sort == "csv" else {}
            form |= {**marks(visitor.get(address).text), "header": row}
            visitor.post(address.replace("/kolommen", "/opnieuw-lezen"), form)
            page = visitor.get(address).text
            assert f"kopregel op rij {row}," in page

    def test_the_file_goes_when_it_is_imported(self, visit):
        make_programme(crebo="25656")
        visitor = visit("administrator")
        check = to_check(visitor, lines(("1", "Zoë", "", "Vos")))
        refresh()
        assert db.session.scalars(select(ImportRun.content)).one() is not None
        page = visitor.get(check).text
        visitor.post(
            check,
            import_form(page),
        )
        refresh()
        assert db.session.scalars(select(ImportRun.content)).one() is None


def test_what_is_written_is_what_the_check_showed(app: Flask) -> None:
    """A colleague enters a new student of the file meanwhile: the row would change them."""
    office = make_user("administrator")
    wizard = Wizard(actor_of(office))
    pk = wizard.take(lines(("1", "Daan", "", "Vos"), ("2", "Noor", "", "Bos")))
    page, check = Visitor(app, office), f"/studenten/importeren/{pk}/controle"
    shown = page.get(check).text
    form = import_form(shown)
    make_student(number="2", first_name="Nora", last_name="Bos")

    answer = page.post(check, form, follow_redirects=True)

    assert "Er is niets geïmporteerd" in html.unescape(answer.text)
    refresh()
    assert db.session.scalars(select(Student.first_name)).all() == ["Nora"]
    again = page.get(check).text
    page.post(check, import_form(again))
    refresh()
    assert sorted(db.session.scalars(select(Student.first_name))) == ["Daan", "Noor"]


def test_what_the_worker_writes_is_what_the_check_showed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_runs, "LARGE", 1)
    office = make_user("administrator")
    wizard = Wizard(actor_of(office))
    pk = wizard.take(lines(("1", "Daan", "", "Vos"), ("2", "Noor", "", "Bos")))
    page, check = Visitor(app, office), f"/studenten/importeren/{pk}/controle"
    assert work_all() == 1
    shown = page.get(check).text
    page.post(check, import_form(shown))
    make_student(number="2", first_name="Nora", last_name="Bos")

    work_all()

    refresh()
    assert db.session.scalars(select(Student.first_name)).all() == ["Nora"]
    assert "Rijen zouden nu anders worden geschreven" in html.unescape(page.get(check).text)


class TestTwoTabs:
    """Each step opened in two tabs: the older one is told what the other did, and overwrites nothing."""

    OWN = "U hebt dit zelf in een ander tabblad gewijzigd"
    TWO = (("0012", "", "", "Jansen"), ("0013", "", "", "Smit"))

    def test_columns_chosen_in_both(self, visit):
        admin = visit("administrator")
        address = choose(admin, lines(("1", "A", "", "Vos"), header=HEADER[:4])).headers["Location"]
        old = proposed(admin.get(address).text)
        admin.post(address, {**old, "column_2": ""})
        late = admin.post(address, {**old, "column_1": "last_name", "column_3": "first_name"})
        assert late.status_code == 422
        assert self.OWN in late.text
        assert "Kolommen van de import gekozen" in late.text
        assert self.kept("mapping") == {"number": [0], "first_name": [1], "last_name": [3]}
        assert selects(late.text)["column_1"] == "last_name", "what was chosen stays"
        admin.post(address, proposed(late.text))
        assert self.kept("mapping")["first_name"] == [3]

    def test_columns_of_a_file_that_the_other_tab_read_otherwise_are_asked_anew(self, visit):
        admin = visit("administrator")
        header = ("Studentnummer", "Achternaam", "Voornaam")
        content = lines(("Studentnummer", "Voornaam", "Achternaam"), ("1", "A", "Vos"), header=header)
        address = choose(admin, content).headers["Location"]
        page = admin.get(address).text
        form = {**marks(page), "header": "2", "delimiter": ";", "encoding": "utf-8"}
        admin.post(address.replace("/kolommen", "/opnieuw-lezen"), form)
        late = admin.post(address, proposed(page))
        assert late.status_code == 422
        assert "Hieronder staat hoe het nu is; kies opnieuw." in late.text
        assert "U had ingevuld: Kolom B: “Achternaam”." in late.text
        assert selects(late.text)["column_1"] == "first_name", "as the file is read now"
        again = admin.post(address.replace("/kolommen", "/opnieuw-lezen"), {**form, "header": "1"})
        assert again.status_code == 422
        assert self.kept("table")["reading"]["header"] == 2

    def test_what_comes_back_of_a_file_that_is_read_otherwise_is_named_and_not_said_to_be_there(self, visit):
        admin = visit("administrator")
        header = HEADER[:5]
        content = lines(header, ("1", "A", "", "Vos", "x"), ("2", "B", "", "Bos", "q"), header=header)
        address = choose(admin, content).headers["Location"]
        first = admin.get(address).text
        values = admin.post(address, proposed(first)).headers["Location"]
        old = {**proposed(admin.get(values).text), "gender_1": "male"}
        marked = marks(admin.get(address).text)
        again = address.replace("/kolommen", "/opnieuw-lezen")
        admin.post(again, {**marked, "header": "2", "delimiter": ";", "encoding": "utf-8"})
        admin.post(address, {**proposed(admin.get(address).text), "column_4": ""})
        with admin.client.session_transaction() as session:
            session.pop("csrf_token")
        page = admin.get(admin.post(values, old).headers["Location"], follow_redirects=True).text
        assert "Uw invoer staat er nog" not in page
        assert "Er is nog niets gedaan" in page

    def test_values_chosen_in_both(self, visit):
        admin = visit("administrator")
        address = choose(admin, lines(("1", "A", "", "Vos", "x"), header=HEADER[:5])).headers["Location"]
        address = admin.post(address, proposed(admin.get(address).text)).headers["Location"]
        old = proposed(admin.get(address).text)
        admin.post(address, {**old, "gender_0": "female"})
        late = admin.post(address, {**old, "gender_0": "male"})
        assert late.status_code == 422
        assert self.OWN in late.text
        assert self.kept("values") == {"gender": {"x": "female"}}
        admin.post(address, proposed(late.text))
        assert self.kept("values") == {"gender": {"x": "male"}}

    def test_a_row_put_right_in_both_and_another_row_meanwhile(self, visit):
        admin = visit("administrator")
        check = to_check(admin, lines(*self.TWO))
        row, other = (check.replace("/controle", f"/rij/{number}") for number in (2, 3))
        old, beside = (as_shown(admin.get(page).text) for page in (row, other))
        admin.post(row, {**old, "cell_1": "Anna"})
        assert (
            "Rij 3 is verbeterd"
            in admin.post(other, {**beside, "cell_1": "Noor"}, follow_redirects=True).text
        )
        late = admin.post(row, {**old, "cell_1": "Hanna", "cell_3": "Jansens"})
        assert late.status_code == 422
        assert "U hebt rij 2 zelf in een ander tabblad gewijzigd." in late.text
        assert "In het andere tabblad staat: “Anna”." in late.text
        assert self.kept("fixes") == {"2": {"1": "Anna"}, "3": {"1": "Noor"}}
        admin.post(row, as_shown(late.text))
        assert self.kept("fixes")["2"] == {"1": "Hanna", "3": "Jansens"}

    def test_another_mistake_does_not_hide_that_a_row_is_old(self, visit):
        admin = visit("administrator")
        row = to_check(admin, lines(*self.TWO)).replace("/controle", "/rij/2")
        old = as_shown(admin.get(row).text)
        admin.post(row, {**old, "cell_1": "Anna"})
        wrong = admin.post(row, {**old, "cell_1": "x" * 1001})
        assert wrong.status_code == 422
        late = admin.post(row, {**as_shown(wrong.text), "cell_1": "Hanna"})
        assert "U hebt rij 2 zelf in een ander tabblad gewijzigd." in late.text

    def test_a_row_typed_while_the_columns_were_chosen_otherwise_is_told(self, visit):
        """Its cells are other columns now, so the form can hold it no more; what was typed is read there."""
        admin = visit("administrator")
        check = to_check(admin, lines(*self.TWO))
        row, columns = (check.replace("/controle", part) for part in ("/rij/2", "/kolommen"))
        old = as_shown(admin.get(row).text)
        admin.post(columns, {**proposed(admin.get(columns).text), "column_2": ""})
        late = html.unescape(admin.post(row, {**old, "cell_1": "Hanna & zo", "cell_3": "Jansens"}).text)
        assert "kies opnieuw" in late
        assert "U had ingevuld: Kolom B: “Hanna & zo”." in late
        assert "U had ingevuld: Kolom D: “Jansens”." in late
        assert "niet goed ingevuld" not in late

    def test_what_was_typed_for_an_import_that_was_thrown_away_is_read_on_the_page_that_says_so(self, visit):
        admin = visit("administrator")
        check = to_check(admin, lines(*self.TWO))
        row, columns = (check.replace("/controle", part) for part in ("/rij/2", "/kolommen"))
        forms = {page: as_shown(admin.get(page).text) for page in (row, columns)}
        tokens = {page: TOKEN.search(admin.get(page).text)[1] for page in forms}
        away = columns.replace("/kolommen", "/weggooien")
        admin.post(away, marks(admin.get(columns).text))
        assert db.session.scalars(select(ImportRun)).all() == []
        for page, typed, told in (
            (row, {"cell_1": "Hanna & zo"}, ("Kolom B", "Hanna & zo")),
            (columns, {"column_1": "last_name"}, ("Kolom B", "Achternaam")),
        ):
            gone = admin.post(page, {**forms[page], **typed, "csrf_token": tokens[page]})
            assert gone.status_code == 404
            assert "Dit had u ingevuld" in gone.text
            assert [part for part in told if part not in html.unescape(gone.text)] == []

    def test_login_codes_chosen_in_both(self, visit):
        admin = visit("administrator")
        check = to_check(admin, lines(*self.TWO))
        codes, old = check.replace("/controle", "/inlogcodes"), marks(admin.get(check).text)
        admin.post(codes, {**old, "login_codes": "mail"})
        late = admin.post(codes, {**old, "login_codes": "make"}, follow_redirects=True)
        assert "Daar koos u: Inlogcode mailen; hier: Inlogcode wel aanmaken, nog niet mailen." in late.text
        assert self.kept("login_codes") == "mail"

    def test_what_was_worked_on_in_the_other_tab_is_not_thrown_away(self, visit):
        admin = visit("administrator")
        columns = choose(admin, lines(("1", "A", "", "Vos"), header=HEADER[:4])).headers["Location"]
        page = admin.get(columns).text
        admin.post(columns, proposed(page))
        away = columns.replace("/kolommen", "/weggooien")
        late = admin.post(away, marks(page), follow_redirects=True)
        assert self.OWN in late.text
        assert "Er is niets weggegooid" in late.text
        assert self.kept("stage") == "check"

    def kept(self, column: str) -> Any:
        refresh()
        return getattr(db.session.scalars(select(ImportRun)).one(), column)
