"""What the logbook calls the details of an entry: by the action that wrote it, or as all actions do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from app.actions.base.action import REGISTRY, own_word
from app.actions.base.trail import record
from app.entities.engine import transaction
from app.pages.trail.words import FIELDS
from app.permissions import SYSTEM
from tests.support.visitor import Visitor


def test_the_word_of_an_action_is_for_its_own_entries_alone(visit: Callable[..., Visitor]) -> None:
    with transaction():
        record(SYSTEM, "fix_row", "ImportRun", [], {"row": "13", "file": "a.xlsx"})
        record(SYSTEM, "choose_columns", "ImportRun", [], {"row": "14"})
    page = visit("administrator").get("/logboek/").text
    assert "Rij: 13; Bestand: a.xlsx" in page
    assert "row: 14" in page


def test_an_action_that_is_gone_has_no_words(visit: Callable[..., Visitor]) -> None:
    assert own_word("planted", "row") == ""


def test_two_things_in_a_list_are_no_old_and_new(visit: Callable[..., Visitor]) -> None:
    with transaction():
        record(SYSTEM, "add_to_groups", "Student", [], {"groups": ["VZ-1A", "VZ-1B"]})
        record(SYSTEM, "show_columns", "User", [], {"columns": [["Naam"], ["Naam", "Geslacht"]]})
    page = visit("administrator").get("/logboek/").text
    assert "Studentgroepen: VZ-1A; VZ-1B" in page
    assert "Kolommen: Naam → Naam, Geslacht" in page


def test_a_word_stands_with_its_action_or_in_the_list_of_all() -> None:
    own = Counter(detail for act in REGISTRY.values() for detail in act.words)
    assert own, "no action has words of its own"
    assert [detail for detail, count in own.items() if count > 1 or detail in FIELDS] == []


def test_a_field_of_the_school_is_told_whole_whatever_its_name(visit: Callable[..., Visitor]) -> None:
    """Of a remark the trail keeps no text; a field that is called so has one."""
    with transaction():
        record(SYSTEM, "change_student", "Student", [], {"extra_remark": ["oud", "nieuw"]})
        record(SYSTEM, "save_scores", "Assessment", [], {"1.3 remark": [False, True]})
        record(SYSTEM, "planted", "Student", [], {"way": ["app"]})
    page = visit("administrator").get("/logboek/").text
    assert "extra_remark: oud → nieuw" in page
    assert "Opmerking bij 1.3: toegevoegd" in page
