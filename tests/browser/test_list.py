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
    expect(page.locator("#announcer")).to_contain_text("van")
    assert "order=number" in page.url
    page.get_by_label(re.compile("^Selecteer ")).first.check()
    expect(page.locator("[data-count]")).to_have_text("1 geselecteerd")
    field.press_sequentially("qqqq", delay=20)
    expect(page.get_by_text("Niets gevonden")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
    page.reload()
    expect(page.get_by_text("Niets gevonden")).to_be_visible()
