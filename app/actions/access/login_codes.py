"""The actions that make or mail inlogcodes, for users and for students (manual, steps 3 and 4)."""

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import models
from app.actions import base
from app.actions.access.code_making import Issued, issue_codes
from app.actions.students import accounts as account_actions
from app.permissions import Actor, Permission

__all__ = ["give_students_codes", "issue_codes", "make_codes", "send_login_codes", "send_student_codes"]


@base.action(
    _l("Inlogcode versturen"),
    permission=Permission.USERS_EDIT,
    on=models.User,
    confirm=True,
    noun=_l("gebruikers"),
    submit=_l("Inlogcode versturen"),
)
def send_login_codes(actor: Actor, targets: base.Targets[models.User]) -> base.Outcome:
    """Mail each of these users an inlogcode. Users with a code waiting in the outbox keep that one."""
    issued = issue_codes(actor, targets.ids, mail=True)
    count = len(issued.mailed)
    return _outcome(
        issued,
        "User",
        ngettext(
            "%(num)s inlogcode klaargezet in Postvak uit.",
            "%(num)s inlogcodes klaargezet in Postvak uit.",
            count,
        ),
    )


@base.action(
    _l("Inlogcode aanmaken, nog niet mailen"),
    permission=Permission.USERS_EDIT,
    on=models.User,
    confirm=True,
    noun=_l("gebruikers"),
    submit=_l("Inlogcode aanmaken"),
)
def make_codes(actor: Actor, targets: base.Targets[models.User]) -> base.Outcome:
    """Make an inlogcode for each of these users now. `Inlogcode versturen` mails the same code later."""
    issued = issue_codes(actor, targets.ids, mail=False)
    count = len(issued.made)
    return _outcome(
        issued, "User", ngettext("%(num)s inlogcode aangemaakt.", "%(num)s inlogcodes aangemaakt.", count)
    )


@base.action(
    _l("Inlogcode versturen"),
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    changes=models.User,
    confirm=True,
    noun=_l("studenten"),
    submit=_l("Inlogcode versturen"),
)
def send_student_codes(actor: Actor, targets: base.Targets[models.Student]) -> base.Outcome:
    """Mail each of these students an inlogcode. Makes missing accounts (user name: the number)."""
    accounts, issued = give_students_codes(actor, targets.ids, mail=True)
    changed = set(issued.changed)
    count = len(issued.mailed)
    return base.Outcome(
        done=count,
        unchanged=issued.unchanged,
        refused=[*accounts.refused, *issued.refused],
        names=issued.names,
        shown=_mails(issued),
        ids=sorted(student for student, user in accounts.user_of.items() if user in changed),
        object_type="Student",
        details=accounts.details,
        also={"User": sorted({*accounts.touched, *changed})},
        rests_on=[*issued.standing, *accounts.rests_on],
        summary=" ".join(
            [
                ngettext(
                    "%(num)s inlogcode klaargezet in Postvak uit.",
                    "%(num)s inlogcodes klaargezet in Postvak uit.",
                    count,
                )
                if count
                else _("Er is geen inlogcode klaargezet."),
                *accounts.told,
            ]
        ),
    )


def give_students_codes(
    actor: Actor, student_ids: Iterable[int], *, mail: bool
) -> tuple[account_actions.Accounts, Issued]:
    """Give these students accounts and codes, inside the caller's transaction.

    It takes a fixed number of statements, for ten or 10,000 students. The caller has checked that the actor
    may act on these students.
    """
    accounts = account_actions.ensure_accounts(actor, student_ids)
    issued = issue_codes(actor, accounts.user_of.values(), mail=mail, moved=accounts.old_address)
    return accounts, issued


def _outcome(issued: Issued, object_type: str, summary: str) -> base.Outcome:
    changed = issued.changed
    if not changed:
        summary = (
            _("Er is niets gewijzigd: de inlogcodes stonden al klaar.")
            if issued.unchanged
            else _("Er is geen inlogcode gemaakt.")
        )
    return base.Outcome(
        done=len(changed),
        unchanged=issued.unchanged,
        refused=issued.refused,
        summary=summary,
        names=issued.names,
        ids=changed,
        object_type=object_type,
        rests_on=issued.standing,
        shown=_mails(issued),
    )


def _mails(issued: Issued) -> dict[str, list[tuple[str, str, int]]]:
    return {"mails": [(role, language, count) for (role, language), count in issued.written.items()]}
