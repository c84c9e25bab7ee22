"""Finding students by what somebody types: the beginning of any word of name, number or e-mail address."""

import sqlalchemy as sa

from app import models
from app.rules.people import search_words

LAST = "\U0010ffff"  # sorts after every letter: what begins with "ber" lies between "ber" and "ber" + this


def found_by(text: str) -> sa.ColumnElement[bool]:
    """Condition on Student: every word is the beginning of a word of the student; accents do not matter."""
    return sa.and_(sa.true(), *(models.Student.id.in_(_with(word)) for word in search_words(text)))


def _with(word: str) -> sa.Select[int]:
    return sa.select(models.StudentTerm.student_id).where(
        models.StudentTerm.term >= word, models.StudentTerm.term < word + LAST
    )
