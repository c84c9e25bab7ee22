"""Forms: every kind of field is drawn, and an error can be found by eye, by link and by screen reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    Form,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from app.theme.widgets import ActionModel, RefusedRow, TargetSummary

Draw = Callable[..., str]


class Everything(Form):
    name = StringField("Naam", [InputRequired("Vul een naam in.")], description="Zoals op het diploma.")
    secret = PasswordField("Wachtwoord")
    day = DateField("Datum", [InputRequired("Kies een datum.")])
    at = TimeField("Tijd")
    programme = SelectField(
        "Opleiding", choices=[SelectChoice("1", "Verkoop"), SelectChoice("2", "<i>ICT</i>")]
    )
    roles = SelectMultipleField(
        "Rollen",
        [InputRequired("Kies een rol.")],
        choices=[SelectChoice("a", "beheerder"), SelectChoice("b", "student")],
        default=["b"],
    )
    code = RadioField(
        "Inlogcode",
        [InputRequired("Kies.")],
        choices=[SelectChoice("mail", "Mailen"), SelectChoice("no", "Geen")],
    )
    send = BooleanField("Nu versturen")
    note = TextAreaField("Opmerking")
    version = HiddenField(default="4")


class WithFile(Form):
    file = FileField("Bestand")


MODEL = ActionModel(
    title="Koppelen",
    step="form",
    submit_label="Verder",
    cancel_href="/terug",
    post_href="/doe",
    form=None,
    targets=TargetSummary(14, ["Jansen, Fleur"], "studenten"),
    hidden=[("token", "t0ken")],
)


def wrong() -> Everything:
    form = Everything(MultiDict())
    assert not form.validate()
    return form


def test_a_field_with_an_error_points_to_its_hint_and_its_error(draw: Draw) -> None:
    page = draw("action.html", model=replace(MODEL, form=wrong()))
    tag = re.search(r'<input[^>]*id="name"[^>]*>', page)
    assert tag
    assert 'aria-invalid="true"' in tag[0]
    assert 'aria-describedby="name-hint name-error"' in tag[0]
    assert 'id="name-hint"' in page
    assert re.search(r'id="name-error".*?Vul een naam in\.', page, re.S)


def test_every_link_of_the_error_summary_lands_on_a_field(draw: Draw) -> None:
    page = draw("action.html", model=replace(MODEL, form=wrong()))
    summary = page.split("data-error-summary")[1].split("</div>")[0]
    targets = re.findall(r'<a href="#([^"]+)"', summary)
    assert targets == ["name", "day", "programme", "roles-0", "code-0"]
    assert all(f'id="{target}"' in page for target in targets)


def test_an_error_of_no_field_stands_in_the_summary_and_in_the_title(draw: Draw) -> None:
    page = draw(
        "action.html", model=replace(MODEL, form=Everything(), problems=["Het moment is al voorbij."])
    )
    assert "<li>Het moment is al voorbij.</li>" in page
    assert "<title>Fout: Koppelen · Studenten · Vossenveld College</title>" in page


def test_without_errors_nothing_is_marked_wrong(draw: Draw) -> None:
    page = draw("action.html", model=replace(MODEL, form=Everything()))
    assert "aria-invalid" not in page
    assert "data-error-summary" not in page
    assert "<title>Koppelen · Studenten · Vossenveld College</title>" in page


@pytest.mark.parametrize(
    ("field", "drawn"),
    [
        ("secret", r'type="password"'),
        ("day", r'type="date"'),
        ("at", r'type="time"'),
        ("programme", r"<select"),
        ("send", r'type="checkbox"'),
        ("note", r"<textarea"),
        ("version", r'type="hidden"'),
    ],
)
def test_each_kind_of_field_is_drawn_as_itself(draw: Draw, field: str, drawn: str) -> None:
    page = draw("action.html", model=replace(MODEL, form=Everything()))
    tag = re.search(rf'<(?:input|select|textarea)[^>]*name="{field}"[^>]*>', page)
    assert tag
    assert re.search(drawn, tag[0])


def test_many_of_many_is_a_list_of_boxes_with_the_chosen_ones_ticked(draw: Draw) -> None:
    page = draw("action.html", model=replace(MODEL, form=Everything()))
    boxes = re.findall(r'<input[^>]*type="checkbox"[^>]*name="roles"[^>]*>', page)
    assert ["checked" in box for box in boxes] == [False, True]
    assert len(re.findall(r'<input[^>]*type="radio"[^>]*name="code"', page)) == 2


def test_a_choice_is_escaped(draw: Draw) -> None:
    page = draw("action.html", model=replace(MODEL, form=Everything()))
    assert "&lt;i&gt;ICT" in page
    assert "<i>ICT" not in page


def test_grouped_choices_stand_under_their_title(draw: Draw) -> None:
    class Grouped(Form):
        exams = SelectMultipleField(
            "Examens",
            choices=[
                SelectChoice("1", "Verkoopt", optgroup="B1-K1"),
                SelectChoice("2", "Beheert", optgroup="B1-K2"),
            ],
        )

    page = draw("action.html", model=replace(MODEL, form=Grouped()))
    assert re.search(r"B1-K1<.*Verkoopt<.*B1-K2<.*Beheert<", page, re.S)
    assert set(re.findall(r'id="(exams-\d)"', page)) == {"exams-0", "exams-1"}


def test_every_field_in_sight_has_a_label(draw: Draw) -> None:
    page = draw("action.html", model=replace(MODEL, form=Everything()))
    ids = re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]*\bid="([^"]+)"', page)
    assert len(ids) >= 11
    assert [name for name in ids if f'for="{name}"' not in page] == []


def test_a_form_with_a_file_is_sent_as_multipart(draw: Draw) -> None:
    assert 'enctype="multipart/form-data"' in draw("action.html", model=replace(MODEL, form=WithFile()))
    assert "multipart" not in draw("action.html", model=replace(MODEL, form=Everything()))


def test_a_form_carries_its_token_once_and_its_hidden_values(draw: Draw) -> None:
    page = (
        draw("action.html", model=replace(MODEL, form=Everything()))
        .split('action="/doe"')[1]
        .split("</form>")[0]
    )
    assert page.count('name="csrf_token"') == 1
    assert '<input type="hidden" name="token" value="t0ken">' in page


def test_the_form_step_tells_how_many_it_is_about(draw: Draw) -> None:
    page = draw("action.html", model=replace(MODEL, form=Everything()))
    assert "<strong>14</strong> studenten" in page
    assert "en nog 13" in page


def test_the_confirm_step_tells_what_will_and_what_will_not_happen(draw: Draw) -> None:
    page = draw(
        "action.html",
        model=replace(
            MODEL,
            step="confirm",
            will=["Jansen, Fleur"],
            will_count=12,
            unchanged_count=2,
            refused=[RefusedRow("Bakker, Sem", "al vastgesteld")],
            refused_count=1,
        ),
    )
    assert "en nog 11" in page
    assert "2 zijn al zo en blijven gelijk." in page
    assert re.search(r"1 gaat niet mee.*Bakker, Sem.*al vastgesteld", page, re.S)
    assert ">Verder</button>" in page


def test_when_nothing_can_be_done_there_is_no_button_to_do_it(draw: Draw) -> None:
    refused = [RefusedRow("Bakker, Sem", "al vastgesteld")]
    page = draw("action.html", model=replace(MODEL, step="confirm", refused=refused, refused_count=1))
    assert ">Verder</button>" not in page
    assert "Annuleren" in page


def test_the_done_step_has_no_form_to_send_again(draw: Draw) -> None:
    page = draw("action.html", model=replace(MODEL, step="done", intro="12 gekoppeld", will_count=12))
    assert "12 gekoppeld" in page
    assert 'action="/doe"' not in page
