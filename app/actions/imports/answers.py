"""The answers to the questions that step 4 of an import asks about many rows at once."""

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import errors, models
from app.actions import base
from app.actions.imports import imports
from app.permissions import Actor, Permission
from app.rules import imports as rules
from app.rules.text import N_

_ABOUT = re.compile(r"[a-z0-9_]{0,60}")  # a number of a row, or the key of a column


@base.action(
    _l("Vraag van de import beantwoord"),
    permission=Permission.IMPORT_RUNS,
    on=models.ImportRun,
    changes=models.ImportRun,
    words={"question": N_("Vraag"), "about": N_("Over"), "choice": N_("Keuze")},
)
def answer_question(
    actor: Actor,
    targets: base.Targets[models.ImportRun],
    *,
    question: str,
    about: str,
    choice: str,
    seen: str,
) -> base.Outcome:
    """Stap 4 van 4: answer a question about many rows at once, or about one of them.

    `about`: the number of that row, or the key of a column.
    `seen`: the answer that the page showed. Outdated when it is another by now.
    """
    run = imports.as_seen(actor, targets)
    asked = rules.QUESTIONS.get(question)
    if asked is None or choice not in asked.choices or not _ABOUT.fullmatch(about):
        raise errors.NotFound
    answers: dict[str, str] = run.values.get(rules.ANSWERS, {})
    now = rules.answer_to(answers, question, about)
    if now not in {seen, choice}:
        there, here = (_(asked.choices[one]) for one in (now, choice))
        raise errors.Outdated(imports.OTHER_CODES, field="seen", now=now, there=there, here=here)
    key = f"{question}:{about}" if about else question
    run.values = {**run.values, rules.ANSWERS: {**answers, key: choice}}
    imports.moved(run, run.stage)
    return base.Outcome(
        done=1,
        ids=[run.id],
        details={
            "question": asked.label,
            **({"about": about} if about else {}),
            "choice": [asked.choices[now], asked.choices[choice]],
        },
        summary=_("%(choice)s. Elke rij is opnieuw gecontroleerd.", choice=_(asked.choices[choice])),
    )
