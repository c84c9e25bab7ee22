"""Imports go one way: the contracts of pyproject.toml hold, and each notices when it is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def lint_imports(folder: Path) -> tuple[bool, str]:
    command = "from importlinter.cli import lint_imports_command as lint; lint()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode == 0, " ".join((done.stdout + done.stderr).split())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The application's modules, to plant something in."""
    ignored = shutil.ignore_patterns("__pycache__", "static", "templates", "translations")
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_holds():
    kept, report = lint_imports(ROOT)
    assert kept, report


@pytest.mark.parametrize(
    ("module", "planted", "broken"),
    [
        ("app/rules/planted.py", "import sqlalchemy", "Exam rules know no web and no database BROKEN"),
        ("app/pages/planted.py", "import flask", "Pages leave requests and forms to app.pages.base BROKEN"),
        ("app/theme/planted.py", "from app import entities", "The theme knows no domain word BROKEN"),
        ("app/queries/planted.py", "from app import actions", "Imports go one way BROKEN"),
        ("app/documents/planted.py", "from app import imports", "Imports go one way BROKEN"),
    ],
)
def test_a_planted_import_is_noticed(copy, module, planted, broken):
    (copy / module).write_text(f"{planted}\n")
    kept, report = lint_imports(copy)
    assert not kept
    assert broken in report


def test_the_base_of_the_pages_may_use_flask(copy):
    (copy / "app/pages/base/planted.py").write_text("import flask, wtforms\n")
    kept, report = lint_imports(copy)
    assert kept, report
