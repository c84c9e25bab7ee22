"""Who needs a second factor, what counts as shown lately, and codes that work once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from app.permissions import Role
from app.rules import totp
from app.rules.passkeys import Site, site_of
from app.rules.recovery import COUNT, new_codes
from app.rules.second_factor import (
    AT_DEFINITIVE,
    AT_SIGN_IN,
    Owed,
    Policy,
    Proof,
    Shown,
    is_missing,
    needed,
    needed_at_sign_in,
    owed,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
WITHIN = timedelta(minutes=15)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_the_rules_name_roles_that_there_are() -> None:
    assert set(Role) >= AT_SIGN_IN | AT_DEFINITIVE


@pytest.mark.parametrize("role", ["administrator", "supplier", "exam_committee"])
def test_who_decides_all_day_needs_one_at_sign_in(role: str) -> None:
    assert needed_at_sign_in([role, "student"], Policy.DECIDING_ROLES)
    assert not needed_at_sign_in([role], Policy.OFF)


def test_a_school_examiner_needs_one_but_not_to_sign_in() -> None:
    assert not needed_at_sign_in(["school_examiner"], Policy.DECIDING_ROLES)
    assert needed(["school_examiner"], Policy.DECIDING_ROLES)
    assert not needed(["student"], Policy.DECIDING_ROLES)
    assert needed(["student"], Policy.EVERYONE)


def test_a_session_owes_what_was_set_up_and_not_shown() -> None:
    for policy in Policy:
        assert owed([], policy, has_factor=True, shown=Shown()) is Owed.SHOW
        assert owed([], policy, has_factor=True, shown=Shown(strong_at=NOW)) is Owed.NOTHING


def test_who_needs_one_and_has_none_sets_it_up() -> None:
    shown = Shown(password_at=NOW)
    assert owed(["supplier"], Policy.DECIDING_ROLES, has_factor=False, shown=shown) is Owed.SET_UP
    assert owed(["student"], Policy.DECIDING_ROLES, has_factor=False, shown=shown) is Owed.NOTHING
    assert owed(["supplier"], Policy.OFF, has_factor=False, shown=shown) is Owed.NOTHING


@pytest.mark.parametrize(
    ("proof", "shown", "has_factor", "policy", "missing"),
    [
        (Proof.STRONG, Shown(strong_at=NOW - WITHIN), True, Policy.OFF, False),
        (Proof.STRONG, Shown(strong_at=NOW - WITHIN - timedelta(seconds=1)), True, Policy.OFF, True),
        (Proof.STRONG, Shown(password_at=NOW), False, Policy.DECIDING_ROLES, True),
        (Proof.STRONG, Shown(), False, Policy.OFF, False),
        (Proof.LATELY, Shown(password_at=NOW), True, Policy.OFF, False),
        (Proof.LATELY, Shown(), False, Policy.OFF, True),
        (Proof.LATELY, Shown(signed_in_at=NOW), False, Policy.OFF, False),
        (Proof.LATELY, Shown(signed_in_at=NOW), True, Policy.OFF, True),
        (Proof.LATELY, Shown(signed_in_at=NOW, password_at=NOW - 2 * WITHIN), False, Policy.OFF, True),
    ],
)
def test_what_counts_as_shown_lately(
    proof: Proof, shown: Shown, has_factor: bool, policy: Policy, missing: bool
) -> None:
    assert is_missing(proof, shown, NOW, policy=policy, has_factor=has_factor, within=WITHIN) is missing


def code_at(step: int) -> str:
    return pyotp.TOTP(SECRET).generate_otp(step)


def test_a_code_works_now_and_one_step_to_either_side() -> None:
    now = 100 * totp.SECONDS + 7
    assert [totp.step_of(SECRET, code_at(step), now) for step in range(97, 104)] == [
        None,
        None,
        99,
        100,
        101,
        None,
        None,
    ]


def test_a_code_works_once() -> None:
    now = 100 * totp.SECONDS
    assert totp.step_of(SECRET, code_at(100), now, after=100) is None
    assert totp.step_of(SECRET, code_at(99), now, after=100) is None
    assert totp.step_of(SECRET, code_at(101), now, after=100) == 101


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345²"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    assert totp.digits_of(typed) == ""
    assert totp.step_of(SECRET, typed, 3000.0) is None


def test_spaces_in_a_code_are_forgiven() -> None:
    assert totp.digits_of(" 123 456 ") == "123456"


def test_ten_recovery_codes_of_eighty_bits_all_different() -> None:
    codes = {*new_codes(), *new_codes()}
    assert len(codes) == 2 * COUNT
    assert {len(code) for code in codes} == {16}


def test_a_passkey_is_bound_to_the_site_by_its_name() -> None:
    assert site_of("https://examens.school.nl", "evil.nl") == Site(
        "examens.school.nl", "https://examens.school.nl"
    )
    assert site_of("https://examens.school.nl:8443", "x").origin == "https://examens.school.nl:8443"  # type: ignore[union-attr]


def test_on_this_machine_a_passkey_goes_by_localhost_on_the_port_asked_for() -> None:
    assert site_of("http://127.0.0.1:5000", "localhost:41234") == Site("localhost", "http://localhost:41234")
    assert site_of("http://127.0.0.1:5000", "127.0.0.1:5000") is None
    assert site_of("http://127.0.0.1:5000", "evil.nl") is None


def test_no_passkeys_without_a_name_or_without_tls() -> None:
    assert site_of("https://10.0.0.7", "10.0.0.7") is None
    assert site_of("http://examens.school.nl", "examens.school.nl") is None
