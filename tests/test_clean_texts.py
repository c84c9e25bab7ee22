"""What somebody types comes in clean, in every field of every form: nothing unseen is kept, or shown again.

The forms are found, as in test_bad_input.py: an action that comes later is tried too, without a line here.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import openpyxl
import pytest
import wtforms
from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.security import check_password_hash, generate_password_hash
from wtforms.fields.core import UnboundField
from wtforms.form import BaseForm

from app.actions.base.action import ActionForm
from app.entities.base import db
from app.entities.imports import ImportRun
from app.entities.students import Student
from app.entities.users import User
from app.mail.own_texts import load_own_texts
from app.permissions import Role
from app.rules.cleaning import clean
from app.rules.passwords import FIELDS
from app.toml_kinds import Text
from tests.factories import make_user, refresh, save
from tests.support.forms import FormField, as_shown
from tests.support.visitor import Visitor
from tests.support.world import World
from tests.test_bad_input import NOT_TYPED, ON_PAGES, TYPED, Trial, filled, fresh, misfits, somebody_for
from tests.test_role_matrix import ACTIONS, POSTS, address, post_rules

DIRT = "\u202e\u200b\u200c\u200d\u2066\ufeff\x07"
PASSWORD = (
    " Vier WOOR\u200bden \u202esamen\x07, e\u0301n zo lang dat niets het afbreekt: meer dan 72 tekens in al "
)
VisitorOf = Callable[[User | None], Visitor]


def dirty(fields: Mapping[str, FormField]) -> dict[str, Any]:
    """The form as a careful user sends it, with dirt in every text that they can type."""
    sent = filled(fields)
    for name, one in fields.items():
        if one.kind in TYPED and name not in NOT_TYPED and isinstance(value := sent.get(name, ""), str):
            typed = value or "Tekst"
            sent[name] = f"{typed[:1]}{DIRT}{typed[1:]}{DIRT}"
    return sent


Texts = list[tuple[str, str]]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Texts:
    """(name, text) of every field that a form of a page was given."""
    texts: Texts = []
    process = BaseForm.process

    def listening(form: Any, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        if isinstance(formdata, CombinedMultiDict):
            texts.extend((name, one) for name, one in formdata.items(multi=True) if isinstance(one, str))
        process(form, formdata, *args, **kwargs)

    monkeypatch.setattr(BaseForm, "process", listening)
    return texts


def unclean(trial: Trial, read: Texts) -> list[str]:
    """What is wrong after this form was sent once with dirt in it."""
    sent = dirty(trial.form())
    answer = trial.page.post(trial.path, {**fresh(sent), "confirmed": "1"})
    dirt = [f"{trial.name}: read {name}" for name, text in read if name not in FIELDS and clean(text) != text]
    shown = html.unescape(answer.data.decode(errors="replace")) if answer.mimetype == "text/html" else ""
    wrong = [f"{trial.name}: shown {char!a}" for char in DIRT if char in shown]
    return [*dirt, *wrong, *([f"{trial.name}: {answer.status_code}"] if answer.status_code >= 500 else [])]


@pytest.mark.everywhere
@pytest.mark.parametrize(("name", "base"), ON_PAGES, ids=[f"{base}:{name}" for name, base in ON_PAGES])
def test_every_text_of_every_action_comes_in_clean(
    world: World, visitor_of: VisitorOf, read: Texts, name: str, base: str
) -> None:
    expected = ACTIONS[name]
    role = somebody_for(world, expected.access)
    path = f"{base}/do/{name}"
    if expected.row:
        path += f"?id={world.own.of(expected.row, role)}"
    if name == "plan_exam":
        path += f"&kies={world.own['exam']}&opleiding={world.own['programme']}"
    assert unclean(Trial(visitor_of(world.user(role)), name, path), read) == []
    assert misfits() == []


@pytest.mark.everywhere
def test_every_text_of_every_other_form_comes_in_clean(
    app: Flask, world: World, visitor_of: VisitorOf, read: Texts
) -> None:
    wrong = []
    for rule in sorted(post_rules(app), key=lambda rule: rule.endpoint):
        expected = POSTS[rule.endpoint]
        page = visitor_of(world.user(somebody_for(world, expected.access)))
        trial = Trial(page, rule.endpoint, address(rule, world.own, expected))
        if trial.shows_a_form():
            wrong += unclean(trial, read)
    assert wrong == []
    assert misfits() == []


def test_a_student_is_kept_and_found_without_what_came_along(visit: Callable[..., Visitor]) -> None:
    page = visit(Role.ADMINISTRATOR)
    form = {"number": "09\u200b12", "first_name": f"No{DIRT}or", "last_name": "De\u0301 Wit\u202e"}
    assert page.do("/studenten/do/add_student", {**form, "email": "noor\u2060@example.nl"}).status_code == 302
    refresh()
    student = db.session.scalars(select(Student)).one()
    kept = (student.number, student.first_name, student.last_name, student.email)
    assert kept == ("0912", "Noor", "Dé Wit", "noor@example.nl")
    found = page.get("/studenten/?q=no\u200bor").text
    assert ("Dé Wit" in found, "\u200b" in found) == (True, False)


def test_what_looks_encoded_is_a_text_like_any_other(visit: Callable[..., Visitor]) -> None:
    page, name = visit(Role.ADMINISTRATOR), "De %57it &amp; Co"
    form = {"number": "0912", "first_name": "Noor", "last_name": name, "email": "noor@example.nl"}
    assert page.do("/studenten/do/add_student", form).status_code == 302
    refresh()
    assert db.session.scalars(select(Student.last_name)).one() == name
    assert 'value="%57it &amp;amp; Co"' in page.get("/studenten/?q=%2557it+%26amp%3B+Co").text


def test_a_file_has_no_name_that_reads_the_other_way_round(visit: Callable[..., Visitor]) -> None:
    page = visit(Role.ADMINISTRATOR)
    file = (
        io.BytesIO("Nummer;Voornaam;Achternaam\n12;No\u200bor;W\u202eit\n".encode()),
        "xslx\u202evsc\u200b.csv",
    )
    assert page.post("/studenten/importeren/", {"file": file, "login_codes": "none"}).status_code == 302
    assert misfits() == []


def test_a_password_is_kept_as_it_was_typed(app: Flask) -> None:
    user = make_user("student", password=generate_password_hash("vier woorden samen zijn lang"))
    name = user.username
    given = {"present": "vier woorden samen zijn lang", "password": PASSWORD, "again": PASSWORD}
    answer = Visitor(app, user).post("/mijn-profiel/do/change_password", given)
    assert answer.status_code == 302, answer.text
    refresh()
    kept = db.session.scalars(select(User.password).where(User.username == name)).one()
    assert check_password_hash(kept, PASSWORD)
    assert not check_password_hash(kept, clean(PASSWORD))
    for typed, status in ((clean(PASSWORD), 422), (PASSWORD, 302)):
        answer = Visitor(app).post("/aanmelden", {"username": f"{name}\u200b", "password": typed})
        assert answer.status_code == status


def fields_of(form: type[wtforms.Form]) -> Iterator[tuple[str, type[wtforms.Field]]]:
    for made in form.__subclasses__():
        for name in dir(made):
            if isinstance(field := getattr(made, name), UnboundField):
                yield name, field.field_class
        yield from fields_of(made)


def test_the_door_knows_every_field_for_a_password_and_no_other() -> None:
    fields = set(fields_of(ActionForm))
    assert len(fields) > 50
    assert {name for name, kind in fields if issubclass(kind, wtforms.PasswordField)} == FIELDS
    assert {name for name, kind in fields if name in FIELDS and kind is not wtforms.PasswordField} == set()


def test_the_guard_sees_a_text_that_was_not_cleaned(app: Flask) -> None:
    save(User(first_name="a\u200b", last_name="b", username="c", email="d@example.nl", active=True))
    assert misfits() == ["ab_user.first_name: 'a\\u200b' (2)"]


def test_a_text_of_a_school_file_is_cleaned_and_refused_when_nothing_is_left(tmp_path: Path) -> None:
    assert Text(20).read(f"Sch\u200bool{DIRT[:-1]}", tmp_path) == "School"
    assert Text(20).read("\u200b\u3164", tmp_path) is None
    assert Text(20).read("een\x07", tmp_path) is None, "a control character is a mistake in a file"


def test_a_mail_text_of_the_school_is_cleaned(tmp_path: Path) -> None:
    written = f"Onderwerp: Uw {DIRT}code\n{{inlogcode}} op {DIRT}{{adres}}\n"
    (tmp_path / "login_code.nl.txt").write_text(written, encoding="utf-8")
    (kept,) = load_own_texts(tmp_path).values()
    assert (kept.subject, kept.body) == ("Uw code", "{inlogcode} op {adres}\n")


@pytest.mark.parametrize("kind", ["studenten", "gebruikers", "studentgroepen"])
def test_a_sheet_is_chosen_whatever_its_name_holds(visit: Callable[..., Visitor], kind: str) -> None:
    """It is shown and kept clean, each name once; the file knows it as it is."""
    page = visit(Role.ADMINISTRATOR)
    book = openpyxl.Workbook()
    titles = f"Ee{DIRT[:-1]}n", f"Twe{DIRT[:-1]}e", "Tw\u200bee", DIRT[:-1]
    for sheet, title in zip(
        [book.worksheets[0], *(book.create_sheet() for _ in titles[1:])], titles, strict=True
    ):
        sheet.title = title
        sheet.append(["Nummer", "Voornaam", "Achternaam", "Groep"])
        sheet.append([12, "Noor", f"{title}!", "G1"])
    content = io.BytesIO()
    book.save(content)
    content.seek(0)
    sent = {"file": (content, "x.xlsx"), "login_codes": "none"}
    answer = page.post(f"/{kind}/importeren/", sent)
    number = re.search(r"importeren/(\d+)", answer.location)
    assert number is not None
    again = f"/{kind}/importeren/{number[1]}/opnieuw-lezen"
    columns = again.replace("opnieuw-lezen", "kolommen")
    for sheet in ("Twee (2)", "Twee", "Een"):
        text = page.get(columns).text
        assert not set(DIRT) & set(text)
        assert page.post(again, {**as_shown(text), "header": "1", "sheet": sheet}).status_code == 302
        refresh()
        table = db.session.scalars(select(ImportRun)).one().table
        assert table["sheets"] == ["Een", "Twee", "Twee (2)", "?"]
        assert table["reading"]["sheet"] == sheet
        assert not set(DIRT) & set(str(table))
    assert "Een!" in page.get(columns).text


def test_every_text_of_every_command_comes_in_clean(app: Flask) -> None:
    """What is typed at a prompt, or given as an option or an argument; a password is kept as it came."""
    asked = [
        (name, one)
        for name, command in app.cli.commands.items()
        for one in command.params
        if isinstance(one.type, click.types.StringParamType) and command.callback is not None
        if command.callback.__module__ == "app.commands"
    ]
    assert {name for name, _one in asked} >= {"create-administrator", "reset-second-factor", "accept-trail"}
    for name, one in asked:
        secret = bool(getattr(one, "hide_input", False))
        read = one.type_cast_value(click.Context(app.cli.commands[name]), f"p{DIRT}iet")
        assert (read == f"p{DIRT}iet", read == "piet") == (secret, not secret), (name, one.name)
