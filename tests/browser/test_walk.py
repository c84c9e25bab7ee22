"""The manual, step 1 to step 8, in a browser on the demo school. The labels are the manual's own."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from openpyxl import Workbook
from playwright.sync_api import Locator, Page, expect

from tests.browser.crawl import pages_of
from tests.browser.steps import (
    assess,
    block,
    carry_out,
    colour,
    do_action,
    fill_in,
    fill_section,
    filter_on,
    finish_planning,
    heading,
    link,
    make_definitive,
    new_student,
    open_programme,
    open_tab,
    plan_together,
    press,
    start_planning,
    tabs,
    told,
)
from tests.support import clock

SignIn = Callable[..., Page]
CARE = "Verzorgende-IG"
CARE_EXAM = "25656-B1K1-PVB"  # four tasks
SHORT_EXAM = "25656-B1K2-PVB"  # two tasks
FATIMA = "Jansen, Fatima"  # signs in as `student`


def test_the_tabs_are_the_manuals_in_its_order(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    manual = [
        "Opleidingen",
        "Examenbeheer",
        "Gebruikers",
        "Studenten",
        "Bibliotheekbeheer",
        "Examens",
        "Instellingen",
        "Mijn profiel",
    ]
    assert [tab for tab in tabs(page) if tab in manual] == manual


def test_steps_1_and_2_programmes_and_their_exams(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    open_tab(page, "Opleidingen")
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(7)
    expect(rows.filter(has_text=CARE)).to_contain_text(re.compile(r"25656.*20\d\d", re.S))
    contact = page.get_by_role("region", name="Staat uw opleiding er niet tussen?")
    expect(contact.get_by_role("link", name=re.compile("@"))).to_have_attribute(
        "href", re.compile("^mailto:")
    )

    page.get_by_role("link", name="Keuzedelen", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="K0186")).to_contain_text("Wijkgericht werken")

    open_tab(page, "Examenbeheer")
    filter_on(page, {"Opleiding": CARE})
    codes = page.get_by_role("row").filter(has_text="PVB")
    expect(codes).to_have_count(2)
    page.get_by_role("link", name=re.compile("Bieden van zorg en ondersteuning")).click()
    expect(heading(page)).to_contain_text("Bieden van zorg en ondersteuning")
    main = page.get_by_role("main")
    for part in ("Versie", "Cesuur", "B1-K1-W1", "Opdracht 4"):
        expect(main.get_by_text(part).first).to_be_visible()


def test_step_3_users(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    open_tab(page, "Gebruikers")
    link(page, "Nieuwe gebruiker invoeren").click()
    press(page, "Opslaan")
    expect(page.get_by_role("alert")).to_contain_text("Voornaam")
    fill_in(page, {"Voornaam": "Willemijn", "Achternaam": "Wandel", "E-mailadres": "w.wandel@example.nl"})
    fill_in(page, {"Rollen": ["Praktijkbegeleider"], "Inlogcode versturen": True})
    press(page, "Opslaan")
    expect(heading(page)).to_have_text("Willemijn Wandel")

    link(page, "Koppelen aan opleidingen").click()
    fill_in(page, {"Opleidingen": [CARE]})
    carry_out(page, CARE)
    expect(heading(page)).to_have_text("Willemijn Wandel")
    expect(page.get_by_role("row").filter(has_text="25656")).to_contain_text(CARE)

    open_tab(page, "Gebruikers")
    link(page, "Postvak uit").click()
    page.get_by_role("row").filter(has_text="w.wandel@example.nl").get_by_role("link").first.click()
    expect(page.get_by_role("main")).to_contain_text("w.wandel@example.nl")


def test_step_4_students_one_by_one_and_the_action_list(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    anna = new_student(page, "00451", "Anna", "Wandelaar")
    bas = new_student(page, "00452", "Bas", "Wandelaar")

    # 4b: the pencil, and the student's users
    open_tab(page, "Studenten")
    filter_on(page, {"Zoek op naam of nummer": "Wandelaar"})
    page.get_by_role("link", name=re.compile(f"^Wijzigen: {anna}")).click()
    fill_in(page, {"Praktijkbegeleider": ["Bakker, Petra"]})
    press(page, "Opslaan")
    told(page, re.compile("Anna Wandelaar.* is gewijzigd"))
    expect(page.get_by_role("row").filter(has_text=anna)).to_contain_text("Petra Bakker")

    # 4c: both to the programme
    do_action(page, "Koppelen aan opleiding", [anna, bas])
    fill_in(page, {"Opleiding of keuzedeel": CARE})
    carry_out(page)
    told(page, "2 studenten")
    expect(page.get_by_role("row").filter(has_text=CARE)).to_have_count(2)

    # 4d: an exam that is not used
    do_action(page, "Maak een examen niet-beschikbaar", [bas])
    fill_in(page, {"Examens": [SHORT_EXAM]})
    carry_out(page)
    told(page, "1 student")

    # 4e: the progress tab
    do_action(page, "Stel studievoortgang beschikbaar", [anna, bas])
    carry_out(page)
    told(page, "2 studenten")
    expect(page.get_by_role("row").filter(has_text="Beschikbaar")).to_have_count(2)

    # 4f: groups
    open_tab(page, "Studenten")
    link(page, "Studentgroepen").click()
    link(page, "Studentgroep toevoegen").click()
    fill_in(page, {"Naam": "VZ-IG 2W", "Schooljaar": "2026-2027", "Locatie": "Hoofdgebouw"})
    press(page, "Opslaan")
    expect(heading(page)).to_have_text("VZ-IG 2W")
    open_tab(page, "Studenten")
    filter_on(page, {"Zoek op naam of nummer": "Wandelaar"})
    do_action(page, "Toevoegen aan studentgroepen", [anna, bas])
    fill_in(page, {"Studentgroepen": ["VZ-IG 2W"]})
    carry_out(page)
    told(page, "2 studenten")
    expect(page.get_by_role("row").filter(has_text="VZ-IG 2W")).to_have_count(2)

    # what was made not available shows in the overview
    open_programme(page, CARE, "Wandelaar")
    expect(block(page, bas, SHORT_EXAM)).to_have_class(re.compile("not-available"))
    expect(block(page, anna, SHORT_EXAM)).to_have_class(re.compile("block--open"))


def test_step_4a_importing_a_csv_file(sign_in: SignIn) -> None:
    rows = [
        "Studentnummer;Roepnaam;Achternaam;Geslacht;Opleiding",
        "00461;Chris;Importeur;m;Verzorgende-IG",
        "00462;Dunya;Importeur;v;Verzorgende-IG",
    ]
    page = sign_in("beheerder")
    import_file(page, "studenten.csv", "\r\n".join(rows).encode("cp1252"))
    told_by_report(page, new=2)
    link(page, "Naar de studenten").click()
    filter_on(page, {"Zoek op naam of nummer": "Importeur"})
    expect(page.get_by_role("row").filter(has_text=CARE)).to_have_count(2)


def test_step_4a_importing_the_example_file_of_excel(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    open_tab(page, "Studenten")
    link(page, "Importeren").click()
    with page.expect_download() as started:
        link(page, "Download voorbeeldbestand").click()
    assert started.value.suggested_filename.endswith(".xlsx")
    book = Workbook()
    for row in (("Nummer", "Voornaam", "Achternaam", "Man/vrouw"), ("00471", "Esra", "Werkblad", "vrouw")):
        book.active.append(row)  # type: ignore[union-attr]
    kept = io.BytesIO()
    book.save(kept)
    import_file(page, "studenten.xlsx", kept.getvalue(), asks=False)
    told_by_report(page, new=1)


def import_file(page: Page, name: str, content: bytes, *, asks: bool = True) -> None:
    """Take the four steps with what the pages propose; `asks`: a value of the file needs step 3."""
    open_tab(page, "Studenten")
    link(page, "Importeren").click()
    expect(page).to_have_title(re.compile("^Stap 1 van 4"))
    page.get_by_label(re.compile("^Bestand")).set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content}]
    )
    press(page, "Verder")
    expect(page).to_have_title(re.compile("^Stap 2 van 4"))
    press(page, "Verder")
    if asks:
        expect(page).to_have_title(re.compile("^Stap 3 van 4"))
        expect(page.get_by_role("heading", name="Geslacht")).to_be_visible()
        press(page, "Verder")
    expect(page).to_have_title(re.compile("^Stap 4 van 4"))
    press(page, "Importeren")


def told_by_report(page: Page, *, new: int) -> None:
    expect(heading(page)).to_have_text("Verslag van de import")
    expect(page.locator(".tally").filter(has_text="Nieuw")).to_contain_text(str(new))


def test_step_5_library(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    open_tab(page, "Bibliotheekbeheer")
    link(page, "Documenten van Examencommissie").click()
    expect(heading(page)).not_to_have_text("Bibliotheekbeheer")
    before = page.locator(".documents > li").count()
    for title in ("Wandelgids", "Looproute"):
        link(page, "Document toevoegen").first.click()
        page.get_by_label(re.compile("^Bestand")).set_input_files(
            [{"name": f"{title}.pdf", "mimeType": "application/pdf", "buffer": pdf(title)}]
        )
        fill_in(page, {"Titel": title})
        press(page, "Toevoegen")
        expect(page.locator(".documents > li").last).to_contain_text(title)
    expect(page.locator(".documents > li")).to_have_count(before + 2)

    press(page, "Omhoog: Looproute")
    titles = page.locator(".document-title")
    expect(titles.nth(before)).to_have_text("Looproute")

    member = sign_in("examencommissie")
    open_tab(member, "Bibliotheek")
    expect(member.locator(".document-title").nth(before)).to_have_text("Looproute")
    with member.expect_download() as started:
        link(member, "Wandelgids").click()
    assert started.value.suggested_filename.endswith(".pdf")

    link(page, "Verwijderen: Looproute").click()
    press(page, "Verwijderen")
    expect(page.locator(".documents > li")).to_have_count(before + 1)


def pdf(title: str) -> bytes:
    return f"%PDF-1.4\n% {title}\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n".encode()


def test_step_6_planning_and_the_red_bin(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    finn = new_student(page, "00481", "Finn", "Planner", Opleiding=CARE)
    open_programme(page, CARE, finn.split(",")[0])
    legend = page.get_by_role("region", name="Legenda")
    expect(legend).to_contain_text("1 = eerste kans, 2 = herkansing")

    # each task apart: two of the four now
    start_planning(page, finn, CARE_EXAM)
    expect(page.get_by_role("main")).to_contain_text("Dit examen bestaat uit 4 examenopdrachten")
    page.get_by_role("radio", name=re.compile("^Elke opdracht apart inplannen")).check()
    sections = page.locator("[data-section=apart] > section")
    expect(sections).to_have_count(4)
    first, second, third, fourth = clock.workdays(4, after=20)
    fill_section(sections.nth(0), first, "07:00")
    fill_section(sections.nth(2), second, "07:00")
    finish_planning(page)
    planned = block(page, finn, CARE_EXAM)
    expect(planned).to_contain_text("2/4")

    # all at once
    start_planning(page, finn, SHORT_EXAM)
    plan_together(page, third, "07:00")
    planned = block(page, finn, SHORT_EXAM)
    expect(planned.locator(".block-attempt")).to_have_text("1")
    assert colour(planned) == "grijs"

    # the red bin, after a confirmation
    remove = page.get_by_role("link", name=re.compile(f"^Verwijder planning: {finn}, {SHORT_EXAM}"))
    remove.click()
    expect(page.get_by_role("main")).to_contain_text("Planner")
    press(page, "Verwijderen")
    expect(block(page, finn, SHORT_EXAM)).to_have_class(re.compile("block--open"))
    start_planning(page, finn, SHORT_EXAM)
    plan_together(page, fourth, "07:00")
    assert colour(block(page, finn, SHORT_EXAM)) == "grijs"


def test_step_6_assessed_failed_and_passed_at_the_second_attempt(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    school, company, student = sign_in("schoolexaminator"), sign_in("bedrijfsexaminator"), sign_in("student")
    open_programme(page, CARE, "Jansen")
    page.get_by_role("link", name=re.compile(f"^Verwijder planning: {FATIMA}, {SHORT_EXAM}")).click()
    press(page, "Verwijderen")

    day = clock.today()
    for attempt, start, best in ((1, "00:30", False), (2, "04:30", True)):
        open_programme(page, CARE, "Jansen")
        start_planning(page, FATIMA, SHORT_EXAM)
        plan_together(page, day, start)
        open_programme(page, CARE, "Jansen")
        expect(block(page, FATIMA, SHORT_EXAM, attempt).locator(".block-attempt")).to_have_text(str(attempt))
        for task in ("Opdracht 1", "Opdracht 2"):
            assess(company, "Fatima Jansen", task, best=best)
            expect(company.get_by_text("definitief maken…")).to_have_count(0)
            assess(school, "Fatima Jansen", task, best=best)
            expect(own_result(student, attempt)).to_have_count(0)
            make_definitive(school)
        page.reload()
        done = block(page, FATIMA, SHORT_EXAM, attempt)
        expect(done).to_contain_text("geslaagd" if best else "niet geslaagd")
        assert colour(done) == ("groen" if best else "rood")
        words = "Definitief: geslaagd" if best else "Definitief: niet geslaagd"
        expect(own_result(student, attempt)).to_contain_text(words)


def own_result(page: Page, attempt: int) -> Locator:
    """The result that the student reads under Mijn examens."""
    open_tab(page, "Mijn examens")
    exam = page.locator(".own-exams > li").filter(has_text="Werken aan organisatie")
    return exam.locator(".own-result").filter(has_text=f"kans {attempt}")


def test_the_committee_sees_everything_and_changes_nothing(sign_in: SignIn) -> None:
    page = sign_in("examencommissie")
    wanted = {"Opleidingen", "Examenbeheer", "Studenten", "Examens", "Examencommissie"}
    assert wanted <= set(tabs(page))
    open_programme(page, CARE)
    expect(page.locator(".matrix .block").first).to_be_visible()
    expect(page.locator("[data-tick], .block-remove, .action-bar")).to_have_count(0)

    everywhere = list(pages_of(page))
    assert len(everywhere) > 20
    # Forms for their own account, and for how they see a list.
    own = ("/afmelden", "/mijn-profiel/", "/studenten/do/show_columns", "/studenten/do/save_view")
    assert [p for one in everywhere for p in one.posts if not p.startswith(own)] == []
    assert [one.href for one in everywhere if "/do/" in one.href and not one.href.startswith(own)] == []


def test_a_student_sees_the_own_exams_and_progress_when_available(sign_in: SignIn) -> None:
    page = sign_in("student")
    assert tabs(page) == ["Start", "Mijn examens", "Mijn onderwijsvoortgang", "Bibliotheek", "Mijn profiel"]
    open_tab(page, "Mijn examens")
    expect(page.get_by_text("Bieden van zorg en ondersteuning").first).to_be_visible()
    open_tab(page, "Mijn onderwijsvoortgang")

    admin = sign_in("beheerder")
    open_tab(admin, "Studenten")
    filter_on(admin, {"Zoek op naam of nummer": "Jansen"})
    do_action(admin, "Stel studievoortgang beschikbaar", [FATIMA])
    admin.get_by_label(re.compile("^Uit:")).check()
    carry_out(admin)
    told(admin, "1 student")
    page.reload()
    expect(heading(page)).not_to_have_text("Mijn onderwijsvoortgang")
    page.goto("/")
    assert "Mijn onderwijsvoortgang" not in tabs(page)


def test_steps_7_and_8_updates_and_own_profile(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    open_tab(page, "Instellingen")
    updates = page.get_by_role("region", name=re.compile("Updates van het systeem")).locator("time")
    dates = [time_.get_attribute("datetime") for time_ in updates.all()]
    assert len(dates) > 1
    assert dates == sorted(dates, key=str, reverse=True)
    expect(updates.first).to_have_text(re.compile(r"^\d\d-\d\d-\d{4}$"))

    open_tab(page, "Mijn profiel")
    link(page, "Wijzigen").click()
    fill_in(page, {"Telefoon": "06 12345678"})
    press(page, "Opslaan")
    expect(page.get_by_role("main")).to_contain_text("06 12345678")
