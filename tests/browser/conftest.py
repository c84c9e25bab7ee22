"""A real Chromium on a real server with the demo school.

server   the address of the demo school, put back once per test module
sign_in  sign_in("beheerder") -> a Playwright page signed in as that demo user, at 1280 x 900;
         sign_in("schoolexaminator", phone=True): at 390 x 844, as a phone; sign_in(): nobody.
         A user fills in the sign-in page once per module; later pages take over the cookie.
Every page is watched: a script error, a CSP violation, a missing file or an answer of 500 fails the test
at its end.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect, sync_playwright
from werkzeug.serving import make_server

from tests.support.chromium import chromium_path, launch_args

DEMO_PASSWORD = "proeve-demo"
ROOT = Path(__file__).parent.parent.parent
PICTURES = ROOT / ("docs" if os.environ.get("PROEVE_PICTURES") == "1" else "test-results") / "pictures"
PATIENCE_MS = 15_000  # a busy machine is slow, not broken

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests go first, each module in its random order: a long one at the end leaves a worker idle."""
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium_path(), args=launch_args())
        yield started
        started.close()


def whole(app: Any) -> Any:
    """The application with answers read to the end: a browser that hurries on would leave a file open."""

    def answer(environ: Any, start: Any) -> list[bytes]:
        parts = app(environ, start)
        try:
            return [b"".join(parts)]
        finally:
            if hasattr(parts, "close"):
                parts.close()

    return answer


@pytest.fixture(scope="module")
def server(school: Any) -> Iterator[str]:
    school.restore("demo")
    listening = make_server("127.0.0.1", 0, whole(school.app), threaded=True)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    thread.join()
    listening.server_close()


@pytest.fixture(scope="module")
def cookies(server: str) -> dict[str, Any]:
    """What each user's browser keeps after signing in; filled by `sign_in`."""
    return {}


@pytest.fixture
def sign_in(browser: Browser, server: str, cookies: dict[str, Any]) -> Iterator[Callable[..., Page]]:
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def opened(user: str = "", *, phone: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": 390, "height": 844} if phone else {"width": 1280, "height": 900},
            has_touch=phone,
            is_mobile=phone,
            device_scale_factor=2 if phone else 1,
            locale="nl-NL",
            base_url=server,
            storage_state=cookies.get(user),
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watch(page, problems)
        if user and user not in cookies:
            enter(page, user)
            cookies[user] = context.storage_state()
        elif user:
            page.goto("/")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def enter(page: Page, user: str, password: str = DEMO_PASSWORD) -> None:
    page.goto("/aanmelden")
    page.get_by_label("Gebruikersnaam").fill(user)
    page.get_by_label("Wachtwoord", exact=False).first.fill(password)
    page.get_by_role("button", name="Aanmelden", exact=True).click()
    page.wait_for_url("**/")


def watch(page: Page, problems: list[str]) -> None:
    """Note everything that a user would call broken."""
    page.on("pageerror", lambda error: problems.append(f"script: {error}"))
    page.on("console", lambda line: problems.append(f"console: {line.text}") if _is_bad(line) else None)
    page.on("response", lambda r: problems.append(f"{r.status} {r.url}") if _is_broken(r) else None)


def _is_bad(line: Any) -> bool:
    """Whether a line of the console is a fault. A 4xx, our answer to refused input, is none."""
    return line.type == "error" and "Failed to load resource" not in line.text


def _is_broken(answer: Response) -> bool:
    return answer.status >= 500 or (answer.status >= 400 and answer.request.resource_type != "document")


def picture(page: Page, name: str) -> Path:
    """A picture of the window, for the README: in docs/pictures when PROEVE_PICTURES is 1."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    return path
