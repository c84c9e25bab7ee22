"""From an empty folder to the first definitive result: README's own commands and the manual's steps.

The school is served by gunicorn behind a proxy that speaks TLS (the file of docs/service; a machine without
nginx and Caddy takes the tests' own), and its mails go to a real mail server. Nothing gets into its database
but by its commands and its pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyotp
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import steps
from tests.browser.conftest import PATIENCE_MS, watch
from tests.browser.steps import fill_in, heading, link, open_tab, press
from tests.support import clock
from tests.support.chromium import chromium_path, launch_args
from tests.support.proxies import Place
from tests.support.site import Site, empty_site

TITLE, SENDER = "ROC Noord", "examens@rocnoord.nl"
PASSWORD = "vier woorden samen zijn lang"
ADMINISTRATOR, SUPPLIER = "noor", "esther"
CARE, EXAM, TASKS = "Verzorgende-IG", "25656-B1K2-PVB", ("Opdracht 1", "Opdracht 2")
NUMBER, LOTTE, EERSTE = "00001", "Lotte", "Eerste"

# What an operator types at README's second step.
ANSWERS = (
    ("Naam van de school", TITLE),
    ("Leverancier van examens: naam", "ESS"),
    ("Leverancier van examens: e-mailadres", "help@ess.nl"),
    ("Afzender van mails", SENDER),
    ("Voornaam", "Noor"),
    ("Tussenvoegsel", "de"),
    ("Achternaam", "Wit"),
    ("E-mailadres", "noor@rocnoord.nl"),
    ("Gebruikersnaam", ADMINISTRATOR),
    ("Wachtwoord", PASSWORD),
    ("Nogmaals het wachtwoord", PASSWORD),
    ("leverancier maken? [j/N]", "j"),
    ("Voornaam", "Esther"),
    ("Tussenvoegsel", ""),
    ("Achternaam", "Smit"),
    ("E-mailadres", "esther@ess.nl"),
    ("Gebruikersnaam", SUPPLIER),
    ("Wachtwoord", PASSWORD),
    ("Nogmaals het wachtwoord", PASSWORD),
)
# Named as tests/browser/steps.py chooses them: address, role, name.
SCHOOL_EXAMINER = ("sanne@rocnoord.nl", "Examinator school", ("Sanne", "de", "Vries"))
COMPANY_EXAMINER = ("bjorn@zorg-linde.nl", "Examinator bedrijf", ("Björn", "van den", "Berg"))
COMMITTEE = ("els@rocnoord.nl", "Examencommissie", ("Els", "", "Bakker"))
USERS = (SCHOOL_EXAMINER, COMPANY_EXAMINER, COMMITTEE)
STUDENT = f"{EERSTE}, {LOTTE}"  # as lists show a student

Opens = Callable[[], Page]


@contextmanager
def chromium(browser: Browser, place: Place) -> Iterator[Opens]:
    """A Chromium for which the site's name leads to this machine: its pages have their real address."""
    there = f"--host-resolver-rules=MAP {place.host}:443 127.0.0.1:{place.secure}"
    started = browser.browser_type.launch(executable_path=chromium_path(), args=[*launch_args(), there])
    problems: list[str] = []

    def opened() -> Page:
        context: BrowserContext = started.new_context(
            viewport={"width": 1280, "height": 900},
            locale="nl-NL",
            base_url=f"https://{place.host}",
            ignore_https_errors=True,  # it does not know the authority; Site, which asks /readyz, does
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watch(page, problems)
        return page

    try:
        yield opened
    finally:
        started.close()
    assert problems == []


def set_up_app(page: Page) -> None:
    """The authenticator app, which a new school asks of who decides: to the recovery codes and on."""
    link(page, "App instellen").click()
    secret = page.locator(".factor-secret code").inner_text().replace(" ", "")
    page.get_by_label("Code uit de app").fill(pyotp.TOTP(secret).at(clock.seconds()))
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Herstelcodes")
    link(page, "Ik heb ze bewaard, verder").click()


def new_user(page: Page, address: str, role: str, name: tuple[str, str, str]) -> None:
    """Step 3: a user who gets a code by mail; an examiner is coupled to the programme."""
    first, infix, last = name
    open_tab(page, "Gebruikers")
    link(page, "Nieuwe gebruiker invoeren").click()
    fill_in(page, {"Voornaam": first, "Tussenvoegsel": infix, "Achternaam": last, "E-mailadres": address})
    fill_in(page, {"Rollen": [role], "Inlogcode versturen": True})
    press(page, "Opslaan")
    expect(heading(page)).to_have_text(" ".join(filter(None, name)))
    if role == COMMITTEE[1]:
        return
    link(page, "Koppelen aan opleidingen").click()
    fill_in(page, {"Opleidingen": [CARE]})
    steps.carry_out(page, CARE)


def first_sign_in(page: Page, site: Site, address: str) -> None:
    """With nothing but the mail that came: its address, user name and code; then a password."""
    text = site.mail_to(address, about="inlogcode")
    (where,) = re.findall(r"https://\S+/aanmelden/\S*\w", text)
    assert where.startswith(f"https://{site.place.host}/")
    (name,), (code,) = re.findall(r"gebruikersnaam: (\S+)", text), re.findall(r"inlogcode: (\S+)", text)
    page.goto(where)
    page.get_by_label(re.compile("^Gebruikersnaam")).fill(name)
    page.get_by_label(re.compile("^Inlogcode")).fill(code)
    page.get_by_role("button", name="Aanmelden", exact=True).click()
    if address == COMMITTEE[0]:  # decides, so that the second step comes first
        set_up_app(page)
    expect(heading(page)).to_have_text("Kies een wachtwoord")
    page.get_by_label(re.compile(r"^Nieuw wachtwoord\s*\*?$")).fill(PASSWORD)
    page.get_by_label(re.compile("^Nieuw wachtwoord, nog")).fill(PASSWORD)
    page.get_by_role("button", name="Opslaan", exact=True).click()


def test_from_an_empty_folder_to_a_definitive_result(browser: Browser, tmp_path: Path) -> None:
    with empty_site(tmp_path, "roc-noord") as site:
        status, said = site.new_school(ANSWERS)
        assert status == 0, said
        assert "Noor de Wit kan zich aanmelden als noor" in said
        with site.served(), chromium(browser, site.place) as opens:
            office, company, school, committee = opens(), opens(), opens(), opens()
            begin(office)
            set_up_school(office)
            for page, (address, _, _) in zip((school, company, committee), USERS, strict=True):
                first_sign_in(page, site, address)
            plan(office)
            assess(company, school)
            result_is_seen(office, committee)
        assert "Traceback" not in site.said
        assert " ERROR " not in site.said
    assert {str(mail["From"]) for mail in site.mails.received} == {f"{TITLE} <{SENDER}>"}


def begin(page: Page) -> None:
    """The administrator of README's second step signs in, and is led through setting up an app."""
    page.goto("/")
    page.get_by_label(re.compile("^Gebruikersnaam")).fill(ADMINISTRATOR)
    page.get_by_label(re.compile("^Wachtwoord")).fill(PASSWORD)
    page.get_by_role("button", name="Aanmelden", exact=True).click()
    set_up_app(page)
    expect(heading(page)).to_have_text("Welkom, Noor de Wit")
    todo = page.get_by_role("region", name="In acht stappen klaar")
    expect(todo).to_contain_text("2 van 8")
    kept = {one["name"]: one["secure"] for one in page.context.cookies()}
    assert "__Host-proeve" in kept
    assert all(kept.values())


def set_up_school(page: Page) -> None:
    """The manual's steps 1 to 5, as far as one exam needs them."""
    open_tab(page, "Opleidingen")
    expect(page.get_by_role("row").filter(has_text=CARE)).to_contain_text("25656")
    open_tab(page, "Examenbeheer")
    expect(page.get_by_role("row").filter(has_text=EXAM)).to_have_count(1)
    for one in USERS:
        new_user(page, *one)
    steps.new_student(page, NUMBER, LOTTE, EERSTE, Opleiding=CARE)


def plan(page: Page) -> None:
    """Step 6: the whole exam today, so that it can be assessed at once."""
    steps.open_programme(page, CARE, EERSTE)
    steps.start_planning(page, STUDENT, EXAM)
    steps.plan_together(page, clock.today(), "00:05")
    expect(steps.block(page, STUDENT, EXAM).locator(".block-attempt")).to_have_text("1")


def assess(company: Page, school: Page) -> None:
    """The company's examiner fills in; the school's does too, and makes it definitive."""
    for task in TASKS:
        steps.assess(company, f"{LOTTE} {EERSTE}", task, best=True)
        expect(company.get_by_text("definitief maken…")).to_have_count(0)
        steps.assess(school, f"{LOTTE} {EERSTE}", task, best=True)
        if task == TASKS[0]:  # who decides is asked for a second step at the first decision
            steps.make_definitive(school, set_up_app)
        else:
            steps.make_definitive(school)


def result_is_seen(office: Page, committee: Page) -> None:
    for page in (office, committee):
        steps.open_programme(page, CARE, EERSTE)
        done = steps.block(page, STUDENT, EXAM)
        expect(done).to_contain_text("geslaagd")
        assert steps.colour(done) == "groen"
    open_tab(committee, "Examencommissie")
    row = committee.get_by_role("row").filter(has_text=STUDENT)
    expect(row).to_contain_text("Definitief: geslaagd")
