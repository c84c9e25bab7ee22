"""Import van studenten ongedaan maken: deletes new students, and puts back those who were there before."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base as actions
from app.actions.access.code_making import cancel_codes
from app.actions.access.new_address import Moved, address_changed
from app.actions.access.sessions import end_sessions
from app.actions.planning.stopping import stop_of_students
from app.actions.students import removal
from app.actions.students.electives import losing_examiners
from app.entities.bulk import delete_these, insert_all
from app.entities.engine import id_set
from app.entities.imports import What
from app.entities.students import group_member
from app.imports import undo as import_undo
from app.imports import write_students
from app.imports.memory import SINCE
from app.permissions import Actor, Permission, visible
from app.queries.imports import undo as queries
from app.queries.imports.present import ACCOUNT_FIELDS
from app.queries.students.couplings import names_of
from app.rules.accounts import names_of_student
from app.rules.sessions import ACCOUNT_CLOSED
from app.rules.text import N_

OF_STUDENTS = (What.STUDENT, What.ENROLMENT, What.MEMBER, What.LEFT)
# What the run couples a student to: the table, the column of the other side, and since when.
COUPLINGS = {
    What.ENROLMENT: (models.Enrolment, "programme_id", models.Enrolment.created_at),
    What.MEMBER: (group_member, "group_id", group_member.c.created_at),
}
REASONS = {
    "registration": N_("is aangemeld voor een examen"),
    "exam_exclusion": N_("heeft een examen dat niet-beschikbaar is gemaakt"),
    "progress_measure": N_("heeft ingevulde onderwijsvoortgang"),
    "assignment_done": N_("heeft een voorwaardelijke opdracht gedaan"),
    "enrolment": N_("is sindsdien gekoppeld aan een opleiding of keuzedeel"),
    "student_group_member": N_("is sindsdien in een studentgroep gezet"),
}  # in the order in which they are told
UNCOUPLED = N_("is sindsdien al ontkoppeld")
TAKEN_OUT = N_("is sindsdien al uit de studentgroep gehaald")
GROUP_GONE = N_("de studentgroep van vroeger is er niet meer, of volgt nu uit een regel")
OTHERWISE = N_("wordt elders in Proeve al gebruikt")


@actions.action(
    _l("Import van studenten ongedaan maken"),
    permission=Permission.STUDENTS_IMPORT,
    on=models.ImportRun,
    changes=(models.Student, models.User, models.Registration, models.ImportRun),
    confirm=True,
    danger=True,
    noun=_l("import"),
    submit=_l("Ongedaan maken"),
    intro=_l(
        "Nieuwe studenten worden verwijderd, gewijzigde teruggezet, koppelingen van deze import weggehaald. "
        "Wat sindsdien is gewijzigd of gebruikt, blijft. Een mail die nog wacht, wordt niet verstuurd; een "
        "mail die al weg is, is niet terug te halen, maar de inlogcode erin werkt dan niet meer."
    ),
)
def undo_student_import(actor: Actor, targets: actions.Targets[models.ImportRun]) -> actions.Outcome:
    """Take back what one import did, except what was touched since; the report names that."""
    run, undoing = import_undo.run_to_undo(actor, targets, "students"), import_undo.Undoing()
    own = visible(actor, models.Student, Permission.STUDENTS_IMPORT).with_only_columns(models.Student.id)
    queries.lock_students(run, OF_STUDENTS)
    found = queries.written(run, What.STUDENT, models.Student, own, models.Student.name_key)
    new = [one for one in found if one.was is None]
    undoing.keep_hidden(queries.out_of_sight(run, own, *OF_STUDENTS))
    groups = queries.written(run, What.GROUP, models.StudentGroup, visible_groups(actor))
    _remove_new(run, undoing, new)
    _put_back_known(run, undoing, [one for one in found if one.was is not None])
    uncoupled = _uncouple_given(run, undoing, queries.given_since(run, own, [one.row.id for one in new]))
    _put_back_in_groups(undoing, queries.left_since(run, own))
    undoing.groups = len(import_undo.remove_empty_groups(undoing, groups))
    losing = losing_examiners(uncoupled)
    outcome = import_undo.finish_undo(actor, run, undoing, "Student")
    outcome.summary = " ".join(filter(None, (outcome.summary, losing.told)))
    outcome.rests_on = losing.registrations
    return outcome


def visible_groups(actor: Actor) -> Any:
    """The ids of the groups that this actor may import, as a SELECT."""
    return visible(actor, models.StudentGroup, Permission.GROUPS_IMPORT).with_only_columns(
        models.StudentGroup.id
    )


# -- students who were new


def _remove_new(run: models.ImportRun, undoing: import_undo.Undoing, new: Sequence[queries.Written]) -> None:
    """Delete the new students who have nothing but what this import made, and their accounts."""
    accounts = {one.row.id: one.row.user_id for one in new if one.row.user_id}
    standing = queries.standing_on(run, [one.row.id for one in new])
    since = queries.accounts_since(run, list(accounts.values()), of_students=True)
    for one in new:
        student = one.row
        why = _why_it_stays(one, standing.get(student.id, ()), since)
        if why:
            undoing.keep(student.list_name, why)
        else:
            undoing.removed[student.id] = student.list_name
    going = list(undoing.removed)
    removal.remove_students(going)
    gone = [accounts[one] for one in going if one in accounts]
    undoing.mailed = removal.remove_accounts(gone)
    undoing.about("User", gone)
    import_undo.forget(going, *OF_STUDENTS)
    import_undo.forget(gone, What.ACCOUNT)


def _why_it_stays(one: queries.Written, tables: Collection[str], since: queries.Since) -> str:
    """Why a new student is not deleted; "" when nothing stands in the way."""
    student, account = one.row, one.row.user_id
    if account in since.used:
        return _("heeft zich al aangemeld")
    if account and account not in since.own:
        return _("heeft sindsdien een account of inlogcode gekregen")
    if tables:
        return _(next((text for table, text in REASONS.items() if table in tables), OTHERWISE))
    if account in since.touched:
        return _("heeft een account dat sindsdien is gewijzigd of gebruikt")
    if student.progress_available:
        return _("heeft studievoortgang die beschikbaar is gesteld")
    return "" if import_undo.untouched(one) and student.active else _(import_undo.CHANGED_SINCE)


# -- students who were there before


def _put_back_known(
    run: models.ImportRun, undoing: import_undo.Undoing, known: Sequence[queries.Written]
) -> None:
    """Put back the values of students, their users, and the name and address of their accounts."""
    back = import_undo.to_put_back(undoing, known, attrgetter("list_name"), attrgetter("number"))
    ids = [one.row.id for one in back]
    supervisions = [
        {"student_id": one.row.id, "user_id": user, "role": role}
        for one in back
        for role, users in one.given.items()
        for user in users
    ]
    delete_these(models.Supervision, supervisions)
    numbers = {one.row.id: one.row.number for one in back}
    people = names_of("user", [one["user_id"] for one in supervisions])
    for one in supervisions:
        undoing.tell_gone(numbers[one["student_id"]], one["role"], people[one["user_id"]])
    undoing.about("User", [one["user_id"] for one in supervisions])
    values = {
        one.row.id: import_undo.as_it_was(one, (*write_students.STORED, "active", import_undo.OWN_FIELDS))
        for one in back
    }
    import_undo.put_back(models.Student, [write_students.searchable(one) for one in values.values()])
    _leave_again(undoing, [one.row.id for one in back if "active" in one.changes])
    students = {one.row.user_id: one for one in back if one.row.user_id}
    put_back = _put_back_accounts(run, undoing, students)
    names = {account: _names(values[one.row.id]) for account, one in students.items()}
    _name_accounts(undoing, students, {one: name for one, name in names.items() if one not in put_back})
    import_undo.hand_on_versions(run, What.STUDENT, ids)


def _leave_again(undoing: import_undo.Undoing, students: Sequence[int]) -> None:
    """Stop the exams of those whom the run had made active again."""
    if students:
        undoing.about("Registration", stop_of_students(students).registrations)


def _put_back_accounts(
    run: models.ImportRun, undoing: import_undo.Undoing, students: Mapping[int, queries.Written]
) -> Collection[int]:
    """Put back accounts; gives which. One that changed since keeps what it has, but for its name; so does
    one whose old address is taken.
    """
    changed = queries.written(run, What.ACCOUNT, models.User, id_set(list(students)))
    taken = queries.held_by_another(
        {one.row.id: one.changes["email"][0] for one in changed if "email" in one.changes}
    )
    back = []
    for one in changed:
        if one.row.id in taken:
            why = _(
                "het oude e-mailadres van het account is intussen van een ander; het account houdt het nieuwe"
            )
            undoing.keep(students[one.row.id].row.list_name, why)
        elif not import_undo.untouched(one):
            why = _("het account is sindsdien gewijzigd en blijft zoals het nu is; de naam volgt de student")
            undoing.keep(students[one.row.id].row.list_name, why)
        else:
            back.append(one)
    undoing.about("User", [one.row.id for one in back])
    for one in back:
        undoing.tell_along(students[one.row.id].row.number, one.changes)
    import_undo.put_back(models.User, [import_undo.as_it_was(one, ACCOUNT_FIELDS) for one in back])
    closed = [one.row.id for one in back if "active" in one.changes]
    cancel_codes(closed)
    end_sessions(closed, ACCOUNT_CLOSED)
    moved = [one for one in back if "email" in one.changes]
    undoing.addresses = len(moved)
    address_changed([Moved(one.row.id, one.changes["email"][1], one.row.language) for one in moved])
    import_undo.hand_on_versions(run, What.ACCOUNT, [one.row.id for one in back])
    return {one.row.id for one in back}


def _names(student: Mapping[str, Any]) -> dict[str, str]:
    return names_of_student(student["first_name"], student["infix"], student["last_name"])


def _name_accounts(
    undoing: import_undo.Undoing,
    students: Mapping[int, queries.Written],
    names: Mapping[int, Mapping[str, str]],
) -> None:
    """Give these accounts (id -> name) the name that their student has again."""
    changed: dict[int, Mapping[str, Any]] = {}
    for account in queries.locked_accounts(list(names)):
        name = names[account.id]
        changes = {key: (new, getattr(account, key)) for key, new in name.items()}
        changes = {key: pair for key, pair in changes.items() if pair[0] != pair[1]}
        if changes:
            changed[account.id] = {"id": account.id, "version": account.version + 1, **name}
            undoing.tell_along(students[account.id].row.number, changes)
    undoing.about("User", list(changed))
    import_undo.put_back(models.User, list(changed.values()))


# -- what they were given


def _uncouple_given(
    run: models.ImportRun, undoing: import_undo.Undoing, given: Sequence[Any]
) -> Sequence[int]:
    """Take away the programmes and groups that the run gave to students who were there before.

    Returns who were uncoupled from a programme.
    """
    gone = take_away(run, undoing, given)
    undoing.restored |= {one.Student.id: one.Student.list_name for one in gone}
    enrolments = [one for one in gone if one.kind == What.ENROLMENT]
    members = [one for one in gone if one.kind == What.MEMBER]
    undoing.about("Programme", [one.other_id for one in enrolments])
    undoing.about("StudentGroup", [one.other_id for one in members])
    programmes = names_of("programme", [one.other_id for one in enrolments])
    groups = names_of("group", [one.other_id for one in members])
    for one in enrolments:
        undoing.tell_gone(one.Student.number, "programmes", programmes[one.other_id])
    for one in members:
        undoing.tell_gone(one.Student.number, "groups", groups[one.other_id])
    return sorted({one.Student.id for one in enrolments})


def take_away(run: models.ImportRun, undoing: import_undo.Undoing, given: Sequence[Any]) -> list[Any]:
    """Delete the couplings of this run among these rows of queries.given_since; gives those that went.

    The others are kept, each with the reason; also one that somebody takes away at this very moment.
    """
    gone: set[tuple[str, int, int]] = set()
    why = {one: why_it_is_kept(one) for one in given}
    for what, (table, other, since) in COUPLINGS.items():
        free = [
            {"student_id": one.Student.id, other: one.other_id}
            for one in given
            if one.kind == what and not why[one]
        ]
        deleted = delete_these(table, free, queries.own_row(run, since))
        gone |= {(what, row["student_id"], row[other]) for row in deleted}
    went = []
    for one in given:
        if (one.kind, one.Student.id, one.other_id) in gone:
            went.append(one)
        else:
            since_then = UNCOUPLED if one.kind == What.ENROLMENT else TAKEN_OUT
            undoing.keep(one.Student.list_name, why[one] or _(since_then))
    return went


def _put_back_in_groups(undoing: import_undo.Undoing, left: Sequence[Any]) -> None:
    """Put students back in the groups that the run took them out of, as members since when they were."""
    back = []
    for one in left:
        if one.held:
            continue  # somebody put them back already
        if one.name is None or one.ruled:
            undoing.keep(one.Student.list_name, _(GROUP_GONE))
            continue
        since = (one.changes or {}).get(SINCE)
        back.append(
            {
                "student_id": one.Student.id,
                "group_id": one.other_id,
                "created_at": datetime.fromisoformat(since) if since else None,
            }
        )
        undoing.restored[one.Student.id] = one.Student.list_name
        undoing.changes.setdefault(one.Student.number, {})["groups_again"] = ["", one.name]
    insert_all(group_member, back)
    undoing.about("StudentGroup", [one["group_id"] for one in back])


def why_it_is_kept(one: Any) -> str:
    """Why a coupling of this run stays; "" when it can go. `one`: a row of queries.given_since."""
    if one.kind == What.ENROLMENT:
        if not one.there:
            return _("is sindsdien opnieuw gekoppeld; dat blijft zo") if one.again else _(UNCOUPLED)
        return (
            _("is aangemeld voor een examen van deze opleiding; de koppeling blijft")
            if one.registered
            else ""
        )
    if one.ruled:
        return _("de leden van deze groep volgen nu uit een regel; die blijft zo")
    if not one.there:
        return (
            _("is sindsdien opnieuw in de studentgroep gezet; dat blijft zo") if one.again else _(TAKEN_OUT)
        )
    return _("is sindsdien met de hand in of uit een studentgroep gezet") if one.touched else ""
