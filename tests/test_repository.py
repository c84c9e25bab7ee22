"""What may stand in the repository: our own work, locked dependencies, and no place to download from."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tools import components

ROOT = Path(__file__).resolve().parent.parent

# In pieces, so that this file is not a find itself.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("cdn", "jsdelivr", "net"),
        ("cdnjs", "cloudflare", "com"),
        ("unpkg", "com"),
        ("fonts", "googleapis", "com"),
    )
]
THIRD_PARTY = re.compile(
    r"(bootstrap|jquery|select2|popper|fontawesome|fa-|htmx|alpine|datepicker|axe\.)", re.I
)
LOCKS = ["base", "dev"]


def committed(*pathspecs: str) -> list[Path]:
    """Files that git tracks or would take along (not ignored) and that exist."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *pathspecs],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def registries_named_in(text: str) -> list[str]:
    return [host for host in REGISTRIES if host in text.lower()]


def third_party_assets(paths: list[Path]) -> list[str]:
    return [path.name for path in paths if THIRD_PARTY.match(path.name) or ".min." in path.name]


def requirements(lock: str) -> dict[str, list[str]]:
    """Every requirement line of a lock file with its hashes: {"flask==3.1.3": ["sha256:…"]}."""
    found: dict[str, list[str]] = {}
    for line in lock.replace("\\\n", " ").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            requirement, *hashes = line.split("--hash=")
            found[requirement.strip()] = [entry.strip() for entry in hashes]
    return found


def lock_text(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text()


def test_no_file_names_a_registry():
    named = {
        str(path.relative_to(ROOT)): hosts
        for path in committed()
        if (hosts := registries_named_in(path.read_text(errors="replace")))
    }
    assert not named


def test_the_search_for_registries_finds_one():
    assert registries_named_in(f"--index-url HTTPS://{REGISTRIES[0].upper()}/simple") == [REGISTRIES[0]]


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_requirement_is_pinned_and_hashed(name):
    locked = requirements(lock_text(name))
    assert len(locked) > 40
    loose = [requirement for requirement in locked if not re.match(r"[a-z0-9._-]+==\S+", requirement)]
    bare = [requirement for requirement, hashes in locked.items() if not hashes]
    odd = [
        entry
        for hashes in locked.values()
        for entry in hashes
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", entry)
    ]
    assert (loose, bare, odd) == ([], [], [])


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_leave_the_index_to_the_machine(name):
    assert not re.findall(r"://|^\s*--(?!hash)\S+|^-\w.*", lock_text(name), re.M)


def test_a_requirement_without_a_hash_is_found():
    assert requirements("flask==3.1.3 \\\n    --hash=sha256:ab\nloose>=1\n") == {
        "flask==3.1.3": ["sha256:ab"],
        "loose>=1": [],
    }


def test_the_list_of_components_is_the_lock():
    """Every library that is locked stands on docs/components.md with its version, and nothing else."""
    text = components.PAGE.read_text()
    assert components.page(text) == text, "run `make components`"
    locked = {re.split(r"[=\[ ;]", name)[0] for name in requirements(lock_text("base"))}
    assert {one.name for one in components.components(lock_text("base"))} == locked


def test_a_library_that_was_added_would_be_missed_on_the_list():
    lock = "flask==3.1.3 \\\n    --hash=sha256:ab\n    # via\n    #   -r requirements/base.in\n    #   more\n"
    (found,) = components.components(lock)
    assert (found.name, found.version, found.through) == ("flask", "3.1.3", ("more",))
    assert "| flask | 3.1.3 | **Proeve**, more |  |" in components.table([found], {"flask"})


def test_developing_uses_the_very_versions_that_run():
    base, dev = requirements(lock_text("base")), requirements(lock_text("dev"))
    assert {name: hashes for name, hashes in dev.items() if name in base} == base


def test_no_third_party_assets_are_committed():
    assert third_party_assets(committed("app/static", "app/theme", "schools")) == []


@pytest.mark.parametrize("name", ["bootstrap.bundle.js", "jquery-3.6.0.js", "select2.css", "own.min.css"])
def test_a_third_party_asset_would_be_found(name):
    assert third_party_assets([Path("app/static") / name]) == [name]
