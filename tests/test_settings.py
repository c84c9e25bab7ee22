"""Settings of the machine (config.py): a wrong one ends the start with one sentence that says what to do."""

from __future__ import annotations

import ast
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config import Settings
from environment import refuse_unknown
from tests.support.processes import free_port
from tests.support.starter import Started, started

ROOT = Path(__file__).parent.parent

# name, what was typed, what the sentence says is allowed
WRONG = [
    ("PROEVE_SCHOOL", "../demo", "letters, cijfers, - en _"),
    ("PROEVE_SCHOOL", "mijn school", "letters, cijfers, - en _"),
    ("PROEVE_SCHOOL", "-x", "letters, cijfers, - en _"),
    ("PROEVE_SCHOOL", "x" * 64, "letters, cijfers, - en _"),
    ("PROEVE_DATA", str(ROOT / "README.md"), "een map"),
    ("PROEVE_DATA", "/" + "x" * 300, "niet te gebruiken (File name too long)"),
    ("PROEVE_SCHOOLS", str(ROOT / "README.md"), "een map"),
    ("DATABASE_URL", "onzin", "postgresql://"),
    ("DATABASE_URL", "mysql://school/proeve", "postgresql://"),
    ("DATABASE_URL", "http://school.example.nl", "postgresql://"),
    ("DATABASE_URL", "postgresql:geheim@server", "postgresql://"),
    ("DATABASE_URL", "postgresql+psycopg2://school/proeve", "postgresql://"),
    ("DATABASE_URL", "postgresql://u:w@server:poort/x", "postgresql://"),
    ("DATABASE_URL", "postgresql://server", "De naam van de database ontbreekt"),
    ("DATABASE_URL", "postgresql://server/", "De naam van de database ontbreekt"),
    ("DATABASE_URL", "postgresql://server/x?foo=bar", "een optie die de database niet kent: foo"),
    ("DATABASE_URL", "postgresql://server/x?sslmod=require", "Bedoelt u sslmode?"),
    ("DATABASE_URL", "postgresql://server/x?connect_timeout=lang", "bij connect_timeout een heel getal"),
    ("DATABASE_URL", "postgresql://u:p@ss/w#rd@server/x", "schrijft u @ als %40"),
    ("DATABASE_URL", "postgresql://u:w#rd@server/x", "schrijft u @ als %40"),
    ("DATABASE_URL", "sqlite:////x.db?foo=bar", "een optie die de database niet kent: foo"),
    ("DATABASE_URL", "postgresql://server/x?port=poort", "postgresql://"),
    ("DATABASE_URL", "sqlite://", "in het geheugen"),
    ("DATABASE_URL", "sqlite:///:memory:", "in het geheugen"),
    ("DATABASE_URL", "sqlite:///file:x?uri=true&mode=memory", "in het geheugen"),
    ("DATABASE_TIMEOUT", "lang", "seconden, van 1 tot en met 50"),
    ("DATABASE_TIMEOUT", "60", "seconden, van 1 tot en met 50"),
    ("HOST", "http://127.0.0.1", "een adres of naam"),
    ("HOST", "127.0.0.1:5000", "een adres of naam"),
    ("HOST", "mijn computer", "een adres of naam"),
    ("PORT", "vijfduizend", "van 1 tot en met 65535"),
    ("PORT", "0", "van 1 tot en met 65535"),
    ("PORT", "65536", "van 1 tot en met 65535"),
    ("PORT", "5000.0", "van 1 tot en met 65535"),
    ("PORT", "-5000", "van 1 tot en met 65535"),
    ("PORT", "٥٠٠٠", "van 1 tot en met 65535"),
    ("PROEVE_DEMO_ANYWHERE", "misschien", "1 (aan) of 0 (uit)"),
    ("PROEVE_TLS", "aan", "1 (aan) of 0 (uit)"),
    ("PROEVE_TLS", "2", "1 (aan) of 0 (uit)"),
    ("PROEVE_TLS", "treu", "1 (aan) of 0 (uit)"),
    ("PROEVE_HOSTS", "https://examens.school.nl", "zonder https:// en poort"),
    ("PROEVE_HOSTS", "examens.school.nl:443", "zonder https:// en poort"),
    ("PROEVE_HOSTS", "examens.school.nl;school.nl", "zonder https:// en poort"),
    ("PROEVE_HOSTS", "school.nl, *.school.nl", "zonder https:// en poort"),
    ("PROEVE_PROXIES", "een", "van 0 tot en met 9"),
    ("PROEVE_PROXIES", "-1", "van 0 tot en met 9"),
    ("PROEVE_PROXIES", "10", "van 0 tot en met 9"),
    ("PROEVE_ADDRESS", "examens.school.nl", "https://"),
    ("PROEVE_ADDRESS", "ftp://examens.school.nl", "https://"),
    ("PROEVE_ADDRESS", "https://", "https://"),
    ("PROEVE_ADDRESS", "https://examens.school.nl?x=1", "https://"),
    ("PROEVE_ADDRESS", "https://jan:geheim@examens.school.nl", "https://"),
    ("PROEVE_ADDRESS", "https://examens.school.nl:poort", "https://"),
    ("PROEVE_ADDRESS", "https://examens.school.nl/proeve", "https://"),
    ("SMTP_HOST", "smtp://mail.school.nl", "een adres of naam"),
    ("SMTP_HOST", "mail.school.nl:587", "een adres of naam"),
    ("SMTP_SECURITY", "ssl", "starttls, tls of none"),
    ("SMTP_SECURITY", "startls", "Bedoelt u starttls?"),
    ("SMTP_SECURITY", "geen", "starttls, tls of none"),
    ("SMTP_PORT", "smtp", "van 0 tot en met 65535"),
    ("SMTP_PORT", "70000", "van 0 tot en met 65535"),
    ("SMTP_PASSWORD_FILE", "/nergens/wachtwoord", "niet te lezen"),
    ("SMTP_TIMEOUT", "lang", "seconden"),
    ("SMTP_TIMEOUT", "0", "seconden"),
    ("SMTP_TIMEOUT", "nan", "seconden"),
    ("SMTP_TIMEOUT", "1e9", "seconden"),
    ("REDIS_URL", "http://localhost:6379", "redis://"),
    ("REDIS_URL", "localhost:6379", "redis://"),
    ("REDIS_URL", "redis://localhost:poort/0", "redis://"),
    ("REDIS_URL", "redis://localhost/nul", "redis://"),
    ("REDIS_URL", "redis://localhost/0?foo=bar", "redis://"),
    ("WEB_WORKERS", "nul", "van 1 tot en met 64"),
    ("WEB_WORKERS", "0", "van 1 tot en met 64"),
    ("WEB_WORKERS", "1000", "van 1 tot en met 64"),
]
RIGHT = {
    "PROEVE_SCHOOL": ["demo", "ROC_Noord-2"],
    "PROEVE_SCHOOLS": ["", "/etc/proeve/schools"],
    "PROEVE_DATA": ["/var/lib/proeve"],
    "DATABASE_URL": [
        "",
        "postgresql://u:w@server/x",
        "postgres://server/x",
        "postgresql+psycopg:///x",
        "postgresql:///?dbname=x&host=/run/postgresql",
        "postgresql://server/x?sslmode=require&connect_timeout=5",
        "sqlite:////x.db?timeout=9",
        "sqlite:////x.db",
    ],
    "DATABASE_TIMEOUT": ["", "1", "12.5", "50"],
    "HOST": ["", "192.0.2.9", "::1", "localhost"],
    "PORT": ["", "80", "65535"],
    "PROEVE_DEMO_ANYWHERE": ["", "1", "nee"],
    "PROEVE_TLS": ["", "1", "0", "ja", "True", "FALSE"],
    "PROEVE_HOSTS": ["", "examens.school.nl", "examens.school.nl, 192.0.2.7"],
    "PROEVE_PROXIES": ["", "0", "2"],
    "PROEVE_SECRET_KEY": ["", "k" * 40],
    "PROEVE_OLD_SECRET_KEYS": ["", "k" * 40 + "\n" + "l" * 40],
    "PROEVE_ADDRESS": ["", "https://examens.school.nl", "http://127.0.0.1:5000/", "https://[::1]:8443"],
    "SMTP_HOST": ["", "mail.school.nl", "192.0.2.1"],
    "SMTP_SECURITY": ["", "starttls", "TLS", "none"],
    "SMTP_PORT": ["", "2525"],
    "SMTP_USER": ["", "proeve"],
    "SMTP_PASSWORD": ["", " met spaties "],
    "SMTP_PASSWORD_FILE": [""],
    "SMTP_TIMEOUT": ["", "1", "2.5"],
    "REDIS_URL": [
        "",
        "redis://localhost:6379/0",
        "rediss://u:w@server",
        "redis://server?socket_timeout=5",
        "unix:///run/redis.sock",
    ],
    "WEB_WORKERS": ["", "1", "8"],
}


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in RIGHT:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("name", "typed", "allowed"), WRONG)
def test_a_wrong_setting_ends_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, typed: str, allowed: str
) -> None:
    monkeypatch.setenv(name, typed)
    with pytest.raises(SystemExit) as ended:
        Settings()
    told = str(ended.value)
    assert told.startswith(name)
    assert allowed in told
    assert "\n" not in told


@pytest.mark.parametrize(("name", "typed"), [(name, one) for name, all_of in RIGHT.items() for one in all_of])
def test_a_right_setting_is_taken(monkeypatch: pytest.MonkeyPatch, name: str, typed: str) -> None:
    monkeypatch.setenv(name, typed)
    Settings()


def test_every_setting_is_tried() -> None:
    """Each `environment.….("NAME")` of config.py."""
    tree = ast.parse((ROOT / "config.py").read_text())
    asked = {
        word.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("environment.")
        for word in call.args
        if isinstance(word, ast.Constant) and re.fullmatch("[A-Z][A-Z_]+", str(word.value))
    }
    assert asked == set(RIGHT)
    free = {
        "PROEVE_SECRET_KEY",
        "PROEVE_OLD_SECRET_KEYS",
        "SMTP_USER",
        "SMTP_PASSWORD",
    }  # any text; keys: later
    assert asked - {name for name, _typed, _allowed in WRONG} == free


def test_no_setting_is_read_anywhere_else() -> None:
    assert "environ" not in (ROOT / "config.py").read_text().replace("environment", "")


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "REDIS_URL", "PROEVE_ADDRESS", "PROEVE_HOSTS", "SMTP_HOST", "HOST"]
)
def test_a_password_in_a_wrong_address_is_not_repeated(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "postgrsql://proeve:geheim@server/x")
    with pytest.raises(SystemExit) as ended:
        Settings()
    assert "geheim" not in str(ended.value)


def test_a_password_is_shown_by_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://proeve:geheim@server/x")
    monkeypatch.setenv("SMTP_PASSWORD", "geheim")
    monkeypatch.setenv("REDIS_URL", "redis://:geheim@server")
    assert "geheim" not in repr(Settings())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("PROEVE_SCHOOOL", "Bedoelt u PROEVE_SCHOOL?"),
        ("PROEVE_HOST", "Bedoelt u PROEVE_HOSTS?"),
        ("PROEVE_XYZZY", "Zie config.py"),
        ("DATABASE_URI", "Bedoelt u DATABASE_URL?"),
        ("DATABSE_URL", "Bedoelt u DATABASE_URL?"),
        ("SMPT_HOST", "Bedoelt u SMTP_HOST?"),
        ("SMTP_PASWORD", "Bedoelt u SMTP_PASSWORD?"),
        ("WEB_WORKER", "Bedoelt u WEB_WORKERS?"),
        ("database_url", "Bedoelt u DATABASE_URL?"),
    ],
)
def test_a_setting_that_nobody_knows_ends_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    Settings()
    monkeypatch.setenv(name, "1")
    with pytest.raises(SystemExit, match=name) as ended:
        refuse_unknown()
    assert told in str(ended.value)


@pytest.mark.parametrize(
    "name", ["SMTP_FROM", "HOSTNAME", "HOSTS", "REPORT", "WORKERS", "DATABASE_NAME", "REDIS_HOST"]
)
def test_what_is_somebody_elses_is_left_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    Settings()
    monkeypatch.setenv(name, "1")
    refuse_unknown()


def test_a_name_beside_the_right_one_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://server/x")
    Settings()
    monkeypatch.setenv("DATABASE_URI", "1")
    refuse_unknown()


# Wrong settings that only show when Proeve looks around: what is set, and what the sentence says.
AROUND: dict[str, tuple[dict[str, str], str]] = {
    "a school that is not there": ({"PROEVE_SCHOOL": "dmeo"}, "misschien bedoelt u “demo”"),
    "a setting that nobody knows": ({"PROEVE_SCHOOOL": "demo"}, "Bedoelt u PROEVE_SCHOOL?"),
    "a school that is a file": (
        {"PROEVE_SCHOOLS": "{here}/files"},
        "{here}/files/demo/school.toml is er niet",
    ),
    "no schools at all": ({"PROEVE_SCHOOLS": "{here}/nothing"}, "run.py new-school"),
    "data that cannot be made": ({"PROEVE_DATA": "/proc/x"}, "/proc/x is niet te maken"),
    "data below a file": ({"PROEVE_DATA": "{here}/files/demo/data"}, "files/demo/data"),
    "a database below a file": ({"DATABASE_URL": "sqlite:///{here}/files/demo/x.db"}, "files/demo is niet"),
    "a database that is a folder": ({"DATABASE_URL": "sqlite:///{here}/folder/db"}, "folder/db is niet"),
    "a database in a folder for all": (
        {"DATABASE_URL": "sqlite:///{here}/x.db"},
        "een map van Proeve alleen",
    ),
    "a database that is away": (
        {"DATABASE_URL": "postgresql://proeve:geheim@127.0.0.1:1/proeve"},
        "Kijk of zij draait",
    ),
    "passwords all over the address": (
        {"DATABASE_URL": "postgresql://proeve@127.0.0.1:1/proeve?password=geheim&sslpassword=geheim"},
        "Kijk of zij draait",
    ),
    "a port in use": ({"PORT": "{taken}"}, "Poort {taken} is al in gebruik"),
    "an address of another machine": (
        {"HOST": "192.0.2.1", "PROEVE_DEMO_ANYWHERE": "1"},
        "niet luisteren op",
    ),
    "a demo school for everybody": ({"HOST": "0.0.0.0"}, "PROEVE_DEMO_ANYWHERE=1"),  # noqa: S104
    "a short key": ({"PROEVE_SECRET_KEY": "kort"}, "te kort"),
    "a short old key": ({"PROEVE_SECRET_KEY": "k" * 40, "PROEVE_OLD_SECRET_KEYS": "kort"}, "te kort"),
    "old keys without a new one": ({"PROEVE_OLD_SECRET_KEYS": "k" * 40}, "zonder PROEVE_SECRET_KEY"),
    "a name that is nearly ours": ({"DATABASE_URI": "postgresql://server/x"}, "Bedoelt u DATABASE_URL?"),
    "mail in plain text by a typing error": ({"SMTP_SECURITY": "ssl", "SMTP_PORT": "25"}, "starttls, tls of"),
}
REALLY = {f"{name}={typed}": ({name: typed}, allowed) for name, typed, allowed in WRONG} | AROUND


@pytest.fixture(scope="module")
def real_starts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Started, str, bool]]:
    """Every wrong setting, really started: what came of it, what should be told, whether data was left."""
    here = tmp_path_factory.mktemp("starts")
    (here / "files").mkdir()
    (here / "files" / "demo").touch()
    (here / "folder" / "db").mkdir(parents=True)
    here.chmod(0o755)
    (here / "folder").chmod(0o700)
    free = str(free_port())
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        known = {"here": here, "taken": other.getsockname()[1]}
        cases = {
            name: {"PROEVE_DATA": f"{here}/{number}", "PORT": free, **_filled(wrong, known)}
            for number, (name, (wrong, _told)) in enumerate(REALLY.items())
        }
        came = started([(["serve"], settings) for settings in cases.values()])
    return {
        name: (one, REALLY[name][1].format(**known), os.path.exists(settings["PROEVE_DATA"]))
        for (name, settings), one in zip(cases.items(), came, strict=True)
    }


def _filled(settings: dict[str, str], known: dict[str, object]) -> dict[str, str]:
    return {name: typed.format(**known) if "{" in typed else typed for name, typed in settings.items()}


@pytest.mark.parametrize("name", REALLY)
def test_a_mistake_is_one_sentence_and_an_exit_status(
    real_starts: dict[str, tuple[Started, str, bool]], name: str
) -> None:
    done, told, left = real_starts[name]
    assert (done.status, done.out) == (1, ""), done
    assert len(done.told.strip().splitlines()) == 1, done.told
    assert told in done.told
    assert "geheim" not in done.told
    # A key that cannot be read, or a database that is away, is known after the folder was made.
    made_first = ("database" in name and name in AROUND) or name.startswith(
        ("a short", "old keys", "passwords")
    )
    assert made_first or not left or name.startswith("PROEVE_DATA="), (
        "a start that failed leaves nothing behind"
    )


def test_forty_wrong_settings_are_really_started() -> None:
    assert len(REALLY) >= 40


def test_run_py_itself_says_it_too(tmp_path: Path) -> None:
    """The starts above are forked; this one is `python run.py`, from nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PROEVE_")}
    done = subprocess.run(
        [sys.executable, "run.py", "serve"],
        cwd=ROOT,
        env={**kept, "PROEVE_DATA": str(tmp_path / "data"), "SMTP_SECURITY": "ssl"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.stderr
    assert not (tmp_path / "data").exists()
