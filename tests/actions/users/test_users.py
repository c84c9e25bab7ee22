"""Users: adding, changing, coupling, closing; and the inlogcodes they get in with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.actions.access.login_codes import make_codes, send_login_codes, send_student_codes
from app.actions.access.sign_in import use_code
from app.actions.base.runner import Selection, preview, run
from app.actions.users.couplings import couple_to_programmes, uncouple_from_programmes
from app.actions.users.users import (
    add_user,
    deactivate_users,
    edit_user,
    reactivate_users,
)
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.sessions import UserSession
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.entities.users import LoginCode, User
from app.errors import NotAllowed, NotFound, RuleBroken
from app.mail.texts import CODE
from app.permissions import SYSTEM, Actor, actor_of
from app.queries.access.codes import code_for, shown_code
from app.queries.access.recognising import check_code
from app.queries.users.users import by_sign_in_name, last_active_administrator, roles_of
from app.rules.sessions import Opening
from app.rules.tokens import fingerprint
from app.school import current_school
from tests.factories import (
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
    supervise,
)
from tests.support import clock
from tests.support.queries import counted
from tests.support.visitor import signed_in

NEW = {
    "first_name": " Jan ",
    "infix": "de",
    "last_name": "Boer",
    "email": "Jan@Example.nl",
    "roles": ["school_examiner"],
}
PASSWORD = "een lange zin om te onthouden"

HERE = Opening("0" * 64)

Acting = Callable[..., Actor]


def the(model: type[Any], **by: Any) -> Any:
    refresh()
    return db.session.scalars(select(model).filter_by(**by)).one()


def as_edited(user: User, **changes: Any) -> dict[str, Any]:
    names = ("first_name", "infix", "last_name", "email", "username", "organisation", "phone", "version")
    return (
        {name: getattr(user, name) for name in names} | {"roles": [r.value for r in roles_of(user)]} | changes
    )


def change(row: Any, **values: Any) -> None:
    with transaction():
        for name, value in values.items():
            setattr(row, name, value)


def codes_of(user_id: int) -> list[LoginCode]:
    refresh()
    return list(
        db.session.scalars(select(LoginCode).where(LoginCode.user_id == user_id).order_by(LoginCode.id))
    )


class TestAdding:
    def test_without_a_user_name_the_address_is_the_user_name_in_lower_case(self, actor: Acting) -> None:
        run(add_user, actor("administrator"), **NEW)
        user = the(User, email="jan@example.nl")
        assert (user.username, user.full_name, user.password) == ("jan@example.nl", "Jan de Boer", None)

    def test_programmes_and_a_code_come_along(self, actor: Acting) -> None:
        programme = make_programme()
        run(add_user, actor("administrator"), **NEW, programmes=[programme.id], send_code=True)
        user = the(User, email="jan@example.nl")
        assert [p.id for p in user.programmes] == [programme.id]
        assert the(OutboxMail, to_user_id=user.id).to_address == "jan@example.nl"

    @pytest.mark.parametrize("field", ["email", "username"])
    def test_an_address_or_name_of_another_is_refused_at_its_field(self, actor: Acting, field: str) -> None:
        make_user("student", username="bezet", email="bezet@example.nl")
        taken = {"email": "BEZET@example.nl", "username": "Bezet"}[field]
        with pytest.raises(RuleBroken) as refusal:
            run(add_user, actor("administrator"), **{**NEW, field: taken})
        assert refusal.value.field == field

    @pytest.mark.parametrize("email", ["bezet@ｅxample.nl", "BEZET@exampⅼe.nl", "bezet@example。nl"])
    def test_an_address_in_another_writing_is_the_same_address(self, actor: Acting, email: str) -> None:
        taken = make_user("student", username="bezet", email="bezet@example.nl")
        with pytest.raises(RuleBroken, match="al een gebruiker met dit e-mailadres"):
            run(add_user, actor("administrator"), **{**NEW, "email": email})
        assert db.session.scalars(by_sign_in_name(email)).one() == taken

    def test_an_account_of_before_is_found_by_its_own_writing(self, actor: Acting) -> None:
        user = make_user("student", username="oud@straße.nl", email="oud@straße.nl")
        assert db.session.scalars(by_sign_in_name("Oud@Straße.nl")).one() == user

    def test_a_user_name_that_is_the_address_may_have_another_writing(self, actor: Acting) -> None:
        given = NEW | {"email": "jan@exampⅼe.nl", "username": "Jan@ｅxample.nl"}
        run(add_user, actor("administrator"), **given)
        assert the(User, email="jan@example.nl").username == "jan@example.nl"

    def test_a_user_name_that_is_another_address_is_refused(self, actor: Acting) -> None:
        with pytest.raises(RuleBroken, match="eigen e-mailadres") as refusal:
            run(add_user, actor("administrator"), **NEW, username="piet@example.nl")
        assert refusal.value.field == "username"

    @pytest.mark.parametrize("role", ["supplier", "student"])
    def test_an_administrator_gives_neither_the_supplier_nor_the_student_role(
        self, actor: Acting, role: str
    ) -> None:
        with pytest.raises(RuleBroken, match="kunt u niet geven"):
            run(add_user, actor("administrator"), **{**NEW, "roles": [role]})

    def test_a_supplier_gives_the_supplier_role(self, actor: Acting) -> None:
        run(add_user, actor("supplier"), **{**NEW, "roles": ["supplier"]})
        assert [r.value for r in roles_of(the(User, email="jan@example.nl"))] == ["supplier"]

    def test_a_user_has_at_least_one_role(self, actor: Acting) -> None:
        with pytest.raises(RuleBroken, match="minstens één rol"):
            run(add_user, actor("administrator"), **{**NEW, "roles": []})

    def test_a_programme_that_is_not_there_is_not_found(self, actor: Acting) -> None:
        with pytest.raises(NotFound):
            run(add_user, actor("administrator"), **NEW, programmes=[999])

    def test_a_supervisor_adds_no_users(self, actor: Acting) -> None:
        with pytest.raises(NotAllowed):
            run(add_user, actor("school_supervisor"), **NEW)


class TestEditing:
    def test_a_change_is_in_the_trail_with_old_and_new(self, actor: Acting) -> None:
        user = make_user("school_examiner")
        run(edit_user, actor("administrator"), [user.id], **as_edited(user, phone="06 1234"))
        assert the(AuditEntry, action="edit_user").details == {"phone": ["", "06 1234"]}

    def test_saving_without_a_change_changes_nothing(self, actor: Acting) -> None:
        user = make_user("school_examiner")
        outcome = run(edit_user, actor("administrator"), [user.id], **as_edited(user))
        assert (outcome.done, the(User, id=user.id).version) == (0, 1)

    def test_a_stale_version_changes_nothing(self, actor: Acting) -> None:
        user = make_user("school_examiner")
        opened = as_edited(user, phone="1")
        run(edit_user, actor("administrator"), [user.id], **as_edited(user, phone="2"))
        with pytest.raises(RuleBroken) as refusal:
            run(edit_user, actor("administrator"), [user.id], **opened)
        assert (refusal.value.field, the(User, id=user.id).phone) == ("version", "2")

    def test_another_role_ends_the_sessions(self, actor: Acting) -> None:
        user = make_user("school_examiner")
        signed_in(user)
        run(edit_user, actor("administrator"), [user.id], **as_edited(user, roles=["exam_committee"]))
        assert the(UserSession, user_id=user.id).ended_because == "roles_changed"

    def test_who_loses_the_role_in_which_they_are_expected_is_told_of(self, actor: Acting) -> None:
        user = make_user("school_examiner")
        for days in (3, -3):
            registration = make_registration(make_student(), make_exam(tasks=1))
            make_sitting(registration, starts_at=clock.now() + timedelta(days=days), school_examiner=user)
        both = run(
            edit_user,
            actor("administrator"),
            [user.id],
            **as_edited(user, roles=["school_examiner", "exam_committee"]),
        )
        assert "op naam van deze gebruiker" not in both.summary
        user = the(User, id=user.id)
        gone = run(edit_user, actor("administrator"), [user.id], **as_edited(user, roles=["exam_committee"]))
        assert "Er staat nog 1 examenmoment op naam van deze gebruiker" in gone.summary

    def test_a_student_keeps_the_student_role(self, actor: Acting) -> None:
        user = make_user("student")
        run(edit_user, actor("administrator"), [user.id], **as_edited(user, roles=["school_examiner"]))
        assert {r.value for r in roles_of(the(User, id=user.id))} == {"student", "school_examiner"}

    def test_an_administrator_does_not_take_the_role_from_himself(self, actor: Acting) -> None:
        make_user("administrator")
        own = make_user("administrator")
        with pytest.raises(RuleBroken, match="uzelf"):
            run(edit_user, actor_of(own), [own.id], **as_edited(own, roles=["exam_committee"]))

    def test_the_last_administrator_keeps_the_role(self, actor: Acting) -> None:
        last = make_user("administrator")
        with pytest.raises(RuleBroken, match="laatste"):
            run(edit_user, SYSTEM, [last.id], **as_edited(last, roles=["exam_committee"]))

    def test_an_administrator_does_not_touch_a_supplier(self, actor: Acting) -> None:
        supplier = make_user("supplier")
        with pytest.raises(RuleBroken, match="leverancier"):
            run(edit_user, actor("administrator"), [supplier.id], **as_edited(supplier, email="x@example.nl"))

    def test_a_code_mailed_to_the_old_address_opens_nothing(self, actor: Acting) -> None:
        user = make_user("school_examiner")
        admin = actor("administrator")
        run(send_login_codes, admin, [user.id])
        run(edit_user, admin, [user.id], **as_edited(user, email="nieuw@example.nl"))
        assert shown_code(codes_of(user.id)[0]) == ""
        assert the(OutboxMail, to_user_id=user.id, purpose="login_code").state == "cancelled"


class TestCoupling:
    def test_coupling_twice_changes_nothing_the_second_time(self, actor: Acting) -> None:
        users, programme = [make_user("school_examiner") for _ in range(2)], make_programme()
        ids, admin = [user.id for user in users], actor("administrator")
        assert run(couple_to_programmes, admin, ids, programmes=[programme.id]).done == 2
        again = run(couple_to_programmes, admin, ids, programmes=[programme.id])
        assert (again.done, again.unchanged) == (0, 2)

    def test_uncoupling_takes_away_these_programmes_only(self, actor: Acting) -> None:
        kept, gone = make_programme(), make_programme()
        user = make_user("school_examiner", programmes=[kept, gone])
        run(uncouple_from_programmes, actor("administrator"), [user.id], programmes=[gone.id])
        assert [p.id for p in the(User, id=user.id).programmes] == [kept.id]


class TestClosing:
    def test_a_closed_account_can_be_opened_again(self, actor: Acting) -> None:
        user, admin = make_user("school_examiner"), actor("administrator")
        run(deactivate_users, admin, [user.id])
        assert not the(User, id=user.id).active
        run(reactivate_users, admin, [user.id])
        assert the(User, id=user.id).active

    def test_nobody_closes_his_own_account(self, actor: Acting) -> None:
        other, own = make_user("administrator"), make_user("administrator")
        outcome = run(deactivate_users, actor_of(own), [own.id, other.id])
        assert [r.label for r in outcome.refused] == [own.full_name]
        assert the(User, id=own.id).active
        assert not the(User, id=other.id).active

    def test_the_last_administrators_stay(self, actor: Acting) -> None:
        ids = [make_user("administrator").id for _ in range(2)]
        outcome = run(deactivate_users, actor("supplier"), ids)
        assert (outcome.done, len(outcome.refused)) == (0, 2)

    def test_a_closed_administrator_does_not_count_as_one(self, app: Flask) -> None:
        only = make_user("administrator")
        make_user("administrator", active=False)
        assert last_active_administrator([only.id])

    def test_closing_ends_codes_and_waiting_mails(self, actor: Acting) -> None:
        user, admin = make_user("school_examiner"), actor("administrator")
        run(send_login_codes, admin, [user.id])
        run(deactivate_users, admin, [user.id])
        assert shown_code(codes_of(user.id)[0]) == ""
        assert the(OutboxMail, to_user_id=user.id).state == "cancelled"


class TestCodes:
    def test_the_code_stands_in_no_row(self, actor: Acting) -> None:
        user = make_user("school_examiner")
        run(send_login_codes, actor("administrator"), [user.id])
        row = codes_of(user.id)[0]
        code = code_for(user.id, row.nonce)
        mail = the(OutboxMail, to_user_id=user.id)
        kept = f"{row.nonce} {row.code_hash} {mail.subject} {mail.body} {mail.dedupe_key}"
        assert row.code_hash == fingerprint(code)
        assert CODE in mail.body
        assert code not in kept
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{16}", code)

    def test_a_code_lives_as_long_as_the_school_says(
        self, app: Flask, actor: Acting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for days, school in ((14, current_school()), (3, replace(current_school(), login_code_days=3))):
            monkeypatch.setitem(app.extensions, "proeve_school", school)
            user = make_user("school_examiner")
            run(send_login_codes, actor("administrator"), [user.id])
            (row,) = codes_of(user.id)
            assert row.expires_at - row.created_at == timedelta(days=days)

    def test_no_two_codes_are_alike(self, actor: Acting) -> None:
        """Each is drawn from 256 random bits: nor for the same user, nor for another."""
        users, admin = [make_user("school_examiner").id for _ in range(3)], actor("administrator")
        codes = set()
        for _round in range(2):
            run(make_codes, admin, users)
            for user in users:
                row = codes_of(user)[-1]
                codes.add((len(row.nonce), shown_code(row)))
                change(row, cancelled_at=clock.now())
        assert {length for length, _code in codes} == {64}
        assert len({code for _length, code in codes}) == 6

    def test_another_secret_key_gives_another_code(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        here = code_for(1, "nonce")
        monkeypatch.setitem(app.config, "SECRET_KEY", "another key")
        assert code_for(1, "nonce") != here

    def test_who_gets_none_is_named_with_the_reason(self, actor: Acting) -> None:
        closed = make_user("school_examiner", active=False)
        nowhere = make_user("school_examiner", email="")
        supplier = make_user("supplier")
        outcome = preview(send_login_codes, actor("administrator"), [closed.id, nowhere.id, supplier.id])
        assert [refused.reason.split()[0] for refused in outcome.refused] == ["Deze", "Er", "Alleen"]
        assert db.session.scalar(select(func.count()).select_from(OutboxMail)) == 0

    def test_sending_twice_makes_no_second_mail_while_the_first_waits(self, actor: Acting) -> None:
        user, admin = make_user("school_examiner"), actor("administrator")
        run(send_login_codes, admin, [user.id])
        again = run(send_login_codes, admin, [user.id])
        assert (again.done, again.unchanged, len(codes_of(user.id))) == (0, 1, 1)

    def test_a_code_made_without_mail_is_mailed_later_and_stays_the_same(self, actor: Acting) -> None:
        user, admin = make_user("school_examiner"), actor("administrator")
        run(make_codes, admin, [user.id])
        assert db.session.scalar(select(func.count()).select_from(OutboxMail)) == 0
        run(send_login_codes, admin, [user.id])
        assert [row.id for row in codes_of(user.id)] == [the(OutboxMail, to_user_id=user.id).login_code_id]

    def test_a_new_code_cancels_the_older_one(self, actor: Acting) -> None:
        user, admin = make_user("school_examiner"), actor("administrator")
        run(send_login_codes, admin, [user.id])
        mail = the(OutboxMail, to_user_id=user.id)
        change(mail, state="sent")
        run(send_login_codes, admin, [user.id])
        old, new = codes_of(user.id)
        assert (shown_code(old), bool(shown_code(new))) == ("", True)

    def test_many_cost_as_many_statements_as_few(self, actor: Acting) -> None:
        admin = actor("administrator")

        def cost(users: int) -> int:
            ids = [make_user("school_examiner").id for _ in range(users)]
            with counted() as statements:
                run(send_login_codes, admin, Selection(ids=ids))
            return len(statements)

        assert cost(3) == cost(40)


class TestUsingACode:
    def ready(self, actor: Acting) -> tuple[User, str]:
        user = make_user("school_examiner")
        run(send_login_codes, actor("administrator"), [user.id])
        return user, shown_code(codes_of(user.id)[0])

    @pytest.mark.parametrize("typed", ["{}", " {} ", "{lower}", "{plain}"])
    def test_spaces_hyphens_and_lower_case_are_forgiven(self, actor: Acting, typed: str) -> None:
        user, code = self.ready(actor)
        text = typed.format(code, lower=code.lower(), plain=code.replace("-", " "))
        found = check_code(user.id, text)
        assert found is not None
        assert found.id == user.id

    def test_a_code_works_once(self, actor: Acting) -> None:
        user, code = self.ready(actor)
        run(use_code, SYSTEM, user_id=user.id, code=code, opening=HERE)
        with pytest.raises(RuleBroken):
            run(use_code, SYSTEM, user_id=user.id, code=code, opening=HERE)
        assert check_code(user.id, code) is None

    def test_a_code_of_another_user_does_not_work(self, actor: Acting) -> None:
        _user, code = self.ready(actor)
        other, _code = self.ready(actor)
        assert check_code(other.id, code) is None
        with pytest.raises(RuleBroken):
            run(use_code, SYSTEM, user_id=other.id, code=code, opening=HERE)

    def test_a_code_past_its_time_does_not_work(self, actor: Acting) -> None:
        user, code = self.ready(actor)
        row = codes_of(user.id)[0]
        assert row.expires_at - row.created_at == timedelta(days=14)
        change(row, expires_at=clock.now() - timedelta(seconds=1))
        assert check_code(user.id, code) is None
        with pytest.raises(RuleBroken):
            run(use_code, SYSTEM, user_id=user.id, code=code, opening=HERE)


class TestStudentCodes:
    def test_a_student_without_an_account_gets_one(self, actor: Acting) -> None:
        student = make_student(number="0A17", email="Fleur@Example.nl")
        run(send_student_codes, actor("administrator"), [student.id])
        user = the(User, username="0a17")
        assert the(Student, id=student.id).user_id == user.id
        assert ([r.value for r in roles_of(user)], user.email) == (["student"], "fleur@example.nl")
        assert the(OutboxMail, to_user_id=user.id).state == "waiting"

    def test_the_account_is_made_once(self, actor: Acting) -> None:
        student, admin = make_student(), actor("administrator")
        run(send_student_codes, admin, [student.id])
        again = run(send_student_codes, admin, [student.id])
        assert (again.done, again.unchanged) == (0, 1)

    def test_students_who_get_none_are_named_with_the_reason(self, actor: Acting) -> None:
        nowhere = make_student(email="")
        first = make_student(email="samen@example.nl")
        second = make_student(email="samen@example.nl")
        make_user("school_examiner", email="docent@example.nl")
        clash = make_student(email="docent@example.nl")
        gone = make_student(active=False)
        ids = [nowhere.id, first.id, second.id, clash.id, gone.id]
        outcome = run(send_student_codes, actor("administrator"), ids)
        assert outcome.ids == [first.id]
        assert [r.label for r in outcome.refused] == [str(s) for s in (nowhere, second, clash, gone)]

    def test_an_account_never_used_follows_the_address_of_the_student(self, actor: Acting) -> None:
        student, admin = make_student(email="fuot@example.nl"), actor("administrator")
        run(send_student_codes, admin, [student.id])
        change(student, email="goed@example.nl")
        run(send_student_codes, admin, [student.id])
        assert the(User, id=student.user_id).email == "goed@example.nl"
        refresh()
        sent = db.session.execute(
            select(OutboxMail.to_address, OutboxMail.state).order_by(OutboxMail.id)
        ).all()
        assert [tuple(row) for row in sent] == [
            ("fuot@example.nl", "cancelled"),
            ("fuot@example.nl", "waiting"),  # that it is another now
            ("goed@example.nl", "waiting"),
        ]

    def test_a_supervisor_sends_to_own_students_only(self, actor: Acting) -> None:
        supervisor = make_user("school_supervisor")
        own, other = make_student(), make_student()
        supervise(own, supervisor, "school_supervisor")
        assert run(send_student_codes, actor_of(supervisor), [own.id]).done == 1
        with pytest.raises(NotFound):
            run(send_student_codes, actor_of(supervisor), [other.id])

    def test_a_supervisor_cannot_reach_an_account_with_another_role(self, actor: Acting) -> None:
        supervisor, both = make_user("school_supervisor"), make_user("student", "administrator")
        student = make_student(user_id=both.id)
        supervise(student, supervisor, "school_supervisor")
        outcome = run(send_student_codes, actor_of(supervisor), [student.id])
        assert (outcome.done, len(outcome.refused)) == (0, 1)

    def test_many_cost_as_many_statements_as_few(self, actor: Acting) -> None:
        admin = actor("administrator")

        def cost(students: int) -> int:
            ids = [make_student().id for _ in range(students)]
            with counted() as statements:
                run(send_student_codes, admin, Selection(ids=ids))
            return len(statements)

        assert cost(3) == cost(40)
