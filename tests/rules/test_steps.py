"""Forward by actions, back only with a reason; definitive only by the accountable school examiner."""

import pytest

from app.errors import RuleBroken
from app.rules import steps as states


def test_planning_goes_away_only_before_anything_was_scored():
    assert states.why_not_remove_planning(scored=False, definitive=False) is None
    assert "ingevuld" in str(states.why_not_remove_planning(scored=True, definitive=False))
    assert "definitief" in str(states.why_not_remove_planning(scored=True, definitive=True))


def definitive(**changed):
    facts = {
        "accountable": True,
        "role": "school_examiner",
        "missing": (),
        "already_definitive": False,
        **changed,
    }
    return states.why_not_definitive(**facts)


def test_the_accountable_school_examiner_makes_a_complete_assessment_definitive():
    assert definitive() is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"role": "company_examiner"}, "Alleen de schoolexaminator"),
        ({"role": "company_examiner", "accountable": False}, "Alleen de schoolexaminator"),
        ({"accountable": False}, "Alleen de schoolexaminator"),
        ({"role": "administrator"}, "Alleen de schoolexaminator"),
        ({"already_definitive": True}, "al definitief"),
        ({"missing": ["1.1 Plant", "1.2 Voert uit", "2.1 Legt vast"]}, "nog 3 criteria"),
        ({"missing": ["1.1 Plant", "1.2 Voert uit"]}, "Vul eerst in: 1.1 Plant; 1.2 Voert uit"),
        ({"missing": ["2.1 Legt vast"]}, "nog 1 criterium niet beoordeeld. Vul eerst in: 2.1 Legt vast"),
    ],
)
def test_nobody_else_and_nothing_incomplete(changed, why):
    assert why in str(definitive(**changed))


def test_scores_are_for_the_assigned_until_it_is_definitive():
    assert states.why_not_score(assigned=True, definitive=False) is None
    assert "geen examinator" in str(states.why_not_score(assigned=False, definitive=False))
    assert "niet meer" in str(states.why_not_score(assigned=True, definitive=True))


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"definitive": False, "adopted": False, "why": "een goede reden"}, "nog niet definitief"),
        ({"definitive": True, "adopted": True, "why": "een goede reden"}, "vastgesteld"),
        ({"definitive": True, "adopted": False, "why": "  kort     "}, "minstens 10 tekens"),
    ],
)
def test_reopening_is_refused_with_a_reason(facts, why):
    refused = states.why_not_reopen(**facts)
    assert why in str(refused)
    error = refused.as_error()
    assert isinstance(error, RuleBroken)
    assert why in str(error)


def test_reopening_with_a_reason_is_allowed():
    assert states.why_not_reopen(definitive=True, adopted=False, why="verkeerde student") is None
