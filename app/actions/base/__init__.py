"""The names that every action needs: `from app.actions import base`, then `base.action(...)`."""

from app.actions.base import anchor_words
from app.actions.base.action import (
    FIRST_STEP,
    Action,
    ActionForm,
    Targets,
    action,
    changed_by,
    entry_label,
    own_word,
)
from app.actions.base.aloud import read_aloud
from app.actions.base.anchor import Checked, End, Finding, begin_anew, check_trail, follow, is_torn, look
from app.actions.base.anchor_file import forget as forget_anchor
from app.actions.base.day_fields import DayField, HourField
from app.actions.base.earlier import First, was_done
from app.actions.base.form_words import GONE, inside, tell_gone_choices
from app.actions.base.forms import (
    SeenForm,
    SelectChoice,
    UploadFileField,
    VersionedForm,
    at,
    ruled,
    secret_fields,
    show_refusal,
)
from app.actions.base.outcome import Outcome, Part, Refused, parts_of
from app.actions.base.picker import PICK_PATH, SEARCH, Picked, PickedOne, offer
from app.actions.base.proof import demand
from app.actions.base.reasons import given_reason, reason_field
from app.actions.base.runner import (
    WRONG_FORM,
    Selection,
    done_before,
    left_of,
    mark_of_rows,
    preview,
    run,
    targets_of,
)
from app.actions.base.trail import record
from app.actions.base.versions import TYPED_STAYS, conflict, is_personal, locked, told_of
from app.actions.base.wording import register_counting, say

__all__ = [
    "FIRST_STEP",
    "GONE",
    "PICK_PATH",
    "SEARCH",
    "TYPED_STAYS",
    "WRONG_FORM",
    "Action",
    "ActionForm",
    "Checked",
    "DayField",
    "End",
    "Finding",
    "First",
    "HourField",
    "Outcome",
    "Part",
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
    "anchor_words",
    "at",
    "begin_anew",
    "changed_by",
    "check_trail",
    "conflict",
    "demand",
    "done_before",
    "entry_label",
    "follow",
    "forget_anchor",
    "given_reason",
    "inside",
    "is_personal",
    "is_torn",
    "left_of",
    "locked",
    "look",
    "mark_of_rows",
    "offer",
    "own_word",
    "parts_of",
    "preview",
    "read_aloud",
    "reason_field",
    "record",
    "register_counting",
    "ruled",
    "run",
    "say",
    "secret_fields",
    "show_refusal",
    "targets_of",
    "tell_gone_choices",
    "told_of",
    "was_done",
]
