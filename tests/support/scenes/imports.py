"""Scenes on the import wizard: its steps, its worker, and undoing."""

from __future__ import annotations

from sqlalchemy import update

from app.entities.base import db
from app.entities.engine import transaction
from app.entities.imports import ImportRun
from app.imports.kinds import GROUPS, STUDENTS, USERS
from app.imports.write_groups import import_groups
from app.imports.write_students import import_students
from app.imports.write_users import import_users
from app.queries.imports import runs
from app.queries.imports.imports import own_run
from tests.factories import make_group, make_programme, make_student, make_user
from tests.support.importing import Wizard, lines
from tests.support.scenes.stage import Stage, scene

STUDENT_HEADER = (
    "Studentnummer",
    "Voornaam",
    "Tussenvoegsel",
    "Achternaam",
    "E-mail",
    "Crebo",
    "Klas",
    "Praktijkbegeleider",
)
USER_HEADER = ("E-mail", "Voornaam", "Tussenvoegsel", "Achternaam", "Rol", "Crebo", "Telefoon", "Organisatie")
GROUP_HEADER = ("Groep", "Cohort", "Schooljaar", "Locatie", "Kleur", "Studentnummer")


def _wizard(s: Stage, kind: str = "students") -> Wizard:
    found = {
        "students": (STUDENTS, import_students),
        "users": (USERS, import_users),
        "groups": (GROUPS, import_groups),
    }
    return Wizard(s.admin, *found[kind])


def _programme_and_guide() -> None:
    make_programme(crebo="25656")
    make_user("school_supervisor", username="begeleider", email="begeleider@example.nl")


def _students(s: Stage) -> int:
    """A file with a new student and a known one, taken to step 4."""
    _programme_and_guide()
    make_student(number="9", first_name="Nora", last_name="Bos", user_id=make_user("student").id)
    rows = (
        ("1", "Daan", "van", "Vos", "daan@example.nl", "25656", "V3A", "begeleider"),
        ("9", "Noor", "de", "Bosch", "noor@example.nl", "25656", "V3A", "begeleider"),
    )
    return _wizard(s).take(lines(*rows, header=STUDENT_HEADER), codes="make")


def _users(s: Stage) -> int:
    make_programme(crebo="25656")
    make_user("school_examiner", email="ans@example.nl", username="ans@example.nl")
    rows = (
        ("piet@example.nl", "Piet", "van", "Dam", "Examinator school", "25656", "06-1234", "Zorgplein"),
        ("ans@example.nl", "Ans", "de", "Wit", "Praktijkopleider", "25656", "06-5678", "Zorggroep"),
    )
    return _wizard(s, "users").take(lines(*rows, header=USER_HEADER))


def _groups(s: Stage) -> int:
    make_student(number="9")
    make_group(name="V3B", location="Daar")
    rows = (("V3A", "2026", "2026-2027", "Zorgplein", "blauw", "9"), ("V3B", "2025", "", "Hier", "", "9"))
    return _wizard(s, "groups").take(lines(*rows, header=GROUP_HEADER))


def _version(s: Stage, pk: int) -> int:
    return own_run(s.admin, "students", pk).version


@scene("start_import")
def _start_import(s: Stage) -> None:
    _students(s)


@scene("choose_columns")
def _choose_columns(s: Stage) -> None:
    pk = _students(s)
    mapping = {"number": [0], "first_name": [1], "last_name": [3]}
    s.run("choose_columns", pk, actor=s.admin, version=_version(s, pk), mapping=mapping)


@scene("choose_values")
def _choose_values(s: Stage) -> None:
    pk = _students(s)
    values = {"group": {"V3A": "+"}}
    s.run("choose_values", pk, actor=s.admin, version=_version(s, pk), values=values)


@scene("choose_codes")
def _choose_codes(s: Stage) -> None:
    s.run("choose_codes", _students(s), actor=s.admin, login_codes="none", seen="make")


@scene("answer_question")
def _answer_question(s: Stage) -> None:
    given = {"question": "same", "about": "", "choice": "known", "seen": ""}
    s.run("answer_question", _students(s), actor=s.admin, **given)


@scene("fix_row")
def _fix_row(s: Stage) -> None:
    run = own_run(s.admin, "students", _students(s))
    seen = runs.row_mark(run, 2)
    s.run("fix_row", run.id, actor=s.admin, number=2, cells={1: "Anna"}, seen=seen)


@scene("read_again")
def _read_again(s: Stage) -> None:
    run = own_run(s.admin, "students", _students(s))
    given = {"table": run.table, "parts": [], "header_key": run.header_key, "mapping": {"number": [0]}}
    s.run("read_again", run.id, actor=s.admin, version=run.version, **given)


@scene("discard_import")
def _discard_import(s: Stage) -> None:
    pk = _students(s)
    s.run("discard_import", pk, actor=s.admin, version=_version(s, pk))


@scene("import_students")
def _import_students(s: Stage) -> None:
    _wizard(s).write(_students(s))


@scene("import_users")
def _import_users(s: Stage) -> None:
    _wizard(s, "users").write(_users(s))


@scene("import_groups")
def _import_groups(s: Stage) -> None:
    _wizard(s, "groups").write(_groups(s))


@scene("undo_student_import")
def _undo_student_import(s: Stage) -> None:
    _wizard(s).write(pk := _students(s))
    s.run("undo_student_import", pk, actor=s.admin)


@scene("undo_user_import")
def _undo_user_import(s: Stage) -> None:
    _wizard(s, "users").write(pk := _users(s))
    s.run("undo_user_import", pk, actor=s.admin)


@scene("undo_group_import")
def _undo_group_import(s: Stage) -> None:
    _wizard(s, "groups").write(pk := _groups(s))
    s.run("undo_group_import", pk, actor=s.admin)


# -- left to the worker


def _left(s: Stage) -> int:
    """A run that waits to be written by the worker."""
    pk = _students(s)
    s.run("ask_import", pk, actor=s.admin, version=_version(s, pk))
    return pk


@scene("ask_import")
def _ask_import(s: Stage) -> None:
    _left(s)


@scene("check_again")
def _check_again(s: Stage) -> None:
    pk = _students(s)
    s.patch.setattr(runs, "is_large", lambda _run: True)
    s.run("check_again", pk, actor=s.admin)


@scene("claim_import")
def _claim_import(s: Stage) -> None:
    _left(s)
    s.run("claim_import")


@scene("keep_claim")
def _keep_claim(s: Stage) -> None:
    pk = _left(s)
    s.run("claim_import")
    s.run("keep_claim", run_id=pk)


@scene("note_check")
def _note_check(s: Stage) -> None:
    pk = _students(s)
    with transaction():
        db.session.execute(update(ImportRun).where(ImportRun.id == pk).values(task="check"))
    s.run("note_check", run_id=pk, version=_version(s, pk), states=["nn"], checked={"counts": {}})


@scene("note_failed_import")
def _note_failed_import(s: Stage) -> None:
    s.run("note_failed_import", run_id=_left(s), problem="Niet gelukt")
