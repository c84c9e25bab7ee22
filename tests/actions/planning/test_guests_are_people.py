"""An address is one person: one guest, one mail and one code for all moments, and in one place at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.assessment.assessment import make_definitive, save_scores
from app.actions.base.outcome import Outcome
from app.actions.base.runner import preview, run
from app.actions.planning.invitations import invite_company_examiner, resend_invitation, withdraw_invitation
from app.actions.planning.inviting import choice_of
from app.actions.planning.planning import plan_exam
from app.actions.planning.removal import remove_planning
from app.actions.planning.replacing import replace_school_examiner
from app.entities.assessment import Assessment, Result
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.invitations import Guest, GuestKey, Invitation
from app.entities.mail import OutboxMail
from app.entities.planning import Registration, Sitting, SittingExaminer
from app.entities.programmes import Programme
from app.entities.trail import AuditEntry
from app.entities.users import RoleRow, User
from app.errors import ChangedMeanwhile, NotFound, RuleBroken
from app.permissions import SYSTEM, Role, actor_of
from app.queries.planning.persons import at_address
from app.queries.planning.plan import Slot, Wish
from app.school import current_school
from tests.factories import (
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
)
from tests.support import clock
from tests.support.guests import EMAIL, guest_of, invite, make_invited, sitting_of

SOON = timedelta(days=3)


def make_attempt(
    tasks: int = 4, *, starts_at: datetime | None = None, programme: Programme | None = None
) -> tuple[list[int], int]:
    """The sittings of one attempt, an hour each, one after the other; and their school examiner."""
    programme = programme or make_programme()
    exam = make_exam(programme, tasks=tasks)
    examiner = make_user(Role.SCHOOL_EXAMINER, programmes=[programme])
    registration = make_registration(make_student(programme), exam)
    start = starts_at or clock.now() + SOON
    sittings = [
        make_sitting(
            registration, task, starts_at=start + timedelta(hours=number), school_examiner=examiner
        ).id
        for number, task in enumerate(exam.tasks)
    ]
    return sittings, examiner.id


def again(sittings: Sequence[int], **given: Any) -> Outcome:
    names = {"first_name": "Bas", "last_name": "Bakker", "email": EMAIL}
    outcome = run(invite_company_examiner, SYSTEM, sittings[:1], **{**names, **given}, others=sittings[1:])
    refresh()
    return outcome


def chosen(sittings: Sequence[int], email: str = EMAIL, *, rename: bool = False) -> str:
    """The choice of who has the address now, as the form offers it."""
    known = at_address(email, sittings)
    assert known is not None
    return choice_of(known, rename=rename)


def examiners_of(sittings: Sequence[int]) -> set[int]:
    refresh()
    return set(
        db.session.scalars(
            select(SittingExaminer.user_id).where(
                SittingExaminer.sitting_id.in_(sittings), SittingExaminer.role == Role.COMPANY_EXAMINER
            )
        )
    )


def mails(state: str = "") -> list[OutboxMail]:
    refresh()
    rows = select(OutboxMail).order_by(OutboxMail.id)
    return list(db.session.scalars(rows.where(OutboxMail.state == state) if state else rows))


def score(sitting_id: int, user: User) -> None:
    task = db.session.get_one(Sitting, sitting_id).task
    levels = {c.id: c.levels[1].id for c in task.criteria}
    held = select(Assessment.version).where(Assessment.sitting_id == sitting_id)
    version = db.session.scalar(held) or 0
    run(save_scores, actor_of(user), [sitting_id], version=version, levels=levels, remarks={})
    refresh()


# -- scene 13: one guest, one exam, four tasks


def test_four_tasks_are_one_guest_one_key_and_one_mail_that_names_them_all(app: Flask) -> None:
    sittings, _examiner = make_attempt(4)
    again(sittings)
    assert len(examiners_of(sittings)) == 1
    assert [len(db.session.scalars(select(kind)).all()) for kind in (Guest, GuestKey)] == [1, 1]
    (mail,) = mails()
    exam = db.session.get_one(Sitting, sittings[0]).registration.exam
    assert mail.body.count(f"{exam.code} {exam.title}") == 4
    for number in range(1, 5):
        assert f"Opdracht {number}: Opdracht {number}" in mail.body
    assert mail.body.count("Wanneer: ") == mail.body.count("Waar: Lokaal 1.12") == 4
    assert "eerdere mail" not in mail.body, "there is none"
    student = db.session.get_one(Sitting, sittings[0]).registration.student
    assert student.last_name not in mail.body


def test_the_mail_says_whom_to_ask(app: Flask) -> None:
    planner = make_user(Role.ADMINISTRATOR, first_name="An", last_name="Planner", email="an@school.example")
    sittings, _examiner = make_attempt(1)
    names = {"first_name": "Bas", "last_name": "Bakker"}
    run(invite_company_examiner, actor_of(planner), sittings, email=EMAIL, **names)
    (mail,) = mails()
    assert "Neem contact op met An Planner (an@school.example)." in mail.body


def test_without_a_planner_who_can_be_reached_it_names_the_exam_office(app: Flask) -> None:
    make_invited()
    school = current_school()
    assert school.mail_sender
    assert f"{school.mail_sender_name} ({school.mail_sender})" in mails()[0].body


def test_a_mail_that_waits_is_replaced_by_one_that_lists_all(app: Flask) -> None:
    first = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    second = make_invited(starts_at=clock.now() + 2 * SOON, email=EMAIL.upper())
    assert first.guest == second.guest
    assert [mail.state for mail in mails()] == ["cancelled", "waiting"]
    assert mails()[-1].body.count("Wanneer: ") == 2
    assert "bijgekomen" not in mails()[-1].body, "the guest has heard of none"


def test_after_the_mail_went_one_mail_says_what_was_added_and_the_code_stays(app: Flask) -> None:
    first = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    code = first.code
    went()
    sittings, _examiner = make_attempt(2, starts_at=clock.now() + 2 * SOON)
    again(sittings)
    (mail,) = mails("waiting")
    news, _rest = mail.body.split("Beste ")
    assert "Er zijn 2 examenmomenten voor u bijgekomen:" in news
    assert news.count("Lokaal 1.12") == 2
    assert "De code en de link van uw eerdere mail blijven werken." in news
    assert mail.body.count("Wanneer: ") == 3
    assert mail.subject.startswith("Aangevuld: ")
    assert first.code == code


def test_what_a_waiting_mail_would_have_said_is_said_by_the_one_that_takes_its_place(app: Flask) -> None:
    make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    went()
    make_invited(starts_at=clock.now() + 2 * SOON, email=EMAIL)
    make_invited(starts_at=clock.now() + 3 * SOON, email=EMAIL)
    (mail,) = mails("waiting")
    assert "Er zijn 2 examenmomenten voor u bijgekomen:" in mail.body


def test_a_new_code_makes_the_older_mails_void_and_only_then_it_is_said(app: Flask) -> None:
    invited = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    went()
    run(resend_invitation, SYSTEM, [invited.sitting])
    (mail,) = mails("waiting")
    assert "De code en de link uit eerdere mails werken niet meer." in mail.body
    assert "blijven werken" not in mail.body


def test_a_withdrawn_moment_leaves_the_mail_that_waits(app: Flask) -> None:
    sittings, _examiner = make_attempt(3)
    again(sittings)
    run(withdraw_invitation, SYSTEM, sittings[1:2])
    (mail,) = mails("waiting")
    assert mail.body.count("Wanneer: ") == 2
    assert "Opdracht 2" not in mail.body


def test_who_is_withdrawn_at_one_moment_hears_where_they_are_still_expected(app: Flask) -> None:
    sittings, _examiner = make_attempt(3)
    again(sittings)
    went()
    run(withdraw_invitation, SYSTEM, sittings[1:2])
    (mail,) = mails("waiting")
    gone, still = mail.body.split("U wordt nog wel verwacht")
    assert ("Opdracht 2" in gone, "Opdracht 2" in still) == (True, False)
    assert still.count("Lokaal 1.12") == 2


def test_moving_an_exam_of_four_tasks_is_one_mail(app: Flask) -> None:
    sittings, examiner = make_attempt(4)
    again(sittings)
    went()
    plan(sittings, examiner, day=clock.today() + timedelta(days=9))
    (mail,) = mails("waiting")
    assert "de tijd of de plaats van 4 examenmomenten is gewijzigd" in mail.body
    assert mail.subject.startswith("Gewijzigd: ")


def test_removing_the_planning_of_many_students_is_one_mail(app: Flask) -> None:
    attempts = [make_attempt(2, starts_at=clock.now() + n * SOON)[0] for n in range(1, 5)]
    for sittings in attempts:
        again(sittings)
    went()
    held = [db.session.get_one(Sitting, sittings[0]).registration_id for sittings in attempts]
    run(remove_planning, SYSTEM, held)
    (mail,) = mails("waiting")
    assert mail.body.count("Lokaal 1.12") == 8


def test_other_sittings_than_those_of_the_attempt_are_not_found(app: Flask) -> None:
    (own, _e), (foreign, _f) = make_attempt(2), make_attempt(1)
    with pytest.raises(NotFound):
        again([own[0], foreign[0]])
    assert mails() == []


def test_one_refused_moment_refuses_them_all(app: Flask) -> None:
    sittings, _examiner = make_attempt(3)
    again(sittings[2:])
    with pytest.raises(RuleBroken, match="al uitgenodigd"):
        again(sittings)
    assert examiners_of(sittings[:2]) == set()


# -- who it is


def test_another_name_at_the_address_is_asked(app: Flask) -> None:
    first = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    sittings, _examiner = make_attempt(1, starts_at=clock.now() + 2 * SOON)
    with pytest.raises(RuleBroken, match="Bas Bakker") as asked:
        again(sittings, last_name="Bakkers")
    assert asked.value.field == "person"
    with pytest.raises(RuleBroken, match="Bas Bakker"):
        again(sittings, last_name="Bakkers", person="999999")
    again(sittings, last_name="Bakkers", person=chosen(sittings))
    assert examiners_of(sittings) == {first.guest}
    assert guest_of(first).full_name == "Bas Bakker"


def test_a_name_is_set_right_until_it_stands_on_a_sheet(app: Flask) -> None:
    first = make_invited(email=EMAIL)
    sittings, _examiner = make_attempt(2, starts_at=clock.now() + 2 * SOON)
    again(sittings[:1], last_name="Bakkers", person=chosen(sittings, rename=True))
    assert guest_of(first).full_name == "Bas Bakkers"
    score(first.sitting, guest_of(first))
    with pytest.raises(RuleBroken, match="Bas Bakkers"):
        again(sittings[1:], last_name="Visser", person=chosen(sittings, rename=True))
    assert guest_of(first).full_name == "Bas Bakkers"


def last_told(act: str = "invite_company_examiner") -> Any:
    refresh()
    entries = select(AuditEntry.details).where(AuditEntry.action == act).order_by(AuditEntry.id.desc())
    return db.session.scalars(entries).first()


def test_the_trail_tells_who_was_invited_at_which_address(app: Flask) -> None:
    first = make_invited(email=EMAIL)
    company = {"organisation": [None, "Bakkerij De Korenaar"]}
    assert last_told() == {
        "examiner": [None, "Bas Bakker"],
        "role": "company_examiner",
        "email": EMAIL,
        **company,
    }
    again(make_attempt(1, starts_at=clock.now() + SOON)[0])
    known = {"examiner": [None, "Bas Bakker"], "role": "company_examiner", "email": EMAIL}
    assert last_told() == known, "who was known is not new"
    run(resend_invitation, SYSTEM, [first.sitting])
    assert last_told("resend_invitation") == {**known, "examiner": "Bas Bakker"}


def test_a_new_name_and_company_of_who_was_known_are_told_old_and_new(app: Flask) -> None:
    first = make_invited(email=EMAIL)
    sittings, _examiner = make_attempt(1, starts_at=clock.now() + SOON)
    given = {"last_name": "Visser", "person": chosen(sittings, rename=True), "organisation": "De Molen"}
    told = again(sittings, **given).summary
    assert "De naam is gewijzigd: Bas Bakker → Bas Visser." in told
    assert "De organisatie is gewijzigd: Bakkerij De Korenaar → De Molen." in told
    assert last_told()["name"] == ["Bas Bakker", "Bas Visser"]
    assert last_told()["organisation"] == ["Bakkerij De Korenaar", "De Molen"]
    assert guest_of(first).organisation == "De Molen"


@pytest.mark.parametrize("scored", [True, False], ids=["who scored", "an account"])
def test_a_company_that_is_not_taken_over_is_said_to_stay(app: Flask, scored: bool) -> None:
    programme = make_programme()
    sittings, _examiner = make_attempt(1, programme=programme, starts_at=clock.now() + SOON)
    given: dict[str, Any] = {"organisation": "De Molen"}
    if scored:
        first = make_invited(email=EMAIL)
        score(first.sitting, guest_of(first))
    else:
        make_user(Role.COMPANY_EXAMINER, email=EMAIL, programmes=[programme])
        given["person"] = chosen(sittings)
    told = again(sittings, **given).summary
    stays = "Bakkerij De Korenaar" if scored else "leeg"
    assert f"De organisatie is niet gewijzigd: die blijft {stays}." in told
    assert "organisation" not in last_told()


def test_the_address_of_an_account_is_that_account(app: Flask) -> None:
    programme = make_programme()
    sittings, _examiner = make_attempt(2, programme=programme)
    account = make_user(Role.COMPANY_EXAMINER, email=EMAIL, programmes=[programme]).id
    with pytest.raises(RuleBroken) as asked:
        again(sittings)
    assert asked.value.field == "person"
    again(sittings, person=chosen(sittings))
    assert examiners_of(sittings) == {account}
    assert (mails(), db.session.scalars(select(Invitation)).all()) == ([], [])


@pytest.mark.parametrize(
    ("role", "coupled", "active"),
    [
        (Role.COMPANY_SUPERVISOR, True, True),
        (Role.COMPANY_EXAMINER, False, True),
        (Role.COMPANY_EXAMINER, True, False),
    ],
    ids=["another role", "another programme", "closed"],
)
def test_an_account_that_cannot_examine_here_is_refused_with_what_to_do(
    app: Flask, role: Role, coupled: bool, active: bool
) -> None:
    programme = make_programme()
    sittings, _examiner = make_attempt(1, programme=programme)
    make_user(role, email=EMAIL, programmes=[programme] if coupled else [], last_name="Geheim", active=active)
    with pytest.raises(RuleBroken, match="Vraag een beheerder") as refused:
        again(sittings, person=chosen(sittings))
    assert refused.value.field == "email"
    assert "Geheim" not in refused.value.message, "a planner need not see who it is"


# -- scene 12: the same address at one hour


def test_an_address_is_in_one_place_at_a_time(app: Flask) -> None:
    first = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    sittings, _examiner = make_attempt(1, starts_at=sitting_of(first).starts_at + timedelta(minutes=30))
    with pytest.raises(RuleBroken) as refused:
        again(sittings, email=EMAIL.title())
    assert "Bas Bakker heeft op dat moment al iets anders" in refused.value.params["clashes"]
    assert (refused.value.field, examiners_of(sittings)) == ("clash", set())


def test_a_moment_that_begins_when_another_ends_is_no_clash(app: Flask) -> None:
    first = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    sittings, _examiner = make_attempt(1, starts_at=sitting_of(first).ends_at)
    again(sittings)
    assert examiners_of(sittings) == {first.guest}


def test_planning_does_not_move_a_guest_into_another_of_their_moments(app: Flask) -> None:
    first = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    sittings, examiner = make_attempt(1, starts_at=clock.now() + 2 * SOON)
    again(sittings)
    there = current_school().local(sitting_of(first).starts_at)
    with pytest.raises(RuleBroken) as refused:
        plan(sittings, examiner, day=there.date(), start=there)
    assert "Bas Bakker" in refused.value.params["clashes"]


def test_a_guest_and_an_account_of_one_address_are_one_person(app: Flask) -> None:
    """The account came later. Both ways round: inviting, and planning the account."""
    first = make_invited(starts_at=clock.now() + SOON, email=EMAIL)
    programme = make_programme()
    sittings, examiner = make_attempt(1, starts_at=clock.now() + 2 * SOON, programme=programme)
    at_once = make_attempt(1, starts_at=sitting_of(first).starts_at, programme=programme)[0]
    account = make_user(Role.COMPANY_EXAMINER, email=EMAIL, programmes=[programme]).id
    there = current_school().local(sitting_of(first).starts_at)
    with pytest.raises(RuleBroken) as refused:
        plan(sittings, examiner, day=there.date(), start=there, company=account)
    assert "heeft op dat moment al iets anders" in refused.value.params["clashes"]
    with pytest.raises(RuleBroken) as refused:
        again(at_once, person=chosen(at_once))
    assert refused.value.field == "clash"


def test_who_examines_for_the_school_is_not_invited_for_the_company_too(app: Flask) -> None:
    sittings, examiner = make_attempt(1)
    school = db.session.get_one(User, examiner)
    invite(make_attempt(1, starts_at=clock.now() + 2 * SOON)[0][0], email=EMAIL)
    rename_account(school, EMAIL)
    with pytest.raises(RuleBroken):
        again(sittings, person=chosen(sittings))
    assert examiners_of(sittings) == set()


def test_nobody_examines_for_both_sides_once_as_a_guest_and_once_with_an_account(app: Flask) -> None:
    """The account came later. Planning, replacing and inviting: one rule for the three of them."""
    sittings, examiner = make_attempt(1)
    again(sittings)
    both = account_at(EMAIL, sittings)
    begins = current_school().local(db.session.get_one(Sitting, sittings[0]).starts_at)
    with pytest.raises(RuleBroken, match="twee keer") as refused:
        plan(sittings, both, day=begins.date(), start=begins)
    assert refused.value.field == "all_school_examiner"
    assert "andere kant" in replaced(sittings, both)
    run(withdraw_invitation, SYSTEM, sittings)
    assert replaced(sittings, both) == ""
    with pytest.raises(RuleBroken, match="andere kant") as refused:
        again(sittings, person=chosen(sittings))
    assert refused.value.field == "email"
    assert (examiners_of(sittings), both != examiner) == (set(), True)


def test_nor_after_filling_in_for_the_company_as_a_guest(app: Flask) -> None:
    invited = make_invited(email=EMAIL)
    score(invited.sitting, guest_of(invited))
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    assert "andere kant" in replaced([invited.sitting], account_at(EMAIL, [invited.sitting]))


def test_whose_address_made_them_both_sides_does_not_make_it_definitive(app: Flask) -> None:
    """The address changed after the planning. Somebody else takes over for the school, and it goes on."""
    invited = make_invited(email=EMAIL, starts_at=clock.now() - SOON)
    school = db.session.get_one(User, invited.examiner)
    score(invited.sitting, guest_of(invited))
    score(invited.sitting, school)
    rename_account(school, EMAIL)
    with pytest.raises(RuleBroken, match="Eén persoon beoordeelt niet voor beide kanten"):
        run(make_definitive, actor_of(school), [invited.sitting])
    rename_account(school, "weer@school.example")
    run(make_definitive, actor_of(school), [invited.sitting])
    refresh()
    assert db.session.scalars(select(Assessment.definitive_at)).one() is not None


def test_who_filled_in_for_the_school_before_is_not_invited_for_the_company(app: Flask) -> None:
    invited = make_invited(email="iemand@anders.example")
    first = db.session.get_one(User, invited.examiner)
    score(invited.sitting, first)
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    assert replaced([invited.sitting], account_at("tweede@school.example", [invited.sitting])) == ""
    give_role(first, Role.COMPANY_EXAMINER)
    with pytest.raises(RuleBroken, match="andere kant"):
        again([invited.sitting], email=first.email, person=chosen([invited.sitting], first.email))
    assert examiners_of([invited.sitting]) == set()


def test_a_code_that_a_colleague_sent_meanwhile_is_not_ended_unseen(app: Flask) -> None:
    first = make_invited(email=EMAIL)
    shown = preview(resend_invitation, SYSTEM, [first.sitting]).mark
    assert preview(resend_invitation, SYSTEM, [first.sitting]).mark == shown
    run(resend_invitation, SYSTEM, [first.sitting])
    with pytest.raises(ChangedMeanwhile):
        run(resend_invitation, SYSTEM, [first.sitting], token="t" * 43, shown=shown)


# -- after a withdrawal


def test_a_guest_who_saved_is_withdrawn_and_another_takes_over(app: Flask) -> None:
    invited = make_invited(email=EMAIL)
    score(invited.sitting, guest_of(invited))
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    assert examiners_of([invited.sitting]) == set()
    again([invited.sitting], email="jan@molen.example", last_name="Molenaar")
    (after,) = examiners_of([invited.sitting])
    score(invited.sitting, db.session.get_one(User, after))
    school = db.session.get_one(User, invited.examiner)
    score(invited.sitting, school)
    run(make_definitive, actor_of(school), [invited.sitting])
    refresh()
    sheets = db.session.scalars(select(Assessment)).one().sheets
    assert {sheet.examiner_id for sheet in sheets} == {invited.guest, after, school.id}
    task = db.session.scalars(select(Result)).one().detail["tasks"][0]
    assert {"role": "company_examiner", "name": "Bas Molenaar"} in task["examiners"]
    assert "Bas Bakker" not in str(task["examiners"])


def test_without_another_the_scores_of_who_was_withdrawn_stand_in_the_result_by_name(app: Flask) -> None:
    invited = make_invited(email=EMAIL)
    score(invited.sitting, guest_of(invited))
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    school = db.session.get_one(User, invited.examiner)
    score(invited.sitting, school)
    run(make_definitive, actor_of(school), [invited.sitting])
    task = db.session.scalars(select(Result)).one().detail["tasks"][0]
    assert {"role": "company_examiner", "name": "Bas Bakker"} in task["earlier_examiners"]
    assert task["criteria"][0]["company_level"] == "V"


def test_who_was_withdrawn_can_be_invited_again_and_goes_on_with_the_same_sheet(app: Flask) -> None:
    invited = make_invited(email=EMAIL)
    score(invited.sitting, guest_of(invited))
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    again([invited.sitting])
    score(invited.sitting, guest_of(invited))
    assert len(db.session.scalars(select(Assessment)).one().sheets) == 1


# -- helpers


def went() -> None:
    """All mails so far have gone."""
    with transaction():
        for mail in db.session.scalars(select(OutboxMail).where(OutboxMail.state == "waiting")):
            mail.state = "sent"
    refresh()


def plan(
    sittings: Sequence[int],
    examiner: int,
    *,
    day: date,
    start: datetime | None = None,
    company: int | None = None,
) -> None:
    registration = db.session.get_one(Registration, db.session.get_one(Sitting, sittings[0]).registration_id)
    begins = (start or current_school().local(clock.at(clock.today(), 9))).replace(second=0, microsecond=0)
    slot = Slot(examiner, company, day, begins.time(), 60 * len(sittings), location="Lokaal 9")
    run(plan_exam, SYSTEM, [registration.student_id], exam_id=registration.exam_id, wish=Wish(together=slot))
    refresh()


def rename_account(user: User, email: str) -> None:
    with transaction():
        user.email = email
    refresh()


def account_at(email: str, sittings: Sequence[int]) -> int:
    """An account with this address that may examine here, for the school and for the company."""
    programme = db.session.get_one(Sitting, sittings[0]).registration.exam.programme
    assert programme is not None
    roles = Role.SCHOOL_EXAMINER, Role.COMPANY_EXAMINER
    return make_user(*roles, email=email, programmes=[programme]).id


def give_role(user: User, role: Role) -> None:
    with transaction():
        user.roles = [*user.roles, db.session.scalars(select(RoleRow).where(RoleRow.name == role)).one()]
    refresh()


def replaced(sittings: Sequence[int], by: int) -> str:
    """Let them take over for the school. Says why not, or "" when they did."""
    why = "De examinator is ziek geworden."
    outcome = run(replace_school_examiner, SYSTEM, sittings, examiner=str(by), reason=why)
    refresh()
    return " ".join(one.reason for one in outcome.refused)
