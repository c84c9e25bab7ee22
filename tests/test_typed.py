"""Nothing typed is lost, in every form: a session that ended, a token that went, another account.

The forms are found, as in tests/test_bad_input.py: every action that a page offers, and every route that
takes a POST. A page that comes later is tried too, without a line here.
"""

from __future__ import annotations

import html
import io
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.actions.base.forms import secret_fields
from app.entities.base import db
from app.entities.sessions import UserSession
from app.entities.typed import TypedForm
from app.entities.users import User
from app.rules.typed import OF_ONE_SENDING
from tests.factories import make_user, refresh
from tests.support import clock
from tests.support.forms import FormField, forms_on
from tests.support.visitor import Visitor, lose_token, signed_in
from tests.support.world import World
from tests.test_bad_input import ON_PAGES, rows, somebody_for
from tests.test_role_matrix import ACTIONS, POSTS, address, post_rules

pytestmark = pytest.mark.everywhere

VisitorOf = Callable[[User | None], Visitor]
APP = Path(__file__).parent.parent / "app"
FILE = "een-bestand-om-te-kiezen.pdf"
GROUP = "/studentgroepen/do/add_group"
NOTICE = "data-given-back"
Fields = dict[str, list[str]]

# Routes that take no form of a page: an answer for a script, and buttons that need nothing given back.
NO_PAGE = {"SecondFactorPage.ask"}


def typed_in(fields: Mapping[str, FormField]) -> Fields:
    """The form as somebody fills it in, otherwise than it was: each choice another one, each text typed."""
    sent: Fields = {}
    for name, one in fields.items():
        if one.kind == "file":
            continue
        if one.kind == "hidden":
            sent[name] = one.values
        elif one.kind in {"select", "radio"}:
            sent[name] = one.options[-1:]
        elif one.kind == "checkbox":
            sent[name] = [option for option in one.options if option not in one.values] or one.options
        elif one.kind in {"date", "time", "datetime-local", "number"}:
            sent[name] = [{"date": "2031-02-03", "time": "07:08"}.get(one.kind, "37")]
        else:
            sent[name] = [f"Getypt in {name}: “één” & <twee>"]
    return sent


def with_files(fields: Mapping[str, FormField], sent: Fields) -> dict[str, Any]:
    files = {name: (io.BytesIO(b"%PDF-1.4"), FILE) for name, one in fields.items() if one.kind == "file"}
    return {**sent, **files}


def to_give_back(sent: Fields) -> Fields:
    lost = OF_ONE_SENDING | secret_fields() | {"shown", "said"}  # of the page, anew each time
    return {
        name: values
        for name, values in sent.items()
        if name not in lost and not name.startswith("proof_") and values
    }


def end_sessions() -> None:
    """What the office, another tab or time does."""
    refresh()
    with db.engine.begin() as connection:
        connection.execute(update(UserSession).values(ended_at=clock.now(), ended_because="by_user"))


def back_in(page: Visitor, user_id: int) -> None:
    """Sign in again in the same browser."""
    token = signed_in(db.session.get_one(User, user_id))
    with page.client.session_transaction() as session:
        session.pop("csrf_token", None)
        session["_user_id"] = token
    page._token = ""


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="app")


class Trial:
    """One form of one page: filled in, sent too late, and looked for again. `shown_on`: where it stands."""

    def __init__(self, page: Visitor, path: str, shown_on: str = "") -> None:
        self.page, self.path, self.shown_on = page, path, shown_on or path

    def forms(self) -> dict[str, dict[str, FormField]]:
        answer = self.page.get(self.shown_on, follow_redirects=True)
        return forms_on(answer.text) if answer.status_code == 200 else {}

    def form(self) -> tuple[str, dict[str, FormField]] | None:
        """The address and the fields of the form that is sent to this path."""
        for action, fields in self.forms().items():
            if html.unescape(action or self.path).split("?")[0] == self.path.split("?")[0]:
                return html.unescape(action) or self.path, fields
        return None

    def send(self, action: str, fields: Mapping[str, FormField]) -> tuple[Fields, Any]:
        sent = typed_in(fields)
        self.page._token = fields["csrf_token"].values[0]
        del sent["csrf_token"]
        return sent, self.page.post(action, with_files(fields, sent))

    def shown_again(self, place: str, sent: Fields, *, file: bool) -> list[str]:
        """What is wrong with the page that gives back; empty: everything is there."""
        answer = self.page.get(place, follow_redirects=True)
        if answer.status_code != 200:
            return [f"{self.path}: {answer.status_code} on {place}"]
        if not any(word in answer.text for word in (NOTICE, "Er is nog niets gedaan")):
            return [f"{self.path}: no word that it was not done"]
        wrong = [f"{self.path}: the file is not named"] if file and FILE not in answer.text else []
        secret = [v for name, values in sent.items() if name in secret_fields() for v in values if v]
        wrong += [f"{self.path}: a secret comes back" for one in secret if html.escape(one) in answer.text]
        found: dict[str, FormField] = {}
        for fields in forms_on(answer.text).values():
            for name, one in fields.items():
                found.setdefault(name, one)
        for name, values in to_give_back(sent).items():
            there = found[name].values if name in found else None
            if there != values:
                wrong.append(f"{self.path}: {name} was {values}, now {there}")
        return wrong


def trials(app: Flask, world: World, visitor_of: VisitorOf) -> Iterator[Trial]:
    for name, base in ON_PAGES:
        expected = ACTIONS[name]
        role = somebody_for(world, expected.access)
        path = f"{base}/do/{name}"
        if expected.row:
            path += f"?id={world.own.of(expected.row, role)}"
        if name == "plan_exam":
            path += f"&kies={world.own['exam']}&opleiding={world.own['programme']}"
        yield Trial(visitor_of(world.user(role)), path)
    for rule in sorted(post_rules(app), key=lambda rule: rule.endpoint):
        if rule.endpoint not in NO_PAGE:
            expected = POSTS[rule.endpoint]
            page = visitor_of(world.user(somebody_for(world, expected.access)))
            shown_on = getattr(app.view_functions[rule.endpoint], "page", "")
            owner = rule.endpoint.split(".")[0]
            there = next((r for r in app.url_map.iter_rules() if r.endpoint == f"{owner}.{shown_on}"), rule)
            yield Trial(page, address(rule, world.own, expected), address(there, world.own, expected))


LATE: dict[str, Callable[[Visitor], None]] = {
    "the session ended": lambda _page: end_sessions(),
    "the token went": lose_token,
}


@pytest.mark.parametrize("how", list(LATE))
def test_every_form_comes_back_as_it_was_typed_and_does_nothing(
    app: Flask, world: World, visitor_of: VisitorOf, how: str
) -> None:
    wrong, tried, fields_tried = [], 0, 0
    for trial in trials(app, world, visitor_of):
        form = trial.form()
        if form is None:
            continue
        action, fields = form
        LATE[how](trial.page)
        before = rows()
        sent, answer = trial.send(action, fields)
        place = answer.headers.get("Location", "")
        if answer.status_code != 302 or "/terug/" not in html.unescape(place).replace("%2F", "/"):
            wrong.append(f"{trial.path}: {answer.status_code} {place}")
            continue
        place = "/terug/" + re.split("/|%2F", place)[-1]
        if how == "the session ended":
            back_in(trial.page, trial.page.user_id or 0)
        wrong += trial.shown_again(place, sent, file=any(one.kind == "file" for one in fields.values()))
        after = rows()
        changed = {n: after[n] - before[n] for n in after if after[n] != before[n]}
        changed.pop("typed_form", 0), changed.pop("user_session", 0)
        if changed:
            wrong.append(f"{trial.path}: written: {changed}")
        tried, fields_tried = tried + 1, fields_tried + len(to_give_back(sent))
    assert wrong == []
    assert tried > 60
    assert fields_tried > 100


GOES = "99999999"  # a row that was chosen, and went before the form came back
SCALED = ("/mijn-onderwijsvoortgang/", "/voortgang/")  # the numbers there are of a scale, no rows


def with_a_choice_that_went(fields: Mapping[str, FormField], sent: Fields) -> Fields:
    """The same, with in every field that chooses rows one that is there no more."""
    chooses = {
        name
        for name, one in fields.items()
        if one.kind in {"select", "checkbox", "radio"}
        and any(option.isdigit() for option in one.options)
        and all(option.isdigit() or option in {"", "0"} for option in one.options)
    }
    return {name: [GOES] for name in chooses if name in sent} if chooses else {}


def test_every_form_that_comes_back_says_which_choice_went_meanwhile(
    app: Flask, world: World, visitor_of: VisitorOf
) -> None:
    """Otherwise an empty list stands there, under the words that all is there, and is saved as none."""
    wrong, tried = [], 0
    for trial in trials(app, world, visitor_of):
        form = trial.form()
        if form is None:
            continue
        action, fields = form
        gone = with_a_choice_that_went(fields, typed_in(fields))
        if not gone or trial.path.startswith(SCALED):
            continue
        lose_token(trial.page)
        trial.page._token = fields["csrf_token"].values[0]
        sent = {name: values for name, values in typed_in(fields).items() if name != "csrf_token"}
        place = trial.page.post(action, {**with_files(fields, sent), **gone}).headers.get("Location", "")
        answer = trial.page.get(place, follow_redirects=True)
        said = html.unescape(answer.text).count("Deze keuze is er niet meer")
        if said < len(gone):
            wrong.append(f"{trial.path}: {sorted(gone)} went, {said} told")
        tried += 1
    assert wrong == []
    assert tried > 10


def look_along(user_id: int, seen: int, *, since: timedelta = timedelta()) -> None:
    """Bekijk als, begun in another tab of the same browser."""
    refresh()
    with db.engine.begin() as connection:
        connection.execute(
            update(UserSession)
            .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
            .values(viewing_id=seen, viewing_since=clock.now() - since)
        )


VIEWED: dict[str, tuple[timedelta, Callable[[Visitor], None]]] = {
    "still looking": (timedelta(), lambda _page: None),
    "still looking, and the token went": (timedelta(), lose_token),
    "just over": (timedelta(minutes=31), lambda _page: None),
}


@pytest.mark.parametrize("how", list(VIEWED))
def test_a_form_sent_while_its_user_looks_along_comes_back_when_they_stop(
    app: Flask, world: World, visitor_of: VisitorOf, how: str
) -> None:
    """It does nothing, and waits for who typed it: never for who is looked at."""
    seen = make_user("student").id
    since, happens = VIEWED[how]
    wrong, tried = [], 0
    for trial in trials(app, world, visitor_of):
        owner = trial.page.user_id or 0
        form = trial.form()
        if form is None or trial.path == "/bekijken/stoppen" or not is_administrator(owner):
            continue
        look_along(owner, seen, since=since)
        happens(trial.page)
        before = rows()
        sent, answer = trial.send(*form)
        if how != "just over":
            if answer.status_code != 403 or "Wat u had ingevuld, is bewaard" not in answer.text:
                wrong.append(f"{trial.path}: {answer.status_code} without a promise")
                continue
            trial.page._token = ""
            answer = trial.page.post("/bekijken/stoppen")
        place = answer.headers.get("Location", "")
        if not place.startswith("/terug/"):
            wrong.append(f"{trial.path}: {answer.status_code} {place}")
            continue
        wrong += trial.shown_again(place, sent, file=any(one.kind == "file" for one in form[1].values()))
        after = rows()
        changed = {name for name in after if after[name] != before[name]}
        if changed - {"typed_form", "audit_entry", "audit_object"}:
            wrong.append(f"{trial.path}: written: {changed}")
        trial.page._token = ""
        tried += 1
    assert wrong == []
    assert tried > 50
    refresh()
    assert seen not in set(db.session.scalars(select(TypedForm.user_id)))


def test_every_form_that_was_sent_while_looking_along_comes_back_to_its_own_tab(
    app: Flask, visitor_of: VisitorOf
) -> None:
    """Each page promised it. "Stop met bekijken" in a tab gives back that tab's form, in any order."""
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        page, seen = visitor_of(make_user("administrator")), make_user("student").id
        mark = forms_on(page.get(GROUP).text)[GROUP]["csrf_token"].values[0].partition("~")[2]
        look_along(page.user_id or 0, seen)
        page._token = ""
        page._token = f"{page.token().partition('~')[0]}~{mark}"
        names = [f"Klas van tab {n}" for n in range(3)]
        tabs = [page.post(GROUP, {"name": name}) for name in names]
        assert all("is bewaard" in tab.text for tab in tabs)
        for n in order:
            button = forms_on(tabs[n].text)["/bekijken/stoppen"]
            page._token = button["csrf_token"].values[0]
            answer = page.post("/bekijken/stoppen", {"waits": button["waits"].values})
            text = page.get(answer.headers["Location"], follow_redirects=True).text
            assert f'value="{names[n]}"' in text, (order, n)
            assert ("Er wacht nog meer" in text) == (n != order[-1])


def test_each_account_finds_its_own_in_a_browser_of_several(app: Flask, visitor_of: VisitorOf) -> None:
    """Whoever signs in without the page that leads back, and whoever typed last."""
    users = [make_user("administrator") for _n in range(3)]
    page = visitor_of(None)
    for n, user in enumerate(users):
        back_in(page, user.id)
        page._token = forms_on(page.get(GROUP).text)[GROUP]["csrf_token"].values[0]
        end_sessions()
        page.post(GROUP, {"name": f"Klas van {n}"})
    for n, user in enumerate(users):
        back_in(page, user.id)
        text = page.get("/terug/", follow_redirects=True).text
        assert [f"Klas van {m}" in text for m in range(3)] == [m == n for m in range(3)]
        end_sessions()


def is_administrator(user_id: int) -> bool:
    return "administrator" in {role.name for role in db.session.get_one(User, user_id).roles}


def test_the_first_page_after_a_viewing_that_ended_by_itself_gives_it_back(
    app: Flask, visitor_of: VisitorOf
) -> None:
    page, seen = visitor_of(make_user("administrator")), make_user("student").id
    page._token = forms_on(page.get(GROUP).text)[GROUP]["csrf_token"].values[0]
    look_along(page.user_id or 0, seen)
    assert page.post(GROUP, {"name": "Klas van straks"}).status_code == 403
    assert "Klas van straks" not in page.get("/terug/", follow_redirects=True).text
    look_along(page.user_id or 0, seen, since=timedelta(minutes=31))
    assert "Klas van straks" in page.get("/mijn-profiel/", follow_redirects=True).text


def test_a_form_of_who_is_looked_at_is_not_kept_for_them(app: Flask, visitor_of: VisitorOf) -> None:
    """Their tab, in the browser in which an administrator looks along as them; and one drawn meanwhile."""
    page, seen = visitor_of(make_user("administrator")), make_user("school_supervisor")
    theirs = forms_on(visitor_of(seen).get("/mijn-profiel/do/save_profile").text)
    mark = next((f["csrf_token"].values[0] for f in theirs.values() if "csrf_token" in f), "").partition("~")[
        2
    ]
    assert mark
    page.token()
    look_along(page.user_id or 0, seen.id)
    for broken in (False, True):
        page._token = ""
        own = page.token().partition("~")[0]
        page._token = f"{own}~{mark}"
        if broken:
            lose_token(page)
        answer = page.post("/mijn-profiel/do/save_profile", {"first_name": "Ingefluisterd"})
        assert (answer.status_code, "is bewaard" in answer.text) == (403, False)
        page._token = ""
        page.token()
        assert page.post("/mijn-profiel/do/save_profile", {"first_name": "Ingefluisterd"}).status_code == 403
    assert rows()["typed_form"] == 0


def test_another_account_sees_nothing_of_it(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    wrong, tried = [], 0
    for trial in trials(app, world, visitor_of):
        form = trial.form()
        if form is None:
            continue
        end_sessions()
        sent, answer = trial.send(*form)
        place = "/terug/" + re.split("/|%2F", answer.headers["Location"])[-1]
        owner = db.session.get_one(User, trial.page.user_id)
        other = make_user(*[role.name for role in owner.roles])
        back_in(trial.page, other.id)
        texts = [value for values in to_give_back(sent).values() for value in values if "Getypt" in value]
        query = f"{'&' if '?' in form[0] else '?'}ingevuld={place.rsplit('/', 1)[-1]}"
        for path in (place, "/terug/", form[0] + query):
            page = html.unescape(trial.page.get(path, follow_redirects=True).text)
            if NOTICE in page or any(text in page for text in texts) or (FILE in page):
                wrong.append(f"{trial.path}: {path} shows what another account typed")
        tried += bool(texts)
    assert wrong == []
    assert tried > 15


def test_every_route_that_takes_a_form_has_a_page_to_come_back_to(app: Flask) -> None:
    adapter = app.url_map.bind("127.0.0.1")
    wrong = []
    for rule in post_rules(app):
        page = getattr(app.view_functions[rule.endpoint], "page", "")
        path = rule.build(dict.fromkeys(rule.arguments, 1))
        if not page and not (path and adapter.test(path[1], "GET")) and rule.endpoint not in NO_PAGE:
            wrong.append(rule.endpoint)
    assert wrong == ["ViewingPage.stop"]  # a button that leads to Start


TYPED_IN = re.compile(r'<textarea|<input[^>]*type="(text|email|date|time|number|tel|file)"')


def test_every_form_in_which_one_types_is_guarded_and_drafted(
    app: Flask, world: World, visitor_of: VisitorOf
) -> None:
    """Its browser asks before it is left, and keeps a draft (drafts.js)."""
    open_to_loss, guarded = set(), 0
    for trial in trials(app, world, visitor_of):
        page = trial.page.get(trial.shown_on, follow_redirects=True).text
        for tag, inside in re.findall(r"(<form[^>]*>)(.*?)</form>", page, re.S):
            if 'method="post"' in tag and TYPED_IN.search(inside):
                guarded += 'data-guard="" data-draft-again="' in tag
                open_to_loss |= set() if 'data-guard="" data-draft-again="' in tag else {trial.path}
    assert open_to_loss == set()
    assert guarded > 20
    templates = [path for path in APP.rglob("*.html") if " data-guard" in path.read_text()]
    assert templates == []  # by the macro `guarded`, which has the words for it


def test_a_form_that_is_refused_names_the_file_to_choose_again(
    app: Flask, world: World, visitor_of: VisitorOf
) -> None:
    """Its browser lets go of the file. One that was itself refused has a sentence of its own."""
    unnamed, tried = [], 0
    for trial in trials(app, world, visitor_of):
        form = trial.form()
        boxes = [name for name, one in form[1].items() if one.kind == "file"] if form else []
        if form is None or not boxes:
            continue
        action, fields = form
        trial.page._token = fields["csrf_token"].values[0]
        nothing = {name: [""] for name in fields if name != "csrf_token"}
        answer = trial.page.post(action, with_files(fields, nothing))
        text = html.unescape(answer.text)
        assert answer.status_code == 422, trial.path
        tried += 1
        refused = [name for name in boxes if f'id="{name}-error"' in text]
        if not refused and f"Kies het bestand opnieuw: {FILE}" not in text:
            unnamed.append(trial.path)
    assert unnamed == []
    assert tried > 3


def test_no_password_and_no_code_is_kept(app: Flask) -> None:
    assert {
        "password",
        "again",
        "present",
        "code",
        "credential",
        "proof_code",
        "proof_password",
    } <= secret_fields()
    assert not {"name", "email", "reason", "version", "content"} & secret_fields()


def test_what_waits_is_encrypted_and_bound_to_its_account(
    app: Flask, world: World, visitor_of: VisitorOf
) -> None:
    trial = next(one for one in trials(app, world, visitor_of) if one.path.endswith("/do/add_student"))
    form = trial.form()
    assert form is not None
    end_sessions()
    sent, answer = trial.send(*form)
    assert answer.status_code == 302
    refresh()
    row = db.session.scalars(select(TypedForm)).one()
    assert row.user_id == trial.page.user_id
    assert row.handle_hash not in answer.headers["Location"]
    assert not any(value in row.content for values in sent.values() for value in values if len(value) > 5)


def test_the_key_of_drafts_is_of_one_account(app: Flask, visitor_of: VisitorOf) -> None:
    """The same in every session of theirs, and in no page of another: what a tab keeps is theirs to open."""
    user, other = make_user("student"), make_user("student")
    pages = [visitor_of(one).get("/mijn-profiel/").text for one in (user, user, other)]
    first, again, theirs = (re.findall(r'data-draft-key="([\w-]{43})"', page) for page in pages)
    assert len(first) == len(theirs) == 1
    assert first == again != theirs
