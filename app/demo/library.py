"""A few short manuals per role, as PDF files of one page, made here so that the repository holds none."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app import models
from app.entities.base import db
from app.permissions import Role

PDF = "application/pdf"
Keep = Callable[[str, bytes], str]  # file name and content; gives the hash that it is kept under


@dataclass(frozen=True, slots=True)
class Manual:
    title: str
    file_name: str
    roles: tuple[Role, ...]
    text: str


SCHOOL = (Role.ADMINISTRATOR, Role.SCHOOL_SUPERVISOR, Role.SCHOOL_EXAMINER, Role.EXAM_COMMITTEE)
EVERYBODY = tuple(role for role in Role if role is not Role.SUPPLIER)

MANUALS = (
    Manual(
        "Examenreglement in het kort",
        "examenreglement-kort.pdf",
        EVERYBODY,
        "U krijgt voor ieder examen twee kansen. Het hoogste resultaat telt. Bent u verhinderd, meld u dan "
        "voor de aanvang af bij het examenbureau. Bezwaar maken kan binnen tien werkdagen na de uitslag.",
    ),
    Manual(
        "Handleiding voor de beheerder",
        "handleiding-beheerder.pdf",
        (Role.ADMINISTRATOR,),
        "Werk de tabbladen van links naar rechts af: opleidingen, examens, gebruikers, studenten, "
        "bibliotheek, inplannen. Op de startpagina ziet u welke stap de volgende is.",
    ),
    Manual(
        "Beoordelen doet u zo",
        "beoordelen.pdf",
        (Role.SCHOOL_EXAMINER, Role.COMPANY_EXAMINER),
        "Kies onder Te beoordelen het examenmoment. Vul bij ieder criterium een niveau in en sla op. De "
        "examinator van de school maakt de beoordeling definitief; daarna kan niets meer worden gewijzigd.",
    ),
    Manual(
        "Een examen afnemen in het leerbedrijf",
        "afname-leerbedrijf.pdf",
        (Role.COMPANY_EXAMINER, Role.COMPANY_SUPERVISOR, Role.SCHOOL_SUPERVISOR),
        "Bespreek een week van tevoren welke opdrachten op de examendag voorkomen. Zorg voor een rustige "
        "plek voor het eindgesprek. Grijp alleen in als de veiligheid in gevaar komt, en noteer dat.",
    ),
    Manual(
        "Afspraken over inplannen",
        "afspraken-inplannen.pdf",
        SCHOOL,
        "Plan een examen ten minste tien werkdagen vooruit. Kies eerst de examinator van de school. Een "
        "herkansing kan pas als de eerste kans definitief is beoordeeld.",
    ),
    Manual(
        "Zo bereidt u zich voor op uw examen",
        "voorbereiding-student.pdf",
        (Role.STUDENT,),
        "Lees de examenopdrachten op tijd en bespreek ze met uw praktijkbegeleider. Controleer datum, tijd "
        "en plaats onder Mijn examens. Neem een geldig legitimatiebewijs mee.",
    ),
)


def write_library(uploaded_by: int, keep: Keep) -> None:
    """Keep the files, each under its SHA-256, and then write the rows."""
    shelves = dict.fromkeys(Role, 0)
    for manual in MANUALS:
        content = pdf(manual.title, manual.text)
        document = models.LibraryDocument(
            title=manual.title,
            file_name=manual.file_name,
            content_type=PDF,
            content_hash=keep(manual.file_name, content),
            size=len(content),
            uploaded_by_id=uploaded_by,
        )
        for role in manual.roles:
            shelves[role] += 1
            document.placements.append(models.LibraryPlacement(role=role.value, position=shelves[role]))
        db.session.add(document)


def pdf(title: str, text: str) -> bytes:
    """A PDF of one A4 page: a heading and running text, in Latin-1."""
    lines = [
        _show(title, 20, 770),
        *(_show(line, 11, 730 - 16 * number) for number, line in enumerate(textwrap.wrap(text, 85))),
    ]
    stream = "\n".join(lines).encode("latin-1")
    return _assemble(
        [
            b"<< /Type /Catalog /Pages 2 0 R /Lang (nl-NL) >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        ]
    )


def _show(line: str, size: int, y: int) -> str:
    escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F1 {size} Tf 60 {y} Td ({escaped}) Tj ET"


def _assemble(objects: Sequence[bytes]) -> bytes:
    """Objects numbered from 1, the table of where each begins, and the trailer."""
    content, starts = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        starts.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    count = len(objects) + 1
    return content + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (count, table, count, len(content))
    )
