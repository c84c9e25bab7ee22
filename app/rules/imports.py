"""The login codes that an import can give, and how long a worker keeps a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.rules.text import N_

# What new people get (ImportRun.login_codes).
LOGIN_CODES = {
    "mail": N_("Inlogcode mailen"),
    "make": N_("Inlogcode wel aanmaken, nog niet mailen"),
    "none": N_("Geen inlogcode"),
}


@dataclass(frozen=True)
class Question:
    """What step 4 asks about many rows at once. The first choice holds until another is made."""

    label: str
    choices: Mapping[str, str]  # choice -> msgid

    @property
    def usual(self) -> str:
        return next(iter(self.choices))


# ImportRun.values has the answers under ANSWERS: question -> choice. A question may be about one thing: a row
# ("same:12") or a column ("without:email"), which goes before the answer for all.
ANSWERS = "answers"
SAME, RETURNING, MOVES, WITHOUT = "same", "returning", "moves", "without"
ALL = "all"  # not a question: what step 2 chose for all rows, for a column that the file lacks
NO_ADDRESS = "no address"  # the reason that refuses a row which has no address for its login code
QUESTIONS: Mapping[str, Question] = {
    SAME: Question(
        N_("Er al onder een ander nummer"),
        {
            "": N_("Nog niet gekozen: deze rijen gaan niet mee"),
            "known": N_("Dezelfde student: die krijgt het nummer uit het bestand"),
            "other": N_("Een andere student: maak een nieuwe"),
        },
    ),
    RETURNING: Question(
        N_("Niet actief in Proeve"),
        {"": N_("Niet actief laten"), "activate": N_("Weer activeren")},
    ),
    MOVES: Question(
        N_("Al in een andere studentgroep"),
        {
            "": N_("Erbij: ook in de oude groep blijven"),
            "move": N_("Verplaatsen: uit de andere groepen halen"),
        },
    ),
    WITHOUT: Question(
        N_("Cellen die niet goed zijn"),
        {"": N_("De rijen worden geweigerd"), "yes": N_("De rijen gaan mee zonder die cel")},
    ),
}


def answer_to(answers: Mapping[str, str], question: str, about: object = "") -> str:
    """The answer about this one thing, else the one for all; "" without either."""
    return answers.get(f"{question}:{about}", answers.get(question, ""))


CHOOSE_FIRST = N_("Kies eerst in stap 2 en 3 wat de kolommen en waarden zijn.")
CHOOSE_HIDDEN = N_("Kies eerst in stap 2 of de verborgen rijen meegaan.")
ALREADY_DONE = N_(
    "Deze import is al uitgevoerd, misschien in een ander tabblad. Hieronder staat wat er is geïmporteerd."
)
ALREADY_BEGUN = N_(
    "Deze import is al begonnen, misschien in een ander tabblad. Hieronder staat hoe ver het is."
)
LEASE = timedelta(seconds=60)  # after this long without a sign of life another worker begins anew
