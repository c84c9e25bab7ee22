"""Step 1: a file becomes a run. Parsing happens before the transaction, and a refused file leaves nothing."""

from __future__ import annotations

import hashlib

from app.actions.base import run
from app.actions.imports import start_import
from app.imports.columns import guess
from app.imports.kept import header_key, pack
from app.imports.kind import Kind
from app.imports.reader import read_table
from app.permissions import Actor
from app.queries.imports import last_choices


def receive(
    actor: Actor, kind: Kind, content: bytes, file_name: str, *, login_codes: str = "none", token: str = ""
) -> int:
    """Read a file and keep its table in a run of this actor; its id. Raises FileRefused with a sentence."""
    table = read_table(content, file_name)
    key = header_key(table.header)
    earlier, _values = last_choices(kind.key, key)
    width = len(table.header)
    mapping = {column: index for column, index in earlier.items() if column in kind.by_key and index < width}
    outcome = run(
        start_import, actor, token=token, kind=kind.key, file_name=file_name,
        file_hash=hashlib.sha256(content).hexdigest(), table=pack(table), header_key=key,
        mapping=mapping or guess(table.header, kind.columns), login_codes=login_codes,
    )  # fmt: skip
    return outcome.goto or 0
