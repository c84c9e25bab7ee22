"""Fills in a form as a browser holds it: what the page shows, with some fields typed over."""

from __future__ import annotations

from typing import Any

from tests.support.forms import forms_on


def form_values(page: str, name: str) -> dict[str, Any]:
    """What a browser would send of the form on this page that has a field of this name."""
    fields = next(one for one in forms_on(page).values() if name in one)
    sent = {}
    for field in fields.values():
        values = field.values or (field.options[:1] if field.kind == "select" else [])
        if field.name != "csrf_token" and values:
            sent[field.name] = values if len(values) > 1 else values[0]
    return sent
