"""Nonsense in every form, every address and every own POST route: a sentence, never a crash, nothing written.

The forms are found: every action that a page offers, every route that takes a POST, every filter of every
list. A page that comes later is tried too, without a line here.
"""

from __future__ import annotations

import html
import io
import logging
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import Select, String, func, select
from werkzeug.test import TestResponse

from app.actions.base.action import REGISTRY, Action
from app.actions.base.form_words import GONE
from app.entities.assessment import ScoreSheet
from app.entities.base import db, metadata
from app.entities.students import Student
from app.entities.users import User
from app.pages.base.lists import ListPage
from app.permissions import Role
from app.rules.cleaning import clean
from app.views import OTHERS, TABS
from tests.factories import make_student, make_user, refresh
from tests.factories.assessment import plan_exam
from tests.support import clock
from tests.support.forms import FormField, forms_on
from tests.support.visitor import Visitor
from tests.support.world import World
from tests.test_role_matrix import ACTIONS, POSTS, ROUTES, Access, address, get_rules, offered, post_rules

pytestmark = pytest.mark.everywhere

LONG = "x" * 10_001  # more than any field takes
NUL = "a\x00b"
STRANGE = "👩‍🎓 \u202eab\u200bc\u202c ثلاثة"
MARKUP = "<script>alert(1)</script> \"aanhaling\" 'enkel' & <b>"
DIGITS = "²³"  # digits to str.isdigit, no number to int
MANY_DIGITS = "9" * 5000  # more than int() wants to read
NUMBERS = ["-1", "99999999999999999999", "abc", DIGITS, NUL, MANY_DIGITS]
DATES = ["31-02-2026", "2026-02-31", "0001-01-01", "9999-12-31", "morgen", NUL]
TEXTS = ["   ", LONG, f"{NUL}\x1b[31m\x07", f"{STRANGE} {MARKUP}"]
NOT_TYPED = {"csrf_token", "confirmed"}
TYPED = {"text", "email", "search", "tel", "url"}
SILENT = {"password", "file", "hidden", "checkbox", "radio", "select"}  # nothing typed to give back
OF_OUR_OWN = {"name_key"}  # nobody typed the sign between its names
UNCOUNTED = {"sign_in_attempt"}  # a try is counted before it is looked at

# What a form needs to be right, by the name of its field; everything else takes the value it shows.
RIGHT = {
    "number": "0912345",
    "first_name": "Noor",
    "last_name": "Smit",
    "email": "noor@example.nl",
    "birth_date": "14-03-2008",
    "cohort": "2026",
    "school_year": "2026-2027",
    "title": "Titel",
    "body": "Tekst",
    "name": "Groep van de proef",
    "reason": "Een reden van genoeg tekens",
    "published_on": f"{clock.today():%d-%m-%Y}",
    "decided_on": f"{clock.today():%d-%m-%Y}",
    "day": f"{clock.monday():%d-%m-%Y}",
    "start": "09:30",
    "all_day": f"{clock.monday():%d-%m-%Y}",
    "all_start": "09:30",
    "all_minutes": "60",
    "phone": "0612345678",
}


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="app")


class Trial:
    """Posts one form of one visitor again and again, and keeps what went wrong."""

    def __init__(self, page: Visitor, name: str, path: str) -> None:
        self.page, self.name, self.path = page, name, path
        self.wrong: list[str] = []
        self.refused = 0
        self.kept: dict[str, int] = {}  # what a refusal found as it was, for the next one

    def shows_a_form(self) -> bool:
        return self.page.get(self.path).status_code == 200

    def form(self) -> dict[str, FormField]:
        """The form as it is shown, every POST form of the page together."""
        answer = self.page.get(self.path)
        assert answer.status_code in {200, 422}, (self.path, answer.status_code)
        found: dict[str, FormField] = {}
        for fields in forms_on(answer.text).values():
            found.update(fields)
        return found

    def post(self, label: str, data: Mapping[str, Any], typed: Mapping[str, str] | None = None) -> int:
        """The status of the answer."""
        before, self.kept = self.kept or rows(), {}
        ask = self.page.do if "confirmed" in data else self.page.post  # what is confirmed was announced
        answer = ask(self.path, {name: value for name, value in data.items() if name != "confirmed"})
        if complaint := told(answer, typed or {}):
            self.wrong.append(f"{self.name} {label}: {complaint}")
        if answer.status_code >= 400:
            self.refused += 1
            after = rows()
            written = {n: count for n, count in changed(before, after).items() if n != "typed_form"}
            if not written:  # but for what was typed, which may wait (tests/test_typed.py)
                self.kept = after
            else:
                self.wrong.append(f"{self.name} {label}: refused and yet written: {written}")
        return answer.status_code


def told(answer: TestResponse, typed: Mapping[str, str]) -> str:
    """What is wrong with an answer; empty: it is a page, and a refusal says why and keeps what was typed."""
    text = answer.data.decode(errors="replace")  # a form may answer with a file
    page = html.unescape(text)
    if answer.status_code >= 500 or "Traceback" in page or "psycopg" in page or "sqlite3" in page:
        return f"crash ({answer.status_code})"
    if answer.status_code < 400:
        return ""
    if not any(mark in text for mark in ("field-error", "error-summary", "error-page", "<h1")):
        return f"no sentence ({answer.status_code})"
    if answer.status_code == 422:
        for name, value in typed.items():
            if value.strip() and not any(c in value for c in "\x00\x1b") and clean(value) not in page:
                return f"what was typed in {name} is gone"
    return ""


def rows() -> dict[str, int]:
    """How many rows every table has, in one statement."""
    refresh()
    return dict(db.session.execute(_counting()).one()._mapping)


@cache
def _counting() -> Select[Any]:
    tables = [t for t in metadata.sorted_tables if t.name not in UNCOUNTED]
    return select(*(select(func.count()).select_from(t).scalar_subquery().label(t.name) for t in tables))


def changed(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - count for name, count in before.items() if after[name] != count}


def misfits() -> list[str]:
    """Stored texts that their column does not hold, or that were not cleaned: no database would say so."""
    refresh()
    wrong = []
    for table in metadata.sorted_tables:
        for row in db.session.execute(table.select()).mappings():
            for column in table.columns:
                value = row[column.name]
                most = column.type.length if isinstance(column.type, String) else None
                wrong += [
                    f"{table.name}.{column.name}: {text[:30]!r} ({len(text)})"
                    for text in texts_in(value)
                    if (most and len(text) > most) or (clean(text) != text and column.name not in OF_OUR_OWN)
                ]
    return wrong


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value of a column, also those inside JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from chain.from_iterable(map(texts_in, (*value, *value.values())))
    elif isinstance(value, list):
        yield from chain.from_iterable(map(texts_in, value))


def filled(fields: Mapping[str, FormField]) -> dict[str, Any]:
    """The form as a careful user sends it."""
    sent: dict[str, Any] = {}
    for name, one in fields.items():
        if name == "csrf_token":
            continue
        if one.kind == "file":
            sent[name] = (b"%PDF-1.4 handleiding", "handleiding.pdf")
            continue
        values = [value for value in one.values if value] or [RIGHT.get(name, "")]
        if not values[0] and one.options:
            values = [option for option in one.options if option][:1] or [""]
        sent[name] = values if len(values) > 1 else values[0]
    return sent


def bad_values(one: FormField) -> list[str]:
    if one.kind in {"date", "time", "datetime-local"} or one.name in {"birth_date"}:
        return DATES
    if one.kind in {"number", "select", "checkbox", "radio", "hidden"}:
        return NUMBERS
    return TEXTS


def try_every_field(trial: Trial) -> None:
    fields = trial.form()
    right = filled(fields)
    trial.post("nothing", {})
    for value in (LONG, NUL, STRANGE, MARKUP, "-1", "99999999999999999999", DIGITS):
        trial.post(
            f"all {value[:8]!r}", {n: value for n in fields if n not in NOT_TYPED} | {"confirmed": "1"}
        )
    for name in (name for name, one in fields.items() if one.kind in TYPED and name not in NOT_TYPED):
        # First of all: when a form has been carried out, the same form does nothing any more.
        if trial.post(f"{name} too long", {**fresh(right), name: LONG, "confirmed": "1"}) < 400:
            trial.wrong.append(f"{trial.name} {name}: taken, however long")
    for name, one in fields.items():
        if name in NOT_TYPED:
            continue
        without = {key: value for key, value in right.items() if key != name}
        trial.post(f"{name} missing", {**fresh(without), "confirmed": "1"})
        for value in bad_values(one):
            typed = {} if one.kind in SILENT else {name: value}
            trial.post(f"{name}={value[:12]!r}", {**fresh(right), name: value, "confirmed": "1"}, typed)
        if one.kind != "file":
            trial.post(f"{name} twice", {**fresh(right), name: [MARKUP, "-1"], "confirmed": "1"})


def fresh(data: Mapping[str, Any]) -> dict[str, Any]:
    """As it is sent: the contents of a file as a stream of its own, which is used up by sending."""
    return {
        name: (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value
        for name, value in data.items()
    }


def somebody_for(world: World, access: Access) -> Role:
    """Who may: the administrator where possible, for that is who has the most in sight."""
    return Role.ADMINISTRATOR if Role.ADMINISTRATOR in access else next(iter(access))


def trial_of(world: World, visitor_of: Callable[..., Visitor], name: str, base: str) -> Trial:
    """The form of an action on a page, before somebody who may, for a row of theirs."""
    expected = ACTIONS[name]
    role = somebody_for(world, expected.access)
    path = f"{base}/do/{name}"
    if expected.row:
        path += f"?id={world.own.of(expected.row, role)}"
    if name == "plan_exam":
        path += f"&kies={world.own['exam']}&opleiding={world.own['programme']}"
    return Trial(visitor_of(world.user(role)), name, path)


ON_PAGES = sorted({(act.name, base) for base, act in offered()})


@pytest.mark.parametrize(("name", "base"), ON_PAGES, ids=[f"{base}:{name}" for name, base in ON_PAGES])
def test_every_action_takes_nonsense_calmly(
    app: Flask, world: World, visitor_of: Callable[..., Visitor], name: str, base: str
) -> None:
    trial = trial_of(world, visitor_of, name, base)
    try_every_field(trial)
    assert trial.wrong == []
    assert misfits() == []


def test_an_address_that_is_none_is_refused_by_every_form_that_asks_for_one(
    world: World, visitor_of: Callable[..., Visitor]
) -> None:
    asked = set()
    for name, base in (pair for pair in ON_PAGES if REGISTRY[pair[0]].form is not None):
        trial = trial_of(world, visitor_of, name, base)
        if "email" in (fields := trial.form()):
            for typed in ("geen adres", "jan@example.nl\r\nBcc: iedereen@example.nl"):
                answer = trial.page.do(trial.path, {**fresh(filled(fields)), "email": typed})
                assert (answer.status_code, "geen e-mailadres" in answer.text) == (422, True), trial.path
            asked.add(name)
    assert {"add_user", "edit_user", "add_student", "change_student", "change_email"} <= asked


NO_CHOICE = "987654321"  # as of a row that went
SHEETS = ("OwnProgressPage", "ProgressPage")  # of ratings that never go, and no form of WTForms


def chosen_from(fields: Mapping[str, FormField]) -> list[str]:
    """The names of the fields in which something is chosen; a box to tick or not is none of these."""
    return [
        name
        for name, one in fields.items()
        if one.kind == "select" or (one.kind in {"radio", "checkbox"} and not set(one.options) <= {"y", "1"})
    ]


def misspoken(trial: Trial) -> tuple[set[str], list[str]]:
    """The fields on a page in which something is chosen, and those that say something else of no choice."""
    seen, wrong = set(), []
    for path, fields in forms_on(trial.page.get(trial.path).text).items():
        for name in chosen_from(fields):
            sent: dict[str, Any] = {**fresh(filled(fields)), name: NO_CHOICE}
            text = html.unescape(trial.page.post(path or trial.path, sent).text)
            seen.add(f"{trial.name}.{name}")
            wrong += [f"{trial.name}.{name}"] if GONE not in text or NO_CHOICE in text else []
            wrong += [f"{trial.name}.{name}: twice"] if f"{GONE} {GONE}" in text else []
    return seen, wrong


def test_a_choice_that_is_gone_is_told_in_one_sentence_by_every_form(
    app: Flask, world: World, visitor_of: Callable[..., Visitor]
) -> None:
    """Never by the number that the database knows it by."""
    trials = [trial_of(world, visitor_of, *one) for one in ON_PAGES if REGISTRY[one[0]].form is not None]
    for rule in sorted(post_rules(app), key=lambda rule: rule.endpoint):
        expected = POSTS[rule.endpoint]
        page = visitor_of(world.user(somebody_for(world, expected.access)))
        trials.append(Trial(page, rule.endpoint, address(rule, world.own, expected)))
    seen: set[str] = set()
    wrong: list[str] = []
    for trial in trials:
        if trial.shows_a_form() and not trial.name.startswith(SHEETS):
            names, complaints = misspoken(trial)
            seen |= names
            wrong += complaints
    assert wrong == []
    assert {"add_group.colour", "exclude_exam.exams", "UserImportPage.columns.header"} <= seen


def test_every_route_of_its_own_takes_nonsense_calmly(
    app: Flask, world: World, visitor_of: Callable[..., Visitor]
) -> None:
    wrong = []
    for rule in sorted(post_rules(app), key=lambda rule: rule.endpoint):
        expected = POSTS[rule.endpoint]
        page = visitor_of(world.user(somebody_for(world, expected.access)))
        trial = Trial(page, rule.endpoint, address(rule, world.own, expected))
        if trial.shows_a_form():
            try_every_field(trial)
        else:
            for value in (*NUMBERS, *TEXTS):
                names = ("version", "levels", "remark", "level-1", "remark-1", "token", f"level-{value}")
                trial.post(repr(value[:12]), dict.fromkeys(names, value))
        wrong += trial.wrong
    assert wrong == []
    assert misfits() == []


def test_of_a_name_that_is_sent_twice_the_first_value_counts_and_of_ids_all(
    app: Flask, visitor_of: Callable[..., Visitor]
) -> None:
    """In the form of an action and on a page that reads its own fields; a wrong id is not passed over."""
    names = {"number": "00712", "first_name": ["Noor", "Sanne"], "last_name": "Smit", "gender": "female"}
    page, two = visitor_of(make_user(Role.ADMINISTRATOR)), [make_student().id for _n in range(2)]
    page.do("/studenten/do/add_student", names)
    asked = "/studenten/do/deactivate_students?id="
    assert "2 studenten" in page.post(asked + "&id=".join(map(str, two))).text
    assert page.post(f"{asked}{two[0]}&id=x").status_code == 404
    exam = plan_exam()
    examiner = visitor_of(db.session.get_one(User, exam.school.id))
    scores = {"version": "0", "remark": ["eerste", "tweede"]}
    assert examiner.post(f"/te-beoordelen/{exam.sittings[0]}", scores).status_code == 302
    refresh()
    assert db.session.scalars(select(Student.first_name).where(Student.number == "00712")).one() == "Noor"
    assert db.session.scalars(select(ScoreSheet.remark)).one() == "eerste"


DOOR = (
    "/aanmelden",
    "/aanmelden/code",
    "/aanmelden/stuur-code",
    "/aanmelden/wachtwoord-vergeten",
    "/aanmelden/gemailde-code",
    "/taal",
    "/afmelden",
)


@pytest.mark.parametrize("path", DOOR)
def test_the_door_takes_nonsense_calmly(app: Flask, visitor_of: Callable[..., Visitor], path: str) -> None:
    wrong = []
    for value in (*TEXTS, *NUMBERS):
        page = visitor_of(None)
        names = ("username", "password", "code", "again", "language", "back", "next")
        answer = page.post(path, dict.fromkeys(names, value))
        if complaint := told(answer, {}):
            wrong.append(f"{value[:12]!r}: {complaint}")
        answer = page.get(f"/aanmelden?next={quote(value[:500])}")
        if complaint := told(answer, {}):
            wrong.append(f"next={value[:12]!r}: {complaint}")
    assert wrong == []
    assert misfits() == []


BAD_IDS = ["2147483648", "99999999999999999999999", "9" * 5000]


def test_a_number_that_no_row_can_have_is_not_found(
    app: Flask, world: World, visitor_of: Callable[..., Visitor]
) -> None:
    wrong = []
    for rule in [*get_rules(app), *post_rules(app)]:
        expected = {**ROUTES, **POSTS}[rule.endpoint]
        if not expected.row:
            continue
        page = visitor_of(world.user(somebody_for(world, expected.access)))
        real = address(rule, world.own, expected)
        for number in BAD_IDS:
            path = real.replace(f"/{world.own[expected.row]}", f"/{number}", 1)
            asked = [page.get(path)] if "GET" in (rule.methods or ()) else []
            asked += [page.post(path, {"version": "1"})] if "POST" in (rule.methods or ()) else []
            wrong += [
                f"{path[:60]}: {answer.status_code}"
                for answer in asked
                if answer.status_code not in {403, 404, 405}
            ]
    for base, act in offered():
        page = visitor_of(world.user(somebody_for(world, ACTIONS[act.name].access)))
        for number in ("99999999999999999999", DIGITS, "-1"):
            path = f"{base}/do/{act.name}?id={quote(number)}&kies={quote(number)}"
            answer = page.post(path, {"confirmed": "1", "id": number})
            if answer.status_code >= 500:
                wrong.append(f"{path[:60]}: {answer.status_code}")
    assert wrong == []


EVERYWHERE = {"page", "size", "order", "id", "klaar"}
PLANNING = {"opleiding", "q", "groep", "examen"}
IN_ADDRESS = [NUL, MARKUP, "99999999999999999999", DIGITS, MANY_DIGITS, "k9999999999"]


def arguments(app: Flask) -> Iterator[tuple[str, Access, set[str]]]:
    """(address of a page without a row in it, who may, the names that it may read from the address)."""
    filters: dict[str, set[str]] = {}
    for cls in (*(tab.page for tab in TABS), *OTHERS):
        if issubclass(cls, ListPage):
            filters[cls.__name__] = {one.name for one in cls.filters}
    for rule in get_rules(app):
        if not rule.arguments:
            own = set(filters.get(rule.endpoint.partition(".")[0], ()))
            own |= PLANNING if rule.endpoint.startswith("PlanningPage") else set()
            yield rule.rule, ROUTES[rule.endpoint].access, EVERYWHERE | own


def test_every_filter_of_every_page_takes_nonsense_calmly(
    app: Flask, world: World, visitor_of: Callable[..., Visitor]
) -> None:
    wrong = []
    for path, access, names in arguments(app):
        page = visitor_of(world.user(somebody_for(world, access)))
        # Its own filters one by one; what every list reads, all at once.
        asked = [(name,) for name in names - EVERYWHERE] + [tuple(EVERYWHERE)]
        for several in asked:
            for value in IN_ADDRESS:
                query = "&".join(f"{name}={quote(value)}&{name}=1" for name in several)
                answer = page.get(f"{path}?{query}")
                if answer.status_code >= 500:
                    wrong.append(f"{path}?{'/'.join(several)}={value[:12]!r}: {answer.status_code}")
    assert wrong == []


def test_bytes_that_are_no_text_are_no_crash(
    app: Flask, world: World, visitor_of: Callable[..., Visitor]
) -> None:
    page = visitor_of(world.user(Role.ADMINISTRATOR))
    for path in (
        "/studenten/?q=%ff%fe",
        "/studenten/%ff",
        "/logboek/?student=%c3%28",
        "/examens/?q=%ed%a0%80",
    ):
        assert page.get(path).status_code < 500, path
    refresh()  # the client below asks in the test's own context
    for body in (b"first_name=%ff%fe&number=1", b"\xff\xfe\x00", b"=&=&&;"):
        answer = page.client.post(
            "/studenten/do/add_student",
            data=b"csrf_token=" + page.token().encode() + b"&" + body,
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code in {400, 422}, body


def test_a_body_that_is_too_large_is_said_in_a_sentence(
    app: Flask, world: World, visitor_of: Callable[..., Visitor]
) -> None:
    page = visitor_of(world.user(Role.ADMINISTRATOR))
    before = rows()
    parts = (("csrf_token", page.token().encode()), ('file"; filename="x.csv', b"x" * 27_000_000))
    body = b"".join(
        b'--grens\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), content)
        for name, content in parts
    )
    answer = page.client.post(
        "/studenten/importeren/",
        input_stream=io.BytesIO(body + b"--grens--\r\n"),
        content_type="multipart/form-data; boundary=grens",
    )
    assert answer.status_code == 413
    assert "te groot" in answer.text
    answer = page.post("/studenten/do/add_student", {"first_name": "x" * 3_000_000})
    assert answer.status_code == 413
    assert "<h1" in answer.text
    assert rows() == before


def test_the_guard_sees_a_form_that_forgets_what_was_typed_and_a_crash() -> None:
    """The guard itself can fail."""

    class Page:
        status_code = 422
        data = b'<p class="field-error">Te lang</p><input value="">'

    page: Any = Page()
    assert "gone" in told(page, {"name": "Noor"})
    page.data += b'<input value="Noor">'
    assert told(page, {"name": "Noor"}) == ""
    page.data = b"Bad"
    assert "no sentence" in told(page, {})
    page.status_code = 500
    assert "crash" in told(page, {})


def test_every_action_with_a_form_was_found() -> None:
    assert {name for name, _base in ON_PAGES} == set(ACTIONS)
    with_form: list[Action] = [act for _base, act in offered() if act.form is not None]
    assert len(with_form) > 20
