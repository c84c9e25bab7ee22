"""The rules of importing and undoing on plain Python objects: what the database must come to.

A row's `stamp` is another one after every change and the earlier one again after an undo; so "touched since"
needs no version numbers here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

stamps = itertools.count(1)


@dataclass(eq=False)
class Student:
    number: str
    name: str
    stamp: int = field(default_factory=lambda: next(stamps))
    users: set[str] = field(default_factory=set)
    programmes: dict[str, object] = field(default_factory=dict)  # name -> who coupled it: a run, or None
    groups: dict[Group, object] = field(default_factory=dict)  # group -> who put the student in it
    exams: set[str] = field(default_factory=set)  # programmes of which an exam is registered
    taken_out: int = 0  # when somebody last took this student out of a group by hand


@dataclass(eq=False)
class Group:
    name: str
    location: str = ""
    stamp: int = field(default_factory=lambda: next(stamps))


@dataclass(eq=False)
class Run:
    kind: str
    at: int = field(default_factory=lambda: next(stamps))
    undone: bool = False
    new: dict[Student, tuple[int, Group | None]] = field(default_factory=dict)  # stamp after, its group
    changed: dict[Student, tuple[int, int, str, set[str]]] = field(
        default_factory=dict
    )  # before, after, name
    enrolled: list[tuple[Student, str]] = field(default_factory=list)
    joined: list[tuple[Student, Group]] = field(default_factory=list)
    new_groups: dict[Group, int] = field(default_factory=dict)
    changed_groups: dict[Group, tuple[int, int, str]] = field(default_factory=dict)

    @property
    def wrote(self) -> bool:
        return any((self.new, self.changed, self.enrolled, self.joined, self.new_groups, self.changed_groups))


class School:
    def __init__(self) -> None:
        self.students: dict[str, Student] = {}
        self.groups: dict[str, Group] = {}

    # -- importing

    def import_students(self, rows: Iterable[tuple[str, str, str, str, str]]) -> Run:
        """(number, name, programme, group, user); an empty cell changes nothing, a new student has a name."""
        run = Run("students")
        good = [row for row in rows if row[1] or row[0] in self.students]
        for group in sorted({row[3] for row in good if row[3]} - set(self.groups)):
            self.groups[group] = Group(group)
            run.new_groups[self.groups[group]] = self.groups[group].stamp
        for row in good:
            self._import_student(run, row)
        return run

    def _import_student(self, run: Run, row: tuple[str, str, str, str, str]) -> None:
        number, name, programme, group_name, user = row
        student, group = self.students.get(number), self.groups.get(group_name)
        if student is None:
            student = self.students[number] = Student(number, name)
            student.users |= {user} - {""}
            run.new[student] = (student.stamp, group)
        else:
            added = {user} - {""} - student.users
            if (name and name != student.name) or added:
                before, old = student.stamp, student.name
                student.name, student.stamp = name or old, next(stamps)
                student.users |= added
                run.changed[student] = (before, student.stamp, old, added)
        if programme and programme not in student.programmes:
            student.programmes[programme] = run
            if student not in run.new:
                run.enrolled.append((student, programme))
        if group and group not in student.groups:
            student.groups[group] = run
            if student not in run.new:
                run.joined.append((student, group))

    def import_groups(self, rows: Iterable[tuple[str, str, str]]) -> Run:
        """(group, location, number of a student or nothing); who is not there makes the row refused."""
        run = Run("groups")
        for name, location, number in rows:
            if number and number not in self.students:
                continue
            group = self.groups.get(name)
            if group is None:
                group = self.groups[name] = Group(name, location)
                run.new_groups[group] = group.stamp
            elif location and location != group.location:
                before, old = group.stamp, group.location
                group.location, group.stamp = location, next(stamps)
                run.changed_groups[group] = (before, group.stamp, old)
            if number and group not in self.students[number].groups:
                self.students[number].groups[group] = run
                run.joined.append((self.students[number], group))
        return run

    # -- undoing

    def undo(self, run: Run) -> str:
        """ "written", "nothing" (it stays as it was), or why it is refused: "undone", "empty"."""
        if run.undone or not run.wrote:
            return "undone" if run.undone else "empty"
        done = [self._undo_new(run), self._undo_changed(run), self._undo_given(run)]
        done += [self._undo_new_groups(run), self._undo_changed_groups(run)]
        run.undone = any(done)
        return "written" if run.undone else "nothing"

    def _there(self, student: Student) -> bool:
        return self.students.get(student.number) is student

    def _undo_new(self, run: Run) -> bool:
        gone = [
            student
            for student, (stamp, group) in run.new.items()
            if self._there(student)
            and student.stamp == stamp
            and not student.exams
            and set(student.programmes.values()) <= {run}
            and set(student.groups) <= {group}
        ]
        for student in gone:
            del self.students[student.number]
        return bool(gone)

    def _undo_changed(self, run: Run) -> bool:
        back = False
        for student, (before, after, name, users) in run.changed.items():
            if self._there(student) and student.stamp == after:
                student.name, student.stamp, back = name, before, True
                student.users -= users
        return back

    def _undo_given(self, run: Run) -> bool:
        back = False
        for student, programme in run.enrolled:
            own = self._there(student) and student.programmes.get(programme) is run
            if own and programme not in student.exams:
                del student.programmes[programme]
                back = True
        for student, group in run.joined:
            if self._there(student) and student.groups.get(group) is run and student.taken_out < run.at:
                del student.groups[group]
                back = True
        return back

    def _undo_new_groups(self, run: Run) -> bool:
        gone = [
            group
            for group, stamp in run.new_groups.items()
            if self.groups.get(group.name) is group and group.stamp == stamp and not self._members(group)
        ]
        for group in gone:
            del self.groups[group.name]
        return bool(gone)

    def _undo_changed_groups(self, run: Run) -> bool:
        back = False
        for group, (before, after, location) in run.changed_groups.items():
            if self.groups.get(group.name) is group and group.stamp == after:
                group.location, group.stamp, back = location, before, True
        return back

    def _members(self, group: Group) -> list[Student]:
        return [student for student in self.students.values() if group in student.groups]

    # -- what it all comes to

    def facts(self) -> dict[str, Any]:
        return {
            "students": {
                one.number: (
                    one.name,
                    sorted(one.programmes),
                    sorted(g.name for g in one.groups),
                    sorted(one.users),
                )
                for one in self.students.values()
            },
            "groups": {group.name: group.location for group in self.groups.values()},
        }
