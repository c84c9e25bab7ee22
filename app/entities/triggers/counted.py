"""What is counted in `student_to_do`, for both databases (decisions 20 and 24)."""

from typing import NamedTuple

OWN = ("progress_available", "active")  # the student's own columns that say something is to be done
SENT = "state IN ('waiting', 'sending', 'sent')"


class Counted(NamedTuple):
    """Counts the rows of `table` where `counts` holds, for the student `whose`; {row} is a row of it."""

    column: str
    table: str
    key: str  # the column that says whose it is
    counts: str
    whose: str
    also: tuple[str, ...] = ()  # the columns that `counts` looks at

    def name(self, verb: str) -> str:
        return f"count_{self.column}_{self.table}_{verb.lower()}"

    def step(self, row: str, sign: str) -> str:
        """The statement that counts one row more or less (`sign`: + or -)."""
        counts, whose = self.counts.format(row=row), self.whose.format(row=row)
        return f"""\
UPDATE student_to_do SET {self.column} = {self.column} {sign} 1
  WHERE {counts}
  AND student_id = ({whose});"""

    def changes(self, differs: str) -> str:
        """The condition for a step after an update of a row; there is none where all is counted anew."""
        old, new = self.counts.format(row="OLD"), self.counts.format(row="NEW")
        if anew := next((one for one in COUNTED_ANEW if one.table == self.table), None):
            return f"NOT ({anew.changes(differs)})\n  AND ({old}) {differs} ({new})"
        return f"OLD.{self.key} {differs} NEW.{self.key}\n  OR ({old}) {differs} ({new})"


COUNTED = (
    Counted(
        column="programme_count",
        table="enrolment",
        key="student_id",
        counts="{row}.programme_id IS NOT NULL",
        whose="{row}.student_id",
        also=("programme_id",),
    ),
    Counted(
        column="supervisor_count",
        table="supervision",
        key="student_id",
        counts="{row}.role = 'school_supervisor'",
        whose="{row}.student_id",
        also=("role",),
    ),
    Counted(
        column="sitting_count",
        table="sitting",
        key="registration_id",
        counts="{row}.id IS NOT NULL",
        whose="SELECT student_id FROM registration WHERE registration.id = {row}.registration_id",
    ),
    Counted(
        column="code_count",
        table="login_code",
        key="user_id",
        counts="({row}.purpose = 'invitation' AND {row}.used_at IS NOT NULL)",
        whose="SELECT student.id FROM student WHERE student.user_id = {row}.user_id",
        also=("used_at",),
    ),
    Counted(
        column="code_count",
        table="outbox_mail",
        key="login_code_id",
        counts="({row}.login_code_id IS NOT NULL AND {row}." + SENT + ")",
        whose="SELECT student.id FROM student JOIN login_code AS code ON code.user_id = student.user_id "
        "WHERE code.id = {row}.login_code_id AND code.purpose = 'invitation'",
        also=("state",),
    ),
)

SITTINGS = """\
(SELECT count(*) FROM sitting JOIN registration ON registration.id = registration_id
  WHERE registration.student_id = student_to_do.student_id)"""
_INVITED = """\
student JOIN login_code AS code ON code.user_id = student.user_id AND code.purpose = 'invitation'"""
CODES = f"""\
(SELECT count(*)
  FROM {_INVITED}
  WHERE student.id = student_to_do.student_id AND code.used_at IS NOT NULL)
+ (SELECT count(*)
  FROM {_INVITED}
  JOIN outbox_mail ON outbox_mail.login_code_id = code.id
  WHERE student.id = student_to_do.student_id AND {SENT})"""


class CountedAnew(NamedTuple):
    """Counts all anew for the students `whom`, when a watched column of `table` changes."""

    column: str
    table: str
    watched: tuple[str, ...]
    number: str
    whom: str

    @property
    def name(self) -> str:
        return f"count_{self.column}_{self.table}_moved"

    @property
    def step(self) -> str:
        return f"UPDATE student_to_do SET {self.column} = {self.number}\n  WHERE {self.whom};"

    def changes(self, differs: str) -> str:
        return changed(self.watched, differs)


COUNTED_ANEW = (
    CountedAnew("code_count", "student", ("user_id",), CODES, "student_id = NEW.id"),
    CountedAnew(
        "code_count",
        "login_code",
        ("user_id", "purpose"),
        CODES,
        "student_id IN (SELECT id FROM student WHERE user_id IN (OLD.user_id, NEW.user_id))",
    ),
    CountedAnew(
        "sitting_count",
        "registration",
        ("student_id",),
        SITTINGS,
        "student_id IN (OLD.student_id, NEW.student_id)",
    ),
)


def changed(columns: tuple[str, ...], differs: str) -> str:
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)
