"""Measures what Proeve costs with many students: `make bench ARGS="--students 100000"`.

It makes a demo school in a temporary folder (SQLite), or in --database: an EMPTY PostgreSQL database.
It asks for pages as an administrator, in this process, so that only our own work is timed: no network, no
browser. Every figure of a page is the median of five, after one to warm up.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import inspect, select

from app import create_app
from app.actions.base.runner import run
from app.actions.base.trail import broken_at
from app.actions.school.demo import add_demo_students
from app.commands import register_commands
from app.database import load_demo, prepare
from app.entities.base import db
from app.entities.programmes import Programme
from app.entities.users import User
from app.permissions import SYSTEM, Actor, actor_of
from bench import imports, large, load, migrations, students
from config import Settings
from startup import start_up
from tests.support.queries import counted
from tests.support.visitor import Visitor

TIMES = 5


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def show(what: str, seconds: float, note: str = "") -> None:
    print(f"  {what:<44}{seconds * 1000:>10.0f} ms   {note}", flush=True)


def fill(number: int) -> None:
    show("a new demo school", timed(lambda: (prepare(), load_demo())))
    taken = timed(lambda: run(add_demo_students, SYSTEM, number=number, report=lambda _what: None))
    show(f"{number} students more", taken, f"{number / taken:,.0f} per second")
    if db.engine.dialect.name == "postgresql":
        show("what autovacuum does by itself", timed(vacuum))


def vacuum() -> None:
    """Do what autovacuum does within a minute: a database that was just filled knows nothing of its rows."""
    db.session.remove()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def pages(app: Flask) -> None:
    administrator = db.session.scalars(select(User).where(User.username == "beheerder")).one()
    visitor = Visitor(app, administrator)
    programme = db.session.scalars(select(Programme.id).where(Programme.crebo == "25656")).one()
    students.pages(visitor, show)
    db.session.remove()
    for what, path in {
        "start": "/",
        "exam overview of a programme": f"/examens/?opleiding={programme}",
        "exam overview, searched": f"/examens/?opleiding={programme}&q=jansen",
        "users": "/gebruikers/",
        "trail": "/logboek/",
    }.items():
        page(visitor, what, path)


def page(visitor: Visitor, what: str, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    with counted() as statements:
        visitor.get(path)
    taken = statistics.median(timed(lambda: visitor.get(path)) for _ in range(TIMES))
    show(what, taken, f"{len(statements)} queries")


def office() -> Actor:
    return actor_of(db.session.scalars(select(User).where(User.username == "beheerder")).one())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Proeve at size.")
    parser.add_argument("--students", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=10_000, help="students in the file that is imported")
    parser.add_argument("--database", default="", help="an empty PostgreSQL database; default: SQLite")
    parser.add_argument("--load", type=int, default=0, help="only many people at once, so many seconds")
    parser.add_argument("--migrations", action="store_true", help="only the steps of an upgrade")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="proeve-bench-") as folder:
        settings = Settings(school="demo", data=Path(folder), database_url=wanted.database)
        with start_up():
            app = create_app(settings)
            register_commands(app)
        with app.app_context():
            if inspect(db.engine).get_table_names():
                raise SystemExit("This database is not empty; nothing was done.")
            busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
            print(f"Python {platform.python_version()}, {db.engine.dialect.name}, {busy}")
            fill(wanted.students)
            if wanted.migrations:
                migrations.measured(show)
                db.engine.dispose()
                return
            if wanted.load:
                db.session.remove()
                load.measured(show, app, settings, wanted.load)
                db.engine.dispose()
                return
            pages(app)
            with app.test_request_context():
                students.export(show)
                students.bulk(office(), show)
            show("verify the trail", timed(broken_at))
            with app.test_request_context():
                imports.students(show, wanted.rows)
                imports.users(show)
            db.session.remove()
            large.measured(show, settings)
            db.session.remove()
            db.engine.dispose()


if __name__ == "__main__":
    main()
