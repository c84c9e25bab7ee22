"""Gebruikers, Postvak uit and Mijn profiel as pages (manual, steps 3 and 8)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import wtforms
from sqlalchemy import select, update

from app.actions.access.login_codes import send_login_codes
from app.actions.base.action import ActionForm
from app.actions.base.forms import _forms
from app.actions.base.runner import run
from app.actions.users.form import PersonForm
from app.actions.users.users import deactivate_users, edit_user
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.trail import ActionRun, AuditEntry
from app.entities.users import LoginCode, User
from app.permissions import SYSTEM, Actor, Role, actor_of
from app.queries.access.codes import shown_code
from app.queries.access.recognising import check_code
from app.rules.people import NO_MAIL
from tests.factories import (
    make_exam,
    make_group,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
    supervise,
)
from tests.pages.access.test_sign_in import NEW as NEW_PASSWORD
from tests.pages.access.test_sign_in import OTHER, browser, is_in, sign_in, submit
from tests.support import clock
from tests.support.queries import counted
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
CODE_SHAPE = re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b")
ADD = "/gebruikers/do/add_user"
NEW: dict[str, Any] = {
    "first_name": "Jan",
    "last_name": "Boer",
    "email": "jan@example.nl",
    "roles": ["school_examiner"],
}


def rows(page: str) -> int:
    return page.count('<th scope="row"')


class TestList:
    def test_a_user_without_programme_is_shown_as_unfinished(self, visit: Visit) -> None:
        make_user("school_examiner", last_name="Onaf")
        make_user("school_examiner", last_name="Af", programmes=[make_programme()])
        beheerder = visit("administrator")
        assert beheerder.get("/gebruikers/").text.count("Nog geen opleiding: koppel er een.") == 1
        page = beheerder.get("/gebruikers/?staat=onvolledig").text
        assert "Onaf" in page
        assert rows(page) == 1

    @pytest.mark.parametrize("role", ["administrator", "exam_committee", "supplier", "student"])
    def test_roles_that_need_no_programme_are_finished_without(self, visit: Visit, role: str) -> None:
        make_user(role)
        assert rows(visit("administrator").get("/gebruikers/?staat=onvolledig").text) == 0

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=zoe+brink", 1),
            ("q=50%25", 0),
            ("rol=exam_committee", 1),
            ("rol=onzin", 0),
            ("opleiding=1", 1),
            ("opleiding=x", 0),
            ("staat=inactief", 1),
            ("staat=nooit", 2),
            ("staat=x", 0),
        ],
    )
    def test_filters(self, visit: Visit, query: str, found: int) -> None:
        make_user("exam_committee", first_name="Zoe", infix="ten", last_name="Brink", active=False)
        make_user("school_examiner", programmes=[make_programme(id=1)])
        assert rows(visit("administrator").get(f"/gebruikers/?{query}").text) == found

    def test_each_state_has_a_filter_with_its_count(self, visit: Visit, actor: Callable[..., Actor]) -> None:
        office = actor("administrator")
        invited, failed = make_user("exam_committee"), make_user("exam_committee")
        make_user("exam_committee", last_login=clock.now().replace(tzinfo=None))
        make_user("exam_committee", active=False)
        run(send_login_codes, office, [invited.id, failed.id])
        with transaction():
            db.session.execute(
                update(OutboxMail).where(OutboxMail.to_user_id == failed.id).values(state="failed")
            )
        beheerder = visit("administrator")
        page = beheerder.get("/gebruikers/").text
        # Two administrators were made here and never signed in by hand.
        wanted = {
            "uitgenodigd": 2,
            "actief": 1,
            "nooit": 2,
            "inactief": 1,
            "onvolledig": 0,
            "mail-mislukt": 1,
            "zonder-tweede-stap": 0,  # the demo school asks none
        }
        options = re.findall(r'<option value="([a-z-]+)">[A-Z][^<(]* \((\d+)\)', page)
        told = {key: int(count) for key, count in options}
        assert told == wanted
        for key, count in wanted.items():
            assert rows(beheerder.get(f"/gebruikers/?staat={key}").text) == count, key

    def test_a_row_says_how_many_students_are_coupled(self, visit: Visit) -> None:
        user = make_user("school_supervisor", "school_examiner", programmes=[make_programme()])
        for role in ("school_supervisor", "school_examiner"):
            supervise(make_student(), user, role)
        supervise(make_student(supervisors=((user, "school_supervisor"),)), user, "school_examiner")
        page = visit("administrator").get("/gebruikers/?order=students&down=1").text
        assert re.search(r'data-label="Studenten"[^>]*>3</td>', page)

    def test_twenty_users_cost_what_two_hundred_do(self, visit: Visit) -> None:
        beheerder = visit("administrator")

        def cost(users: int) -> int:
            for _ in range(users):
                make_user("school_examiner", programmes=[make_programme()])
            with counted() as statements:
                assert beheerder.get("/gebruikers/?size=100").status_code == 200
            return len(statements)

        few = cost(3)
        assert few <= 12
        assert cost(30) == few

    def test_only_administrator_and_supplier_see_users(self, visit: Visit) -> None:
        seen = {role.value for role in Role if visit(role).get("/gebruikers/").status_code == 200}
        assert seen == {"administrator", "supplier"}

    def test_only_the_administrator_reads_the_outbox(self, visit: Visit) -> None:
        seen = {role.value for role in Role if visit(role).get("/postvak-uit/").status_code == 200}
        assert seen == {"administrator"}
        assert "/postvak-uit/" not in visit("supplier").get("/gebruikers/").text


class TestForm:
    def test_a_new_user_lands_on_a_page_that_asks_to_couple(self, visit: Visit) -> None:
        beheerder = visit("administrator")
        answer = beheerder.do(ADD, NEW, follow_redirects=True)
        assert "Jan Boer is toegevoegd" in answer.text
        assert "Koppelen aan opleidingen" in answer.text
        assert "nog aan geen opleiding gekoppeld" in answer.text

    def test_the_supplier_role_is_offered_by_a_supplier_only(self, visit: Visit) -> None:
        offered = {
            role: 'value="supplier"' in visit(role).get(ADD).text for role in ("administrator", "supplier")
        }
        assert offered == {"administrator": False, "supplier": True}

    @pytest.mark.parametrize("role", ["supplier", "student", "onzin"])
    def test_a_role_that_is_not_offered_is_refused_when_posted(self, visit: Visit, role: str) -> None:
        assert visit("administrator").do(ADD, NEW | {"roles": [role]}).status_code == 422
        assert db.session.scalars(select(User).filter_by(email="jan@example.nl")).first() is None

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"roles": []}, "Kies minstens één rol."),
            ({"email": "jan@"}, "is geen e-mailadres."),
            ({"first_name": "  "}, "verplicht"),
            ({"programmes": ["999"]}, "programmes-error"),
            ({"programmes": ["x"]}, "programmes-error"),
            ({"username": "een twee"}, "geen spaties"),
            ({"last_name": "x" * 65}, "last_name-error"),
        ],
    )
    def test_what_is_wrong_is_said_at_the_field_and_the_rest_is_kept(
        self, visit: Visit, wrong: dict[str, Any], sentence: str
    ) -> None:
        answer = visit("administrator").do(ADD, {**NEW, "organisation": "Bakkerij Bol", **wrong})
        assert answer.status_code == 422
        assert sentence in answer.text
        assert "Bakkerij Bol" in answer.text

    def test_an_address_in_use_is_said_at_the_field(self, visit: Visit) -> None:
        make_user("student", email="jan@example.nl")
        answer = visit("administrator").do(ADD, NEW)
        assert answer.status_code == 422
        assert 'id="email-error"' in answer.text

    def test_the_same_form_twice_makes_one_user(self, visit: Visit) -> None:
        beheerder = visit("administrator")
        for _ in range(2):
            assert beheerder.do(ADD, NEW | {"token": "t" * 40}).status_code == 302
        refresh()
        assert len(db.session.scalars(select(User).filter_by(email="jan@example.nl")).all()) == 1

    def test_a_stale_form_names_who_changed_what_and_keeps_everything(self, visit: Visit) -> None:
        user, other = (
            make_user("school_examiner"),
            make_user("administrator", first_name="Petra", last_name="Pen"),
        )
        typed = {
            "first_name": "Sanne",
            "last_name": user.last_name,
            "email": user.email,
            "username": user.username,
            "phone": "06 11",
            "roles": ["school_examiner"],
            "version": "1",
        }
        run(edit_user, actor_of(other), [user.id], **{**typed, "phone": "06 22", "version": 1})
        beheerder = visit("administrator")
        answer = beheerder.do(f"/gebruikers/do/edit_user?id={user.id}", typed)
        assert answer.status_code == 422
        assert "Petra Pen" in answer.text
        assert "06 22" in answer.text
        assert 'value="06 11"' in answer.text
        version = re.search(r'name="version"[^>]*value="(\d+)"', answer.text)
        assert version is not None
        again = beheerder.do(f"/gebruikers/do/edit_user?id={user.id}", typed | {"version": version[1]})
        assert again.status_code == 302
        refresh()
        assert db.session.get_one(User, user.id).phone == "06 11"

    def test_a_refusal_for_no_field_is_a_sentence_on_the_page(self, visit: Visit) -> None:
        supplier = make_user("supplier")
        typed = NEW | {"version": "1"}
        answer = visit("administrator").do(f"/gebruikers/do/edit_user?id={supplier.id}", typed)
        assert answer.status_code == 422
        assert "Alleen een leverancier" in answer.text


class TestOutbox:
    def mail(self, actor: Callable[..., Actor]) -> OutboxMail:
        user = make_user("school_examiner")
        run(send_login_codes, actor("administrator"), [user.id])
        return db.session.scalars(select(OutboxMail)).one()

    def test_a_demo_school_shows_the_code_and_says_why(
        self, visit: Visit, actor: Callable[..., Actor]
    ) -> None:
        mail = self.mail(actor)
        code = shown_code(db.session.scalars(select(LoginCode)).one())
        page = visit("administrator").get(f"/postvak-uit/{mail.id}").text
        assert code in page
        assert "demoschool verstuurt geen mail" in page

    def test_a_real_school_shows_no_code(
        self, visit: Visit, actor: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mail = self.mail(actor)
        code = shown_code(db.session.scalars(select(LoginCode)).one())
        beheerder = visit("administrator")
        school = beheerder.app.extensions["proeve_school"]
        monkeypatch.setitem(beheerder.app.extensions, "proeve_school", replace(school, demo=False))
        page = beheerder.get(f"/postvak-uit/{mail.id}").text
        assert code not in page
        assert "wordt bij het verzenden ingevuld" in page

    def test_a_code_that_works_no_more_is_not_shown(self, visit: Visit, actor: Callable[..., Actor]) -> None:
        mail = self.mail(actor)
        code = shown_code(db.session.scalars(select(LoginCode)).one())
        run(deactivate_users, SYSTEM, [mail.to_user_id])
        page = visit("administrator").get(f"/postvak-uit/{mail.id}").text
        assert code not in page
        assert "Vervallen" in page

    def test_looking_writes_nothing(self, visit: Visit, actor: Callable[..., Actor]) -> None:
        mail = self.mail(actor)
        beheerder = visit("administrator")
        with counted() as statements:
            beheerder.get("/postvak-uit/")
            beheerder.get(f"/postvak-uit/{mail.id}")
        assert not [s for s in statements if not s.lstrip().upper().startswith(("SELECT", "WITH"))]
        assert len(statements) <= 20

    @pytest.mark.parametrize(
        ("query", "found"), [("q=inlogcode", 1), ("staat=sent", 0), ("doel=login_code", 1)]
    )
    def test_filters(self, visit: Visit, actor: Callable[..., Actor], query: str, found: int) -> None:
        self.mail(actor)
        assert rows(visit("administrator").get(f"/postvak-uit/?{query}").text) == found


class TestConfirm:
    def test_before_sending_the_page_says_who_gets_which_mail_and_who_not(self, visit: Visit) -> None:
        gets, not_ = make_user("school_examiner"), make_user("school_examiner", active=False)
        page = visit("administrator").get(f"/gebruikers/do/send_login_codes?id={gets.id}&id={not_.id}").text
        assert f"{gets.full_name}: {gets.email}" in page
        assert "Deze gebruiker is niet actief." in page
        assert db.session.scalars(select(OutboxMail)).first() is None


class TestClosing:
    def test_the_page_says_what_stays_behind(self, visit: Visit) -> None:
        examiner = make_user("school_examiner", last_name="Vertrekt")
        student = make_student(supervisors=((examiner, "school_examiner"),))
        for days in (-3, 3, 5):
            make_sitting(
                make_registration(student, make_exam(tasks=1)),
                starts_at=clock.now() + timedelta(days=days),
                school_examiner=examiner,
            )
        page = visit("administrator").get(f"/gebruikers/do/deactivate_users?id={examiner.id}").text
        assert "Vertrekt: 2 komende examenmomenten, 1 student" in page
        assert "Er staan nog 2 examenmomenten op hun naam" in page
        assert "1 koppeling aan een student blijft bewaard." in page


class TestSheet:
    def path(self, *users: User) -> str:
        return "/gebruikers/do/print_codes?" + "&".join(f"id={user.id}" for user in users)

    def test_the_codes_are_shown_once_and_work(self, visit: Visit, actor: Callable[..., Actor]) -> None:
        user = make_user("school_examiner", first_name="Noor", last_name="Strook")
        run(send_login_codes, actor("administrator"), [user.id])
        beheerder = visit("administrator")
        asked = beheerder.get(self.path(user)).text
        assert "1 eerdere inlogcode vervalt" in asked
        assert not CODE_SHAPE.search(asked)
        answer = beheerder.do(self.path(user), {"token": "s" * 40})
        found = CODE_SHAPE.search(answer.text)
        assert found is not None
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Noor Strook" in answer.text
        assert "/aanmelden/code" in answer.text
        refresh()
        assert check_code(user.id, found[0]) is not None
        again = beheerder.do(self.path(user), {"token": "s" * 40}).text
        assert not CODE_SHAPE.search(again)
        assert "al getoond" in again
        kept = json.dumps(list(db.session.scalars(select(ActionRun.outcome))))
        assert found[0] not in kept
        assert found[0].replace("-", "") not in kept
        assert db.session.scalar(select(AuditEntry.action).order_by(AuditEntry.id.desc())) == "print_codes"

    def test_who_has_no_mail_gets_a_code_on_paper_and_signs_in_by_number(self, visit: Visit) -> None:
        student = make_student(number="0203118", email="")
        beheerder = visit("administrator")
        mailed = beheerder.do(f"/studenten/do/send_student_codes?id={student.id}").text
        assert "op papier" in mailed
        sheet = beheerder.do(f"/studenten/do/print_student_codes?id={student.id}").text
        code = CODE_SHAPE.search(sheet)
        assert code is not None
        page = browser(beheerder.app)
        submit(page, "/aanmelden/code", {"username": "0203118", "code": code[0]})
        asked = page.get(NEW_PASSWORD).text
        assert "geen e-mailadres" in asked
        assert "Verder zonder wachtwoord" not in asked
        submit(page, NEW_PASSWORD, {"password": OTHER, "again": OTHER})
        again = browser(beheerder.app)
        sign_in(again, "0203118", OTHER)
        assert is_in(again)
        submit(browser(beheerder.app), "/aanmelden/stuur-code", {"username": "0203118"})
        refresh()
        assert db.session.scalars(select(OutboxMail)).all() == []
        account = db.session.scalars(select(User).where(User.username == "0203118")).one().id
        theirs = (f"/gebruikers/{account}", "/gebruikers/", f"/gebruikers/do/edit_user?id={account}")
        own = ("/mijn-profiel/", "/mijn-profiel/gegevens/")
        shown = [beheerder.get(path) for path in theirs] + [again.get(path) for path in own]
        assert {answer.status_code for answer in shown} == {200}
        assert not [answer.request.path for answer in shown if NO_MAIL in answer.text]

    def test_a_user_without_an_address_has_a_user_name_and_a_code_on_paper(self, visit: Visit) -> None:
        beheerder = visit("administrator")
        typed = {"first_name": "Ans", "last_name": "Zonder", "roles": "company_supervisor"}
        typed["programmes"] = str(make_programme().id)
        add = "/gebruikers/do/add_user"
        assert "voor wie geen e-mailadres heeft" in beheerder.post(add, typed).text
        both = {**typed, "username": "ans.zonder"}
        assert "op papier" in beheerder.post(add, {**both, "send_code": "y"}).text
        assert beheerder.post(add, both).status_code == 302
        refresh()
        user = db.session.scalars(select(User).where(User.username == "ans.zonder")).one()
        assert "Druk een inlogcode af" in beheerder.get(f"/gebruikers/{user.id}").text
        assert CODE_SHAPE.search(beheerder.do(self.path(user)).text)

    def test_who_decides_gets_no_code_on_paper(self, visit: Visit) -> None:
        page = visit("administrator").do(self.path(make_user("exam_committee", "school_examiner"))).text
        assert not CODE_SHAPE.search(page)
        assert "per mail en niet op papier" in page

    def test_a_class_gets_a_sheet_from_its_own_page(self, visit: Visit) -> None:
        student, other = make_student(first_name="Ilse"), make_student(first_name="Buiten")
        group = make_group(student)
        beheerder = visit("administrator")
        page = beheerder.get(f"/studentgroepen/{group.id}").text
        found = re.search(r'href="(/studenten/do/print_student_codes[^"]+)"', page)
        assert found is not None
        sheet = beheerder.do(unescape(found[1])).text
        assert len(CODE_SHAPE.findall(sheet)) == 1
        assert "Ilse" in sheet
        assert other.first_name not in sheet

    def test_a_supervisor_prints_for_own_students_only(self, visit: Visit) -> None:
        visitor = visit("school_supervisor")
        user = db.session.get_one(User, visitor.user_id)
        own, another = make_student(supervisors=((user, "school_supervisor"),)), make_student()
        path = "/studenten/do/print_student_codes?id="
        assert len(CODE_SHAPE.findall(visitor.do(f"{path}{own.id}").text)) == 1
        assert visitor.do(f"{path}{own.id}&id={another.id}").status_code == 404

    def test_the_sheet_of_two_costs_what_one_of_twenty_does(self, visit: Visit) -> None:
        costs = []
        for size in (2, 20):
            users = [make_user("school_examiner") for _ in range(size)]
            beheerder = visit("administrator")
            beheerder.token()
            path = self.path(*users)
            with counted() as statements:
                beheerder.do(path)
            costs.append(len(statements))
        assert costs[0] == costs[1]


class TestProfile:
    typed: dict[str, Any] = {
        "first_name": "Noor",
        "infix": "el",
        "last_name": "Amrani",
        "phone": "06 12",
        "language": "en",
        "version": "1",
    }

    @pytest.mark.parametrize("role", list(Role))
    def test_everybody_has_one_and_changes_it(self, visit: Visit, role: Role) -> None:
        visitor = visit(role)
        assert visitor.do("/mijn-profiel/do/save_profile", self.typed).status_code == 302
        refresh()
        user = db.session.get_one(User, visitor.user_id)
        assert (user.full_name, user.phone, user.language) == ("Noor el Amrani", "06 12", "en")

    def test_roles_are_shown_and_not_taken_from_a_form(self, visit: Visit) -> None:
        visitor = visit("student")
        sent = self.typed | {"roles": ["administrator"]}
        assert visitor.do("/mijn-profiel/do/save_profile", sent).status_code == 302
        page = visitor.get("/mijn-profiel/").text
        assert "Student" in page
        assert visitor.get("/gebruikers/").status_code == 403

    def test_an_address_in_this_form_changes_nothing(self, visit: Visit) -> None:
        visitor = visit("student")
        visitor.do("/mijn-profiel/do/save_profile", self.typed | {"email": "noor@example.nl"})
        refresh()
        assert db.session.get_one(User, visitor.user_id).email != "noor@example.nl"

    def test_a_stale_profile_says_who_changed_it(self, visit: Visit) -> None:
        visitor = visit("school_examiner")
        user = db.session.get_one(User, visitor.user_id)
        admin = make_user("administrator", first_name="Petra", last_name="Pen")
        run(
            edit_user,
            actor_of(admin),
            [user.id],
            version=1,
            first_name="Sanne",
            last_name="Anders",
            email=user.email,
            username=user.username,
            roles=["school_examiner"],
        )
        answer = visitor.do("/mijn-profiel/do/save_profile", self.typed)
        assert answer.status_code == 422
        assert "Petra Pen" in answer.text
        assert "Amrani" in answer.text


class TestTelephone:
    @pytest.mark.parametrize("typed", ["abc", "zie mail"])
    def test_a_text_that_is_no_number_is_refused_at_its_field(self, visit: Visit, typed: str) -> None:
        answer = visit("administrator").post(ADD, {**NEW, "phone": typed})
        assert f"“{typed}” is geen telefoonnummer" in answer.text
        assert db.session.scalar(select(User.id).where(User.email == NEW["email"])) is None

    def test_a_kept_one_that_does_not_fit_stays_until_it_is_changed(self, visit: Visit) -> None:
        user = make_user("school_examiner", phone="bel de school")
        beheerder, page = visit("administrator"), f"/gebruikers/do/edit_user?id={user.id}"
        assert "bel de school" in beheerder.get(f"/gebruikers/{user.id}").text
        typed = {
            name: getattr(user, name) for name in ("first_name", "last_name", "email", "username", "version")
        }
        typed |= {"roles": ["school_examiner"], "last_name": "Nieuw", "phone": "bel de school"}
        assert beheerder.do(page, typed).status_code == 302
        refresh()
        kept = db.session.get_one(User, user.id)
        assert (kept.last_name, kept.phone) == ("Nieuw", "bel de school")
        again = beheerder.do(page, typed | {"version": kept.version, "phone": "bel de school!"})
        assert "is geen telefoonnummer" in again.text

    def test_every_form_with_a_telephone_asks_the_same(self) -> None:
        with_phone = [
            form
            for form in _forms(ActionForm)
            if any(
                getattr(made, "field_class", None) is wtforms.TelField
                for part in form.__mro__
                for made in vars(part).values()
            )
        ]
        assert len(with_phone) >= 4
        assert all(issubclass(form, PersonForm) for form in with_phone)
