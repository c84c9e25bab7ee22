"""A crawler that reads everything a user can reach, and looks for what is none of that user's business."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterable
from urllib.parse import urlsplit

from werkzeug.test import TestResponse

from tests.support.visitor import Visitor

LINK = re.compile(r'(?:href|action)="(/[^"#]*)')
OF_NOBODY = " object at 0x"  # how Python writes a thing that was given no name
OUT = ("/static", "/bootstrap", "/afmelden", "/taal", "/healthz", "/readyz", "/logo")


def text_of(answer: TestResponse) -> str:
    """The text of an answer: its headers, and its body or the parts of a workbook."""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers)
    body = answer.data
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"\n".join(book.read(name) for name in book.namelist())
    return html.unescape(headers + "\n" + body.decode(errors="replace"))


class Reader:
    """Follows links and looks for `secrets`, and for what nobody may read; `seen`: pages that opened."""

    def __init__(self, page: Visitor, secrets: Iterable[str]) -> None:
        self.page, self.secrets = page, (*secrets, OF_NOBODY)
        self.leaks: list[str] = []
        self.crashes: list[str] = []
        self.seen: set[str] = set()

    def read(self, path: str) -> str:
        answer = self.page.get(path)
        if answer.status_code >= 500:
            self.crashes.append(path)
        text = text_of(answer)
        self.leaks += [f"{path}: {secret}" for secret in self.secrets if secret in text]
        if answer.status_code == 200:
            self.seen.add(path)
        return text if answer.status_code == 200 else ""

    def crawl(self, start: Iterable[str], most: int) -> None:
        """Follow every link from these addresses on, breadth first; at most so many addresses."""
        waiting, tried = list(start), set[str]()
        while waiting and len(tried) < most:
            path = waiting.pop(0)
            if path in tried:
                continue
            tried.add(path)
            found = (html.unescape(link) for link in LINK.findall(self.read(path)))
            waiting += [link for link in found if not urlsplit(link).path.startswith(OUT)]
