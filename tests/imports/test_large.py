"""A large file is checked and written by a worker, and step 4 puts rows right and tells what a file lacks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.actions.base.runner import run
from app.actions.imports.imports import choose_codes, choose_columns, choose_values, fix_row
from app.actions.imports.jobs import BROKEN_OFF, ask_import, check_again, claim_import
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.imports import ImportRun
from app.entities.users import User
from app.errors import Conflict, NotFound, RuleBroken
from app.imports import check, kept, overview, work
from app.imports.kept import rows_of
from app.imports.overview import overview as shown
from app.imports.overview import refused_rows, row_checked
from app.imports.summary import absent_in
from app.imports.work import NOT_YOURS, WENT_WRONG, work_all
from app.permissions import SYSTEM
from app.queries.imports import runs as import_runs
from app.queries.imports.runs import row_mark
from app.rules.imports import ALREADY_BEGUN
from tests.factories import make_group, make_programme, make_student, make_user, refresh
from tests.support import clock
from tests.support.importing import Wizard, lines

GOOD = [(f"{n:04}", f"Voornaam{n}", "", f"Achternaam{n}") for n in range(1, 12)]
NAMELESS = ("0099", "", "", "Jansen")
TWICE = ("0001", "Nog", "een", "keer")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a dozen rows is a large one, of several parts and batches."""
    monkeypatch.setattr(import_runs, "LARGE", 5)
    monkeypatch.setattr(check, "BATCH", 4)
    for place in (kept, overview, work):
        monkeypatch.setattr(place, "PART", 2)


def asked(wizard: Wizard, pk: int) -> ImportRun:
    run(ask_import, wizard.actor, [pk], version=wizard.own_run(pk).version)
    refresh()
    return wizard.own_run(pk)


def test_a_large_file_is_checked_and_written_by_the_worker(small, wizard, students):
    pk = wizard.take(lines(*GOOD, NAMELESS, TWICE))
    assert wizard.own_run(pk).task == "check"
    assert work_all() == 1
    found = wizard.own_run(pk)
    assert (found.task, found.checked["counts"]) == (
        "",
        {"rows": 13, "new": 10, "changed": 0, "unchanged": 0, "refused": 3},
    )
    asked(wizard, pk)
    assert work_all() == 1
    refresh()
    found = wizard.own_run(pk)
    assert (found.stage, found.task, found.counts["new"], found.counts["refused"]) == ("done", "", 10, 3)
    assert len(students()) == 10
    assert [number for number, _values in rows_of(found)] == [2, 13, 14]


def test_a_large_file_is_judged_as_a_small_one_is(small, wizard, monkeypatch):
    make_student(number="0003", first_name="Voornaam3", last_name="Anders")
    rows = (*GOOD, NAMELESS, TWICE, ("0005", "x", "", "y"), ("0005", "x", "", "z"))
    pk = wizard.take(lines(*rows))
    work_all()
    large = shown(wizard.actor, wizard.own_run(pk), size=100)
    monkeypatch.setattr(import_runs, "LARGE", 5000)
    at_once = shown(wizard.actor, wizard.own_run(pk), size=100)
    assert large.summary.tally == at_once.summary.tally

    def said(found: overview.Overview) -> list[object]:
        return [(row.number, row.state, row.changes, row.problems) for row in found.checked.rows]

    assert said(large) == said(at_once)


def test_the_check_of_a_large_file_is_filtered_and_leafed_through(small, wizard):
    pk = wizard.take(lines(*GOOD, NAMELESS, TWICE))
    work_all()
    found = wizard.own_run(pk)
    second = shown(wizard.actor, found, state="new", page=2, size=4)
    assert [row.number for row in second.checked.rows] == [7, 8, 9, 10]
    assert (second.matching, second.pages, second.first) == (10, 3, 4)
    assert [row.number for row in refused_rows(wizard.actor, found)] == [2, 13, 14]
    assert "ook op rij 14" in row_checked(wizard.actor, found, 2).problems[0].sentence


def test_what_is_chosen_anew_makes_a_check_that_was_running_worth_nothing(small, wizard, monkeypatch):
    pk = wizard.take(lines(*GOOD))
    complete = work.Summary.complete

    def choosing(summary, actor):
        complete(summary, actor)
        found = wizard.own_run(pk)
        run(choose_columns, wizard.actor, [pk], version=found.version, mapping=found.mapping)

    monkeypatch.setattr(work.Summary, "complete", choosing)
    work_all()
    refresh()
    found = wizard.own_run(pk)
    assert (found.stage, found.checked, found.task) == ("values", {}, "")


def test_while_it_is_written_nothing_about_it_can_be_changed(small, wizard):
    pk = wizard.take(lines(*GOOD))
    work_all()
    found = asked(wizard, pk)
    for act, data in (
        (choose_values, {"version": found.version, "values": {}}),
        (check_again, {}),
        (choose_codes, {"login_codes": "none", "seen": "none"}),
        (ask_import, {"version": found.version}),
    ):
        with pytest.raises(RuleBroken) as refused:
            run(act, wizard.actor, [pk], **data)
        assert refused.value.message == ALREADY_BEGUN
    other = wizard.take(lines(*GOOD))
    with pytest.raises(Conflict):
        run(ask_import, wizard.actor, [other], version=99)


def test_two_workers_never_take_the_same_import(small, wizard):
    pk = wizard.take(lines(*GOOD))
    assert run(claim_import, SYSTEM).ids == [pk]
    assert run(claim_import, SYSTEM).ids == ()


def test_a_worker_that_dies_is_followed_by_another_and_after_three_the_run_says_so(small, wizard, students):
    pk = wizard.take(lines(*GOOD))
    work_all()
    asked(wizard, pk)
    for _ in range(3):
        assert run(claim_import, SYSTEM).ids == [pk]  # and dies
        with transaction():
            db.session.execute(update(ImportRun).values(lease_until=clock.now() - timedelta(seconds=1)))
    assert work_all() == 0
    refresh()
    found = wizard.own_run(pk)
    assert (found.stage, found.task, found.problem) == ("check", "", BROKEN_OFF)
    assert not students()
    asked(wizard, pk)
    work_all()
    assert len(students()) == 11


def test_what_goes_wrong_in_the_worker_stands_with_the_run_and_nothing_is_written(
    small, wizard, students, monkeypatch
):
    pk = wizard.take(lines(*GOOD))
    work_all()
    asked(wizard, pk)
    with monkeypatch.context() as patched:
        patched.setattr("app.imports.write_students._couple", lambda *_: 1 / 0)
        work_all()
    refresh()
    assert wizard.own_run(pk).problem == WENT_WRONG
    assert not students()
    asked(wizard, pk)
    with transaction():
        db.session.execute(update(User).where(User.id == wizard.actor.id).values(active=False))
    work_all()
    refresh()
    assert wizard.own_run(pk).problem == NOT_YOURS
    assert not students()


# -- a row put right


@pytest.mark.parametrize("large", [False, True])
def test_a_refused_row_is_put_right_in_step_four_and_imported(large, wizard, students, request):
    if large:
        request.getfixturevalue("small")
    pk = wizard.take(lines(*GOOD, NAMELESS))
    work_all()
    found = wizard.own_run(pk)
    assert row_checked(wizard.actor, found, 13).state == "refused"
    run(fix_row, wizard.actor, [pk], number=13, cells={1: "Anna"}, seen=row_mark(found, 13))
    work_all()
    refresh()
    assert row_checked(wizard.actor, wizard.own_run(pk), 13).state == "new"
    if large:
        asked(wizard, pk)
        work_all()
        refresh()
    else:
        wizard.write(pk)
    assert wizard.own_run(pk).counts["refused"] == 0
    assert students()[-1].first_name == "Anna"


def test_a_row_put_right_wrongly_stays_refused_with_what_was_typed(wizard):
    pk = wizard.take(lines(NAMELESS))
    seen = row_mark(wizard.own_run(pk), 2)
    run(fix_row, wizard.actor, [pk], number=2, cells={0: "geen nummer!", 1: "Anna"}, seen=seen)
    refresh()
    row = row_checked(wizard.actor, wizard.own_run(pk), 2)
    assert row.problems[0].value == "geen nummer!"
    wizard.write(pk)
    assert list(rows_of(wizard.own_run(pk))) == [(2, ["geen nummer!", "Anna", None, "Jansen"])]


def test_a_cell_that_the_file_does_not_have_cannot_be_put_right(wizard, another_wizard):
    pk = wizard.take(lines(NAMELESS))
    seen = row_mark(wizard.own_run(pk), 2)
    for maker, cells in ((wizard, {7: "x"}), (another_wizard, {1: "x"})):
        with pytest.raises(NotFound):
            run(fix_row, maker.actor, [pk], number=2, cells=cells, seen=seen)


# -- in the system, not in the file


def test_who_is_of_the_same_programme_and_not_in_the_file_is_told_and_left_alone(wizard, students):
    programme, other = make_programme(crebo="25656"), make_programme(crebo="25655")
    for number, where in (("0001", programme), ("0077", programme), ("0078", other)):
        make_student(where, number=number, last_name=f"N{number}")
    make_student(programme, number="0079", active=False)
    content = lines(
        (*GOOD[0], "25656"), header=("Studentnummer", "Voornaam", "Tussenvoegsel", "Achternaam", "Opleiding")
    )
    pk = wizard.take(content)
    absent = shown(wizard.actor, wizard.own_run(pk)).summary.absent
    assert [name.rpartition("(")[2] for _id, name in absent.rows] == ["0077)"]
    wizard.write(pk)
    done = wizard.own_run(pk)
    assert done.counts["absent"] == absent_in(done.checked).count == 1
    assert len(students()) == 4


def test_without_a_programme_or_group_every_active_student_counts(wizard):
    for number in ("0001", "0055", "0056"):
        make_student(number=number)
    pk = wizard.take(lines(GOOD[0]))
    assert shown(wizard.actor, wizard.own_run(pk)).summary.absent.count == 2


def test_of_users_those_with_the_same_roles_and_of_groups_all_are_told(wizard):
    from app.imports.kinds import GROUPS, USERS

    make_user("school_supervisor", first_name="Ad", last_name="Afwezig")
    make_user("company_supervisor")
    users = Wizard(wizard.actor, USERS)
    header = ("E-mail", "Voornaam", "Achternaam", "Rollen")
    pk = users.take(lines(("a@example.nl", "An", "Nieuw", "Praktijkbegeleider"), header=header))
    absent = shown(wizard.actor, users.own_run(pk)).summary.absent
    assert [name for _id, name in absent.rows] == ["Ad Afwezig"]
    make_group(name="VIG3A")
    groups = Wizard(wizard.actor, GROUPS)
    pk = groups.take(lines(("VIG3B", "2025"), header=("Naam", "Cohort")))
    assert [name for _id, name in shown(wizard.actor, groups.own_run(pk)).summary.absent.rows] == ["VIG3A"]
