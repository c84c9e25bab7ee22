"""What steps 2 and 4 say about how a file was read, and what is chosen there."""

from __future__ import annotations

import html
import io
from pathlib import Path
from typing import Any

import openpyxl
from flask import Flask

from app.imports.work import work_all
from app.permissions import actor_of
from app.queries.imports import runs as import_runs
from tests.factories import make_user
from tests.imports.hostile import saved
from tests.pages.imports.test_import_pages import choose, marks, proposed
from tests.support.importing import Wizard, lines
from tests.support.visitor import Visitor

CASES = Path(__file__).parents[2] / "imports" / "cases"


def opened(visitor: Any, content: bytes, name: str) -> str:
    """The address of step 2 of this file."""
    return str(choose(visitor, content, name).headers["Location"])


def shown(visitor: Any, address: str) -> str:
    return html.unescape(visitor.get(address).text)


def test_hidden_rows_are_asked_about_in_step_2_and_the_choice_can_be_changed(visit):
    visitor = visit("administrator")
    step_2 = opened(visitor, (CASES / "filtered-rows.xlsx").read_bytes(), "s.xlsx")
    page = shown(visitor, step_2)
    assert "2 rijen zijn verborgen (filter). Meenemen of overslaan?" in page
    assert "Verborgen in het bestand: rij 3, 5." in page
    refused = visitor.post(step_2, proposed(page))
    assert refused.status_code == 422
    assert "Kies of de verborgen rijen meegaan." in refused.text
    for choice, count in (("skip", 2), ("take", 4)):
        page = shown(visitor, step_2)
        answer = visitor.post(step_2, {**proposed(page), "hidden": choice})
        assert answer.status_code == 302
        page = shown(visitor, step_2)
        assert f"kopregel op rij 1, {count} rijen." in page
        assert f'value="{choice}" checked' in page


def test_the_other_choices_of_step_2_stay_when_no_hidden_row_is_chosen(visit):
    visitor = visit("administrator")
    step_2 = opened(visitor, (CASES / "filtered-rows.xlsx").read_bytes(), "s.xlsx")
    sent = {**proposed(shown(visitor, step_2)), "column_4": ""}
    assert '<option selected value="">' in visitor.post(step_2, sent).text
    visitor.post(step_2, {**sent, "hidden": "skip"})
    assert proposed(shown(visitor, step_2))["column_4"] == ""


def test_a_file_with_hidden_rows_alone_says_so_at_the_question(visit):
    book = openpyxl.Workbook()
    for row in (["Studentnummer", "Voornaam", "Achternaam"], ["1", "An", "Vos"]):
        book.active.append(row)
    book.active.row_dimensions[2].hidden = True
    visitor = visit("administrator")
    step_2 = opened(visitor, saved(book), "s.xlsx")
    refused = visitor.post(step_2, {**proposed(shown(visitor, step_2)), "hidden": "skip"})
    assert refused.status_code == 422
    assert "Alle rijen onder de kopregel zijn verborgen" in refused.text


def test_a_file_without_a_header_is_read_without_one_at_one_click(visit):
    visitor = visit("administrator")
    step_2 = opened(visitor, (CASES / "no-header.csv").read_bytes(), "s.csv")
    page = shown(visitor, step_2)
    assert "Rij 1 lijkt geen kopregel: er staan gegevens in." in page
    assert "kopregel op rij 1, 3 rijen." in page
    again = step_2.replace("/kolommen", "/opnieuw-lezen")
    form = {"header": "-1", "delimiter": ";", "encoding": "utf-8", "sheet": ""}
    visitor.post(again, {**marks(page), **form})
    page = shown(visitor, step_2)
    assert "zonder kopregel, 4 rijen." in page
    assert "lijkt geen kopregel" not in page
    assert "Kolom A" in page


def test_a_row_wider_than_the_header_is_right_once_it_was_saved(visit):
    visitor = visit("administrator")
    step_2 = opened(visitor, (CASES / "row-wider-than-header.csv").read_bytes(), "s.csv")
    visitor.post(step_2, proposed(shown(visitor, step_2)))
    step_3 = step_2.replace("/kolommen", "/waarden")
    visitor.post(step_3, proposed(shown(visitor, step_3)))
    check = step_2.replace("/kolommen", "/controle")
    assert "Deze rij heeft meer cellen dan de kopregel." in shown(visitor, check)
    row = step_2.replace("/kolommen", "/rij/3")
    page = shown(visitor, row)
    assert "Deze rij heeft meer cellen dan de kopregel." in page
    typed = {"cell_0": "0960002", "cell_1": "Jan", "cell_2": "Piet", "cell_3": "van", "cell_4": "Dijk"}
    assert visitor.post(row, {**marks(page), **typed}).status_code == 302
    assert "Deze rij heeft meer cellen" not in shown(visitor, check)


def test_rows_with_a_remark_are_counted_and_shown_together(app: Flask, monkeypatch: Any) -> None:
    office = make_user("administrator")
    wizard, visitor = Wizard(actor_of(office)), Visitor(app, office)
    rows = [(str(at), "ZoÃ«" if at in (3, 40) else "Bo", "", "Vos") for at in range(1, 60)]
    for large in (False, True):
        if large:
            monkeypatch.setattr(import_runs, "LARGE", 10)
        pk = wizard.take(lines(*rows))
        work_all()
        page = shown(visitor, f"/studenten/importeren/{pk}/controle")
        assert "Bij 2 rijen staat een opmerking." in page
        page = shown(visitor, f"/studenten/importeren/{pk}/controle?toon=noted")
        assert page.count("zijn tekens kapot") == 2
        assert "Vos, Bo" not in page
        page = shown(visitor, f"/studenten/importeren/{pk}/controle?toon=new")
        assert "Vos, Bo" in page


def test_a_row_with_a_remark_is_corrected_and_leads_back_to_the_others(app: Flask) -> None:
    office = make_user("administrator")
    wizard, visitor = Wizard(actor_of(office)), Visitor(app, office)
    pk = wizard.take(lines(("1", "ZoÃ«", "", "Vos"), ("2", "RenÃ©e", "", "Vos")))
    noted = f"/studenten/importeren/{pk}/controle?toon=noted"
    row = f"/studenten/importeren/{pk}/rij/2?toon=noted"
    assert f'href="{row}"' in shown(visitor, noted)
    page = shown(visitor, row)
    typed = {"cell_0": "1", "cell_1": "Zoë", "cell_2": "", "cell_3": "Vos"}
    assert visitor.post(row, {**marks(page), **typed}).headers["Location"] == noted
    page = shown(visitor, noted)
    assert "Bij 1 rij staat een opmerking." in page
    assert "Vos, Zoë" not in page


def test_what_step_2_says_is_said_in_english_too(app: Flask) -> None:
    office = make_user("administrator", language="en")
    visitor = Visitor(app, office)
    step_2 = opened(visitor, io.BytesIO((CASES / "filtered-rows.xlsx").read_bytes()).read(), "s.xlsx")
    page = shown(visitor, step_2)
    assert "2 rows are hidden (filter). Take them along or skip them?" in page
    assert "header on row 1, 4 rows." in page
