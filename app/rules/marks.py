"""A mark as people read it. How it comes about: app/rules/pass_rules/."""

from decimal import Decimal


def mark_text(mark: Decimal) -> str:
    """A mark as Dutch schools write it: "5,5"."""
    return f"{mark:.1f}".replace(".", ",")
