"""Undoing an import as people meet it: asked on the report or in the list, told first, named afterwards."""

from __future__ import annotations

import html
from urllib.parse import urlencode

from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.students.availability import release_progress
from app.entities.base import db
from app.entities.students import Student
from app.permissions import actor_of
from tests.factories import make_user, refresh
from tests.support.importing import Wizard, lines
from tests.support.visitor import Visitor, announced

IMPORTING = "/studenten/importeren/"
BUTTON = "Ongedaan maken"


def students():
    refresh()
    return db.session.scalars(select(Student).order_by(Student.number)).all()


def test_from_the_report_to_undone(app):
    boss, colleague = make_user("administrator"), make_user("administrator")
    pk = Wizard(actor_of(boss)).take(lines(("1", "Daan", "", "Vos"), ("2", "Noor", "", "Bos")))
    Wizard(actor_of(boss)).write(pk)
    run(release_progress, actor_of(boss), [students()[0].id], available="on")
    page, other = Visitor(app, boss), Visitor(app, colleague)

    report = page.get(f"{IMPORTING}{pk}/verslag").text
    undoing = f"{IMPORTING}do/undo_student_import?id={pk}"
    from_here = f"{undoing}&{urlencode({'back': f'{IMPORTING}{pk}/verslag'})}"
    assert f'href="{from_here}"' in html.unescape(report)
    assert "Ongedaan maken kan tot" in report
    asked = page.get(from_here)
    told = html.unescape(asked.text)
    for text in ("Bos, Noor (2): verwijderd", "Vos, Daan (1)", "studievoortgang", "niet terug te halen"):
        assert text in told
    assert len(students()) == 2, "asking changes nothing"

    answer = page.do(from_here, {"token": "u" * 43})
    assert "1 verwijderd, 0 teruggezet, 1 gebleven" in answer.text
    assert f'href="{IMPORTING}{pk}/verslag">Terug<' in answer.text, "it was no list that one came from"
    assert [one.number for one in students()] == ["1"]
    after = html.unescape(page.get(f"{IMPORTING}{pk}/verslag").text)
    assert "is geïmporteerd en ongedaan gemaakt" in after
    assert "Gebleven bij het ongedaan maken" in after
    assert BUTTON not in after
    assert page.do(undoing).status_code == 422

    listed = other.get(IMPORTING).text
    assert f"door {boss.full_name}" in html.unescape(listed)
    assert "Ongedaan gemaakt" in listed
    assert f"{IMPORTING}{pk}" not in listed, "the report is its maker's alone"


def test_what_is_undone_is_what_was_announced(app):
    """A student of the file is changed between the page and its button: they would stay, and were to go."""
    boss = make_user("administrator")
    pk = Wizard(actor_of(boss)).take(lines(("1", "Daan", "", "Vos"), ("2", "Noor", "", "Bos")))
    Wizard(actor_of(boss)).write(pk)
    page, undoing = Visitor(app, boss), f"{IMPORTING}do/undo_student_import?id={pk}"
    pressed = announced(page.get(undoing))
    run(release_progress, actor_of(boss), [students()[0].id], available="on")

    answer = page.post(undoing, pressed)

    assert answer.status_code == 409
    assert "Intussen gewijzigd" in answer.text
    assert "Nu is het: " in answer.text
    assert len(students()) == 2
