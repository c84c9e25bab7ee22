"""What each student of the demo school has been through: every state of a block occurs.

A script is one attempt at one exam; `day` counts workdays from today. The student's number within the
programme (0-9, then again from 0) chooses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Done = Literal["planned", "stopped", "saved", "definitive", "adopted"]
Quality = Literal["good", "pass", "fail"]


@dataclass(frozen=True, slots=True)
class Script:
    """`parts`: how many of the tasks are planned (0: all of them)."""

    day: int
    done: Done = "planned"
    quality: Quality = "pass"
    parts: int = 0


Course = Sequence[Script] | None  # the attempts in order; None: the student won't take this exam
EXCLUDED = None

ACCOUNT_PLACE = 4  # the student behind the demo account `student`

# The first exam of the programme.
FIRST_EXAM: Mapping[int, Course] = {
    0: [Script(8)],
    1: [Script(0)],  # today
    2: [Script(-4)],  # taken, to be assessed
    3: [Script(-8, "saved")],
    4: [Script(-16, "definitive")],
    5: [Script(-20, "definitive", "fail")],
    6: [Script(-35, "definitive", "fail"), Script(4)],  # the resit is planned
    7: [Script(-45, "adopted", "good")],
    8: EXCLUDED,
    9: [],
}

# The second exam of the programme, where there is one.
SECOND_EXAM: Mapping[int, Course] = {
    1: [Script(13)],
    2: [Script(16, parts=1)],
    4: [Script(2)],
    5: [Script(-26, "definitive", "good")],
    6: [Script(-50, "adopted", "fail")],
    7: [Script(-30, "definitive")],
    8: [Script(1)],
    9: EXCLUDED,
}

# The exam of the student's elective, where there is one.
ELECTIVE_EXAM: Mapping[int, Course] = {
    0: [Script(-55, "adopted")],
    2: [Script(19)],
    3: [Script(-12, "definitive", "fail"), Script(10)],
    4: [Script(-7)],
    6: [Script(22)],
    7: [Script(-24, "definitive", "good")],
    8: [Script(25, "stopped")],
}
