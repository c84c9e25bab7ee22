"""Beoordeling: each examiner's scores for a sitting, the result of an attempt, its adoption."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import OWNER, Model, Moment
from app.entities.numbers import uid_column
from app.entities.planning import Registration, Sitting
from app.entities.users import User


class Assessment(Model):
    """The assessment of one sitting. Definitive exactly when it has both a moment and a person."""

    __tablename__ = "assessment"
    __table_args__ = (
        sa.CheckConstraint("(definitive_at IS NULL) = (definitive_by_id IS NULL)", name="definitive"),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    sitting_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("sitting.id"), unique=True)
    version: orm.Mapped[int] = orm.mapped_column(default=1)
    definitive_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(Moment)
    definitive_by_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)

    sitting: orm.Mapped[Sitting] = orm.relationship()
    sheets: orm.Mapped[list[ScoreSheet]] = orm.relationship(back_populates="assessment", passive_deletes=True)


class ScoreSheet(Model):
    """What one examiner filled in; examiners never write in each other's sheet.

    `version` is the assessment's version at this sheet's last save: a form with an older version was
    opened before it.
    """

    __tablename__ = "score_sheet"
    __table_args__ = (sa.UniqueConstraint("assessment_id", "examiner_id"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    assessment_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("assessment.id"))
    examiner_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    role: orm.Mapped[str] = orm.mapped_column(sa.String(30))
    remark: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")
    saved_at: orm.Mapped[dt.datetime] = orm.mapped_column(Moment, default=utc_now)
    version: orm.Mapped[int] = orm.mapped_column(default=1)

    assessment: orm.Mapped[Assessment] = orm.relationship(back_populates="sheets")
    examiner: orm.Mapped[User] = orm.relationship()
    scores: orm.Mapped[list[Score]] = orm.relationship(back_populates="sheet", passive_deletes=True)


class Score(Model):
    """The answer to one criterion; a remark may be there before the level is chosen."""

    __tablename__ = "score"

    sheet_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("score_sheet.id"), primary_key=True)
    criterion_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("criterion.id"), primary_key=True)
    level_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("criterion_level.id"))
    remark: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")

    sheet: orm.Mapped[ScoreSheet] = orm.relationship(back_populates="scores")


class Result(Model):
    """The uitslag of a registration; `detail` is the frozen working: scores, rule, points."""

    __tablename__ = "result"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    uid: orm.Mapped[str] = uid_column()
    registration_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("registration.id"), unique=True, info=OWNER
    )
    passed: orm.Mapped[bool]
    grade: orm.Mapped[str] = orm.mapped_column(sa.String(1))  # O, V, G
    mark: orm.Mapped[Decimal | None] = orm.mapped_column(sa.Numeric(3, 1))
    points: orm.Mapped[int]
    max_points: orm.Mapped[int]
    detail: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON, default=dict)
    decided_at: orm.Mapped[dt.datetime] = orm.mapped_column(Moment, default=utc_now)

    registration: orm.Mapped[Registration] = orm.relationship()
    adoption: orm.Mapped[Adoption | None] = orm.relationship(back_populates="result", passive_deletes=True)

    def __str__(self) -> str:
        return str(self.registration)


class Adoption(Model):
    """The vaststelling: the exam committee's decision on a result, recorded by the administrator."""

    __tablename__ = "adoption"

    result_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("result.id"), primary_key=True)
    decided_on: orm.Mapped[dt.date]
    recorded_by_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    recorded_at: orm.Mapped[dt.datetime] = orm.mapped_column(Moment, default=utc_now)

    result: orm.Mapped[Result] = orm.relationship(back_populates="adoption")
