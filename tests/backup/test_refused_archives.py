"""A backup that was cut off, changed or made up is refused before anything is touched, in a sentence."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.backup import archive as archives
from app.backup.archive import MANIFEST, is_safe
from app.backup.manifest import read_manifest
from tests.support.towns import Town

pytestmark = pytest.mark.web  # what an archive may hold is the same, whatever database it is of
Spoil = Callable[[Path], Any]


def cut(at: float) -> Spoil:
    def spoil(file: Path) -> None:
        whole = file.read_bytes()
        file.write_bytes(whole[: int(len(whole) * at)])

    return spoil


def flipped(at: float) -> Spoil:
    def spoil(file: Path) -> None:
        whole = bytearray(file.read_bytes())
        whole[int(len(whole) * at)] ^= 0x10
        file.write_bytes(whole)

    return spoil


def rewritten(change: Callable[[dict[str, Any], dict[str, bytes]], Any]) -> Spoil:
    """The archive made again with another manifest, or other parts."""

    def spoil(file: Path) -> None:
        with zipfile.ZipFile(file) as old:
            parts = {name: old.read(name) for name in old.namelist()}
        manifest = json.loads(parts.pop(MANIFEST))
        change(manifest, parts)
        with zipfile.ZipFile(file, "w") as new:
            for name, content in {**parts, MANIFEST: json.dumps(manifest).encode()}.items():
                new.writestr(name, content)

    return spoil


def named(name: str) -> Spoil:
    """A part of this name, in the zip and in the manifest."""

    def change(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
        parts[name] = b"x"
        digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        manifest["parts"][name] = {"size": 1, "sha256": digest}

    return rewritten(change)


def linked(file: Path) -> None:
    with zipfile.ZipFile(file, "a") as opened:
        info = zipfile.ZipInfo("data/library/x")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(info, "/etc/passwd")


def doubled(file: Path) -> None:
    with zipfile.ZipFile(file, "a") as opened, pytest.warns(UserWarning, match="Duplicate"):
        opened.writestr("data/secret-key", "x" * 40)


def without(name: str) -> Spoil:
    return rewritten(lambda _manifest, parts: parts.pop(name))


def saying(**values: Any) -> Spoil:
    return rewritten(lambda manifest, _parts: manifest.update(values))


def longer(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
    parts["data/secret-key"] += b"x"


DAMAGED = "geen back-up van Proeve, of het bestand is niet heel"
SPOILED: dict[str, tuple[Spoil, str]] = {
    "empty": (lambda file: file.write_bytes(b""), DAMAGED),
    "text": (lambda file: file.write_text("geen back-up"), DAMAGED),
    "gone": (lambda file: file.unlink(), "niet te lezen"),
    "a folder": (lambda file: (file.unlink(), file.mkdir()), "niet te lezen"),
    "cut at a third": (cut(0.33), DAMAGED),
    "cut at its end": (cut(0.9999), DAMAGED),
    "a bit in the database": (flipped(0.4), DAMAGED),
    "a bit near the end": (flipped(0.995), DAMAGED),
    "no manifest": (
        lambda file: zipfile.ZipFile(file, "w").close(),
        DAMAGED,
    ),
    "a manifest of words": (rewritten(lambda manifest, _parts: manifest.clear()), DAMAGED),
    "up and away": (named("data/../../etc/x"), DAMAGED),
    "from the root": (named("/etc/x"), DAMAGED),
    "with a backslash": (named("data\\..\\x"), DAMAGED),
    "of a drive": (named("C:/x"), DAMAGED),
    "of nowhere": (named("elders/x"), DAMAGED),
    "with a line": (named("data/x\ny"), DAMAGED),
    "a link": (linked, DAMAGED),
    "a part twice": (doubled, DAMAGED),
    "a part too few": (without("data/secret-key"), DAMAGED),
    "a part too many": (rewritten(lambda _manifest, parts: parts.update({"data/x": b"x"})), DAMAGED),
    "a part that grew": (rewritten(longer), DAMAGED),
    "a path as school": (saying(school="../x"), DAMAGED),
    "another school": (saying(school="elders"), "is van school elders"),
    "a newer format": (saying(format=2), "van een nieuwere Proeve"),
    "newer tables": (saying(revision="9999"), "van een nieuwere Proeve"),
    "a newer version": (saying(proeve="99.0"), "van een nieuwere Proeve"),
    "another kind of database": (saying(database="oracle"), DAMAGED),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_spoiled_backup_is_refused_before_anything_is_touched(
    filled: tuple[Town, Path], tmp_path: Path, how: str
) -> None:
    town, kept = filled
    spoil, said = SPOILED[how]
    file = tmp_path / "back-up.zip"
    shutil.copyfile(kept, file)
    spoil(file)
    before = town.tree()
    extra = {"PROEVE_SCHOOL": "demo"} if how == "another school" else {}
    status, told = town.restore(file, **extra)
    assert (status, said in told) == (1, True), told
    assert len(told.strip().splitlines()) == 1
    assert town.tree() == before


def test_a_spoiled_backup_leaves_nothing_on_an_empty_machine(empty: Town, kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "back-up.zip"
    shutil.copyfile(kept, file)
    flipped(0.4)(file)
    status, told = empty.restore(file)
    assert (status, DAMAGED in told) == (1, True), told
    assert list(empty.folder.iterdir()) == []


def test_a_database_with_other_rows_than_it_says_is_refused(
    filled: tuple[Town, Path], tmp_path: Path
) -> None:
    """What the manifest counts was counted in the copy itself."""
    town, kept = filled
    file = tmp_path / "back-up.zip"
    shutil.copyfile(kept, file)
    rewritten(lambda manifest, _parts: manifest["rows"].update(student=7))(file)
    before = {name for name in town.tree() if "_backups" not in name}
    status, told = town.restore(file)
    assert status == 1, told
    assert {name for name in town.tree() if "_backups" not in name} == before
    assert town.names() == ["Eerste"]


@pytest.mark.parametrize("name", ["data/a b/ë.pdf", "school/mail/x.txt", "data/.x", "database.sqlite"])
def test_a_plain_name_is_safe(name: str) -> None:
    assert is_safe(name)


def test_a_file_with_a_name_that_no_backup_holds_is_named(town: Town) -> None:
    (town.folder / "schools" / "demo" / "mail\\x.txt").write_text("x")
    status, told = town.command("check-data")
    assert status == 0, told
    status, told = town.command("backup")
    assert (status, "mail" in told, "andere naam" in told) == (1, True, True)
    assert list((town.folder / "data" / "_backups").iterdir()) == []
    assert archives.FORMAT == 1


@pytest.mark.parametrize("wrong", [{"format": "1"}, {"parts": {}}, {"database": "oracle"}])
def test_a_manifest_that_does_not_hold_together_is_none(kept: Path, wrong: dict[str, Any]) -> None:
    with zipfile.ZipFile(kept) as zipped:
        raw = json.loads(zipped.read(MANIFEST))
    assert read_manifest(json.dumps(raw).encode()).parts
    with pytest.raises(ValueError, match="no "):
        read_manifest(json.dumps({**raw, **wrong}).encode())
