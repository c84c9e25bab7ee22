"""Names, numbers, dates and addresses of people, out of forms and spreadsheets.

Functions that can refuse raise RuleBroken with a sentence that says what was wrong with the value.
"""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from app.errors import RuleBroken
from app.rules.cleaning import clean
from app.rules.text import N_

GenderKey = Literal["female", "male", "other", "unknown"]

GENDER_WORDS: dict[str, GenderKey] = {
    **dict.fromkeys(
        ("v", "vrouw", "vr", "vrouwelijk", "f", "female", "woman", "mevrouw", "mevr", "mw", "meisje"),
        "female",
    ),
    **dict.fromkeys(("m", "man", "mannelijk", "male", "dhr", "heer", "de heer", "meneer", "jongen"), "male"),
    **dict.fromkeys(("x", "anders", "overig", "other", "divers", "non-binair", "nonbinair", "o"), "other"),
    **dict.fromkeys(("", "-", "?", "onbekend", "unknown", "u", "n.v.t", "nvt"), "unknown"),
}

# Not "geen" or "onbekend": people are called that. Somebody may be called Null or Nan as well, but a program
# writes these otherwise.
NOTHING = frozenset(("-", "--", "–", "—", "n.v.t", "nvt", "n/a", "<null>", "(leeg)", "(blank)"))
NOTHING_OF_PROGRAMS = frozenset(("NULL", "null", "nan", "NaN", "NAN", "\\N"))
NOTHING_BEGINS = frozenset(word[0] for words in (NOTHING, NOTHING_OF_PROGRAMS) for word in words) | {"N"}
NUMBER_MAX = 20
EMAIL_MAX = 254
NO_MAIL = "geen-mail.invalid"  # a domain that nobody can have (RFC 2606), for an account without an address
EARLIEST_BIRTH = dt.date(1900, 3, 1)  # before it Excel's calendar is off by a day (it has a 29 February 1900)
MIN_AGE = 10  # a younger "student" is a typing error in the year
EXCEL_EPOCH = dt.date(1899, 12, 30)
EXCEL_DAYS = range(3_000, 100_000)  # a lower number is a year, or a mistake
SHOWN = 40  # characters of a refused value in a sentence
BETWEEN_NAMES = "\x1f"  # before every letter, and in no name
SEARCH_MAX = 500  # what the column holds

_SPACES = re.compile(r"\s+")
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]*)>")
# Digits, and what people write between and before them; after it an extension.
_PHONE = re.compile(
    r"[0-9 +().,/–-]*[0-9][0-9 +().,/–-]*(?:(?:tst|toestel|ext|x|#)[.:]? ?[0-9]{1,8})?", re.IGNORECASE
)
_INSIDE = re.compile(r"(?<=\w)[-'’.@_+/]+(?=\w)|^[-'’]+(?=\w)")
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]*")
_EMAIL = re.compile(
    r"(?!\.)(?!.*\.\.)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}(?<!\.)"
    r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}"
)
# An export's way to write a day. Which time it is says nothing: 02:00 is midnight in another time zone.
_TIME = r"(?:(?: |t|, )\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[ap]m)?(?: ?(?:z|utc|[+-]\d\d:?\d\d))?)?"
_DAY_FIRST = re.compile(r"(\d{1,2})\s*[-/. ]\s*(\d{1,2}|[a-z]{3,9})\.?\s*[-/. ]\s*['’]?(\d{4}|\d{2})" + _TIME)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _TIME)
_YEAR_FIRST_BARE = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")  # 20080314
# 14032008, and 4032008 of a sheet that dropped its zero. No text is both: 19 and 20 are no months.
_DAY_FIRST_BARE = re.compile(r"(\d?\d)(\d\d)((?:19|20)\d\d)")
_SERIAL = re.compile(r"(\d{4,5})(?:[.,]0+)?")
_BARE_NUMBER = re.compile(r"\d+(?:[.,]0+)?")
_MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january",
            "feb februari february",
            "mrt maart mar march",
            "apr april",
            "mei may",
            "jun juni june",
            "jul juli july",
            "aug augustus august",
            "sep sept september",
            "okt oktober oct october",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}
# Letters that Unicode does not take apart, and how they are searched for.
ONE_LETTER = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i"}
TWO_LETTERS = {"þ": "th", "æ": "ae", "œ": "oe", "ß": "ss"}
_WITHOUT_ACCENT = str.maketrans({**ONE_LETTER, **TWO_LETTERS})


def tidy(text: str) -> str:
    """The cleaned text with one ordinary space between words and none around them."""
    return " ".join(clean(text).split())


def full_name(first: str, infix: str, last: str) -> str:
    """`Fleur van der Berg`."""
    return tidy(f"{first} {infix} {last}")


def sort_name(first: str, infix: str, last: str) -> str:
    """`Berg, Fleur van der`, as Dutch lists are ordered."""
    family, rest = tidy(last), tidy(f"{first} {infix}")
    return f"{family}, {rest}" if family and rest else family or rest


def says_nothing(text: str) -> bool:
    """Whether a text is what people type for "nothing" in a cell that must not be empty."""
    if text[:1] not in NOTHING_BEGINS and not text[:1].isspace():
        return False  # nearly every text of a file
    written = tidy(text).rstrip(".")
    return written.casefold() in NOTHING or written in NOTHING_OF_PROGRAMS


def name_form(name: str) -> str:
    """The words of a name in the order of the alphabet: "Bakker, Sanne de" is "Sanne de Bakker"."""
    return " ".join(sorted(search_form(name.replace(",", " ")).split()))


def search_form(*parts: str) -> str:
    """Lower case without accents, for searching: "Zoë Çelik", "B-12" -> "zoe celik b-12"."""
    folded = tidy(" ".join(parts)).casefold()
    if folded.isascii():
        return folded
    # Compatibility letters (a bold 𝝖) become capitals only when taken apart: so fold once more after it.
    apart = unicodedata.normalize("NFKD", folded.translate(_WITHOUT_ACCENT)).casefold()
    letters = unicodedata.normalize("NFKD", apart.translate(_WITHOUT_ACCENT))
    return tidy("".join(one for one in letters if not unicodedata.combining(one)))


def name_key(first: str, infix: str, last: str, *, form: Callable[..., str] = search_form) -> str:
    """The key that lists of students are ordered by, byte for byte.

    It is surname, first name and infix, without accents and capitals: "Berg" stands before "Bergen", "Çelik"
    before "Dam". `form`: search_form, or one that remembers what it was asked.
    """
    return BETWEEN_NAMES.join((form(last), form(first, infix)))


def student_search(first: str, infix: str, last: str, number: str, mail: str = "") -> str:
    """The words a student is found by, with a space between; the one place that fills the column `search`.

    The beginning of any word finds the student, so the part after a hyphen, a dot or an @ is a word of its
    own as well ("el-amrani" is found by "amrani").
    """
    words = [word for part in (first, infix, last, number, mail) for word in search_form(part).split()]
    behind = [
        word[sign.end() :]
        for word in words
        if not word.isalnum()
        for sign in _INSIDE.finditer(word)
        if "@" not in word[: sign.start()]  # a part of a domain does not tell people apart
    ]
    return _whole_words(list(dict.fromkeys([*words, *behind])), SEARCH_MAX)


def search_words(text: str) -> list[str]:
    """What was typed, as words to look for: at most eight, none that is the beginning of another."""
    words = sorted(set(search_form(text).split()[:8]))
    return [word for word in words if not any(one.startswith(word) for one in words if one != word)]


def _whole_words(words: list[str], most: int) -> str:
    """As many of the words as fit; a first word that is too long is cut off."""
    text = " ".join(words)
    if len(text) <= most:
        return text
    return text[:most].rpartition(" ")[0] or text[:most]


def gender(value: str) -> GenderKey:
    """The gender behind a word (m, v, x, man, vrouw, female, …); empty is unknown."""
    word = tidy(value).casefold().rstrip(".")
    if word not in GENDER_WORDS:
        raise RuleBroken(N_("“%(value)s” is geen bekende waarde voor geslacht."), value=_short(value))
    return GENDER_WORDS[word]


def student_number(value: str | int | float) -> str:
    """The student number as text: leading zeros count, spaces do not; 12345.0 of a sheet is 12345."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _SPACES.sub("", str(value)).strip("'")
    if not text:
        raise RuleBroken(N_("Het studentnummer ontbreekt."))
    if len(text) > NUMBER_MAX:
        raise RuleBroken(N_("Het studentnummer is langer dan %(maximum)s tekens."), maximum=NUMBER_MAX)
    if isinstance(value, float) or not _NUMBER.fullmatch(text):
        raise RuleBroken(
            N_("Studentnummer “%(value)s”: alleen cijfers, letters, punt, streepje en schuine streep."),
            value=_short(text),
        )
    return text


def is_citizen_number(text: str) -> bool:
    """Whether this may be a BSN (nine digits that pass the eleven test), which is not ours to keep."""
    if len(text) != 9 or not (text.isascii() and text.isdigit()):
        return False
    weighed = sum(
        int(digit) * weight for digit, weight in zip(text, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)
    )
    return weighed % 11 == 0


def email(value: str) -> str:
    """A plausible e-mail address, its domain in one writing; empty stays empty."""
    text = bare_address(value)
    if not text:
        return ""
    if not email_plausible(text) or not mail_of(text.lower()):
        raise RuleBroken(N_("“%(value)s” is geen e-mailadres."), value=_short(text))
    return text


def phone(value: str) -> str:
    """A telephone number as it was written, if it can be one; empty stays empty."""
    text = tidy(value)
    if text and not _PHONE.fullmatch(text):
        raise RuleBroken(
            N_("“%(value)s” is geen telefoonnummer. Gebruik cijfers, bijvoorbeeld 06-12345678."),
            value=_short(text),
        )
    return text


def bare_address(text: str) -> str:
    """An address as mail programs copy it, without the name before it: "Piet Jansen <p.jansen@x.nl>"."""
    written = tidy(text)
    found = _IN_BRACKETS.fullmatch(written)
    return one_writing((found[1] if found else written).strip().removeprefix("mailto:").strip())


def one_writing(address: str) -> str:
    """An address with its domain in lower case, as our mails reach it; what is no address stays as it is.

    Mail to `piet@ｅxample.nl` or `piet@xn--bcher-kva.nl` arrives at example.nl and bücher.nl (IDNA). So two
    writings are one address, and one person.
    """
    name, at, domain = address.rpartition("@")
    return f"{name}@{_one_domain(domain)}" if at else address


@lru_cache(maxsize=1000)  # the addresses of a file share a few domains
def _one_domain(domain: str) -> str:
    try:
        sent = domain.encode("idna").lower()
    except UnicodeError:  # no mail gets there
        return domain
    try:
        return sent.decode("idna")
    except UnicodeError:  # letters of a newer kind, which only the other writing tells apart
        return sent.decode("ascii")


def without_mail(name: str) -> str:
    """The address for an account of somebody who has none: every account needs one (decision 14)."""
    return f"{name.lower()}@{NO_MAIL}"


def mail_of(address: str) -> str:
    """The address, if mail can be sent there; "" for an account without one."""
    return "" if address.endswith(f"@{NO_MAIL}") else address


def email_plausible(text: str) -> bool:
    """One @, a name, a domain with a dot; no spaces, no line ends (they would forge mail headers)."""
    return len(text) <= EMAIL_MAX and _EMAIL.fullmatch(text) is not None


NO_DATE = N_("“%(value)s” is geen datum. Schrijf dag-maand-jaar, bijvoorbeeld 24-11-2006.")
DIGITS_OF_A_DATE = 8


def typed_day(typed: str) -> dt.date:
    """The day that somebody typed in a form: 24-11-2026, 24/11/26, 24 nov 2026, 2026-11-24.

    The day comes first, never the month; 26 is 2026. RuleBroken: it is no day. A day number of Excel is none.
    """
    bare = _BARE_NUMBER.fullmatch(typed) is not None and len(typed) != DIGITS_OF_A_DATE
    found = None if bare else date_of(typed, dt.date(2079, 12, 31))
    if found is None:
        raise RuleBroken(NO_DATE, value=_short(typed))
    return found


def birth_date(value: object, *, today: dt.date) -> dt.date | None:
    """The birth date in a cell or field; empty is None.

    Reads 1-3-2007, 01/03/07, 1-3-'07, 1 maart 2007, 1-Mar-2007, 2007-03-01, 20070301, 01032007, these with a
    time behind them, a date of the sheet, and Excel's day number. The day comes first, never the month.
    Refuses impossible dates, the future, under 10 years, before 1900.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    found = date_of(value, today)
    if found is None:
        raise RuleBroken(NO_DATE, value=_short(str(value)))
    if found > today:
        raise RuleBroken(N_("De geboortedatum %(date)s ligt in de toekomst."), date=dutch_date(found))
    if found < EARLIEST_BIRTH:
        raise RuleBroken(N_("De geboortedatum %(date)s ligt te ver in het verleden."), date=dutch_date(found))
    if (found.year + MIN_AGE, found.month, found.day) > (today.year, today.month, today.day):
        raise RuleBroken(
            N_("De geboortedatum %(date)s is te recent: de student zou jonger dan %(age)s jaar zijn."),
            date=dutch_date(found),
            age=MIN_AGE,
        )
    return found


def dutch_date(day: dt.date) -> str:
    """`24-11-2026`."""
    return f"{day.day:02d}-{day.month:02d}-{day.year:04d}"


def date_of(value: object, today: dt.date) -> dt.date | None:
    """The date in a cell or form, or None. A year of two digits is the latest that is not after `today`."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_serial(value) or _from_text(str(value).removesuffix(".0"), today)
    return _from_text(tidy(str(value)).casefold().removeprefix("'"), today)


def _from_serial(number: float) -> dt.date | None:
    """The date of Excel's day number. None with a time of day (a fraction): that is no birth date."""
    if not math.isfinite(number) or number != int(number) or number not in EXCEL_DAYS:
        return None
    return EXCEL_EPOCH + dt.timedelta(days=int(number))


def _from_text(text: str, today: dt.date) -> dt.date | None:
    if found := _YEAR_FIRST.fullmatch(text) or _YEAR_FIRST_BARE.fullmatch(text):
        year, month, day = found.groups()
        return _made(int(year), int(month), int(day))
    if found := _DAY_FIRST_BARE.fullmatch(text):
        day, month, year = found.groups()
        return _made(int(year), int(month), int(day))
    if found := _DAY_FIRST.fullmatch(text):
        day, month_word, year_word = found.groups()
        return _made(_year(year_word, today), _month(month_word), int(day))
    if found := _SERIAL.fullmatch(text):
        return _from_serial(int(found[1]))
    return None


def _month(word: str) -> int:
    if word.isdigit():
        return int(word)
    return _MONTHS.get(word, 0)


def _year(word: str, today: dt.date) -> int:
    """Two digits: the latest such year that is not in the future."""
    year = int(word)
    if len(word) == 4:
        return year
    century = today.year - today.year % 100
    return century + year if century + year <= today.year else century - 100 + year


def _made(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _short(value: str) -> str:
    """A value as it may stand in a sentence: one line, not endless."""
    text = tidy(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
