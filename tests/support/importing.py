"""Imports a file as the wizard does, without its pages: a file, a run, a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.actions.base.action import Action
from app.actions.base.outcome import Outcome
from app.actions.base.runner import run
from app.actions.imports.answers import answer_question
from app.actions.imports.imports import choose_columns, choose_values
from app.entities.imports import ImportRun
from app.imports.check import Checked, check_run
from app.imports.choices import values_to_choose, world_of_choices
from app.imports.intake import receive
from app.imports.kind import Kind
from app.imports.kinds import STUDENTS
from app.imports.write_students import import_students
from app.permissions import Actor
from app.queries.imports.imports import last_choices, own_run
from tests.factories import refresh

HEADER = ("Studentnummer", "Voornaam", "Tussenvoegsel", "Achternaam")


class Wizard:
    """The four steps as one person takes them, with every proposal taken over."""

    def __init__(self, actor: Actor, kind: Kind = STUDENTS, importing: Action = import_students) -> None:
        self.actor, self.kind, self.importing = actor, kind, importing

    def own_run(self, pk: int) -> ImportRun:
        return own_run(self.actor, self.kind.key, pk)

    def take(
        self,
        content: bytes,
        name: str = "studenten.csv",
        *,
        codes: str = "none",
        mapping: dict[str, list[int]] | None = None,
        values: dict[str, dict[str, str]] | None = None,
        everywhere: dict[str, str] | None = None,
    ) -> int:
        """Take steps 1 to 3; gives the run's id."""
        pk = receive(self.actor, self.kind, content, name, login_codes=codes)
        found = self.own_run(pk)
        chosen = found.mapping if mapping is None else mapping
        given: dict[str, Any] = {"version": found.version, "mapping": chosen, "everywhere": everywhere}
        run(choose_columns, self.actor, [pk], **given)
        found = self.own_run(pk)
        earlier = last_choices(self.kind.key, found.header_key)[1]
        asked = values_to_choose(world_of_choices(self.actor, found), found, earlier)
        proposed = {
            key: {one.text: one.proposal for one in many if one.proposal} for key, many in asked.items()
        }
        chosen_values = proposed if values is None else values
        run(choose_values, self.actor, [pk], version=found.version, values=chosen_values)
        return pk

    def answer(self, pk: int, question: str, choice: str, *, about: str = "", seen: str = "") -> Outcome:
        """Answer a question of step 4. `seen`: the answer that the page showed."""
        given = {"question": question, "about": about, "choice": choice, "seen": seen}
        outcome = run(answer_question, self.actor, [pk], **given)
        refresh()
        return outcome

    def check(self, pk: int) -> Checked:
        return check_run(self.actor, self.own_run(pk))

    def write(self, pk: int) -> Outcome:
        version = self.own_run(pk).version
        outcome = run(self.importing, self.actor, [pk], version=version)
        refresh()
        return outcome

    def bring_in(self, content: bytes, name: str = "studenten.csv", **choices: Any) -> Outcome:
        return self.write(self.take(content, name, **choices))


def lines(*rows: Sequence[str], header: Sequence[str] = HEADER, encoding: str = "utf-8") -> bytes:
    """A csv of a Dutch Excel: what holds a semicolon stands in quotes."""
    quoted = ([f'"{cell}"' if ";" in cell else cell for cell in row] for row in (header, *rows))
    return "\r\n".join(";".join(row) for row in quoted).encode(encoding)
