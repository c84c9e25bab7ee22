"""Changing the planning of two students at once, at a desk and on a phone: what is left alone stays."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import picture
from tests.browser.steps import (
    choose,
    do_action,
    fill_section,
    finish_planning,
    heading,
    new_student,
    open_programme,
    press,
    start_planning,
)
from tests.support import clock

SignIn = Callable[..., Page]
CARE = "Verzorgende-IG"
SHORT_EXAM = "25656-B1K2-PVB"  # two tasks
LEAVE = "Verschilt: laat zo"


def together(page: Page) -> Locator:
    return page.locator("[data-section=together]").first


def plan(page: Page, student: str, start: str, place: str, minutes: str) -> None:
    """One student, on a day of their own."""
    start_planning(page, student, SHORT_EXAM)
    page.get_by_role("radio", name=re.compile("^Alle opdrachten tegelijk inplannen")).check()
    day = clock.workdays(2, after=40)[0 if place == "Zaal 1" else 1]
    fill_section(together(page), day, start, company="" if place == "Zaal 1" else "Berg, Björn")
    together(page).get_by_label("Duur (minuten)").fill(minutes)
    together(page).get_by_label("Locatie").fill(place)
    finish_planning(page)


def edit_both(page: Page, students: list[str]) -> None:
    do_action(page, "Examenaanmelding toevoegen/wijzigen", students, button="Ga!")
    page.get_by_role("radio", name=re.compile(f"^{re.escape(SHORT_EXAM)}")).check()
    press(page, "Voer uit")
    expect(heading(page)).to_have_text("Examen inplannen")


def test_only_what_is_touched_changes(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    students = [new_student(page, f"0049{n}", "Finn", f"Paar{n}", Opleiding=CARE) for n in (1, 2)]
    open_programme(page, CARE, "Paar")
    plan(page, students[0], "06:00", "Zaal 1", "90")
    plan(page, students[1], "06:30", "Zaal 2", "150")

    edit_both(page, students)
    section = together(page)
    for label in ("Datum", "Begintijd", "Duur (minuten)", "Locatie"):
        expect(section.get_by_label(re.compile(rf"^{re.escape(label)}"))).to_have_value("")
    expect(section.get_by_label(re.compile("^Examinator bedrijf")).locator("option:checked")).to_have_text(
        LEAVE
    )
    expect(section.get_by_label("Locatie")).to_have_attribute("placeholder", LEAVE)
    section.get_by_label("Opmerking").fill("Neem uw legitimatie mee.")
    section.get_by_label("Bij iedereen leegmaken").check()
    picture(page, "meer-studenten")
    press(page, "Verder")
    expect(heading(page)).to_have_text("Planning controleren")
    changes = page.locator(".plan-changes")
    expect(changes).to_have_count(4)
    for number, place in ((0, "Zaal 1"), (3, "Zaal 2")):
        expect(changes.nth(number).locator("li")).to_have_count(2)
        expect(changes.nth(number)).to_contain_text(f"{place} → wordt leeg")
        expect(changes.nth(number)).to_contain_text("leeg → wordt Neem uw legitimatie mee.")
    picture(page, "meer-studenten-controle")
    press(page, "Terug en aanpassen")
    expect(together(page).get_by_label("Bij iedereen leegmaken")).to_be_checked()
    finish_planning(page, "Planning wijzigen")

    phone = sign_in("beheerder", phone=True)
    phone.goto(page.url)
    edit_both(phone, students)
    expect(together(phone).get_by_label("Locatie")).to_have_value("")
    expect(together(phone).get_by_label("Opmerking")).to_have_value("Neem uw legitimatie mee.")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    choose(together(phone).get_by_label(re.compile("^Examinator bedrijf")), "Berg, Björn")
    picture(phone, "meer-studenten-telefoon")
    press(phone, "Verder")
    expect(phone.locator(".plan-changes")).to_have_count(2)  # the other has this one already
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    picture(phone, "meer-studenten-telefoon-controle")
    press(phone, "Planning wijzigen")
    expect(heading(phone)).to_have_text("Examens")
