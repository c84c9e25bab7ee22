"""The catalogue: programmes, electives, exams and system updates as data files; read and checked here.

`load(folder)` gives it all or raises DataFileError, which names file and field. No database: an
action puts a catalogue into a school. The files are explained in catalogue/README.md.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from app import catalogue_data, toml_file
from app.errors import RuleBroken
from app.rules import pass_rules
from app.rules.pass_rules.presets import PRESETS
from app.rules.text import N_
from app.toml_kinds import Choice
from config import ROOT

T = TypeVar("T")

KINDS = ("proeve", "werkstuk", "keuzedeelexamen")
PLACES = (N_("Beroepspraktijk"), N_("School"), N_("Examenlocatie"))
LEARNING_PATHS = ("BOL", "BBL")
ELECTIVE_KINDS = (N_("verdiepend"), N_("verbredend"), N_("doorstroom"))

CATALOGUE = ROOT / "catalogue"  # the folder of the programmes, exams and updates that come with Proeve
LONG = 10_000  # characters of an instruction or description
MAX_HOURS = 2_000  # studiebelastingsuren of an elective
MAX_MINUTES = 60 * 24 * 7 * 6  # a proeve may last six weeks (docs/sources.md)


def load(folder: Path) -> catalogue_data.Catalogue:
    """Read the whole folder. DataFileError: the first thing that is wrong, with its file and field."""
    programmes = _read_all(folder, "programmes", _programme, lambda one: one.crebo)
    electives = _read_all(folder, "electives", _elective, lambda one: one.code)
    exams = _read_all(folder, "exams", _exam, lambda one: one.key)
    _check_offers(electives, {one.crebo for one in programmes.values()})
    _check_exams(exams, programmes.values(), electives.values())
    return catalogue_data.Catalogue(
        tuple(programmes.values()), tuple(electives.values()), tuple(exams.values()), read_updates(folder)
    )


def _read_all(
    folder: Path, area: str, parse: Callable[[toml_file.TomlTable], T], key: Callable[[T], str]
) -> dict[toml_file.TomlTable, T]:
    """Read all files of an area, in natural order. A file is named after its key, so no key comes twice."""
    found = []
    for path in sorted((folder / area).glob("*.toml")):
        table = toml_file.read_toml(path, f"{area}/{path.name}")
        one = parse(table)
        table.close()
        if key(one) != path.stem:
            message = N_("%(file)s: het bestand moet %(expected)s.toml heten, naar het veld “%(where)s”.")
            name = {"programmes": "crebo", "electives": "code", "exams": "key"}[area]
            raise table.error(message, name, expected=key(one))
        found.append((table, one))
    if not found:
        raise toml_file.DataFileError(N_("%(file)s: hier staat geen enkel bestand."), file=f"{area}/")
    return dict(sorted(found, key=lambda pair: catalogue_data.natural(key(pair[1]))))


# --- one file ---------------------------------------------------------------------------------


def _programme(table: toml_file.TomlTable) -> catalogue_data.ProgrammeData:
    crebo = table.text("crebo", limit=5)
    if not re.fullmatch(r"\d{5}", crebo):
        raise table.error(N_("%(file)s: “%(where)s” moet uit vijf cijfers bestaan."), "crebo")
    return catalogue_data.ProgrammeData(
        crebo=crebo,
        name=table.text("name"),
        level=table.whole("level", 1, 4),
        learning_paths=table.texts("learning_paths", Choice(LEARNING_PATHS)),
        cohort=table.whole("cohort", 2000, 2100),
        core_tasks=_core_tasks(table),
        file_crebo=table.optional_text("file_crebo", limit=5),
        file_name=table.optional_text("file_name"),
    )


def _elective(table: toml_file.TomlTable) -> catalogue_data.ElectiveData:
    return catalogue_data.ElectiveData(
        code=table.text("code", limit=10),
        name=table.text("name"),
        hours=table.whole("hours", 1, MAX_HOURS),
        offered_by=table.texts("offered_by"),
        core_tasks=_core_tasks(table),
        conditional_assignments=tuple(_assignment(one) for one in table.tables("conditional_assignments")),
        kind=table.choice("kind", ELECTIVE_KINDS) if table.has("kind") else "",
    )


def _core_tasks(table: toml_file.TomlTable) -> tuple[catalogue_data.CoreTaskData, ...]:
    tasks = [_core_task(one) for one in table.tables("core_tasks")]
    _refuse_double(table, "core_tasks", [one.code for one in tasks])
    return tuple(sorted(tasks, key=lambda one: catalogue_data.natural(one.code)))


def _core_task(table: toml_file.TomlTable) -> catalogue_data.CoreTaskData:
    code = table.text("code", limit=20)
    processes = [_work_process(one, code) for one in table.tables("work_processes")]
    _refuse_double(table, "work_processes", [one.code for one in processes])
    task = catalogue_data.CoreTaskData(
        code=code,
        name=table.text("name"),
        work_processes=tuple(sorted(processes, key=lambda one: catalogue_data.natural(one.code))),
        own_wording=table.flag("own_wording"),
    )
    table.close()
    return task


def _work_process(table: toml_file.TomlTable, core_task: str) -> catalogue_data.WorkProcessData:
    process = catalogue_data.WorkProcessData(table.text("code", limit=30), table.text("name"))
    if not process.code.startswith(f"{core_task}-W"):
        message = N_("%(file)s: “%(where)s” hoort niet bij kerntaak %(core_task)s.")
        raise table.error(message, "code", core_task=core_task)
    table.close()
    return process


def _assignment(table: toml_file.TomlTable) -> catalogue_data.ConditionalAssignmentData:
    assignment = catalogue_data.ConditionalAssignmentData(
        table.text("title"), table.text("description", limit=LONG, lines=True)
    )
    table.close()
    return assignment


def _exam(table: toml_file.TomlTable) -> catalogue_data.ExamData:
    tasks = [_exam_task(one, position) for position, one in enumerate(table.tables("tasks"), 1)]
    exam = catalogue_data.ExamData(
        key=table.text("key", limit=60),
        version=table.text("version", limit=20),
        kind=table.choice("kind", KINDS),
        code=table.text("code", limit=40),
        title=table.text("title"),
        description=table.text("description", limit=LONG, lines=True),
        place=table.choice("place", PLACES),
        duration_minutes=table.whole("duration_minutes", 1, MAX_MINUTES),
        programme=table.optional_text("programme", limit=5),
        elective=table.optional_text("elective", limit=10),
        core_task=table.optional_text("core_task", limit=20),
        pass_rule=_pass_rule(table.table("pass_rule"), tasks),
        tasks=tuple(tasks),
    )
    _refuse_double(table, "tasks", [one.title for one in tasks])
    if exam.duration_minutes < sum(one.duration_minutes for one in tasks):
        message = N_("%(file)s: “%(where)s” is korter dan de opdrachten samen.")
        raise table.error(message, "duration_minutes")
    return exam


def _exam_task(table: toml_file.TomlTable, position: int) -> catalogue_data.ExamTaskData:
    if table.whole("position", 1, 99) != position:
        message = N_("%(file)s: “%(where)s” moet %(position)s zijn: de opdrachten staan op volgorde.")
        raise table.error(message, "position", position=position)
    task = catalogue_data.ExamTaskData(
        position=position,
        title=table.text("title"),
        instruction=table.text("instruction", limit=LONG, lines=True),
        duration_minutes=table.whole("duration_minutes", 1, MAX_MINUTES),
        criteria=tuple(_criterion(one) for one in table.tables("criteria")),
    )
    _refuse_double(table, "criteria", [one.text for one in task.criteria])
    table.close()
    return task


def _criterion(table: toml_file.TomlTable) -> catalogue_data.CriterionData:
    levels = tuple(_level(one) for one in table.tables("levels"))
    points = [one.points for one in levels]
    if len(levels) < 2 or any(low >= high for low, high in pairwise(points)):
        message = N_("%(file)s: “%(where)s” moet ten minste twee niveaus hebben, met oplopende punten.")
        raise table.error(message, "levels")
    _refuse_double(table, "levels", [one.label for one in levels])
    criterion = catalogue_data.CriterionData(
        text=table.text("text", limit=LONG, lines=True),
        work_process=table.text("work_process", limit=30),
        critical=table.flag("critical"),
        levels=levels,
    )
    table.close()
    return criterion


def _level(table: toml_file.TomlTable) -> catalogue_data.LevelData:
    label = table.text("label", limit=40)
    level = catalogue_data.LevelData(
        label=label,
        points=table.whole("points", 0, 100),
        sufficient=table.flag("sufficient", default=pass_rules.sufficient_by_label(label)),
        description=table.text("description", limit=LONG, lines=True),
    )
    table.close()
    return level


def _pass_rule(table: toml_file.TomlTable, tasks: Iterable[catalogue_data.ExamTaskData]) -> Mapping[str, Any]:
    """The rule as data: its own steps, or those of a preset."""
    own = not table.has("preset")
    data = table.rest() if own else _preset(table)
    try:
        pass_rules.checked(data, criterion_facts(tasks))
    except RuleBroken as error:
        message = N_("%(file)s: “%(where)s” klopt niet. %(problem)s")
        place = error.field if own else "parameters"
        if not place:
            raise table.file.error(message, table.where, problem=str(error)) from error
        raise table.error(message, place, problem=str(error)) from error
    return data


def _preset(table: toml_file.TomlTable) -> Mapping[str, Any]:
    name = table.choice("preset", PRESETS)
    parameters = table.optional_table("parameters").rest()
    table.close()
    try:
        return pass_rules.preset(name, parameters)
    except RuleBroken as error:
        message = N_("%(file)s: “%(where)s” klopt niet. %(problem)s")
        raise table.error(message, "parameters", problem=str(error)) from error


def criterion_facts(tasks: Iterable[catalogue_data.ExamTaskData]) -> pass_rules.Criteria:
    """The criteria as a pass rule reads them."""
    return [
        pass_rules.Criterion(
            key=f"{task.position}.{number}",
            task=str(task.position),
            work_process=one.work_process,
            critical=one.critical,
            levels=tuple(pass_rules.Level(lv.label, lv.points, lv.sufficient) for lv in one.levels),
        )
        for task in tasks
        for number, one in enumerate(task.criteria, 1)
    ]


def read_updates(folder: Path) -> tuple[catalogue_data.UpdateData, ...]:
    """The updates alone, newest first. DataFileError: what is wrong in their file."""
    file = toml_file.read_toml(folder / "updates.toml", "updates.toml")
    updates = [_update(one) for one in file.tables("updates")]
    _refuse_double(file, "updates", [f"{one.date} {one.title}" for one in updates])
    file.close()
    return tuple(sorted(updates, key=lambda one: one.date, reverse=True))


def _update(table: toml_file.TomlTable) -> catalogue_data.UpdateData:
    update = catalogue_data.UpdateData(
        title=table.text("title"),
        date=table.day("date"),
        body=table.text("body", limit=LONG, lines=True),
        title_en=table.text("title_en"),
        body_en=table.text("body_en", limit=LONG, lines=True),
    )
    table.close()
    return update


def _refuse_double(table: toml_file.TomlTable, name: str, values: list[str]) -> None:
    double = next((one for one in values if values.count(one) > 1), None)
    if double is not None:
        message = N_("%(file)s: “%(where)s” bevat “%(value)s” dubbel.")
        raise table.error(message, name, value=double)


# --- what files say about each other ----------------------------------------------------------


def _check_offers(
    electives: Mapping[toml_file.TomlTable, catalogue_data.ElectiveData], crebos: set[str]
) -> None:
    for table, elective in electives.items():
        for number, crebo in enumerate(elective.offered_by, 1):
            if crebo not in crebos:
                message = N_("%(file)s: “%(where)s”: opleiding %(crebo)s staat niet in de catalogus.")
                raise table.error(message, f"offered_by[{number}]", crebo=crebo)


def _check_exams(
    exams: Mapping[toml_file.TomlTable, catalogue_data.ExamData],
    programmes: Iterable[catalogue_data.ProgrammeData],
    electives: Iterable[catalogue_data.ElectiveData],
) -> None:
    by_crebo = {one.crebo: one.core_tasks for one in programmes}
    by_code = {one.code: one.core_tasks for one in electives}
    for table, exam in exams.items():
        _check_owner(table, exam, by_crebo, by_code)
        core_tasks = by_crebo[exam.programme] if exam.programme else by_code[exam.elective]
        _check_work_processes(table, exam, core_tasks)


def _check_owner(
    table: toml_file.TomlTable,
    exam: catalogue_data.ExamData,
    by_crebo: Mapping[str, Any],
    by_code: Mapping[str, Any],
) -> None:
    """An exam has one owner, which exists. Only the exam of an elective is a keuzedeelexamen."""
    if bool(exam.programme) == bool(exam.elective):
        message = N_("%(file)s: noem bij “%(where)s” een opleiding of een keuzedeel.")
        raise table.error(message, "programme")
    field, known = ("programme", by_crebo) if exam.programme else ("elective", by_code)
    if (exam.programme or exam.elective) not in known:
        raise table.error(N_("%(file)s: “%(where)s” staat niet in de catalogus."), field)
    if bool(exam.elective) != (exam.kind == "keuzedeelexamen"):
        raise table.error(N_("%(file)s: “%(where)s” past niet bij een opleiding of keuzedeel."), "kind")


def _check_work_processes(
    table: toml_file.TomlTable,
    exam: catalogue_data.ExamData,
    core_tasks: Iterable[catalogue_data.CoreTaskData],
) -> None:
    """Criteria stay within the exam's core task, or within the elective when none is named."""
    wanted = [one for one in core_tasks if exam.core_task in ("", one.code)]
    if not wanted or (exam.programme and not exam.core_task):
        message = N_("%(file)s: “%(where)s” noemt geen kerntaak van deze opleiding.")
        raise table.error(message, "core_task")
    codes = {process.code for core_task in wanted for process in core_task.work_processes}
    for task in exam.tasks:
        for number, criterion in enumerate(task.criteria, 1):
            if criterion.work_process not in codes:
                where = f"tasks[{task.position}].criteria[{number}].work_process"
                message = N_("%(file)s: “%(where)s”: %(value)s hoort niet bij dit examen.")
                raise table.error(message, where, value=criterion.work_process)
