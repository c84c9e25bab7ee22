"""The mark of what a page showed, so that what is carried out is what was announced.

A page that announces a change carries the mark of its announcement: which rows, in which version, and what it
said about them. The runner makes it again inside the transaction; when it differs nothing is written.
"""

import json
from typing import Any

from app.rules.tokens import fingerprint


def mark_of(*facts: Any) -> str:
    """The mark of these facts. It says nothing of them, and changes with any of them."""
    return fingerprint(json.dumps(facts, default=str, ensure_ascii=False))
