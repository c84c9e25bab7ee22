"""A day is typed, or chosen in the calendar behind its button: with the mouse, with the keys, on a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import violations
from tests.support import clock

SignIn = Callable[..., Page]


def update_form(page: Page) -> Locator:
    page.goto("/instellingen/do/add_update")
    return page.get_by_label("Datum", exact=False).first


def shown(day: date) -> str:
    return f"{day:%d-%m-%Y}"


@pytest.mark.parametrize("phone", [False, True])
def test_a_day_is_chosen_with_a_click(sign_in: SignIn, phone: bool) -> None:
    page = sign_in("ess", phone=phone)
    field = update_form(page)
    field.fill("24 nov 2026")
    expect(page.locator("[data-day-said]")).to_have_text("dinsdag 24 november 2026")
    page.get_by_role("button", name="Kalender").click()
    dialog = page.get_by_role("dialog", name="Kies een datum")
    expect(dialog.get_by_role("button", name="dinsdag 24 november 2026")).to_be_focused()
    box, window = dialog.bounding_box(), page.viewport_size
    assert box is not None
    assert window is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= window["width"]
    assert violations(page) == []
    dialog.get_by_role("button", name="Volgende maand").click()
    dialog.get_by_role("button", name="donderdag 3 december 2026").click()
    expect(field).to_have_value("03-12-2026")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Kalender")).to_be_focused()


def test_a_day_is_chosen_with_the_keys(sign_in: SignIn) -> None:
    page = sign_in("ess")
    field = update_form(page)
    expect(field).to_have_value(shown(clock.today()))
    field.fill("31-01-2027")
    page.get_by_role("button", name="Kalender").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(field).to_have_value(shown(date(2027, 2, 28) - timedelta(days=6)))
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(field).to_have_value(shown(date(2027, 2, 22)))
