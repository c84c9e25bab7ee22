"""The wizard in two tabs: what an older page is told, and whether its answers still belong to a question."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from app import errors, models
from app.actions import base as actions
from app.imports.choices import world_of_choices
from app.imports.forms import aloud, shown_by
from app.imports.kinds import kind_of
from app.pages import base


class Tab:
    """What a page of the wizard carries: the version of its run, a mark of its questions, and problems.

    For a page that was sent these are what it carried, until it is told that it is old.
    """

    def __init__(self, found: models.ImportRun, form: actions.ActionForm) -> None:
        self.found = found
        self.sent: Mapping[str, str] = base.filled_in() or {}
        self.problems: list[str] = []
        self.shown = shown_by(form, found)
        given = self.sent.get("version", "")
        self.version = int(given) if base.is_number(given) else 0 if base.posted() else found.version

    @property
    def asked_otherwise(self) -> bool:
        """Whether a form was sent or is given back that asked about something else than the run asks now."""
        usual = "" if base.posted() else self.shown
        return bool(self.sent) and self.sent.get("shown", usual) != self.shown

    def begin_again(self) -> None:
        """Tell why the answers that were sent are not taken over: they were about something else."""
        told = actions.conflict(base.current_actor(), self.found, self.version, {}).params["told"]
        self.problems.append(_("%(told)s Hieronder staat hoe het nu is; kies opnieuw.", told=told))
        world = world_of_choices(base.current_actor(), self.found)
        self.recall(aloud(kind_of(self.found), list(self.sent.items()), world))
        self.version = self.found.version
        base.not_shown()

    def recall(self, typed: Iterable[tuple[str, str]]) -> None:
        """Tell what was typed, where the form can hold it no more: it asks about other columns now."""
        self.problems += [
            _("U had ingevuld: %(label)s: “%(text)s”.", label=one, text=text) for one, text in typed if text
        ]

    def tell(self, error: errors.RuleBroken) -> None:
        self.problems.append(actions.say(error))
        if isinstance(error, errors.Outdated) and error.field == "version":
            self.version = int(error.now)

    def fields(self, **more: Any) -> list[tuple[str, Any]]:
        """The hidden fields of the form."""
        return [("version", self.version), ("shown", self.shown), *more.items()]
