"""Key pages of the manual at 390 pixels, and the pictures of the README."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import picture
from tests.browser.steps import (
    filter_on,
    open_programme,
    open_tab,
    press,
    score,
    start_planning,
    to_assess,
)

SignIn = Callable[..., Page]
CARE = "Verzorgende-IG"
SHORT_EXAM = "25656-B1K2-PVB"  # two tasks


def test_the_manual_on_a_phone(sign_in: SignIn) -> None:
    page = sign_in("beheerder", phone=True)
    for tab in ("Studenten", "Gebruikers", "Bibliotheekbeheer", "Examens"):
        page.get_by_role("button", name="Menu", exact=True).click()
        expect(page.locator("#drawer")).to_be_in_viewport()
        open_tab(page, tab)
        expect(page.locator("#drawer")).not_to_be_in_viewport()
        fits(page)
    filter_on(page, {"Opleiding": CARE})
    fits(page)
    start_planning(page, "Postma, Demi", SHORT_EXAM)
    fits(page)

    page = sign_in("schoolexaminator", phone=True)
    page.get_by_role("button", name="Menu", exact=True).click()
    to_assess(page, "Tijn Bosman", "Opdracht 2")
    total = score(page, best=True)
    press(page, "Opslaan")
    expect(page.locator(".save-state")).to_contain_text(f"{total} van {total} ingevuld")
    fits(page)


def test_an_import_on_a_phone(sign_in: SignIn) -> None:
    page = sign_in("beheerder", phone=True)
    page.goto("/studenten/importeren/")
    rows = "Studentnummer;Voornaam;Achternaam;Praktijkbegeleider\n00491;Pia;Duim;niemand@example.nl\n"
    page.get_by_label(re.compile("^Bestand")).set_input_files(
        [{"name": "duim.csv", "mimeType": "text/csv", "buffer": rows.encode()}]
    )
    for step in ("2", "3", "4"):
        press(page, "Verder")
        expect(page).to_have_title(re.compile(f"^Stap {step} van 4"))
        fits(page)
    expect(page.get_by_role("main")).to_contain_text("Geweigerd")


def fits(page: Page) -> None:
    """Nothing sticks out at the side."""
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") == 390, page.url


def test_the_pictures_of_the_readme(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    open_programme(page, CARE)
    expect(page.locator(".block--passed, .block--adopted").first).to_be_visible()
    kept = [picture(page, "examens")]

    phone = sign_in("schoolexaminator", phone=True)
    phone.get_by_role("button", name="Menu", exact=True).click()
    to_assess(phone, "Koen van der Berg", "Opdracht 4")
    phone.locator(".score-group").first.evaluate("part => window.scrollTo(0, part.offsetTop - 16)")
    kept.append(picture(phone, "beoordelen"))
    assert all(5_000 < path.stat().st_size < 200_000 for path in kept)
