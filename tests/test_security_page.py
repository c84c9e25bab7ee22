"""docs/security.md says what is there: every test that it names exists, every item has one or a reason.

The numbers of OWASP ASVS 5.0.0 stand here as section -> last number, levels 1 and 2, as released.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "security.md"
WORDS = ("document", "not here", "deviation", "open")
SHORTEST_REASON = 15  # characters
# Level 1 and 2: section -> the numbers in it that are not of level 3.
SECTIONS = {
    "1.1": 2,
    "1.2": 9,
    "1.3": 11,
    "1.4": 3,
    "1.5": 2,
    "2.1": 3,
    "2.2": 3,
    "2.3": 4,
    "2.4": 1,
    "3.2": 2,
    "3.3": 4,
    "3.4": 6,
    "3.5": 5,
    "3.7": 2,
    "4.1": 3,
    "4.2": 1,
    "4.3": 2,
    "4.4": 4,
    "5.1": 1,
    "5.2": 3,
    "5.3": 2,
    "5.4": 3,
    "6.1": 3,
    "6.2": 12,
    "6.3": 4,
    "6.4": 4,
    "6.5": 5,
    "6.6": 3,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 2,
    "7.6": 2,
    "8.1": 2,
    "8.2": 3,
    "8.3": 1,
    "8.4": 1,
    "11.1": 2,
    "11.2": 3,
    "11.3": 3,
    "11.4": 4,
    "11.5": 1,
    "11.6": 1,
    "12.1": 3,
    "12.2": 2,
    "12.3": 4,
    "13.1": 1,
    "13.2": 5,
    "13.3": 2,
    "13.4": 5,
    "14.1": 2,
    "14.2": 4,
    "14.3": 3,
    "15.1": 3,
    "15.2": 3,
    "15.3": 7,
    "16.1": 1,
    "16.2": 5,
    "16.3": 4,
    "16.4": 3,
    "16.5": 3,
}
KNOWN = {f"{section}.{number}" for section, last in SECTIONS.items() for number in range(1, last + 1)}
# Of level 3, what the page speaks of.
LEVEL_3 = {"1.2.10", "3.4.8", "3.5.8", "4.1.4", "6.3.6", "6.3.7", "6.3.8", "6.4.6", "14.2.7", "16.5.4"}
ROW = re.compile(r"^\| (\d+\.\d+\.\d+(?:, \d+\.\d+\.\d+)*) \|(.*)\|(.*)\|(.*)\|$", re.M)
TEST = re.compile(r"`(?:tests/)?((?:\w+/)*test_\w+\.py)(?:::([\w:]+))?`")
REASON = re.compile(rf"^\*\*({'|'.join(WORDS)})\*\*: (.*)")


def rows(text: str) -> list[tuple[list[str], str]]:
    """(numbers, last column) of every line of the tables."""
    return [(found[1].split(", "), found[4].strip()) for found in ROW.finditer(text)]


@cache
def names_in(path: Path) -> frozenset[str]:
    """Test functions, classes, and functions in classes as Class::name."""
    tree, names = ast.parse(path.read_text()), set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return frozenset(names)


def faults(text: str) -> list[str]:
    """What is wrong in the tables, and every test that stands anywhere on the page and is not there."""
    wrong = []
    for file, name in TEST.findall(text):
        path = TESTS / file
        if not path.is_file() or (name and name not in names_in(path)):
            wrong.append(f"no test {file}::{name}")
    for numbers, last in rows(text):
        tests = TEST.findall(last)
        reason = REASON.match(last)
        if not tests and (reason is None or len(reason[2]) < SHORTEST_REASON):
            wrong.append(f"{numbers[0]}: neither a test nor a reason")
    return wrong


def test_every_item_has_a_test_that_exists_or_a_reason() -> None:
    assert faults(PAGE.read_text()) == []


def test_no_number_is_invented_and_none_stands_twice() -> None:
    numbers = [number for row, _last in rows(PAGE.read_text()) for number in row]
    assert set(numbers) - KNOWN - LEVEL_3 == set()
    assert sorted(numbers) == sorted(set(numbers))


@pytest.mark.parametrize("chapter", ["6", "7", "8"])
def test_authentication_sessions_and_authorization_are_there_item_by_item(chapter: str) -> None:
    numbers = {number for row, _last in rows(PAGE.read_text()) for number in row}
    assert {one for one in KNOWN if one.startswith(f"{chapter}.")} - numbers == set()


def test_what_is_open_is_named_at_the_top() -> None:
    text = PAGE.read_text()
    told = re.search(r"\*\*Open now:\*\* ([^\n]*(?:\n[^\n]+)*)", text)
    assert told is not None
    named = set(re.findall(r"\d+\.\d+\.\d+", told[1]))
    assert named == {n for row, last in rows(text) if last.startswith("**open**") for n in row}


def test_the_pages_that_it_leans_on_are_there() -> None:
    text = PAGE.read_text()
    for page in ("running.md", "components.md"):
        headings = (PAGE.parent / page).read_text()
        for heading in set(re.findall(rf'{re.escape(page)}\)?, "([^"]+)"', text)):
            assert f"## {heading}" in headings, (page, heading)
    for path in set(re.findall(r"`(app/[\w/]+\.py|config\.py)`", text)):
        assert (PAGE.parent.parent / path).is_file(), path


@pytest.mark.parametrize(
    "last", ["", "`test_nowhere.py`", "`test_never.py::test_of_a_dream`", "**open**: soon", "well known"]
)
def test_the_check_sees_a_line_without_proof(last: str) -> None:
    assert faults(f"| 6.2.1 | asks | does | {last} |")
    assert rows("| 6.2.1, 6.2.2 | a | b | c |") == [(["6.2.1", "6.2.2"], "c")]
