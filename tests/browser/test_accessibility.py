"""WCAG 2.2 A and AA: axe finds nothing on any page of any role, and everything works by keyboard.

Every page within reach is read; a page without anything new in its shape (crawl.Found.shape) is not drawn.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import enter
from tests.browser.crawl import Found, pages_of
from tests.browser.steps import (
    choose,
    fill_section,
    filter_on,
    heading,
    link,
    open_programme,
    open_tab,
    press,
)
from tests.support import clock

SignIn = Callable[..., Page]
ROLES = (
    "beheerder",
    "ess",
    "praktijkbegeleider",
    "praktijkopleider",
    "schoolexaminator",
    "bedrijfsexaminator",
    "examencommissie",
    "student",
)
# What an administrator, an examiner and a student do on a phone.
ON_PHONES = {
    "beheerder": ["/", "/studenten/", "/gebruikers/do/add_user", "/examens/?opleiding=2", "/instellingen/"],
    "schoolexaminator": ["/te-beoordelen/", "/examens/"],
    "student": ["/mijn-examens/", "/mijn-onderwijsvoortgang/", "/mijn-profiel/"],
}
PLAIN = """width => ({
  lang: document.documentElement.lang,
  h1: document.querySelectorAll("h1").length,
  wide: document.documentElement.scrollWidth - width,
})"""


@pytest.fixture(scope="module")
def drawn(server: str) -> dict[str, set[str]]:
    """Kind of page -> the shapes that axe has looked at."""
    return defaultdict(set)


def faults(page: Page) -> list[str]:
    """What axe finds, and more. After a button was pressed, this waits for the page that it brings."""
    page.wait_for_load_state()
    size = page.viewport_size
    assert size is not None
    plain: dict[str, Any] = page.evaluate(PLAIN, size["width"])
    found = violations(page)
    if plain["lang"] != "nl":
        found.append(f"lang is {plain['lang']!r}")
    if plain["h1"] != 1:
        found.append(f"{plain['h1']} headings of level 1")
    if plain["wide"] > 0:
        found.append(f"the page is {plain['wide']} pixels too wide")
    return [f"{page.url}: {fault}" for fault in found]


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role(sign_in: SignIn, drawn: dict[str, set[str]], role: str) -> None:
    page = sign_in(role)
    found = list(pages_of(page))
    assert len(found) > 5
    wrong = [fault for one in found for fault in one.faults]
    wrong += doubled_titles(found)
    for one in found:
        if one.shape <= drawn[one.kind]:
            continue
        drawn[one.kind] |= one.shape
        page.goto(one.href)
        wrong += faults(page)
    assert wrong == []


def doubled_titles(found: list[Found]) -> list[str]:
    """The titles that more than one page has; another filter does not make it another page."""
    paths: dict[str, set[str]] = defaultdict(set)
    for one in found:
        paths[one.title].add(one.kind.partition("?")[0])
    return [f"{title!r} is the title of {kinds}" for title, kinds in paths.items() if len(kinds) > 1]


@pytest.mark.parametrize("role", ON_PHONES)
def test_key_pages_on_a_phone(sign_in: SignIn, role: str) -> None:
    page = sign_in(role, phone=True)
    wrong = []
    for href in ON_PHONES[role]:
        page.goto(href)
        wrong += faults(page)
    if role == "schoolexaminator":
        open_first_sitting(page)
        wrong += faults(page)
    assert wrong == []


def open_first_sitting(page: Page) -> None:
    page.goto("/te-beoordelen/")
    page.locator(".todo-line").filter(has_text="Beoordelen").first.click()
    expect(page.locator("[data-criterion]").first).to_be_visible()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_looking_as_somebody_else(sign_in: SignIn, phone: bool) -> None:
    """The banner is on every page, fits, is read out, and its button works by keyboard."""
    page = sign_in(phone=phone)
    enter(page, "beheerder")  # a session of its own: other tests must not look as somebody else
    page.goto("/gebruikers/?q=schoolexaminator")
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="Bekijk als").click()
    press(page, "Bekijk als")
    says = "U bekijkt Proeve als"
    banner = page.get_by_role("region", name="Bekijk als")
    expect(banner).to_contain_text(says)
    expect(page.locator("#announcer")).to_contain_text(says)
    wrong = faults(page)
    for href in ("/te-beoordelen/", "/mijn-profiel/"):
        page.goto(href)
        expect(banner).to_contain_text(says)
        wrong += faults(page)
    banner.get_by_role("button", name="Stop met bekijken").press("Enter")
    expect(page.get_by_text("U werkt weer onder uw eigen naam.").first).to_be_visible()
    expect(banner).to_have_count(0)
    assert wrong == []


def test_before_signing_in(sign_in: SignIn) -> None:
    page = sign_in()
    wrong = []
    for href in ("/aanmelden", "/inlogcode", "/bestaat-niet"):
        page.goto(href)
        wrong += faults(page)
    page.goto("/aanmelden")
    page.get_by_label("Gebruikersnaam").fill("beheerder")
    page.get_by_label("Wachtwoord").first.fill("mis")
    press(page, "Aanmelden")
    expect(page.get_by_role("alert")).to_be_visible()
    wrong += faults(page)
    assert wrong == []


@pytest.mark.parametrize(
    ("tab", "opens", "button"),
    [
        ("Gebruikers", "Nieuwe gebruiker invoeren", "Opslaan"),
        ("Studenten", "Nieuwe student invoeren", "Opslaan"),
        ("Studenten", "Importeren", "Verder"),
        ("Bibliotheekbeheer", "Document toevoegen", "Toevoegen"),
        ("Mijn profiel", "Wachtwoord wijzigen", "Wachtwoord wijzigen"),
    ],
)
def test_a_form_with_errors(sign_in: SignIn, tab: str, opens: str, button: str) -> None:
    page = sign_in("beheerder")
    open_tab(page, tab)
    link(page, opens).click()
    press(page, button)
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page).to_have_title(re.compile("^Fout:"))
    assert faults(page) == []
    summary.get_by_role("link").first.press("Enter")
    expect(page.locator(":focus")).to_have_attribute("aria-invalid", "true")


def test_planning_its_errors_its_check_and_a_refusal(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    open_programme(page, "Verzorgende-IG")
    page.get_by_role("checkbox", name=re.compile("^Selecteer ")).nth(1).check()
    page.get_by_role("checkbox", name=re.compile("^Selecteer ")).nth(2).check()
    page.get_by_label("Actie", exact=True).select_option(label="Examenaanmelding toevoegen/wijzigen")
    press(page, "Ga!")
    kind = page.get_by_role("radio", name=re.compile("B1K2-PVB"))
    expect(kind).to_be_visible()
    wrong = faults(page)
    kind.check()
    press(page, "Voer uit")
    expect(heading(page)).to_have_text("Examen inplannen")
    wrong += faults(page)
    page.get_by_role("radio", name=re.compile("^Alle opdrachten tegelijk")).check()
    together = page.locator("[data-section=together]").first
    together.get_by_label(re.compile("^Datum")).fill("")
    press(page, "Verder")
    expect(page.get_by_role("alert")).to_be_focused()
    wrong += faults(page)
    fill_section(together, clock.workdays(1, after=40)[0], "07:00")
    press(page, "Verder")
    expect(heading(page)).to_have_text("Planning controleren")
    wrong += faults(page)
    assert wrong == []


def test_a_bulk_action_and_its_check(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    open_tab(page, "Studenten")
    page.get_by_label("Alle 60 selecteren").check()
    expect(page.locator("[data-count]")).to_have_text("Alle 60 geselecteerd")
    page.get_by_label("Actie", exact=True).select_option(label="Koppelen aan opleiding")
    press(page, "Voer uit")
    expect(heading(page)).to_have_text("Koppelen aan opleiding")
    wrong = faults(page)
    choose(page.get_by_label("Opleiding of keuzedeel"), "Verzorgende-IG")
    press(page, "Verder")
    expect(page.get_by_role("heading", name="Als u doorgaat")).to_be_visible()
    wrong += faults(page)
    assert wrong == []


def test_nothing_found_and_nothing_there(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    wrong = []
    for tab, label in (("Studenten", "Zoek op naam of nummer"), ("Gebruikers", "Zoeken")):
        open_tab(page, tab)
        filter_on(page, {label: "bestaat vast niet"})
        expect(page.get_by_text("Niets gevonden")).to_be_visible()
        wrong += faults(page)
    open_programme(page, "Verzorgende-IG", "bestaat vast niet")
    expect(page.get_by_text("Geen studenten gevonden")).to_be_visible()
    wrong += faults(page)
    page.goto("/studenten/999999")
    wrong += faults(page)
    assert wrong == []


def test_the_steps_of_an_import(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    open_tab(page, "Studenten")
    link(page, "Importeren").click()
    rows = "Studentnummer;Roepnaam;Achternaam;Geslacht\n00711;Jo;Toegang;q\n;Zonder;Nummer;m\n"
    page.get_by_label(re.compile("^Bestand")).set_input_files(
        [{"name": "twee.csv", "mimeType": "text/csv", "buffer": rows.encode()}]
    )
    wrong = []
    for step in (2, 3, 4):
        press(page, "Verder")
        expect(page).to_have_title(re.compile(f"Stap {step} van 4"))
        wrong += faults(page)
    assert wrong == []


# -- by keyboard alone


def tab_to(page: Page, target: str) -> None:
    """Press Tab until this element has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", target):
            return
    raise AssertionError(f"Tab never comes at {target}")


def test_the_skip_link_comes_first(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Naar de inhoud")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_rows_are_ticked_and_an_action_is_chosen_by_keyboard(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    page.goto("/studenten/")
    tab_to(page, "[data-tick]")
    page.keyboard.press("Space")
    expect(page.locator("[data-count]")).to_have_text("1 geselecteerd")
    tab_to(page, "#action-choice")
    page.keyboard.type("Stel")
    expect(page.locator("#action-choice option:checked")).to_have_text("Stel studievoortgang beschikbaar")
    tab_to(page, "[type=submit]")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Stel studievoortgang beschikbaar")


def test_the_drawer_opens_and_closes_by_keyboard(sign_in: SignIn) -> None:
    page = sign_in("beheerder", phone=True)
    button = page.get_by_role("button", name="Menu", exact=True)
    drawer = page.locator("#drawer")
    expect(drawer).not_to_be_in_viewport()
    tab_to(page, ".drawer-button")
    page.keyboard.press("Enter")
    expect(drawer).to_be_in_viewport()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(drawer).not_to_be_in_viewport()
    expect(button).to_be_focused()


def test_a_score_form_is_filled_in_and_saved_by_keyboard(sign_in: SignIn) -> None:
    page = sign_in("schoolexaminator")
    open_first_sitting(page)
    cards = page.locator("[data-criterion]")
    for number in range(cards.count()):
        group = cards.nth(number).locator("input[type=radio]").first.get_attribute("name")
        tab_to(page, f"[name='{group}']")
        page.keyboard.press("ArrowDown")
        expect(page.locator(f"[name='{group}']:checked")).to_be_focused()
    tab_to(page, ".save-bar .btn-primary")
    page.keyboard.press("Enter")
    expect(page.locator(".save-state")).to_contain_text("opgeslagen:")
    expect(page.locator(".save-state")).to_contain_text(f"{cards.count()} van {cards.count()} ingevuld")
