"""The page of one student: data, programmes, users, groups, exams, progress and the trail."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app import models
from app.actions import base as actions
from app.actions.access.code_sheet import print_student_codes
from app.actions.access.login_codes import send_student_codes
from app.actions.groups import members
from app.actions.students import activation, availability
from app.actions.students import enrolment as enrolment_actions
from app.actions.students.students import change_student
from app.clock import utc_now
from app.pages import base
from app.pages.access.sign_in_state import sign_in_facts
from app.pages.groups.badges import group_badge
from app.pages.mail import outbox
from app.pages.planning import blocks
from app.pages.trail.entries import trail_section
from app.permissions import ROLE_LABELS, SUPERVISION_ROLES, Actor, Permission, Role, may, only_examines
from app.queries.groups.groups import groups_of
from app.queries.mail.outbox import mails_to
from app.queries.students import field_words
from app.queries.students import students as queries
from app.queries.students.fields import fields_seen, sees_everything
from app.queries.trail.trail import entries_about
from app.queries.users.users import code_state
from app.rules.blocks import BlockState
from app.theme import widgets


def student_model(page: base.ListPage, student: models.Student) -> widgets.ShowModel:
    actor = base.current_actor()
    sections = [
        _data(actor, student),
        _programmes(page, student),
        _users(page, student),
        _groups(page, student),
        _exams(page, actor, student),
        _progress(page, student),
    ]
    if may(actor, Permission.STUDENTS_EDIT):
        sections.append(_sign_in(page, student))
    if may(actor, Permission.OUTBOX_SEE):
        sections.append(_mails(actor, student))
    if may(actor, Permission.TRAIL_READ):
        whole = base.href_with("/logboek/", [("student", student.number)])
        entries = entries_about(actor, "Student", student.id)
        to_all = [_to(_("Naar het logboek"), whole)]
        sections.append(trail_section(_("Logboek"), entries, _("Er is nog niets gewijzigd."), to_all))
    return widgets.ShowModel(
        title=student.full_name,
        sections=sections,
        back_href=page.list_href(),
        back_label=_("Studenten"),
        buttons=page.buttons(student, (change_student, _("Wijzigen"), "pencil"), _switch(student)),
        badges=_badges(student),
    )


def _switch(student: models.Student) -> tuple[actions.Action, str, str]:
    if student.active:
        return activation.deactivate_students, _("Deactiveren"), "person-slash"
    return activation.reactivate_students, _("Weer activeren"), "person-check"


def _to(label: str, href: str) -> widgets.Button:
    """A button to the page where all of it stands."""
    return widgets.Button(label, href, icon="arrow-right")


def _badges(student: models.Student) -> list[widgets.Badge]:
    badges = []
    if not student.active:
        badges.append(widgets.Badge(_("Niet actief")))
    if not any(e.programme_id for e in student.enrolments):
        badges.append(widgets.Badge(_("Nog geen opleiding"), "warn", "exclamation-triangle"))
    if not any(s.role == Role.SCHOOL_SUPERVISOR for s in student.supervisions):
        badges.append(widgets.Badge(_("Nog geen praktijkbegeleider"), "warn", "exclamation-triangle"))
    return badges


def _data(actor: Actor, student: models.Student) -> widgets.Section:
    """The number first, then the name, then what else this reader may see."""
    facts = [
        widgets.Fact(field_words.heading(field), field_words.told(field, student))
        for field in fields_seen(actor, "page")
    ]
    facts.insert(1, widgets.Fact(_("Naam"), student.full_name))
    if sees_everything(actor):
        gone = field_words.gone(student.extra)
        facts += [widgets.Fact(_("%(field)s (veld vervallen)", field=key), value) for key, value in gone]
    return widgets.Section(_("Gegevens"), facts)


def _programmes(page: base.ListPage, student: models.Student) -> widgets.Section:
    rows, seen = [], queries.programmes_in_sight(base.current_actor(), student)
    # Programmes stand first, then electives. A programme is a link only when this reader may see its page.
    for enrolment in sorted(student.enrolments, key=lambda e: (e.programme_id is None, e.id)):
        programme, elective = enrolment.programme, enrolment.elective
        if programme is not None:
            level = _(
                "niveau %(level)s, %(path)s, cohort %(cohort)s",
                level=programme.level,
                path=programme.learning_path,
                cohort=programme.cohort,
            )
            href = f"/opleidingen/{programme.id}" if programme.id in seen else ""
            cells = [
                widgets.Cell(programme.name, href, muted=level),
                widgets.Cell(_("Opleiding")),
                widgets.Cell(programme.crebo),
            ]
            rows.append(
                widgets.Row(
                    enrolment.id, programme.name, [*cells, widgets.Cell(base.show_date(enrolment.created_at))]
                )
            )
        elif elective is not None:
            cells = [widgets.Cell(elective.name), widgets.Cell(_("Keuzedeel")), widgets.Cell(elective.code)]
            rows.append(
                widgets.Row(
                    enrolment.id, elective.name, [*cells, widgets.Cell(base.show_date(enrolment.created_at))]
                )
            )
    offered = [(enrolment_actions.couple_programme, _("Koppelen aan opleiding"), "plus-lg")]
    if rows:
        offered.append((enrolment_actions.uncouple_programme, _("Ontkoppelen"), "dash-lg"))
    return widgets.Section(
        _("Opleidingen en keuzedelen"),
        columns=[
            widgets.Column("name", _("Naam")),
            widgets.Column("kind", _("Soort")),
            widgets.Column("code", _("Code")),
            widgets.Column("since", _("Gekoppeld op"), wide_only=True),
        ],
        rows=rows,
        empty=_("Deze student is nog niet gekoppeld aan een opleiding."),
        buttons=page.buttons(student, *offered),
    )


def _users(page: base.ListPage, student: models.Student) -> widgets.Section:
    facts = []
    for role in SUPERVISION_ROLES:
        users = [s.user for s in student.supervisions if s.role == role]
        cells = [_user_cell(user) for user in sorted(users, key=lambda u: (u.last_name, u.first_name))]
        facts.append(widgets.Fact(_(ROLE_LABELS[role]), cells=cells))
    return widgets.Section(
        _("Gebruikers"),
        facts,
        buttons=page.buttons(student, (change_student, _("Toevoegen of wijzigen"), "pencil")),
    )


def _user_cell(user: Any) -> widgets.Cell:
    badges = [] if user.active else [widgets.Badge(_("Niet actief"))]
    href = f"/gebruikers/{user.id}" if may(base.current_actor(), Permission.USERS_SEE) else ""
    return widgets.Cell(user.full_name, href, badges=badges, muted=user.organisation or "")


def _groups(page: base.ListPage, student: models.Student) -> widgets.Section:
    offered = [(members.add_to_groups, _("Toevoegen aan studentgroepen"), "plus-lg")]
    found = groups_of([student.id])
    if found:
        offered.append((members.remove_from_group, _("Verwijderen uit studentgroep"), "dash-lg"))
    if may(base.current_actor(), Permission.GROUPS_EDIT):
        cells = [widgets.Cell(group.name, f"/studentgroepen/{group.id}") for group in found]
    else:
        cells = [widgets.Cell(badges=[group_badge(group.name, group.colour) for group in found])]
    return widgets.Section(
        _("Studentgroepen"),
        [widgets.Fact(_("Groepen"), cells=cells)] if found else (),
        empty="" if found else _("Deze student zit nog niet in een studentgroep."),
        buttons=page.buttons(student, *offered),
    )


def _exams(page: base.ListPage, actor: Actor, student: models.Student) -> widgets.Section:
    every = not only_examines(actor)
    exams = queries.exams_of_student(actor, student, now=utc_now(), every=every)
    offered = []
    stopped = [row for row in exams if row.block is not None and row.block.state is BlockState.STOPPED]
    if stopped or any(row.attempt == 0 and not row.excluded for row in exams):
        offered.append((availability.exclude_exam, _("Maak een examen niet-beschikbaar"), "slash-circle"))
    if any(row.excluded for row in exams):
        offered.append(
            (availability.include_exam, _("Maak een examen weer beschikbaar"), "arrow-counterclockwise")
        )
    return widgets.Section(
        _("Examens"),
        columns=[
            widgets.Column("exam", _("Examen")),
            widgets.Column("attempt", _("Kans"), numeric=True),
            widgets.Column("moment", _("Eerste moment")),
            widgets.Column("state", _("Stand")),
        ],
        rows=[_exam_row(number, row) for number, row in enumerate(exams, start=1)],
        empty=_("Er zijn nog geen examens: koppel de student eerst aan een opleiding."),
        buttons=[*page.buttons(student, *offered), *_to_exams(actor, student)],
    )


def _to_exams(actor: Actor, student: models.Student) -> list[widgets.Button]:
    programme = next((e.programme_id for e in student.enrolments if e.programme_id), None)
    if programme is None or not may(actor, Permission.PLANNING_SEE):
        return []
    place = base.href_with("/examens/", [("opleiding", str(programme)), ("q", student.number)])
    return [_to(_("Naar Examens"), place)]


def _exam_row(number: int, row: queries.StudentExam) -> widgets.Row:
    title = str(row.exam)
    owner = str(row.exam.programme or row.exam.elective)
    return widgets.Row(
        number,
        title,
        [
            widgets.Cell(
                title,
                f"/examens/aanmelding/{row.registration_id}" if row.attempt else "",
                muted=f"{_(row.exam.kind.label)} · {owner}",
            ),
            widgets.Cell(str(row.attempt) if row.attempt else "", numeric=True),
            widgets.Cell(base.show_datetime(row.first_moment)),
            widgets.Cell(badges=[_state(row), *blocks.waits_badges(row.waits)]),
        ],
    )


def _state(row: queries.StudentExam) -> widgets.Badge:
    if row.block is not None:
        return blocks.block_badge(row.block)
    return blocks.state_badge(BlockState.NOT_AVAILABLE if row.excluded else BlockState.OPEN)


def _progress(page: base.ListPage, student: models.Student) -> widgets.Section:
    state = (
        _("Beschikbaar voor de student")
        if student.progress_available
        else _("Niet beschikbaar voor de student")
    )
    icon = "toggle-on" if student.progress_available else "toggle-off"
    label = _("Aan- of uitzetten")
    facts = [widgets.Fact(_("Tabblad “Mijn onderwijsvoortgang”"), state)]
    buttons = page.buttons(student, (availability.release_progress, label, icon))
    if may(base.current_actor(), Permission.PROGRESS_SEE):
        number, latest = queries.progress_of(student)
        told = ngettext(
            "%(num)s meting, de laatste op %(date)s",
            "%(num)s metingen, de laatste op %(date)s",
            number,
            date=base.show_date(latest),
        )
        facts.append(widgets.Fact(_("Ingevuld"), told if number else _("Nog niets")))
        buttons.append(_to(_("Naar de voortgang"), f"/voortgang/{student.id}"))
    return widgets.Section(_("Studievoortgang"), facts, buttons=buttons)


def _sign_in(page: base.ListPage, student: models.Student) -> widgets.Section:
    """The student's account: how far they are with signing in, and the state of their mail."""
    buttons = page.buttons(
        student,
        (send_student_codes, "", "envelope"),
        (print_student_codes, "", "printer"),
    )
    user = student.user
    if user is None:
        return widgets.Section(
            _("Aanmelden"), empty=_("Nog geen account: dat ontstaat met de inlogcode."), buttons=buttons
        )
    code = code_state(user.id)
    again = outbox.send_again_buttons(code.mail, _("Mail opnieuw versturen"))
    return widgets.Section(_("Aanmelden"), facts=sign_in_facts(user, code), buttons=[*again, *buttons])


def _mails(actor: Actor, student: models.Student) -> widgets.Section:
    """The latest mails to the student, each with its state; their texts stand in Postvak uit."""
    mails = mails_to(actor, student.user_id) if student.user_id else []
    place = base.href_with("/postvak-uit/", [("q", student.email)])
    return widgets.Section(
        _("Mails"),
        columns=[
            widgets.Column("at", _("Wanneer")),
            widgets.Column("subject", _("Onderwerp")),
            widgets.Column("state", _("Stand")),
        ],
        rows=[
            widgets.Row(
                mail.id,
                mail.subject,
                [
                    widgets.Cell(base.show_datetime(mail.created_at)),
                    widgets.Cell(mail.subject, f"/postvak-uit/{mail.id}"),
                    widgets.Cell(badges=[outbox.state_badge(mail)]),
                ],
            )
            for mail in mails
        ],
        empty=_("Er is nog geen mail aan deze student."),
        buttons=[_to(_("Naar Postvak uit"), place)] if mails and student.email else (),
    )
