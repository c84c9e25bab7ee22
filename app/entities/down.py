"""What an error says to be down: the database or the disk. It becomes one line of the log, and a page."""

import enum
import errno
import logging
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidRequestError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

log = logging.getLogger("proeve.down")

MAYBE = "it broke off while it was kept: whether it was, is not known"  # a note on the error itself

REFUSED = "Connection refused"  # of what a driver says, all that is repeated
CLOSED = "This connection is closed"  # SQLAlchemy, when a new connection broke as well

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ESTALE}
OF_SQLITE_DISK = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY")
OF_SQLITE = ("SQLITE_CANTOPEN", "SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_PROTOCOL", "SQLITE_BUSY")
# PostgreSQL's codes (or the first two characters of them): no room; connection, server, timeout, read-only.
NO_ROOM_CODES = ("53100", "58")
AWAY_CODES = ("08", "53", "57", "55P03", "25006")


class Down(enum.StrEnum):
    DATABASE = "database"
    DISK = "disk"


def what_is_down(error: BaseException) -> Down | None:
    """What this error says to be down; None: it is an ordinary error."""
    for one in _chain(error):
        if isinstance(one, DBAPIError):
            return _of_database(one)
        if isinstance(one, PoolTimeout) or (isinstance(one, InvalidRequestError) and CLOSED in str(one)):
            return Down.DATABASE
        if isinstance(one, OSError) and one.errno in NO_ROOM:
            return Down.DISK
    return None


def is_unsure(error: BaseException) -> bool:
    """Whether the change may have been kept all the same: the answer to the commit never came."""
    return any(MAYBE in getattr(one, "__notes__", ()) for one in _chain(error))


def in_a_word(error: BaseException) -> str:
    """What went wrong, without a value of a row, a password or an address: on one line."""
    orig = getattr(error, "orig", None) or error
    detail = getattr(orig, "sqlite_errorname", "") or getattr(orig, "sqlstate", "") or ""
    if not detail and isinstance(orig, OSError) and orig.errno:
        detail = errno.errorcode.get(orig.errno, "")
    if not detail and REFUSED in str(orig):
        detail = REFUSED
    return f"{type(orig).__name__} {detail}".strip()


def note_down(error: BaseException, doing: str) -> bool:
    """Write one line in the log when this error says that something is down; False: it says no such thing."""
    down = what_is_down(error)
    if down is None:
        return False
    log.error("%s is down: %s (%s)", down, doing, in_a_word(error))
    return True


def _of_database(error: DBAPIError) -> Down | None:
    name: str = getattr(error.orig, "sqlite_errorname", "") or ""
    code: str = getattr(error.orig, "sqlstate", "") or ""
    if name.startswith(OF_SQLITE_DISK) or code.startswith(NO_ROOM_CODES):
        return Down.DISK
    if error.connection_invalidated or name.startswith(OF_SQLITE) or code.startswith(AWAY_CODES):
        return Down.DATABASE
    lost = isinstance(error, OperationalError | InterfaceError) and not name and not code
    return Down.DATABASE if lost else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and those that it came from."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__
