"""Files as anybody may offer them: sixty and more, made here, each with what must come of it.

`python -m tests.imports.hostile FOLDER` writes them to a folder, to try in a browser.
"""

from __future__ import annotations

import io
import random
import struct
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import xlwt

HEADER = ("Studentnummer", "Voornaam", "Achternaam")
GOOD = (("00123", "Zoë", "Çelik"), ("00124", "Daan", "Vos"))
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
OPEN_DOCUMENT = "application/vnd.oasis.opendocument.spreadsheet"


@dataclass(frozen=True)
class Case:
    """A file, and what must come of it: `refused` with this key, or rows in these states.

    `says` stands in the problems of its rows, `accepts` names the keys that are right as well.
    """

    name: str
    content: bytes
    refused: str = ""
    states: Mapping[str, int] = field(default_factory=dict)
    says: Sequence[str] = ()
    accepts: Sequence[str] = ()


# -- how they are made


def workbook(*rows: Iterable[Any]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Sheet")
    for row in rows:
        sheet.append(row)
    return saved(book)


def saved(book: Any) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def old_workbook(*rows: Sequence[Any], sheet: str = "Blad1") -> bytes:
    """An .xls as Excel 97 wrote it."""
    book = xlwt.Workbook()
    made = book.add_sheet(sheet)
    as_date = xlwt.easyxf(num_format_str="D-M-YYYY")
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                made.write(at, column, value, *([as_date] if isinstance(value, date) else []))
    return saved(book)


def open_document(inside: str, **parts: str | bytes) -> bytes:
    """An .ods around the rows of its one table."""
    names = ["office:1.0", "table:1.0", "text:1.0"]
    spaces = " ".join(
        f'xmlns:{name.partition(":")[0]}="urn:oasis:names:tc:opendocument:xmlns:{name}"' for name in names
    )
    body = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="Blad1">{inside}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{OPEN_DOCUMENT}"/></manifest:manifest>'
    )
    return zipped(
        {"mimetype": OPEN_DOCUMENT, "content.xml": body, "META-INF/manifest.xml": manifest, **parts}
    )


def open_row(*texts: str, repeated: int = 1) -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in texts
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{cells}</table:table-row>'


def row_xml(number: int, *texts: str) -> str:
    cells = "".join(
        f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for at, text in enumerate(texts)
    )
    return f'<row r="{number}">{cells}</row>'


def xlsx(body: str, before: str = "", strings: str = "", **parts: str | bytes) -> bytes:
    """A bare xlsx around the inside of a worksheet; `before` comes before its root."""
    sheet = f'<?xml version="1.0"?>{before}<worksheet {MAIN}>{body}</worksheet>'
    inside: dict[str, str | bytes] = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="Blad1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")
        ),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": strings or f"<sst {MAIN}/>",
    }
    return zipped(inside | parts)


def relations(*targets: tuple[str, str]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{lines}</Relationships>'


def zipped(parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def one_text_everywhere() -> bytes:
    """A small file whose every row names one long shared text: 450 million characters."""
    strings = f"<sst {MAIN}><si><t>{'lang ' * 6000}</t></si></sst>"
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 15_000))
    return xlsx(f"<sheetData>{cells}</sheetData>", strings=strings)


def csv(*rows: Sequence[str], encoding: str = "utf-8", delimiter: str = ";") -> bytes:
    return "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)


def with_password(content: bytes) -> bytes:
    changed = bytearray(content)
    changed[changed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def lying_about_its_size() -> bytes:
    content = bytearray(xlsx("<sheetData>" + row_xml(1, "x" * 5_000_000) + "</sheetData>"))
    at = content.index(b"xl/worksheets/sheet1.xml", content.index(b"PK\x01\x02")) - 46
    struct.pack_into("<L", content, at + 24, 1000)
    return bytes(content)


def with_hidden_sheet() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Leeg"
    hidden = book.create_sheet("Verborgen")
    hidden.sheet_state = "hidden"
    hidden.append(["Geheim", "Verborgen"])
    book.create_chartsheet("Grafiek")
    students = book.create_sheet("Studenten")
    for row in (HEADER, *GOOD):
        students.append(row)
    return saved(book)


def with_merged_title() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["Studenten van dit jaar", None, None])
    book.active.merge_cells("A1:C1")
    for row in (HEADER, *GOOD):
        book.active.append(row)
    return saved(book)


def with_formulas() -> bytes:
    cells = (
        '<row r="2"><c r="A2" t="str"><f>"00"&amp;123</f><v>00123</v></c>'
        '<c r="B2" t="e"><f>VLOOKUP(1,D1:E2,2)</f><v>#N/A</v></c>'
        '<c r="C2" t="inlineStr"><is><t>Vos</t></is></c></row>'
    )
    return xlsx(f"<sheetData>{row_xml(1, *HEADER)}{cells}{row_xml(3, *GOOD[1])}</sheetData>")


# -- what is offered

TWO = {"new": 2}


def right() -> list[Case]:
    """Strange, and yet right."""
    more = (*HEADER, "Geboortedatum")
    dates = [
        (*GOOD[0], "14-3-2008"),
        (*GOOD[1], "2008-03-14"),
        ("3", "Sem", "Vos", "14/3/08"),
        ("4", "Lot", "Vos", "14 maart 2008"),
        ("5", "Bo", "Vos", "ergens in maart"),
    ]
    return [
        Case("oud.xls", old_workbook(HEADER, *GOOD), states=TWO),
        Case("oud-met-datum.xls", old_workbook(more, (*GOOD[0], date(2008, 3, 14))), states={"new": 1}),
        Case("oud-heet-nieuw.xlsx", old_workbook(HEADER, *GOOD), states=TWO),
        Case("libre.ods", open_document("".join(open_row(*row) for row in (HEADER, *GOOD))), states=TWO),
        Case(
            "libre-met-lege-staart.ods",
            open_document(
                "".join(open_row(*row) for row in (HEADER, *GOOD))
                + '<table:table-row table:number-rows-repeated="1048000">'
                '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
            ),
            states=TWO,
        ),
        Case("tabs.tsv", csv(HEADER, *GOOD, delimiter="\t"), states=TWO),
        Case("kommas.csv", csv(HEADER, *GOOD, delimiter=","), states=TWO),
        Case("excel-nl.csv", csv(HEADER, *GOOD, encoding="cp1252"), states=TWO),
        Case("unicode-tekst.txt", csv(HEADER, *GOOD, encoding="utf-16", delimiter="\t"), states=TWO),
        Case("utf16-zonder-merk.csv", csv(HEADER, *GOOD, encoding="utf-16-le"), states=TWO),
        Case("sep-regel.csv", b"sep=|\r\n" + csv(HEADER, *GOOD, delimiter="|"), states=TWO),
        Case("csv-heet-excel.xls", csv(HEADER, *GOOD), states=TWO),
        Case("titel-erboven.xlsx", with_merged_title(), states=TWO),
        Case("verborgen-blad.xlsx", with_hidden_sheet(), states=TWO),
        Case("lege-rijen.xlsx", workbook(HEADER, (), GOOD[0], (None, None, None), GOOD[1]), states=TWO),
        Case("rechts-op-het-blad.xlsx", workbook((None, *HEADER), (None, *GOOD[0])), states={"new": 1}),
        Case("getallen-als-nummer.xlsx", workbook(HEADER, (123, "Zoë", "Vos")), states={"new": 1}),
        Case(
            "macro.xlsm",
            xlsx(
                "<sheetData>"
                + "".join(row_xml(n, *row) for n, row in enumerate((HEADER, *GOOD), start=1))
                + "</sheetData>",
                **{"xl/vbaProject.bin": OLE2 + b"\x00" * 500},
            ),
            states=TWO,
        ),
        Case(
            "liegt-over-zijn-maat.xlsx",
            xlsx(
                '<dimension ref="A1:A2"/><sheetData>'
                + "".join(row_xml(n, *row) for n, row in enumerate((HEADER, *GOOD), start=1))
                + "</sheetData>"
            ),
            states=TWO,
        ),
        Case(
            "datums-door-elkaar.csv",
            csv(more, *dates),
            states={"new": 4, "refused": 1},
            says=["ergens in maart"],
        ),
        Case(
            "aanhalingstekens.csv",
            b'Studentnummer;Voornaam;Achternaam\r\n1;"Jan" Piet;Vos\r\n',
            states={"new": 1},
        ),
        Case(
            "regeleinde-in-cel.csv",
            b'Studentnummer;Voornaam;Achternaam\r\n1;"Jan\r\nPiet";Vos\r\n',
            states={"new": 1},
        ),
        Case("formules-als-tekst.csv", csv(HEADER, ("1", "=1+1", "@Vos")), states={"new": 1}),
        Case("recht-van-links.xlsx", workbook(HEADER, ("1", "\u202eميرا", "👩‍🎓")), states={"new": 1}),
    ]


def wrong_rows() -> list[Case]:
    """Files that are read, with rows that are not taken."""
    mail, programme = (*HEADER, "E-mail"), (*HEADER, "Opleiding")
    return [
        Case(
            "dubbel-nummer.csv",
            csv(HEADER, GOOD[0], (GOOD[0][0], "Ans", "Vos")),
            states={"refused": 2},
            says=["ook op rij"],
        ),
        Case(
            "mail-zonder-apenstaart.csv",
            csv(mail, (*GOOD[0], "zoe.example.nl")),
            states={"refused": 1},
            says=["zoe.example.nl"],
        ),
        Case(
            "onbekende-opleiding.csv",
            csv(programme, (*GOOD[0], "99999")),
            states={"refused": 1},
            says=["99999"],
        ),
        Case(
            "zonder-nummer.csv",
            csv(HEADER, ("", "Ans", "Vos"), GOOD[0]),
            states={"refused": 1, "new": 1},
            says=["leeg"],
        ),
        Case(
            "te-lange-naam.csv", csv(HEADER, ("1", "x" * 500, "Vos")), states={"refused": 1}, says=["tekens"]
        ),
        Case(
            "onmogelijke-datum.csv",
            csv((*HEADER, "Geboortedatum"), (*GOOD[0], "31-02-2008")),
            states={"refused": 1},
            says=["31-02-2008"],
        ),
        Case("formulefout.xlsx", with_formulas(), states={"refused": 1, "new": 1}, says=["#N/A"]),
        Case(
            "formulefout-als-tekst.csv",
            csv(HEADER, ("1", "#VERW!", "Vos")),
            states={"refused": 1},
            says=["#VERW!"],
        ),
        Case(
            "ja-nee-als-nummer.xlsx",
            workbook(HEADER, (True, "Ans", "Vos")),
            states={"refused": 1},
            says=["geen studentnummer"],
        ),
        Case(
            "twee-tabellen.xlsx",
            workbook(HEADER, GOOD[0], (), ("Klas", "Mentor"), ("V3A", "Bakker")),
            states={"new": 1, "refused": 2},
            says=["leeg"],
        ),
    ]


def unreadable() -> list[Case]:
    """Files that are no table at all, or not ours to open."""
    whole = workbook(HEADER, *(GOOD * 200))
    old = old_workbook(HEADER, *GOOD)
    return [
        Case("leeg.xlsx", b"", "empty"),
        Case("leeg.csv", b"\xef\xbb\xbf \r\n", "empty"),
        Case("alleen-puntkommas.csv", b";;;\n;;;\n", "empty"),
        Case("nullen.csv", b"\x00" * 100, "empty"),
        Case("leeg-blad.xlsx", workbook(), "empty"),
        Case("leeg-blad.xls", old_workbook(), "empty"),
        Case("leeg-blad.ods", open_document(""), "empty"),
        Case("alleen-kop.csv", csv(HEADER), "no-rows"),
        Case("alleen-kop.xlsx", workbook(HEADER), "no-rows"),
        Case("alleen-getallen.csv", b"123;456\n124;457\n", "no-header"),
        Case("brief.txt", b"zomaar een tekst\nzonder tabel\n", "no-header"),
        Case("nul-erin.csv", b"naam;plaats\nJan\x00;Ede\n", "not-a-spreadsheet"),
        Case("ruis.xlsx", random.Random(1).randbytes(5000), "not-a-spreadsheet"),
        Case("programma.exe", csv(HEADER, *GOOD), "not-a-spreadsheet"),
        Case("brief.csv", b"%PDF-1.7 ...", "not-a-spreadsheet"),
        Case("foto.xlsx", b"\x89PNG\r\n\x1a\n" + b"x" * 100, "not-a-spreadsheet"),
        Case("zip-met-foto.xlsx", zipped({"foto.jpg": "x"}), "not-a-spreadsheet"),
        Case("webpagina.xls", b"<html><body><table><tr><td>a</td></tr></table>", "other-office"),
        Case("xml-2003.xls", b'<?xml version="1.0"?><Workbook/>', "other-office"),
        Case("oude-brief.xls", OLE2 + b"\x00" * 500 + "WordDocument".encode("utf-16-le"), "other-office"),
        Case(
            "brief.xlsx",
            zipped({"word/document.xml": "<w/>", "[Content_Types].xml": "<Types/>"}),
            "other-office",
        ),
        Case("tekst.ods", zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "other-office"),
        Case(
            "binair.xlsb",
            zipped({"xl/workbook.bin": "x", "[Content_Types].xml": "<Types/>"}),
            "not-a-spreadsheet",
            accepts=["other-office"],
        ),
        Case(
            "binair.xlsx", zipped({"xl/workbook.bin": "x", "[Content_Types].xml": "<Types/>"}), "other-office"
        ),
        Case("geheim.xlsx", OLE2 + b"\x00" * 500 + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        Case("zip-met-wachtwoord.xlsx", with_password(workbook(HEADER, *GOOD)), "encrypted"),
        Case("afgebroken.xlsx", whole[: len(whole) // 2], "damaged"),
        Case("afgebroken.xls", old[: len(old) // 2], "damaged", accepts=["unreadable", "other-office"]),
        Case("geen-inhoud.ods", zipped({"mimetype": OPEN_DOCUMENT}), "damaged"),
        Case("geen-blad.xlsx", zipped({"xl/workbook.xml": "<workbook/>"}), "damaged"),
        Case("afgebroken.csv", "naam;plaats\nZoë;Curaça".encode() + "ó".encode()[:-1], "damaged"),
        Case("vreemd-teken.csv", b"naam;plaats\nJan\x81;Ede\n", "encoding"),
        Case("half-utf16.csv", b"\xff\xfen\x00a\x00\x00\xd8", "encoding"),
        Case("open-aanhaling.csv", b'naam;plaats\nJan;"Ede\nPiet;Tiel\n', "open-quote"),
        Case("lange-tekst.csv", b'naam;plaats\nJan;"' + b"x" * 200_000 + b'"\n', "long-text"),
    ]


def harmful() -> list[Case]:
    """Files made to hurt."""
    first = row_xml(1, "naam", "plaats")
    corner = first + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    wide = first + '<row r="2"><c r="XFD2"><v>1</v></c></row>'
    long = f'<c r="A1" t="inlineStr"><is><t>{"x" * 30_000_000}</t></is></c>'
    bomb = "".join(f'<row r="{number}"/>' for number in range(1, 1_000_001))
    return [
        Case("laatste-hoek.xlsx", xlsx(f"<sheetData>{corner}</sheetData>"), "too-many-rows"),
        Case("verste-kolom.xlsx", xlsx(f"<sheetData>{wide}</sheetData>"), "too-many-columns"),
        Case(
            "driehonderd-kolommen.csv",
            csv([f"kolom {n}" for n in range(300)], ["x"] * 300),
            "too-many-columns",
        ),
        Case(
            "miljoen-lege-rijen.xlsx",
            xlsx(f"<sheetData>{bomb}</sheetData>"),
            "too-many-rows",
            accepts=["unsafe"],
        ),
        Case(
            "miljoen-rijen.ods",
            open_document(open_row("naam", "plaats", repeated=1_000_000)),
            "too-many-rows",
            accepts=["unreadable"],
        ),
        Case("regels.csv", b"\n" * 3_000_000 + b"naam;plaats\n", "too-many-rows"),
        Case("te-veel-rijen.csv", b"naam;plaats\n" + b"a;b\n" * 100_001, "too-many-rows"),
        Case("te-groot.csv", b"a" * (20 * 1024 * 1024 + 1), "too-many-bytes"),
        Case("zipbom.xlsx", xlsx(f'<sheetData><row r="1">{long}</row></sheetData>'), "unsafe"),
        Case("eindeloze-opmaak.xlsx", with_format('"' + "x" * 500_000 + '"0000'), states={"new": 2}),
        Case("opmaak-met-niets.xlsx", with_format("0" * 255), states={"new": 2}),
        Case("samengevoegd-tot-de-hoek.xlsx", merged_everywhere(), states={"new": 2}),
        Case(
            "verborgen-zonder-eind.ods",
            open_document(
                open_row(*HEADER)
                + "".join(open_row(*row) for row in GOOD)
                + '<table:table-row table:number-rows-repeated="1000000" table:visibility="filter">'
                "<table:table-cell/></table:table-row>" * 200
            ),
            states={"new": 2},
        ),
        Case("liegende-zip.xlsx", lying_about_its_size(), "damaged"),
        Case("veel-delen.xlsx", zipped({f"xl/{number}.xml": "x" for number in range(201)}), "unsafe"),
        Case(
            "lach.xlsx",
            xlsx(
                f"<sheetData>{first}</sheetData>",
                before=('<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'),
            ),
            "unsafe",
        ),
        Case(
            "buiten.xlsx",
            xlsx(
                f"<sheetData>{first}</sheetData>",
                before=('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
            ),
            "unsafe",
        ),
        Case(
            "dtd-van-elders.xlsx",
            xlsx(f"<sheetData>{first}</sheetData>", before='<!DOCTYPE x SYSTEM "http://evil.example/x.dtd">'),
            "unsafe",
        ),
        Case("utf16-xml.xlsx", zipped({"xl/workbook.xml": "<workbook/>".encode("utf-16")}), "unsafe"),
        Case("bzip2.xlsx", zipped({"xl/workbook.xml": "x" * 100}, zipfile.ZIP_BZIP2), "unsafe"),
        Case("een-tekst-overal.xlsx", one_text_everywhere(), "unreadable", accepts=["too-slow"]),
        Case(
            "verzonnen.xls",
            OLE2 + "Workbook".encode("utf-16-le") + random.Random(3).randbytes(4000),
            "damaged",
            accepts=["unreadable"],
        ),
    ]


def with_format(code: str) -> bytes:
    """Students of whom the names are numbers in a format of this code."""
    styles = (
        f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="170" formatCode="{code.replace(chr(34), "&quot;")}"/>'
        '</numFmts><cellXfs><xf/><xf numFmtId="170"/></cellXfs></styleSheet>'
    )
    rows = "".join(
        f'<row r="{at}"><c r="A{at}" t="inlineStr"><is><t>{number}</t></is></c>'
        f'<c r="B{at}" t="inlineStr"><is><t>{first}</t></is></c>'
        f'<c r="C{at}" t="inlineStr"><is><t>{last}</t></is></c><c r="D{at}" s="1"><v>{at}</v></c></row>'
        for at, (number, first, last) in enumerate(GOOD, start=2)
    )
    body = f"<sheetData>{row_xml(1, *HEADER, 'Code')}{rows}</sheetData>"
    return xlsx(body, **{"xl/styles.xml": styles})


def merged_everywhere() -> bytes:
    """Cells merged to the last corner of the sheet, over each other, thousands of times."""
    rows = "".join(row_xml(at, *row) for at, row in enumerate((HEADER, *GOOD), start=1))
    merged = '<mergeCell ref="D1:XFD1048576"/>' * 5000
    return xlsx(f"<sheetData>{rows}</sheetData><mergeCells>{merged}</mergeCells>")


MAKERS: Sequence[Callable[[], list[Case]]] = (right, wrong_rows, unreadable, harmful)


def cases() -> list[Case]:
    return [case for make in MAKERS for case in make()]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for one in cases():
        (folder / one.name).write_bytes(one.content)
