"""The names that every action needs: `from app.actions import base`, then `base.action(...)`."""

from app.actions.base.forms import SelectChoice, UploadFileField, VersionedForm, at, ruled, secret_fields
from app.actions.base.picker import GONE, PICK_PATH, SEARCH, Picked, PickedOne, offer
from app.actions.base.proof import demand
from app.actions.base.runner import (
    FIRST_STEP,
    Action,
    ActionForm,
    Outcome,
    Refused,
    Selection,
    Targets,
    action,
    done_before,
    entry_label,
    own_word,
    preview,
    run,
    targets_of,
)
from app.actions.base.trail import broken_at, record
from app.actions.base.versions import locked
from app.actions.base.wording import register_counting, say

__all__ = [
    "FIRST_STEP",
    "GONE",
    "PICK_PATH",
    "SEARCH",
    "Action",
    "ActionForm",
    "Outcome",
    "Picked",
    "PickedOne",
    "Refused",
    "SelectChoice",
    "Selection",
    "Targets",
    "UploadFileField",
    "VersionedForm",
    "action",
    "at",
    "broken_at",
    "demand",
    "done_before",
    "entry_label",
    "locked",
    "offer",
    "own_word",
    "preview",
    "record",
    "register_counting",
    "ruled",
    "run",
    "say",
    "secret_fields",
    "targets_of",
]
