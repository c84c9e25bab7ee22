"""What nobody can see goes out of a text; what people write stays as it is."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.cleaning import clean
from app.rules.people import search_form, tidy

UNSEEN = {"Cc", "Cf", "Cs"}
JOINERS = "\u200c\u200d\ufe0e\ufe0f"
SEEN_AS_LINE_END = "\t\n\v\f\r\x85"
# Default_Ignorable_Code_Point (Unicode's DerivedCoreProperties.txt) of other categories.
IGNORABLE = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u3164\ufe00\ufe0d\uffa0\ufff0\U000e01ef"
)
WRITTEN = st.sampled_from(f"{JOINERS}👩🎓❤1\u20e3\u0301e\u094dकمیا\u202e\r\n")


@pytest.mark.parametrize(
    "text",
    [
        "Zoë Çelik, 's-Hertogenbosch",
        "twee\nregels\ten een tab",
        "€ 12,50 — “goed” … ½",
        "👩‍🎓 👩🏽‍🦰 ❤️‍🔥 🏳️‍🌈 👁️‍🗨️ 🕵🏻‍♂️ 🙂‍↔️ 🐦‍⬛ ❤️ ☎︎ 1️⃣ #️⃣ ‼️ 🇳🇱",
        "می‌خواهم",
        "مَی\u064e\u200cخواهم",
        "ثلاثة",
        "क्‍ष श्‌र",
        "Nguyễn Thị 北京 서울 ไทย עברית",
        "",
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("goed\u202edeof\u202c", "goeddeof"),
        ("\u2066a\u2069\u200e\u200f\u061c", "a"),
        ("on\u200bvol\u2060doen\ufeffde\u00ad", "onvoldoende"),
        ("a\x00\x07\x1b[31m\x7f\x9f", "a[31m"),
        ("een\r\ntwee\rdrie\u2028vier\u2029vijf\x0bzes\x85zeven", "een\ntwee\ndrie\nvier\nvijf\nzes\nzeven"),
        ("e\u0301\u200d", "é"),
        ("e\u200c\u0301", "é"),
        ("\ud800a\udfff", "a"),
        ("a\u200db\u200cc\ufe0fd1\ufe0fe", "abcd1e"),
        ("\u200d👩\u200d\u200d🎓\u200d", "👩\u200d🎓"),
        ("👩\ufe0f\ufe0f\ufe0f", "👩\ufe0f"),
        ("دا\u200cرا", "دارا"),
        ("می\u200c\u200cخواهم", "می\u200cخواهم"),
        ("क\u200dष", "कष"),
        ("ب\u200cء", "بء"),
        ("a\u094d\u200dक", "a\u094dक"),
        ("क\u094d\u200da", "क\u094da"),
        ("क\u094d\u200cক", "क\u094dক"),
        ("\u094d\u200dx", "\u094dx"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001f3f4"),
        ("\u3164\u2800\ufdd0\U0010ffff", ""),
    ],
)
def test_what_nobody_sees_goes(text: str, kept: str) -> None:
    assert clean(text) == kept


LATIN, DIGITS, MARKS, SIGNS, PICTURES = "aZéß", "019", "-'.@, _", "∑√≠⌘■●▲⠿⇒+<€°¨→", "👩❤"
PERSIAN, HINDI = "ییا", "क"


@pytest.mark.parametrize("unseen", JOINERS)
def test_two_texts_that_look_the_same_do_not_differ_by_a_joiner(unseen: str) -> None:
    """Between any two characters that it does not join, whatever they are, it goes."""
    kinds = [LATIN, DIGITS, MARKS, SIGNS, PICTURES, PERSIAN, HINDI]
    left = []
    for first in "".join(kinds):
        for second in "".join(kinds):
            joins = first in PICTURES and (
                unseen in "\ufe0e\ufe0f" or (second in PICTURES and unseen == "\u200d")
            )
            joins |= first in PERSIAN[:1] and second in PERSIAN and unseen == "\u200c"
            if (clean(f"{first}{unseen}{second}") != clean(first + second)) != joins:
                left.append(f"{first}{second}")
    assert left == []


@pytest.mark.parametrize("unseen", "\u200c\u200d")
@pytest.mark.parametrize(
    "name", ["Noor de Wit", "0912345", "noor.dewit@example.nl", "VZ-1A", "4 + 5 = 9", "A → B", "½ ■ ∑"]
)
def test_a_name_a_number_and_an_address_are_the_same_with_joiners(name: str, unseen: str) -> None:
    assert clean(unseen.join(name)) == name
    assert tidy(unseen.join(f" {name} ")) == name


def test_no_control_or_format_character_of_unicode_is_left() -> None:
    """Over every character there is: Python's own tables, not the ranges of the code."""
    unseen = {one for one in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(one) in UNSEEN}
    assert len(unseen) > 2000
    unseen = (unseen - set(SEEN_AS_LINE_END)) | set(IGNORABLE)
    assert [hex(ord(one)) for one in unseen if clean(f"a{one}b") != "ab"] == []


def test_every_letter_digit_and_sign_is_left() -> None:
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if unicodedata.category(char)[0] in "LNPS" and char not in IGNORABLE + "\u2800":
            assert clean(char) == unicodedata.normalize("NFC", char), hex(code)


@given(st.text(st.one_of(st.characters(), WRITTEN)))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert tidy(tidy(text)) == tidy(text) == tidy(once)


def test_a_name_is_found_whatever_came_along_with_it() -> None:
    assert tidy("  Jan\u200b \u00a0de\u202e\tWit\x07 ") == "Jan de Wit"
    assert search_form("Jan\u2060sen\u3164") == "jansen"
