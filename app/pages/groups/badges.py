"""The badge of a group in lists: its name, in its colour and with its shape."""

from app.theme import widgets

# The colour of a group, as the theme's tones know it; the name of the group always stands beside it.
TONES: dict[str, widgets.Tone] = {
    "blue": "info",
    "green": "good",
    "amber": "warn",
    "red": "bad",
    "purple": "purple",
    "teal": "teal",
}
# The shape of a group, for readers who cannot tell the colours apart.
SHAPES = {
    "blue": "circle-fill",
    "green": "square-fill",
    "amber": "triangle-fill",
    "red": "octagon-fill",
    "purple": "diamond-fill",
    "teal": "hexagon-fill",
    "grey": "star-fill",
}


def group_badge(name: str, colour: str) -> widgets.Badge:
    """A group, or the name of a colour, in that colour and with its shape."""
    return widgets.Badge(name, TONES.get(colour, "neutral"), SHAPES.get(colour, ""))
