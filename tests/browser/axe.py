"""Checks a page against WCAG 2.2 A and AA with axe; the script comes out of the installed package."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Only violations come back; `preload` would fetch every style sheet again, for a rule that we do not use.
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"], "preload": False}
RUN = """async options => (await axe.run(document, options)).violations.map(
    v => `${v.id}: ${v.nodes[0].html.slice(0, 160)} (${v.nodes.length}x)`)"""


def violations(page: Page) -> list[str]:
    """What axe finds on this page: rule, and the first element that breaks it."""
    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN, OPTIONS)
    return found
