"""What must never happen: each sentence tried by every way we know.

Marked names (SECRET…) stand in everything that belongs to somebody else; whoever may not see it reads
everything within reach, in every form, and none of those names may turn up anywhere.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.actions.access.code_making import issue_codes
from app.actions.assessment.assessment import make_definitive
from app.actions.base.action import REGISTRY
from app.actions.base.runner import run
from app.actions.base.trail import broken_at
from app.entities.assessment import Adoption, Assessment, Result, Score, ScoreSheet
from app.entities.base import db, metadata
from app.entities.engine import transaction
from app.entities.exams import CriterionLevel, Exam
from app.entities.library import LibraryDocument
from app.entities.mail import OutboxMail
from app.entities.planning import Registration, Sitting
from app.entities.programmes import Elective, Programme
from app.entities.students import Student, StudentGroup
from app.entities.trail import AuditEntry
from app.entities.users import LoginCode, User
from app.errors import NotAllowed, NotFound, RuleBroken
from app.permissions import SYSTEM, Role, actor_of
from app.queries.access.codes import code_for
from app.queries.base.picker import SOURCES
from app.rules.code_format import grouped
from app.rules.pass_rules import preset
from tests.factories import make_user, refresh
from tests.factories.assessment import PlannedExam, close_as_school, plan_exam, save_as, version_of
from tests.pages.access.test_sign_in import browser, sign_in, user_with_password
from tests.support import clock
from tests.support.leaks import Reader
from tests.support.visitor import Visitor
from tests.support.world import World
from tests.test_role_matrix import (
    ACTIONS,
    OWN_FACTOR,
    OWN_LIST,
    OWN_PROFILE,
    POSTS,
    ROUTES,
    address,
    get_rules,
    offered,
    post_rules,
)

VisitorOf = Callable[[User | None], Visitor]
SECRET = "Geheimvreemd"
# One's own data as a file, and what scripts of ours ask for.
JSON = {"OwnDataPage.download", "PickerPage.find"}
JSON |= {f"{kind}ImportPage.progress" for kind in ("Student", "User", "Group")}
OWN_ROWS_ONLY = (
    Role.SCHOOL_SUPERVISOR,
    Role.COMPANY_SUPERVISOR,
    Role.SCHOOL_EXAMINER,
    Role.COMPANY_EXAMINER,
    Role.STUDENT,
)
RECORDS = (Assessment, ScoreSheet, Score, Result, Adoption, Sitting, Registration)


@pytest.fixture
def world(world: World) -> World:
    mark_foreign(world)
    return world


def mark_foreign(world: World) -> None:
    """Names of the other side that can be found back wherever they turn up."""
    side = world.foreign
    users = {user.id for user in db.session.scalars(select(User))} - set(world.users.values())
    with transaction():
        rows: list[tuple[Any, int, dict[str, str]]] = [
            (Programme, side["programme"], {"name": f"{SECRET}opleiding", "crebo": "98765"}),
            (Elective, side["elective"], {"name": f"{SECRET}keuzedeel", "code": "K9999"}),
            (StudentGroup, side["group"], {"name": f"{SECRET}groep"}),
            (LibraryDocument, side["document"], {"title": f"{SECRET}document", "file_name": f"{SECRET}.pdf"}),
            (Sitting, side["sitting"], {"location": f"{SECRET}lokaal", "note": f"{SECRET}notitie"}),
        ]
        for model, row_id, values in rows:
            db.session.execute(update(model).where(model.id == row_id).values(**values))
        student = {
            "first_name": f"{SECRET}voornaam",
            "last_name": f"{SECRET}achternaam",
            "number": "G8887776",
        }
        db.session.execute(
            update(Student)
            .where(Student.id == side["student"])
            .values(**student, email=f"{SECRET}@example.nl".lower(), search=f"{SECRET} g8887776".lower())
        )
        db.session.execute(
            update(User).where(User.id.in_(users)).values(last_name=f"{SECRET}gebruiker", organisation=SECRET)
        )
        db.session.execute(
            update(Exam)
            .where(Exam.programme_id == side["programme"])
            .values(title=f"{SECRET}examen", description=f"{SECRET}tekst")
        )
    refresh()


def addresses(app: Flask, world: World, role: Role) -> Iterator[str]:
    """Every route and action that this role has, with own and with foreign rows, and mixed.

    What it has not is refused whatever stands in the address: tests/test_role_matrix.py.
    """
    for rule in get_rules(app):
        if role not in ROUTES[rule.endpoint].access:
            continue
        for side in (world.own, world.foreign):
            yield address(rule, side, ROUTES[rule.endpoint])
    for base, act in offered():
        if role not in ACTIONS[act.name].access:
            continue
        row = ACTIONS[act.name].row
        own, foreign = (f"id={side[row]}" if row else "" for side in (world.own, world.foreign))
        exams = (world.own["exam"], world.foreign["exam"])
        for query in (
            own,
            foreign,
            f"{own}&{foreign}",
            "all=1",
            f"all=1&opleiding={world.foreign['programme']}",
        ):
            yield f"{base}/do/{act.name}?{query}"
        if act.name == "plan_exam":
            yield from (f"{base}/do/{act.name}?{own}&kies={exam}" for exam in exams)


def filtered(app: Flask, world: World, role: Role) -> Iterator[str]:
    """Every list with filters that ask for foreign rows, sorted every way, and as a file."""
    side = world.foreign
    ids = {
        "opleiding": side["programme"],
        "programme": side["programme"],
        "exam": side["exam"],
        "examen": side["exam"],
        "groep": side["group"],
        "begeleider": side["user"],
        "q": SECRET,
        "student": SECRET,
        "size": "100",
    }
    for rule in get_rules(app):
        if not rule.arguments and role in ROUTES[rule.endpoint].access:
            for name, value in ids.items():
                yield f"{rule.rule}?{name}={value}"
            yield from (f"{rule.rule}?order={column}&down=1" for column in ("name", "number", "decided"))
    for source in SOURCES:
        for words in ("", SECRET, "98765", "k9999"):
            yield f"/kies/{source}?q={words}&binnen={side['programme']}&binnen={world.own['programme']}"
    for kind in ("csv", "xlsx"):
        yield f"/uitslagen/export/{kind}"
        yield f"/uitslagen/export/{kind}?programme={side['programme']}"
        yield f"/uitslagen/export/{kind}?exam={side['exam']}"


@pytest.mark.everywhere
@pytest.mark.parametrize("role", OWN_ROWS_ONLY)
def test_nobody_sees_anothers_rows_by_any_route(
    app: Flask, world: World, visitor_of: VisitorOf, role: Role
) -> None:
    """Id in the address, filter, sort, export, choices of a form, confirmation, file: not a name of them."""
    reader = Reader(visitor_of(world.user(role)), [SECRET, SECRET.lower(), "G8887776", "K9999", "98765"])
    for path in (*addresses(app, world, role), *filtered(app, world, role)):
        reader.read(path)
    # What the user himself typed comes back in the box it was typed in, and nowhere else.
    typed = [leak for leak in reader.leaks if f"={SECRET}" not in leak]
    assert typed == []
    reader.leaks.clear()
    reader.crawl(["/"], most=150)
    assert reader.leaks == []
    assert reader.crashes == []
    assert len(reader.seen) > 10


def test_the_reader_would_see_a_leak(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    """The guard itself can fail: the administrator, who may, meets the marked names."""
    reader = Reader(visitor_of(world.user(Role.ADMINISTRATOR)), [SECRET])
    for path in (f"/studenten/{world.foreign['student']}", "/uitslagen/export/xlsx", "/studenten/"):
        reader.read(path)
    assert len({leak.partition(":")[0] for leak in reader.leaks}) == 3


@pytest.mark.everywhere
def test_a_supplier_sees_no_student_anywhere(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    reader = Reader(visitor_of(world.user(Role.SUPPLIER)), [f"{SECRET}achternaam", "G8887776"])
    for path in (*addresses(app, world, Role.SUPPLIER), *filtered(app, world, Role.SUPPLIER)):
        reader.read(path)
    reader.crawl(["/"], most=100)
    assert reader.leaks == []


@pytest.mark.everywhere
@pytest.mark.parametrize("role", [role for role in Role if role not in OWN_ROWS_ONLY])
def test_everything_on_a_page_has_a_name_for_people(
    app: Flask, world: World, visitor_of: VisitorOf, role: Role
) -> None:
    """Never as Python writes a row. The pages of the other roles are read for it above."""
    reader = Reader(visitor_of(world.user(role)), [])
    for path in addresses(app, world, role):
        reader.read(path)
    assert (reader.leaks, reader.crashes) == ([], [])
    assert len(reader.seen) > 10


@pytest.mark.everywhere
@pytest.mark.parametrize("role", OWN_ROWS_ONLY)
def test_a_foreign_row_posted_among_own_ones_changes_nothing(
    app: Flask, world: World, visitor_of: VisitorOf, role: Role
) -> None:
    page = visitor_of(world.user(role))
    before = dump()
    for base, act in offered():
        row = ACTIONS[act.name].row
        if row:
            query = f"id={world.own[row]}&id={world.foreign[row]}"
            answer = page.do(f"{base}/do/{act.name}?{query}&kies={world.own['exam']}")
            assert answer.status_code in {403, 404}, (base, act.name)
    assert dump() == before


@pytest.mark.everywhere
def test_no_page_answers_with_json_whatever_is_asked(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    """Neither to who may see the rows nor to who may not; but for what is JSON to everybody."""
    asked = {"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"}
    page = visitor_of(world.user(Role.ADMINISTRATOR))
    paths = {rule.endpoint: address(rule, world.own, ROUTES[rule.endpoint]) for rule in get_rules(app)}
    kinds = {endpoint: page.get(path, headers=asked).content_type for endpoint, path in paths.items()}
    assert {endpoint for endpoint, kind in kinds.items() if "json" in kind} == JSON
    page = visitor_of(world.user(Role.STUDENT))
    for path in ("/studenten/", f"/studenten/{world.own['student']}", "/gebruikers/"):
        answer = page.get(path, headers=asked)
        assert (answer.status_code, "json" in answer.content_type) == (403, False)


def dump(*models: Any) -> dict[str, list[Any]]:
    """Every row of these tables, or of all but what signing in itself writes."""
    refresh()
    tables = [model.__table__ for model in models] or [
        table for table in metadata.sorted_tables if table.name != "sign_in_attempt"
    ]
    return {table.name: sorted(map(repr, db.session.execute(table.select()).all())) for table in tables}


# -- the committee changes nothing


@pytest.mark.everywhere
def test_the_exam_committee_changes_nothing_by_any_form(
    app: Flask, world: World, visitor_of: VisitorOf
) -> None:
    page = visitor_of(world.user(Role.EXAM_COMMITTEE))
    page.token()
    before = dump()
    wrong = []
    for base in sorted({base for base, _act in offered()}):
        for name in sorted(set(REGISTRY) - {*OWN_PROFILE, *OWN_FACTOR, *OWN_LIST}):
            for row in ("student", "sitting", "result", "registration", "group"):
                answer = page.do(f"{base}/do/{name}?id={world.own[row]}&all=1", {"reason": "x" * 20})
                wrong += [(base, name)] if answer.status_code not in {403, 404} else []
                break
    for rule in post_rules(app):
        if rule.endpoint.startswith(("SecondFactorPage.", "CodesPage.", "ViewingPage.")):  # of one's own
            continue
        path = address(rule, world.own, POSTS[rule.endpoint])
        answer = page.post(path, {"version": "0", "definitive": "1", "remark": "x", "level-1": "1"})
        wrong += [path] if answer.status_code not in {403, 404} else []
    assert wrong == []
    assert dump() == before


# -- definitive is the school examiner's, and stays


@pytest.fixture
def exam(app: Flask) -> PlannedExam:
    return plan_exam()


def everywhere(name: str, row: int) -> list[str]:
    return [f"{base}/do/{name}?id={row}" for base in sorted({base for base, _act in offered()})]


COMPANY_AND = ((), ("school_examiner",), ("administrator",), ("school_supervisor",))


@pytest.mark.parametrize("others", COMPANY_AND, ids=lambda others: "+".join(others) or "alone")
def test_a_company_examiner_never_makes_definitive(
    exam: PlannedExam, visitor_of: VisitorOf, others: tuple[str, ...]
) -> None:
    """By every page's route, by the button's field, by a confirmed post; whatever else he is."""
    sitting = exam.sittings[0]
    examiner = make_user("company_examiner", *others)
    with transaction():
        row = db.session.get_one(Sitting, sitting)
        next(one for one in row.examiners if one.role == "company_examiner").user_id = examiner.id
    save_as(exam.school, sitting, exam.levels())
    save_as(actor_of(examiner), sitting, exam.levels(), version_of(sitting))
    page = visitor_of(examiner)
    for path in everywhere("make_definitive", sitting):
        assert page.do(path).status_code in {403, 404, 422}, path
    fields = {f"level-{key}": str(value) for key, value in exam.levels().items()}
    page.post(f"/te-beoordelen/{sitting}", {**fields, "version": str(version_of(sitting)), "definitive": "1"})
    with pytest.raises((NotAllowed, NotFound, RuleBroken)):
        run(make_definitive, actor_of(db.session.get_one(User, examiner.id)), [sitting])
    refresh()
    assert db.session.scalar(select(Assessment.definitive_at)) is None
    assert dump(Result)["result"] == []


@pytest.mark.everywhere
def test_what_is_definitive_changes_only_by_reopening_with_a_reason(
    app: Flask, world: World, visitor_of: VisitorOf
) -> None:
    """Every role posts every form at it; then it is reopened, and the reason stands in the trail."""
    sitting, registration = world.own["sitting"], world.own["registration"]
    before = dump(*RECORDS)
    fields = {"version": str(version_of(sitting)), "remark": "anders", "definitive": "1", "token": ""}
    levels = {f"level-{one.criterion_id}": str(one.level_id - 1) for one in db.session.scalars(select(Score))}
    for role in Role:
        page = visitor_of(world.user(role))
        for sent in ({**fields, **levels}, fields):
            page.post(f"/te-beoordelen/{sitting}", sent)
        for name in sorted(set(ACTIONS) - {"reopen_assessment", "record_adoption", "plan_exam"}):
            expected = ACTIONS[name]
            row = {"sitting": sitting, "planned": registration}.get(expected.row)
            if row:
                for path in everywhere(name, row):
                    page.do(path)
        page.do(f"/te-beoordelen/do/reopen_assessment?id={sitting}", {"reason": "te kort"})
    assert dump(*RECORDS) == before
    administrator = visitor_of(world.user(Role.ADMINISTRATOR))
    path = f"/te-beoordelen/do/reopen_assessment?id={sitting}"
    administrator.do(path, {"reason": "Verkeerde student beoordeeld"})
    refresh()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "reopen_assessment")).one()
    assert entry.details["reason"][1] == "Verkeerde student beoordeeld"
    assert dump(*RECORDS) != before


def test_an_adopted_result_is_never_reopened_nor_its_planning_removed(
    app: Flask, world: World, visitor_of: VisitorOf
) -> None:
    page = visitor_of(world.user(Role.ADMINISTRATOR))
    today = clock.today().isoformat()
    page.do(f"/uitslagen/do/record_adoption?id={world.own['result']}", {"decided_on": today})
    before = dump(*RECORDS)
    assert any(str(world.own["result"]) in row for row in before["adoption"])
    reason = {"reason": "Een reden die lang genoeg is"}
    assert (
        page.do(f"/te-beoordelen/do/reopen_assessment?id={world.own['sitting']}", reason).status_code == 422
    )
    page.do(f"/examens/do/remove_planning?id={world.own['registration']}")
    assert dump(*RECORDS) == before


def test_a_result_never_changes_because_the_catalogue_did(
    app: Flask, world: World, visitor_of: VisitorOf
) -> None:
    """Other points, other texts, another rule, a newer version: page and file read as they did."""
    page = visitor_of(world.user(Role.STUDENT))
    paths = (f"/te-beoordelen/uitslag/{world.own['registration']}", "/uitslagen/export/csv")
    before = [_without_token(page.get(path).text) for path in paths]
    stored = dump(Result, Score)
    with transaction():
        db.session.execute(update(CriterionLevel).values(points=CriterionLevel.points + 50, label="Z"))
        for one in db.session.scalars(select(Exam)):
            one.pass_rule = preset("consortium", {"good_from": 1})
            one.current = False
            for task in one.tasks:
                task.title = "Een andere titel"
                for criterion in task.criteria:
                    criterion.text = "Een andere tekst"
    refresh()
    assert [_without_token(page.get(path).text) for path in paths] == before
    assert dump(Result, Score) == stored


def _without_token(page: str) -> str:
    """A page without what is drawn anew each time."""
    import re

    return re.sub(r'(nonce|value|content)="[A-Za-z0-9_.~\-]{16,}"', "", page)


def test_no_draft_is_ever_a_students_to_read(exam: PlannedExam, visitor_of: VisitorOf) -> None:
    """Neither what examiners wrote nor that they wrote anything; by no address."""
    sitting, account = exam.sittings[0], make_user("student")
    with transaction():
        db.session.execute(update(Student).values(user_id=account.id))
    page, own = visitor_of(account), ("/", "/mijn-examens/")
    before = [_without_token(page.get(path).text) for path in own]
    save_as(exam.school, sitting, exam.levels("O"), remark=f"{SECRET}oordeel")
    save_as(exam.company, sitting, exam.levels("G"), version_of(sitting), remark=f"{SECRET}bedrijf")
    assert [_without_token(page.get(path).text) for path in own] == before
    reader = Reader(page, [SECRET])
    for path in (
        f"/te-beoordelen/{sitting}",
        f"/te-beoordelen/uitslag/{exam.registration}",
        f"/examens/aanmelding/{exam.registration}",
        "/uitslagen/",
        "/uitslagen/export/csv",
    ):
        reader.read(path)
    reader.crawl(["/", "/mijn-examens/"], most=60)
    assert reader.leaks == []
    close_as_school(exam)
    assert SECRET + "bedrijf" not in reader.read(f"/te-beoordelen/uitslag/{exam.registration}")
    assert f"/te-beoordelen/uitslag/{exam.registration}" in reader.seen


def test_an_administrator_fills_in_no_scores(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    before = dump(*RECORDS)
    for role in (
        Role.ADMINISTRATOR,
        Role.SCHOOL_SUPERVISOR,
        Role.COMPANY_SUPERVISOR,
        Role.SUPPLIER,
        Role.STUDENT,
    ):
        answer = visitor_of(world.user(role)).post(
            f"/te-beoordelen/{world.own['sitting']}", {"version": "1", "remark": "x"}
        )
        assert answer.status_code in {403, 404}, role
    assert dump(*RECORDS) == before


def test_two_examiners_never_overwrite_each_other(exam: PlannedExam) -> None:
    """Both opened the empty form; both save; each finds his own answers back."""
    sitting = exam.sittings[0]
    save_as(exam.company, sitting, exam.levels("O"), 0, remark="van het bedrijf")
    save_as(exam.school, sitting, exam.levels("G"), 0, remark="van de school")
    refresh()
    sheets = {sheet.role: sheet for sheet in db.session.scalars(select(ScoreSheet))}
    assert sheets["company_examiner"].remark == "van het bedrijf"
    assert sheets["school_examiner"].remark == "van de school"
    for role, label in (("company_examiner", "O"), ("school_examiner", "G")):
        chosen = {score.level_id for score in sheets[role].scores}
        assert chosen == set(exam.levels(label).values())


@pytest.mark.parametrize("version", ["-1", "999999999", "99999999999999999999", "abc", "1.5", "²"])
def test_a_version_that_was_made_up_saves_nothing_over_a_newer_one(
    exam: PlannedExam, visitor_of: VisitorOf, version: str
) -> None:
    sitting = exam.sittings[0]
    save_as(exam.school, sitting, exam.levels("V"))
    before = dump(Score, ScoreSheet)
    page = visitor_of(db.session.get_one(User, exam.school.id))
    fields = {f"level-{key}": str(value) for key, value in exam.levels("G").items()}
    answer = page.post(f"/te-beoordelen/{sitting}", {**fields, "version": version})
    assert answer.status_code == 422
    assert dump(Score, ScoreSheet) == before


def test_a_form_that_was_sent_by_another_is_not_replayed(
    app: Flask, world: World, visitor_of: VisitorOf
) -> None:
    """A token seen over a shoulder shows nobody what it led to."""
    mine, theirs = visitor_of(world.user(Role.ADMINISTRATOR)), visitor_of(make_user("administrator"))
    path = f"/studenten/do/release_progress?id={world.foreign['student']}"
    sent = {"available": "off", "token": "eenmalig"}
    assert mine.do(path, sent).status_code == 302
    before = dump()
    sent["confirmed"] = "1"
    assert theirs.post(path, sent).status_code == 403
    assert theirs.post(path.replace("release_progress", "send_student_codes"), sent).status_code == 403
    assert dump() == before


# -- login codes


@pytest.fixture
def newcomer(app: Flask) -> tuple[User, str]:
    user = make_user("company_examiner")
    with transaction():
        issue_codes(SYSTEM, [user.id], mail=True)
    refresh()
    row = db.session.scalars(select(LoginCode).where(LoginCode.user_id == user.id)).one()
    return db.session.get_one(User, user.id), code_for(user.id, row.nonce)


PASSWORD = "een lange zin van Geheimvreemd 77"


def sign_in_with(visitor_of: VisitorOf, user: User, code: str) -> tuple[int, Visitor]:
    page = visitor_of(None)
    status = page.post("/aanmelden/code", {"username": user.username, "code": code}).status_code
    page.renewed(user)
    return status, page


def test_a_login_code_opens_once(visitor_of: VisitorOf, newcomer: tuple[User, str]) -> None:
    user, code = newcomer
    assert sign_in_with(visitor_of, user, code)[0] == 302
    assert sign_in_with(visitor_of, user, code)[0] == 422


@pytest.mark.parametrize("ended", ["expires_at", "cancelled_at", "used_at"])
def test_a_login_code_opens_nothing_after_its_time(
    visitor_of: VisitorOf, newcomer: tuple[User, str], ended: str
) -> None:
    user, code = newcomer
    with transaction():
        db.session.execute(update(LoginCode).values({ended: clock.now() - timedelta(seconds=1)}))
    assert sign_in_with(visitor_of, user, code)[0] == 422
    refresh()
    assert not db.session.get_one(User, user.id).password


def test_a_login_code_of_a_closed_account_opens_nothing(
    visitor_of: VisitorOf, newcomer: tuple[User, str]
) -> None:
    user, code = newcomer
    with transaction():
        db.session.execute(update(User).where(User.id == user.id).values(active=False))
    assert sign_in_with(visitor_of, user, code)[0] == 422


def test_a_code_or_a_password_is_found_nowhere(
    visitor_of: VisitorOf, newcomer: tuple[User, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Not in a log, a mail's row, the trail, an outcome or any other row, nor in the cookie."""
    user, code = newcomer
    with caplog.at_level(logging.DEBUG):
        wrong = visitor_of(None)
        wrong.post("/aanmelden", {"username": user.username, "password": PASSWORD})
        wrong.post("/aanmelden/code", {"username": "iemand anders", "code": code})
        status, page = sign_in_with(visitor_of, user, code)
        page.post("/aanmelden/nieuw-wachtwoord", {"password": PASSWORD, "again": PASSWORD})
        page.post(
            "/mijn-profiel/do/change_password",
            {"present": PASSWORD, "password": f"{PASSWORD} anders", "again": f"{PASSWORD} anders"},
        )
    assert status == 302
    refresh()
    kept = [caplog.text, *(row for rows in dump().values() for row in rows)]
    for visitor in (wrong, page):
        with visitor.client.session_transaction() as session:
            kept.append(str(dict(session)))
    for secret in (code, code.lower(), grouped(code), PASSWORD):
        assert not [text for text in kept if secret in text], secret
    assert db.session.scalars(select(OutboxMail)).all(), "there was a mail to look at"


def test_the_session_cookie_holds_no_personal_data(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    """Neither after looking around and changing something, nor after signing in."""
    page = visitor_of(world.user(Role.ADMINISTRATOR))
    page.get(f"/studenten/{world.foreign['student']}?q={SECRET}")
    page.post(f"/studenten/do/release_progress?id={world.foreign['student']}", {"available": "on"})
    page.get("/studenten/")
    signed_in = browser(app)
    sign_in(signed_in, user_with_password(last_name=SECRET).username)
    for client in (page.client, signed_in):
        with client.session_transaction() as session:
            assert "_user_id" in session
            assert SECRET not in str(dict(session))
            assert set(session) <= {"_user_id", "csrf_token", "locale", "answered", "waiting"}


def test_after_everything_the_trail_is_whole(app: Flask, world: World) -> None:
    assert broken_at() is None
    with pytest.raises(Exception, match=r"(?i)append|trail|refus|weiger|not allowed|audit"), transaction():
        db.session.execute(update(AuditEntry).values(actor_name="iemand anders"))
