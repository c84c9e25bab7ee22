"""The mail to who has the next attempt, when the attempt before it is open again, or decided anew.

The student's name is not in it: the reader sees it after signing in.
"""

from __future__ import annotations

import enum

from flask_babel import force_locale
from flask_babel import gettext as _

from app.mail.purposes import purpose
from app.mail.texts import letter
from app.rules.text import N_

EARLIER_ATTEMPT = purpose("earlier_attempt", N_("Bericht over een eerdere kans"))


class News(enum.Enum):
    """What happened to the earlier attempt, and what to do with the next one."""

    REOPENED = (
        N_("Kans %(first)s van %(exam)s is weer open. De uitslag van die kans kan nog veranderen."),
        N_("Beoordeel kans %(own)s pas na overleg met wie het examen plant."),
    )
    PASSED = (
        N_("Kans %(first)s van %(exam)s is nu gehaald."),
        N_(
            "Beoordeel kans %(own)s pas na overleg met wie het examen plant. Wie plant, verwijdert of stopt "
            "kans %(own)s."
        ),
    )
    FAILED = (
        N_("Kans %(first)s van %(exam)s is opnieuw definitief, en niet gehaald."),
        N_("Kans %(own)s gaat door."),
    )

    @property
    def told(self) -> str:
        return self.value[0]

    @property
    def advice(self) -> str:
        return self.value[1]


DECIDED = N_(
    "Kans %(own)s heeft al een uitslag. Die verandert hierdoor niet. De hoogste uitslag telt, tenzij de "
    "examencommissie anders besluit."
)


def news_text(
    news: News,
    language: str,
    school: str,
    *,
    name: str,
    exam: str,
    first: int,
    own: int,
    when: str,
    decided: bool = False,
) -> tuple[str, str]:
    """Subject and body. `first`: the earlier attempt; `own`: the reader's, at `when` ("": not planned).

    `decided`: it has a result, so that it is neither still planned nor to be assessed.
    """
    with force_locale(language):
        numbers = {"first": first, "own": own, "exam": exam}
        due = when and not decided
        planned = _("Kans %(own)s staat gepland op %(when)s.", own=own, when=when) if due else ""
        return _("Kans %(first)s van %(exam)s is veranderd", first=first, exam=exam), letter(
            name, school, _(news.told, **numbers), planned, _(DECIDED if decided else news.advice, **numbers)
        )
