"""The shell of every page, the error page, signing in, and the exam matrix."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace

from flask import Flask, render_template_string
from wtforms import Form, PasswordField, StringField

from app.theme.widgets import ErrorModel, Fact, Section, ShowModel, Step

Draw = Callable[..., str]
ERROR = ErrorModel(404, "Niet gevonden", "Deze pagina bestaat niet.", "Begin opnieuw bij de start.")


class SignIn(Form):
    username = StringField("Gebruikersnaam")
    password = PasswordField("Wachtwoord")


def test_a_page_has_a_language_a_title_one_heading_and_a_way_past_the_menu(draw: Draw) -> None:
    page = draw(
        "show.html", model=ShowModel("Jansen, Fleur", [Section("Gegevens", [Fact("Nummer", "203118")])])
    )
    assert '<html lang="nl">' in page
    assert "<title>Jansen, Fleur · Studenten · Vossenveld College</title>" in page
    assert page.count("<h1") == 1
    assert 'href="#main"' in page
    assert 'id="main"' in page


def test_the_menu_marks_where_one_is(draw: Draw) -> None:
    page = draw("error.html", model=ERROR)
    assert '<a href="/studenten" aria-current="page">' in page
    assert page.count("aria-current") == 1


def test_signing_out_is_a_post_with_a_token(draw: Draw) -> None:
    form = re.search(
        r'<form autocomplete="off" method="post" action="/afmelden">.*?</form>',
        draw("error.html", model=ERROR),
        re.S,
    )
    assert form
    assert 'name="csrf_token"' in form[0]


def test_nobody_signed_in_sees_no_menu(draw: Draw) -> None:
    page = draw("sign_in.html", form=SignIn(), actor=None)
    assert "/studenten" not in page
    assert "/afmelden" not in page
    assert 'type="password"' in page


def test_an_error_page_says_what_and_what_next(draw: Draw) -> None:
    page = draw("error.html", model=ERROR, actor=None)
    assert "Fout 404" in page
    assert "Begin opnieuw bij de start." in page
    assert 'href="/"' in page


def test_the_accent_is_made_readable_and_comes_with_a_nonce(draw: Draw) -> None:
    style = re.search(r'<style nonce="n0nce">(.*?)</style>', draw("error.html", model=ERROR))
    assert style
    assert "#ffd400" not in style[1]


def test_every_file_a_page_asks_for_is_there(draw: Draw, themed: Flask) -> None:
    page = draw("error.html", model=ERROR)
    files = re.findall(r'(?:src|href)="(/(?:static|bootstrap)/[^"]+)"', page)
    assert len(files) >= 6
    for file in files:
        with themed.test_client().get(file) as response:
            assert response.status_code == 200, file


def test_every_icon_drawn_is_carried_by_the_page(draw: Draw) -> None:
    page = draw("error.html", model=ERROR)
    used = set(re.findall(r'<use href="#([^"]+)"', page))
    assert used
    assert used <= set(re.findall(r'<symbol id="([^"]+)"', page))


def test_a_wizard_says_which_step_of_how_many(themed: Flask) -> None:
    steps = [
        Step("Bestand", "/1", "done"),
        Step("Kolommen", state="current"),
        Step("Waarden"),
        Step("Controle"),
    ]
    with themed.test_request_context():
        drawn = render_template_string(
            '{% from "macros/steps.html" import steps %}{{ steps(items) }}', items=steps
        )
    assert "Stap 2 van 4" in drawn
    assert re.search(r'aria-current="step">.*?Kolommen', drawn, re.S)


def test_a_block_of_the_matrix_speaks_without_colour(themed: Flask) -> None:
    block = SimpleNamespace(
        state_key="planned",
        letter="P",
        icon="clock",
        tone="neutral",
        text="Jansen, Fleur, B1-K1, kans 1: ingepland",
        href="/examens/5",
        attempt=1,
        parts="2/4",
        remove_href="/examens/5/weg",
    )
    model = SimpleNamespace(
        caption="Examens",
        exams=[SimpleNamespace(title="Verkoopt", code="B1-K1", href="", kind="proeve")],
        rows=[SimpleNamespace(id=7, label="Jansen, Fleur", href="", cells=[SimpleNamespace(blocks=[block])])],
        legend=[block],
        actions=[],
        hidden=[],
        pager=None,
    )
    source = '{% from "catalogue/_matrix.html" import matrix %}{{ matrix(model) }}'
    with themed.test_request_context():
        drawn = render_template_string(source, model=model)
    link = re.search(r'<a class="block block--planned" href="/examens/5".*?</a>', drawn, re.S)
    assert link
    assert re.search(r">P<.*>1<.*>2/4<.*Jansen, Fleur, B1-K1, kans 1: ingepland", link[0], re.S)
    assert "Verwijder planning: Jansen, Fleur, B1-K1" in drawn
    assert '<th scope="row">' in drawn
    assert "Legenda" in drawn
