"""A company examiner without an account, on a phone: mail, code, moments, scores, saved; and the link."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.steps import (
    block,
    fill_in,
    fill_section,
    finish_planning,
    heading,
    link,
    open_programme,
    press,
    score,
    start_planning,
    told,
)
from tests.support import clock

SignIn = Callable[..., Page]
CARE = "Verzorgende-IG"
STUDENT, EXAM = "Postma, Demi", "25656-B1K2-PVB"
MOMENT = re.compile("^Bedrijfsexaminator uitnodigen")
OTHERS = 1  # tasks of this exam besides the first


@pytest.fixture
def office(sign_in: SignIn) -> Page:
    return sign_in("beheerder")


def plan_without_company(page: Page) -> None:
    open_programme(page, CARE)
    start_planning(page, STUDENT, EXAM)
    page.get_by_role("radio", name=re.compile("^Alle opdrachten tegelijk inplannen")).check()
    fill_section(page.locator("[data-section=together]").first, clock.today(), "00:05", company="Geen")
    finish_planning(page, "Planning wijzigen")


def invite(page: Page) -> str:
    """Invite somebody for all tasks of the planned exam at once; gives the text of the one mail."""
    open_programme(page, CARE, STUDENT.split(",", maxsplit=1)[0])
    block(page, STUDENT, EXAM).first.click()
    page.get_by_role("link", name=MOMENT).first.click()
    fill_in(
        page,
        {
            "Voornaam": "Bas",
            "Achternaam": "Bakker",
            "E-mailadres": "bas@example.nl",
            "Organisatie": "Zorggroep De Linde",
        },
    )
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(OTHERS)
    fits(page, 1280)
    press(page, "Uitnodigen")
    told(page, "Bas Bakker is uitgenodigd")
    expect(page.get_by_role("main").get_by_text("nog niet geopend")).to_have_count(1 + OTHERS)
    page.goto("/postvak-uit/")
    mails = page.get_by_role("main").get_by_role("link", name=re.compile("^Uitnodiging als examinator"))
    expect(mails).to_have_count(1)
    mails.click()
    page.wait_for_url(re.compile(r"/postvak-uit/\d+"))
    return page.get_by_role("main").inner_text()


def fits(page: Page, width: int = 390) -> None:
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") == width, page.url
    assert violations(page) == []


def test_a_guest_on_a_phone(office: Page, sign_in: SignIn) -> None:
    plan_without_company(office)
    mail = invite(office)
    code = re.search(r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b", mail)
    address = re.search(r"/uitnodiging/#([A-Za-z0-9_-]{43})", mail)
    assert code is not None
    assert address is not None

    # The code, typed as people type.
    phone = sign_in("", phone=True)
    phone.goto("/uitnodiging")
    fits(phone)
    phone.get_by_label("Code uit de mail").fill(code[0].lower().replace("-", " "))
    press(phone, "Verder met de code")
    expect(heading(phone)).to_have_text("Uw examenmomenten")
    lines = phone.get_by_role("main").get_by_role("link", name=re.compile("Opdracht"))
    expect(lines).to_have_count(1 + OTHERS)
    fits(phone)
    lines.first.click()
    expect(heading(phone)).to_contain_text("Demi Postma")
    expect(phone.get_by_role("navigation", name="Hoofdmenu")).to_have_count(0)
    total = score(phone, best=True)
    press(phone, "Opslaan")
    expect(phone.locator(".save-state")).to_contain_text(f"{total} van {total} ingevuld")
    expect(phone.get_by_role("button", name=re.compile("definitief"))).to_have_count(0)
    fits(phone)
    own = phone.url
    phone.goto("/studenten/")
    expect(heading(phone)).to_have_text("Geen toegang")
    phone.get_by_role("link", name="Naar de startpagina").click()
    phone.wait_for_url(re.compile("/uitnodiging/examen$"))
    phone.goto(own)
    link(phone, "Uw examenmomenten").click()
    expect(heading(phone)).to_have_text("Uw examenmomenten")
    expect(phone.get_by_role("main")).to_contain_text(f"U: {total} van {total}")

    # The link, on another phone: nothing happens before the button; the token leaves the address at once.
    other = sign_in("", phone=True)
    other.goto(address[0])
    button = other.get_by_role("button", name="Open mijn examen")
    expect(button).to_be_focused()
    assert "#" not in other.url
    fits(other)
    button.click()
    expect(heading(other)).to_have_text("Uw examenmomenten")
    other.goto(own)
    expect(other.locator(".save-state")).to_contain_text(f"{total} van {total} ingevuld")

    # Withdrawn: both phones are told, and nothing more is to be seen.
    office.go_back()
    open_programme(office, CARE, STUDENT.split(",", maxsplit=1)[0])
    block(office, STUDENT, EXAM).first.click()
    expect(office.get_by_role("main")).to_contain_text("geopend op")
    office.get_by_role("link", name=re.compile("^Intrekken")).first.click()
    press(office, "Intrekken")
    other.reload()
    expect(other.get_by_text("De school heeft uw uitnodiging voor het examenmoment")).to_be_visible()
    expect(link(other, "Uw examenmomenten")).to_have_count(0)
    assert other.url != own, "the one that is left"
    fits(other)
    for _moment in range(OTHERS):
        office.get_by_role("link", name=re.compile("^Intrekken")).first.click()
        press(office, "Intrekken")
    other.reload()
    expect(heading(other)).to_have_text("Uitnodiging afgelopen")
    expect(other.get_by_role("main")).to_contain_text("ingetrokken")
    fits(other)


def test_a_new_address_and_a_calendar_link(sign_in: SignIn) -> None:
    page = sign_in("schoolexaminator")
    page.goto("/mijn-profiel/")
    link(page, "Nieuwe kalenderlink").click()
    press(page, "Nieuwe kalenderlink")
    expect(page.get_by_label("Kalenderlink")).to_be_visible()
    assert violations(page) == []
    address = page.get_by_label("Kalenderlink").input_value()
    assert re.search(r"/kalender/[A-Za-z0-9_-]{43}\.ics$", address)
    page.goto("/mijn-profiel/")
    assert address not in page.content()
    link(page, "Wat het systeem over mij bewaart").click()
    expect(heading(page)).to_have_text("Wat het systeem over mij bewaart")
    assert violations(page) == []
    with page.expect_download() as download:
        link(page, "Downloaden (JSON)").click()
    assert download.value.suggested_filename == "mijn-gegevens.json"
