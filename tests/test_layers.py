"""Imports go one way: the contracts of pyproject.toml hold, and each notices when it is broken.

And pages take from the actions what changes data, nothing else: what a page shows is a query or a rule.
"""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import ModuleType

import pytest

from app.actions.base.action import Action, ActionForm
from app.actions.base.outcome import Outcome

ROOT = Path(__file__).resolve().parent.parent
ACTIONS, MACHINERY = "app.actions", "app.actions.base"


def is_of(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def asked_of_actions(source: str) -> Iterator[str]:
    """What a page takes from the actions that is no action, no form of one and no outcome of its own."""
    tree, modules = ast.parse(source), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if is_of(one.name, ACTIONS))
        if not isinstance(node, ast.ImportFrom) or not is_of(node.module or "", ACTIONS):
            continue
        for one in node.names:
            name = f"{node.module}.{one.name}"
            if is_of(name, MACHINERY):
                continue
            found = getattr(importlib.import_module(str(node.module)), one.name, None)
            if found is None or isinstance(found, ModuleType):
                modules[one.asname or one.name] = importlib.import_module(name)
            elif not is_offered(found):
                yield name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            module = modules[node.value.id]
            if not is_offered(getattr(module, node.attr)):
                yield f"{module.__name__}.{node.attr}"


def is_offered(found: object) -> bool:
    a_kind = isinstance(found, type) and issubclass(found, ActionForm | Outcome)
    return a_kind or isinstance(found, Action)


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
        ("app/demo/planted.py", "from app import actions", "Imports go one way BROKEN"),
        ("app/theme/planted.py", "from app import school", "Imports go one way BROKEN"),
        ("app/mailer.py", "from app import pages", "Imports go one way BROKEN"),
        ("app/planted.py", "", "Imports go one way BROKEN"),
    ],
)
def test_a_planted_import_is_noticed(copy, module, planted, broken):
    with (copy / module).open("a") as file:
        file.write(f"{planted}\n")
    kept, report = lint_imports(copy)
    assert not kept
    assert broken in report


def test_the_base_of_the_pages_may_use_flask(copy):
    (copy / "app/pages/base/planted.py").write_text("import flask, wtforms\n")
    kept, report = lint_imports(copy)
    assert kept, report


def test_pages_ask_no_facts_of_actions():
    pages = sorted((ROOT / "app/pages").rglob("*.py"))
    asked = {
        f"{page.relative_to(ROOT)}: {name}" for page in pages for name in asked_of_actions(page.read_text())
    }
    assert not asked


@pytest.mark.parametrize(
    ("planted", "asked"),
    [
        ("from app.actions.students.fields import own_values", ["app.actions.students.fields.own_values"]),
        ("from app.actions.library.files import MAX_BYTES", ["app.actions.library.files.MAX_BYTES"]),
        ("def late():\n    from app.actions.library.files import store", ["app.actions.library.files.store"]),
        ("from app.actions.library import files\nfiles.store", ["app.actions.library.files.store"]),
        ("from app.actions.library import files as f\nf.MAX_BYTES", ["app.actions.library.files.MAX_BYTES"]),
        ("from app.actions import library\nlibrary.files", ["app.actions.library.files"]),
        ("import app.actions.library.files", ["app.actions.library.files"]),
        ("from app.actions.library.library import upload_document", []),
        ("from app.actions.library import library\nlibrary.upload_document", []),
        ("from app.actions.planning.form import PlanExamForm", []),
        ("from app.actions.planning.planning import PlanOutcome", []),
        ("from app.actions.base.wording import say", []),
    ],
)
def test_a_fact_that_is_asked_of_an_action_is_noticed(planted, asked):
    assert list(asked_of_actions(planted)) == asked


def test_every_exception_is_still_needed():
    """A named module that stopped importing what it may import, or is there no more, is no exception."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = [one for contract in contracts for one in contract.get("ignore_imports", ()) if "**" not in one]
    assert named
    for one in named:
        module, library = one.split(" -> ")
        path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
        assert path.exists(), one
        assert re.search(rf"^(from|import) {library}\b", path.read_text(), re.MULTILINE), one


def test_no_module_imports_itself_by_way_of_others():
    assert circle_in(ROOT) == []


@pytest.mark.parametrize(
    "planted",
    [
        "from app.rules import second",
        "import app.rules.second",
        "from app.rules.second import VALUE",
        "def later():\n    from app.rules.second import VALUE",
        "if TYPE_CHECKING:\n    from app.rules.second import VALUE",
    ],
)
def test_a_planted_circle_is_noticed(copy, planted):
    (copy / "app/rules/second.py").write_text("from app.rules import first\n")
    (copy / "app/rules/first.py").write_text(f"{planted}\n")
    assert set(circle_in(copy)) == {"app.rules.first", "app.rules.second"}


def circle_in(folder: Path) -> list[str]:
    """Modules of app of which each imports the next, however and wherever it does; none: empty."""
    files = {module_name(path.relative_to(folder)): path for path in (folder / "app").rglob("*.py")}
    graph = {name: set(imported(path, files)) - {name} for name, path in files.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path, files: Mapping[str, Path]) -> Iterator[str]:
    """The modules that this file names; for a package, what is taken from it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in files)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{one.name}" for one in node.names}
            yield from inside & files.keys() or {node.module} & files.keys()
