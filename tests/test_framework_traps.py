"""Flask-AppBuilder's traps, each with the trial that springs it.

The numbers are those of docs/framework-traps.md, which says where each is answered.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import flask_appbuilder
import pytest
from flask import Flask
from sqlalchemy import func, inspect, select
from sqlalchemy.exc import IntegrityError

from app import create_app
from app.actions.base.action import REGISTRY
from app.actions.base.integrity import explain
from app.builder import granted
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.students import Student
from app.entities.users import User
from app.errors import RuleBroken
from app.pages.base.lists import ListPage
from app.views import OTHERS, TABS
from config import Settings
from tests.factories import make_programme, make_student, make_user, refresh, save
from tests.support.queries import counted
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]


def list_pages() -> list[type[ListPage]]:
    pages = [*(tab.page for tab in TABS), *OTHERS]
    return [page for page in pages if issubclass(page, ListPage)]


def test_trap_1_nothing_of_the_frameworks_delete_and_action_routes_is_left(app: Flask) -> None:
    """Cancel a delete, run an action, and the row is gone: there is no such dialog and no such route."""
    theirs = {
        endpoint
        for endpoint, function in app.view_functions.items()
        if getattr(function, "__module__", "").startswith("flask_appbuilder")
    }
    assert theirs == set()


def test_trap_2_lists_asked_at_the_same_time_keep_their_own_filters(visit: Visit) -> None:
    for name in ("Aalbers", "Zuidema"):
        make_student(make_programme(), last_name=name, search=name.lower())
    wrong: list[str] = []

    def ask(visitor: Visitor, name: str, other: str) -> None:
        for _round in range(15):
            page = visitor.get(f"/studenten/?q={name.lower()}").text
            if name not in page or other in page:
                wrong.append(name)

    one, two = visit("administrator"), visit("administrator")
    threads = [
        threading.Thread(target=ask, args=(one, "Aalbers", "Zuidema")),
        threading.Thread(target=ask, args=(two, "Zuidema", "Aalbers")),
    ]
    normal = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(normal)
    assert wrong == []


def test_trap_3_an_action_on_a_row_out_of_sight_is_not_found_for_the_whole_batch(
    app: Flask, visitor_of: Callable[..., Visitor]
) -> None:
    supervisor = make_user("school_supervisor")
    own = make_student(supervisors=((supervisor, "school_supervisor"),))
    other = make_student()
    page = visitor_of(supervisor)
    path = f"/studenten/do/release_progress?id={own.id}&id={other.id}"
    assert page.get(path).status_code == 404
    assert page.do(path, {"available": "1"}).status_code == 404
    assert page.get(f"/studenten/do/release_progress?id={own.id}&id=999999").status_code == 404
    refresh()
    assert not db.session.get_one(Student, own.id).progress_available


def test_trap_4_get_changes_nothing_whatever_the_address_says(visit: Visit) -> None:
    student = make_student()
    page = visit("administrator")
    for name in REGISTRY:
        page.get(f"/studenten/do/{name}?id={student.id}&confirmed=1&available=1&number=1")
    refresh()
    assert db.session.scalar(select(func.count()).select_from(Student)) == 1
    assert not db.session.get_one(Student, student.id).progress_available


def test_trap_4_a_post_without_the_forms_token_is_refused(visit: Visit) -> None:
    student = make_student()
    answer = visit("administrator").client.post(
        f"/studenten/do/release_progress?id={student.id}", data={"available": "1", "confirmed": "1"}
    )
    assert answer.status_code == 400
    refresh()
    assert not db.session.get_one(Student, student.id).progress_available


def test_trap_6_columns_that_are_not_offered_cannot_be_searched(visit: Visit) -> None:
    make_student(email="geheim@example.nl", last_name="Zichtbaar")
    page = visit("administrator")
    for trick in (
        "_flt_0_email=niets",
        "_flt_1_progress_available=1",
        "_oc_StudentsPage=email&_od_StudentsPage=asc",
    ):
        assert "Zichtbaar" in page.get(f"/studenten/?{trick}").text


def test_trap_6_columns_that_are_not_offered_cannot_be_sorted_on(visit: Visit) -> None:
    page = visit("administrator")
    for listing in list_pages():
        route = listing.route_base
        if page.get(f"{route}/").status_code == 200:
            assert page.get(f"{route}/?order=password").status_code == 400, route


def test_trap_7_the_frameworks_user_screens_do_not_exist(app: Flask) -> None:
    addresses = " ".join(str(rule) for rule in app.url_map.iter_rules())
    for part in ("users", "roles", "resetpassword", "userinfo", "registeruser", "viewmenus", "permissions"):
        assert part not in addresses


def test_trap_8_the_address_fills_in_nothing_that_the_form_does_not_say(visit: Visit) -> None:
    programme = make_programme()
    trick = f"_flt_0_programme={programme.id}&_flt_0_enrolments=1&programme={programme.id}&user_id=1&active="
    own = "&email=jo@example.nl&birth_date=2008-02-29&infix=van"  # fields of the form, which were not sent
    beside = {"user_id": "1", "active": "", "progress_available": "y", "roles": "administrator"}
    typed = {"number": "00711", "first_name": "Jo", "last_name": "Onbedoeld", "gender": "other"}
    answer = visit("administrator").do(f"/studenten/do/add_student?{trick}{own}", typed | beside)
    assert answer.status_code == 302
    refresh()
    made = db.session.scalars(select(Student).where(Student.number == "00711")).one()
    assert (list(made.enrolments), made.user_id, made.active) == ([], None, True)
    assert (made.email, made.birth_date, made.infix, made.progress_available) == ("", None, "", False)


def test_trap_11_a_constraint_that_speaks_after_the_validator_gives_a_sentence(app: Flask) -> None:
    make_student(number="00123")
    with pytest.raises(IntegrityError) as caught:
        save(Student(number="00123", first_name="A", last_name="B"))
    told = explain(caught.value)
    assert isinstance(told, RuleBroken)
    assert told.field == "number"
    assert "student.number" not in told.message
    assert "INSERT" not in told.message


def test_trap_12_what_was_typed_stays_after_a_refusal(visit: Visit) -> None:
    make_student(number="00123")
    answer = visit("administrator").do(
        "/studenten/do/add_student",
        {"number": "00123", "first_name": "Noortje", "last_name": "Bewaard", "gender": "female"},
    )
    assert answer.status_code == 422
    assert "Noortje" in answer.text
    assert "Bewaard" in answer.text
    assert "studentnummer" in answer.text


def test_trap_13_there_is_no_api_to_sign_in_by(app: Flask) -> None:
    assert not [rule for rule in app.url_map.iter_rules() if "api" in str(rule) or "swagger" in str(rule)]


@pytest.mark.parametrize(
    "query",
    [
        "page=abc",
        "page=-1",
        "page=0",
        "size=1000000",
        "size=0",
        "size=-1",
        "endpoint=x",
        "_method=FOO",
        "page_StudentsPage=abc",
        "psize_StudentsPage=1",
        "_scheme=javascript",
        "id=abc",
        "page=9999999999999",
    ],
)
def test_trap_20_nonsense_in_the_address_is_never_a_crash(visit: Visit, query: str) -> None:
    assert visit("administrator").get(f"/studenten/?{query}").status_code in {200, 404}


def test_trap_20_a_page_never_grows_beyond_a_hundred_rows(visit: Visit) -> None:
    programme = make_programme()
    for _n in range(105):
        make_student(programme)
    page = visit("administrator").get("/studenten/?size=1000000").text
    assert page.count("data-tick>") <= 100


def test_trap_20_an_unknown_action_is_not_found(visit: Visit) -> None:
    page = visit("administrator")
    assert page.get("/studenten/do/no_such_action?id=1").status_code == 404
    assert page.post("/studenten/do/generate_roles").status_code == 404


def test_trap_21_the_rights_of_a_user_cost_one_query_a_page(visit: Visit) -> None:
    page = visit("administrator")
    with counted() as statements:
        page.get("/opleidingen/")
    assert sum("ab_permission_view" in statement for statement in statements) == 1


def test_trap_23_all_means_all_that_match_not_all_on_the_page(visit: Visit) -> None:
    programme = make_programme()
    for _n in range(30):
        make_student(programme)
    make_student()
    page = visit("administrator")
    answer = page.get(f"/studenten/do/release_progress?all=1&opleiding={programme.id}")
    assert "<strong>30</strong>" in answer.text


def test_trap_23_a_mistyped_filter_never_means_everyone(visit: Visit) -> None:
    make_student(make_programme())
    assert visit("administrator").get("/studenten/do/release_progress?all=1&oplieding=1").status_code == 400


def test_trap_24_starting_the_web_process_makes_no_table_and_no_permission(tmp_path: Path) -> None:
    other = create_app(Settings(school="demo", data=tmp_path, database_url=""))
    with other.app_context():
        assert inspect(db.engine).get_table_names() == []
        db.engine.dispose()


def test_trap_25_somebody_who_is_not_signed_in_has_no_permission(app: Flask) -> None:
    with app.test_request_context("/"):
        assert granted() == frozenset()


def test_trap_27_a_name_that_is_a_script_is_shown_as_text(visit: Visit) -> None:
    """And kept as it was typed: what is escaped is escaped where it is shown."""
    name = "<script>alert(1)</script>"
    office = visit("administrator")
    typed = {"number": "00711", "first_name": "Jo", "last_name": name, "gender": "other"}
    assert office.do("/studenten/do/add_student", typed).status_code == 302
    refresh()
    assert db.session.scalars(select(Student.last_name)).all() == [name]
    page = office.get("/studenten/").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_trap_28_every_answer_carries_the_headers(visit: Visit) -> None:
    headers = visit("administrator").get("/").headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    for part in (
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "script-src 'self' 'nonce-",
    ):
        assert part in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_trap_29_a_row_can_be_made_without_a_request_or_a_user(app: Flask) -> None:
    with transaction():
        db.session.add(
            User(first_name="A", last_name="B", username="cli", email="cli@example.nl", active=True)
        )
    assert db.session.scalar(select(User.created_at).where(User.username == "cli")).tzinfo is not None


@pytest.mark.parametrize("role", ["administrator", "exam_committee", "supplier"])
def test_trap_30_no_page_shows_the_frameworks_english(visit: Visit, role: str) -> None:
    page = visit(role)
    for listing in list_pages():
        text = page.get(f"{listing.route_base}/").text
        for english in (">List ", ">Add ", ">Show ", ">Edit ", "Record Count", "Search<", "Actions<"):
            assert english not in text, (listing.__name__, english)


def test_trap_31_nothing_of_the_frameworks_scripts_is_served(visit: Visit) -> None:
    page = visit("administrator")
    for path in ("appbuilder/js/jquery-latest.js", "appbuilder/css/bootstrap.min.css", "appbuilder/js/ab.js"):
        assert page.get(f"/static/{path}").status_code == 404


def test_trap_32_no_template_of_the_framework_can_be_reached(app: Flask) -> None:
    package = Path(flask_appbuilder.__file__).parent
    reached = [
        name
        for name in app.jinja_env.list_templates()
        if Path(str(app.jinja_env.get_template(name).filename)).is_relative_to(package)
    ]
    assert reached == []
