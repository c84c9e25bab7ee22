"""The fixtures that every test can ask for.

app          the application on an empty school (tables and roles, no more), in an application context
world        the same with the two sides of tests/support/world.py in it
demo         the same on the demo school, catalogue and all (slower the first time only)
visit        visit("administrator") -> a Visitor: a fresh user with that role (or several), signed in
visitor_of   visitor_of(user) -> a Visitor signed in as that user; visitor_of(None): nobody
actor        actor("administrator") -> (an Actor) of a fresh user with these roles
slow_hashes  passwords and codes are hashed as in a real school, not lightly (tests/support/hashes.py)
Rows are made with tests/factories (make_student(...), make_exam(...), ...); after a request or an action
call `refresh()` (tests.factories) before looking at rows again.
Browser tests: see tests/browser/conftest.py.
"""

from __future__ import annotations

from tests.support import clock, fast_start

# isort: split
import hashlib
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.actions.base import anchor_file
from app.commands import register_commands
from app.database import prepare
from app.entities.base import db
from app.entities.users import User
from app.permissions import Actor, actor_of
from config import Settings
from tests.factories import make_user
from tests.support import raised_versions
from tests.support.database import TestDatabase, plain_url
from tests.support.dated import touches_dates
from tests.support.hashes import lighten, real_scrypt
from tests.support.visitor import Visitor
from tests.support.world import World, lay_out_files, make_world

PAGES = Path(__file__).parent / "pages"
MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3  # noqa: S108 - a folder in memory, and what must be free there


def pytest_configure() -> None:
    """Make hashing cheap, watch versions, and keep databases in memory where there is room."""
    lighten()
    raised_versions.watch()
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_report_header() -> str:
    return f"It is {clock.now().astimezone(clock.SCHOOL_ZONE):%A %d-%m-%Y %H:%M} at the school"


def pytest_sessionstart() -> None:
    fast_start.started()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that touch dates, those that a database can make differ, and those of pages."""
    for item in items:
        if touches_dates(item):
            item.add_marker(pytest.mark.dates)
        if "school" in getattr(item, "fixturenames", ()) and item.get_closest_marker("web") is None:
            item.add_marker(pytest.mark.database)
        if PAGES in item.path.parents:
            item.add_marker(pytest.mark.pages)
    if share := os.environ.get("PROEVE_TEST_SHARE"):
        items[:] = [item for item in items if in_share(item.nodeid, share)]


def in_share(test: str, share: str) -> bool:
    """Whether a test belongs to this share: "1/3" is the first third (tools/moments.sh)."""
    number, of = (int(part) for part in share.split("/"))
    return zlib.crc32(test.encode()) % of == number % of


class School:
    """The worker's own school: one application, one database that is put back for each test."""

    def __init__(self, folder: Path) -> None:
        self.database = TestDatabase(folder)
        self.settings = Settings(school="demo", data=folder, database_url=plain_url(self.database.url))
        self.app = create_app(self.settings)
        self.app.config["TESTING"] = False
        self.wipeable = False
        self.anchors: dict[str, bytes] = {}
        self.world: World | None = None  # what stands in the state "world", by its ids
        register_commands(self.app)

    def release(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def restore(self, state: str, *, whole: bool = True) -> None:
        """Put the database in this state; `whole=False`: nobody has touched the schema since."""
        if self.wipeable and self.database.knows(state) and not whole:
            with self.app.app_context():
                db.session.remove()
            self.database.refill(state)
            self._anchor(state)
            return
        build = {"empty": self._build_empty, "demo": self._build_demo, "world": self._build_world}[state]
        self.database.restore(state, build, self.release)
        self._anchor(state)
        self.wipeable = self.database.kind == "postgresql"

    def _anchor(self, state: str) -> None:
        """Put back the file that holds the end of this state's trail; the first time it is kept."""
        file = self.settings.school_data / anchor_file.NAME
        if state not in self.anchors:
            self.anchors[state] = file.read_bytes()
        file.unlink(missing_ok=True)
        file.write_bytes(self.anchors[state])
        file.chmod(0o600)

    def _build_empty(self) -> None:
        with self.app.app_context():
            prepare()

    def _build_demo(self) -> None:
        from app.database import load_demo

        self.restore("empty")
        with self.app.app_context():
            load_demo()

    def _build_world(self) -> None:
        self.restore("empty")
        with self.app.app_context():
            self.world = make_world()


@pytest.fixture(scope="session")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    made = School(tmp_path_factory.mktemp("school"))
    yield made
    made.release()
    made.database.drop()


@pytest.fixture
def app(school: School, request: pytest.FixtureRequest) -> Iterator[Flask]:
    yield from _standing(school, "world" if "world" in request.fixturenames else "empty", request)


def _standing(school: School, state: str, request: pytest.FixtureRequest) -> Iterator[Flask]:
    touches_schema = request.node.get_closest_marker("schema") is not None
    school.restore(state, whole=touches_schema)
    with school.app.app_context():
        yield school.app
        db.session.remove()
    school.wipeable = school.wipeable and not touches_schema


@pytest.fixture
def world(app: Flask, school: School) -> World:
    """Both sides of tests/support/world.py: made once, put back for each test."""
    assert school.world is not None
    lay_out_files(school.world)
    return school.world


@pytest.fixture
def demo(school: School, request: pytest.FixtureRequest) -> Iterator[Flask]:
    yield from _standing(school, "demo", request)


@pytest.fixture
def slow_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashlib, "scrypt", real_scrypt)


@pytest.fixture
def visitor_of(school: School) -> Callable[[User | None], Visitor]:
    return lambda user: Visitor(school.app, user)


@pytest.fixture
def visit(app: Flask) -> Callable[..., Visitor]:
    return lambda *roles: Visitor(app, make_user(*roles))


@pytest.fixture
def actor(app: Flask) -> Callable[..., Actor]:
    return lambda *roles: actor_of(make_user(*roles))
