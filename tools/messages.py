"""Updates the English catalogue: every Dutch message, with its English. `make messages` runs this.

Dutch is the source: a msgid is the Dutch sentence itself. A new message comes into the .po without English, a
message that no longer exists leaves it; nothing is guessed. The file holds no dates and no line numbers: a
difference is always a change of a message.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"
ENGLISH = APP / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {**DEFAULT_KEYWORDS, **parse_keywords(["N_", "_l", "lazy_gettext", "lazy_ngettext:1,2"])}
HEADER = """\
# The English of Proeve. The Dutch sentences are the source; `make messages` brings this file up to date.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def extracted() -> Catalog:
    """Every message in the code and the templates, without its English."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog(locale="en")
    for _file, line, message, _comments, _context in extract_from_dir(APP, methods, options, KEYWORDS):
        found.add(message, flags=["python-format"] if "%(" in str(message) else [], lineno=line)
    return found


def kept(path: Path = ENGLISH) -> Catalog:
    """What the .po holds now; empty when there is none."""
    if not path.exists():
        return Catalog(locale="en")
    with path.open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def messages(catalog: Catalog) -> Iterator[Message]:
    """The messages without the header."""
    return (message for message in catalog if message.id)


def merged(source: Catalog, old: Catalog) -> Catalog:
    """The messages of the source, each with the English it had."""
    made = Catalog(locale="en")
    for message in messages(source):
        before = old.get(message.id)
        same = before is not None and before.id == message.id
        made.add(message.id, before.string if before is not None and same else None, flags=message.flags)
    return made


def as_text(catalog: Catalog) -> str:
    """The .po file, in alphabetical order."""
    file = BytesIO()
    write_po(file, catalog, width=0, no_location=True, omit_header=True, sort_output=True)
    return HEADER + file.getvalue().decode().strip() + "\n"


def forms(message: Message) -> list[tuple[str, str]]:
    """(Dutch, English) of the message, for singular and plural apart; English is "" when there is none."""
    dutch = list(message.id) if isinstance(message.id, (tuple, list)) else [message.id]
    english = list(message.string) if isinstance(message.string, (tuple, list)) else [message.string]
    return [(one, str(other or "")) for one, other in zip(dutch, english, strict=True)]


def untranslated(catalog: Catalog) -> list[str]:
    """The Dutch sentences without English."""
    return [dutch for message in messages(catalog) for dutch, english in forms(message) if not english]


def main() -> int:
    made = merged(extracted(), kept())
    ENGLISH.parent.mkdir(parents=True, exist_ok=True)
    ENGLISH.write_text(as_text(made), encoding="utf-8")
    todo = untranslated(made)
    for one in todo:
        print("no English yet:", one)
    print(f"{len(made)} messages, {len(todo)} without English: {ENGLISH.relative_to(ROOT)}")
    return 1 if todo else 0


if __name__ == "__main__":
    sys.exit(main())
