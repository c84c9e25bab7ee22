"""Lists: the rows are named, the selection is a plain GET form, the URL is the only state."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from app.theme.widgets import ActionChoice, Badge, Button, Cell, Column, FilterInput, ListModel, Pager, Row

Draw = Callable[..., str]

ROWS = [
    Row(
        id=7,
        label="Jansen, Fleur (203118)",
        cells=[Cell("Jansen, Fleur", href="/studenten/7"), Cell("203118", badges=[Badge("Actief", "good")])],
        buttons=[Button("Wijzig", "/studenten/7/wijzig", "pencil", "icon", "Wijzig Jansen, Fleur")],
    ),
    Row(id=8, label="<b>Vries</b> (203119)", cells=[Cell("<b>Vries</b>"), Cell()]),
]
LIST = ListModel(
    caption="Studenten",
    columns=[Column("name", "Naam", "?order=name", "ascending"), Column("number", "Nummer")],
    rows=ROWS,
    pager=Pager(1, 3, 60, 1, 2, next_href="?page=2"),
    filters=[FilterInput("group", "Studentgroep", "3", "VK3A", [("3", "VK3A")], "/studenten")],
    filtered=True,
    clear_href="/studenten",
    actions=[ActionChoice("enrol", "Koppelen aan opleiding")],
    action_href="/studenten/choose/",
    action_button="Voer uit",
    hidden=[("group", "3")],
)


def test_every_tick_box_names_its_row(draw: Draw) -> None:
    page = draw("list.html", model=LIST)
    assert re.search(r'name="id" value="7"[^>]*>\s*<span[^>]*>Selecteer Jansen, Fleur \(203118\)', page)
    assert page.count('name="id"') == 2


def test_the_selection_form_carries_the_filters_and_offers_all_that_match(draw: Draw) -> None:
    form = draw("list.html", model=LIST).split('action="/studenten/choose/"')[1].split("</form>")[0]
    assert '<input type="hidden" name="group" value="3">' in form
    assert 'name="all" value="1"' in form
    assert "Alle 60 selecteren" in form
    assert ">Voer uit</button>" in form


def test_all_that_match_is_not_offered_when_all_are_in_sight(draw: Draw) -> None:
    page = draw("list.html", model=replace(LIST, pager=Pager(1, 1, 2, 1, 2)))
    assert 'name="all"' not in page


def test_without_actions_there_is_nothing_to_tick(draw: Draw) -> None:
    page = draw("list.html", model=replace(LIST, actions=[]))
    assert 'name="id"' not in page
    assert "data-selection" not in page


def test_a_sorted_column_says_so(draw: Draw) -> None:
    assert 'aria-sort="ascending"' in draw("list.html", model=LIST)


def test_a_filter_in_force_is_a_chip_that_takes_it_away(draw: Draw) -> None:
    page = draw("list.html", model=LIST)
    assert re.search(r'class="chip" href="/studenten"[^§]*?VK3A[^§]*?\(filter verwijderen\)', page)


def test_what_users_typed_is_escaped(draw: Draw) -> None:
    page = draw("list.html", model=LIST)
    assert "<b>Vries" not in page
    assert "&lt;b&gt;Vries" in page


def test_an_empty_list_says_what_to_do_next(draw: Draw) -> None:
    empty = replace(
        LIST,
        rows=[],
        filtered=False,
        empty_title="Nog geen studenten",
        empty_hint="Voer er een in.",
        empty_button=Button("Nieuwe student invoeren", "/nieuw"),
    )
    page = draw("list.html", model=empty)
    assert "Nog geen studenten" in page
    assert "Voer er een in." in page
    assert 'href="/nieuw"' in page
    assert "<table" not in page


def test_a_list_emptied_by_its_filters_offers_to_clear_them(draw: Draw) -> None:
    page = draw("list.html", model=replace(LIST, rows=[]))
    assert "Niets gevonden" in page
    assert "Wis alle filters" in page


def test_no_page_has_inline_styles_or_handlers(draw: Draw) -> None:
    page = draw("list.html", model=LIST)
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", page)
    assert all('nonce="n0nce"' in tag for tag in re.findall(r"<(?:style|script)\b[^>]*>", page))
