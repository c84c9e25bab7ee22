"""Keeps secrets out of the log: query strings, and values that follow the name of a secret.

Every log record of the process passes here with its traceback, those of gunicorn and the libraries too.
`hide_parameters` (config.py) keeps the values of rows out.
"""

import logging
import re
from typing import Any

QUERY = re.compile(r"(/[^\s?\"'<>]*)\?[^\s\"'<>]+")
NAMED = re.compile(
    r"(?i)\b((?:\w*(?:password|wachtwoord|token|secret|recovery)\w*)|again|present|code|cookie|authorization)"
    r"(['\"]?\s*(?:=|(?<=['\"]):|(?<=cookie):|(?<=authorization):)\s*['\"]?)[^\s,;&'\"]+"
)
FEED = re.compile(r"/kalender/[^\s?\"'<>/]+")  # decision 0010: its token stands in the path
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_plain_record = logging.getLogRecordFactory()


def discreet(text: str) -> str:
    """The text with "…" for query strings, calendar tokens, and values named like a secret."""
    return NAMED.sub(r"\1\2…", FEED.sub("/kalender/…", QUERY.sub(r"\1?…", text)))


def on_one_line(text: str) -> str:
    """The text with control characters escaped, so that visitors cannot add lines or colours of their own."""
    return CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def indented(traceback: str) -> str:
    """What stands below a line of the log; no line of it begins as one of the log does."""
    return "\n".join(f"  {on_one_line(line)}" for line in traceback.split("\n"))


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _plain_record(*args, **kwargs)
    record.msg, record.args = on_one_line(discreet(record.getMessage())), None
    if record.exc_info and not record.exc_text:
        record.exc_text = indented(discreet(logging.Formatter().formatException(record.exc_info)))
    return record


def register_logs() -> None:
    """Install this for all loggers; once per process, however many schools it serves."""
    logging.setLogRecordFactory(_record)
