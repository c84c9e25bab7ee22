"""Import van gebruikers ongedaan maken: deletes new accounts, and puts back those that were there before."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from flask_appbuilder.security.sqla.models import assoc_user_role
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base as actions
from app.actions.access.sessions import end_sessions
from app.actions.students.removal import remove_accounts
from app.entities.bulk import delete_these
from app.entities.imports import What
from app.imports import undo as import_undo
from app.permissions import Actor, Permission, Role, may, visible
from app.queries.imports import undo as undo_queries
from app.queries.imports import users
from app.queries.students.couplings import names_of
from app.queries.users.users import last_active_administrator, why_not_change
from app.rules import accounts
from app.rules.people import sort_name
from app.rules.sessions import ROLES_CHANGED
from app.rules.text import N_

IN_USE = N_("heeft door deze import een rol waarin sindsdien studenten of examenmomenten staan")
USED_SINCE = N_("is sindsdien gebruikt of gewijzigd")  # for whoever sees no students (decision 0030)
NAME_TAKEN = N_("de oude gebruikersnaam is intussen van een ander")


@actions.action(
    _l("Import van gebruikers ongedaan maken"),
    permission=Permission.USERS_IMPORT,
    on=models.ImportRun,
    changes=(models.User, models.ImportRun),
    confirm=True,
    danger=True,
    noun=_l("import"),
    submit=_l("Ongedaan maken"),
    intro=_l(
        "Nieuwe gebruikers die zich nog niet aanmeldden, worden verwijderd; wie er al was, wordt teruggezet, "
        "zonder de rollen en opleidingen van deze import. Wat sindsdien is gewijzigd of gebruikt, blijft. "
        "Een mail die nog wacht, wordt niet verstuurd; een mail die al weg is, is niet terug te halen, maar "
        "de inlogcode erin werkt dan niet meer."
    ),
)
def undo_user_import(actor: Actor, targets: actions.Targets[models.ImportRun]) -> actions.Outcome:
    """Take back what one import did, except what was touched since; the report names that."""
    run, undoing = import_undo.run_to_undo(actor, targets, "users"), import_undo.Undoing()
    own = visible(actor, models.User, Permission.USERS_IMPORT).with_only_columns(models.User.id)
    undoing.keep_hidden(undo_queries.out_of_sight(run, own, What.USER))
    found = undo_queries.written(
        run, What.USER, models.User, own, models.User.last_name, models.User.first_name
    )
    barred = _barred(actor, found)
    _remove_new(actor, run, undoing, [one for one in found if one.was is None], barred)
    _put_back_known(run, undoing, [one for one in found if one.was is not None], barred)
    return import_undo.finish_undo(actor, run, undoing, "User")


def _barred(actor: Actor, found: Sequence[undo_queries.Written]) -> dict[int, str]:
    """User id -> why this actor cannot take back what the run gave. The same rules hold as by hand."""
    ids = [one.row.id for one in found]
    held: dict[int, set[Any]] = {**undo_queries.roles_of_users(ids)}
    loses = held | {one.row.id: set(one.given.get("roles", ())) for one in found if one.was is not None}
    in_use = _(IN_USE if may(actor, Permission.STUDENTS_SEE) else USED_SINCE)
    barred = {user: in_use for user, role in undo_queries.roles_in_use(ids) if role in loses.get(user, ())}
    known = {one.row.id for one in found if one.was is not None}  # who is put back gets names to sign in with
    for user in ids:
        if why := why_not_change(actor, held.get(user, ()), way_in=user in known):
            barred[user] = _(why)
    deciding = [user for user in ids if Role.ADMINISTRATOR in loses.get(user, ())]
    if last_active_administrator(deciding):
        barred |= {user: _(accounts.LAST_ONE) for user in deciding}
    if actor.id is not None and loses.get(actor.id):
        barred[actor.id] = _("dit bent u zelf; vraag het een andere beheerder")
    return barred


def _remove_new(
    actor: Actor,
    run: models.ImportRun,
    undoing: import_undo.Undoing,
    new: Sequence[undo_queries.Written],
    barred: Mapping[int, str],
) -> None:
    """Delete the new users whose accounts nobody used or changed since."""
    since = undo_queries.accounts_since(run, [one.row.id for one in new], of_students=False)
    for one in new:
        if why := barred.get(one.row.id) or _why_it_stays(actor, one, since):
            undoing.keep(_label(one.row), why)
        else:
            undoing.removed[one.row.id] = _label(one.row)
    gone = list(undoing.removed)
    undoing.mailed = remove_accounts(gone)
    import_undo.forget(gone, What.USER)


def _why_it_stays(actor: Actor, one: undo_queries.Written, since: undo_queries.Since) -> str:
    """Why a new user is not deleted; "" when nothing stands in the way.

    Whoever sees no students reads one reason for all, so that it doesn't tell who has any.
    """
    why = ""
    if one.row.id in since.used:
        why = _("heeft zich al aangemeld")
    elif one.row.id in since.touched:
        why = _("hoort sindsdien bij studenten, examens of iets anders in Proeve")
    elif not import_undo.untouched(one) or not one.row.active:
        why = _(import_undo.CHANGED_SINCE)
    return _(USED_SINCE) if why and not may(actor, Permission.STUDENTS_SEE) else why


def _put_back_known(
    run: models.ImportRun,
    undoing: import_undo.Undoing,
    known: Sequence[undo_queries.Written],
    barred: Mapping[int, str],
) -> None:
    """Put back values, roles and programmes. Users who lose a role must sign in again."""
    taken = undo_queries.held_by_another(
        {one.row.id: one.changes["username"][0] for one in known if "username" in one.changes}
    )

    def why_not(one: undo_queries.Written) -> str:
        return barred.get(one.row.id) or (_(NAME_TAKEN) if one.row.id in taken else "")

    back = import_undo.to_put_back(undoing, known, _label, attrgetter("email"), why_not)
    numbers = users.role_ids()
    roles = [
        {"user_id": one.row.id, "role_id": numbers[name]}
        for one in back
        for name in one.given.get("roles", ())
        if name in numbers
    ]
    programmes = [
        {"user_id": one.row.id, "programme_id": programme}
        for one in back
        for programme in one.given.get("programmes", ())
    ]
    delete_these(assoc_user_role, roles)
    delete_these(models.user_programme, programmes)
    undoing.about("Programme", [one["programme_id"] for one in programmes])
    names = names_of("programme", [one["programme_id"] for one in programmes])
    for one in back:
        for role in filter(numbers.__contains__, one.given.get("roles", ())):
            undoing.tell_gone(one.row.email, "roles", str(Role(role).label))
        for programme in one.given.get("programmes", ()):
            undoing.tell_gone(one.row.email, "programmes", names[programme])
    import_undo.put_back(models.User, [import_undo.as_it_was(one, users.USER_FIELDS) for one in back])
    import_undo.hand_on_versions(run, What.USER, list(undoing.restored))
    end_sessions(sorted({one["user_id"] for one in roles}), ROLES_CHANGED)


def _label(user: models.User) -> str:
    """What a user is called in the report: "Bakker, Sanne de (s.debakker@school.example.nl)"."""
    return f"{sort_name(user.first_name, user.infix, user.last_name)} ({user.email})"
