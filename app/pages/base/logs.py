"""How a line of the log looks: moment (UTC), level, logger, number of the request, and what happened.

It also keeps secrets out: query strings, and values that follow the name of a secret. Every log record of the
process passes here with its traceback, those of gunicorn and the libraries too. `hide_parameters` (config.py)
keeps the values of rows out.
"""

import logging
import re
import sys
import time
from contextvars import ContextVar
from typing import Any, TextIO

from app.rules.cleaning import UNSEEN

QUERY = re.compile(r"(/[^\s?\"'<>]*)\?[^\s\"'<>]+")
NAMED = re.compile(
    r"(?i)\b(\w*(?:password|wachtwoord|token|secret|recovery|_code)\w*|again|present|setup|code|cookie|authorization)"
    r"(['\"]?\s*(?:=|(?<=['\"]):|(?<=_code):|(?<=cookie):|(?<=authorization):)\s*)"
    r"(?:'[^']*'|\"[^\"]*\"|['\"]?[^\s,;&'\"]+)"
)
FEED = re.compile(r"/kalender/[^\s?\"'<>/]+")  # decision 0010: its token stands in the path
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
LINE = "%(asctime)s %(levelname)s %(name)s [%(request)s] %(message)s"
NONE = "-"  # the number of no request: a command, the sender of mails

request_number: ContextVar[str] = ContextVar("request number", default=NONE)
_plain_record = logging.getLogRecordFactory()


def discreet(text: str) -> str:
    """The text with "…" for query strings, calendar tokens, and values named like a secret."""
    return NAMED.sub(r"\1\2…", FEED.sub("/kalender/…", QUERY.sub(r"\1?…", text)))


def on_one_line(text: str) -> str:
    """The text with what cannot be seen escaped: no visitor adds lines, colours or another reading order."""
    return CONTROL.sub(_escaped, UNSEEN.sub(_escaped, text))


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def indented(traceback: str) -> str:
    """What stands below a line of the log; no line of it begins as one of the log does."""
    return "\n".join(f"  {on_one_line(line)}" for line in traceback.split("\n"))


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _plain_record(*args, **kwargs)
    record.request = request_number.get()
    record.msg, record.args = on_one_line(discreet(record.getMessage())), None
    if record.exc_info and not record.exc_text:
        record.exc_text = indented(discreet(logging.Formatter().formatException(record.exc_info)))
    return record


class ToStandardError(logging.StreamHandler[TextIO]):
    """Writes to standard error, whatever that is at the moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        lines = logging.Formatter(LINE, "%Y-%m-%dT%H:%M:%SZ")
        lines.converter = time.gmtime
        self.setFormatter(lines)

    @property
    def stream(self) -> TextIO:  # looked up each time
        return sys.stderr

    @stream.setter
    def stream(self, stream: TextIO) -> None:
        """Leave it: there is no other."""


def register_logs() -> None:
    """Install this for all loggers; once per process, however many schools it serves."""
    logging.setLogRecordFactory(_record)
    root = logging.getLogger()
    if not any(isinstance(one, ToStandardError) for one in root.handlers):
        root.addHandler(ToStandardError())
