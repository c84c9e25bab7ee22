"""The list of students in a browser: it follows what is typed, and the field keeps the cursor."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.axe import violations

SignIn = Callable[..., Page]


def test_the_list_follows_what_is_typed_and_the_field_keeps_the_cursor(sign_in: SignIn) -> None:
    page = sign_in("beheerder", phone=True)
    page.goto("/studenten/?order=number")
    field = page.get_by_label("Zoek op naam of nummer")
    first = page.get_by_role("rowheader").first.inner_text()
    wanted = first.split(",")[0].split()[0]
    field.press_sequentially(wanted.lower(), delay=20)
    expect(page).to_have_url(re.compile(f"q={wanted.lower()}", re.IGNORECASE))
    expect(page.locator(".chip").first).to_contain_text(wanted.lower())
    expect(field).to_be_focused()
    expect(field).to_have_value(wanted.lower())
    expect(page.locator("#announcer")).to_have_text(re.compile(r"^[1-9]\d* gevonden$"))
    assert "order=number" in page.url
    page.get_by_label(re.compile("^Selecteer ")).first.check()
    expect(page.locator("[data-count]")).to_have_text("1 geselecteerd")
    field.press_sequentially("qqqq", delay=20)
    expect(page.get_by_text("Niets gevonden")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("0 gevonden")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
    page.reload()
    expect(page.get_by_text("Niets gevonden")).to_be_visible()


def test_going_back_ticks_the_same_rows_and_not_the_same_places(sign_in: SignIn) -> None:
    page, colleague = sign_in("beheerder"), sign_in("beheerder")
    page.goto("/studenten/")
    ticked = page.locator("[data-tick]").nth(2)
    row = ticked.get_attribute("value")
    ticked.check()
    last = page.locator("[data-tick]").last.get_attribute("value")
    page.get_by_role("link", name="Start").first.click()
    colleague.goto(f"/studenten/do/change_student?id={last}")
    colleague.locator("#last_name").fill("Aaaa")
    colleague.get_by_role("button", name="Opslaan").click()
    expect(colleague.get_by_text("is gewijzigd").first).to_be_visible()
    page.go_back()
    expect(page.locator("[data-count]")).to_have_text("1 geselecteerd")
    assert page.locator("[data-tick]:checked").evaluate_all("all => all.map(one => one.value)") == [row]
    assert page.locator("[data-tick]").nth(2).get_attribute("value") != row


# How many controls of the bar can ever lie on a control of a row: from left to right they overlap.
MEETING = """() => {
  const spans = (css) => [...document.querySelectorAll(css)].map((one) => one.getBoundingClientRect());
  const rows = spans("tbody .row-buttons a, tbody [data-tick]");
  const meets = (a, b) => a.left < b.right && b.left < a.right;
  const bar = spans(".action-bar select, .action-bar button");
  return bar.filter((one) => rows.some((row) => meets(one, row))).length;
}"""


def test_the_action_bar_never_lies_on_what_is_pressed_in_a_row(sign_in: SignIn) -> None:
    """Half a button under another one is too small a target (WCAG 2.5.8)."""
    page = sign_in("beheerder")
    for width in (800, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for href in ("/studenten/", "/studentgroepen/", "/gebruikers/"):
            page.goto(href)
            assert page.evaluate(MEETING) == 0, (href, width)


# How many controls of the rows lie, from left to right, outside the part of the table that is seen.
UNSEEN = """() => [...document.querySelectorAll("tbody .row-buttons :is(a, button)")].filter((one) => {
  const box = one.getBoundingClientRect(), seen = one.closest(".table-region").getBoundingClientRect();
  return box.left < seen.left || box.right > seen.right;
}).length"""


def test_what_is_pressed_in_a_row_is_seen_without_scrolling(sign_in: SignIn) -> None:
    """The manual, step 4b: click on the pencil behind the student."""
    page = sign_in("beheerder")
    for width in (800, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for href in ("/studenten/", "/studentgroepen/", "/gebruikers/", "/examens/aanmelding/1"):
            page.goto(href)
            expect(page.locator("tbody .row-buttons").first).to_be_attached()
            assert page.evaluate(UNSEEN) == 0, (href, width)


def test_on_a_phone_the_action_bar_waits_at_the_end_until_a_row_is_ticked(sign_in: SignIn) -> None:
    page = sign_in("beheerder", phone=True)
    page.goto("/studenten/")
    bar = page.locator(".action-bar")
    expect(bar).not_to_be_in_viewport()
    page.get_by_label(re.compile("^Selecteer (?!alles)")).first.check()
    expect(bar).to_be_in_viewport()
    expect(bar).to_contain_text("1 geselecteerd")


# How many pixels of a table lie outside the part of it that is seen.
TOO_WIDE = """() => Math.max(0, ...[...document.querySelectorAll(".table-region")].map(
  (one) => one.scrollWidth - one.clientWidth))"""
LISTS = (
    "/studenten/",
    "/studentgroepen/",
    "/gebruikers/",
    "/examens/",
    "/examenbeheer/",
    "/opleidingen/",
    "/postvak-uit/",
    "/logboek/",
)


def test_every_list_fits_on_a_small_laptop(sign_in: SignIn) -> None:
    """Where a table is too wide, the pencil of a row covers its last column."""
    page = sign_in("beheerder")
    page.set_viewport_size({"width": 1280, "height": 900})
    wide = {}
    for href in LISTS:
        answer = page.goto(href)
        assert answer is not None
        if answer.status != 200:
            wide[href] = -answer.status
        elif over := page.evaluate(TOO_WIDE):
            wide[href] = over
    assert wide == {}


def test_on_a_phone_every_link_that_sorts_can_be_seen_and_pressed(sign_in: SignIn) -> None:
    page = sign_in("beheerder", phone=True)
    for path in ("/studenten/", "/gebruikers/", "/examenbeheer/", "/examens/momenten/"):
        page.goto(path)
        links = page.locator(".data thead a.sort:visible").all()
        assert len(links) >= 1, path
        for link in links:
            box = link.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 24, (path, link.inner_text(), box)
            assert box["x"] + box["width"] <= 390, (path, link.inner_text(), box)
    page.goto("/studenten/")
    page.get_by_role("link", name="Studentnummer").first.click()
    assert "order=number" in page.url


def test_all_that_match_are_chosen_but_for_those_that_are_unticked(sign_in: SignIn) -> None:
    page = sign_in("beheerder")
    page.goto("/studenten/")
    page.get_by_label(re.compile("^Alle 60 selecteren")).check()
    boxes = page.locator("[data-tick]")
    expect(boxes.first).to_be_checked()
    names = []
    for n in (0, 2):
        names.append(page.locator(".data tbody tr").nth(n).locator(".row-name a").inner_text())
        boxes.nth(n).uncheck()
    expect(page.locator("[data-count]")).to_have_text("Alle 60 geselecteerd, behalve 2")
    page.get_by_label("Actie", exact=True).select_option("release_progress")
    page.get_by_role("button", name="Voer uit").click()
    assert "zonder=" in page.url
    assert "&id=" not in page.url
    told = page.locator(".targets-out")
    expect(page.locator(".targets")).to_contain_text("58")
    for name in names:
        expect(told).to_contain_text(name.partition(",")[0])
    page.go_back()
    expect(page.locator("[data-count]")).to_have_text("Niets geselecteerd")
