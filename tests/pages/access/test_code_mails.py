"""Before inlogcodes are mailed: who gets which mail, what it looks like, a sample to oneself; and after."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.actions.access.login_codes import send_login_codes, send_student_codes
from app.actions.base.runner import run
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.users import LoginCode, User
from app.mail.sample import SAMPLE, SAMPLE_CODE
from app.permissions import SYSTEM
from app.rules.delivery import REFUSED_ADDRESS
from tests.factories import make_student, make_user, refresh
from tests.support.queries import counted
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
SEND = "/gebruikers/do/send_login_codes"
SAMPLE_OF = "/gebruikers/do/send_user_sample"


def mails() -> list[OutboxMail]:
    refresh()
    return list(db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)))


def ids(*users: User) -> str:
    return "&".join(f"id={user.id}" for user in users)


class TestBefore:
    def test_the_confirm_page_tells_who_gets_which_mail_and_shows_it(self, visit: Visit) -> None:
        first, second = make_user("school_examiner"), make_user("school_examiner")
        reader = make_user("exam_committee", language="en")
        page = visit("administrator").get(f"{SEND}?{ids(first, second, reader)}").text
        assert page.index("Examinator school, Nederlands") < page.index("Examencommissie, English")
        assert "2 mails" in page
        assert first.email in page
        assert "Daarna vindt u de examens die u beoordeelt." in page
        assert "Your login code" in page
        assert SAMPLE_CODE in page
        assert mails() == []

    def test_who_gets_no_mail_is_named_and_counts_for_none(self, visit: Visit) -> None:
        closed = make_user("school_examiner", active=False)
        page = visit("administrator").get(f"{SEND}?{ids(closed, make_user('school_examiner'))}").text
        assert "1 mail<" in page
        assert "niet actief" in page

    def test_a_preview_for_many_costs_what_it_costs_for_few(self, visit: Visit) -> None:
        beheerder = visit("administrator")

        def cost(count: int) -> int:
            href = f"{SEND}?{ids(*[make_user('school_examiner') for _ in range(count)])}"
            with counted() as statements:
                assert beheerder.get(href).status_code == 200
            return len(statements)

        assert cost(2) == cost(40)

    def test_students_have_a_text_of_their_own_at_the_demo_school(self, visit: Visit) -> None:
        student = make_student(email="fleur@example.nl")
        page = visit("administrator").get(f"/studenten/do/send_student_codes?id={student.id}").text
        assert "Student, Nederlands" in page
        assert "Het examenbureau van ROC Demostad" in page
        assert "/studenten/do/send_student_sample" in page


class TestSample:
    def test_a_sample_goes_to_who_asks_with_a_code_that_opens_nothing(
        self, app: Flask, visitor_of: Callable[[User], Visitor]
    ) -> None:
        user, chosen = make_user("administrator"), make_user("school_examiner")
        beheerder = visitor_of(user)
        typed = {"role": "school_examiner", "language": "nl"}
        asked = f"{SEND}?{ids(chosen)}&q=vos"
        href = re.search(rf'"({SAMPLE_OF}[^"]+)"', beheerder.get(asked).text)
        assert href
        answer = beheerder.post(html.unescape(href[1]), typed)
        assert answer.headers["Location"] == asked
        (mail,) = mails()
        assert (mail.purpose, mail.to_address, mail.login_code_id) == (SAMPLE, user.email, None)
        assert SAMPLE_CODE in mail.body
        assert "de code erin werkt niet" in mail.body
        assert db.session.scalars(select(LoginCode)).all() == []
        assert "Proefmail" in beheerder.get(f"/postvak-uit/{mail.id}").text

    def test_the_button_of_each_text_on_the_confirm_page_sends_that_text(self, visit: Visit) -> None:
        chosen = make_user("school_examiner"), make_user("exam_committee", language="en")
        beheerder = visit("administrator")
        page = beheerder.get(f"{SEND}?{ids(*chosen)}").text
        button = r'action="(/gebruikers/do/send_user_sample[^"]*)".*?name="token" value="([^"]+)"'
        tokens = re.findall(button, page, re.DOTALL)
        assert len(tokens) == 2
        for (href, token), role in zip(tokens, ("exam_committee", "school_examiner"), strict=True):
            sent = {"role": role, "language": "nl", "token": token}
            assert beheerder.post(html.unescape(href), sent).status_code == 302
        assert len(mails()) == 2

    def test_the_same_button_twice_sends_one_sample(self, visit: Visit) -> None:
        beheerder = visit("administrator")
        typed = {"role": "student", "language": "en", "token": "t" * 40}
        for _n in range(2):
            assert beheerder.post(SAMPLE_OF, typed).status_code == 302
        assert len(mails()) == 1

    @pytest.mark.parametrize("typed", [{"role": "onzin"}, {"language": "de"}])
    def test_a_text_that_is_not_there_is_refused(self, visit: Visit, typed: dict[str, str]) -> None:
        sent = {"role": "student", "language": "nl"} | typed
        assert visit("administrator").post(SAMPLE_OF, sent).status_code == 422
        assert mails() == []


class TestAfter:
    def test_the_page_of_a_user_says_why_the_mail_failed_and_sends_it_again(self, visit: Visit) -> None:
        user = make_user("school_examiner")
        run(send_login_codes, SYSTEM, [user.id])
        with transaction():
            db.session.execute(update(OutboxMail).values(state="failed", failure=REFUSED_ADDRESS, tries=1))
        beheerder = visit("administrator")
        page = beheerder.get(f"/gebruikers/{user.id}").text
        assert "De mailserver kent dit adres niet" in page
        mail = mails()[0]
        assert f'href="/postvak-uit/{mail.id}"' in page
        again = f"/postvak-uit/do/send_again?id={mail.id}&back=/gebruikers/{user.id}"
        assert again.replace("&", "&amp;").replace("/gebruikers/", "%2Fgebruikers%2F") in page
        answer = beheerder.do(again)
        assert answer.headers["Location"] == f"/gebruikers/{user.id}"
        assert mails()[0].state == "waiting"

    def test_the_page_of_a_student_says_so_too_to_who_may_send(self, visit: Visit) -> None:
        student = make_student(email="fleur@example.nl")
        beheerder, path = visit("administrator"), f"/studenten/{student.id}"
        assert "Nog geen account" in beheerder.get(path).text
        run(send_student_codes, SYSTEM, [student.id])
        with transaction():
            db.session.execute(update(OutboxMail).values(state="failed", failure=REFUSED_ADDRESS, tries=1))
        page = beheerder.get(path).text
        assert "De mailserver kent dit adres niet" in page
        again = f"/postvak-uit/do/send_again?id={mails()[0].id}&back={path}"
        assert again.replace("&", "&amp;").replace(path, path.replace("/", "%2F")) in page
        assert beheerder.do(again).headers["Location"] == path
        assert "Laatst aangemeld" not in visit("exam_committee").get(path).text

    def test_who_may_not_read_the_outbox_gets_no_way_in(self, visit: Visit) -> None:
        user = make_user("school_examiner")
        run(send_login_codes, SYSTEM, [user.id])
        page = visit("supplier").get(f"/gebruikers/{user.id}").text
        assert "de mail staat in Postvak uit" in page
        assert "/postvak-uit/" not in page

    def test_the_outbox_counts_its_mails_by_state(self, visit: Visit) -> None:
        run(send_login_codes, SYSTEM, [make_user("school_examiner").id, make_user("school_examiner").id])
        page = visit("administrator").get("/postvak-uit/").text
        assert "Wacht op verzending (2)" in page
        assert "Verzonden (0)" in page

    def test_everything_that_failed_goes_again_in_one_action(self, visit: Visit) -> None:
        run(send_login_codes, SYSTEM, [make_user("school_examiner").id for _n in range(3)])
        with transaction():
            db.session.execute(update(OutboxMail).where(OutboxMail.id > 1).values(state="failed"))
        beheerder = visit("administrator")
        beheerder.do("/postvak-uit/do/send_again?all=1&staat=failed")
        assert [mail.state for mail in mails()] == ["waiting"] * 3

    def test_another_site_is_no_way_back(self, visit: Visit) -> None:
        run(send_login_codes, SYSTEM, [make_user("school_examiner").id])
        beheerder = visit("administrator")
        href = f"/postvak-uit/do/send_again?id={mails()[0].id}&back=//elders.example"
        assert "elders.example" not in beheerder.get(href).text.replace("%2F%2Felders.example", "").replace(
            "back=//elders.example", ""
        )
        assert beheerder.do(href).headers["Location"].startswith("/postvak-uit/")

    def test_a_mail_is_shown_as_it_looks_and_as_plain_text(self, visit: Visit) -> None:
        user = make_user("school_examiner", first_name="<b>Bo</b>")
        run(send_login_codes, SYSTEM, [user.id])
        page = visit("administrator").get(f"/postvak-uit/{mails()[0].id}").text
        assert 'class="letter"' in page
        assert "Als platte tekst" in page
        assert "<b>Bo</b>" not in page
