"""school.toml is read strictly: a mistake is one sentence with its line, its field and what is allowed."""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale, gettext

from app.rules.second_factor import Policy
from app.school import Contact, Help, School, load_school
from app.toml_file import DataFileError
from app.toml_kinds import Choice, Colour, Flag, Kind, Mail, Picture, Text, Web, Whole, Zone
from app.toml_lines import field_lines, shown_key
from app.toml_settings import Setting, settings_of
from tests.support.processes import command, finished

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "schools" / "demo"
SETTINGS = [one for kind in (School, Contact, Help) for one in settings_of(kind).values()]
SCHOOL = """\
name = "Test"
logo = "logo.svg"

[supplier]
name = "X"
email = "x@example.nl"
"""
SVG = '<?xml version="1.0"?>\n<!-- a -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'
FIELD = '[[student_field]]\nkey = "{key}"\nlabel = "{label}"\ntype = "text"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "test"
    made.mkdir()
    (made / "logo.svg").write_text(SVG)
    (made / "school.toml").write_text(SCHOOL)
    (tmp_path / "outside.svg").write_text(SVG)
    return made


def told(folder: Path, text: str | bytes) -> str:
    """What is said of a school.toml with this text."""
    path = folder / "school.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataFileError) as refused:
        load_school(folder)
    sentence = str(refused.value)
    assert sentence.startswith(str(path))
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence.removeprefix(str(path))


# What is put in place of what (nothing: added at the end), and how the sentence goes on behind the file.
MISTAKES: list[tuple[str, str, str]] = [
    # a table or a field that does not exist
    ("", '[sign_inn]\nsecond_factor = "everyone"', "7: het veld “sign_inn” … misschien bedoelt u “sign_in”"),
    ("", "[exams]\nmax_atempts = 3", "8: het veld “exams.max_atempts” … bedoelt u “max_attempts”"),
    ("", "[exams]\nMax_Attempts = 3", "8: het veld “exams.Max_Attempts” … bedoelt u “max_attempts”"),
    (
        "",
        "[exams]\nxyz = 3",
        "8: het veld “exams.xyz” bestaat niet; toegestaan: max_attempts, improve_allowed.",
    ),
    (
        "",
        '[exams]\naccent = "#112233"',
        "8: het veld “exams.accent” … “accent” hoort boven de eerste [tabel]",
    ),
    ("", "valid_days = 3", "7: het veld “supplier.valid_days” … “valid_days” hoort onder [login_codes]"),
    ('name = "Test"', 'naam = "Test"', "1: het veld “naam” bestaat niet; … misschien bedoelt u “name”"),
    ('name = "Test"', 'name = "Test"\nmax_attempts = 3', "2: het veld “max_attempts” … hoort onder [exams]"),
    ('name = "Test"', 'name = "Test"\n"exams.x" = 3', '2: het veld “"exams.x"” bestaat niet'),
    ('name = "Test"', 'name = "Test"\n"demmo" = true', "2: het veld “demmo” … misschien bedoelt u “demo”"),
    ('name = "Test"', 'name = "Test"\nexams.max_atempts = 3', "2: het veld “exams.max_atempts” bestaat niet"),
    ('name = "Test"', 'name = """\nTest"""\ndemmo = true', "3: het veld “demmo” bestaat niet"),
    ("", "[exams.more]\nx = 1", "7: het veld “exams.more” bestaat niet"),
    # what must be there
    ('name = "Test"\n', "", "1: het veld “name” ontbreekt; toegestaan: een tekst"),
    ('email = "x@example.nl"\n', "", "4: het veld “supplier.email” ontbreekt; toegestaan: een e-mailadres"),
    (SCHOOL[SCHOOL.index("[supplier]") :], "", "1: het veld “supplier.name” ontbreekt"),
    (SCHOOL, "", ": het veld “supplier.name” ontbreekt"),
    # of another kind
    (
        "",
        '[exams]\nimprove_allowed = "false"',
        '8: “exams.improve_allowed” is "false"; toegestaan: true of false',
    ),
    ("", "[exams]\nimprove_allowed = 0", "8: “exams.improve_allowed” is 0; toegestaan: true of false"),
    ("", "[exams]\nmax_attempts = 2.9", "8: “exams.max_attempts” is 2.9; toegestaan: een geheel getal van 1"),
    ("", "[exams]\nmax_attempts = 2.0", "8: “exams.max_attempts” is 2.0; toegestaan: een geheel getal van 1"),
    ("", '[exams]\nmax_attempts = "2"', '8: “exams.max_attempts” is "2"; toegestaan: een geheel getal van 1'),
    ("", "[exams]\nmax_attempts = true", "8: “exams.max_attempts” is true; toegestaan: een geheel getal"),
    ("", "[exams]\nmax_attempts = [2]", "8: “exams.max_attempts” is een lijst; toegestaan: een geheel getal"),
    ("", f"[exams]\nmax_attempts = 0x{'f' * 9000}", "8: “exams.max_attempts” is een heel groot getal; toege"),
    (
        "",
        f"[exams]\nmax_attempts = {'9' * 9000}",
        ": dit is geen geldige TOML; … (een getal of een waarde tussen haken is te lang).",
    ),
    ('name = "Test"', "name = 12", "1: “name” is 12; toegestaan: een tekst"),
    ('name = "Test"', "name = 2026-11-24", "1: “name” is 2026-11-24; toegestaan: een tekst"),
    ('name = "Test"', "name = {nl = 1}", "1: “name” is een tabel; toegestaan: een tekst"),
    ('name = "Test"', 'name = "Test"\nexams = 3', "2: “exams” is 3; toegestaan: een tabel"),
    ("", "[[exams]]\nmax_attempts = 3", "7: “exams” is een lijst; toegestaan: een tabel"),
    ('name = "Test"', 'name = "Test"\ndemo = "nee"', '2: “demo” is "nee"; toegestaan: true of false'),
    # too little, too much
    ("", "[exams]\nmax_attempts = 0", "8: “exams.max_attempts” is 0; … van 1 tot en met 9"),
    ("", "[login_codes]\nvalid_days = -1", "8: “login_codes.valid_days” is -1; … van 1 tot en met 365"),
    ("", "[login_codes]\nvalid_days = 0", "8: “login_codes.valid_days” is 0; … van 1 tot en met 365"),
    ("", "[sessions]\nlongest_hours = 25", "8: “sessions.longest_hours” is 25; … van 1 tot en met 24"),
    (
        "",
        "[sessions]\n\n# rust\nidle_minutes = 4",
        "10: “sessions.idle_minutes” is 4; … van 5 tot en met 720",
    ),
    (
        "",
        "[invitations]\nvalid_days_after = -1",
        "8: “invitations.valid_days_after” is -1; … van 0 tot en met 365",
    ),
    ("", "[retention]\nguest_days = 29", "8: “retention.guest_days” is 29; … van 30 tot en met 3650"),
    ("", "[retention]\nmail_days = 3651", "8: “retention.mail_days” is 3651; … van 30 tot en met 3650"),
    (
        "",
        "[sign_in]\nsecond_factor_minutes = 0",
        "8: “sign_in.second_factor_minutes” is 0; … van 1 tot en met 120",
    ),
    ("", '[help]\nmanual = "http://x.nl"', '8: “help.manual” is "http://x.nl"; … dat met https:// begint'),
    ("", '[help]\nmanual = "https://x.nl/a b"', '8: “help.manual” is "https://x.nl/a b"; … een adres dat'),
    # closed lists
    ("name", 'language = "de"\nname', '1: “language” is "de"; toegestaan: en, nl.'),
    ("name", 'language = "NL"\nname', '1: “language” is "NL"; toegestaan: en, nl; misschien bedoelt u “nl”.'),
    ("name", 'language = ""\nname', '1: “language” is ""; toegestaan: en, nl.'),
    (
        "",
        '[sign_in]\nsecond_factor = "everybody"',
        '8: “sign_in.second_factor” is "everybody"; toegestaan: deciding_roles, everyone, off; misschien '
        "bedoelt u “everyone”.",
    ),
    # what a text must be
    ("name", 'accent = "red;}</style>"\nname', '1: “accent” is "red;}</style>"; toegestaan: een kleur als #'),
    ("name", 'accent = "#12345"\nname', '1: “accent” is "#12345"; … zoals #1b4f8a'),
    ("name", 'accent = "1b4f8a"\nname', '1: “accent” is "1b4f8a"; … zoals #1b4f8a'),
    ("name", 'accent = "#1b4f8a\\n"\nname', "1: “accent” is"),
    (
        "name",
        'timezone = "Europe/Amstredam"\nname',
        "1: “timezone” is … misschien bedoelt u “Europe/Amsterdam”",
    ),
    ("name", 'timezone = "../../etc/passwd"\nname', "1: “timezone” is … een tijdzone die bestaat"),
    ("name", 'timezone = "Europe"\nname', '1: “timezone” is "Europe"; toegestaan: een tijdzone die bestaat'),
    ("x@example.nl", "x.example.nl", '6: “supplier.email” is "x.example.nl"; toegestaan: een e-mailadres'),
    ("", '[mail]\nsender = "x@example.nl\\nBcc: y@example.nl"', "8: “mail.sender” is … een e-mailadres"),
    ("", '[mail]\nsender = "Bureau <x@example.nl>"', "8: “mail.sender” is … een e-mailadres, zoals exam"),
    ('"Test"', '" "', '1: “name” is " "; toegestaan: een tekst van 1 tot en met 80'),
    ('"Test"', '""', '1: “name” is ""; toegestaan: een tekst'),
    ('"Test"', f'"{"x" * 81}"', "1: “name” is … van 1 tot en met 80 tekens op één regel"),
    ('"Test"', '"Te\\u0007st"', '1: “name” is "Te\\u0007st"; toegestaan: een tekst'),
    ('"Test"', '"Te\\u009bst"', '1: “name” is "Te\\u009bst"; toegestaan: een tekst'),
    ('"Test"', '"Te\\nst"', '1: “name” is "Te\\nst"; … op één regel'),
    ("", f'[mail]\nsender_name = "{"x" * 81}"', "8: “mail.sender_name” is … van 1 tot en met 80 tekens"),
    # a logo
    (
        "logo.svg",
        "weg.svg",
        '2: “logo” is "weg.svg"; toegestaan: de naam van een plaatje (.svg of .png) in deze',
    ),
    ("logo.svg", "../outside.svg", '2: “logo” is "../outside.svg"; … in dezelfde map'),
    ("logo.svg", "school.toml", '2: “logo” is "school.toml"; … (.svg of .png)'),
    ("logo.svg", "nep.svg", '2: “logo” is "nep.svg"; … (.svg of .png)'),
    ("logo.svg", "nep.png", '2: “logo” is "nep.png"; … (.svg of .png)'),
    ("logo.svg", ".", '2: “logo” is "."; … (.svg of .png)'),
    ("logo.svg", "x" * 300, "2: “logo” is … (.svg of .png)"),
    # no TOML
    ("", "[exams\nmax_attempts = 3", "7: dit is geen geldige TOML; toegestaan: [tabel], naam = 12"),
    ("", "[exams]\nmax_attempts 3", "8: dit is geen geldige TOML"),
    ("", "[exams]\nimprove_allowed = False", "8: dit is geen geldige TOML; … (Invalid value)."),
    ('"Test"', '"Test', "1: dit is geen geldige TOML"),
    ("", 'a = """\n\n', "9: dit is geen geldige TOML"),
    (
        "",
        "[exams]\nmax_attempts = 3\nmax_attempts = 4",
        "9: “exams.max_attempts” staat al op regel 8; toegestaan: één",
    ),
    ("", "[exams]\nmax_attempts = 3\n\n[exams]", "10: “exams” staat al op regel 7; toegestaan: één keer"),
    ('name = "Test"', '# \u2028\nname = "T"\nname = "T"', "3: “name” staat al op regel 2; toegestaan: één"),
    ('name = "Test"', 'name = "Test"\n"name" = "T"', "2: “name” staat al op regel 1; toegestaan: één keer"),
    # own fields of a student
    (
        "",
        "[student_field]\nkey = 3",
        "7: “student_field” is een tabel; toegestaan: een of meer tabellen, elk onder [[st",
    ),
    (
        "",
        FIELD.format(key="a", label="A") + FIELD.format(key="b", label="A"),
        "13: “student_field[2].label” staat al bij een ander veld",
    ),
    ("", FIELD.format(key="a", label="A\\u0007"), "9: “student_field[1].label” is … een tekst"),
    ("", FIELD.replace("label", "lable"), "9: het veld “student_field[1].lable” … bedoelt u “label”"),
    (
        "",
        FIELD.format(key="a", label="A").replace('"text"', '"tekst"'),
        '10: “student_field[1].type” is "tekst"; … misschien bedoelt u “text”',
    ),
]


@pytest.mark.parametrize(("old", "new", "sentence"), MISTAKES)
def test_a_mistake_is_one_sentence(folder: Path, old: str, new: str, sentence: str):
    (folder / "nep.svg").write_text("geen plaatje <svg>")
    (folder / "nep.png").write_text(SVG)
    assert old in SCHOOL
    said = told(folder, SCHOOL.replace(old, new, 1) if old else SCHOOL + new)
    line = "" if sentence.startswith(":") else ", regel "
    first, *others = f"{line}{sentence}".split(" … ")
    assert said.startswith(first)
    for other in others:
        assert other in said.removeprefix(first)


def test_a_file_that_is_no_utf_8_is_told_with_its_line(folder: Path):
    assert told(folder, SCHOOL.replace('"X"', '"Xé"').encode("latin-1")).startswith(
        ", regel 5: dit is geen tekst"
    )


def test_a_mark_that_windows_puts_before_a_file_is_no_mistake(folder: Path):
    (folder / "school.toml").write_text(SCHOOL.replace("\n", "\r\n"), encoding="utf-8-sig", newline="")
    assert load_school(folder).name == "Test"


def test_a_school_that_is_not_there_is_told_with_its_neighbours(folder: Path):
    with pytest.raises(DataFileError) as refused:
        load_school(folder.with_name("tset"))
    assert "tset/school.toml is er niet" in str(refused.value)
    assert str(refused.value).endswith("toegestaan voor PROEVE_SCHOOL: test; misschien bedoelt u “test”.")


def test_a_folder_is_no_file(folder: Path):
    (folder / "school.toml").unlink()
    (folder / "school.toml").mkdir()
    with pytest.raises(DataFileError, match=r"school\.toml is niet te lezen"):
        load_school(folder)


@pytest.mark.parametrize("name", ["loop.svg", "é" * 200], ids=["a link to itself", "too long for a disk"])
def test_a_logo_that_the_disk_refuses_is_a_mistake_like_another(folder: Path, name: str):
    (folder / "loop.svg").symlink_to("loop.svg")
    said = told(folder, re.sub(r"(?m)^logo = .*$", f'logo = "{name}"', SCHOOL))
    assert "toegestaan: de naam van een plaatje" in said


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ("{a=", "}")])
def test_whatever_the_depth_it_is_one_sentence(folder: Path, opens: str, closes: str):
    """tomllib gives up at some depth, and what looks for lines at another, both depending on the stack."""
    for depth in range(250, 520, 3):
        held = opens * depth + ("1" if closes == "}" else "") + closes * depth
        assert told(folder, f"name = {held}\n")


def test_a_very_long_key_is_looked_for_at_once_and_cut_in_its_sentence(folder: Path):
    began = time.monotonic()
    said = told(folder, f'["{"x" * 60_000}.y".b]\n{SCHOOL}')
    assert len(said) < 2_000
    assert time.monotonic() - began < 5  # it was minutes


# --- what is right ----------------------------------------------------------------------------


def test_the_demo_school_is_accepted_as_it_stands():
    school = load_school(DEMO)
    assert (school.key, school.name, school.demo) == ("demo", "ROC Demostad", True)
    assert (school.accent, school.logo, school.logo_url) == ("#1b4f8a", DEMO / "logo.svg", "/school/logo")
    assert school.supplier == Contact(
        name="Examenservice Demostad", email="support@example.nl", phone="085 000 12 34"
    )
    assert (school.mail_sender, school.mail_sender_name) == (
        "examenbureau@example.nl",
        "Examenbureau ROC Demostad",
    )
    assert school.second_factor is Policy.OFF
    assert [field.key for field in school.student_fields] == ["locatie", "pok_getekend"]


def test_what_is_left_out_has_its_default(folder: Path):
    school = load_school(folder)
    for name, one in settings_of(School).items():
        if not one.required and one.path != "logo":
            assert getattr(school, name) == one.default, name
    assert school.mail_sender_name == "Test"
    assert school.second_factor is Policy.DECIDING_ROLES


def test_an_empty_text_is_nothing_where_nothing_is_the_default(folder: Path):
    text = SCHOOL.replace("logo.svg", "") + 'phone = ""\n[mail]\nsender = ""\nsender_name = ""\n'
    (folder / "school.toml").write_text(text)
    school = load_school(folder)
    assert (school.logo, school.logo_url, school.mail_sender, school.mail_sender_name) == (
        None,
        "",
        "",
        "Test",
    )


def test_an_english_reader_reads_every_part_in_english(app: Flask, folder: Path):
    (folder / "school.toml").write_text(SCHOOL + "[exams]\nmax_attempts = []\n")
    with pytest.raises(DataFileError) as refused:
        load_school(folder)
    with force_locale("en"):
        said = gettext(refused.value.message, **refused.value.params)
    assert said.endswith(
        "school.toml, line 8: “exams.max_attempts” is an empty list; allowed: a whole number from 1 to 9."
    )


# --- every setting ----------------------------------------------------------------------------

VALUES = ['"x\\u0001y"', "true", "-7", "99999", "2.5", "2026-11-24", "nan", "[]", "[1]", "{ a = 1 }", '["x"]']


def with_value(one: Setting, value: str) -> str:
    """A file in which one setting has this value, on its last line but for the school's own."""
    lines = [f"{other.path} = {written(other)}" for other in SETTINGS if other.required and other != one]
    return "\n".join([*lines, f"{one.path} = {value}"]) + "\n"


def written(one: Setting) -> str:
    return '"x@example.nl"' if isinstance(one.kind, Mail) else '"Test"'


def fits(kind: Kind[object], value: str) -> bool:
    """Whether one of VALUES may stand there: true at a flag is all."""
    return isinstance(kind, Flag) and value == "true"


@pytest.mark.parametrize("one", SETTINGS, ids=lambda one: one.path)
def test_every_setting_refuses_what_is_of_another_kind(folder: Path, one: Setting):
    for value in VALUES:
        if not fits(one.kind, value):
            text = with_value(one, value)
            said = told(folder, text)
            assert said.startswith(f", regel {text.count(chr(10))}: “{one.path}” is ")
            assert f"; toegestaan: {one.kind.allowed}" in said


@pytest.mark.parametrize(
    "one", [one for one in SETTINGS if isinstance(one.kind, Whole)], ids=lambda one: one.path
)
def test_every_number_has_its_bounds_in_the_example_too(folder: Path, one: Setting):
    low, high = one.kind.low, one.kind.high
    for value, accepted in ((low - 1, False), (low, True), (high, True), (high + 1, False)):
        text = with_value(one, str(value))
        if accepted:
            (folder / "school.toml").write_text(text)
            load_school(folder)
        else:
            told(folder, text)
    example = next(
        line for line in (DEMO / "school.toml").read_text().splitlines() if line.startswith(one.key)
    )
    assert f"{low} to {high}" in example


def test_every_setting_stands_in_the_example():
    example = dict(field_lines((DEMO / "school.toml").read_text()))
    assert {one.path for one in SETTINGS} <= set(example)


def test_every_default_is_one_that_may_be_written():
    for one in SETTINGS:
        if one.default not in (None, ""):
            assert one.kind.read(one.default, DEMO) == one.default, one.path


def test_every_kind_is_in_use():
    kinds = {Choice, Colour, Flag, Mail, Picture, Text, Web, Whole, Zone}
    assert {type(one.kind) for one in SETTINGS} == kinds


# --- lines ------------------------------------------------------------------------------------


def fields(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every field of what tomllib read, by its path, with its key."""
    if isinstance(value, dict):
        for key, inner in value.items():
            below = f"{path}.{shown_key(key)}" if path else shown_key(key)
            yield below, key
            yield from fields(inner, below)
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from fields(inner, f"{path}[{number}]")


@pytest.mark.parametrize(
    "path",
    sorted(
        [*(ROOT / "catalogue").rglob("*.toml"), *(ROOT / "schools").rglob("*.toml"), ROOT / "pyproject.toml"]
    ),
    ids=lambda path: path.name,
)
def test_every_field_of_every_file_is_found_on_its_line(path: Path):
    text = path.read_text(encoding="utf-8")
    lines, at = text.splitlines(), dict(field_lines(text))
    found = list(fields(tomllib.loads(text)))
    assert found
    for where, key in found:
        if where in at:
            assert key in lines[at[where] - 1], where
        else:  # a table above one that has a head: [a.b] makes an a
            assert any(one.startswith((f"{where}.", f"{where}[")) for one in at), where


TRICKY = '''\
a = """
[b]
c = 1 \\"""
""" # d = 2
"e.f" = [ { g = 1, 'h' = "}" },   # [x]
  # i = 1
  { "g" = [ 1,
    2 ] } ]

[ j . "k" ]
l.m = 2026-11-24 10:00:00
[[n]]
o = 1
[[n.p]]
[[n.p]]
o = \'\'\'=\'\'\'
[n.p.q]
r = -1.5e3
[[n]]
o = {}
[[n.p]]
"\\u006f" = []
'''


def test_lines_are_found_in_what_is_hard_to_read():
    read = tomllib.loads(TRICKY)
    at = dict(field_lines(TRICKY))
    assert at == {
        "a": 1,
        '"e.f"': 5,
        '"e.f"[1]': 5,
        '"e.f"[1].g': 5,
        '"e.f"[1].h': 5,
        '"e.f"[2]': 7,
        '"e.f"[2].g': 7,
        '"e.f"[2].g[1]': 7,
        '"e.f"[2].g[2]': 8,
        "j.k": 10,
        "j.k.l.m": 11,
        "n": 12,
        "n[1]": 12,
        "n[1].o": 13,
        "n[1].p": 14,
        "n[1].p[1]": 14,
        "n[1].p[2]": 15,
        "n[1].p[2].o": 16,
        "n[1].p[2].q": 17,
        "n[1].p[2].q.r": 18,
        "n[2]": 19,
        "n[2].o": 20,
        "n[2].p": 21,
        "n[2].p[1]": 21,
        "n[2].p[1].o": 22,
    }
    assert {where for where, _key in fields(read)} - set(at) == {"j", "j.k.l"}


# --- starting ---------------------------------------------------------------------------------

COMMANDS = [
    ("run.py", "serve"),
    ("run.py", "prepare"),
    ("run.py", "verify-trail"),
    ("-m", "flask", "--app", "run", "prepare"),
]


@pytest.mark.web
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_proeve_does_not_start_with_a_mistake(
    app: Flask, folder: Path, tmp_path: Path, arguments: tuple[str, ...]
):
    (folder / "school.toml").write_text(SCHOOL + "[exams]\nmax_atempts = 2\n")
    before, data = sorted(folder.iterdir()), tmp_path / "data"

    status, shown = finished(app, *arguments, PROEVE_DATA=str(data), **place(folder))

    assert (status, shown) == (
        1,
        f"{folder / 'school.toml'}, regel 8: het veld “exams.max_atempts” bestaat niet; toegestaan: "
        "max_attempts, improve_allowed; misschien bedoelt u “max_attempts”.\n",
    )
    assert sorted(folder.iterdir()) == before
    assert not data.exists()


def place(folder: Path) -> dict[str, str]:
    return {"PROEVE_SCHOOL": folder.name, "PROEVE_SCHOOLS": str(folder.parent)}


@pytest.mark.web
def test_proeve_does_not_start_with_a_wrong_mail_text(app: Flask, folder: Path):
    (folder / "mail").mkdir()
    (folder / "mail" / "login_code.nl.txt").write_text("Hallo\n")
    status, shown = command(app, "serve", **place(folder))
    assert status == 1
    assert "login_code.nl.txt, regel 1: hier hoort het onderwerp" in shown
    assert "Traceback" not in shown
