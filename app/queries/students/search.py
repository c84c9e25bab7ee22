"""Finding students by what somebody types: the beginning of any word of name, number or e-mail address."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, select, true

from app.entities.students import Student, StudentTerm
from app.rules.people import search_words

LAST = "\U0010ffff"  # sorts after every letter: what begins with "ber" lies between "ber" and "ber" + this


def found_by(text: str) -> ColumnElement[bool]:
    """Condition on Student: every word is the beginning of a word of the student; accents do not matter."""
    return and_(true(), *(Student.id.in_(_with(word)) for word in search_words(text)))


def _with(word: str) -> Select[int]:
    return select(StudentTerm.student_id).where(StudentTerm.term >= word, StudentTerm.term < word + LAST)
