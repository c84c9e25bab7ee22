"""Assessing a sitting: save scores, make definitive, reopen.

Manual, step 6a: both examiners fill in and save; only the school examiner makes it definitive. Each
examiner writes in their own sheet. Rows are locked in one order (registration, then sitting), so that two
people never wait for each other.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import errors, models
from app.actions import base
from app.actions.assessment.results import decide_result
from app.actions.planning.later_attempts import tell_later
from app.clock import utc_now
from app.entities.base import db
from app.mail.earlier_attempt import News
from app.permissions import Actor, Permission, Role
from app.queries.assessment import assessment as queries
from app.queries.planning import attempts
from app.queries.planning.persons import same_person
from app.queries.planning.sides import others_at
from app.rules import sides, steps
from app.rules.marks import mark_text
from app.rules.second_factor import Proof
from app.rules.text import N_, Reason
from app.school import current_school

REMARK_MAX = 2000  # characters
WARNINGS_SHOWN = 7  # differences that are named before making definitive; the others are counted


@base.action(_l("Beoordeling opslaan"), permission=Permission.ASSESSMENT_FILL, on=models.Sitting)
def save_scores(
    actor: Actor,
    targets: base.Targets[models.Sitting],
    *,
    version: int,
    levels: Mapping[int, int],
    remarks: Mapping[int, str],
    remark: str = "",
    uid: str = "",
) -> base.Outcome:
    """Save what the examiner filled in: criterion id -> level id, criterion id -> remark, a general remark.

    `uid` is that of the moment whose form it was; NotFound when the number is another moment's by now.

    `version` is the version of the assessment when the form was opened (0: there was none). Conflict when
    this examiner's own sheet was saved since then and says something else. Criteria that are not
    named stay as they were.
    """
    sitting = _sitting_of(targets)
    if uid and uid != sitting.uid:
        raise errors.NotFound
    role = queries.role_in(sitting, actor)
    assessment = queries.assessment_of(sitting.id, fresh=True)
    refusal = steps.why_not_score(
        assigned=bool(role),
        definitive=queries.is_definitive(assessment),
        stopped=sitting.registration.stopped_at is not None,
    )
    if refusal:
        raise refusal.as_error()
    _not_before_the_day(sitting)
    if version > (assessment.version if assessment is not None else 0):
        raise errors.RuleBroken(N_("Dit formulier klopt niet. Ververs de pagina en probeer het opnieuw."))
    answers = Answers(sitting, levels, remarks, remark)
    # The other examiner's saving does not matter here: they have another sheet.
    sheet = _sheet_of(assessment, actor.id)
    if sheet is not None and sheet.version > version and answers.would_change(sheet):
        raise errors.Conflict(N_("U hebt deze beoordeling intussen ergens anders opgeslagen."))
    details = answers.changes(sheet)
    if not details:
        return base.Outcome(unchanged=1, summary=_("Er is niets gewijzigd."))
    if assessment is None:
        assessment = models.Assessment(sitting_id=sitting.id, version=0, sheets=[])
        db.session.add(assessment)
    if sheet is None:
        sheet = models.ScoreSheet(assessment=assessment, examiner_id=actor.id, scores=[])
        db.session.add(sheet)
        details["role"] = [None, role]
    _write(assessment, sheet, role, answers)
    return base.Outcome(
        done=1,
        ids=[sitting.id],
        names=[str(sitting)],
        details=details,
        summary=_saved_summary(sitting, sheet),
    )


@base.action(
    _l("Maak definitief"),
    permission=Permission.ASSESSMENT_DEFINITIVE,
    on=models.Sitting,
    confirm=True,
    noun=_l("examenmoment"),
    submit=_l("Maak definitief"),
    proof=Proof.STRONG,
)
def make_definitive(actor: Actor, targets: base.Targets[models.Sitting]) -> base.Outcome:
    """Make the assessment definitive. With the last task of the exam, the result is computed too.

    Only the school examiner of this sitting may do so, when their own sheet is complete (manual, step 6a).
    """
    sitting = _sitting_of(targets)
    assessment = queries.assessment_of(sitting.id, fresh=True)
    role = queries.role_in(sitting, actor)
    sheet = _sheet_of(assessment, actor.id, role)
    refusal = steps.why_not_definitive(
        accountable=role == Role.SCHOOL_EXAMINER,
        role=role,
        missing=_unscored(sitting, sheet),
        already_definitive=queries.is_definitive(assessment),
        stopped=sitting.registration.stopped_at is not None,
        waits=attempts.waiting_for([sitting.registration_id]).get(sitting.registration_id),
    )
    refusal = refusal or _why_both_sides(sitting, actor.id or 0)
    if refusal:
        raise refusal.as_error()
    if assessment is None or sheet is None:  # nothing is missing, as there are no criteria
        raise errors.RuleBroken(N_("Dit examen heeft geen beoordelingscriteria."))
    assessment.definitive_at, assessment.definitive_by_id = utc_now(), actor.id
    assessment.version += 1
    db.session.flush()
    result = decide_result(sitting.registration_id)
    told = _tell_decided(sitting, result)
    return base.Outcome(
        done=1,
        ids=[sitting.id],
        names=[str(sitting), *warnings(sitting, assessment, sheet), *told],
        details={"definitive": [None, sheet.examiner.full_name], **_result_details(result)},
        rests_on=[assessment.version],
        also={"Result": [result.id]} if result is not None else {},
        summary=_definitive_summary(result),
    )


def _why_both_sides(sitting: models.Sitting, school: int) -> Reason | None:
    """Whether who closes is, by their address, also who examines for the company here."""
    others = others_at([sitting.id], Role.SCHOOL_EXAMINER).get(sitting.id, {})
    return sides.why_not_closed_by(school, others, same_person({school, *others}))


class ReopenForm(base.ActionForm):
    reason = base.reason_field()


@base.action(
    _l("Heropen beoordeling"),
    permission=Permission.ASSESSMENT_REOPEN,
    on=models.Sitting,
    form=ReopenForm,
    confirm=True,
    danger=True,
    noun=_l("examenmoment"),
    submit=_l("Heropen beoordeling"),
    intro=_l("De examinatoren kunnen daarna weer invullen. Een uitslag die er al was, vervalt."),
)
def reopen_assessment(actor: Actor, targets: base.Targets[models.Sitting], *, reason: str) -> base.Outcome:
    """Reopen a definitive assessment, with a reason in the trail. The result of its exam is deleted."""
    reason = base.given_reason(reason)
    sitting = _sitting_of(targets)
    assessment = queries.assessment_of(sitting.id, fresh=True)
    refusal = steps.why_not_reopen(
        definitive=queries.is_definitive(assessment),
        adopted=queries.is_adopted(sitting.registration_id),
    )
    if refusal:
        raise refusal.as_error()
    assert assessment is not None  # noqa: S101 - it is definitive
    names = [str(sitting), *tell_later([sitting.registration_id])]
    details: dict[str, Any] = {"reason": [None, reason], "definitive": [_made_by(assessment), None]}
    # The result rests on this assessment, so it cannot stay.
    result = db.session.scalars(
        sa.select(models.Result).where(models.Result.registration_id == sitting.registration_id)
    ).one_or_none()
    if result is not None:
        names.append(_lapses(result))
        details |= {name: [new, None] for name, (_old, new) in _result_details(result).items()}
        db.session.execute(sa.delete(models.Result).where(models.Result.id == result.id))
    assessment.definitive_at = assessment.definitive_by_id = None
    assessment.version += 1
    return base.Outcome(
        done=1,
        ids=[sitting.id],
        names=names,
        details=details,
        rests_on=[assessment.version, result.uid if result is not None else ""],
        also={"Result": [result.id]} if result is not None else {},
        summary=_("De beoordeling van %(sitting)s is heropend.", sitting=str(sitting)),
    )


# --- what they share --------------------------------------------------------------------------


def result_text(result: models.Result) -> str:
    """ "V 7,3", or the grade alone."""
    return f"{result.grade} {mark_text(result.mark)}" if result.mark is not None else result.grade


class Answers:
    """What was filled in, checked against the criteria of the task. Unknown ids and levels are refused."""

    def __init__(
        self, sitting: models.Sitting, levels: Mapping[int, int], remarks: Mapping[int, str], remark: str
    ) -> None:
        self.sitting = sitting
        self.levels = dict(levels)
        self.remark = remark.strip()
        self.remarks = {key: value.strip() for key, value in remarks.items()}
        self._criteria = {criterion.id: criterion for criterion in sitting.task.criteria}
        self._check()

    def would_change(self, sheet: models.ScoreSheet) -> bool:
        """Whether this form says something else than the sheet."""
        if self.remark != sheet.remark:
            return True
        stored = {score.criterion_id: score for score in sheet.scores}
        for criterion_id in self._criteria:
            score = stored.get(criterion_id)
            level, remark = (score.level_id, score.remark) if score else (None, "")
            if self.levels.get(criterion_id) != level or self.remarks.get(criterion_id, remark) != remark:
                return True
        return False

    def changes(self, sheet: models.ScoreSheet | None) -> dict[str, Any]:
        """For the trail: old and new levels. A remark may hold personal data, so only that it changed."""
        stored = {score.criterion_id: score for score in sheet.scores} if sheet else {}
        found: dict[str, Any] = {}
        for criterion in self.sitting.task.criteria:
            score, name = stored.get(criterion.id), queries.number_of(self.sitting, criterion)
            old_level, old_remark = (score.level_id, score.remark) if score else (None, "")
            new_level = self.levels.get(criterion.id, old_level)
            if new_level != old_level:
                found[name] = [_label(criterion, old_level), _label(criterion, new_level)]
            if self.remarks.get(criterion.id, old_remark) != old_remark:
                found[f"{name} remark"] = [bool(old_remark), bool(self.remarks[criterion.id])]
        if self.remark != (sheet.remark if sheet else ""):
            found["remark"] = [bool(sheet and sheet.remark), bool(self.remark)]
        return found

    def _check(self) -> None:
        for criterion_id, level_id in self.levels.items():
            criterion = self._criteria.get(criterion_id)
            if criterion is None or level_id not in {level.id for level in criterion.levels}:
                raise errors.RuleBroken(N_("Deze score hoort niet bij dit criterium. Ververs de pagina."))
        for criterion_id, remark in self.remarks.items():
            if criterion_id not in self._criteria:
                raise errors.RuleBroken(N_("Deze score hoort niet bij dit criterium. Ververs de pagina."))
            self._check_length(remark, f"remark-{criterion_id}")
        self._check_length(self.remark, "remark")

    def _check_length(self, remark: str, field: str) -> None:
        if len(remark) > REMARK_MAX:
            raise errors.RuleBroken(
                N_("Deze opmerking is te lang: %(count)s tekens, hoogstens %(most)s."),
                field=field,
                count=len(remark),
                most=REMARK_MAX,
            )


def warnings(sitting: models.Sitting, assessment: models.Assessment, own: models.ScoreSheet) -> list[str]:
    """Warnings before it is definitive: the company examiner saved nothing, or gave other scores."""
    company = next((one for one in sitting.examiners if one.role == Role.COMPANY_EXAMINER), None)
    other = queries.company_sheet(sitting, assessment)
    saved = other is not None and any(score.level_id for score in other.scores)
    if company is not None and not (other is not None and saved and other.examiner_id == company.user_id):
        return [_("Let op: %(name)s (bedrijf) heeft nog niets opgeslagen.", name=company.user.full_name)]
    if other is None or not saved:
        return []
    mine = {score.criterion_id: score.level_id for score in own.scores}
    theirs = {score.criterion_id: score.level_id for score in other.scores}
    lines = [
        _(
            "Verschil bij %(number)s: school %(school)s, bedrijf %(company)s.",
            number=queries.number_of(sitting, criterion),
            school=_label(criterion, mine.get(criterion.id)),
            company=_label(criterion, theirs.get(criterion.id)) or "–",
        )
        for criterion in sitting.task.criteria
        if mine.get(criterion.id) != theirs.get(criterion.id)
    ]
    rest = len(lines) - WARNINGS_SHOWN
    more = ngettext("En nog %(num)s verschil.", "En nog %(num)s verschillen.", rest)
    return [*lines[:WARNINGS_SHOWN], more] if rest > 0 else lines


def _label(criterion: models.Criterion, level_id: int | None) -> str | None:
    return next((level.label for level in criterion.levels if level.id == level_id), None)


def _sitting_of(targets: base.Targets[models.Sitting]) -> models.Sitting:
    """The one sitting, with all that is scored. The runner holds it, and the registration that owns it."""
    chosen = sa.select(models.Sitting).where(models.Sitting.id.in_(targets.ids))
    found: models.Sitting | None = (
        db.session.scalars(queries.whole_sitting(chosen)).unique().one_or_none()
        if len(targets.ids) == 1
        else None
    )
    if found is None:
        raise errors.NotFound
    return found


def _not_before_the_day(sitting: models.Sitting) -> None:
    if not queries.opens_for_scores(sitting):
        day = current_school().local(sitting.starts_at).strftime("%d-%m-%Y")
        raise errors.RuleBroken(N_("U kunt invullen vanaf de dag van het examenmoment: %(day)s."), day=day)


def _sheet_of(
    assessment: models.Assessment | None, user_id: int | None, role: str = ""
) -> models.ScoreSheet | None:
    if assessment is None or user_id is None:
        return None
    own = (sheet for sheet in assessment.sheets if sheet.examiner_id == user_id and role in {"", sheet.role})
    return next(own, None)


def _write(assessment: models.Assessment, sheet: models.ScoreSheet, role: str, answers: Answers) -> None:
    assessment.version += 1
    sheet.version, sheet.role = assessment.version, role
    sheet.remark, sheet.saved_at = answers.remark, utc_now()
    stored = {score.criterion_id: score for score in sheet.scores}
    for criterion_id in sorted({*answers.levels, *answers.remarks}):
        score = stored.get(criterion_id)
        level = answers.levels.get(criterion_id)
        remark = answers.remarks.get(criterion_id)
        if score is None:
            if level is not None or remark:
                sheet.scores.append(
                    models.Score(criterion_id=criterion_id, level_id=level, remark=remark or "")
                )
            continue
        score.level_id = level if level is not None else score.level_id
        score.remark = remark if remark is not None else score.remark


def _saved_summary(sitting: models.Sitting, sheet: models.ScoreSheet) -> str:
    return _(
        "Opgeslagen om %(time)s: %(done)s van %(total)s criteria ingevuld.",
        time=current_school().local(sheet.saved_at).strftime("%H:%M"),
        done=sum(score.level_id is not None for score in sheet.scores),
        total=len(sitting.task.criteria),
    )


def _unscored(sitting: models.Sitting, sheet: models.ScoreSheet | None) -> list[str]:
    """Labels of the criteria that have no level in this sheet. Without a sheet: all criteria."""
    scored = {score.criterion_id for score in sheet.scores if score.level_id is not None} if sheet else set()
    return [
        f"{queries.number_of(sitting, criterion)} {criterion.text}"
        for criterion in sitting.task.criteria
        if criterion.id not in scored
    ]


def _result_details(result: models.Result | None) -> dict[str, Any]:
    if result is None:
        return {}
    points = f"{result.points}/{result.max_points}"
    decided = f"{current_school().local(result.decided_at):%d-%m-%Y %H:%M}"
    return {
        "result": [None, result_text(result)],
        "passed": [None, result.passed],
        "points": [None, points],
        "decided_at": [None, decided],
    }


def _made_by(assessment: models.Assessment) -> str:
    """ "Sanne de Bakker, 12-11-2026 10:14": who made it definitive, and when."""
    user = db.session.get(models.User, assessment.definitive_by_id) if assessment.definitive_by_id else None
    at = assessment.definitive_at
    when = f"{current_school().local(at):%d-%m-%Y %H:%M}" if at is not None else ""
    return ", ".join(filter(None, (user.full_name if user is not None else "", when)))


def _definitive_summary(result: models.Result | None) -> str:
    if result is None:
        return _("De beoordeling is definitief. De uitslag volgt als alle onderdelen definitief zijn.")
    if result.passed:
        return _("De beoordeling is definitief. Uitslag: geslaagd (%(result)s).", result=result_text(result))
    return _("De beoordeling is definitief. Uitslag: niet geslaagd (%(result)s).", result=result_text(result))


def _lapses(result: models.Result) -> str:
    """Which result goes when an assessment is reopened."""
    if result.passed:
        return _("De uitslag vervalt: geslaagd (%(result)s).", result=result_text(result))
    return _("De uitslag vervalt: niet geslaagd (%(result)s).", result=result_text(result))


def _tell_decided(sitting: models.Sitting, result: models.Result | None) -> list[str]:
    """Tell who has a later attempt that this one is decided now. Says in words who is told."""
    if result is None:
        return []
    return tell_later([sitting.registration_id], News.PASSED if result.passed else News.FAILED)
