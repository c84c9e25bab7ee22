"""What a password must be: long, not yours, not everybody's. No rules of composition (ASVS 5.0, 6.2)."""

from collections.abc import Iterable
from functools import cache

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.rules.people import search_form
from app.rules.text import N_, Reason, reason

# The names of the fields in which a password is typed: nothing of what comes in them is changed.
FIELDS = frozenset({"password", "again", "present", "proof_password"})
SHORTEST = 12
LONGEST = 200
OWN_PART = 4  # shorter words (an infix, initials) say nothing about a password

# Common passwords here, beside the 30,000 of zxcvbn's list.
_WORDS = frozenset(
    {
        "wachtwoord",
        "welkom",
        "password",
        "welcome",
        "geheim",
        "qwerty",
        "azerty",
        "proeve",
        "examen",
        "school",
        "student",
        "docent",
        "beheerder",
        "admin",
        "administrator",
        "letmein",
        "inloggen",
        "aanmelden",
        "zomer",
        "winter",
        "lente",
        "herfst",
        "iloveyou",
        "qwertyuiop",
        "asdfghjkl",
        "zxcvbnm",
        "nederland",
        "amsterdam",
        "rotterdam",
        "feyenoord",
        "voetbal",
        "maandag",
        "november",
        "december",
        "januari",
        "hallo",
        "hallohallo",
        "ajax",
        "ajaxamsterdam",
        "vakantie",
        "liefde",
        "schatje",
        "lieverd",
        "wachtwoordje",
        "nieuwwachtwoord",
        "mijnwachtwoord",
        "geenidee",
        "ikhouvanjou",
    }
)
_COMMON = frozenset(
    {
        "123456789012",
        "1234567890123",
        "12345678901234",
        "123412341234",
        "123123123123",
        "111111111111",
        "000000000000",
        "qwertyuiop12",
        "qwertyuiop123",
        "qwerty123456",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "abcdefghijkl",
        "abcdef123456",
        "a1b2c3d4e5f6",
        "wachtwoord12",
        "wachtwoord123",
        "passwordpassword",
        "wachtwoordwachtwoord",
        "hallohallohallo",
        "qwertyqwerty",
        "correcthorsebatterystaple",
        "mijnwachtwoord",
        "ditismijnwachtwoord",
        "nieuwwachtwoord",
        "changemeplease",
        "trustno1trustno1",
        "iloveyou1234",
    }
)


def password_problem(password: str, *, own: Iterable[str] = ()) -> Reason | None:
    """Why this is no good password; None: it is. `own`: user name, mail, names, the school's name."""
    if len(password) < SHORTEST:
        return reason(
            N_("Kies een wachtwoord van minstens %(least)s tekens. Een zin mag ook."), least=SHORTEST
        )
    if any("\ud800" <= one <= "\udfff" for one in password):  # bytes on a command line that are no UTF-8
        return reason(N_("In dit wachtwoord staat iets dat geen teken is. Kies een ander."))
    if len(password) > LONGEST:
        return reason(N_("Kies een wachtwoord van hoogstens %(most)s tekens."), most=LONGEST)
    plain = _plain(password)
    if _everybodys(plain) or len(set(password)) < 4:
        return reason(N_("Dit wachtwoord is makkelijk te raden. Kies een ander."))
    if len(_without(plain, _own_parts(own))) < SHORTEST // 2:
        return reason(
            N_("Dit wachtwoord lijkt te veel op uw naam, uw gebruikersnaam, uw e-mailadres of de school.")
        )
    return None


def _everybodys(plain: str) -> bool:
    """Whether it is a known password, also with digits and signs around it or written again and again."""
    letters = "".join(char for char in plain if char.isalpha())
    core = plain.strip("0123456789!?.,-_@#$%&*+=()")
    found = (plain, letters, core, _once(plain), _once(core))
    return plain in _COMMON or any(one in _WORDS or one in _list() for one in found if one)


@cache
def _list() -> frozenset[str]:
    """The 30,000 passwords that are found most in stolen databases, in our plain form."""
    return frozenset(_plain(word) for word in FREQUENCY_LISTS["passwords"])


def _once(text: str) -> str:
    """ "geheim" out of "geheimgeheim"; a text that repeats nothing stays as it is."""
    at = (text + text).find(text, 1)
    return text[:at] if 0 < at < len(text) else text


def _own_parts(own: Iterable[str]) -> set[str]:
    parts: set[str] = set()
    for text in own:
        words = text.replace("@", " ").replace(".", " ").split()
        parts |= {_plain(word) for word in (text, *words)}
    return {part for part in parts if len(part) >= OWN_PART}


def _without(plain: str, parts: set[str]) -> str:
    """The rest of a password without the words that anybody knows of its owner."""
    for part in sorted(parts, key=len, reverse=True):
        plain = plain.replace(part, "")
    return plain


def _plain(text: str) -> str:
    return search_form(text).replace(" ", "")
