"""Step 2 of an import on a real screen: hidden rows, what is not seen, and a file without a header."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import PICTURES
from tests.browser.steps import press, told

SignIn = Any
WIDTHS = pytest.mark.parametrize("phone", [False, True], ids=["1280", "390"])


def begin(page: Page, file: Path) -> None:
    page.goto("/studenten/importeren/")
    page.locator("#file").set_input_files(file)
    page.get_by_role("radio", name="Geen inlogcode").check()
    press(page, "Verder")
    expect(page.locator(".import-map").first).to_be_visible()


def is_right(page: Page, name: str) -> None:
    """Whether the page breaks no rule and is no wider than its window; a picture of it is kept."""
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"import-{name}.png", full_page=True)


def messy(file: Path) -> Path:
    """A workbook with a filter, merged cells, a hidden column, zeros by format and empty formulas."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Studentnummer", "Voornaam", "Tussenvoegsel", "Achternaam", "Klas", "E-mail"])
    for at in range(2, 8):
        sheet.append([97000 + at, "Zoë", None, f"Vos{at}", None, f'=A{at}&"@student.example.nl"'])
        sheet.cell(at, 1).number_format = "0000000"
    sheet["E2"], sheet["B5"] = "VIG9Z", "ZoÃ«"
    sheet.merge_cells("E2:E7")
    sheet.auto_filter.ref = "A1:F7"
    sheet.auto_filter.add_filter_column(3, ["Vos2"])
    for at in (3, 7):
        sheet.row_dimensions[at].hidden = True
    sheet.column_dimensions["C"].hidden = True
    book.save(file)
    return file


@WIDTHS
def test_hidden_rows_are_a_question_and_what_is_not_seen_is_told(
    sign_in: SignIn, tmp_path: Path, phone: bool
) -> None:
    page = sign_in("beheerder", phone=phone)
    begin(page, messy(tmp_path / "studenten.xlsx"))
    width = "390" if phone else "1280"
    for text in ("formules in E-mail", "samengevoegde cel", "is verborgen in het bestand"):
        expect(page.locator(".import-doubt").filter(has_text=text)).to_be_visible()
    expect(page.locator(".import-samples").get_by_text("0097002")).to_be_visible()
    is_right(page, f"step-2-{width}")
    press(page, "Verder")
    expect(page.locator("[data-error-summary]")).to_contain_text("Kies of de verborgen rijen meegaan.")
    is_right(page, f"step-2-refused-{width}")
    page.get_by_role("radio", name="Overslaan").check()
    press(page, "Verder")
    press(page, "Verder")
    expect(page.get_by_text("Bij 1 rij staat een opmerking.")).to_be_visible()
    is_right(page, f"step-4-{width}")
    press(page, "Import weggooien")
    told(page, "weggegooid")


@WIDTHS
def test_a_file_without_a_header_is_read_without_one(sign_in: SignIn, tmp_path: Path, phone: bool) -> None:
    page = sign_in("beheerder", phone=phone)
    file = tmp_path / "studenten.csv"
    file.write_text("".join(f"09127{at:02};An;Vos;an{at}@x.example.nl\n" for at in range(5)))
    begin(page, file)
    is_right(page, f"no-header-{'390' if phone else '1280'}")
    press(page, "Lees zonder kopregel")
    expect(page.get_by_text("zonder kopregel, 5 rijen.")).to_be_visible()
    expect(page.get_by_text("Kolom A")).to_be_visible()
    page.locator(".import-reading summary").click()
    is_right(page, f"read-without-header-{'390' if phone else '1280'}")
    press(page, "Import weggooien")
    told(page, "weggegooid")
