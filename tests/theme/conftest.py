"""The theme alone, without a school: templates drawn from hand-made models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, render_template
from flask_babel import Babel, get_locale
from flask_wtf import CSRFProtect

from app.theme.setup import init_theme
from app.theme.widgets import NavItem

APP = Path(__file__).parents[2] / "app"


@pytest.fixture(scope="session")
def themed() -> Flask:
    app = Flask("themed", static_folder=str(APP / "static"), template_folder=str(APP / "templates"))
    app.config.update(SECRET_KEY="only here", BABEL_DEFAULT_LOCALE="nl", TESTING=True)
    Babel(app)
    CSRFProtect(app)
    init_theme(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        school=SimpleNamespace(name="Vossenveld College", demo=True, logo_url="", accent="#ffd400"),
        nav=lambda: [
            NavItem("Studenten", "/studenten", "people", active=True),
            NavItem("Start", "/", "house"),
        ],
        csp_nonce=lambda: "n0nce",
        get_locale=get_locale,
        given_back=lambda: None,
        drafts=lambda: SimpleNamespace(account="", key="", answered=""),
    )
    return app


@pytest.fixture
def draw(themed: Flask) -> Iterator[Callable[..., str]]:
    """draw("list.html", model=...) -> the page's HTML, for a signed-in administrator."""
    actor = SimpleNamespace(name="Anne Vos", role_labels=["beheerder"])

    def _draw(template: str, **values: Any) -> str:
        return render_template(template, **{"actor": actor, **values})

    with themed.test_request_context():
        yield _draw
