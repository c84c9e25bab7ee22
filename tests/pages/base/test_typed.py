"""What was typed too late comes back: by every way of signing in, in the forms with pages of their own.

Every other form: tests/test_typed.py.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.actions.access.typed import keep_typed
from app.actions.base.runner import run
from app.actions.planning.invitations import withdraw_invitation
from app.actions.school.retention import forget_outdated
from app.actions.users.users import deactivate_users
from app.entities.assessment import ScoreSheet
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.school import SystemUpdate
from app.entities.sessions import UserSession
from app.entities.students import Student, StudentGroup
from app.entities.typed import TypedForm
from app.entities.users import User
from app.pages.base.form_token import PURPOSE
from app.permissions import SYSTEM
from app.queries.access.factors import secret_behind
from app.queries.access.typed import purpose, typed_by
from app.rules.second_factor import Policy
from app.rules.tokens import fingerprint
from app.rules.typed import KEPT_FOR, LEAST, Typed, worth_keeping
from app.sealing import Unreadable, seal, unseal
from tests.factories import app_code, make_app, make_exam, make_programme, make_student, make_user, refresh
from tests.factories.assessment import PlannedExam, plan_exam, save_as, version_of
from tests.pages.access.test_mailed_codes import ASK, ENTER, FORGOTTEN, the_code
from tests.pages.access.test_sign_in import (
    NEW,
    OTHER,
    PASSWORD,
    Browser,
    browser,
    sign_in,
    user_with_password,
)
from tests.pages.imports.test_import_pages import BASE, HEADER, ROWS, choose, lines, proposed
from tests.support import clock
from tests.support.at_once import while_half_done
from tests.support.forms import FormField, as_shown, forms_on
from tests.support.guests import Invited, come_in, make_invited
from tests.support.queries import counted
from tests.support.visitor import TOKEN, Visitor, lose_token, signed_in
from tests.test_bad_input import rows
from tests.test_typed import back_in, end_sessions

VisitorOf = Callable[[User | None], Visitor]
Visit = Callable[..., Visitor]
NOTICE = "data-given-back"
GROUP = "/studentgroepen/do/add_group"
UPDATE = "/instellingen/do/add_update"
NAME = "Klas van de late invoer"
MANY = "multipart/form-data; boundary=grens"
PART = b'--grens\r\nContent-Disposition: form-data; name="n"\r\n\r\nx\r\n'


def filled_form(page: Any, path: str) -> dict[str, FormField]:
    """Every field of the POST forms on a page, by name."""
    found: dict[str, FormField] = {}
    for fields in forms_on(page.get(path, follow_redirects=True).text).values():
        found.update(fields)
    return found


def told(text: str) -> str:
    """The sentence above what was given back."""
    found = re.search(r"data-given-back>.*?<p>(.*?)</p>", text, re.S)
    return " ".join(html.unescape(re.sub("<[^>]*>", "", found[1])).split()) if found else ""


def groups() -> int:
    refresh()
    return db.session.scalar(select(func.count()).select_from(StudentGroup)) or 0


def next_of(answer: Any) -> str:
    """Where a sign-in page leads on to."""
    return unquote(answer.headers["Location"].partition("next=")[2])


class Late:
    """A browser with a form open, in which somebody typed; then its session ends and they press."""

    def __init__(self, app: Flask, user: User) -> None:
        self.app, self.user_id, self.name = app, user.id, user.username
        self.client: Browser = browser(app)
        with self.client.session_transaction() as session:
            session["_user_id"] = signed_in(user)
        token = TOKEN.search(self.client.get(GROUP).text)
        assert token
        end_sessions()
        self.answer = self.client.post(GROUP, data={"csrf_token": token[1], "name": NAME, "cohort": "2027"})

    def submit(self, path: str, data: dict[str, str]) -> Any:
        """Fill in a page as it is drawn; the address keeps what stands behind it."""
        token = TOKEN.search(self.client.get(path).text)
        assert token, path
        return self.client.post(path, data={"csrf_token": token[1], **data})

    def is_back(self, answer: Any) -> bool:
        """Follow where it leads: the form with what was typed, and nothing done."""
        for _step in range(5):
            if answer.status_code not in {302, 303}:
                break
            answer = self.client.get(answer.headers["Location"])
        return NOTICE in answer.text and f'value="{NAME}"' in answer.text and groups() == 0


def ask_of_deciding_roles(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    school = replace(app.extensions["proeve_school"], second_factor=Policy.DECIDING_ROLES)
    monkeypatch.setitem(app.extensions, "proeve_school", school)


class TestEveryDoor:
    def test_by_password_with_a_mistake_on_the_way(self, app: Flask) -> None:
        late = Late(app, user_with_password("administrator"))
        place = late.answer.headers["Location"]
        assert place.startswith("/aanmelden?next=/terug/")
        assert "wat u had ingevuld, staat er dan nog" in late.client.get(place).text
        assert late.submit(place, {"username": late.name, "password": "mis"}).status_code == 422
        assert late.is_back(late.submit(place, {"username": late.name, "password": PASSWORD}))

    def test_by_a_mailed_code(self, app: Flask) -> None:
        late = Late(app, user_with_password("administrator"))
        late.submit(f"{ASK}?next={next_of(late.answer)}", {"username": late.name})
        assert late.is_back(late.submit(ENTER, {"code": the_code()}))

    def test_by_a_mailed_code_from_a_page_that_forgot_where_it_came_from(self, app: Flask) -> None:
        late = Late(app, user_with_password("administrator"))
        late.submit(ASK, {"username": late.name})
        assert late.is_back(late.submit(ENTER, {"code": the_code()}))

    def test_by_a_new_password(self, app: Flask) -> None:
        late = Late(app, user_with_password("administrator"))
        late.submit(FORGOTTEN, {"username": late.name})
        assert late.submit(ENTER, {"code": the_code()}).headers["Location"] == NEW
        assert late.submit(NEW, {"password": "kort", "again": "kort"}).status_code == 422
        assert late.is_back(late.submit(NEW, {"password": OTHER, "again": OTHER}))

    def test_by_a_code_without_choosing_a_password(self, app: Flask) -> None:
        late = Late(app, user_with_password("administrator"))
        late.submit(FORGOTTEN, {"username": late.name})
        late.submit(ENTER, {"code": the_code()})
        found = re.search(r'href="([^"]*)">Verder zonder wachtwoord', late.client.get(NEW).text)
        assert found
        assert late.is_back(late.client.get(html.unescape(found[1])))

    def test_by_the_second_step(self, app: Flask) -> None:
        user = user_with_password("administrator")
        make_app(user)
        late = Late(app, user)
        answer = late.submit(late.answer.headers["Location"], {"username": late.name, "password": PASSWORD})
        step = late.client.get(answer.headers["Location"]).headers["Location"]
        assert step.startswith("/aanmelden/tweede-stap?next=%2Fterug%2F")
        assert NAME not in late.client.get(GROUP, follow_redirects=True).text
        assert late.submit(step, {"proof_code": "000000"}).status_code == 422
        assert late.is_back(late.submit(step, {"proof_code": app_code()}))

    def test_by_setting_up_a_second_step(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        late = Late(app, user_with_password("administrator"))
        ask_of_deciding_roles(app, monkeypatch)
        place = late.answer.headers["Location"]
        answer = late.submit(place, {"username": late.name, "password": PASSWORD})
        page = late.client.get(answer.headers["Location"]).headers["Location"]
        assert page.startswith("/mijn-profiel/tweede-stap/?next=%2Fterug%2F")
        set_up = page.replace("/?", "/do/set_up_app?")
        setup = filled_form(late.client, set_up)["setup"].values[0]
        secret = secret_behind(setup, late.user_id) or ""
        code = pyotp.TOTP(secret).at(clock.seconds())
        codes = late.submit(set_up, {"setup": setup, "code": code})
        onward = re.search(r'href="([^"]*)">Ik heb ze bewaard', codes.text)
        assert onward, codes.text
        assert late.is_back(late.client.get(html.unescape(onward[1])))

    def test_a_second_step_that_became_due_meanwhile(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A token that is right, and a role that now decides: typed text waits for the step."""
        user = make_user("administrator")
        make_app(user)
        ask_of_deciding_roles(app, monkeypatch)
        page = Visitor(app, user)
        form = filled_form(page, GROUP)
        with db.engine.begin() as connection:
            connection.execute(update(UserSession).values(strong_at=None))
        page._token = form["csrf_token"].values[0]
        answer = page.post(GROUP, {"name": NAME})
        assert answer.headers["Location"].startswith("/aanmelden/tweede-stap?next=%2Fterug%2F")
        answer = page.post(answer.headers["Location"], {"proof_code": app_code()})
        assert f'value="{NAME}"' in page.get(answer.headers["Location"], follow_redirects=True).text

    def test_a_guest_by_the_code_of_the_mail(self, app: Flask) -> None:
        self._guest(app, lambda page, invited: page.post("/uitnodiging/", {"code": invited.code}))

    def test_a_guest_by_the_link_of_the_mail(self, app: Flask) -> None:
        self._guest(app, lambda page, invited: page.post("/uitnodiging/link", {"token": invited.token}))

    @staticmethod
    def _guest(app: Flask, enter: Callable[[Any, Invited], Any]) -> None:
        invited = make_invited()
        page = come_in(app, invited)
        path = f"/te-beoordelen/{invited.sitting}"
        form = filled_form(page, path)
        end_sessions()
        page._token = form["csrf_token"].values[0]
        answer = page.post(path, {"remark": "Van de gast", "version": form["version"].values[0]})
        assert answer.headers["Location"] == "/uitnodiging/"
        page._token = ""
        answer = enter(page, invited)
        text = page.get(answer.headers["Location"], follow_redirects=True).text
        assert "Van de gast</textarea>" in text
        assert NOTICE in text

    def test_a_guest_whose_invitation_ended_reads_what_they_typed(self, app: Flask) -> None:
        invited = make_invited()
        page = come_in(app, invited)
        path = f"/te-beoordelen/{invited.sitting}"
        form = filled_form(page, path)
        end_sessions()
        run(withdraw_invitation, SYSTEM, [invited.sitting])
        page._token = form["csrf_token"].values[0]
        answer = page.post(path, {"remark": "Van de gast", "version": form["version"].values[0]})
        assert answer.status_code == 403
        assert "heeft deze uitnodiging ingetrokken" in answer.text
        assert "Van de gast" in answer.text
        assert "Meld u opnieuw aan" not in answer.text

    @pytest.mark.parametrize("path", [GROUP, "/studenten/do/add_student", "/mijn-profiel/do/save_profile"])
    def test_who_was_deactivated_meanwhile_reads_what_they_typed(
        self, app: Flask, visitor_of: VisitorOf, path: str
    ) -> None:
        user = make_user("school_supervisor")
        page = visitor_of(user)
        form = filled_form(page, path)
        field = "name" if path == GROUP else "first_name"
        run(deactivate_users, SYSTEM, [user.id])
        page._token = form["csrf_token"].values[0]
        answer = page.post(path, {field: "Getypt"})
        assert answer.status_code == 403
        assert "Uw account is gedeactiveerd." in answer.text
        assert "Getypt" in answer.text
        assert "Meld u opnieuw aan" not in answer.text

    def test_two_tabs_each_come_back_to_their_own(self, app: Flask, visit: Visit) -> None:
        page = visit("administrator")
        first, second = filled_form(page, GROUP), filled_form(page, "/studenten/do/add_student")
        end_sessions()
        page._token = first["csrf_token"].values[0]
        one = next_of(page.post(GROUP, {"name": NAME}))
        page._token = second["csrf_token"].values[0]
        other = next_of(page.post("/studenten/do/add_student", {"first_name": "Fatima"}))
        back_in(page, page.user_id or 0)
        # The second tab still shows the page to sign in: who is in already goes straight on.
        assert page.get(f"/aanmelden?next={other}").headers["Location"] == other
        assert 'value="Fatima"' in page.get(other, follow_redirects=True).text
        assert f'value="{NAME}"' in page.get(one, follow_redirects=True).text

    def test_the_sign_in_page_of_another_tab_leads_on(self, app: Flask, visit: Visit) -> None:
        """Its token has gone, as signing in made another; who pressed is in already."""
        page = visit("administrator")
        ours = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
        page._token = "old"
        answer = page.post("/aanmelden?next=/gebruikers/", {"username": "x", "password": "y"}, headers=ours)
        assert answer.headers["Location"] == "/aanmelden?next=/gebruikers/"
        assert page.get(answer.headers["Location"]).headers["Location"] == "/gebruikers/"
        assert page.post("/aanmelden", {}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400


class TestTheScoreForm:
    @pytest.fixture
    def exam(self, app: Flask) -> PlannedExam:
        return plan_exam()

    def open(self, visitor_of: VisitorOf, exam: PlannedExam) -> tuple[Visitor, str, dict[str, str]]:
        page, path = (
            visitor_of(db.session.get_one(User, exam.school.id)),
            f"/te-beoordelen/{exam.sittings[0]}",
        )
        form = filled_form(page, path)
        page._token = form["csrf_token"].values[0]
        levels = {f"level-{criterion}": str(level) for criterion, level in exam.levels("V").items()}
        remarks = {f"remark-{criterion}": f"Bij {criterion}" for criterion in exam.levels()}
        return (
            page,
            path,
            {**levels, **remarks, "remark": "Rustig gewerkt", "version": form["version"].values[0]},
        )

    def test_two_hours_of_tapping_and_then_save(self, exam: PlannedExam, visitor_of: VisitorOf) -> None:
        page, path, typed = self.open(visitor_of, exam)
        with db.engine.begin() as connection:
            ago = clock.now() - timedelta(minutes=121)
            connection.execute(update(UserSession).values(last_seen_at=ago, created_at=ago))
        answer = page.post(path, {**typed, "token": "x" * 43})
        assert answer.status_code == 302
        back_in(page, page.user_id or 0)
        again = filled_form(page, next_of(answer))
        assert {name: again[name].values for name in typed} == {
            name: [value] for name, value in typed.items()
        }
        assert again["token"].values != ["x" * 43]
        assert version_of(exam.sittings[0]) == 0
        page._token = again["csrf_token"].values[0]
        assert page.post(path, {**typed, "token": again["token"].values[0]}).headers["Location"] == path
        refresh()
        sheet = db.session.scalars(select(ScoreSheet)).one()
        assert (sheet.remark, len(sheet.scores)) == ("Rustig gewerkt", len(exam.levels()))

    def test_it_never_overwrites_what_was_saved_meanwhile(
        self, exam: PlannedExam, visitor_of: VisitorOf
    ) -> None:
        page, path, typed = self.open(visitor_of, exam)
        end_sessions()
        answer = page.post(path, typed)
        save_as(exam.school, exam.sittings[0], exam.levels("O"), remark="Op een ander toestel")
        back_in(page, page.user_id or 0)
        again = filled_form(page, next_of(answer))
        assert again["version"].values == ["0"]
        page._token = again["csrf_token"].values[0]
        clash = page.post(path, {name: again[name].values[0] for name in typed})
        assert clash.status_code == 409
        assert "Op een ander toestel" in clash.text
        assert "Rustig gewerkt" in clash.text

    def test_a_refused_form_keeps_the_version_that_it_was_drawn_with(
        self, exam: PlannedExam, visitor_of: VisitorOf
    ) -> None:
        page, path, typed = self.open(visitor_of, exam)
        save_as(exam.school, exam.sittings[0], exam.levels("O"))
        answer = page.post(path, {**typed, "remark": "x" * 10_000})
        assert answer.status_code in {409, 422}
        if answer.status_code == 422:
            assert 'name="version" value="0"' in answer.text


class TestPlanningOfMany:
    def test_every_field_of_every_task_comes_back(self, app: Flask, visit: Visit) -> None:
        programme = make_programme()
        exam = make_exam(programme, tasks=4)
        students = [make_student(programme).id for _n in range(30)]
        examiners = [make_user("school_examiner", programmes=[programme]).id for _n in range(3)]
        ids = "&".join(f"id={one}" for one in students)
        path = f"/examens/do/plan_exam?kies={exam.id}&opleiding={programme.id}&{ids}"
        keys = ["all", *(f"task{task.id}" for task in exam.tasks)]
        page = visit("administrator")
        form = filled_form(page, path)
        typed = {"way": "apart", "order": "same_time", "pause": "7", "last_end": "16:45"}
        for n, key in enumerate(keys):
            typed |= {
                f"{key}_school_examiner": str(examiners[n % 3]),
                f"{key}_day": f"{clock.monday() + timedelta(days=n):%d-%m-%Y}",
                f"{key}_start": f"0{n}:30",
                f"{key}_minutes": str(60 + n),
                f"{key}_location": f"Lokaal {n}",
                f"{key}_note": f"Let op {n}",
            }
        end_sessions()
        before = rows()
        page._token = form["csrf_token"].values[0]
        answer = page.post(
            path, {**{name: one.values for name, one in form.items()}, **typed, "confirmed": "1"}
        )
        assert len(answer.headers["Location"]) < 100
        back_in(page, page.user_id or 0)
        text = page.get(next_of(answer), follow_redirects=True).text
        (again,) = [fields for fields in forms_on(text).values() if "way" in fields]
        assert {name: again[name].values for name in typed} == {
            name: [value] for name, value in typed.items()
        }
        assert told(text).endswith("Druk daarna opnieuw op “Verder”.")
        assert rows() == {**before, "typed_form": 1, "user_session": before["user_session"] + 1}


class TestTheImport:
    def late(
        self, page: Visitor, path: str, typed: dict[str, str], shown_on: str = ""
    ) -> dict[str, FormField]:
        """Send a step too late; the page that then gives it back."""
        page._token = filled_form(page, shown_on or path)["csrf_token"].values[0]
        end_sessions()
        answer = page.post(path, typed)
        back_in(page, page.user_id or 0)
        text = page.get(next_of(answer), follow_redirects=True).text
        assert NOTICE in text
        found: dict[str, FormField] = {}
        for fields in forms_on(text).values():
            found.update(fields)
        return found

    def test_the_mapping_the_values_a_row_and_how_it_is_read(self, app: Flask, visit: Visit) -> None:
        make_programme(crebo="25656", name="Verzorgende-IG", cohort=2025)
        page = visit("administrator")
        columns = choose(page, lines(*ROWS, header=HEADER)).headers["Location"]
        shown = proposed(page.get(columns).text)
        mapping = {name: value for name, value in shown.items() if name.startswith("column_")}
        other = {**mapping, "column_1": mapping["column_3"], "column_3": mapping["column_1"], "column_6": ""}
        again = self.late(page, columns, other)
        assert {name: (again[name].values or [""])[0] for name in other} == other
        reading = columns.replace("kolommen", "opnieuw-lezen")
        again = self.late(page, reading, {"header": "2", "delimiter": ",", "encoding": "cp1252"}, columns)
        assert (again["header"].values, again["delimiter"].values) == (["2"], [","])
        assert {name: (again[name].values or [""])[0] for name in mapping} == mapping
        values = page.post(columns, shown).headers["Location"]
        again = self.late(page, values, {"gender_0": "female", "gender_1": "unknown"})
        assert (again["gender_0"].values, again["gender_1"].values) == (["female"], ["unknown"])
        check = page.post(values, proposed(page.get(values).text)).headers["Location"]
        again = self.late(
            page, check.replace("controle", "rij/2"), {"cell_1": "Femke & “zo”", "cell_3": "Bos"}
        )
        assert again["cell_1"].values == ["Femke & “zo”"]
        again = self.late(page, check.replace("controle", "inlogcodes"), {"login_codes": "mail"}, check)
        assert again["login_codes"].values == ["mail"]
        again = self.late(page, check, {"version": "1", "token": "x"})
        refresh()
        assert db.session.scalar(select(func.count()).select_from(Student)) == 0

    def test_pasted_rows_come_back(self, app: Flask, visit: Visit) -> None:
        page = visit("administrator")
        pasted = "\r\n".join(f"{n}\tVoornaam {n}\t\tAchternaam {n}" for n in range(3000))
        again = self.late(page, BASE, {"pasted": pasted, "login_codes": "make"})
        assert again["pasted"].values[0].split() == pasted.split()
        assert again["login_codes"].values == ["make"]


class TestOnceMore:
    def test_asking_the_page_again_shows_it_again_until_it_was_sent(self, app: Flask, visit: Visit) -> None:
        page = visit("administrator")
        page._token = filled_form(page, GROUP)["csrf_token"].values[0]
        lose_token(page)
        place = page.post(GROUP, {"name": NAME}).headers["Location"]
        shown = page.get(place).headers["Location"]
        assert shown.startswith(f"{GROUP}?ingevuld=")
        for _n in range(2):
            again = filled_form(page, shown)
            assert again["name"].values == [NAME]
        page._token = again["csrf_token"].values[0]
        answer = page.post(GROUP, {name: one.values for name, one in again.items() if name != "csrf_token"})
        assert groups() == 1
        assert answer.status_code == 302
        assert db.session.scalar(select(func.count()).select_from(TypedForm)) == 0
        assert NOTICE not in page.get(shown).text
        # Back to the page of signing in leads here: nothing is to be filled in again.
        assert "kijk of het is opgeslagen" in page.get(place, follow_redirects=True).text

    @pytest.mark.parametrize(
        "query", ["q=[1]", "q={a}|^`", "q=a%20b+c%26d", "q=%C3%A9", "q=wat?", "q=%", "&q=1&"]
    )
    def test_any_address_that_a_browser_shows_is_found_again(
        self, app: Flask, visit: Visit, query: str
    ) -> None:
        """Some signs stand bare in an address, and are written otherwise when a page is sent there."""
        page, path = visit("administrator"), f"{GROUP}?{query}"
        page._token = filled_form(page, path)["csrf_token"].values[0]
        lose_token(page)
        place = page.post(path, {"name": NAME}).headers["Location"]
        assert NOTICE in page.get(place, follow_redirects=True).text

    def test_the_page_without_the_handle_is_the_page_as_ever(self, app: Flask, visit: Visit) -> None:
        page = visit("administrator")
        page._token = filled_form(page, GROUP)["csrf_token"].values[0]
        lose_token(page)
        place = page.post(GROUP, {"name": NAME}).headers["Location"]
        assert filled_form(page, GROUP)["name"].values == [""]
        handle = place.rsplit("/", 1)[-1]
        other = f"/studenten/do/add_student?ingevuld={handle}"
        assert NOTICE not in page.get(other).text  # nor does it fill another page
        assert NOTICE not in page.get(f"{GROUP}?terug=/&ingevuld={handle}").text

    def test_it_costs_one_query_where_something_is_given_back_and_none_elsewhere(
        self, app: Flask, visit: Visit
    ) -> None:
        page = visit("administrator")
        page._token = filled_form(page, GROUP)["csrf_token"].values[0]
        lose_token(page)
        shown = page.get(page.post(GROUP, {"name": NAME}).headers["Location"]).headers["Location"]
        with counted() as plain:
            page.get(GROUP)
        with counted() as given:
            page.get(shown)
        assert len(given) == len(plain) + 1


class TestWhatComesFirst:
    def test_a_page_that_asks_who_one_is_gives_back_what_was_typed_after_that(self, app: Flask) -> None:
        user = user_with_password("administrator")
        make_app(user)
        page, path = Visitor(app, user), "/mijn-profiel/do/change_email"
        page._token = filled_form(page, path)["csrf_token"].values[0]
        end_sessions()
        answer = page.post(path, {"email": "nieuw@example.nl", "present": PASSWORD})
        token = signed_in(user, strong_at=clock.now() - timedelta(hours=3), password_at=None)
        with page.client.session_transaction() as session:
            session["_user_id"] = token
        # Signed in long enough ago that the second step is asked for again, before the form is shown.
        asked = page.get(next_of(answer), follow_redirects=True)
        form = next(fields for fields in forms_on(asked.text).values() if "proof_code" in fields)
        address = next(action for action, fields in forms_on(asked.text).items() if "proof_code" in fields)
        assert "nieuw@example.nl" not in asked.text
        page._token = form["csrf_token"].values[0]
        answer = page.post(html.unescape(address), {"proof_code": app_code(), "proof_was": "GET"})
        shown = page.get(answer.headers["Location"])
        assert 'value="nieuw@example.nl"' in shown.text
        assert PASSWORD not in shown.text

    def test_what_the_address_proposes_does_not_take_the_place_of_what_was_typed(
        self, app: Flask, visit: Visit
    ) -> None:
        page, path = visit("administrator"), "/bibliotheekbeheer/do/upload_document?rol=student"
        form = filled_form(page, path)
        assert form["roles"].values == ["student"]
        page._token = form["csrf_token"].values[0]
        lose_token(page)
        answer = page.post(path, {"title": "Handleiding", "roles": ["exam_committee"]})
        again = filled_form(page, answer.headers["Location"])
        assert (again["title"].values, again["roles"].values) == (["Handleiding"], ["exam_committee"])

    def test_at_night_it_goes(self, app: Flask, visit: Visit) -> None:
        page = visit("administrator")
        page._token = filled_form(page, GROUP)["csrf_token"].values[0]
        lose_token(page)
        page.post(GROUP, {"name": NAME})
        run(forget_outdated, SYSTEM)
        assert rows()["typed_form"] == 1
        with db.engine.begin() as connection:
            connection.execute(update(TypedForm).values(at=clock.now() - KEPT_FOR - timedelta(seconds=1)))
        run(forget_outdated, SYSTEM)
        assert rows()["typed_form"] == 0


class TestDoneBefore:
    """It was carried out and its answer never came; then the session ended, and the same button."""

    @pytest.mark.parametrize("then", ["signed out", "signed in anew", "second step owed"])
    def test_it_is_not_done_twice_and_nothing_untrue_is_said(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch, then: str
    ) -> None:
        user = user_with_password("supplier")
        page = browser(app)
        sign_in(page, user.username)
        sent = {**as_shown(page.get(UPDATE).text), "title": "Eén keer", "body": "Tekst"}
        sent["csrf_token"] = TOKEN.search(page.get(UPDATE).text)[1]  # type: ignore[index]
        assert page.post(UPDATE, data=sent).status_code == 302
        page.get("/instellingen/")
        if then == "second step owed":
            make_app(user)
            ask_of_deciding_roles(app, monkeypatch)
        else:
            end_sessions()
        if then == "signed in anew":
            sign_in(page, user.username)
        answer = page.post(UPDATE, data=sent)
        assert answer.status_code == 302
        assert "terug" not in answer.headers["Location"]
        text = html.unescape(page.get(answer.headers["Location"], follow_redirects=True).text)
        assert "U had dit formulier al verstuurd, en het is toen uitgevoerd" in text
        assert "er is niets gedaan. Meld" not in text
        refresh()
        assert db.session.scalars(select(SystemUpdate.title)).all() == ["Eén keer"]
        assert rows()["typed_form"] == 0

    def test_what_was_changed_since_is_another_form_and_comes_back(self, app: Flask) -> None:
        user = user_with_password("supplier")
        page = browser(app)
        sign_in(page, user.username)
        text = page.get(UPDATE).text
        sent = {**as_shown(text), "title": "Eerste", "body": "Tekst", "csrf_token": TOKEN.search(text)[1]}  # type: ignore[index]
        assert page.post(UPDATE, data=sent).status_code == 302
        end_sessions()
        answer = page.post(UPDATE, data=sent | {"title": "Tweede"})
        assert "next=/terug/" in answer.headers["Location"]


class TestNobodyElse:
    def late(self, page: Visitor, **headers: str) -> Any:
        page._token = filled_form(page, GROUP)["csrf_token"].values[0]
        end_sessions()
        return page.post(GROUP, {"name": NAME}, headers=headers)

    def test_who_is_signed_in_meanwhile_hears_that_it_is_another_accounts(
        self, app: Flask, visit: Visit
    ) -> None:
        """On a shared computer: A typed, B signed in in another tab, and A's tab is sent."""
        page = visit("administrator")
        first = page.user_id or 0
        page._token = filled_form(page, GROUP)["csrf_token"].values[0]
        old = page._token
        end_sessions()
        other = make_user("administrator")
        back_in(page, other.id)
        page._token = old
        answer = page.post(GROUP, {"name": NAME})
        assert answer.status_code == 400
        assert "onder een ander account" in html.unescape(answer.text)
        assert NAME not in answer.text
        assert groups() == 0
        # B signs out and A is back: there it is.
        page._token = ""
        page.post("/afmelden")
        token = signed_in(db.session.get_one(User, first))
        with page.client.session_transaction() as session:
            session["_user_id"] = token
        assert f'value="{NAME}"' in page.get("/terug/", follow_redirects=True).text

    def test_a_colleague_who_signs_in_first_leaves_it_waiting(self, app: Flask, visit: Visit) -> None:
        """In the tab that asks for the owner to sign in again, another one signs in, and out."""
        page, other = visit("administrator"), make_user("administrator")
        first = page.user_id
        page.token()
        end_sessions()
        place = next_of(page.post(GROUP, {"name": NAME}))
        back_in(page, other.id)
        answer = page.get(place, follow_redirects=True)
        assert ("staat er niet meer" in answer.text, NAME in answer.text) == (False, False)
        page._token = ""
        page.post("/afmelden")
        back_in(page, first or 0)
        assert f'value="{NAME}"' in page.get("/terug/", follow_redirects=True).text

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_a_form_that_another_site_sent_is_not_kept(self, app: Flask, visit: Visit, site: str) -> None:
        answer = self.late(visit("administrator"), **{"Sec-Fetch-Site": site})
        assert "terug" not in answer.headers["Location"]
        assert rows()["typed_form"] == 0

    def test_nor_one_that_a_script_sent(self, app: Flask, visit: Visit) -> None:
        answer = self.late(
            visit("administrator"), **{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
        )
        assert "terug" not in answer.headers["Location"]

    def test_a_form_of_the_attackers_own_is_never_shown_to_the_victim(self, app: Flask, visit: Visit) -> None:
        """A page of another site sends, in the victim's browser, a form that was drawn for the attacker."""
        attacker, victim = visit("administrator"), visit("administrator")
        mark = filled_form(attacker, GROUP)["csrf_token"].values[0]
        victim._token = mark
        answer = victim.post(GROUP, {"name": "Ingefluisterd"})
        assert answer.status_code == 400
        assert "Ingefluisterd" not in victim.get("/terug/", follow_redirects=True).text
        refresh()
        row = db.session.scalars(select(TypedForm)).one()
        assert row.user_id == attacker.user_id

    def test_what_a_password_alone_sends_is_not_kept_among_what_the_account_typed(self, app: Flask) -> None:
        """Who knows the password and not the second step fills nobody's place, and plants nothing."""
        user = user_with_password("administrator")
        make_app(user)
        half_way = Late(app, user).client
        half_way.post("/afmelden")
        with clock.later(minutes=1):
            sign_in(half_way, user.username)
            step = half_way.get("/aanmelden/tweede-stap").text
            token = TOKEN.search(step)
            assert token
            before = rows()["typed_form"]
            sent = {"csrf_token": token[1], "name": "Geplant"}
            answer = half_way.post(GROUP, data=sent)
            assert answer.status_code in {302, 400}
            assert "terug" not in answer.headers.get("Location", "")
            assert rows()["typed_form"] == before

    def test_a_forged_mark_is_worth_nothing(self, app: Flask, visit: Visit, visitor_of: VisitorOf) -> None:
        victim = visit("administrator")
        real = filled_form(victim, GROUP)["csrf_token"].values[0]
        csrf, mark = real.split("~")
        forged = [
            "",
            "~",
            f"~{victim.user_id}|{clock.seconds()}|",
            f"{csrf}~{mark[:-2]}AA",
            f"{csrf}~{mark[::-1]}",
            f"{csrf}~{seal(f'{victim.user_id}|{clock.seconds()}|', 'another purpose')}",
            f"x~{'A' * 5000}",
            f"{csrf}~{'é' * 40}",
            f"{csrf}~" + seal("1|2", "form"),
            f"{csrf}~" + seal("a|b|c", "form"),
            f"{csrf}~" + seal(f"{victim.user_id}|{clock.seconds() - 8 * 24 * 3600}|", "form"),
            f"{csrf}~" + seal(f"{victim.user_id}|{10**30}|", "form"),
        ]
        nobody = visitor_of(None)
        for value in forged:
            nobody._token = value or "x"
            answer = nobody.post(GROUP, {"name": NAME})
            assert answer.status_code in {400, 302}, value
            assert "terug" not in answer.headers.get("Location", ""), value
        assert rows()["typed_form"] == 0

    def test_nothing_is_kept_for_a_closed_account(self, app: Flask, visit: Visit) -> None:
        page = visit("administrator")
        page._token = filled_form(page, GROUP)["csrf_token"].values[0]
        run(deactivate_users, SYSTEM, [page.user_id])
        page.post(GROUP, {"name": NAME})
        assert rows()["typed_form"] == 0

    def test_a_guest_whose_invitation_ended_reads_what_they_typed_once_and_no_more(self, app: Flask) -> None:
        invited = make_invited()
        page = come_in(app, invited)
        path = f"/te-beoordelen/{invited.sitting}"
        page._token = filled_form(page, path)["csrf_token"].values[0]
        run(withdraw_invitation, SYSTEM, [invited.sitting])
        answer = page.post(path, {"remark": "Van de gast"})
        assert (answer.status_code, "Van de gast" in answer.text) == (404, True)
        assert "Van de gast" not in page.get(path, follow_redirects=True).text

    def test_while_viewing_as_another_nothing_is_given_back(self, app: Flask, visit: Visit) -> None:
        page = visit("administrator")
        page._token = filled_form(page, GROUP)["csrf_token"].values[0]
        lose_token(page)
        shown = page.get(page.post(GROUP, {"name": NAME}).headers["Location"]).headers["Location"]
        seen = make_user("school_supervisor")
        with db.engine.begin() as connection:
            connection.execute(
                update(UserSession)
                .where(UserSession.user_id == page.user_id)
                .values(viewing_id=seen.id, viewing_since=clock.now())
            )
        text = page.get(shown).text
        assert NAME not in text
        mark = TOKEN.search(text)[1].partition("~")[2]  # type: ignore[index]
        with app.app_context(), pytest.raises(Unreadable):
            unseal(mark, PURPOSE)

    def test_every_form_that_was_promised_comes_back_and_what_does_not_fit_is_said(
        self, app: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.actions.access.typed.MOST_PER_ACCOUNT", 25 * LEAST)
        page = visit("administrator")
        old = filled_form(page, GROUP)["csrf_token"].values[0]
        answers = []
        for n in range(27):
            page._token = old
            lose_token(page)
            answers.append(page.post(GROUP, {"name": f"{NAME} {n}."}))
        kept = [answer for answer in answers if answer.status_code == 302]
        assert (len(kept), rows()["typed_form"]) == (25, 25)
        for n, answer in enumerate(kept):
            assert f'value="{NAME} {n}."' in page.get(answer.headers["Location"], follow_redirects=True).text
        assert ["kon niet worden bewaard" in answer.text for answer in answers[25:]] == [True, True]

    def test_what_is_not_kept_is_not_promised_to_who_was_signed_out(
        self, app: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.actions.access.typed.MOST_PER_ACCOUNT", 0)
        page = visit("administrator")
        told = page.get(self.late(page).headers["Location"]).text
        assert "kon niet worden bewaard" in told
        assert "wat u had ingevuld, staat er dan nog" not in told

    def test_large_forms_wait_until_together_they_are_too_large(self, app: Flask) -> None:
        user = make_user("administrator")
        large = Typed("/studenten/", (("name", "x" * 2_000_000),))
        kept = [run(keep_typed, SYSTEM, user_id=user.id, handle=f"{n}", typed=large).goto for n in range(20)]
        room = kept.index(None)
        assert 8 < room < 20
        assert all(typed_by(user.id, str(n)) == large for n in range(room))

    def test_forms_that_come_at_once_are_no_more_than_fit(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.actions.access.typed.MOST_PER_ACCOUNT", LEAST)
        user_id, small = make_user("administrator").id, Typed("/studenten/", (("name", NAME),))

        def keeping(handle: str) -> Callable[[], Any]:
            return lambda: run(keep_typed, SYSTEM, user_id=user_id, handle=handle, typed=small).goto

        assert sorted(map(str, while_half_done(monkeypatch, keeping("a"), keeping("b")))) == [
            str(user_id),
            "None",
        ]
        assert rows()["typed_form"] == 1

    def test_what_waits_goes_after_twelve_hours(self, app: Flask, visit: Visit) -> None:
        page = visit("administrator")
        page._token = old = filled_form(page, GROUP)["csrf_token"].values[0]
        lose_token(page)
        last = page.post(GROUP, {"name": NAME}).headers["Location"]
        assert f'value="{NAME}"' in page.get(last, follow_redirects=True).text
        with db.engine.begin() as connection:
            connection.execute(update(TypedForm).values(at=clock.now() - KEPT_FOR - timedelta(seconds=1)))
        assert NAME not in page.get(last, follow_redirects=True).text
        page._token = old
        lose_token(page)
        page.post(GROUP, {"name": NAME})
        assert rows()["typed_form"] == 1

    def test_the_row_of_another_opens_with_neither_handle_nor_account(self, app: Flask) -> None:
        one, other = make_user("administrator"), make_user("administrator")
        typed = Typed("/studenten/", (("name", "Fatima"),))
        with transaction():
            db.session.add(
                TypedForm(
                    handle_hash=fingerprint("h"),
                    user_id=one.id,
                    content=seal(typed.as_text(), purpose(one.id, "h")),
                )
            )
        assert typed_by(one.id, "h") == typed
        assert typed_by(other.id, "h") is None
        assert typed_by(one.id, "g") is None
        with transaction():  # somebody who writes in the database makes it another's
            db.session.execute(update(TypedForm).values(user_id=other.id))
        assert typed_by(other.id, "h") is None


class TestLarge:
    def test_a_form_of_two_megabytes_is_kept_and_one_of_five_is_refused_in_a_sentence(
        self, app: Flask, visit: Visit
    ) -> None:
        page = visit("administrator")
        page._token = filled_form(page, BASE)["csrf_token"].values[0]
        lose_token(page)
        answer = page.post(BASE, {"pasted": "x" * 1_900_000})
        assert "x" * 1_900_000 in page.get(answer.headers["Location"], follow_redirects=True).text
        answer = page.post(BASE, {"pasted": "x" * 5_000_000})
        assert answer.status_code == 413
        assert "<h1" in answer.text
        assert rows()["typed_form"] == 1

    @pytest.mark.parametrize("sign", ["é", "ب", "漢"])
    def test_signs_of_several_bytes_count_as_what_they_are(self, app: Flask, visit: Visit, sign: str) -> None:
        page = visit("administrator")
        token = filled_form(page, BASE)["csrf_token"].values[0]
        lose_token(page)
        pasted = sign * (1_900_000 // len(sign.encode()))
        parts = {"csrf_token": token, "pasted": pasted}
        head = '--grens\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        body = "".join(head.format(name, value) for name, value in parts.items()) + "--grens--\r\n"
        answer = page.ask("POST", BASE, data=body.encode(), content_type=MANY)
        assert pasted in page.get(answer.headers["Location"], follow_redirects=True).text

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (413, {"data": {"pasted": "x" * 3_000_000}}),
            (413, {"data": b"x" * 27_000_000, "content_type": MANY}),
            (413, {"data": PART * 5_001 + b"--grens--\r\n", "content_type": MANY}),
            (415, {"data": "{}", "content_type": "application/json"}),
            (400, {"data": {"pasted": "a\x00b"}}),
        ],
        ids=["text", "file", "parts", "no form", "NUL"],
    )
    def test_what_the_door_refuses_is_told_on_a_whole_page(
        self, app: Flask, visit: Visit, status: int, body: dict[str, Any]
    ) -> None:
        """With the menu, a way on, and where to find what was typed."""
        page = visit("administrator")
        answer = page.ask("POST", BASE, **body)
        assert answer.status_code == status
        assert "error-page" in answer.text
        assert "drawer-button" in answer.text
        if status == 413:
            assert "Ga terug in uw browser" in answer.text


def test_what_is_worth_keeping() -> None:
    fields = [
        ("name", "a"),
        ("csrf_token", "t"),
        ("token", "t"),
        ("confirmed", "1"),
        ("proof_code", "1"),
        ("present", "p"),
    ]
    assert worth_keeping(fields, frozenset({"present"})) == [("name", "a")]


class TestStillHere:
    def test_it_counts_as_a_visit_and_gives_a_token_for_this_account_only(
        self, app: Flask, visit: Visit
    ) -> None:
        page = visit("administrator")
        with db.engine.begin() as connection:
            ago = clock.now() - timedelta(minutes=100)
            connection.execute(update(UserSession).values(last_seen_at=ago))
        answer = page.get("/terug/nog-hier").json
        refresh()
        seen = db.session.scalars(select(UserSession.last_seen_at).where(UserSession.user_id == page.user_id))
        assert clock.now() - seen.one() < timedelta(minutes=1)
        assert answer["token"].count("~") == 1
        other = visit("administrator").get("/terug/nog-hier").json
        assert len({answer["account"], other["account"], ""}) == 3
        end_sessions()
        assert page.get("/terug/nog-hier").json == {"account": "", "token": ""}


def test_the_page_about_oneself_says_which_input_waits(app: Flask, visit: Visit) -> None:
    page = visit("administrator")
    typed = Typed("/studenten/", (("name", "Fatima"),))
    run(keep_typed, SYSTEM, user_id=page.user_id, handle="a handle", typed=typed)
    told = page.get("/mijn-profiel/gegevens/").text
    assert "Invoer die wacht tot u weer bent aangemeld" in told
    assert "Fatima" not in told
    data = page.get("/mijn-profiel/gegevens/download").json or {}
    assert [set(one) for one in data["typed_forms"]] == [{"created_at"}]
