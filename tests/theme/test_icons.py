"""Icons come out of the installed package, and a page carries only its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.theme.icons import exists, icon_href, icon_symbols

APP = Path(__file__).parents[2] / "app"
NAMED = re.compile(r"""\bicon(?:_name)?(?:\(|=)["']([a-z0-9-]+)["']""")


@pytest.fixture
def page() -> Iterator[None]:
    with Flask(__name__).test_request_context():
        yield


def test_every_icon_named_in_the_application_exists() -> None:
    sources = [*APP.rglob("*.html"), *APP.rglob("*.py")]
    named = {
        (path.name, name) for path in sources for name in NAMED.findall(path.read_text(encoding="utf-8"))
    }
    assert ("user_menu.html", "box-arrow-right") in named, "the search no longer finds the icons"
    assert [pair for pair in sorted(named) if not exists(pair[1])] == []


@pytest.mark.usefixtures("page")
def test_a_page_carries_each_icon_it_uses_once() -> None:
    assert icon_href("pencil") == icon_href("pencil") == "#i-pencil"
    assert icon_symbols().count("<symbol") == 1
    assert 'id="i-pencil"' in icon_symbols()


@pytest.mark.usefixtures("page")
def test_an_unknown_icon_is_a_dot_not_a_broken_page() -> None:
    assert icon_href("no-such-icon") == "#i-dot"
    assert 'id="i-dot"' in icon_symbols()
