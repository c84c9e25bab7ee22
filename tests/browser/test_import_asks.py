"""Step 4 of an import in a browser: what it asks of many rows, and the one click that mends the refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import picture
from tests.support.importing import lines

SignIn = Callable[..., Page]
HEADER = ("Studentnummer", "Voornaam", "Achternaam", "Geboortedatum", "E-mail", "Status")


@pytest.mark.parametrize("phone", [False, True])
def test_wrong_addresses_stay_behind_with_one_click(sign_in: SignIn, phone: bool) -> None:
    page = sign_in("beheerder", phone=phone)
    rows = [
        ("970001", "An", "Mos", "3/4/2008", "geen", "actief"),
        ("970002", "Bo", "Mos", "3/25/2008", "ook geen", "actief"),
        ("970003", "Co", "Mos", "12/31/2007", "co@x.example.nl", "uitgeschreven"),
    ]
    page.goto("/studenten/importeren/")
    page.locator("#pasted").fill(lines(*rows, header=HEADER).decode().replace(";", "\t"))
    page.get_by_role("button", name="Verder").click()
    page.get_by_role("button", name="Verder").click()
    expect(page.get_by_label("Datums zoals 3/25/2008")).to_have_value("month")
    expect(page.get_by_label("uitgeschreven")).to_have_value("out")
    page.get_by_role("button", name="Verder").click()
    expect(page.get_by_text("Waarom rijen worden geweigerd")).to_be_visible()
    picture(page, f"import-asks-{'phone' if phone else 'wide'}")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Importeer deze 2 rijen zonder E-mail").click()
    expect(page.get_by_text("“ook geen” gaat niet mee")).to_be_visible()
    expect(page.get_by_text("04-03-2008")).to_be_visible()
    picture(page, f"import-answered-{'phone' if phone else 'wide'}")
