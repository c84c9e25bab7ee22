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
        ({"definitive": False, "adopted": False}, "nog niet definitief"),
        ({"definitive": True, "adopted": True}, "vastgesteld"),
    ],
)
def test_reopening_is_refused_with_a_reason(facts, why):
    refused = states.why_not_reopen(**facts)
    assert why in str(refused)
    error = refused.as_error()
    assert isinstance(error, RuleBroken)
    assert why in str(error)


def test_what_is_definitive_and_not_adopted_can_be_reopened():
    assert states.why_not_reopen(definitive=True, adopted=False) is None


def test_a_reason_is_given_in_words():
    assert "minstens 10 tekens" in str(states.why_too_short("  kort     "))
    assert states.why_too_short("verkeerde student") is None
