"""Bootstrap's icons, drawn from the installed package: a page carries only the symbols it uses.

The package's sprite holds 2,000 symbols in 1.1 MB; a phone should not fetch that for ten of them.
The macro `icon(name)` asks `icon_href(name)`, and base.html ends with `icon_symbols()`.
"""

import logging
import re
from functools import cache
from pathlib import Path

import flask_bootstrap
from flask import g
from markupsafe import Markup

log = logging.getLogger(__name__)

_SYMBOL = re.compile(
    r'<symbol[^>]*?viewBox="(?P<box>[\d. ]+)"[^>]*?id="(?P<name>[a-z0-9-]+)">(?P<body>.*?)</symbol>', re.S
)


@cache
def _sprite() -> dict[str, tuple[str, str]]:
    """Icon name -> (view box, drawing), read once per process."""
    path = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg"
    found = _SYMBOL.finditer(path.read_text(encoding="utf-8"))
    return {match["name"]: (match["box"], match["body"]) for match in found}


def exists(name: str) -> bool:
    return name in _sprite()


def icon_href(name: str) -> str:
    """The reference to an icon; the end of the page then holds its drawing. An unknown name gives a dot."""
    if not exists(name):
        log.warning("Bootstrap has no icon named %r", name)
        name = "dot"
    used: dict[str, None] = g.setdefault("icons_used", {})
    used[name] = None
    return f"#i-{name}"


def icon_symbols() -> Markup:
    """The drawings of every icon this page used. The package's own text, so safe to give as it is."""
    drawings = []
    for name in g.get("icons_used", {}):
        box, body = _sprite()[name]
        drawings.append(f'<symbol id="i-{name}" viewBox="{box}">{body}</symbol>')
    return Markup("".join(drawings))  # noqa: S704 - only the package's own drawings
