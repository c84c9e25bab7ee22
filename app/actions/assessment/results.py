"""Computes the result of a registration, once its last task is definitive, and keeps how it was computed.

Pages read a result from `detail`, never from the catalogue. `detail` holds texts, levels, rule and
examiners as they were on that day, so a change of the catalogue never changes a result.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.queries.assessment import assessment as queries
from app.rules import pass_rules
from app.rules.pass_rules.explaining import as_json


def decide_result(registration_id: int) -> models.Result | None:
    """Make the result when every task of the exam is definitive; None before that.

    Call it inside an action, with the registration locked.
    """
    found = working(registration_id)
    if found is None:
        return None
    outcome, detail = found
    result = models.Result(
        registration_id=registration_id,
        passed=outcome.passed,
        grade=outcome.grade,
        mark=outcome.mark,
        points=outcome.points,
        max_points=outcome.max_points,
        decided_at=utc_now(),
        detail=detail,
    )
    db.session.add(result)
    db.session.flush()
    return result


def working(registration_id: int) -> tuple[pass_rules.Outcome, dict[str, Any]] | None:
    """The outcome, and how it was computed as JSON. None while a task is not definitive.

    Only the scores of the accountable (school) examiners count. The company's scores are listed beside them.
    """
    exam = _registration(registration_id).exam
    closed = _definitive(registration_id)
    if {task.id for task in exam.tasks} - set(closed):
        return None
    sheets = {task_id: _accountable_sheet(assessment) for task_id, assessment in closed.items()}
    rule, criteria = pass_rules.read(exam.pass_rule), exam.facts
    outcome = pass_rules.decide(rule, criteria, _chosen(exam, sheets))
    return outcome, {
        "exam": {
            "key": exam.key,
            "version": exam.version,
            "code": exam.code,
            "title": exam.title,
            "kind": exam.kind.value,
        },
        "rule": {
            "pass_rule": exam.pass_rule,
            "explained": as_json(pass_rules.explain(rule, criteria)),
        },
        "outcome": outcome.as_json(),
        "tasks": [_task(task, closed[task.id], sheets[task.id]) for task in exam.tasks],
    }


def _registration(registration_id: int) -> models.Registration:
    tasks = (
        orm.joinedload(models.Registration.exam)
        .selectinload(models.Exam.tasks)
        .selectinload(models.ExamTask.criteria)
    )
    return (
        db.session.scalars(
            sa.select(models.Registration)
            .where(models.Registration.id == registration_id)
            .options(
                tasks.selectinload(models.Criterion.levels), tasks.joinedload(models.Criterion.work_process)
            )
        )
        .unique()
        .one()
    )


def _definitive(registration_id: int) -> dict[int, models.Assessment]:
    """Exam task id -> its definitive assessment, as it is in the database now."""
    found = db.session.scalars(
        sa.select(models.Assessment)
        .join(models.Sitting, models.Sitting.id == models.Assessment.sitting_id)
        .where(
            models.Sitting.registration_id == registration_id, models.Assessment.definitive_at.is_not(None)
        )
        .options(
            orm.joinedload(models.Assessment.sitting)
            .selectinload(models.Sitting.examiners)
            .joinedload(models.SittingExaminer.user),
            orm.selectinload(models.Assessment.sheets).joinedload(models.ScoreSheet.examiner),
            orm.selectinload(models.Assessment.sheets).selectinload(models.ScoreSheet.scores),
        )
        .execution_options(populate_existing=True)
    ).unique()
    return {assessment.sitting.exam_task_id: assessment for assessment in found}


def _accountable_sheet(assessment: models.Assessment) -> models.ScoreSheet:
    return next(sheet for sheet in assessment.sheets if sheet.examiner_id == assessment.definitive_by_id)


def _scores(sheet: models.ScoreSheet | None) -> Mapping[int, models.Score]:
    return {score.criterion_id: score for score in sheet.scores} if sheet else {}


def _level(criterion: models.Criterion, score: models.Score | None) -> models.CriterionLevel | None:
    return next((level for level in criterion.levels if score and level.id == score.level_id), None)


def _chosen(exam: models.Exam, sheets: Mapping[int, models.ScoreSheet]) -> pass_rules.Scores:
    """The level of each criterion that has one, under the name that a pass rule knows it by."""
    return {
        criterion.facts.key: level.facts
        for task in exam.tasks
        for criterion in task.criteria
        if (level := _level(criterion, _scores(sheets[task.id]).get(criterion.id))) is not None
    }


def _task(task: models.ExamTask, assessment: models.Assessment, sheet: models.ScoreSheet) -> dict[str, Any]:
    sitting = assessment.sitting
    company = queries.company_sheet(sitting, assessment)
    present = {one.user_id for one in sitting.examiners}
    return {
        "id": task.id,
        "sitting_id": sitting.id,
        "position": task.position,
        "title": task.title,
        "starts_at": sitting.starts_at.isoformat(),
        "location": sitting.location,
        "examiners": [
            {"role": one.role, "name": one.user.full_name}
            for one in sorted(sitting.examiners, key=lambda one: one.role, reverse=True)
        ],
        # Whoever was replaced keeps their sheet, and so is named.
        "earlier_examiners": [
            {"role": one.role, "name": one.examiner.full_name}
            for one in sorted(assessment.sheets, key=lambda one: one.id)
            if one.examiner_id not in present
        ],
        "definitive_at": assessment.definitive_at.isoformat() if assessment.definitive_at else None,
        "definitive_by": sheet.examiner.full_name,
        "remark": sheet.remark,
        "criteria": [
            _criterion(task, criterion, _scores(sheet), _scores(company)) for criterion in task.criteria
        ],
    }


def _criterion(
    task: models.ExamTask,
    criterion: models.Criterion,
    school: Mapping[int, models.Score],
    company: Mapping[int, models.Score],
) -> dict[str, Any]:
    score = school.get(criterion.id)
    level, theirs = _level(criterion, score), _level(criterion, company.get(criterion.id))
    return {
        "number": f"{task.position}.{criterion.position}",
        "text": criterion.text,
        "critical": criterion.critical,
        "work_process": {"code": criterion.work_process.code, "name": criterion.work_process.name},
        "max_points": max(one.points for one in criterion.levels),
        "level": level
        and {
            "label": level.label,
            "points": level.points,
            "sufficient": level.sufficient,
            "description": level.description,
        },
        "remark": score.remark if score else "",
        "company_level": theirs.label if theirs else None,
    }
