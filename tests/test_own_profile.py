"""Mijn profiel: another address, the calendar link, and what the system keeps about a person."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import insert, select, update
from werkzeug.security import generate_password_hash

from app.actions.access.calendar import LinkOutcome, make_calendar_link
from app.actions.assessment.assessment import make_definitive, save_scores
from app.actions.base.runner import run
from app.actions.base.trail import record
from app.actions.planning.removal import remove_planning
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.planning import Registration
from app.entities.profile import CalendarLink, EmailChange
from app.entities.trail import ActionRun, AuditEntry
from app.entities.users import LoginCode, User
from app.pages.base.logs import discreet
from app.permissions import SYSTEM, Role, actor_of
from app.queries.access.codes import address_code, stop_code
from app.queries.mail.mail_bodies import body_with, code_in
from app.rules.code_format import INVITATION, MAILED, grouped
from app.school import LANGUAGES
from tests.factories import (
    app_code,
    make_app,
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
)
from tests.pages.access.test_second_factor import half_way
from tests.support import clock
from tests.support.forms import as_shown
from tests.support.queries import counted
from tests.support.racer import race
from tests.support.visitor import Visitor, announced
from tests.test_guests import everything

Visit = Callable[..., Visitor]
VisitorOf = Callable[[User | None], Visitor]
CHANGE = "/mijn-profiel/do/change_email"
CONFIRM = "/mijn-profiel/do/confirm_email"
STOP = "/adreswijziging/"


def user_of(visitor: Visitor) -> User:
    refresh()
    return db.session.get_one(User, visitor.user_id)


def change() -> EmailChange:
    refresh()
    return db.session.scalars(select(EmailChange).order_by(EmailChange.id.desc())).first() or EmailChange()


def mails() -> dict[str, OutboxMail]:
    refresh()
    return {mail.purpose: mail for mail in db.session.scalars(select(OutboxMail))}


def entry(action: str) -> AuditEntry:
    """The newest entry of this action."""
    refresh()
    entries = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id.desc())
    return db.session.scalars(entries.limit(1)).one()


class TestAnotherAddress:
    @pytest.fixture
    def visitor(self, visit: Visit) -> Visitor:
        made = visit(Role.SCHOOL_EXAMINER)
        assert made.post(CHANGE, {"email": "Nieuw@example.nl"}).headers["Location"] == CONFIRM
        return made

    def test_the_old_one_holds_until_the_code_of_the_new_one_is_typed(
        self, app: Flask, visitor: Visitor
    ) -> None:
        old, elsewhere = user_of(visitor).email, Visitor(app, user_of(visitor))
        assert (mails()["email_code"].to_address, mails()["email_notice"].to_address) == (
            "nieuw@example.nl",
            old,
        )
        assert old in visitor.get("/mijn-profiel/").text
        assert "nieuw@example.nl wacht op bevestiging" in visitor.get("/mijn-profiel/").text
        assert elsewhere.get("/mijn-profiel/").status_code == 200
        assert visitor.post(CONFIRM, {"code": grouped(address_code(change().nonce))}).status_code == 302
        assert user_of(visitor).email == "nieuw@example.nl"
        assert mails()["email_changed"].to_address == old
        assert [one.get("/mijn-profiel/").status_code for one in (visitor, elsewhere)] == [200, 302]

    @pytest.mark.parametrize("purpose", [INVITATION, *MAILED])
    def test_a_code_mailed_to_the_old_one_opens_nothing_once_the_new_one_is_confirmed(
        self, app: Flask, visitor: Visitor, purpose: str
    ) -> None:
        now = clock.now()
        old = {"user_id": visitor.user_id, "nonce": "n", "code_hash": "c", "purpose": purpose}
        with transaction():
            db.session.add(LoginCode(**old, created_at=now, expires_at=now + timedelta(minutes=10)))
        visitor.post(CONFIRM, {"code": address_code(change().nonce)})
        refresh()
        assert db.session.scalars(select(LoginCode.cancelled_at)).one() is not None

    def test_the_codes_are_filled_in_at_sending_only(self, app: Flask, visitor: Visitor) -> None:
        secrets = {address_code(change().nonce), stop_code(change().nonce)}
        secrets |= {grouped(code) for code in secrets}
        assert not [code for code in secrets if code in everything()]
        for mail in mails().values():
            assert code_in(mail) in secrets
            assert code_in(mail) in body_with(mail, code_in(mail))

    def test_the_old_address_stops_it_and_every_session_ends(self, app: Flask, visitor: Visitor) -> None:
        old = user_of(visitor).email
        reader = Visitor(app)
        opened = reader.get(f"{STOP}?code={stop_code(change().nonce)}")
        assert (opened.status_code, 'name="language" value="en"' in opened.text) == (200, True)
        assert visitor.get("/mijn-profiel/").status_code == 200, "nothing stops on GET"
        assert reader.post(STOP, {"code": grouped(stop_code(change().nonce))}).status_code == 302
        assert visitor.get("/mijn-profiel/").status_code == 302
        assert user_of(visitor).email == old
        assert change().ended_at is not None
        assert reader.post(STOP, {"code": stop_code(change().nonce)}).status_code == 422

    def test_after_confirming_the_old_address_stops_nothing(self, app: Flask, visitor: Visitor) -> None:
        visitor.post(CONFIRM, {"code": address_code(change().nonce)})
        assert Visitor(app).post(STOP, {"code": stop_code(change().nonce)}).status_code == 422

    def test_the_code_of_one_address_is_none_for_the_other(self, app: Flask, visitor: Visitor) -> None:
        assert visitor.post(CONFIRM, {"code": stop_code(change().nonce)}).status_code == 422
        assert Visitor(app).post(STOP, {"code": address_code(change().nonce)}).status_code == 422

    def test_somebody_elses_code_changes_nothing(self, visit: Visit, visitor: Visitor) -> None:
        code = address_code(change().nonce)
        other = visit(Role.STUDENT)
        assert other.post(CONFIRM, {"code": code}).status_code == 422

    def test_guessing_stops_after_five_tries(self, visitor: Visitor) -> None:
        for _n in range(5):
            assert visitor.post(CONFIRM, {"code": "00000000"}).status_code == 422
        answer = visitor.post(CONFIRM, {"code": address_code(change().nonce)})
        assert (answer.status_code, "Te vaak geprobeerd" in answer.text) == (422, True)

    def test_guessing_the_code_that_stops_it_stops_after_five_tries_too(
        self, app: Flask, visitor: Visitor
    ) -> None:
        """Its first four characters only find the change; they are no secret."""
        code = stop_code(change().nonce)
        for number in range(5):
            assert Visitor(app).post(STOP, {"code": f"{code[:4]}00000000000{number}"}).status_code == 422
        answer = Visitor(app).post(STOP, {"code": code})
        assert (answer.status_code, "Te vaak geprobeerd" in answer.text) == (422, True)

    def test_an_hour_later_the_code_is_worthless(self, visitor: Visitor) -> None:
        assert change().expires_at - change().created_at == timedelta(hours=1)
        with transaction():
            db.session.execute(update(EmailChange).values(expires_at=clock.now() - timedelta(seconds=1)))
        assert visitor.post(CONFIRM, {"code": address_code(change().nonce)}).status_code == 422
        assert code_in(mails()["email_code"]) == ""

    def test_taking_it_back_or_asking_again_makes_the_first_code_worthless(self, visitor: Visitor) -> None:
        code = address_code(change().nonce)
        visitor.fill(CHANGE, {"email": "anders@example.nl"})
        assert visitor.post(CONFIRM, {"code": code}).status_code == 422
        visitor.do("/mijn-profiel/do/cancel_email_change")
        assert entry("cancel_email_change").details == {"asked": ["anders@example.nl", None]}
        assert visitor.post(CONFIRM, {"code": address_code(change().nonce)}).status_code == 422
        assert {mail.state for mail in mails().values()} == {"cancelled"}

    def test_an_older_tab_takes_back_no_change_that_it_did_not_know(self, visitor: Visitor) -> None:
        path = "/mijn-profiel/do/cancel_email_change"
        shown = visitor.get(path)
        assert "nieuw@example.nl" in shown.text
        visitor.do(path)
        visitor.fill(CHANGE, {"email": "tweede@example.nl"})
        late = visitor.post(path, announced(shown))
        assert late.status_code == 409
        assert "Nu is het: tweede@example.nl" in late.text
        assert change().ended_at is None

    def test_an_older_tab_does_not_end_a_change_that_it_did_not_know(self, visitor: Visitor) -> None:
        visitor.do("/mijn-profiel/do/cancel_email_change")
        old = as_shown(visitor.get(CHANGE).text)
        visitor.fill(CHANGE, {"email": "eerst@example.nl"})
        late = visitor.post(CHANGE, {**old, "email": "dan@example.nl"})
        assert late.status_code == 422
        assert (
            "U hebt dit zelf in een ander tabblad gewijzigd: daar vroeg u om eerst@example.nl." in late.text
        )
        assert change().new_email == "eerst@example.nl"
        again = as_shown(late.text)
        assert again["email"] == ["dan@example.nl"]
        assert visitor.post(CHANGE, again).headers["Location"] == CONFIRM
        assert change().new_email == "dan@example.nl"

    def test_who_asks_learns_not_whether_an_address_exists(self, visit: Visit) -> None:
        make_user(Role.STUDENT, email="bestaat@example.nl")
        visitor = visit(Role.STUDENT)
        assert visitor.post(CHANGE, {"email": "bestaat@example.nl"}).status_code == 302
        answer = visitor.post(CONFIRM, {"code": address_code(change().nonce)})
        assert "Er is al een gebruiker met dit e-mailadres." in answer.text

    def test_who_has_a_password_must_show_it(self, app: Flask, visitor_of: VisitorOf) -> None:
        user = make_user(Role.STUDENT, password=generate_password_hash("een lang wachtwoord"))
        page = visitor_of(user)
        sent = {"email": "nieuw@example.nl"}
        assert page.post(CHANGE, sent).status_code == 422
        answer = page.post(CHANGE, {**sent, "present": "iets anders"})
        assert "Dit is niet uw huidige wachtwoord." in answer.text
        assert page.post(CHANGE, {**sent, "present": "een lang wachtwoord"}).status_code == 302

    @pytest.mark.parametrize("path", [CHANGE, "/mijn-profiel/do/change_password"])
    def test_who_has_a_second_step_shows_it_beside_the_password(self, app: Flask, path: str) -> None:
        user = make_user(Role.STUDENT, password=generate_password_hash("een lang wachtwoord"))
        make_app(user)
        long_ago = clock.now() - timedelta(minutes=16)
        visitor = half_way(app, user, strong_at=long_ago, password_at=clock.now())
        asks = "Laat zien dat u het bent"
        assert asks in visitor.get(path).text
        sent = {"email": "nieuw@example.nl", "present": "een lang wachtwoord", "password": "acht schapen wei"}
        asked = visitor.do(path, {**sent, "again": "acht schapen wei"}).text
        assert asks in asked
        assert not [word for word in ("een lang wachtwoord", "acht schapen wei") if word in asked]
        visitor.do(path, {"proof_was": "GET", "proof_password": "een lang wachtwoord"})
        assert asks in visitor.get(path).text, "the password alone is not enough"
        going_on = {"proof_was": "POST", "proof_code": app_code(), "confirmed": "back"}
        shown = visitor.post(path, {"email": "nieuw@example.nl", **going_on}).text
        assert asks not in shown
        assert ("nieuw@example.nl" in shown) is (path == CHANGE), "what was filled in is still there"
        refresh()
        assert (mails(), change().id) == ({}, None), "nothing was done before it was shown"

    @pytest.mark.parametrize("address", ["", "geen adres", "a@b", "x" * 300 + "@example.nl"])
    def test_a_wrong_address_is_said_at_its_field(self, visit: Visit, address: str) -> None:
        answer = visit(Role.STUDENT).post(CHANGE, {"email": address})
        assert answer.status_code == 422
        assert address in answer.text


class TestMailToAnAddressThatIsNotConfirmed:
    """Anybody can type anybody's address: few mails go there, and none says what its sender made up."""

    def asks(self, visitor: Visitor, address: str) -> str:
        """The sentence at the field when it is refused; nothing when the mail is on its way."""
        answer = visitor.fill(CHANGE, {"email": address})
        if answer.status_code == 302:
            return ""
        found = re.search(r'id="email-error"(.{500})', answer.text, re.DOTALL)
        assert found is not None, answer.status_code
        return found[1]

    def so_long_ago(self, ago: timedelta) -> None:
        refresh()
        with transaction():
            for row in db.session.scalars(select(EmailChange)):
                row.created_at -= ago

    def test_somebody_asks_for_three_in_a_quarter_and_ten_in_a_day(self, visit: Visit) -> None:
        visitor, told = visit(Role.STUDENT), []
        for quarter in range(4):
            told.append([self.asks(visitor, f"nieuw{quarter}{n}@example.nl") for n in range(4)])
            self.so_long_ago(timedelta(minutes=16))
        assert [quarter.count("") for quarter in told] == [3, 3, 3, 1]
        assert "Wacht een kwartier" in told[0][3]
        assert "morgen" in told[3][3]
        self.so_long_ago(timedelta(days=1))
        assert self.asks(visitor, "morgen@example.nl") == ""

    def test_taking_a_change_back_gives_no_more(self, visit: Visit) -> None:
        visitor = visit(Role.STUDENT)
        for n in range(3):
            assert self.asks(visitor, f"nieuw{n}@example.nl") == ""
            visitor.do("/mijn-profiel/do/cancel_email_change")
        assert "Wacht een kwartier" in self.asks(visitor, "nieuw@example.nl")
        assert len(mails_to("nieuw@example.nl")) == 0

    def test_three_mails_in_a_quarter_go_to_one_address_whoever_asks(self, visit: Visit) -> None:
        told = [self.asks(visit(Role.STUDENT), one) for one in ("x@elders.nl", "X@Elders.nl") * 2]
        assert told[:3] == [""] * 3
        assert "Naar dit e-mailadres" in told[3]
        assert len(mails_to("x@elders.nl")) == 3
        assert self.asks(visit(Role.STUDENT), "y@elders.nl") == ""
        self.so_long_ago(timedelta(minutes=16))
        assert self.asks(visit(Role.STUDENT), "x@elders.nl") == ""

    def test_four_at_the_same_moment_are_counted_one_after_the_other(self, app: Flask, visit: Visit) -> None:
        visitors = [visit(Role.STUDENT) for _ in range(4)]
        opened = [as_shown(one.get(CHANGE).text) for one in visitors]

        def ask() -> None:
            for visitor, form in zip(visitors, opened, strict=True):
                visitor.post(CHANGE, {**form, "email": "x@elders.nl"})

        assert race(ask) == [""] * 4
        assert len(mails_to("x@elders.nl")) == 3

    def test_a_wrong_password_uses_up_nothing(self, app: Flask, visitor_of: VisitorOf) -> None:
        visitor = visitor_of(make_user(Role.STUDENT, password=generate_password_hash("een lang wachtwoord")))
        for _n in range(4):
            visitor.fill(CHANGE, {"email": "nieuw@example.nl", "present": "iets anders"})
        sent = {"email": "nieuw@example.nl", "present": "een lang wachtwoord"}
        assert visitor.fill(CHANGE, sent).status_code == 302

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_holds_no_word_of_its_sender(self, app: Flask, visitor_of: VisitorOf, language: str) -> None:
        made_up = {"first_name": "U wint", "infix": "1000", "last_name": "http://evil.example"}
        user = make_user(Role.STUDENT, language=language, **made_up)
        names = {user.username, *made_up.values()}
        assert self.asks(visitor_of(user), "iemand@elders.nl") == ""
        (mail,) = mails_to("iemand@elders.nl")
        assert not [word for word in names if word in mail.subject + mail.body]
        assert user.full_name in mails()["email_notice"].body, "the old one is told by name"


def mails_to(address: str) -> list[OutboxMail]:
    refresh()
    return list(db.session.scalars(select(OutboxMail).where(OutboxMail.to_address == address)))


class TestCalendar:
    def link(self, user: User) -> str:
        outcome = run(make_calendar_link, actor_of(user))
        assert isinstance(outcome, LinkOutcome)
        return f"/kalender/{outcome.token}.ics"

    def feed(self, app: Flask, path: str) -> Calendar:
        answer = Visitor(app).get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, max-age=300"
        assert answer.mimetype == "text/calendar"
        assert not answer.headers.getlist("Set-Cookie")
        return Calendar.from_ical(answer.text)

    def test_it_holds_ones_own_moments_and_a_minimum_of_them(self, app: Flask) -> None:
        programme = make_programme()
        exam = make_exam(programme, tasks=1)
        people = {role: make_user(role) for role in Role}
        student = make_student(
            programme,
            user_id=people[Role.STUDENT].id,
            supervisors=((people[Role.SCHOOL_SUPERVISOR], "school_supervisor"),),
        )
        sitting = make_sitting(
            make_registration(student, exam),
            school_examiner=people[Role.SCHOOL_EXAMINER],
            company_examiner=people[Role.COMPANY_EXAMINER],
        )
        make_sitting(make_registration(make_student(programme), exam))  # another student's
        starts_at, uid, last_name = sitting.starts_at, sitting.uid, student.last_name
        sees = {Role.STUDENT, Role.SCHOOL_SUPERVISOR, Role.SCHOOL_EXAMINER, Role.COMPANY_EXAMINER}
        for role, user in people.items():
            made = self.feed(app, self.link(db.session.merge(user)))
            uids = [str(event["uid"]) for event in made.events]
            wanted = [uid] if role in sees else []
            assert uids == wanted, role
            assert last_name not in made.to_ical().decode()
            for event in made.events:
                assert event.start == starts_at.replace(microsecond=0)

    def test_a_program_that_knows_no_zone_shows_the_schools_hour_in_summer_and_winter(
        self, app: Flask
    ) -> None:
        examiner = make_user(Role.SCHOOL_EXAMINER)
        exam = make_exam(make_programme(), tasks=1)
        before, after = clock.around_summer_time()
        for day in (before, after):
            make_sitting(
                make_registration(make_student(), exam), starts_at=clock.at(day, 9), school_examiner=examiner
            )
        text = Visitor(app).get(self.link(examiner)).text
        starts = sorted(re.findall(r"DTSTART:(\S+)", text))
        assert starts == [f"{clock.at(day, 9):%Y%m%dT%H%M%SZ}" for day in (before, after)]
        assert {one[9:11] for one in starts} == {"07", "08"}
        assert len(re.findall(r"DTEND:\d{8}T\d{6}Z", text)) == 2
        assert "TZID" not in text
        assert "VTIMEZONE" not in text

    def test_the_sequence_rises_and_the_uid_stays_when_the_planning_changes(self, app: Flask) -> None:
        examiner = make_user(Role.SCHOOL_EXAMINER)
        exam = make_exam(make_programme(), tasks=1)
        registration = make_registration(make_student(), exam)
        make_sitting(registration, school_examiner=examiner)
        registration_id = registration.id
        path = self.link(examiner)
        first = self.feed(app, path).events[0]
        with transaction():
            db.session.execute(update(Registration).values(version=Registration.version + 1))
        second = self.feed(app, path).events[0]
        assert (first["uid"], int(first["sequence"]) + 1) == (second["uid"], int(second["sequence"]))
        run(remove_planning, SYSTEM, [registration_id])
        assert self.feed(app, path).events == []

    def test_a_new_link_replaces_the_old_and_it_can_be_turned_off(self, app: Flask, visit: Visit) -> None:
        visitor = visit(Role.SCHOOL_EXAMINER)
        shown = visitor.do("/mijn-profiel/do/make_calendar_link")
        assert shown.status_code == 200
        first = path_in(shown.text)
        assert Visitor(app).get(first).status_code == 200
        second = path_in(visitor.do("/mijn-profiel/do/make_calendar_link").text)
        assert Visitor(app).get(first).status_code == 404
        assert Visitor(app).get(second).status_code == 200
        assert second not in visitor.get("/mijn-profiel/").text
        first_made, second_made = entry("make_calendar_link").details["link_made_at"]
        assert first_made
        assert second_made
        visitor.do("/mijn-profiel/do/drop_calendar_link")
        assert Visitor(app).get(second).status_code == 404
        assert entry("drop_calendar_link").details == {"link_made_at": [second_made, None]}

    @pytest.mark.parametrize("name", ["make_calendar_link", "drop_calendar_link"])
    def test_an_older_tab_ends_no_link_that_it_did_not_know(
        self, app: Flask, visit: Visit, name: str
    ) -> None:
        visitor = visit(Role.SCHOOL_EXAMINER)
        visitor.do("/mijn-profiel/do/make_calendar_link")
        old = announced(visitor.get(f"/mijn-profiel/do/{name}"))
        newer = path_in(visitor.do("/mijn-profiel/do/make_calendar_link").text)
        late = visitor.post(f"/mijn-profiel/do/{name}", old)
        assert late.status_code == 409
        assert "“Nieuwe kalenderlink”." in late.text.partition("Intussen gewijzigd")[2], "what happened"
        assert Visitor(app).get(newer).status_code == 200

    def test_the_token_is_kept_nowhere(self, app: Flask, visit: Visit) -> None:
        visitor = visit(Role.STUDENT)
        sent = {"token": "twee-keer-gestuurd"}
        token = path_in(visitor.do("/mijn-profiel/do/make_calendar_link", sent).text)[10:-4]
        assert len(token) >= 43, "256 bits"
        assert token not in everything()
        again = visitor.do("/mijn-profiel/do/make_calendar_link", sent)
        assert "is niet meer te zien" in again.text
        assert token not in str(db.session.scalars(select(ActionRun.outcome)).all())

    def test_it_opens_nothing_else(self, app: Flask) -> None:
        path = self.link(make_user(Role.ADMINISTRATOR))
        page = Visitor(app)
        page.get(path)
        assert page.get("/studenten/").headers["Location"].startswith("/aanmelden")
        assert page.client.post(path).status_code in {400, 405}

    def test_a_closed_account_has_no_feed(self, app: Flask) -> None:
        path = self.link(make_user(Role.STUDENT))
        with transaction():
            db.session.execute(update(User).values(active=False))
        assert Visitor(app).get(path).status_code == 404

    @pytest.mark.parametrize("token", ["x", "A" * 43, "%2e%2e", "A" * 5000])
    def test_a_wrong_token_is_nothing(self, app: Flask, token: str) -> None:
        assert Visitor(app).get(f"/kalender/{token}.ics").status_code == 404

    def test_no_log_holds_it(self, app: Flask, caplog: pytest.LogCaptureFixture) -> None:
        path = self.link(make_user(Role.STUDENT))
        line = f'127.0.0.1 "GET {path} HTTP/1.1" 200'
        assert discreet(line) == '127.0.0.1 "GET /kalender/… HTTP/1.1" 200'
        with caplog.at_level(logging.DEBUG):
            Visitor(app).get(path)
        assert path not in caplog.text

    def test_it_takes_a_fixed_number_of_queries(self, app: Flask) -> None:
        examiner = make_user(Role.SCHOOL_EXAMINER)
        path = self.link(examiner)
        exam = make_exam(make_programme(), tasks=1)
        counts = []
        for _n in range(2):
            for _m in range(3):
                make_sitting(make_registration(make_student(), exam), school_examiner=examiner)
            with counted() as statements:
                Visitor(app).get(path)
            counts.append(len(statements))
        assert counts[0] == counts[1] <= 4


def path_in(text: str) -> str:
    start = text.index("/kalender/")
    return text[start : text.index(".ics", start) + 4]


class TestWhatIsKept:
    def student_with_result(self) -> tuple[User, int]:
        """A student with one definitive exam and one that is only saved."""
        programme = make_programme()
        user, examiner = make_user(Role.STUDENT), make_user(Role.SCHOOL_EXAMINER)
        student = make_student(programme, user_id=user.id)
        for definitive in (True, False):
            exam = make_exam(programme, tasks=1, title="Klaar examen" if definitive else "Half examen")
            sitting = make_sitting(
                make_registration(student, exam),
                starts_at=clock.now() - timedelta(hours=1),
                school_examiner=examiner,
            )
            levels = {c.id: c.levels[1].id for c in sitting.task.criteria}
            sitting_id, who = sitting.id, actor_of(examiner)
            run(save_scores, who, [sitting_id], version=0, levels=levels, remarks={}, remark="Nog geheim")
            if definitive:
                run(make_definitive, who, [sitting_id])
        return user, student.id

    def test_a_student_reads_results_once_definitive_and_no_draft(
        self, app: Flask, visitor_of: VisitorOf
    ) -> None:
        user, student_id = self.student_with_result()
        kept = json.loads(visitor_of(user).get("/mijn-profiel/gegevens/download").text)
        assert [one["exam"].endswith("Klaar examen") for one in kept["results"]] == [True]
        drafts = [one for one in kept["trail"] if one["action"] == "save_scores"]
        assert len(drafts) == 1, "of the exam that is done only"
        assert kept["student"]["number"]
        assert str(student_id) not in kept

    def test_the_page_reads_as_sentences_and_the_download_is_a_file(self, visit: Visit) -> None:
        visitor = visit(Role.SCHOOL_SUPERVISOR)
        page = visitor.get("/mijn-profiel/gegevens/").text
        for word in ("Account", "Gebruikersnaam", "Waar u bent aangemeld", "Logboek"):
            assert word in page
        answer = visitor.get("/mijn-profiel/gegevens/download")
        assert answer.headers["Content-Disposition"] == "attachment; filename=mijn-gegevens.json"
        assert answer.mimetype == "application/json"
        assert json.loads(answer.text)["account"]["username"] == user_of(visitor).username

    @pytest.mark.parametrize("role", list(Role))
    def test_it_is_about_nobody_else(self, app: Flask, visit: Visit, role: Role) -> None:
        make_user(Role.STUDENT, last_name="Geheimvreemd", email="geheimvreemd@example.nl")
        other, _student = self.student_with_result()
        number = str(other.username)
        visitor = visit(role)
        for path in ("/mijn-profiel/gegevens/", "/mijn-profiel/gegevens/download"):
            text = visitor.get(path).text
            assert "Geheimvreemd" not in text
            assert "Nog geheim" not in text
            assert number not in text

    def test_no_secret_is_in_it(self, app: Flask, visit: Visit) -> None:
        visitor = visit(Role.STUDENT)
        visitor.do("/mijn-profiel/do/make_calendar_link")
        visitor.post(CHANGE, {"email": "nieuw@example.nl"})
        text = visitor.get("/mijn-profiel/gegevens/download").text
        refresh()
        link = db.session.scalars(select(CalendarLink)).one()
        for secret in (link.token_hash, change().nonce, change().code_hash, address_code(change().nonce)):
            assert secret not in text

    def test_it_takes_a_fixed_number_of_queries(self, app: Flask, visitor_of: VisitorOf) -> None:
        user, student_id = self.student_with_result()
        user_id, counts, page = user.id, [], visitor_of(user)
        for _n in range(2):
            with transaction():
                for _m in range(5):
                    record(SYSTEM, "change_student", "Student", [student_id])
                    row = {
                        "dedupe_key": f"{_n}-{_m}",
                        "purpose": "login_code",
                        "to_address": "a@example.nl",
                        "to_user_id": user_id,
                        "subject": "s",
                        "body": "b",
                        "state": "waiting",
                        "created_at": clock.now(),
                    }
                    db.session.execute(insert(OutboxMail), [row])
            refresh()
            page.get("/mijn-profiel/gegevens/")
            with counted() as statements:
                page.get("/mijn-profiel/gegevens/")
            counts.append(len(statements))
        assert counts[0] == counts[1] <= 15


def test_who_changes_users_is_not_sent_to_an_administrator(visit: Callable[..., Visitor]) -> None:
    assert "Vraag het een beheerder" not in (own := visit("administrator").get("/mijn-profiel/").text)
    assert "Dat wijzigt u bij Gebruikers." in own
    assert "Vraag het een beheerder van uw school." in visit("student").get("/mijn-profiel/").text
