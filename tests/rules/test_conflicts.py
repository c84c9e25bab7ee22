"""Nobody is in two places at once without being named."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RuleBroken
from app.rules.conflicts import Clash, Moment, Subject, clashes, in_the_way

DAY = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
FLEUR = Subject("student", 1, "Fleur Jansen")
EXAMINER_1 = Subject("examiner", 1, "Sanne de Boer")


def moment(start: int, end: int, subject: Subject = FLEUR, label: str = "B1-K1 opdracht 1") -> Moment:
    return Moment(DAY + timedelta(minutes=start), DAY + timedelta(minutes=end), subject, label)


@pytest.mark.parametrize(
    ("planned", "new", "clash"),
    [
        ((0, 60), (30, 90), True),
        ((30, 90), (0, 60), True),
        ((0, 90), (30, 60), True),
        ((30, 60), (30, 60), True),
        ((0, 60), (60, 120), False),
        ((60, 120), (0, 60), False),
        ((0, 60), (90, 120), False),
    ],
)
def test_overlap_clashes_and_adjacent_does_not(planned, new, clash):
    assert bool(clashes([moment(*planned)], [moment(*new, label="B1-K2")])) == clash


def test_a_clash_names_the_person_and_both_moments():
    [found] = clashes(
        [moment(0, 60, label="B1-K1, Fleur Jansen")], [moment(30, 90, label="B1-K2, Fleur Jansen")]
    )
    assert str(found.reason) == (
        "Fleur Jansen heeft op dat moment al iets anders: "
        "B1-K1, Fleur Jansen en B1-K2, Fleur Jansen overlappen."
    )


def test_a_student_and_an_examiner_with_one_number_are_two_people():
    assert clashes([moment(0, 60)], [moment(0, 60, EXAMINER_1)]) == []


def test_the_new_moments_are_compared_with_each_other():
    first, second = moment(0, 60, label="1"), moment(30, 90, label="2")
    assert clashes([], [second, first]) == [Clash(first, second)]


def test_an_overlap_that_was_already_there_is_not_reported_again():
    assert clashes([moment(0, 60, label="1"), moment(30, 90, label="2")], [moment(90, 120)]) == []


def test_the_clocks_go_back_and_the_moments_stay_apart():
    amsterdam_summer = datetime.fromisoformat("2026-10-25T02:30:00+02:00")
    amsterdam_winter = datetime.fromisoformat("2026-10-25T02:30:00+01:00")
    hour = timedelta(hours=1)
    before = Moment(amsterdam_summer, amsterdam_summer + hour, FLEUR, "zomertijd")
    after = Moment(amsterdam_winter, amsterdam_winter + hour, FLEUR, "wintertijd")
    assert clashes([before], [after]) == []


def test_a_moment_that_ends_before_it_starts_is_refused():
    with pytest.raises(RuleBroken, match="eindtijd"):
        moment(60, 60)


def test_a_moment_without_time_zone_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="aware"):
        Moment(DAY.replace(tzinfo=None), DAY, FLEUR, "x")


moments = st.lists(
    st.builds(
        lambda start, length, subject, label: moment(start, start + length, subject, label),
        st.integers(0, 30),
        st.integers(1, 12),
        st.sampled_from([FLEUR, EXAMINER_1, Subject("student", 2, "Daan Bakker")]),
        st.sampled_from(["1", "2", "3"]),
    ),
    max_size=10,
)


def overlaps(one: Moment, other: Moment) -> bool:
    same = (one.subject.kind, one.subject.id) == (other.subject.kind, other.subject.id)
    return same and one.start < other.end and other.start < one.end


@given(moments, moments)
def test_the_sweep_finds_exactly_what_comparing_all_pairs_finds(planned, new):
    marked = [(one, False) for one in planned] + [(one, True) for one in new]
    expected = {
        Clash(*sorted((one, other)))
        for (one, is_new), (other, other_new) in combinations(marked, 2)
        if (is_new or other_new) and overlaps(one, other)
    }
    assert clashes(planned, new) == sorted(expected)


@given(moments, moments, st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_the_order_given(planned, new, random):
    mixed_planned, mixed_new = random.sample(planned, len(planned)), random.sample(new, len(new))
    assert clashes(mixed_planned, mixed_new) == clashes(planned, new)


@given(moments.filter(len), moments.filter(len))
def test_clashing_is_mutual(planned, new):
    assert clashes(planned[:1], new[:1]) == clashes(new[:1], planned[:1])


def test_ten_thousand_planned_moments_are_swept_at_once():
    planned = [moment(at, at + 60, label=str(at)) for at in range(0, 600_000, 60)]
    new = [moment(30, 90, label="nieuw")]
    assert len(clashes(planned, new)) == 2


def test_what_was_planned_stays_and_what_overlaps_with_it_is_in_the_way():
    planned, new = [moment(0, 60, label="P")], [moment(30, 90, label="A"), moment(90, 120, label="B")]
    assert in_the_way(clashes(planned, new), new) == {"A"}


def test_of_two_new_ones_the_one_that_ends_last_is_in_the_way():
    new = [moment(0, 60, label="A"), moment(30, 90, label="B")]
    assert in_the_way(clashes([], new), new) == {"B"}
    long = [moment(0, 90, label="A"), moment(10, 20, label="B"), moment(30, 40, label="C")]
    assert in_the_way(clashes([], long), long) == {"A"}


def test_nobody_gives_way_to_a_moment_that_is_in_the_way_itself():
    new = [moment(0, 60, label="A"), moment(40, 100, label="B"), moment(80, 140, label="C")]
    assert in_the_way(clashes([], new), new) == {"B"}
    planned = [moment(-40, 20, label="P")]
    assert in_the_way(clashes(planned, new), new) == {"A", "C"}


@given(spans=st.lists(st.tuples(st.integers(0, 50), st.integers(1, 30)), max_size=9), split=st.integers(0, 9))
def test_nobody_is_in_two_places_and_nothing_could_have_stayed(spans, split):
    moments = [moment(start, start + length, label=str(n)) for n, (start, length) in enumerate(spans)]
    planned, new = moments[:split], moments[split:]
    out = in_the_way(clashes(planned, new), new)
    stay = [one for one in new if one.label not in out]
    assert clashes(planned, stay) == []
    assert all(clashes([*planned, *stay], [one]) for one in new if one.label in out)
