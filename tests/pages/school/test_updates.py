"""Instellingen (manual, step 7): the updates of the system, and the school's settings to read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.school.updates import add_update, change_update, mark_all_updates_read, mark_update_read
from app.entities.base import db
from app.entities.school import SystemUpdate, UpdateRead
from app.entities.users import User
from app.errors import NotAllowed
from app.permissions import SYSTEM, Actor, actor_of
from app.queries.school.updates import UPDATES_SHOWN, unread, unread_count, unread_versions
from tests.factories import make_user, refresh, save
from tests.support.forms import forms_on
from tests.support.queries import counted
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]


def make_update(title: str, *, days: int = 0, body: str = "Er is iets nieuws.") -> int:
    update = SystemUpdate(title=title, body=body, published_on=date(2026, 11, 1) + timedelta(days=days))
    save(update)
    return update.id


def test_updates_are_shown_newest_first_and_lefts_are_marked_and_counted(visit: Visit) -> None:
    make_update("Oud", days=0)
    make_update("Nieuw!", days=9)
    make_update("Tussenin", days=5)
    page = visit("administrator").get("/instellingen/").text
    assert page.index("Nieuw!") < page.index("Tussenin") < page.index(">Oud<")
    assert "3 ongelezen" in page
    assert page.count("is-unread") == 3
    assert "10-11-2026" in page


def test_an_update_is_read_by_a_post_and_by_the_reader_alone(
    app: Flask, visitor_of: Callable[..., Visitor]
) -> None:
    first, _ = make_update("Een"), make_update("Twee")
    reader, colleague = visitor_of(make_user("administrator")), visitor_of(make_user("administrator"))
    path = f"/instellingen/do/mark_update_read?id={first}"
    assert "Lees eerst wat er nieuw is" in reader.get(path).text
    assert "2 ongelezen" in reader.get("/instellingen/").text
    assert reader.post(path, button(reader, first)).location == "/instellingen/"
    assert "1 ongelezen" in reader.get("/instellingen/").text
    assert "2 ongelezen" in colleague.get("/instellingen/").text


def test_all_updates_are_read_at_once_and_twice_is_once(app: Flask) -> None:
    for n in range(5):
        make_update(f"Update {n}")
    reader = actor_of(make_user("administrator"))
    with counted() as few:
        assert run(mark_all_updates_read, reader, seen=dict(unread_versions(reader))).done == 5
    assert unread_count(reader) == 0
    assert run(mark_all_updates_read, reader, seen=dict(unread_versions(reader))).unchanged == 1
    first = db.session.scalars(select(SystemUpdate.id)).first()
    assert run(mark_update_read, reader, [first or 0], seen={first or 0: 1}).unchanged == 1
    assert db.session.query(UpdateRead).count() == 5
    for n in range(50):
        make_update(f"Nog een {n}")
    with counted() as many:
        assert run(mark_all_updates_read, reader, seen=dict(unread_versions(reader))).done == 50
    assert len(many) == len(few)


def button(reader: Visitor, update_id: int | None = None) -> dict[str, str]:
    """What the button of one update sends, or that of all."""
    forms = forms_on(reader.get("/instellingen/").text)
    wanted = "mark_all_updates_read" if update_id is None else f"mark_update_read?id={update_id}"
    fields = next(fields for address, fields in forms.items() if wanted in address)
    return {"seen": fields["seen"].values[0]}


def left_unread(reader: Visitor) -> list[str]:
    refresh()
    rows = db.session.scalars(unread(actor_of(db.session.get_one(User, reader.user_id))))
    return sorted(row.title for row in rows)


def test_all_updates_are_those_that_the_page_showed(app: Flask, visit: Visit) -> None:
    """Also those on a further page; not one that came or was changed since, which nobody has read."""
    first = make_update("Eerst")
    for n in range(UPDATES_SHOWN + 5):
        make_update(f"Update {n}", days=n)
    reader = visit("administrator")
    shown = button(reader)
    make_update("Examens vervallen", days=-1)
    correct(first, "Anders")

    assert reader.post("/instellingen/do/mark_all_updates_read", shown).status_code == 302

    page = reader.get("/instellingen/").text
    assert ">2 ongelezen" in page
    assert f"{UPDATES_SHOWN + 5} updates gelezen." in page
    assert "1 update is intussen gewijzigd en blijft ongelezen: lees de nieuwe tekst." in page
    assert "1 update is er intussen bij gekomen en blijft ongelezen." in page
    assert left_unread(reader) == ["Anders", "Examens vervallen"]


def test_one_update_is_read_as_the_page_showed_it(app: Flask, visit: Visit) -> None:
    first = make_update("Eerst")
    make_update("Tweede")
    reader = visit("administrator")
    path, shown = f"/instellingen/do/mark_update_read?id={first}", button(reader, first)
    correct(first, "Anders")

    assert reader.post(path, shown).location == "/instellingen/"

    page = reader.get("/instellingen/").text
    assert "1 update is intussen gewijzigd en blijft ongelezen: lees de nieuwe tekst." in page
    assert "gelezen." not in page.replace("blijft ongelezen", "").replace("ongelezen", "")
    assert left_unread(reader) == ["Anders", "Tweede"]
    reader.post(path, button(reader, first))
    assert left_unread(reader) == ["Tweede"]


def correct(update_id: int, title: str) -> None:
    data = {"title": title, "body": "Nu staat er iets anders.", "published_on": date(2026, 11, 1)}
    run(change_update, SYSTEM, [update_id], version=1, **data)


@pytest.mark.parametrize("sent", [{}, {"seen": ""}, {"seen": "1"}, {"seen": "1.1 x"}, {"seen": "9" * 40}])
def test_a_form_that_does_not_say_what_it_showed_marks_nothing(
    app: Flask, visit: Visit, sent: dict[str, str]
) -> None:
    one = make_update("Een")
    reader = visit("administrator")
    for path in ("mark_all_updates_read", f"mark_update_read?id={one}"):
        assert reader.post(f"/instellingen/do/{path}", sent).status_code == 422
    assert "1 ongelezen" in reader.get("/instellingen/").text


def test_a_text_keeps_its_paragraphs_and_is_never_read_as_html(visit: Visit) -> None:
    make_update("<i>Kop</i>", body="Eerste alinea.\n\nTweede <script>alert(1)</script> alinea.")
    page = visit("administrator").get("/instellingen/").text
    assert "<p>Eerste alinea.</p>" in page
    assert "<p>Tweede &lt;script&gt;" in page
    assert "&lt;i&gt;Kop" in page


def test_the_supplier_writes_and_corrects_an_update(visit: Visit) -> None:
    visitor = visit("supplier")
    data = {"title": "Nieuw  scherm", "published_on": "2026-11-24", "body": "  Kijk eens.\r\n\r\nMooi. "}
    assert visitor.post("/instellingen/do/add_update", data).status_code == 302
    refresh()
    update = db.session.scalars(select(SystemUpdate)).one()
    assert (update.title, update.body) == ("Nieuw scherm", "Kijk eens.\n\nMooi.")
    change = f"/instellingen/do/change_update?id={update.id}"
    assert 'value="Nieuw scherm"' in visitor.get(change).text
    assert visitor.post(change, {**data, "title": "Beter", "version": "1"}).status_code == 302
    late = visitor.post(change, {**data, "title": "Te laat", "version": "1"})
    assert late.status_code == 422
    assert "U hebt dit zelf in een ander tabblad gewijzigd" in late.text
    refresh()
    assert db.session.scalars(select(SystemUpdate.title)).one() == "Beter"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "Geef de update een titel."),
        ("body", " ", "Schrijf wat er nieuw is."),
        ("published_on", "", "Kies een datum."),
        ("published_on", "32-13-2026", "is geen datum"),
        ("title", "x" * 201, "200"),
    ],
)
def test_a_wrong_value_is_told_at_its_field_and_nothing_is_written(
    visit: Visit, field: str, value: str, sentence: str
) -> None:
    data = {"title": "Titel", "published_on": "2026-11-24", "body": "Tekst", field: value}
    page = visit("supplier").post("/instellingen/do/add_update", data)
    assert page.status_code == 422
    assert sentence in page.text
    refresh()
    assert db.session.query(SystemUpdate).count() == 0


def test_an_administrator_reads_and_writes_nothing(visit: Visit, actor: Callable[..., Actor]) -> None:
    update_id = make_update("Een")
    visitor = visit("administrator")
    assert "Update toevoegen" not in visitor.get("/instellingen/").text
    data = {"title": "Van mij", "published_on": "2026-11-24", "body": "Tekst", "version": "1"}
    for path in ("add_update", f"change_update?id={update_id}"):
        assert visitor.get(f"/instellingen/do/{path}").status_code == 403
        assert visitor.post(f"/instellingen/do/{path}", data).status_code == 403
    with pytest.raises(NotAllowed):
        run(add_update, actor("administrator"), title="x", body="x", published_on=date(2026, 1, 1))


def test_other_roles_have_no_settings(visit: Visit) -> None:
    update_id = make_update("Een")
    for role in ("student", "school_supervisor", "school_examiner", "exam_committee"):
        visitor = visit(role)
        assert visitor.get("/instellingen/").status_code == 403
        assert visitor.post("/instellingen/do/mark_all_updates_read").status_code == 403
        assert visitor.post(f"/instellingen/do/mark_update_read?id={update_id}").status_code == 403


def test_the_settings_of_the_school_stand_below_to_read_only(visit: Visit) -> None:
    page = visit("administrator").get("/instellingen/").text
    for text in (
        "ROC Demostad",
        "Nederlands",
        "Europe/Amsterdam",
        "Kansen per examen",
        "schools/demo/school.toml",
    ):
        assert text in page
    assert "U hoeft hier niets aan te passen." in page


def test_many_updates_come_in_pages_for_the_same_number_of_queries(visit: Visit) -> None:
    visitor = visit("administrator")
    make_update("Eerste", days=-1)
    with counted() as few:
        assert "Oudere updates" not in visitor.get("/instellingen/").text
    for n in range(25):
        make_update(f"Update {n}", days=n)
    with counted() as many:
        page = visitor.get("/instellingen/").text
    assert len(many) == len(few) <= 8
    assert "Oudere updates" in page
    assert ">Eerste<" not in page
    assert ">Eerste<" in visitor.get("/instellingen/?page=2").text
    assert visitor.get("/instellingen/?page=abc").status_code == 404
