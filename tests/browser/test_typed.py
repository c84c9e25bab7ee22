"""Nothing typed is lost, in a real browser: signed out in another tab, the server away, the tab closed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlalchemy import delete, insert

from app.entities.base import db
from app.entities.engine import transaction
from app.entities.programmes import Programme
from app.entities.students import StudentGroup
from app.entities.users import User
from tests.browser.axe import violations
from tests.browser.conftest import DEMO_PASSWORD, enter
from tests.browser.steps import fill_in, heading, link, open_tab, press, told
from tests.factories import make_group, make_user, refresh

SignIn = Callable[..., Page]
BACK, DRAFT = "[data-given-back]", "[data-draft]"
GROUP = "/studentgroepen/do/add_group"
STORED = "JSON.stringify(sessionStorage)"


@pytest.fixture
def many(school: Any, server: str) -> Iterator[None]:
    """More programmes than a form shows as boxes, while this test runs."""
    given = {"level": 3, "learning_path": "BOL", "cohort": 2025}
    with school.app.app_context(), transaction():
        rows = [{"name": f"Zoötechniek {n:02}", "crebo": f"{27000 + n}", **given} for n in range(25)]
        db.session.execute(insert(Programme), rows)
    yield
    with school.app.app_context(), transaction():
        theirs = "IN (SELECT id FROM programme WHERE name LIKE 'Zoötechniek%')"
        db.session.execute(sa.text(f"DELETE FROM user_programme WHERE programme_id {theirs}"))
        db.session.execute(delete(Programme).where(Programme.name.startswith("Zoötechniek")))


@pytest.fixture(autouse=True)
def fresh_cookies(cookies: dict[str, Any]) -> Iterator[None]:
    """These tests end sessions: nobody after them takes over a cookie."""
    yield
    cookies.clear()


def sign_out_everywhere(context: BrowserContext) -> None:
    """Overal afmelden, in another tab."""
    tab = context.new_page()
    tab.goto("/mijn-profiel/do/end_own_sessions")
    press(tab, "Overal afmelden")
    expect(heading(tab)).to_have_text("Aanmelden")
    tab.close()


def sign_in_here(page: Page, user: str) -> None:
    """On the page that asks for it, in the tab of the form."""
    expect(heading(page)).to_have_text("Aanmelden")
    told(page, "wat u had ingevuld, staat er dan nog")
    page.get_by_label("Gebruikersnaam").fill(user)
    page.get_by_label("Wachtwoord", exact=False).first.fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Aanmelden", exact=True).click()


def drafted(page: Page) -> None:
    """Wait until this tab holds a draft."""
    for _n in range(50):
        page.wait_for_timeout(200)
        if page.evaluate(STORED) != "{}":
            break
    page.wait_for_timeout(400)  # what was typed last is written a moment later


def away(page: Page, press_it: Callable[[], None]) -> None:
    """The server is away for a moment, just when the form is sent."""
    page.context.set_offline(True)
    press_it()
    page.wait_for_url("chrome-error://**")
    page.context.set_offline(False)


def fields(page: Page, selector: str) -> Any:
    """What a form would send, without what is drawn anew each time."""
    return page.locator(selector).evaluate(
        """form => [...new FormData(form)].filter(([name, value]) =>
             !['csrf_token', 'token'].includes(name) && typeof value === 'string')"""
    )


# -- the score form


def open_scores(page: Page) -> str:
    """A form of today that can be filled in."""
    page.goto("/te-beoordelen/")
    for href in page.locator("main a[href^='/te-beoordelen/']").evaluate_all(
        "all => all.map(a => a.pathname)"
    ):
        page.goto(href)
        if page.get_by_role("button", name="Opslaan", exact=True).count():
            return str(href)
    raise AssertionError("the demo school has nothing to assess today")


def tap_and_type(page: Page, remark: str) -> Any:
    for card in page.locator("[data-criterion]").all():
        card.locator(".score-level label").last.click()
    first = page.locator("[data-criterion]").first
    if not first.locator("textarea").is_visible():
        first.locator("summary").click()
    first.locator("textarea").fill("Bij het eerste criterium")
    page.get_by_label("Algemene opmerking").fill(remark)
    return fields(page, "[data-scores]")


def test_a_score_form_comes_back_after_signing_out_everywhere_in_another_tab(sign_in: SignIn) -> None:
    page = sign_in("schoolexaminator", phone=True)
    path = open_scores(page)
    typed = tap_and_type(page, "Twee uur lang getikt")
    sign_out_everywhere(page.context)
    press(page, "Opslaan")
    sign_in_here(page, "schoolexaminator")
    expect(page.locator(BACK)).to_contain_text("Er is nog niets gedaan")
    assert page.url.split("?")[0].endswith(path)
    assert fields(page, "[data-scores]") == typed
    expect(page.locator(DRAFT)).to_have_count(0)
    assert violations(page) == []
    press(page, "Opslaan")
    expect(page.locator(".save-state")).to_contain_text("opgeslagen:")
    assert page.evaluate(STORED) == "{}"
    expect(page.get_by_label("Algemene opmerking")).to_have_value("Twee uur lang getikt")


def test_what_was_given_back_is_there_again_for_who_looks_elsewhere_first(sign_in: SignIn) -> None:
    """No field was touched since, so nothing but the page itself held it."""
    page = sign_in("schoolexaminator", phone=True)
    page.on("dialog", lambda dialog: dialog.accept())
    path = open_scores(page)
    typed = tap_and_type(page, "Eerst even iets anders")
    sign_out_everywhere(page.context)
    press(page, "Opslaan")
    sign_in_here(page, "schoolexaminator")
    expect(page.locator(BACK)).to_be_visible()
    page.wait_for_timeout(400)
    page.locator("main a[href='/te-beoordelen/']").first.click()
    expect(heading(page)).to_have_text("Te beoordelen")
    page.locator(f"main a[href='{path}']").first.click()
    expect(page.locator(DRAFT)).to_contain_text("staat er weer")
    assert fields(page, "[data-scores]") == typed
    press(page, "Opslaan")
    expect(page.locator(".save-state")).to_contain_text("opgeslagen:")
    assert page.evaluate(STORED) == "{}"


def first_form(page: Page) -> str:
    for href in page.locator("main a[href^='/te-beoordelen/']").evaluate_all(
        "all => all.map(a => a.pathname)"
    ):
        page.goto(href)
        if page.get_by_role("button", name="Opslaan", exact=True).count():
            return str(href)
    raise AssertionError("the demo school has nothing to assess today")


def test_a_score_form_is_there_again_when_the_server_is(sign_in: SignIn) -> None:
    page = sign_in("schoolexaminator")
    path = open_scores(page)
    typed = tap_and_type(page, "De server was even weg")
    drafted(page)
    away(page, lambda: press(page, "Opslaan"))
    page.goto(path)
    expect(page.locator(DRAFT)).to_contain_text("invulde, staat er weer")
    assert fields(page, "[data-scores]") == typed
    assert violations(page) == []
    assert "De server was even weg" not in page.evaluate(STORED)  # not to be read without the key
    press(page, "Opslaan")
    expect(page.locator(".save-state")).to_contain_text("opgeslagen:")
    page.reload()
    expect(page.locator(DRAFT)).to_have_count(0)
    assert page.evaluate(STORED) == "{}"


def test_a_draft_never_lands_on_what_was_saved_later(sign_in: SignIn) -> None:
    page = sign_in("schoolexaminator")
    path = open_scores(page)
    page.get_by_label("Algemene opmerking").fill("Van de laptop")
    drafted(page)
    phone = page.context.new_page()
    phone.goto(path)
    phone.get_by_label("Algemene opmerking").fill("Van de telefoon, later")
    press(phone, "Opslaan")
    expect(phone.locator(".save-state")).to_contain_text("opgeslagen:")
    phone.close()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator(DRAFT)).to_be_in_viewport()  # and the page does not scroll any more
    expect(page.get_by_label("Algemene opmerking")).to_have_value("Van de laptop")
    press(page, "Opslaan")
    expect(heading(page)).to_contain_text("Kies wat bewaard blijft")
    expect(page.get_by_role("main")).to_contain_text("Van de telefoon, later")
    expect(page.get_by_role("main")).to_contain_text("Van de laptop")


LEFT: dict[str, Callable[[Page, str], None]] = {
    "the server away": lambda page, _path: away(page, lambda: press(page, "Opslaan")),
    "Back": lambda page, _path: (page.go_back(), None)[1],
    "Annuleren": lambda page, path: page.locator(f"main a[href='{path}']").last.click(),
}


@pytest.mark.parametrize("how", list(LEFT))
def test_a_clash_in_which_was_chosen_does_not_take_the_place_of_what_was_typed(
    sign_in: SignIn, how: str
) -> None:
    """Both stand at one address: the draft of the form must stay that of the form, with its old version."""
    page = sign_in("schoolexaminator")
    page.on("dialog", lambda dialog: dialog.accept())
    path = open_scores(page)
    typed = tap_and_type(page, f"Van de laptop, en dan {how}")
    drafted(page)
    phone = page.context.new_page()
    phone.goto(path)
    phone.get_by_label("Algemene opmerking").fill(f"Van de telefoon, {how}")
    press(phone, "Opslaan")
    expect(phone.locator(".save-state")).to_contain_text("opgeslagen:")
    phone.close()
    press(page, "Opslaan")
    expect(heading(page)).to_contain_text("Kies wat bewaard blijft")
    for row in page.locator("main fieldset").all():
        row.locator("label").first.click()
    page.wait_for_timeout(600)
    LEFT[how](page, path)
    if how == "the server away":
        page.goto(path)
    expect(page.locator(DRAFT)).to_contain_text("staat er weer")
    assert fields(page, "[data-scores]") == typed
    press(page, "Opslaan")
    expect(heading(page)).to_contain_text("Kies wat bewaard blijft")
    for row in page.locator("main fieldset").all():
        row.locator("label").first.click()
    press(page, "Opslaan")
    expect(page.locator(".save-state")).to_contain_text("opgeslagen:")
    expect(page.get_by_label("Algemene opmerking")).to_have_value(f"Van de laptop, en dan {how}")
    expect(page.locator(DRAFT)).to_have_count(0)
    assert page.evaluate(STORED) == "{}"


def test_a_form_that_is_touched_keeps_its_session_once_a_minute(sign_in: SignIn) -> None:
    page = sign_in("schoolexaminator")
    page.clock.install()
    open_scores(page)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if one.url.endswith("/terug/nog-hier") else None)
    remark = page.get_by_label("Algemene opmerking")
    remark.press_sequentially("Direct")
    assert asked == []
    for minutes in (1, 2):
        page.clock.fast_forward(61_000)
        with page.expect_response("**/terug/nog-hier"):
            remark.press_sequentially(" en door")
        assert len(asked) == minutes
    token = page.locator("[data-scores] [name=csrf_token]")
    before = token.input_value()
    # Signed out and in again in another tab: the form gets a token that works.
    sign_out_everywhere(page.context)
    page.clock.fast_forward(61_000)
    with page.expect_response("**/terug/nog-hier"):
        remark.press_sequentially(".")
    expect(page.locator("[data-away]")).to_be_visible()
    assert token.input_value() == before
    tab = page.context.new_page()
    enter(tab, "schoolexaminator")
    tab.close()
    page.clock.fast_forward(61_000)
    with page.expect_response("**/terug/nog-hier"):
        remark.press_sequentially(".")
    expect(page.locator("[data-away]")).to_have_count(0)
    assert token.input_value() != before
    press(page, "Opslaan")
    expect(page.locator(".save-state")).to_contain_text("opgeslagen:")


def test_a_form_never_gets_the_token_of_another_account(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    page.clock.install()
    page.goto(GROUP)
    page.locator("#name").fill("Klas van de beheerder")
    before = page.locator("main [name=csrf_token]").first.input_value()
    sign_out_everywhere(page.context)
    tab = page.context.new_page()
    enter(tab, "praktijkbegeleider")
    page.clock.fast_forward(61_000)
    with page.expect_response("**/terug/nog-hier"):
        page.locator("#name").press_sequentially("!")
    expect(page.locator("[data-away]")).to_be_visible()
    assert page.locator("main [name=csrf_token]").first.input_value() == before
    press(page, "Opslaan")
    expect(page.get_by_role("main")).to_contain_text("onder een ander account")
    expect(page.get_by_role("main")).not_to_contain_text("Klas van de beheerder")
    # Their own page shows nothing of it, and takes the drafts of the other away.
    page.goto(GROUP)
    expect(page.locator("#name")).to_have_value("")
    expect(page.locator(DRAFT)).to_have_count(0)
    assert page.evaluate(STORED) == "{}"
    assert "Klas van de beheerder" not in page.content()


# -- planning of many


def open_planning(page: Page) -> str:
    open_tab(page, "Examens")
    choice = page.get_by_label("Opleiding", exact=True)
    choice.select_option(index=1)
    page.get_by_role("search").get_by_role("button", name="Filter").click()
    for box in page.locator("[data-tick]").all()[:3]:
        box.check()
    page.get_by_label("Actie", exact=True).select_option(label="Examenaanmelding toevoegen/wijzigen")
    press(page, "Ga!")
    page.get_by_role("radio").last.check()
    press(page, "Voer uit")
    expect(heading(page)).to_have_text("Examen inplannen")
    return page.url


def plan_much(page: Page) -> Any:
    page.get_by_role("radio", name=re.compile("^Elke opdracht apart")).check()
    for n, box in enumerate(page.locator("[data-planning] input[name$=_location]").all()):
        if box.is_visible():
            box.fill(f"Lokaal {n}")
    for n, box in enumerate(page.locator("[data-planning] [name$=_note]").all()):
        if box.is_visible():
            box.fill(f"Let op {n}")
    for box in page.locator("[data-planning] input[name$=_start]").all():
        if box.is_visible():
            box.fill("07:45")
    for box in page.locator("[data-planning] select[name$=_school_examiner]").all():
        if box.is_visible():
            box.select_option(index=1)
    return fields(page, "[data-planning]")


def test_planning_of_many_comes_back_after_signing_out_everywhere(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    address = open_planning(page)
    typed = plan_much(page)
    assert len(typed) > 25
    sign_out_everywhere(page.context)
    press(page, "Verder")
    sign_in_here(page, "beheerder")
    expect(page.locator(BACK)).to_contain_text("Druk daarna opnieuw op “Verder”.")
    assert fields(page, "[data-planning]") == typed
    assert page.url.startswith(address)
    expect(page.locator("[data-section=together]").first).to_be_hidden()
    # Leaving now asks first: it is not saved yet.
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("navigation", name="Hoofdmenu").get_by_role("link", name="Start").click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]


def test_planning_of_many_is_there_again_when_the_server_is(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    address = open_planning(page)
    typed = plan_much(page)
    drafted(page)
    away(page, lambda: press(page, "Verder"))
    page.goto(address)
    expect(page.locator(DRAFT)).to_be_visible()
    assert fields(page, "[data-planning]") == typed
    expect(page.locator("[data-section=together]").first).to_be_hidden()
    page.get_by_role("button", name="Gooi dit weg").click()
    expect(page.locator(DRAFT)).to_have_count(0)
    assert fields(page, "[data-planning]") != typed
    assert page.evaluate(STORED) == "{}"


# -- a form with a check page


def open_coupling(page: Page, row: int) -> str:
    """Koppelen aan opleiding, for the student in this row, with a choice made."""
    page.goto("/studenten/")
    student = page.locator("[data-tick]").nth(row).get_attribute("value")
    address = f"/studenten/do/couple_programme?id={student}"
    page.goto(address)
    page.locator("#target").select_option(index=3)
    drafted(page)
    return address


def check_it(page: Page) -> None:
    press(page, "Verder")
    expect(page.get_by_role("button", name="Voer uit")).to_be_visible()
    page.wait_for_timeout(300)


def test_what_was_checked_is_there_again_when_the_server_is(sign_in: SignIn) -> None:
    """The check page is an answer, and yet nothing is done: the server goes away at the last press."""
    page = sign_in("beheerder")
    page.on("dialog", lambda dialog: dialog.accept())
    address = open_coupling(page, 0)
    typed = fields(page, "main form[method=post]")
    check_it(page)
    away(page, lambda: press(page, "Voer uit"))
    page.goto(address)
    expect(page.locator(DRAFT)).to_be_visible()
    assert fields(page, "main form[method=post]") == typed


def test_what_was_done_or_left_from_its_check_page_leaves_no_draft(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    page.on("dialog", lambda dialog: dialog.accept())
    for how in ("Annuleren", "Voer uit"):
        address = open_coupling(page, 1)  # another row: this one is coupled in the end
        check_it(page)
        assert page.evaluate(STORED) != "{}"
        page.get_by_role("main").get_by_text(how, exact=True).click()
        expect(heading(page)).to_have_text("Studenten")
        page.goto(address)
        expect(page.locator(DRAFT)).to_have_count(0)
        assert page.evaluate(STORED) == "{}"


# -- the import


def open_mapping(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "studenten.csv"
    head = "Studentnummer;Voornaam;Tussenvoegsel;Achternaam;Huisdier\r\n"
    file.write_text(head + "".join(f"99{n:03};Fleur;;Vos{n};kat\r\n" for n in range(5)))
    page.goto("/studenten/importeren/")
    page.locator("#file").set_input_files(file)
    page.get_by_role("radio", name="Geen inlogcode").check()
    press(page, "Verder")
    expect(page.locator(".import-map").first).to_be_visible()


def map_otherwise(page: Page) -> Any:
    for box in page.locator(".import-map select").all():
        box.select_option(index=3)
    return fields(page, "form:has(.import-map)")


def test_an_import_mapping_comes_back_after_signing_out_everywhere(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("beheerder")
    open_mapping(page, tmp_path)
    typed = map_otherwise(page)
    sign_out_everywhere(page.context)
    press(page, "Verder")
    sign_in_here(page, "beheerder")
    expect(page.locator(BACK)).to_be_visible()
    assert fields(page, "form:has(.import-map)") == typed


def test_an_import_mapping_is_there_again_when_the_server_is(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("beheerder")
    open_mapping(page, tmp_path)
    address, typed = page.url, map_otherwise(page)
    drafted(page)
    away(page, lambda: press(page, "Verder"))
    page.goto(address)
    expect(page.locator(DRAFT)).to_be_visible()
    assert fields(page, "form:has(.import-map)") == typed


def test_choices_for_columns_that_are_read_otherwise_do_not_come_back(
    sign_in: SignIn, tmp_path: Path
) -> None:
    """The browser asks first; then they are left, and never stand at other columns of the same place."""
    page = sign_in("beheerder")
    open_mapping(page, tmp_path)
    map_otherwise(page)
    drafted(page)
    page.on("dialog", lambda dialog: dialog.accept())
    again = page.locator("form[action$='/opnieuw-lezen']")
    again.evaluate("form => { const fold = form.closest('details'); if (fold) fold.open = true; }")
    again.locator("[name=header]").select_option(index=1)
    again.get_by_role("button").click()
    expect(page.locator(".import-map").first).to_contain_text("99000")
    expect(page.locator(DRAFT)).to_have_count(0)
    assert page.evaluate(STORED) == "{}"


def test_a_mapping_stays_when_the_file_cannot_be_read_otherwise(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("beheerder")
    open_mapping(page, tmp_path)
    typed = map_otherwise(page)
    drafted(page)
    page.on("dialog", lambda dialog: dialog.accept())
    again = page.locator("form[action$='/opnieuw-lezen']")
    again.evaluate("form => { const fold = form.closest('details'); if (fold) fold.open = true; }")
    again.locator("[name=header]").select_option(index=5)  # below it stands nothing
    again.get_by_role("button").click()
    expect(page.locator(DRAFT)).to_be_visible()
    assert fields(page, "form:has(.import-map)") == typed


@pytest.mark.parametrize("phone", [False, True], ids=["1280", "390"])
def test_what_is_typed_further_in_what_was_given_back_is_not_lost_either(
    sign_in: SignIn, phone: bool
) -> None:
    page = sign_in("schoolexaminator", phone=phone)
    page.on("dialog", lambda dialog: dialog.accept())
    open_scores(page)
    tap_and_type(page, "Vóór het afmelden")
    sign_out_everywhere(page.context)
    press(page, "Opslaan")
    sign_in_here(page, "schoolexaminator")
    remark = page.get_by_label("Algemene opmerking")
    expect(remark).to_have_value("Vóór het afmelden")
    expect(page.locator(DRAFT)).to_have_count(0)  # the server gives back the same
    remark.fill("Na het aanmelden")
    drafted(page)
    page.wait_for_timeout(600)
    page.reload()
    expect(page.locator(BACK)).to_be_visible()
    expect(page.locator(DRAFT)).to_be_visible()
    expect(remark).to_have_value("Na het aanmelden")
    # Signed out once more: what was sent last is what comes back, and no older draft lands on it.
    remark.fill("Nog later")
    drafted(page)
    sign_out_everywhere(page.context)
    press(page, "Opslaan")
    sign_in_here(page, "schoolexaminator")
    expect(remark).to_have_value("Nog later")
    press(page, "Opslaan")
    expect(page.locator(".save-state")).to_contain_text("opgeslagen:")
    assert page.evaluate(STORED) == "{}"


def test_a_file_that_must_be_chosen_again_is_named(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("beheerder")
    file = tmp_path / "handleiding-2026.pdf"
    file.write_bytes(b"%PDF-1.4")
    open_tab(page, "Bibliotheekbeheer")
    link(page, "Document toevoegen").first.click()
    page.locator("#title").fill("Handleiding voor examinatoren")
    page.locator("input[type=file]").set_input_files(file)
    sign_out_everywhere(page.context)
    page.locator("main form button[type=submit]").last.click()
    sign_in_here(page, "beheerder")
    expect(page.locator(BACK)).to_contain_text("Kies ook het bestand opnieuw: handleiding-2026.pdf.")
    expect(page.locator("#title")).to_have_value("Handleiding voor examinatoren")


# -- Back: the page is drawn anew, and the browser itself fills in nothing


def sign_out(page: Page) -> None:
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="Afmelden").click()
    expect(heading(page)).to_have_text("Aanmelden")


def go_back_to(page: Page, path: str) -> None:
    for _n in range(5):
        page.go_back()
        if page.url.endswith(path):
            break
    assert page.url.endswith(path)
    page.wait_for_timeout(500)


def test_going_back_shows_no_form_as_another_account_filled_it_in(sign_in: SignIn) -> None:
    page = sign_in("schoolexaminator")
    page.on("dialog", lambda dialog: dialog.accept())
    path = open_scores(page)
    untouched = fields(page, "[data-scores]")
    assert tap_and_type(page, "Van de schoolexaminator") != untouched
    drafted(page)
    sign_out(page)
    enter(page, "bedrijfsexaminator")
    go_back_to(page, path)
    assert page.locator("#remark").evaluate("box => box.value === box.defaultValue")
    drawn = "all => all.every(one => one.checked === one.defaultChecked)"
    assert page.locator("[data-scores] input[type=radio]").evaluate_all(drawn)
    expect(page.locator(DRAFT)).to_have_count(0)


def test_going_back_shows_no_address_that_another_account_typed(sign_in: SignIn) -> None:
    """A box that tells the browser what it is for is filled in by it, whatever its form says."""
    page = sign_in("schoolexaminator")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/mijn-profiel/do/change_email")
    page.locator("#email").fill("van-een-ander@example.nl")
    drafted(page)
    sign_out(page)
    enter(page, "bedrijfsexaminator")
    go_back_to(page, "/mijn-profiel/do/change_email")
    assert page.locator("#email").evaluate("box => box.value === box.defaultValue")


def test_going_back_shows_what_a_colleague_made_of_it_and_overwrites_nothing(sign_in: SignIn) -> None:
    page, colleague = sign_in("beheerder"), sign_in("beheerder")
    path = "/studentgroepen/do/change_group?id=5"
    page.goto(path)
    colour = page.locator("#colour").input_value()
    page.get_by_role("link", name="Start").first.click()
    colleague.goto(path)
    other = "grey" if colour != "grey" else "blue"
    colleague.locator("#colour").select_option(other)
    press(colleague, "Opslaan")
    told(colleague, "is gewijzigd")
    go_back_to(page, path)
    expect(page.locator("#colour")).to_have_value(other)


def test_going_back_shows_what_was_typed_to_who_typed_it_and_it_is_still_kept(sign_in: SignIn) -> None:
    """Fields that the browser would have filled in again, and fields that it never did."""
    page = sign_in("schoolexaminator")
    page.on("dialog", lambda dialog: dialog.accept())
    path = open_scores(page)
    typed = tap_and_type(page, "Even naar Start")
    drafted(page)
    page.get_by_role("link", name="Start").first.click()
    expect(heading(page)).not_to_contain_text("Proef")
    go_back_to(page, path)
    expect(page.locator(DRAFT)).to_be_visible()
    assert fields(page, "[data-scores]") == typed
    page.reload()
    expect(page.locator(DRAFT)).to_be_visible()
    assert fields(page, "[data-scores]") == typed
    page = sign_in("beheerder")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(GROUP)
    fill_in(page, {"Naam": "Klas van Terug"})
    drafted(page)
    page.get_by_role("link", name="Start").first.click()
    go_back_to(page, GROUP)
    expect(page.locator("#name")).to_have_value("Klas van Terug")


def test_leaving_a_form_that_was_refused_is_asked_about_too(sign_in: SignIn) -> None:
    """What it shows is what was typed, and none of it is saved."""
    page, asked = sign_in("beheerder"), []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.goto("/gebruikers/do/add_user")
    fill_in(page, {"Voornaam": "Kim", "Achternaam": "Kiezer"})
    press(page, "Opslaan")
    expect(page.locator("[data-error-summary]")).to_be_visible()
    page.get_by_role("link", name="Start").first.click()
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    expect(page.locator("#first_name")).to_have_value("Kim")


def test_what_is_typed_just_before_signing_out_is_not_kept_after_it(sign_in: SignIn) -> None:
    """The draft is written a moment after the last letter: by then the tab is signing out."""
    page = sign_in("beheerder")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(GROUP)
    page.route("**/afmelden", lambda route: (page.wait_for_timeout(1000), route.continue_())[1])
    page.locator(".user-menu summary").click()
    page.locator("#name").evaluate(
        """box => { box.value = "Op het nippertje"; box.dispatchEvent(new Event("input", { bubbles: true }));
                    document.querySelector("form[action='/afmelden']").requestSubmit(); }"""
    )
    expect(heading(page)).to_have_text("Aanmelden")
    assert page.evaluate(STORED) == "{}"


# -- every form


def test_what_was_answered_leaves_no_draft_and_what_was_left_does_not_come_back(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(GROUP)
    fill_in(page, {"Naam": "Klas van de proef"})
    drafted(page)
    press(page, "Opslaan")
    told(page, "is toegevoegd")
    assert page.evaluate(STORED) == "{}"
    page.goto(GROUP)
    expect(page.locator("#name")).to_have_value("")
    fill_in(page, {"Naam": "Klas van de proef"})
    drafted(page)
    press(page, "Opslaan")  # there is one of that name: the page itself shows what was typed
    expect(page.locator("#name")).to_have_value("Klas van de proef")
    expect(page.locator(DRAFT)).to_have_count(0)
    fill_in(page, {"Naam": "Bij nader inzien niet"})
    drafted(page)
    link(page, "Annuleren").click()
    expect(heading(page)).to_have_text("Studentgroepen")
    page.goto(GROUP)
    page.wait_for_timeout(500)
    expect(page.locator("#name")).to_have_value("")


def test_a_tab_that_is_opened_again_has_what_was_typed(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/gebruikers/do/add_user")
    fill_in(page, {"Voornaam": "Kim", "Achternaam": "Kiezer"})
    page.get_by_role("checkbox", name="Examencommissie").check()
    drafted(page)
    page.reload()
    expect(page.locator(DRAFT)).to_be_visible()
    expect(page.locator("#first_name")).to_have_value("Kim")
    expect(page.get_by_role("checkbox", name="Examencommissie")).to_be_checked()
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="Afmelden").click()
    expect(heading(page)).to_have_text("Aanmelden")
    assert page.evaluate(STORED) == "{}"


def test_what_was_chosen_from_many_is_there_again(sign_in: SignIn, many: None) -> None:
    page = sign_in("beheerder")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/gebruikers/do/add_user")
    fill_in(page, {"Voornaam": "Kim", "Achternaam": "Kiezer", "E-mailadres": "kim@example.nl"})
    fill_in(page, {"Rollen": ["Praktijkbegeleider"]})
    box = page.get_by_role("combobox", name="Zoek in Opleidingen")
    for name in ("Zoötechniek 03", "Zoötechniek 17"):
        box.fill(name)
        page.get_by_role("option", name=name).click()
    drafted(page)
    away(page, lambda: press(page, "Opslaan"))
    page.goto("/gebruikers/do/add_user")
    expect(page.locator(DRAFT)).to_be_visible()
    expect(page.locator(".chip")).to_have_count(2)
    expect(page.locator(".chip").last).to_contain_text("Zoötechniek 17")
    press(page, "Opslaan")
    expect(heading(page)).to_have_text("Kim Kiezer")
    expect(page.get_by_role("row").filter(has_text="Zoötechniek 17")).to_have_count(1)


@dataclass
class Mentored:
    """A group with a mentor, and another one whom somebody chooses."""

    group: int
    mentor: int
    other: int


@pytest.fixture
def mentored(school: Any, server: str) -> Iterator[Mentored]:
    with school.app.app_context():
        mentor, other = (make_user("school_supervisor", last_name=name).id for name in ("Eerst", "Laterman"))
        group = make_group(name="MENTOR1", mentor_id=mentor).id
        refresh()
    yield Mentored(group, mentor, other)
    with school.app.app_context(), transaction():
        db.session.execute(delete(StudentGroup).where(StudentGroup.name.startswith("MENTOR")))
        db.session.execute(delete(User).where(User.id.in_([mentor, other])))


def write(school: Any, statement: Any) -> None:
    """What a colleague does meanwhile."""
    with school.app.app_context(), transaction():
        db.session.execute(statement)


@pytest.mark.parametrize("way", ["the server is away", "signed out everywhere"])
def test_a_choice_that_went_meanwhile_is_named_and_not_saved_as_none(
    sign_in: SignIn, school: Any, mentored: Mentored, way: str
) -> None:
    page = sign_in("beheerder")
    page.on("dialog", lambda dialog: dialog.accept())
    path = f"/studentgroepen/do/change_group?id={mentored.group}"
    page.goto(path)
    fill_in(page, {"Naam": "MENTOR2"})
    page.get_by_label("Mentor").select_option(str(mentored.other))
    drafted(page)
    if way == "the server is away":
        away(page, lambda: press(page, "Opslaan"))
    else:
        sign_out_everywhere(page.context)
        press(page, "Opslaan")
    write(school, sa.update(User).where(User.id == mentored.other).values(active=False))
    if way == "the server is away":
        page.goto(path)
        expect(page.locator(DRAFT)).to_contain_text("Deze keuzes zijn er niet meer: Mentor: ")
        expect(page.locator(DRAFT)).to_contain_text("Laterman")
        expect(page.get_by_label("Mentor")).to_have_value(str(mentored.mentor))
    else:
        sign_in_here(page, "beheerder")
        expect(page.locator(BACK)).to_be_visible()
        expect(page.locator(".field-error")).to_contain_text("Deze keuze is er niet meer. Kies opnieuw.")
    expect(page.get_by_label("Naam")).to_have_value("MENTOR2")
    assert violations(page) == []


def test_what_was_chosen_in_boxes_is_there_again_where_they_became_a_search_box(
    sign_in: SignIn, school: Any, request: pytest.FixtureRequest
) -> None:
    """And the other way: what there is to choose decides which of the two it is."""
    page = sign_in("beheerder")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/gebruikers/do/add_user")
    fill_in(page, {"Voornaam": "Kim", "Achternaam": "Vink"})
    chosen = page.get_by_role("group", name="Opleidingen").get_by_role("checkbox").first
    name = chosen.locator("xpath=following-sibling::label").inner_text()
    chosen.check()
    drafted(page)
    request.getfixturevalue("many")
    page.goto("/gebruikers/do/add_user")
    expect(page.locator(DRAFT)).to_be_visible()
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator(".chip")).to_contain_text(name)
    page.get_by_role("combobox", name="Zoek in Opleidingen").fill("Zoötechniek 03")
    page.get_by_role("option", name="Zoötechniek 03").click()
    drafted(page)
    write(school, delete(Programme).where(Programme.name.startswith("Zoötechniek")))
    page.goto("/gebruikers/do/add_user")
    expect(page.get_by_label(name)).to_be_checked()
    expect(page.locator(DRAFT)).to_contain_text("Deze keuzes zijn er niet meer: Opleidingen: Zoötechniek 03")


def test_what_was_typed_is_still_read_when_the_row_went_while_the_server_was_away(
    sign_in: SignIn, school: Any, mentored: Mentored
) -> None:
    page = sign_in("beheerder")
    page.on("dialog", lambda dialog: dialog.accept())
    path = f"/studentgroepen/do/change_group?id={mentored.group}"
    page.goto(path)
    fill_in(page, {"Naam": "MENTOR2", "Locatie": "Gebouw <b>Zuid</b>"})
    drafted(page)
    away(page, lambda: press(page, "Opslaan"))
    write(school, delete(StudentGroup).where(StudentGroup.id == mentored.group))
    page.goto(path, wait_until="load")
    expect(heading(page)).to_have_text("Niet gevonden")
    expect(page.locator(DRAFT)).to_contain_text("Dit had u ingevuld")
    expect(page.locator(DRAFT).locator("dd", has_text="MENTOR2")).to_have_count(1)
    expect(page.locator(DRAFT).locator("dd", has_text="Gebouw <b>Zuid</b>")).to_have_count(1)
    expect(page.locator(DRAFT)).to_contain_text("Eerst")
    assert violations(page) == []
    page.get_by_role("button", name="Gooi dit weg").click()
    expect(page.locator(DRAFT)).to_have_count(0)
    assert page.evaluate(STORED) == "{}"


def test_what_was_done_though_no_answer_came_is_not_done_twice(sign_in: SignIn) -> None:
    page = sign_in("beheerder")

    def lose_the_answer(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        route.fetch(max_redirects=0)
        route.abort()

    page.goto(GROUP)
    fill_in(page, {"Naam": "Klas zonder antwoord"})
    drafted(page)
    before: Any = page.context.cookies()
    page.route("**/studentgroepen/do/add_group", lose_the_answer)
    press(page, "Opslaan")
    page.wait_for_url("chrome-error://**")
    page.unroute_all()
    page.context.add_cookies(before)  # the answer with its cookie never arrived
    page.goto(GROUP)
    expect(page.locator(DRAFT)).to_be_visible()
    press(page, "Opslaan")
    told(page, "is toegevoegd")
    page.goto("/studentgroepen/?q=zonder+antwoord")
    expect(page.get_by_role("link", name="Klas zonder antwoord", exact=True)).to_have_count(1)


def test_no_password_or_code_stands_in_a_draft(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    page.on("dialog", lambda dialog: dialog.accept())
    typed = {
        "/mijn-profiel/do/change_password": {"#present": "proeve-demo", "#password": "een nieuw wachtwoord"},
        "/mijn-profiel/tweede-stap/do/set_up_app": {"#code": "123456"},
    }
    for path, boxes in typed.items():
        page.goto(path)
        for box, text in boxes.items():
            page.locator(f"form[data-guard] {box}").fill(text)
        page.wait_for_timeout(800)
        page.reload()
        page.wait_for_timeout(500)
        for box in boxes:
            expect(page.locator(box)).to_have_value("")
