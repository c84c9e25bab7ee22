"""A sheet of inlogcodes to print, for a class or for ticked users. The codes are new and shown once."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import models
from app.actions import base
from app.actions.access import code_making
from app.actions.students.accounts import ensure_accounts
from app.permissions import Actor, Permission

LABEL = _l("Inlogcodes afdrukken")
INTRO = _l("U maakt nieuwe inlogcodes en ziet ze één keer: druk het vel meteen af, of maak later een nieuw.")
SUBMIT = _l("Codes maken en tonen")


@base.action(
    LABEL,
    permission=Permission.USERS_EDIT,
    on=models.User,
    confirm=True,
    noun=_l("gebruikers"),
    intro=INTRO,
    submit=SUBMIT,
)
def print_codes(actor: Actor, targets: base.Targets[models.User]) -> base.Outcome:
    """Make new codes for these users, to print. The outcome holds no code."""
    issued = code_making.renew_codes(actor, targets.ids)
    return base.Outcome(
        done=len(issued.made),
        refused=issued.refused,
        names=issued.names,
        ids=issued.made,
        object_type="User",
        rests_on=issued.standing,
        summary=_summary(issued),
    )


@base.action(
    LABEL,
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    changes=models.User,
    confirm=True,
    noun=_l("studenten"),
    intro=INTRO,
    submit=SUBMIT,
)
def print_student_codes(actor: Actor, targets: base.Targets[models.Student]) -> base.Outcome:
    """Make new codes for these students, to print. A student without an account gets one."""
    accounts = ensure_accounts(actor, targets.ids, on_paper=True)
    issued = code_making.renew_codes(actor, accounts.user_of.values(), moved=accounts.old_address)
    made = set(issued.made)
    return base.Outcome(
        done=len(made),
        refused=[*accounts.refused, *issued.refused],
        names=issued.names,
        ids=sorted(student for student, user in accounts.user_of.items() if user in made),
        object_type="Student",
        details=accounts.details,
        also={"User": sorted({*accounts.touched, *made})},
        rests_on=[*issued.standing, *accounts.rests_on],
        summary=" ".join([_summary(issued), *accounts.told]),
    )


def _summary(issued: code_making.Issued) -> str:
    count = len(issued.made)
    if not count:
        return _("Er is geen inlogcode gemaakt.")
    told = ngettext("%(num)s nieuwe inlogcode gemaakt.", "%(num)s nieuwe inlogcodes gemaakt.", count)
    if not issued.replaced:
        return told
    ended = ngettext(
        "%(num)s eerdere inlogcode vervalt en werkt dan niet meer.",
        "%(num)s eerdere inlogcodes vervallen en werken dan niet meer.",
        issued.replaced,
    )
    return f"{told} {ended}"
