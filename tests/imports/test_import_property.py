"""Any sequence of import, re-import, undo and work by hand leaves exactly what the rules say.

The rules stand, on plain objects, in rules_of_imports.py; here the same steps go through the real actions.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.actions.base.action import Action
from app.actions.base.runner import run
from app.actions.groups.groups import change_group
from app.actions.groups.members import add_to_groups, remove_from_group
from app.actions.students.enrolment import couple_programme, uncouple_programme
from app.actions.students.students import change_student
from app.actions.students.supervision import couple_users
from app.entities.base import db
from app.entities.exams import Exam
from app.entities.imports import ImportPart, ImportRun
from app.entities.students import Student, StudentGroup
from app.errors import RuleBroken
from app.imports.couplings import NEW_GROUP
from app.imports.kept import packed_parts
from app.imports.undo_groups import undo_group_import
from app.imports.undo_students import undo_student_import
from app.imports.write_groups import import_groups
from app.imports.write_students import import_students
from app.permissions import actor_of
from app.queries.groups.groups import groups_of
from tests.factories import make_exam, make_programme, make_registration, make_user, refresh
from tests.factories.base import save, saved
from tests.imports import rules_of_imports as rules

NUMBERS, GROUPS, NAMES, USERS = ("1", "2"), ("K1", "K2"), ("Een", "Twee"), ("u1", "u2")
PROGRAMMES = ("25656", "25655")
HEADERS = {
    "students": ("Studentnummer", "Voornaam", "Achternaam", "Crebo", "Klas", "Praktijkbegeleider"),
    "groups": ("Groep", "Locatie", "Studentnummer"),
}
COLUMNS = {
    "students": ("number", "first_name", "last_name", "programme", "group", "school_supervisor"),
    "groups": ("name", "location", "members"),
}
IMPORTS: dict[str, Action] = {"students": import_students, "groups": import_groups}
UNDOING: dict[str, Action] = {"students": undo_student_import, "groups": undo_group_import}


def maybe(values: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.sampled_from(("", *values, *values))


number, group = st.sampled_from(NUMBERS), st.sampled_from(GROUPS)
student_rows = st.lists(
    st.tuples(number, maybe(NAMES), maybe(PROGRAMMES), maybe(GROUPS), maybe(USERS)),
    min_size=1,
    max_size=3,
    unique_by=lambda row: row[0],
)
group_rows = st.lists(
    st.tuples(group, maybe(("Hier", "Daar")), maybe(NUMBERS)),
    min_size=1,
    max_size=2,
    unique_by=lambda row: row[0],
)
person, in_group = st.tuples(number, st.sampled_from(NAMES)), st.tuples(number, group)
programme = st.tuples(number, st.sampled_from(PROGRAMMES))
back = st.integers(1, 3)  # the last run, or one or two before it
KINDS: dict[str, tuple[int, st.SearchStrategy[Any]]] = {
    "students": (6, student_rows),
    "groups": (3, group_rows),
    "again": (1, back),
    "undo": (8, back),
    "name": (2, person),
    "user": (1, st.tuples(number, st.sampled_from(USERS))),
    "couple": (1, programme),
    "uncouple": (1, programme),
    "register": (1, programme),
    "join": (1, in_group),
    "leave": (2, in_group),
    "location": (1, group),
}
steps = st.sampled_from([kind for kind, (often, _what) in KINDS.items() for _n in range(often)]).flatmap(
    lambda kind: st.tuples(st.just(kind), KINDS[kind][1])
)
sequences = st.lists(steps, min_size=12, max_size=25)
examples = itertools.count(1)


class Twin:
    """The school in the database and the one of the rules, side by side. Its names are its own."""

    def __init__(
        self, programmes: dict[str, int], exams: dict[str, Any], users: dict[str, int], actor: Any
    ) -> None:
        self.programmes, self.exams, self.users, self.actor = programmes, exams, users, actor
        self.mark = f"-{next(examples)}"
        self.school = rules.School()
        self.runs: list[tuple[rules.Run, int, Any]] = []

    # -- imports

    def students(self, rows: Any) -> None:
        marked = [
            (n + self.mark, name, programme, g and g + self.mark, user)
            for n, name, programme, g, user in rows
        ]
        cells = [(n, name, "Vos", programme, g, user) for n, name, programme, g, user in marked]
        self._bring_in("students", cells, self.school.import_students(marked), rows)

    def groups(self, rows: Any) -> None:
        marked = [(g + self.mark, location, n and n + self.mark) for g, location, n in rows]
        self._bring_in("groups", marked, self.school.import_groups(marked), rows)

    def again(self, which: int) -> None:
        if self.runs:
            told, _pk, rows = self.runs[-which % len(self.runs)]
            getattr(self, told.kind)(rows)
            getattr(self, told.kind)(rows)  # and a second time, which changes nothing
            assert not self.runs[-1][0].wrote

    def _bring_in(self, kind: str, cells: Any, told: rules.Run, rows: Any) -> None:
        made = saved(
            ImportRun(
                maker_id=self.actor.id,
                kind=kind,
                file_name="x.csv",
                file_hash="0" * 64,
                stage="check",
                mapping={key: [index] for index, key in enumerate(COLUMNS[kind])},
                values={"group": {name + self.mark: NEW_GROUP for name in GROUPS}},
                table={"header": list(HEADERS[kind]), "count": len(cells)},
            )
        )
        kept = [[index, [cell or None for cell in row]] for index, row in enumerate(cells, 2)]
        save(ImportPart(run_id=made.id, number=0, rows=next(packed_parts(kept))))
        outcome = run(IMPORTS[kind], self.actor, [made.id], version=made.version)
        assert bool(outcome.done) == told.wrote
        self.runs.append((told, made.id, rows))

    # -- undoing

    def undo(self, which: int) -> None:
        if not self.runs:
            return
        told, pk, _rows = self.runs[-which % len(self.runs)]
        expected = self.school.undo(told)
        try:
            came = "written" if run(UNDOING[told.kind], self.actor, [pk]).done else "nothing"
        except RuleBroken as refusal:
            came = "undone" if "al ongedaan" in refusal.message else "empty"
        assert came == expected

    # -- by hand

    def _of(self, number: str) -> tuple[rules.Student, Student] | None:
        told = self.school.students.get(number + self.mark)
        if told is None:
            return None
        return told, db.session.scalars(select(Student).where(Student.number == told.number)).one()

    def name(self, what: tuple[str, str]) -> None:
        if (both := self._of(what[0])) and both[0].name != what[1]:
            told, row = both
            run(
                change_student,
                self.actor,
                [row.id],
                version=row.version,
                number=told.number,
                first_name=what[1],
                last_name="Vos",
                school_supervisor=[self.users[one] for one in told.users],
            )
            told.name, told.stamp = what[1], next(rules.stamps)

    def user(self, what: tuple[str, str]) -> None:
        if (both := self._of(what[0])) and what[1] not in both[0].users:
            run(couple_users, self.actor, [both[1].id], users=[f"school_supervisor:{self.users[what[1]]}"])
            both[0].users.add(what[1])
            both[0].stamp = next(rules.stamps)

    def couple(self, what: tuple[str, str]) -> None:
        if both := self._of(what[0]):
            run(couple_programme, self.actor, [both[1].id], target=f"p{self.programmes[what[1]]}")
            both[0].programmes.setdefault(what[1], None)

    def uncouple(self, what: tuple[str, str]) -> None:
        if both := self._of(what[0]):
            run(uncouple_programme, self.actor, [both[1].id], target=f"p{self.programmes[what[1]]}")
            if what[1] not in both[0].exams:
                both[0].programmes.pop(what[1], None)

    def register(self, what: tuple[str, str]) -> None:
        if (both := self._of(what[0])) and what[1] in set(both[0].programmes) - both[0].exams:
            make_registration(both[1], db.session.get_one(Exam, self.exams[what[1]]))
            both[0].exams.add(what[1])

    def _in_group(self, what: tuple[str, str]) -> tuple[rules.Student, int, rules.Group, int] | None:
        both, told = self._of(what[0]), self.school.groups.get(what[1] + self.mark)
        if both is None or told is None:
            return None
        row = db.session.scalars(select(StudentGroup).where(StudentGroup.name == told.name)).one()
        return both[0], both[1].id, told, row.id

    def join(self, what: tuple[str, str]) -> None:
        if found := self._in_group(what):
            student, student_id, told, group_id = found
            run(add_to_groups, self.actor, [student_id], groups=[group_id])
            student.groups.setdefault(told, None)

    def leave(self, what: tuple[str, str]) -> None:
        if (found := self._in_group(what)) and found[2] in found[0].groups:
            student, student_id, told, group_id = found
            run(remove_from_group, self.actor, [student_id], groups=[group_id])
            del student.groups[told]
            student.taken_out = next(rules.stamps)

    def location(self, name: str) -> None:
        if told := self.school.groups.get(name + self.mark):
            row = db.session.scalars(select(StudentGroup).where(StudentGroup.name == told.name)).one()
            run(
                change_group,
                self.actor,
                [row.id],
                version=row.version,
                name=told.name,
                location=f"Hand {next(rules.stamps)}",
            )
            told.location, told.stamp = row.location, next(rules.stamps)

    # -- looking

    def facts(self) -> dict[str, Any]:
        refresh()
        names = {pk: name for name, pk in self.programmes.items()}
        users = {pk: name for name, pk in self.users.items()}
        found = db.session.scalars(
            select(Student)
            .where(Student.number.endswith(self.mark))
            .options(
                selectinload(Student.enrolments),
                selectinload(Student.supervisions),
            )
        )
        groups = db.session.scalars(select(StudentGroup).where(StudentGroup.name.endswith(self.mark)))
        return {
            "students": {
                one.number: (
                    one.first_name,
                    sorted(names[e.programme_id] for e in one.enrolments),
                    sorted(g.name for g in groups_of([one.id])),
                    sorted(users[s.user_id] for s in one.supervisions),
                )
                for one in found
            },
            "groups": {one.name: one.location for one in groups},
        }


@pytest.fixture
def twin(app: Flask) -> Callable[[], Twin]:
    programmes, exams = {}, {}
    for crebo in PROGRAMMES:
        made = make_programme(crebo=crebo)
        programmes[crebo] = made.id
        exams[crebo] = make_exam(made, tasks=1).id
    users = {name: make_user("school_supervisor", username=name).id for name in USERS}
    actor = actor_of(make_user("administrator"))
    return lambda: Twin(programmes, exams, users, actor)


def walk(twin: Twin, taken: Sequence[tuple[str, Any]]) -> None:
    for kind, what in taken:
        getattr(twin, kind)(what)
        assert twin.facts() == twin.school.facts(), kind


# Every step goes through the database: a failing sequence is shown as it was found, not made shorter first.
ONE_DATABASE = settings(
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(taken=sequences)
@settings(ONE_DATABASE, max_examples=12, derandomize=True)
def test_every_sequence_leaves_what_the_rules_say(twin: Callable[[], Twin], taken: Any) -> None:
    walk(twin(), taken)


@given(taken=sequences)
@settings(ONE_DATABASE, max_examples=4)
def test_and_so_do_sequences_that_are_others_each_time(twin: Callable[[], Twin], taken: Any) -> None:
    walk(twin(), taken)
