"""What comes into a log: no query string, and nothing that stands after the name of a secret.

Every record of the process passes here, those of gunicorn and the libraries too; a traceback as well.
Values of rows stay out by `hide_parameters` (config.py).
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
    """The text without query strings and without the values of what is named like a secret."""
    return NAMED.sub(r"\1\2…", FEED.sub("/kalender/…", QUERY.sub(r"\1?…", text)))


def on_one_line(text: str) -> str:
    """What a visitor sent is shown, not written: no line of his own, no colours."""
    return CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _plain_record(*args, **kwargs)
    record.msg, record.args = on_one_line(discreet(record.getMessage())), None
    if record.exc_info and not record.exc_text:
        record.exc_text = discreet(logging.Formatter().formatException(record.exc_info))
    return record


def register_logs() -> None:
    """Once per process, however many schools it serves."""
    logging.setLogRecordFactory(_record)
