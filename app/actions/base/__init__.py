"""The names that every action needs: `from app.actions import base`, then `base.action(...)`."""

from app.actions.base.forms import (
    SeenForm,
    SelectChoice,
    UploadFileField,
    VersionedForm,
    at,
    ruled,
    show_refusal,
)
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
    mark_of_rows,
    own_word,
    preview,
    run,
    targets_of,
)
from app.actions.base.trail import broken_at, record
from app.actions.base.versions import TYPED_STAYS, conflict, locked, told_of
from app.actions.base.wording import register_counting, say

__all__ = [
    "FIRST_STEP",
    "GONE",
    "PICK_PATH",
    "SEARCH",
    "TYPED_STAYS",
    "Action",
    "ActionForm",
    "Outcome",
    "Picked",
    "PickedOne",
    "Refused",
    "SeenForm",
    "SelectChoice",
    "Selection",
    "Targets",
    "UploadFileField",
    "VersionedForm",
    "action",
    "at",
    "broken_at",
    "conflict",
    "demand",
    "done_before",
    "entry_label",
    "locked",
    "mark_of_rows",
    "offer",
    "own_word",
    "preview",
    "record",
    "register_counting",
    "ruled",
    "run",
    "say",
    "show_refusal",
    "targets_of",
    "told_of",
]
