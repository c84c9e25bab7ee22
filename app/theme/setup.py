"""Adds the theme to an application: Bootstrap's files, the templates, and the functions they call."""

from pathlib import Path

from flask import Flask
from flask_bootstrap import Bootstrap5
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader

from app.theme import icons
from app.theme.assets import register_assets
from app.theme.colour import readable_accent

TEMPLATES = Path(__file__).parent / "templates"


def init_theme(app: Flask) -> None:
    """Add Bootstrap's files (/bootstrap/static), templates, `icon_href`, `icon_symbols` and `accent`."""
    app.config.setdefault("BOOTSTRAP_SERVE_LOCAL", True)
    Bootstrap5(app)
    loaders: list[BaseLoader] = [loader for loader in (app.jinja_loader,) if loader is not None]
    app.jinja_loader = ChoiceLoader([*loaders, FileSystemLoader(TEMPLATES)])
    app.jinja_env.globals.update(icon_href=icons.icon_href, icon_symbols=icons.icon_symbols)
    app.jinja_env.filters["accent"] = readable_accent
    register_assets(app)
