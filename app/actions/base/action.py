"""What an action is: a function that changes data, with all that a page needs to offer it.

The decorator gives it its label, permission, target and form. The function comes actor first; its order is
always: load by `visible` -> `may`? -> rules -> change -> Outcome. app/actions/base/runner.py runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from flask_babel import LazyString, get_locale
from flask_babel import gettext as _
from wtforms import Form

from app import errors
from app.actions.base.form_words import FormWords, form_words
from app.actions.base.outcome import Outcome
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import Actor, Permission
from app.rules.second_factor import Proof
from app.rules.text import N_

M = TypeVar("M")


@dataclass(frozen=True)
class Targets(Generic[M]):
    """The rows an action works on, as ids that this actor may act on.

    `state` holds a row per id: the id, the version (or else the uid) of the row as it was read, and what else
    the model is shown with.
    """

    model: type[M]
    ids: Sequence[int]
    state: Sequence[tuple[Any, ...]] = ()

    @property
    def count(self) -> int:
        return len(self.ids)

    def among(self) -> sa.Select[tuple[int]]:
        """For `Model.id.in_(targets.among())`: one parameter, however many rows."""
        return id_set(self.ids)

    def one(self) -> M:
        """The only row; an action on one row calls this."""
        if len(self.ids) != 1:
            raise errors.NotFound
        found = db.session.get(self.model, self.ids[0])
        if found is None:
            raise errors.NotFound
        return found

    def all(self) -> Sequence[M]:
        """The rows themselves; only for actions that are not set-based."""
        model: Any = self.model
        return db.session.scalars(sa.select(model).where(model.id.in_(self.among())).order_by(model.id)).all()


class ActionForm(Form):
    """A form declared beside its action. `prepare` fills its choices for this actor."""

    says_version = False  # it names the version that it shows, and the action compares that itself
    nothing: str | LazyString = ""  # `prepare` sets it when there is nothing to choose
    nothing_hint: str | LazyString = ""  # what the user can do then

    class Meta:
        def get_translations(self, _form: Form) -> FormWords:
            return form_words(str(get_locale() or "nl"))

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        """Called once, after the form is made and before it is shown or validated."""

    def recall(self, actor: Actor) -> None:
        """Instead of `prepare`, when its rows have gone: fill the choices to read what was typed (aloud.py).

        A form with choices of its rows, other than `Picked` ones, fills them with what this actor may see.
        """
        self.prepare(actor, None)

    @classmethod
    def initial(cls, actor: Actor, targets: Targets[Any] | None) -> dict[str, Any]:
        """Starting values when the form is first shown."""
        return {}

    def values(self) -> dict[str, Any]:
        """The keyword arguments for the action."""
        return dict(self.data)


@dataclass(frozen=True, eq=False)  # each is one of a kind; by value its hash would be another per language
class Action:
    """A change of data with everything a page needs to offer it. Calling it calls the function."""

    name: str
    function: Callable[..., Outcome]
    label: str | LazyString
    permission: Permission
    on: type[Any] | None = None
    form: type[ActionForm] | None = None
    confirm: bool = False
    danger: bool = False
    noun: str | LazyString = ""
    submit: str | LazyString = ""
    intro: str | LazyString = ""
    proof: Proof | None = None  # the proof that its actor must have given lately
    before: Callable[..., dict[str, Any]] | None = None  # slow work, done before the transaction opens
    only_reads: bool = False  # it leaves its rows as they are, so nobody who changes them waits for it
    in_turn: bool = False  # one at a time, whoever does it
    apart: bool = False  # no other form tells of what it changes
    changes: tuple[type[Any], ...] = ()  # the models whose version it raises
    # What the trail calls its details, as msgids. Left out of the hash: a dict has none.
    words: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __call__(self, *args: Any, **kwargs: Any) -> Outcome:
        return self.function(*args, **kwargs)


REGISTRY: dict[str, Action] = {}
FIRST_STEP = "first_step_shown"
# Entries in the trail that are not an action of their own.
OTHER_ENTRIES = {FIRST_STEP: N_("Eerste stap van aanmelden getoond; de tweede is nog nodig")}


def entry_label(name: str) -> str:
    """The label of an entry in the trail. For an action that no longer exists: its name."""
    if name in OTHER_ENTRIES:
        return _(OTHER_ENTRIES[name])
    return str(REGISTRY[name].label) if name in REGISTRY else name


def own_word(entry: str, detail: str) -> str:
    """The word of the entry's action for one of its details; "" when it has none."""
    words = REGISTRY[entry].words if entry in REGISTRY else {}
    return _(words[detail]) if detail in words else ""


def action(
    label: str | LazyString,
    *,
    permission: Permission,
    on: type[Any] | None = None,
    form: type[ActionForm] | None = None,
    confirm: bool = False,
    danger: bool = False,
    noun: str | LazyString = "",
    submit: str | LazyString = "",
    intro: str | LazyString = "",
    proof: Proof | None = None,
    before: Callable[..., dict[str, Any]] | None = None,
    only_reads: bool = False,
    in_turn: bool = False,
    apart: bool = False,
    changes: type[Any] | tuple[type[Any], ...] = (),
    words: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Outcome]], Action]:
    """Make an action of a function: `f(actor, *, ...)`, or `f(actor, targets, *, ...)` when `on` is given.

    `before(actor, **data)` returns arguments that take long to make (a password's hash). It runs before
    anything is locked, so nobody waits for it. It decides nothing: the action checks what it returned.

    An action locks its rows before it reads them, so that two who do something to the same rows take turns;
    not with `only_reads`, when it changes none of them (an export). One on no chosen rows has nothing to
    lock: `in_turn` lets it wait for itself. When it announces what it will do, it always does.

    What a form did is told again only while nobody did anything else to its rows. One that is `apart` leaves
    what other forms did as it was (new recovery codes: the app that was set up still is).

    `changes` names the models whose version goes up. `changed_by` reads it, so that a form can say who
    changed its row. It is not the same as `on`: a coupling works on students and leaves their data alone.
    `words` holds the words for details that only this action writes. Words for details that several
    actions write are in app/pages/trail/words.py.
    """

    def decorate(function: Callable[..., Outcome]) -> Action:
        name = function.__name__
        if name in REGISTRY and REGISTRY[name].function.__module__ != function.__module__:
            raise ValueError(f"two actions are called {name}")
        models = changes if isinstance(changes, tuple) else (changes,)
        made = Action(
            name,
            function,
            label,
            permission,
            on=on,
            form=form,
            confirm=confirm,
            danger=danger,
            noun=noun,
            submit=submit,
            intro=intro,
            proof=proof,
            before=before,
            only_reads=only_reads,
            in_turn=in_turn or (confirm and on is None),
            apart=apart,
            changes=models,
            words=words or {},
        )
        REGISTRY[name] = made
        return made

    return decorate


def changed_by(model: type[Any]) -> Sequence[str]:
    """The names of the actions that raise the version of this model's rows."""
    return [name for name, act in REGISTRY.items() if model in act.changes]
