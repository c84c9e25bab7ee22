"""The school's accent colour, made dark enough to read: white on it, and it on white, at least 4.5:1."""

import re

DEFAULT = "#2f56c6"
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_ENOUGH = 5.0  # a little over WCAG's 4.5, as the accent also stands on a light grey
_DARKER = 0.94


def readable_accent(colour: str | None) -> str:
    """The school's colour, darkened until white text on it is readable; DEFAULT when it is not "#rrggbb"."""
    if not colour or not _HEX.fullmatch(colour):
        return DEFAULT
    channels = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    while contrast_with_white(channels) < _ENOUGH:
        channels = [int(channel * _DARKER) for channel in channels]
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def contrast_with_white(channels: list[int]) -> float:
    """WCAG 2.2 contrast ratio of a colour (0-255 each) with white."""
    red, green, blue = (_linear(channel / 255) for channel in channels)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(channel: float) -> float:
    low = channel / 12.92
    high = ((channel + 0.055) / 1.055) ** 2.4
    return float(low if channel <= 0.04045 else high)
