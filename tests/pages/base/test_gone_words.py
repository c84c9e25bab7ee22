"""The page of a row that went: every choice in the words that its form had, every date as people write it."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import false, select

from app.actions.base.action import REGISTRY
from app.actions.base.forms import secret_fields
from app.actions.base.runner import run
from app.actions.groups.groups import remove_group
from app.actions.students.removal import remove_students
from app.entities.engine import transaction
from app.entities.users import User
from app.permissions import Actor, actor_of, visible
from tests.factories import make_exam, make_group, make_student, make_user
from tests.pages.base.test_gone_rows import edit
from tests.support.forms import FormField, forms_on
from tests.support.visitor import Visitor
from tests.support.world import World
from tests.test_typed import back_in, trials

VisitorOf = Callable[[User | None], Visitor]
CHOSEN = {"select", "checkbox", "radio"}
OPTION = re.compile(r"<option[^>]*?value=\"([^\"]*)\"[^>]*>(.*?)</option>", re.S)
SELECT = re.compile(r"<select[^>]*?name=\"([^\"]*)\"[^>]*>(.*?)</select>", re.S)
BOX = re.compile(r"<input[^>]*?name=\"([^\"]*)\" value=\"([^\"]*)\"[^>]*>\s*<label[^>]*>(.*?)</label>", re.S)
FACT = re.compile(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", re.S)
LABEL = re.compile(r"<label class=\"form-label\" for=\"([^\"]*)\">(.*?)(?:<span|</label>)", re.S)
INTERNAL = re.compile(r"_|^[a-z0-9]+$")
MUST = {"exclude_exam", "remove_members", "remove_from_group", "uncouple_users"}
MUST |= {"change_student", "uncouple_programme", "record_adoption", "set_rule"}


def words_of(page: str) -> dict[tuple[str, str], str]:
    """(name, value) -> the words beside it, of all choices of a page."""
    boxes = [((name, value), label) for name, value, label in BOX.findall(page)]
    listed = [
        ((name, value), label) for name, body in SELECT.findall(page) for value, label in OPTION.findall(body)
    ]
    return {key: html.unescape(label).split(" · ")[0].strip() for key, label in [*boxes, *listed]}


def without_rows_of(monkeypatch: pytest.MonkeyPatch, gone: list[Any]) -> None:
    """No row of the last of these models is there for anybody."""

    def some(actor: Actor, model: Any, permission: Any = None) -> Any:
        return select(model).where(false()) if model is gone[-1] else visible(actor, model, permission)

    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("app.") and getattr(module, "visible", None) is visible:
            monkeypatch.setattr(module, "visible", some)


def chosen(fields: dict[str, FormField]) -> dict[str, list[str]]:
    """The last real choice of every list, every box; a date and a text in what is left."""
    sent = {}
    for name, one in fields.items():
        real = [option for option in one.options if option]
        if one.kind in CHOSEN:
            sent[name] = real[-1:]
        else:
            typed = {
                "hidden": one.values,
                "date": ["2031-02-03"],
                "time": ["07:08"],
                "number": ["37"],
                "file": [],
            }
            sent[name] = typed.get(one.kind, [f"Getypt in {name}"])
    return sent


@pytest.mark.everywhere
def test_every_choice_and_date_is_shown_in_the_words_of_its_form(
    app: Flask, world: World, visitor_of: VisitorOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = [(trial, form) for trial in trials(app, world, visitor_of) if (form := trial.form()) is not None]
    pages = {trial.path: trial.page.get(trial.shown_on, follow_redirects=True).text for trial, _form in shown}
    gone: list[Any] = [None]
    without_rows_of(monkeypatch, gone)
    wrong, tried = [], set()
    for trial, (action, fields) in shown:
        found = re.search(r"/do/(\w+)\?", trial.path)
        act = REGISTRY[found[1]] if found else None
        if act is None or act.on is None:
            continue
        words = words_of(pages[trial.path])
        labels = {name: html.unescape(label).strip() for name, label in LABEL.findall(pages[trial.path])}
        sent = {name: values for name, values in chosen(fields).items() if name not in secret_fields()}
        trial.page._token = fields["csrf_token"].values[0]
        del sent["csrf_token"]
        gone.append(act.on)
        answer = trial.page.post(action, sent)
        gone.append(None)
        assert answer.status_code == 404, trial.path
        facts = [(html.unescape(a), html.unescape(b)) for a, b in FACT.findall(answer.text)]
        for name, values in sent.items():
            one = fields[name]
            for value in values:
                expected = {"date": "03-02-2031", "number": "37", "time": "07:08"}.get(one.kind, value)
                if one.kind in CHOSEN:
                    expected = words.get((name, value), "")
                if one.kind == "hidden" or not expected:
                    continue
                tried.add(act.name)
                said = [label for label, text in facts if expected in text]
                if not said and (one.kind != "checkbox" or value != "y"):
                    wrong.append(f"{act.name}: {name}={value} is not there as {expected!r}")
                if said and name in labels and not any(labels[name] in label for label in said):
                    wrong.append(f"{act.name}: {name} stands as {said}, not as {labels[name]}")
        wrong += [
            f"{act.name}: the label {label}" for label, _text in facts if not label or INTERNAL.search(label)
        ]
        wrong += [f"{act.name}: the date {text}" for _label, text in facts if re.search(r"\d{4}-\d\d", text)]
    assert wrong == [], "\n".join(wrong)
    assert tried >= MUST, MUST - tried


def test_a_planning_whose_student_went_shows_its_moments(app: Flask, visit: Callable[..., Visitor]) -> None:
    exam = make_exam(tasks=2)
    student = make_student(exam.programme).id
    path = f"/examens/do/plan_exam?kies={exam.id}&opleiding={exam.programme.id}&id={student}"
    page = visit("administrator")
    fields = next(one for one in forms_on(page.get(path).text).values() if "way" in one)
    page._token = fields["csrf_token"].values[0]
    sent = {name: one.values for name, one in fields.items() if name != "csrf_token"}
    first = f"task{exam.tasks[0].id}"
    typed = {f"{first}_day": "2031-02-03", f"{first}_location": "Lokaal 3", f"{first}_start": "07:08"}
    with transaction():
        remove_students([student])
    answer = page.post(path, {**sent, "way": "apart", **typed, f"start{student}": "09:10"})
    facts = {html.unescape(label): html.unescape(text) for label, text in FACT.findall(answer.text)}
    assert answer.status_code == 404
    assert facts["Opdracht 1: Datum"] == "03-02-2031"
    assert facts["Opdracht 1: Locatie"] == "Lokaal 3"
    assert facts["Opdracht 1: Begintijd"] == "07:08"
    assert facts["Begintijd van een student"] == "09:10"
    assert not any(label.startswith("Opdracht 2") for label in facts)


def test_the_way_back_from_the_page_says_it_too(visit: Callable[..., Visitor]) -> None:
    """The browser's Back asks for the form's address again."""
    page, colleague = visit("administrator"), make_user("administrator", first_name="Ans", last_name="Bakker")
    group, other = make_group(name="VZ1A").id, make_group(name="VZ1B").id
    path, never = (f"/studentgroepen/do/change_group?id={one}" for one in (group, other))
    send = edit(page, path, name="Een betere naam")
    run(remove_group, actor_of(colleague), [group])
    run(remove_group, actor_of(colleague), [other])
    assert "data-gone" not in page.get(path).text  # nobody was told yet
    assert "data-gone" in send().text
    back = html.unescape(page.get(path).text)
    assert "Wat u wilde wijzigen, is er niet meer" in back
    assert "<strong>VZ1A</strong>" in back
    assert re.search(r"Ans Bakker deed dit op [\d-]{10} om \d\d:\d\d: “Studentgroep verwijderen”\.", back)
    assert page.get(path).status_code == 404
    assert "data-gone" not in page.get(never).text
    back_in(page, make_user("administrator").id)
    assert "data-gone" not in page.get(path).text


def test_a_value_that_only_the_student_still_had_is_its_own_words(
    app: Flask, visit: Callable[..., Visitor]
) -> None:
    student, page = make_student().id, visit("administrator")
    send = edit(page, f"/studenten/do/change_student?id={student}", extra_locatie="Oude haven")
    with transaction():
        remove_students([student])
    assert "Oude haven" in send().text
