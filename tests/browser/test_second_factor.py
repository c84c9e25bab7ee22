"""The second step in a real Chromium: codes of an app, and passkeys with its virtual authenticator."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyotp
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import DEMO_PASSWORD
from tests.browser.steps import heading, press
from tests.support import clock

PROFILE = "/mijn-profiel/tweede-stap/"


def fill_in_password(page: Page, user: str) -> None:
    page.goto("/aanmelden")
    page.get_by_label("Gebruikersnaam").fill(user)
    page.get_by_label("Wachtwoord", exact=False).first.fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Aanmelden", exact=True).click()


def with_authenticator(page: Page) -> Any:
    """A device that holds passkeys and always sees its owner's finger."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return cdp


def test_an_app_is_set_up_and_then_asked_for_at_sign_in(sign_in: Callable[..., Page]) -> None:
    page = sign_in(phone=True)
    fill_in_password(page, "praktijkbegeleider")
    page.wait_for_url("**/")
    page.goto(PROFILE)
    assert violations(page) == []
    page.get_by_role("link", name="App instellen").click()
    expect(page.locator(".factor-secret code")).to_be_visible()
    assert violations(page) == []
    secret = page.locator(".factor-secret code").inner_text().replace(" ", "")
    page.get_by_label("Code uit de app").fill(pyotp.TOTP(secret).at(clock.seconds()))
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Herstelcodes")
    assert violations(page) == []
    code = page.locator(".recovery-codes code").first.inner_text()
    assert page.locator(".recovery-codes code").count() == 10
    page.get_by_role("link", name="Ik heb ze bewaard, verder").click()
    page.context.clear_cookies()
    fill_in_password(page, "praktijkbegeleider")
    page.wait_for_url("**/aanmelden/tweede-stap**")
    assert violations(page) == []
    page.get_by_label("Code", exact=False).fill(code)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    expect(page.get_by_text("U hebt een herstelcode gebruikt.")).to_be_visible()
    page.context.clear_cookies()
    fill_in_password(page, "praktijkbegeleider")
    later = pyotp.TOTP(secret).at(clock.seconds() + 30)
    page.get_by_label("Code", exact=False).fill(later)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def test_a_passkey_is_made_and_signs_in_without_name_or_password(
    browser: Browser, server: str, sign_in: Callable[..., Page]
) -> None:
    named = server.replace("127.0.0.1", "localhost")
    context = browser.new_context(base_url=named, locale="nl-NL", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    with_authenticator(page)
    fill_in_password(page, "schoolexaminator")
    page.wait_for_url("**/")
    page.goto(PROFILE)
    page.get_by_role("link", name="Passkey toevoegen").click()
    page.get_by_label("Naam").fill("laptop van het werk")
    press(page, "Passkey maken")
    expect(heading(page)).to_have_text("Herstelcodes")
    context.clear_cookies()
    page.goto("/aanmelden")
    assert violations(page) == []
    page.get_by_role("button", name="Aanmelden met een passkey").click()
    page.wait_for_url("**/")
    expect(page.get_by_role("navigation", name="Hoofdmenu")).to_be_visible()
    context.clear_cookies()
    fill_in_password(page, "schoolexaminator")
    page.wait_for_url("**/aanmelden/tweede-stap**")
    page.get_by_role("button", name="Gebruik een passkey").click()
    page.wait_for_url("**/")
    page.goto(PROFILE)
    expect(page.get_by_role("cell", name=re.compile("laptop van het werk")).first).to_be_visible()
    assert violations(page) == []
    context.close()
