"""A school's own mail texts: schools/<school>/mail/<purpose>[.<role>].<language>.txt.

Read and checked at start (SchoolFileWrong with file and reason); without a file ours is sent. The first
line is the subject, then the text with {words} between braces that are filled in per mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from app.permissions import Role
from app.school import LANGUAGES, SchoolFileWrong

EXTENSION = "proeve_mail_texts"
SUBJECT = re.compile(r"(onderwerp|subject):\s*(.+)", re.IGNORECASE)
WORD = re.compile(r"\{([^{}\n]*)\}")
LONGEST_SUBJECT, LONGEST_BODY = 150, 5000  # characters

# Purpose -> the words it knows; a text without the second lot would leave its reader outside.
WORDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "login_code": (
        frozenset({"naam", "school", "gebruikersnaam", "geldig_tot", "inlogcode", "adres"}),
        frozenset({"inlogcode", "adres"}),
    ),
    "invitation": (
        frozenset({"naam", "school", "wanneer", "waar", "inlogcode", "adres", "link"}),
        frozenset({"inlogcode", "adres"}),
    ),
}

Key = tuple[str, str, str]  # purpose, role ("": every role), language


@dataclass(frozen=True)
class OwnText:
    """A text as the school wrote it, words and all."""

    subject: str
    body: str

    def subject_for(self, school: str) -> str:
        return self.subject.replace("{school}", school)

    def body_for(self, values: Mapping[str, str]) -> str:
        """`values`: what stands in the place of each word; every word of the purpose is in it."""
        return WORD.sub(lambda found: values[found[1]], self.body)


def own_text(purpose: str, language: str, role: str = "") -> OwnText | None:
    """The school's text for this role, else the one for every role; None: it has none."""
    texts: Mapping[Key, OwnText] = current_app.extensions[EXTENSION]
    return texts.get((purpose, role, language)) or texts.get((purpose, "", language))


def load_own_texts(folder: Path) -> dict[Key, OwnText]:
    """Every text in a school's mail folder. SchoolFileWrong: the file and what is wrong with it."""
    files = sorted(path for path in folder.glob("*") if path.name != "README.md")
    return {_key(path): _text(path) for path in files}


def _key(path: Path) -> Key:
    parts = path.name.split(".")
    if len(parts) not in {3, 4} or parts[-1] != "txt":
        raise SchoolFileWrong(f"{path}: name it <purpose>.<language>.txt or <purpose>.<role>.<language>.txt")
    purpose, role, language = parts[0], parts[1] if parts[2:-1] else "", parts[-2]
    if purpose not in WORDS:
        raise SchoolFileWrong(f"{path}: {purpose!r} is no mail of ours; choose {', '.join(WORDS)}")
    if role and role not in list(Role):
        raise SchoolFileWrong(f"{path}: {role!r} is no role; choose {', '.join(Role)}")
    if language not in LANGUAGES:
        raise SchoolFileWrong(f"{path}: {language!r} is no language of ours; choose {', '.join(LANGUAGES)}")
    return purpose, role, language


def _text(path: Path) -> OwnText:
    try:
        first, _newline, rest = path.read_text(encoding="utf-8-sig").strip().partition("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SchoolFileWrong(f"{path}: {error}") from error
    found = SUBJECT.fullmatch(first.strip())
    if found is None:
        raise SchoolFileWrong(f'{path}: line 1 must be the subject: "Onderwerp: ..." or "Subject: ..."')
    subject, body = found[2].strip(), rest.strip() + "\n"
    _check(path, subject, body)
    return OwnText(subject, body)


def _check(path: Path, subject: str, body: str) -> None:
    known, needed = WORDS[path.name.partition(".")[0]]
    in_subject, in_body = set(WORD.findall(subject)), set(WORD.findall(body))
    problem = ""
    if len(subject) > LONGEST_SUBJECT or len(body) > LONGEST_BODY:
        problem = f"too long: {LONGEST_SUBJECT} characters of subject and {LONGEST_BODY} of text at most"
    elif in_subject - {"school"}:
        problem = "the subject may hold no other word than {school}"
    elif in_body - known:
        problem = f"{_braced(in_body - known)} is unknown; choose from {_braced(known)}"
    elif needed - in_body:
        problem = f"the text must hold {_braced(needed - in_body)}"
    elif set(WORD.sub("", subject + body)) & {"{", "}"}:
        problem = "a brace without its other half"
    if problem:
        raise SchoolFileWrong(f"{path}: {problem}")


def _braced(words: Iterable[str]) -> str:
    return ", ".join(f"{{{word}}}" for word in sorted(words))
