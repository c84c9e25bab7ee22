"""What the catalogue's files hold, as frozen dataclasses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class WorkProcessData:
    code: str  # B1-K1-W1
    name: str


@dataclass(frozen=True, slots=True)
class CoreTaskData:
    """`own_wording`: our own words, because the qualification file's text wasn't at hand."""

    code: str  # B1-K1, or D1-K1 of an elective
    name: str
    work_processes: tuple[WorkProcessData, ...]
    own_wording: bool = False


@dataclass(frozen=True, slots=True)
class ProgrammeData:
    """`file_crebo` and `file_name`: the qualification file (dossier); empty where unknown."""

    crebo: str
    name: str
    level: int
    learning_paths: tuple[str, ...]
    cohort: int
    core_tasks: tuple[CoreTaskData, ...]
    file_crebo: str = ""
    file_name: str = ""

    @property
    def learning_path(self) -> str:
        """`BOL`, `BBL` or `BOL/BBL`."""
        return "/".join(self.learning_paths)


@dataclass(frozen=True, slots=True)
class ConditionalAssignmentData:
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class ElectiveData:
    """`hours`: studiebelastingsuren; `offered_by`: crebos of the programmes that offer it."""

    code: str
    name: str
    hours: int
    offered_by: tuple[str, ...]
    core_tasks: tuple[CoreTaskData, ...]
    conditional_assignments: tuple[ConditionalAssignmentData, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class LevelData:
    label: str
    points: int
    sufficient: bool
    description: str


@dataclass(frozen=True, slots=True)
class CriterionData:
    """`levels` in ascending order of points."""

    text: str
    work_process: str  # B1-K1-W1
    critical: bool
    levels: tuple[LevelData, ...]

    @property
    def max_points(self) -> int:
        return self.levels[-1].points


@dataclass(frozen=True, slots=True)
class ExamTaskData:
    position: int  # from 1
    title: str
    instruction: str
    duration_minutes: int
    criteria: tuple[CriterionData, ...]


@dataclass(frozen=True, slots=True)
class ExamData:
    """Belongs to a programme (crebo, with a core task) or to an elective (code): one of the two is set."""

    key: str
    version: str
    kind: str
    code: str
    title: str
    description: str
    place: str
    duration_minutes: int
    programme: str
    elective: str
    core_task: str  # empty: the whole elective
    pass_rule: Mapping[str, Any]  # the steps, as app/rules/pass_rules/ reads them
    tasks: tuple[ExamTaskData, ...]


@dataclass(frozen=True, slots=True)
class UpdateData:
    title: str
    date: date
    body: str
    title_en: str
    body_en: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Sorted: programmes by crebo, electives by code, exams by key, updates newest first."""

    programmes: tuple[ProgrammeData, ...]
    electives: tuple[ElectiveData, ...]
    exams: tuple[ExamData, ...]
    updates: tuple[UpdateData, ...]


def natural(code: str) -> tuple[tuple[str, int], ...]:
    """Sort key that puts B1-K1-W2 before B1-K1-W10."""
    return tuple((text, int(digits or -1)) for text, digits in re.findall(r"(\D*)(\d*)", code))
