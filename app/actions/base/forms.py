"""Parts that several forms share: rules as validators, an upload field, a form that names its version."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar

import wtforms
from wtforms.fields import choices
from wtforms.fields.core import UnboundField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from app.actions.base.action import ActionForm, Targets
from app.actions.base.wording import say
from app.errors import Outdated, RuleBroken
from app.permissions import Actor

T = TypeVar("T")
SECRET_BOXES = {"current-password", "new-password", "one-time-code"}  # as autocomplete calls them

# WTForms 3.3 has it and deprecates tuples; its type stubs do not know it yet.
SelectChoice: Any = choices.SelectChoice  # type: ignore[attr-defined] # of WTForms 3.3; stubs of before


def ruled(rule: Callable[[str], Any]) -> Callable[[ActionForm, wtforms.Field], None]:
    """Make a field validator of a rule that raises RuleBroken."""

    def check(_form: ActionForm, field: wtforms.Field) -> None:
        try:
            rule(field.data or "")
        except RuleBroken as error:
            raise wtforms.ValidationError(say(error)) from error

    return check


def at(field: str, rule: Callable[..., T], *values: Any) -> T:
    """Apply a rule and return its value. A RuleBroken that it raises gets this field's name."""
    try:
        return rule(*values)
    except RuleBroken as error:
        raise RuleBroken(error.message, field=field, **error.params) from error


@cache
def secret_fields() -> frozenset[str]:
    """The names of the fields for a password or a code, of all forms: what no page gives back."""
    found = {"credential"}  # a passkey's answer
    for form in _forms(ActionForm):
        declared = (pair for part in form.__mro__ for pair in vars(part).items())
        found |= {name for name, made in declared if isinstance(made, UnboundField) and _is_secret(made)}
    return frozenset(found)


def _forms(form: type[ActionForm]) -> Iterator[type[ActionForm]]:
    for one in form.__subclasses__():
        yield one
        yield from _forms(one)


def _is_secret(made: "UnboundField[Any]") -> bool:
    box = made.kwargs.get("render_kw") or {}
    return made.field_class is wtforms.PasswordField or box.get("autocomplete") in SECRET_BOXES


class UploadFileField(wtforms.FileField):
    """A field for a file. Text that was sent under its name does not count as a file."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.raw_data = [one for one in valuelist if getattr(one, "filename", "")]
        self.data = self.raw_data[0] if self.raw_data else None


class VersionedForm(ActionForm):
    """A form on one row. It names the version that it shows; the action compares it under a lock (trap 9)."""

    says_version = True
    version = wtforms.IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    row: Any = None

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        self.row = targets.one() if targets is not None else None


class SeenForm(ActionForm):
    """A form on something without a version of its own: `seen` says what it showed, by its content.

    The action compares it, and raises Outdated for `seen`. Empty: the form showed nothing.
    """

    says_version = True
    seen = wtforms.HiddenField(filters=[lambda sent: sent or ""])


def show_refusal(form: ActionForm, error: RuleBroken) -> None:
    """Say at its field why a form was refused. What was typed stays; an old form gets the new version."""
    field = form[error.field]
    field.errors = [*field.errors, say(error)]
    if isinstance(error, Outdated):
        field.data, field.raw_data = error.now, [str(error.now)]
