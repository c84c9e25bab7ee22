"""The catalogue that ships is whole, and a broken file is named with its field."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from app.catalogue import criterion_facts, load
from app.catalogue_data import Catalogue, CriterionData, ExamData, natural
from app.rules.pass_rules import checked, decide
from app.rules.pass_rules.facts import all_highest, all_lowest
from app.toml_file import DataFileError, TomlFile, TomlTable, read_toml

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "catalogue"


def test_the_six_programmes_have_their_public_codes_and_names(catalogue: Catalogue):
    facts = {
        one.crebo: (one.name, one.level, one.learning_path, one.file_crebo) for one in catalogue.programmes
    }
    assert facts == {
        "25168": ("Gastheer/-vrouw", 2, "BOL", "23081"),
        "25656": ("Verzorgende-IG", 3, "BOL", "23268"),
        "25696": ("Pedagogisch medewerker kinderopvang", 3, "BOL", "23285"),
        "25731": ("Dierenartsassistent paraveterinair", 4, "BOL/BBL", ""),
        "25748": ("Assistent verkoop-retail", 1, "BOL/BBL", ""),
        "25998": ("Software developer", 4, "BOL", "23399"),
    }


def test_every_programme_has_all_its_core_tasks_and_work_processes(catalogue: Catalogue):
    sizes = {
        one.crebo: {task.code: len(task.work_processes) for task in one.core_tasks}
        for one in catalogue.programmes
    }
    assert sizes == {
        "25168": {"B1-K1": 10, "B1-K2": 3},
        "25656": {"B1-K1": 8, "B1-K2": 3},
        "25696": {"B1-K1": 7, "B1-K2": 2, "P1-K1": 6},
        "25731": {"B1-K1": 3, "P5-K1": 4, "P5-K2": 5},
        "25748": {"B1-K1": 3, "P5-K1": 3, "P5-K2": 3},
        "25998": {"B1-K1": 5, "B1-K2": 3},
    }


def test_work_processes_stand_in_natural_order(catalogue: Catalogue):
    host = next(one for one in catalogue.programmes if one.crebo == "25168")
    codes = [process.code for process in host.core_tasks[0].work_processes]
    assert codes == [f"B1-K1-W{number}" for number in range(1, 11)]
    assert natural("B1-K1-W2") < natural("B1-K1-W10") < natural("B1-K2-W1") < natural("P1-K1-W1")


def test_the_electives_have_their_public_codes_and_hours(catalogue: Catalogue):
    assert {one.code: one.hours for one in catalogue.electives} == {
        "K0067": 240,
        "K0137": 480,
        "K0186": 240,
        "K0226": 240,
        "K0262": 240,
        "K0788": 240,
        "K1145": 240,
    }


def test_every_elective_has_conditional_assignments_and_says_which_words_are_our_own(catalogue: Catalogue):
    for elective in catalogue.electives:
        assert 2 <= len(elective.conditional_assignments) <= 3, elective.code
        own = {task.code for task in elective.core_tasks if task.own_wording}
        assert own == ({"D1-K2"} if elective.code == "K0262" else {"D1-K1"})


def test_three_programmes_have_a_whole_exam_with_four_tasks(catalogue: Catalogue):
    four = {exam.programme for exam in catalogue.exams if exam.kind == "proeve" and len(exam.tasks) == 4}
    assert four >= {"25168", "25656", "25998"}


def test_every_kind_scale_and_programme_is_there(catalogue: Catalogue):
    assert {exam.kind for exam in catalogue.exams} == {"proeve", "werkstuk", "keuzedeelexamen"}
    assert {exam.pass_rule["scale"] for exam in catalogue.exams} == {"mark", "grade"}
    assert {exam.programme for exam in catalogue.exams} - {""} == {one.crebo for one in catalogue.programmes}


def test_every_exam_is_complete(exam: ExamData):
    assert len(exam.tasks) >= 2
    assert sum(len(task.criteria) for task in exam.tasks) >= 6
    assert exam.duration_minutes == sum(task.duration_minutes for task in exam.tasks)
    for task in exam.tasks:
        assert 2 <= task.instruction.count(". ") + 1 <= 4, task.title
        assert all(one.levels[0].points == 0 for one in task.criteria)
    assert any(one.critical for one in criteria(exam))


def test_the_exam_of_a_core_task_covers_all_its_work_processes(exam: ExamData, catalogue: Catalogue):
    owners = {one.crebo: one.core_tasks for one in catalogue.programmes}
    owners |= {one.code: one.core_tasks for one in catalogue.electives}
    wanted = {
        process.code
        for task in owners[exam.programme or exam.elective]
        if exam.core_task in {"", task.code}
        for process in task.work_processes
    }
    assert {one.work_process for one in criteria(exam)} == wanted


def test_no_text_is_used_twice(catalogue: Catalogue):
    texts = [
        text
        for exam in catalogue.exams
        for one in criteria(exam)
        for text in (one.text, *(level.description for level in one.levels))
    ]
    assert [text for text, times in Counter(texts).items() if times > 1] == []
    assert all(text[0].isupper() and text.endswith(".") for text in texts)


def test_the_pass_rule_lets_the_best_pass_as_good_and_the_worst_fail(exam: ExamData):
    facts = criterion_facts(exam.tasks)
    rule = checked(exam.pass_rule, facts)
    best = decide(rule, facts, all_highest(facts))
    assert best.grade == ("V" if exam.key == "k0262-keuzedeelexamen" else "G")
    assert not decide(rule, facts, all_lowest(facts)).passed


def test_one_failed_critical_criterion_fails_every_exam(exam: ExamData):
    facts = criterion_facts(exam.tasks)
    rule = checked(exam.pass_rule, facts)
    for one in facts:
        if one.critical:
            highest_fail = [level for level in one.levels if not level.sufficient][-1]
            scores = {**all_highest(facts), one.key: highest_fail}
            assert not decide(rule, facts, scores).passed, one.key


def test_updates_are_newest_first_and_in_two_languages(catalogue: Catalogue):
    days = [one.date for one in catalogue.updates]
    assert len(days) >= 4
    assert days == sorted(days, reverse=True)
    assert days[0].isoformat() == "2026-11-24"
    assert all(one.body != one.body_en and one.title != one.title_en for one in catalogue.updates)


BROKEN = [
    # file, text in it, what it becomes, field that the error names, its line
    ("programmes/25656.toml", 'name = "Verzorgende-IG"\n', "", "name", 1),
    ("programmes/25656.toml", 'crebo = "25656"', "crebo = 25656", "crebo", 1),
    ("programmes/25656.toml", 'crebo = "25656"', 'crebo = "2565"', "crebo", 1),
    ("programmes/25656.toml", 'crebo = "25656"', 'crebo = "25657"', "crebo", 1),
    ("programmes/25656.toml", "level = 3", "level = 5", "level", 3),
    ("programmes/25656.toml", "level = 3", "level = true", "level", 3),
    ("programmes/25656.toml", "level = 3", "level = 3\nlevle = 3", "levle", 4),
    ("programmes/25656.toml", '["BOL"]', '["BOL", "BOL"]', "learning_paths", 4),
    ("programmes/25656.toml", '["BOL"]', '["BLO"]', "learning_paths[1]", 4),
    ("programmes/25656.toml", "B1-K1-W2", "B1-K1-W1", "core_tasks[1].work_processes", 11),
    ("programmes/25656.toml", "B1-K2-W1", "B1-K1-W1", "core_tasks[2].work_processes[1].code", 26),
    ("electives/K0788.toml", '["25998"]', '["25998", "11111"]', "offered_by[2]", 4),
    ("electives/K0788.toml", "hours = 240", "hours = 240.0", "hours", 3),
    ("electives/K0788.toml", "own_wording = true", 'own_wording = "ja"', "core_tasks[1].own_wording", 9),
    ("exams/k0788-keuzedeelexamen.toml", '"K0788"', '"K9999"', "elective", 6),
    ("exams/k0788-keuzedeelexamen.toml", 'kind = "keuzedeelexamen"', 'kind = "proeve"', "kind", 3),
    ("exams/k0788-keuzedeelexamen.toml", 'elective = "K0788"', "", "programme", 1),
    ("exams/25656-b1-k1-pvb.toml", 'core_task = "B1-K1"', "", "core_task", 1),
    ("exams/25656-b1-k1-pvb.toml", '"B1-K1-W7"', '"B1-K2-W1"', "tasks[1].criteria[5].work_process", 63),
    ("exams/25656-b1-k1-pvb.toml", "points = 1,", "points = 0,", "tasks[1].criteria[1].levels", 28),
    ("exams/25656-b1-k1-pvb.toml", "good_from = 28", "good_from = 37", "pass_rule.parameters", 15),
    ("exams/25656-b1-k1-pvb.toml", "good_from = 28", "good_form = 28", "pass_rule.parameters", 15),
    ("exams/25656-b1-k1-pvb.toml", '"consortium"', '"consorteum"', "pass_rule.preset", 13),
    ("exams/25998-b1-k1-pvb.toml", 'take = "mean"', 'take = "average"', "pass_rule.step[2].take", 23),
    ("exams/25998-b1-k1-pvb.toml", 'cesuur = "50%"', 'cesuur = "100%"', "pass_rule.step[1].cesuur", 19),
    ("exams/25998-b1-k1-pvb.toml", 'each = "5.5"', 'eech = "5.5"', "pass_rule.step[2].eech", 24),
    ("exams/25998-b1-k1-pvb.toml", 'each = "5.5"', 'each = "1.0"', "pass_rule.step[2].each", 24),
    ("exams/25998-b1-k1-pvb.toml", 'scale = "mark"\n', "", "pass_rule.scale", 12),
    ("exams/25998-b1-k1-pvb.toml", "nt = false", "nt = 0", "tasks[1].criteria[1].levels[2].sufficient", 39),
    ("exams/25656-b1-k1-pvb.toml", "duration_minutes = 450", "duration_minutes = 449", "duration_minutes", 9),
    ("exams/25656-b1-k1-pvb.toml", "position = 2", "position = 3", "tasks[2].position", 71),
    ("updates.toml", "date = 2026-11-24", 'date = "24-11-2026"', "updates[1].date", 4),
]


@pytest.mark.parametrize(("file", "old", "new", "place"), [(*row[:3], row[3:]) for row in BROKEN])
def test_a_broken_file_is_named_with_its_field_and_line(
    copy: Path, file: str, old: str, new: str, place: tuple[str, int]
):
    where, line = place
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataFileError) as refused:
        load(copy)
    assert (refused.value.file, refused.value.where) == (file, where)
    assert str(refused.value).startswith(f"{file}, regel {line}: ")
    assert where in str(refused.value)


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe\x00", b"name = 1\nname = 2\n"])
def test_a_file_that_is_no_toml_is_named(copy: Path, content: bytes):
    (copy / "exams" / "x.toml").write_bytes(content)
    with pytest.raises(DataFileError, match=r"exams/x\.toml"):
        load(copy)


@pytest.mark.parametrize("missing", ["programmes", "electives", "exams"])
def test_an_empty_folder_is_refused(copy: Path, missing: str):
    shutil.rmtree(copy / missing)
    with pytest.raises(DataFileError, match=missing):
        load(copy)


def test_updates_must_be_there(copy: Path):
    (copy / "updates.toml").unlink()
    with pytest.raises(DataFileError, match=r"updates\.toml"):
        load(copy)


@pytest.mark.parametrize("value", [1, [], {"a": 1}, ["x"], [{"a": 1}, "x"]])
def test_a_list_of_tables_is_nothing_else(value: object):
    with pytest.raises(DataFileError, match="tasks"):
        TomlTable({"tasks": value}, TomlFile("f.toml")).tables("tasks")


def test_a_text_has_a_limit_and_is_not_blank():
    table = TomlTable({"name": " ", "title": "x" * 201}, TomlFile("f.toml"))
    for field in ("name", "title"):
        with pytest.raises(DataFileError, match=field):
            table.text(field)


def test_the_demo_schools_file_is_a_demo_with_a_readable_accent_and_a_plain_logo():
    folder = ROOT / "schools" / "demo"
    school = read_toml(folder / "school.toml", "school.toml").rest()
    assert school["demo"] is True
    assert school["exams"]["max_attempts"] == 2
    assert school["supplier"]["email"].endswith("@example.nl")
    assert contrast_with_white(school["accent"]) >= 4.5
    logo = (folder / school["logo"]).read_text(encoding="utf-8")
    assert not any(part in logo for part in ("style=", "<style", "<script", "http://www.w3.org/1999/xlink"))


def contrast_with_white(colour: str) -> float:
    """WCAG 2.2 contrast ratio of #rrggbb against white."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def criteria(exam: ExamData) -> list[CriterionData]:
    return [one for task in exam.tasks for one in task.criteria]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(FOLDER)


@pytest.fixture(params=sorted(path.stem for path in (FOLDER / "exams").glob("*.toml")))
def exam(request: pytest.FixtureRequest, catalogue: Catalogue) -> ExamData:
    return next(one for one in catalogue.exams if one.key == request.param)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(FOLDER, tmp_path / "catalogue")
