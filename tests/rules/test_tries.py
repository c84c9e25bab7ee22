"""Which tries count together, how long a place waits, and what counts as one address."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.rules.tries import LIMITS, Kind, Limit, counted_together, network_of, seconds_to_wait, typed_name


def test_the_wait_grows_and_stays_short() -> None:
    limit, now = LIMITS[Kind.PASSWORD], timedelta()
    free = limit.free or 0
    waits = [seconds_to_wait(limit, free + n, now) for n in range(-1, 12)]
    assert waits == [0, 2, 4, 8, 16, *[limit.longest] * 8]
    assert seconds_to_wait(limit, 10**9, timedelta(seconds=limit.longest)) == 0
    assert seconds_to_wait(Limit(), 10**9, now) == 0, "nobody who is signed in waits"


def test_a_password_and_an_inlogcode_share_a_limit_and_nothing_else_does() -> None:
    together = {kind: counted_together(kind) for kind in Kind}
    assert together.pop(Kind.PASSWORD) == together.pop(Kind.CODE) == {Kind.PASSWORD, Kind.CODE}
    assert together == {kind: {kind} for kind in together}


def test_every_kind_has_a_limit_and_none_is_slower_than_half_a_minute() -> None:
    assert set(LIMITS) == set(Kind)
    assert max(limit.longest for limit in LIMITS.values()) == 30
    assert {kind for kind, limit in LIMITS.items() if limit.tries is None} == {Kind.PASSKEY}
    assert LIMITS[Kind.PASSKEY].free is not None, "a flood of them waits"
    assert {kind for kind, limit in LIMITS.items() if (limit.tries or 0) > 5} == set()
    assert LIMITS[Kind.PASSWORD] == Limit(tries=5, free=20, longest=30)


@pytest.mark.parametrize("typed", ["Jan@Example.nl", "  jan@example.nl ", "JAN@EXAMPLE.NL\t"])
def test_a_name_is_one_name_however_it_is_typed(typed: str) -> None:
    assert typed_name(typed) == typed_name("jan@example.nl")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("", ""),
        ("x" * 100, "x" * 64),
    ],
)
def test_an_address_of_ipv6_is_its_network(address: str, network: str) -> None:
    assert network_of(address) == network
