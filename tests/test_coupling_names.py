"""Every action that couples or uncouples says what goes with whom, and for how many, before it does so."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from app.actions.base.action import REGISTRY
from app.actions.base.runner import preview
from app.entities.students import ExamExclusion
from app.permissions import actor_of
from tests.factories import make_exam, make_group, make_programme, make_student, make_user, save, supervise
from tests.support.visitor import Visitor


@dataclass
class Coupling:
    """The page that offers it, the rows, what is chosen in its form, and the words that name the chosen."""

    path: str
    ids: list[int]
    chosen: dict[str, Any]
    words: list[str]


def users_and_programmes(*, coupled: bool) -> Coupling:
    programmes = [make_programme(name="Kok"), make_programme(name="Slager")]
    ids = [make_user("school_examiner", programmes=programmes if coupled else ()).id for _ in range(2)]
    return Coupling("/gebruikers", ids, {"programmes": [one.id for one in programmes]}, ["Kok", "Slager"])


def students_and_programme(*, coupled: bool) -> Coupling:
    programme = make_programme(name="Kok")
    ids = [make_student(*([programme] if coupled else [])).id for _ in range(2)]
    return Coupling("/studenten", ids, {"target": f"p{programme.id}"}, ["Kok"])


def students_and_users(*, coupled: bool) -> Coupling:
    user = make_user("school_supervisor", last_name="Wit")
    students = [make_student() for _ in range(2)]
    for student in students if coupled else ():
        supervise(student, user, "school_supervisor")
    chosen = {"users": [f"school_supervisor:{user.id}"]}
    return Coupling("/studenten", [one.id for one in students], chosen, ["Wit", "Praktijkbegeleider"])


def students_and_groups(*, coupled: bool) -> Coupling:
    students = [make_student() for _ in range(2)]
    groups = [make_group(*(students if coupled else []), name=name) for name in ("V3A", "V3B")]
    chosen = {"groups": [one.id for one in groups]}
    return Coupling("/studenten", [one.id for one in students], chosen, ["V3A", "V3B"])


def group_and_students(*, coupled: bool) -> Coupling:
    students = [make_student() for _ in range(2)]
    group = make_group(*(students if coupled else []), name="V3A")
    return Coupling("/studentgroepen", [group.id], {"students": [one.id for one in students]}, ["V3A"])


def students_and_exam(*, coupled: bool) -> Coupling:
    programme = make_programme()
    exam = make_exam(programme, title="Soep koken")
    students = [make_student(programme) for _ in range(2)]
    if not coupled:
        save(*(ExamExclusion(student_id=one.id, exam_id=exam.id) for one in students))
    return Coupling("/studenten", [one.id for one in students], {"exams": [exam.id]}, ["Soep koken"])


# Name of the action -> what it works on; all of them change two rows.
COUPLINGS: dict[str, Callable[[], Coupling]] = {
    "couple_to_programmes": lambda: users_and_programmes(coupled=False),
    "uncouple_from_programmes": lambda: users_and_programmes(coupled=True),
    "couple_programme": lambda: students_and_programme(coupled=False),
    "uncouple_programme": lambda: students_and_programme(coupled=True),
    "couple_users": lambda: students_and_users(coupled=False),
    "uncouple_users": lambda: students_and_users(coupled=True),
    "add_to_groups": lambda: students_and_groups(coupled=False),
    "remove_from_group": lambda: students_and_groups(coupled=True),
    "add_members": lambda: group_and_students(coupled=False),
    "remove_members": lambda: group_and_students(coupled=True),
    "exclude_exam": lambda: students_and_exam(coupled=True),
    "include_exam": lambda: students_and_exam(coupled=False),
}
COUPLES = (
    "couple",
    "uncouple",
    "add_to",
    "add_members",
    "remove_from",
    "remove_members",
    "exclude",
    "include",
)
TAG = re.compile(r"<[^>]*>")


def test_no_coupling_is_left_out() -> None:
    assert {name for name in REGISTRY if name.startswith(COUPLES)} == COUPLINGS.keys()


@pytest.mark.parametrize("name", sorted(COUPLINGS))
def test_a_coupling_says_what_goes_with_whom_and_for_how_many(app: Flask, name: str) -> None:
    made, office = COUPLINGS[name](), make_user("administrator")
    outcome = preview(REGISTRY[name], actor_of(office), made.ids, **made.chosen)
    assert outcome.done == 2
    assert "2 " in outcome.summary
    for word in made.words:
        assert word in outcome.summary, word
    assert len(outcome.names) == 2, "who they are"


@pytest.mark.parametrize("name", sorted(COUPLINGS))
def test_its_check_page_and_its_message_say_it(app: Flask, name: str) -> None:
    made = COUPLINGS[name]()
    page = Visitor(app, make_user("administrator"))
    path = f"{made.path}/do/{name}?" + "&".join(f"id={one}" for one in made.ids)
    check = read(page.post(path, made.chosen).text)
    done = page.do(path, made.chosen)
    assert done.status_code == 302
    told = read(page.get(done.location).text)
    for word in made.words:
        for text in (check, told):
            assert any(word in line and "2 " in line for line in text.splitlines()), word


def read(page: str) -> str:
    """What stands on a page to read: hidden fields are not read."""
    return html.unescape(TAG.sub("", page.partition("<main")[2]))
