"""What several forms share: rules as validators, choices by group, a version that is looked at."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import wtforms
from wtforms.fields import choices
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from app.actions.base.runner import ActionForm, Targets
from app.actions.base.versions import conflict
from app.actions.base.wording import say
from app.errors import RuleBroken
from app.permissions import Actor

T = TypeVar("T")

# WTForms 3.3 has it and deprecates tuples; its type stubs do not know it yet.
SelectChoice: Any = choices.SelectChoice  # type: ignore[attr-defined]


def ruled(rule: Callable[[str], Any]) -> Callable[[ActionForm, wtforms.Field], None]:
    """A rule that refuses with a sentence, as the validator of a field."""

    def check(_form: ActionForm, field: wtforms.Field) -> None:
        try:
            rule(field.data or "")
        except RuleBroken as error:
            raise wtforms.ValidationError(say(error)) from error

    return check


def at(field: str, rule: Callable[..., T], *values: Any) -> T:
    """Apply a rule; its refusal then belongs to this field."""
    try:
        return rule(*values)
    except RuleBroken as error:
        raise RuleBroken(error.message, field=field, **error.params) from error


class UploadFileField(wtforms.FileField):
    """A file that was really sent as one; text under its name is no file."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.raw_data = [one for one in valuelist if getattr(one, "filename", "")]
        self.data = self.raw_data[0] if self.raw_data else None


class VersionedForm(ActionForm):
    """A form on one row that notices when somebody else changed the row meanwhile (trap 9).

    What was typed stays; the next save of the same page carries the new version, so it is a conscious one.
    """

    version = wtforms.IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    field_labels: Mapping[str, Any] = {}
    row: Any = None

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        self.row = targets.one() if targets is not None else None

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        if not super().validate(*args, **kwargs):
            return False
        if self.version.data == self.row.version:
            return True
        clash = conflict(self.row, self.version.data or 0, self.field_labels)
        self.version.errors = [say(clash)]
        self.version.raw_data = [str(self.row.version)]
        return False
