"""Places on the shelves of the library."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.library.files import Upload
from app.actions.library.library import change_document, upload_document
from app.entities.base import db
from app.entities.library import LibraryDocument, LibraryPlacement
from app.permissions import Actor, actor_of
from tests.factories import make_user, refresh
from tests.support.at_once import while_half_done

PDF = b"%PDF-1.4"


def added(actor: Actor, title: str, roles: list[str]) -> Callable[[], object]:
    upload = Upload(f"{title}.pdf", "application/pdf", PDF + title.encode())
    return lambda: run(upload_document, actor, upload=upload, title=title, roles=roles).goto


@pytest.mark.parametrize("second", ["uploaded", "changed"])
def test_two_documents_at_one_instant_get_two_places(
    app: Flask, monkeypatch: pytest.MonkeyPatch, second: str
) -> None:
    actor = actor_of(make_user("administrator"))
    other = added(actor, "Twee", ["student"])
    if second == "changed":
        there = added(actor, "Twee", ["administrator"])()
        roles = ["administrator", "student"]
        other = lambda: run(change_document, actor, [there], version=1, title="Twee", roles=roles)  # noqa: E731
    answers = while_half_done(monkeypatch, added(actor, "Een", ["student"]), other)
    assert not [one for one in answers if isinstance(one, Exception)], answers
    refresh()
    statement = (
        select(LibraryDocument.title, LibraryPlacement.position)
        .join(LibraryDocument, LibraryDocument.id == LibraryPlacement.document_id)
        .where(LibraryPlacement.role == "student")
        .order_by(LibraryPlacement.position)
    )
    assert db.session.execute(statement).all() == [("Een", 1), ("Twee", 2)]
