"""A school starts for real: `run.py new-school` and `check-school`, as an operator uses them."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from flask import Flask

from app import new_school
from app.errors import RuleBroken
from app.school import Help, load_school
from app.serving import check_place, demo_values, doubts, texts_behind, welcome
from config import Settings
from tests.support.processes import free_port

ROOT = Path(__file__).parent.parent
AGREEING = [
    ("j", True),
    ("Ja", True),
    ("y", True),
    ("", False),
    ("n", False),
    ("nee", False),
    ("hm\nja", True),
]
SCHOOL = ["--title", "ROC Noord", "--sender", "examens@rocnoord.nl"]
SUPPLIER = ["--supplier-name", "ESS", "--supplier-email", "help@ess.nl"]
PERSON = ["--first-name", "Noor", "--infix", "de", "--last-name", "Wit", "--email", "noor@rocnoord.nl"]
ACCOUNT = ["--username", "noor", "--password", "vier woorden samen zijn lang"]
ALL = [*SCHOOL, *SUPPLIER, *PERSON, *ACCOUNT]


@dataclass(frozen=True)
class Machine:
    """An empty folder, in which commands are run."""

    folder: Path

    @property
    def schools(self) -> Path:
        return self.folder / "schools"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(self, *arguments: str, typed: str = "", **settings: str) -> tuple[int, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PROEVE_", "DATABASE_"))}
        places = {"PROEVE_SCHOOLS": str(self.schools), "PROEVE_DATA": str(self.data)}
        done = subprocess.run(
            [sys.executable, "run.py", *arguments],
            cwd=ROOT,
            env={**kept, **places, **settings},
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stdout, done.stdout
        return done.returncode, done.stdout

    def rows(self, school: str, question: str) -> Sequence[tuple[object, ...]]:
        database = sqlite3.connect(self.data / school / "proeve.db")
        try:
            return database.execute(question).fetchall()
        finally:
            database.close()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_school_starts_from_nothing_and_a_second_time_does_no_harm(machine: Machine) -> None:
    status, told = machine.run("new-school", "roc-noord", *ALL)
    assert status == 0, told
    assert "Noor de Wit kan zich aanmelden als noor" in told
    assert "PROEVE_SCHOOL=roc-noord" in told
    school = load_school(machine.schools / "roc-noord")
    assert (school.name, school.mail_sender, school.supplier.email) == (
        "ROC Noord",
        "examens@rocnoord.nl",
        "help@ess.nl",
    )
    assert not school.demo
    assert school.second_factor == "deciding_roles"
    assert school.student_fields == ()
    roles = "SELECT u.username, r.name FROM ab_user u JOIN ab_user_role l ON l.user_id = u.id JOIN ab_role r"
    held = machine.rows("roc-noord", f"{roles} ON r.id = l.role_id")
    assert held == [("noor", "administrator")]
    assert machine.rows("roc-noord", "SELECT count(*) FROM programme")[0][0]

    before = (machine.schools / "roc-noord" / "school.toml").read_text()
    status, told = machine.run("new-school", "roc-noord")
    assert status == 0, told
    assert "blijft zoals het is" in told
    assert (machine.schools / "roc-noord" / "school.toml").read_text() == before
    assert machine.rows("roc-noord", f"{roles} ON r.id = l.role_id") == held

    assert machine.run("check-school", "roc-noord")[0] == 0
    supplier = ["--first-name", "Esther", "--infix", "", "--last-name", "Smit", "--email", "esther@ess.nl"]
    status, told = machine.run(
        "create-supplier", *supplier, "--username", "esther", *ACCOUNT[2:], PROEVE_SCHOOL="roc-noord"
    )
    assert status == 0, told
    assert ("esther", "supplier") in machine.rows("roc-noord", f"{roles} ON r.id = l.role_id")


def test_without_a_supplier_on_the_line_the_command_for_it_is_named(machine: Machine) -> None:
    """The options describe the administrator: giving them again would never help."""
    for _again in range(2):
        status, told = machine.run("new-school", "roc", *ALL, "--supplier")
        assert status == 1
        assert "PROEVE_SCHOOL=roc .venv/bin/python run.py create-supplier" in told
        assert "--infix" not in told.splitlines()[-1], "what may be left out is not asked for"
    assert machine.rows("roc", "SELECT username FROM ab_user WHERE active") == [("noor",)]


def test_with_nobody_to_ask_the_options_are_named(machine: Machine) -> None:
    status, told = machine.run("new-school", "roc", "--title", "ROC")
    assert status == 1
    assert "Geef ook --supplier-name, --supplier-email, --sender: er is niemand" in told
    assert list(machine.folder.iterdir()) == []


@pytest.mark.parametrize(
    "demo",
    [
        ["--title", "ROC Demostad"],
        ["--sender", "examens@roc.example"],
        ["--supplier-email", "help@ess.example.nl"],
    ],
)
def test_what_serve_would_refuse_is_refused_before_anything_is_made(
    machine: Machine, demo: list[str]
) -> None:
    status, told = machine.run("new-school", "roc", *ALL, *demo)
    assert (status, "nog van de demoschool" in told, "Klaar" in told) == (1, True, False), told
    assert list(machine.folder.rglob("*.toml")) == []
    assert not machine.data.exists()


def test_the_demo_school_is_not_made_a_real_one(machine: Machine) -> None:
    """With an administrator of its own it would never be filled."""
    shutil.copytree(ROOT / "schools" / "demo", machine.schools / "demo")
    status, told = machine.run("new-school", "demo", *ALL)
    assert (status, "is een demoschool" in told) == (1, True), told
    assert not machine.data.exists()


def test_what_was_not_given_is_asked(machine: Machine) -> None:
    typed = ["ROC Zuid", "ESS", "help@ess.nl", "examens@roczuid.nl"]
    typed += ["Noor", "de", "Wit", "noor@roczuid.nl", "noor", *["vier woorden samen zijn lang"] * 2]
    status, told = machine.run("new-school", "roc-zuid", typed="\n".join(typed) + "\n")
    assert status == 0, told
    assert load_school(machine.schools / "roc-zuid").name == "ROC Zuid"
    assert machine.rows("roc-zuid", "SELECT username FROM ab_user WHERE active") == [("noor",)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["../buiten", *ALL], "de naam van een map"),
        (["roc", *ALL, "--sender", "geen adres"], "mail.sender"),
        (["roc", *ALL, "--supplier-email", "x"], "supplier.email"),
        (["roc", *ALL, "--title", "x" * 81], "name"),
        (["roc", *ALL, "--language", "fr"], "--language"),
        (["roc", *ALL, "--title", "\udcff"], "name"),
    ],
)
def test_a_mistake_is_a_sentence_and_leaves_nothing_behind(
    machine: Machine, arguments: list[str], told: str
) -> None:
    status, said = machine.run("new-school", *arguments)
    assert status != 0
    assert told in said
    assert "school.toml" not in said, "there is no such file any more"
    assert list(machine.folder.rglob("*.toml")) == []
    assert not machine.data.exists()


@pytest.mark.parametrize(
    ("schools", "told"),
    [("files", "is er al en is geen map"), ("files/roc", "PROEVE_SCHOOLS"), ("/proc/x", "PROEVE_SCHOOLS")],
)
def test_a_place_where_no_folder_can_be_made_is_a_sentence(machine: Machine, schools: str, told: str) -> None:
    (machine.folder / "files").mkdir()
    (machine.folder / "files" / "roc").touch()
    status, said = machine.run("new-school", "roc", *ALL, PROEVE_SCHOOLS=str(machine.folder / schools))
    assert (status, len(said.splitlines())) == (1, 1), said
    assert told in said
    assert not machine.data.exists()


def test_check_school_tells_who_runs_it_as_root(machine: Machine) -> None:
    (machine.schools / "roc").mkdir(parents=True)
    (machine.schools / "roc" / "school.toml").write_text(
        'name = "ROC"\n[supplier]\nname = "ESS"\nemail = "help@ess.nl"\n'
    )
    status, said = machine.run("check-school", "roc")
    assert status == 0
    assert ("draait als root" in said) == (os.geteuid() == 0)


def test_a_text_with_quotes_and_ends_of_lines_is_written_as_it_is(machine: Machine) -> None:
    title = 'De "Proeve" \\ Zuid'
    assert machine.run("new-school", "roc", *ALL, "--title", title)[0] == 0
    assert load_school(machine.schools / "roc").name == title


def test_what_nobody_can_see_goes_also_what_is_no_utf8(machine: Machine) -> None:
    status, told = machine.run("new-school", "roc", *ALL, "--title", "ROC \udcff\u202eNoord")
    assert status == 0, told
    assert load_school(machine.schools / "roc").name == "ROC Noord"


def test_a_password_that_is_no_utf8_is_refused_in_a_sentence(machine: Machine) -> None:
    status, told = machine.run("new-school", "roc", *ALL, "--password", "vier woorden \udcff zijn lang")
    assert status == 1
    assert "Kies een ander." in told


@pytest.mark.parametrize("trouble", [OSError("de schijf is vol"), KeyboardInterrupt()], ids=type)
def test_a_file_that_is_not_finished_is_not_left_behind(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: BaseException
) -> None:
    def stops(*_given: object, **_more: object) -> None:
        raise trouble

    monkeypatch.setattr(new_school, "load_school", stops)
    given = dict.fromkeys(("title", "supplier_name", "sender"), "x")
    with pytest.raises(type(trouble)):
        new_school._write_folder(
            tmp_path / "roc",
            {**given, "supplier_email": "a@b.nl", "supplier_phone": "", "language": "nl"},
        )
    assert list(tmp_path.iterdir()) == []


def test_checking_makes_nothing(machine: Machine) -> None:
    status, told = machine.run("check-school", "roc-noord")
    assert status == 1
    assert "school.toml is er niet" in told
    assert list(machine.folder.iterdir()) == []


def test_checking_names_a_setting_that_is_none(machine: Machine) -> None:
    assert machine.run("new-school", "roc-noord", *ALL)[0] == 0
    status, told = machine.run("check-school", "roc-noord", PROEVE_HOST="examens.rocnoord.nl")
    assert status == 1
    assert "Bedoelt u PROEVE_HOSTS?" in told


# --- values of the demo school ------------------------------------------------------------------


@pytest.fixture
def copied(machine: Machine) -> Path:
    """The demo school's folder, copied as the real school's, with `demo` left out."""
    folder = machine.schools / "roc-noord"
    shutil.copytree(ROOT / "schools" / "demo", folder)
    path = folder / "school.toml"
    lines = [one for one in path.read_text().splitlines() if not one.startswith("demo =")]
    path.write_text("\n".join(lines) + "\n")
    return folder


def test_a_copy_of_the_demo_school_is_not_served(machine: Machine, copied: Path) -> None:
    left = demo_values(load_school(copied))
    assert [one.split(" in ")[0] for one in left] == [
        "name",
        "supplier.email",
        "mail.sender",
        "help.email",
        "help.name",
        "logo",
    ]
    status, told = machine.run("check-school", "roc-noord")
    assert status == 1
    assert told.count("nog van de demoschool") == 6
    status, told = machine.run(
        "serve", PROEVE_SCHOOL="roc-noord", PROEVE_HOSTS="examens.rocnoord.nl", PORT=str(free_port())
    )
    assert status == 1
    assert "nog van de demoschool" in told


def test_own_values_are_served(app: Flask) -> None:
    """`app`: a refusal is said in the school's language."""
    school = load_school(ROOT / "schools" / "demo")
    own = replace(
        school,
        demo=False,
        name="ROC Noord",
        logo=None,
        mail_sender="examens@rocnoord.nl",
        supplier=replace(school.supplier, email="help@ess.nl"),
        help=Help(),
    )
    assert demo_values(own) == []
    check_place(own, Settings(hosts=("examens.rocnoord.nl",), port=free_port()))
    with pytest.raises(RuleBroken, match="demoschool"):
        check_place(replace(own, name=school.name), Settings(hosts=("examens.rocnoord.nl",), port=1))


@pytest.mark.parametrize(("typed", "agreed"), AGREEING)
def test_a_question_is_answered_in_the_words_that_people_use(app: Flask, typed: str, agreed: bool) -> None:
    @click.command()
    def asking() -> None:
        click.echo(f"answer: {new_school._agrees('Zal ik?')}")

    told = CliRunner().invoke(asking, input=f"{typed}\n").output
    assert "Zal ik? [j/N]" in told
    assert f"answer: {agreed}" in told


def test_who_starts_it_reads_the_names_that_it_answers_to(app: Flask) -> None:
    """An address of this machine answers 400 there."""
    school = replace(load_school(ROOT / "schools" / "demo"), demo=False)
    shown = welcome(school, Settings(hosts=("examens.rocnoord.nl",), tls=True, port=5000))
    assert "  https://examens.rocnoord.nl/\n  voor de proxy: http://127.0.0.1:5000/\n" in shown
    assert "  http://127.0.0.1:5000/\n" in welcome(school, Settings(port=5000))


def test_an_address_to_which_the_site_does_not_answer_is_told(app: Flask) -> None:
    school = replace(load_school(ROOT / "schools" / "demo"), demo=False)
    own = Settings(hosts=("examens.rocnoord.nl",), address="https://anders.nl")
    assert [one for one in doubts(school, own) if "noemt anders.nl" in one]
    right = replace(own, address="https://Examens.rocnoord.nl/")
    assert not [one for one in doubts(school, right) if "PROEVE_ADDRESS" in one]


def test_texts_that_were_not_made_ready_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").touch()
    assert texts_behind(tmp_path)
    (folder / "messages.mo").touch()
    assert not texts_behind(tmp_path)
    os.utime(folder / "messages.mo", (1, 1))
    assert texts_behind(tmp_path)
