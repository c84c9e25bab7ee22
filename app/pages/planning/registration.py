"""The page of one examenaanmelding: its moments, its result and its history."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _

from app import models
from app.actions import base as actions
from app.actions.assessment.assessment import save_scores
from app.actions.planning.invitations import invite_company_examiner
from app.actions.planning.planning import plan_exam
from app.actions.planning.removal import remove_moments, remove_planning
from app.actions.planning.stopping import resume_exams, stop_exams
from app.clock import utc_now
from app.errors import NotFound
from app.pages import base
from app.pages.planning import blocks, invitations
from app.pages.planning.examiners import replace_buttons
from app.pages.planning.place import from_registration
from app.pages.trail.entries import trail_section
from app.permissions import ROLE_LABELS, Actor, Permission, Role, may
from app.queries.planning import registrations
from app.queries.planning.attempts import other_results
from app.queries.planning.invitations import invitations_of
from app.queries.planning.when import when_label
from app.queries.trail.trail import entries_about_attempt
from app.school import current_school
from app.theme import widgets


def registration_model(actor: Actor, pk: int, *, back_href: str) -> widgets.ShowModel:
    view = registrations.registration_view(actor, pk, utc_now())
    if view is None:
        raise NotFound
    sections = [_facts(actor, view), _moments(actor, view)]
    if base.offers(invite_company_examiner):
        sections += _invitations(view)
    if view.result is not None:
        sections.append(_result(view.result, view))
    if may(actor, Permission.TRAIL_READ):
        entries = entries_about_attempt(actor, pk, [moment.id for moment in view.moments])
        nothing = _("In het logboek staat nog niets over deze aanmelding.")
        sections.append(trail_section(_("Geschiedenis"), entries, nothing, registration=pk))
    return widgets.ShowModel(
        title=_(
            "%(exam)s, kans %(attempt)s: %(student)s",
            exam=view.exam_code,
            attempt=view.attempt,
            student=view.student,
        ),
        sections=sections,
        back_href=back_href,
        back_label=_("Terug naar het overzicht"),
        buttons=_buttons(view),
        badges=[blocks.block_badge(view.block), *blocks.waits_badges(view.waits)],
    )


def _buttons(view: registrations.RegistrationView) -> Sequence[widgets.Button]:
    if view.result is not None:
        return ()
    own = [("id", str(view.id)), *from_registration(view.id)]
    if view.stopped_at is None:
        student = [("kies", str(view.exam_id)), ("id", str(view.student_id)), *from_registration(view.id)]
        change = base.href_with(f"/examens/do/{plan_exam.name}", student)
        stop = base.href_with(f"/examens/do/{stop_exams.name}", own)
        buttons = [
            *base.action_button(plan_exam, change, "pencil", label=_("Planning wijzigen"), style="primary"),
            *base.action_button(stop_exams, stop, "stop-circle"),
        ]
    else:
        go_on = base.href_with(f"/examens/do/{resume_exams.name}", own)
        buttons = base.action_button(resume_exams, go_on, "play-circle", style="primary")
    if view.removable:
        remove = base.href_with(f"/examens/do/{remove_planning.name}", own)
        buttons += base.action_button(remove_planning, remove, "trash", style="danger")
    return buttons


def _facts(actor: Actor, view: registrations.RegistrationView) -> widgets.Section:
    student = f"/studenten/{view.student_id}" if may(actor, Permission.STUDENTS_SEE) else ""
    exam = f"/examenbeheer/{view.exam_id}" if may(actor, Permission.EXAMS_SEE) else ""
    return widgets.Section(
        _("Gegevens"),
        facts=[
            widgets.Fact(_("Student"), cells=[widgets.Cell(view.student, student)]),
            widgets.Fact(_("Examen"), cells=[widgets.Cell(f"{view.exam_code} {view.exam_title}", exam)]),
            widgets.Fact(_("Soort"), _(view.exam_kind.label)),
            widgets.Fact(_("Versie"), view.exam_version),
            widgets.Fact(_("Kans"), str(view.attempt)),
            *_notes(view),
        ],
    )


def _notes(view: registrations.RegistrationView) -> Sequence[widgets.Fact]:
    """What a reader must know first: it was stopped, waits for an earlier attempt, or has another result."""
    notes = []
    if view.stopped_at is not None:
        why = view.stop_reason or _("De student werd gedeactiveerd.")
        notes.append(widgets.Fact(_("Gestopt op"), cells=[widgets.Cell(_day(view.stopped_at), muted=why)]))
    if view.waits is not None:
        notes.append(widgets.Fact(_("Let op"), actions.say(view.waits)))
    others = other_results(view.id) if view.result is not None else ()
    if others:
        cells = [
            widgets.Cell(
                _("Kans %(attempt)s", attempt=one.attempt),
                f"/examens/aanmelding/{one.registration_id}",
                [blocks.block_badge(one.block)],
            )
            for one in others
        ]
        counts = widgets.Cell(_("De hoogste uitslag telt, tenzij de examencommissie anders besluit."))
        notes.append(widgets.Fact(_("Ook een uitslag"), cells=[*cells, counts]))
    return notes


def _day(moment: datetime) -> str:
    return f"{current_school().local(moment):%d-%m-%Y}"


def _moments(actor: Actor, view: registrations.RegistrationView) -> widgets.Section:
    columns = [
        widgets.Column("task", _("Examenopdracht")),
        widgets.Column("when", _("Wanneer")),
        widgets.Column("where", _("Locatie")),
        widgets.Column("who", _("Examinatoren")),
        widgets.Column("state", _("Beoordeling")),
    ]
    empty = _("Er is nog geen examenmoment ingepland.")
    if view.hidden:
        empty = _("U ziet alleen de examenmomenten waarbij u examinator bent.")
    rows = [_moment_row(actor, moment, view) for moment in view.moments]
    return widgets.Section(
        _("Examenmomenten"), columns=columns, rows=rows, empty=empty, buttons=_replacing(view)
    )


def _replacing(view: registrations.RegistrationView) -> Sequence[widgets.Button]:
    going = [one for one in view.moments if one.definitive_at is None and view.stopped_at is None]
    company = any(role == Role.COMPANY_EXAMINER for one in going for _name, role in one.people)
    return replace_buttons([one.id for one in going], view.id, company=company)


def _moment_row(
    actor: Actor, moment: registrations.MomentFacts, view: registrations.RegistrationView
) -> widgets.Row:
    people = [f"{name} ({_(ROLE_LABELS[Role(role)]).lower()})" for name, role in moment.people]
    return widgets.Row(
        moment.id,
        moment.task,
        [
            widgets.Cell(f"{moment.position}. {moment.task}", muted=moment.note),
            widgets.Cell(when_label(moment.starts_at, moment.ends_at)),
            widgets.Cell(moment.location),
            widgets.Cell(", ".join(people)),
            widgets.Cell(badges=[_assessment_badge(moment, view)]),
        ],
        [*_assess_buttons(actor, moment, view), *_remove_button(moment, view)],
    )


def _remove_button(
    moment: registrations.MomentFacts, view: registrations.RegistrationView
) -> Sequence[widgets.Button]:
    """Removes this moment alone; with one moment the page's own button does."""
    if view.result is not None or not moment.removable or len(view.moments) + view.hidden < 2:
        return ()
    pairs = [("id", str(moment.id)), *from_registration(view.id)]
    href = base.href_with(f"/examens/do/{remove_moments.name}", pairs)
    return base.action_button(remove_moments, href, "trash", label=_("Verwijderen"), about=moment.task)


def _invitations(view: registrations.RegistrationView) -> Sequence[widgets.Section]:
    """Company examiners without an account: who is invited for which moment, and where one still can be."""
    invited = invitations_of([moment.id for moment in view.moments])
    rows = []
    for moment in view.moments:
        state = invited.get(moment.id)
        open_still = view.stopped_at is None and moment.definitive_at is None
        buttons = (
            invitations.invitation_buttons(
                moment.id, view.id, state, company=moment.company, name=moment.task
            )
            if open_still
            else ()
        )
        if state is not None or buttons:
            cells = [
                widgets.Cell(f"{moment.position}. {moment.task}"),
                widgets.Cell(
                    state.name if state else _("Nog niemand"),
                    muted=invitations.invitation_line(state) if state else "",
                ),
            ]
            rows.append(widgets.Row(moment.id, moment.task, cells, buttons))
    columns = [widgets.Column("task", _("Examenopdracht")), widgets.Column("who", _("Uitgenodigd"))]
    return (
        [widgets.Section(_("Bedrijfsexaminator zonder account"), columns=columns, rows=rows)] if rows else []
    )


def _assessment_badge(
    moment: registrations.MomentFacts, view: registrations.RegistrationView
) -> widgets.Badge:
    return blocks.moment_badge(
        moment.ends_at,
        scored=moment.scored,
        definitive=moment.definitive_at is not None,
        stopped=view.stopped_at is not None,
    )


def _assess_buttons(
    actor: Actor, moment: registrations.MomentFacts, view: registrations.RegistrationView
) -> Sequence[widgets.Button]:
    href = f"/te-beoordelen/{moment.id}"
    going = moment.definitive_at is None and view.stopped_at is None
    if moment.assigned and base.offers(save_scores) and going:
        return [
            widgets.Button(
                _("Beoordelen"), href, "clipboard-check", name=_("Beoordelen: %(task)s", task=moment.task)
            )
        ]
    started = moment.scored or moment.definitive_at is not None
    if started and may(actor, Permission.ASSESSMENT_SEE):
        label = _("Bekijk beoordeling")
        return [widgets.Button(label, href, "eye", name=f"{label}: {moment.task}")]
    return ()


def _result(result: models.Result, view: registrations.RegistrationView) -> widgets.Section:
    adopted = f"{view.adopted_on:%d-%m-%Y}" if view.adopted_on else _("nog niet")
    local = current_school().local(result.decided_at)
    return widgets.Section(
        _("Uitslag"),
        facts=[
            widgets.Fact(_("Uitslag"), _("Geslaagd") if result.passed else _("Niet geslaagd")),
            widgets.Fact(_("Beoordeling"), grade_label(result)),
            widgets.Fact(
                _("Punten"), _("%(points)s van %(most)s", points=result.points, most=result.max_points)
            ),
            widgets.Fact(_("Definitief sinds"), f"{local:%d-%m-%Y}"),
            widgets.Fact(_("Vastgesteld op"), adopted),
        ],
    )


def grade_label(result: models.Result) -> str:
    """O, V or G in words, with the mark where the exam gives one: "Goed (8,5)"."""
    words = {"O": _("Onvoldoende"), "V": _("Voldoende"), "G": _("Goed")}
    word = words.get(result.grade, result.grade)
    return f"{word} ({str(result.mark).replace('.', ',')})" if result.mark is not None else word
