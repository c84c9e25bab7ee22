"""The account of a student follows an import: the name always, the address when the file changes it.

One place says what it becomes: the check shows that, its mark holds it, and the import writes it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from app.imports.kind import Change
from app.queries.imports import present
from app.rules import people
from app.rules.accounts import name_with, names_of_student
from app.rules.student_fields import LABELS
from app.rules.text import N_

ACTIVE = "active"
NAME = N_("Gebruikersnaam")
OF_ACCOUNT = N_("%(field)s van het account")


def account_after(there: present.Fact, values: Mapping[str, Any]) -> dict[str, Any]:
    """What changes in the account of this student, for what a row holds: column -> new value.

    An account that also has another role keeps its address, and so does one whose student keeps theirs: the
    user may have confirmed another since.
    """
    account = there.account
    given = {key: value for key, value in values.items() if key in there.values}
    if account is None or all(there.values[key] == value for key, value in given.items()):
        return {}
    student = {**there.values, **given}
    wanted: dict[str, Any] = names_of_student(student["first_name"], student["infix"], student["last_name"])
    email = student["email"].lower()
    if email and email != there.values["email"].lower() and present.OTHER_ROLE not in account.marks:
        wanted["email"] = email
        wanted["username"] = name_with(account.values["username"], account.values["email"], email)
    if given.get(ACTIVE) and present.OPENS in account.marks:
        wanted[ACTIVE] = True
    return {key: value for key, value in wanted.items() if account.values[key] != value}


def told(there: present.Fact, values: Mapping[str, Any]) -> Iterable[Change]:
    """The same, as the page of the check and the trail tell it."""
    if there.account is None:
        return
    for key, new in account_after(there, values).items():
        if key == ACTIVE:
            yield Change(_("Account"), _("gedeactiveerd"), _("actief"))
            continue
        old = there.account.values[key]
        shown = people.mail_of(old) if key == "email" else old
        yield Change(_(OF_ACCOUNT, field=_(LABELS.get(key, NAME))), shown, new)
