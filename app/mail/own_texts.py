"""A school's own mail texts: schools/<school>/mail/<purpose>[.<role>].<language>.txt.

They are read and checked at start (DataFileError names file and reason). Without a file, our own text is
sent. The first line is the subject. The text follows; its {words} between braces are filled in per mail.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from app import toml_file
from app.permissions import Role
from app.rules.cleaning import clean
from app.rules.text import N_
from app.school import LANGUAGES
from app.toml_kinds import nearest

EXTENSION = "proeve_mail_texts"
SUBJECT = re.compile(r"(onderwerp|subject):\s*(.+)", re.IGNORECASE)
WORD = re.compile(r"\{([^{}\n]*)\}")
LONGEST_SUBJECT, LONGEST_BODY = 150, 5000  # characters
# What editors and systems leave beside a file: Emacs, vi, Word, patch, macOS, Windows.
LEFT_OVER = ("~", ".swp", ".swo", ".bak", ".tmp", ".orig", ".rej", ".old", ".part", ".lock")
NO_TEXT = {"readme.md", "thumbs.db", "desktop.ini", "__macosx", "icon\r"}

# Purpose -> (the words it may use, the words it must use). Without the latter the reader cannot sign in.
WORDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "login_code": (
        frozenset({"naam", "school", "gebruikersnaam", "geldig_tot", "inlogcode", "adres"}),
        frozenset({"inlogcode", "adres"}),
    ),
    "invitation": (
        frozenset(
            {
                "naam",
                "school",
                "examen",
                "wanneer",
                "waar",
                "momenten",
                "contact",
                "inlogcode",
                "adres",
                "link",
            }
        ),
        frozenset({"inlogcode", "adres"}),
    ),
}

Key = tuple[str, str, str]  # purpose, role ("": every role), language


@dataclass(frozen=True)
class OwnText:
    """A text as the school wrote it, its {words} not yet filled in."""

    subject: str
    body: str

    def subject_for(self, school: str) -> str:
        return self.subject.replace("{school}", school)

    def body_for(self, values: Mapping[str, str]) -> str:
        """The body with its words filled in. `values` has a value for every word of the purpose."""
        return WORD.sub(lambda found: values[found[1]], self.body)


def own_text(purpose: str, language: str, role: str = "") -> OwnText | None:
    """The school's text for this role, else its text for every role, else None."""
    texts: Mapping[Key, OwnText] = current_app.extensions[EXTENSION]
    return texts.get((purpose, role, language)) or texts.get((purpose, "", language))


def load_own_texts(folder: Path) -> dict[Key, OwnText]:
    """Every text in a school's mail folder. DataFileError names the file and what is wrong with it."""
    files = sorted(path for path in folder.glob("*") if not _is_left_over(path.name))
    return {_key(path): _text(path) for path in files}


def _is_left_over(name: str) -> bool:
    """Whether an editor or a system left this, or it is our own explanation: nobody's text."""
    folded = name.casefold()
    return folded.startswith((".", "~", "#")) or folded.endswith(LEFT_OVER) or folded in NO_TEXT


def _key(path: Path) -> Key:
    parts = path.name.split(".")
    if len(parts) not in {3, 4} or parts[-1] != "txt":
        message = N_(
            "%(file)s: de naam klopt niet; toegestaan: <mail>.<taal>.txt of <mail>.<rol>.<taal>.txt."
        )
        raise toml_file.DataFileError(message, file=str(path))
    purpose, role, language = parts[0], parts[1] if parts[2:-1] else "", parts[-2]
    _known(path, N_("%(file)s: de mail “%(value)s” bestaat niet; toegestaan: %(allowed)s."), purpose, WORDS)
    if role:
        _known(
            path, N_("%(file)s: de rol “%(value)s” bestaat niet; toegestaan: %(allowed)s."), role, list(Role)
        )
    _known(
        path, N_("%(file)s: de taal “%(value)s” bestaat niet; toegestaan: %(allowed)s."), language, LANGUAGES
    )
    return purpose, role, language


def _known(path: Path, message: str, value: str, known: Collection[str]) -> None:
    if value not in known:
        allowed = toml_file.hinted(", ".join(known), nearest(value, known))
        raise toml_file.DataFileError(message, file=str(path), value=value, allowed=allowed)


def _text(path: Path) -> OwnText:
    try:
        text = clean(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise toml_file.DataFileError(N_("%(file)s is niet te lezen."), file=str(path)) from error
    except UnicodeDecodeError as error:
        raise toml_file.not_utf8(str(path), error) from error
    first, _newline, rest = text.strip().partition("\n")
    found = SUBJECT.fullmatch(first.strip())
    if found is None:
        message = N_(
            "%(file)s: hier hoort het onderwerp; toegestaan: “Onderwerp: …” of “Subject: …”, met de tekst "
            "daaronder."
        )
        raise toml_file.DataFileError(message, file=str(path), line=1)
    subject, body = found[2].strip(), rest.strip() + "\n"
    _check(path, subject, body)
    return OwnText(subject, body)


def _check(path: Path, subject: str, body: str) -> None:
    known, needed = WORDS[path.name.partition(".")[0]]
    in_subject, in_body = set(WORD.findall(subject)), set(WORD.findall(body))
    message, words = "", known
    if len(subject) > LONGEST_SUBJECT or len(body) > LONGEST_BODY:
        message = N_(
            "%(file)s: dit is te lang; toegestaan: een onderwerp van hoogstens %(subject)s tekens en een "
            "tekst van hoogstens %(body)s."
        )
    elif in_subject - {"school"}:
        message = N_("%(file)s: dit woord kan niet in het onderwerp; toegestaan: {school}.")
    elif in_body - known:
        message = N_("%(file)s: %(unknown)s bestaat niet; toegestaan: %(words)s.")
    elif needed - in_body:
        message, words = N_("%(file)s: in de tekst ontbreekt %(words)s."), needed - in_body
    elif set(WORD.sub("", subject + body)) & {"{", "}"}:
        message = N_("%(file)s: een accolade mist haar andere helft; toegestaan: {…}.")
    if message:
        raise toml_file.DataFileError(
            message,
            file=str(path),
            unknown=_braced(in_body - known),
            words=_braced(words),
            subject=LONGEST_SUBJECT,
            body=LONGEST_BODY,
        )


def _braced(words: Iterable[str]) -> str:
    return ", ".join(f"{{{word}}}" for word in sorted(words))
