"""A QR code as the path of an inline SVG: no image, no style, nothing fetched."""

from dataclasses import dataclass

import segno

QUIET_ZONE = 4  # white modules around it, as the standard asks


@dataclass(frozen=True)
class QrCode:
    size: int  # of the view box, quiet zone included
    path: str


def qr_code(text: str) -> QrCode:
    """The QR code of a text: in each row, one rectangle for each run of dark modules."""
    rows = segno.make(text, error="m", micro=False).matrix
    parts = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = 0
            while x + run < len(row) and row[x + run]:
                run += 1
            if run:
                parts.append(f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h{run}v1h-{run}z")
            x += run or 1
    return QrCode(len(rows) + 2 * QUIET_ZONE, "".join(parts))
