"""Choosing from many: by keyboard, read aloud, and with a finger on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert

from app.entities.base import db
from app.entities.engine import transaction
from app.entities.programmes import Programme
from app.entities.students import StudentGroup
from tests.browser.axe import violations
from tests.browser.steps import do_action, fill_in, heading, link, open_tab, press

SignIn = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def many(school: Any, server: str) -> None:
    """More programmes and groups than a form shows as boxes."""
    given = {"level": 3, "learning_path": "BOL", "cohort": 2025}
    with school.app.app_context(), transaction():
        rows = [{"name": f"Zoötechniek {n:02}", "crebo": f"{27000 + n}", **given} for n in range(25)]
        db.session.execute(insert(Programme), rows)
        db.session.execute(insert(StudentGroup), [{"name": f"Klas {n:02}"} for n in range(25)])


def test_programmes_are_chosen_and_taken_away_by_keyboard(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    open_tab(page, "Gebruikers")
    link(page, "Nieuwe gebruiker invoeren").click()
    fill_in(page, {"Voornaam": "Kim", "Achternaam": "Kiezer", "E-mailadres": "kim@example.nl"})
    fill_in(page, {"Rollen": ["Praktijkbegeleider"]})
    box = page.get_by_role("combobox", name="Zoek in Opleidingen")
    status = page.locator("[data-picker-status]")
    options = page.get_by_role("listbox", name="Gevonden").get_by_role("option")

    page.get_by_role("checkbox", name="Examencommissie").press("Tab")
    expect(box).to_be_focused()
    box.press_sequentially("ZOO")
    expect(options).to_have_count(20)
    expect(status).to_have_text("De eerste 20 staan hier. Typ meer letters om verder te zoeken.")
    box.press_sequentially(" 2702")
    expect(options).to_have_count(5)
    expect(status).to_have_text("5 gevonden")
    box.press("ArrowUp")
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(options.nth(1)).to_have_id(box.get_attribute("aria-activedescendant") or "")
    assert violations(page) == []
    box.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("ZOO 2702")
    # Browsers let Tab stop in a list that scrolls; here it goes on to the next field of the form.
    box.fill("zoo")
    expect(options).to_have_count(20)
    box.press("Tab")
    expect(page.locator("#send_code")).to_be_focused()
    expect(options).to_have_count(0)

    for steps in (1, 2):
        box.fill("zootechniek 2701")
        expect(options).to_have_count(10)
        for _n in range(steps):
            box.press("ArrowDown")
        box.press("Enter")
        expect(box).to_have_value("")
    expect(status).to_have_text("Zoötechniek 11 (27011, 2025) gekozen. Aantal gekozen: 2.")
    box.press("Backspace")
    expect(status).to_have_text("Zoötechniek 11 (27011, 2025) verwijderd. Aantal gekozen: 1.")
    box.fill("zoiets niet")
    expect(status).to_have_text("Niets gevonden.")
    box.press("Enter")  # chooses nothing and sends nothing
    expect(heading(page)).to_have_text("Nieuwe gebruiker invoeren")
    assert violations(page) == []
    press(page, "Opslaan")
    expect(heading(page)).to_have_text("Kim Kiezer")
    expect(page.get_by_role("row").filter(has_text="Zoötechniek")).to_have_count(1)
    expect(page.get_by_role("row").filter(has_text="27010")).to_be_visible()


def test_groups_are_chosen_with_a_finger_on_a_phone(sign_in: SignIn) -> None:
    page = sign_in("beheerder", phone=True)
    page.goto("/studenten/?q=fatima+jansen")
    do_action(page, "Toevoegen aan studentgroepen", ["Jansen, Fatima"])
    box = page.get_by_role("combobox", name="Zoek in Studentgroepen")
    for wanted in ("Klas 03", "Klas 04"):
        box.tap()
        box.fill(wanted)
        page.get_by_role("option", name=wanted).tap()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Verwijder Klas 03").tap()
    expect(box).to_be_focused()
    press(page, "Verder")
    expect(page.get_by_role("main")).to_contain_text("toegevoegd aan Klas 04.")
