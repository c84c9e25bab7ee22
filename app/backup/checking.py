"""Looks whether a school's data are whole: after a backup, after a restore, and whenever somebody asks.

No password is known, so nobody is signed in. That signing in works is: the page answers, and the key opens
the second step of every account that has an app.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask, current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import DatabaseError

from app import models
from app.actions import base as actions
from app.backup import contents, postgresql
from app.backup.manifest import known_revisions
from app.entities.base import db
from app.errors import ProeveError
from app.queries.access.factors import unreadable_apps
from app.queries.library.library import path_of
from config import Settings

SIGN_IN = "/aanmelden"


@dataclass(frozen=True)
class Found:
    """What one part of the check found, in one line."""

    right: bool
    line: str


def check_data() -> Iterator[Found]:
    """Check everything that is kept, a line for each part. A part that cannot be looked at is wrong."""
    for look in (_integrity, _constraints, _trail, _documents, _sign_in):
        try:
            found = look()
        except (DatabaseError, psycopg.Error) as error:
            said = error.orig if isinstance(error, DatabaseError) else error
            found = Found(False, _("De database is niet te lezen: %(why)s", why=_words(said)))
        except ProeveError as error:
            found = Found(False, _(error.message, **error.params))
        finally:
            db.session.rollback()
        yield found


def _integrity() -> Found:
    """Every table is read whole; SQLite also looks at its own file."""
    read = 0
    with db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        names = [name for name in sa.inspect(connection).get_table_names() if not name.startswith("sqlite_")]
        if db.engine.dialect.name == "sqlite":
            wrong = [str(line) for (line,) in connection.exec_driver_sql("PRAGMA integrity_check(3)")]
            if wrong != ["ok"]:
                return Found(False, _("De database is beschadigd: %(why)s", why="; ".join(wrong)))
        for name in names:
            read += _read_whole(connection, raw, name)
    return Found(
        True,
        _("Database: %(tables)s tabellen en %(rows)s rijen, heel gelezen.", tables=len(names), rows=read),
    )


def _read_whole(connection: sa.Connection, raw: Any, name: str) -> int:
    """Read every value of a table; gives the number of rows."""
    if connection.dialect.name == "postgresql":
        return postgresql.read_whole(raw, name)
    return connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0


def _constraints() -> Found:
    """No row points at nothing, no constraint or index is off, and the tables are of this version."""
    with db.engine.connect() as connection:
        revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        if revision != known_revisions()[0]:
            return Found(
                False,
                _(
                    "De tabellen zijn van versie %(has)s en dit Proeve van %(wants)s: run.py prepare",
                    has=revision,
                    wants=known_revisions()[0],
                ),
            )
        lost = _orphans(connection)
        if connection.dialect.name == "postgresql":
            raw: Any = connection.connection.driver_connection
            lost += postgresql.loose(raw)
    if lost:
        return Found(False, _("Rijen wijzen naar iets wat er niet is: %(rows)s", rows="; ".join(lost[:3])))
    return Found(True, _("Verbanden: elke rij past bij de andere, tabellen van versie %(at)s.", at=revision))


def _orphans(connection: sa.Connection) -> list[str]:
    """The references of which a row points at nothing, as "table.column -> table"."""
    found = []
    for (_schema, name), references in sa.inspect(connection).get_multi_foreign_keys().items():
        for one in references:
            here, there = one["constrained_columns"], one["referred_columns"]
            child = sa.table(name, *map(sa.column, here)).alias("child")
            parent = sa.table(one["referred_table"], *map(sa.column, there)).alias("parent")
            same = [parent.c[theirs] == child.c[ours] for ours, theirs in zip(here, there, strict=True)]
            lost = sa.select(sa.literal(1)).where(
                *(child.c[ours].is_not(None) for ours in here), ~sa.exists().select_from(parent).where(*same)
            )
            if connection.scalar(lost.select_from(child).limit(1)):
                found.append(f"{name}.{'+'.join(here)} -> {one['referred_table']}")
    return found


def _trail() -> Found:
    checked = actions.check_trail()
    if checked.broken is not None:
        return Found(False, _("Het logboek klopt niet vanaf regel %(entry)s.", entry=checked.broken))
    if not checked.sound:
        return Found(False, " ".join(actions.anchor_words.wrong(checked.end)))
    return Found(True, _("Logboek: %(count)s regels, en het anker past erbij.", count=checked.length))


def _documents() -> Found:
    """Every file that the database names is there, with the content that its name promises."""
    named = db.session.scalars(sa.select(models.LibraryDocument.content_hash).distinct()).all()
    wrong = [one for one in named if not _is_kept(one)]
    if wrong:
        return Found(
            False,
            ngettext(
                "%(num)s bestand van de bibliotheek ontbreekt of is veranderd: %(first)s",
                "%(num)s bestanden van de bibliotheek ontbreken of zijn veranderd: %(first)s",
                len(wrong),
                first=", ".join(wrong[:3]),
            ),
        )
    return Found(
        True,
        ngettext(
            "Bibliotheek: %(num)s bestand, met de inhoud die het had.",
            "Bibliotheek: %(num)s bestanden, met de inhoud die ze hadden.",
            len(named),
        ),
    )


def _is_kept(content_hash: str) -> bool:
    try:
        return contents.sha256_of(path_of(content_hash)) == content_hash
    except ValueError:
        return False


def _sign_in() -> Found:
    answered = contextvars.Context().run(_ask_for_page, current_app._get_current_object())  # type: ignore[attr-defined] # itself
    if answered != 200:
        return Found(False, _("De aanmeldpagina antwoordt %(status)s in plaats van 200.", status=answered))
    if lost := unreadable_apps():
        return Found(
            False,
            ngettext(
                "De sleutel opent de app van %(num)s account niet: zie docs/running.md, “Secrets”.",
                "De sleutel opent de apps van %(num)s accounts niet: zie docs/running.md, “Secrets”.",
                lost,
            ),
        )
    apps = db.session.scalar(sa.select(sa.func.count()).select_from(models.Authenticator)) or 0
    users = db.session.scalar(sa.select(sa.func.count()).select_from(models.User)) or 0
    return Found(
        True,
        _(
            "Aanmelden: de pagina antwoordt, en de sleutel opent elke tweede stap (apps: %(apps)s, "
            "accounts: %(users)s).",
            apps=apps,
            users=users,
        ),
    )


def _ask_for_page(app: Flask) -> int:
    settings: Settings = app.extensions["proeve_settings"]
    site = f"{'https' if settings.tls else 'http'}://{settings.hosts[0] if settings.hosts else 'localhost'}"
    return app.test_client().get(SIGN_IN, base_url=site).status_code


def _words(error: BaseException | None) -> str:
    return " ".join(str(error).split())
