"""Schools that a test makes, backs up and puts back: each with a data folder and a database of its own."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from click.testing import CliRunner
from flask import Flask

from app import create_app
from app.actions.library.files import Upload, store
from app.commands import register_commands
from app.database import prepare
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.library import LibraryDocument
from app.errors import ProeveError
from app.restore import restore
from config import ROOT, Settings
from tests.factories import make_app, make_student, make_user
from tests.support.database import plain_url
from tests.support.postgres import create_database, drop_database, server_url

KIND = os.environ.get("PROEVE_TEST_DATABASE", "sqlite")
PAPER = b"%PDF-1.4 een handleiding"
_numbers = itertools.count()


@dataclass
class Town:
    """A machine with one school on it, or none yet."""

    folder: Path
    url: str = ""
    key: str = ""
    kind: str = KIND
    made: list[str] = field(default_factory=list)

    @classmethod
    def new(cls, folder: Path, kind: str = KIND) -> Town:
        """A machine with nothing on it; on PostgreSQL with an empty database."""
        folder.mkdir(parents=True, exist_ok=True)
        town = cls(folder, kind=kind)
        if kind == "postgresql":
            name = f"proeve_town_{os.getpid()}_{next(_numbers)}"
            town.url = plain_url(create_database(server_url(), name))
            town.made.append(name)
        return town

    def gone(self) -> None:
        for name in self.made:
            drop_database(server_url(), name)

    @property
    def settings(self) -> Settings:
        made = Settings(
            school="demo", schools=self.folder / "schools", data=self.folder / "data", database_url=self.url
        )
        return replace(made, given_key=self.key)

    @property
    def environment(self) -> dict[str, str]:
        given = {
            "PROEVE_DATA": str(self.folder / "data"),
            "PROEVE_SCHOOLS": str(self.folder / "schools"),
            "DATABASE_URL": self.url,
            "PROEVE_SECRET_KEY": self.key,
        }
        return {name: value for name, value in given.items() if value}

    def fill(self) -> None:
        """A school with a student, a document and somebody with an authenticator app."""
        shutil.copytree(ROOT / "schools" / "demo", self.folder / "schools" / "demo")
        with self.app():
            prepare()
            make_student(last_name="Eerste")
            make_app(make_user("administrator"))
            self.shelve(PAPER)

    def shelve(self, content: bytes) -> Path:
        """Put a document in the library of this school, in its app; gives its file."""
        upload = Upload("x.pdf", "application/pdf", content)
        kept = store(upload)
        with transaction() as session:
            session.add(
                LibraryDocument(
                    title="Handleiding",
                    file_name=upload.name,
                    content_type=upload.content_type,
                    content_hash=kept,
                    size=len(content),
                )
            )
        return self.settings.school_data / "library" / kept[:2] / kept

    @contextmanager
    def app(self) -> Iterator[Flask]:
        """The application of this school; its connections are closed at the end."""
        made = create_app(self.settings)
        register_commands(made)
        with made.app_context():
            try:
                yield made
            finally:
                db.session.remove()
                db.engine.dispose()

    def command(self, *arguments: str) -> tuple[int, str]:
        """A command of `run.py`, in this process."""
        try:
            with self.app() as app:
                done = app.test_cli_runner().invoke(args=list(arguments))
        except ProeveError as error:  # run.py makes a sentence of it
            return 1, f"{error}\n"
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    def restore(self, file: Path, *options: str, **extra: str) -> tuple[int, str]:
        """`run.py restore`, in this process, with the settings of this machine alone."""
        ours = ("PROEVE_", "DATABASE_URL")
        kept = {name: None for name in os.environ if name.startswith(ours) and "TEST" not in name}
        done = CliRunner().invoke(
            restore, [str(file), *options], env={**kept, **self.environment, "PROEVE_SCHOOL": None, **extra}
        )
        os.environ.pop("PROEVE_SCHOOL", None)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    def backup(self, *arguments: str) -> Path:
        status, told = self.command("backup", *arguments)
        assert status == 0, told
        (made,) = sorted((self.folder / "data" / "_backups").glob("*.zip"))[-1:]
        return made

    @property
    def file(self) -> Path:
        return self.folder / "data" / "demo" / "proeve.db"

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """What the database answers, without the application."""
        if self.kind == "sqlite":
            with closing(sqlite3.connect(self.settings.database_file() or "")) as connection:
                found = connection.execute(question).fetchall()
                connection.commit()
                return found
        with psycopg.connect(self.url, autocommit=True) as connection:
            done = connection.execute(question)
            return done.fetchall() if done.description else []

    def names(self) -> list[str]:
        return [name for (name,) in self.ask("SELECT last_name FROM student ORDER BY id")]

    def tree(self) -> dict[str, str]:
        """Every file of this machine with its content, but for locks."""
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.suffix not in {".in-use", ".lock"}
        }

    def leave_wal(self) -> None:
        """As a server that was killed: its last changes are in the file beside the database."""
        file = self.file
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA wal_autocheckpoint=0")
            connection.execute("UPDATE student SET first_name = 'Uit de wal'")
            connection.commit()
            left = {end: Path(f"{file}{end}").read_bytes() for end in ("-wal", "-shm")}
            database = file.read_bytes()
        file.write_bytes(database)
        for end, content in left.items():
            Path(f"{file}{end}").write_bytes(content)
            Path(f"{file}{end}").chmod(0o600)
