"""Beoordeling: each examiner's scores for a sitting, the result of an attempt, its adoption."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.planning import Registration, Sitting
from app.entities.users import User


class Assessment(Model):
    """The assessment of one sitting. Definitive exactly when it has both a moment and a person."""

    __tablename__ = "assessment"
    __table_args__ = (
        CheckConstraint("(definitive_at IS NULL) = (definitive_by_id IS NULL)", name="definitive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    definitive_at: Mapped[datetime | None] = mapped_column(Moment)
    definitive_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)

    sitting: Mapped[Sitting] = relationship()
    sheets: Mapped[list[ScoreSheet]] = relationship(back_populates="assessment", passive_deletes=True)


class ScoreSheet(Model):
    """What one examiner filled in; examiners never write in each other's sheet.

    `version` is the assessment's version at this sheet's last save: a form with an older version was
    opened before it.
    """

    __tablename__ = "score_sheet"
    __table_args__ = (UniqueConstraint("assessment_id", "examiner_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id"))
    examiner_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    role: Mapped[str] = mapped_column(String(30))
    remark: Mapped[str] = mapped_column(Text, default="")
    saved_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    version: Mapped[int] = mapped_column(default=1)

    assessment: Mapped[Assessment] = relationship(back_populates="sheets")
    examiner: Mapped[User] = relationship()
    scores: Mapped[list[Score]] = relationship(back_populates="sheet", passive_deletes=True)


class Score(Model):
    """The answer to one criterion; a remark may be there before the level is chosen."""

    __tablename__ = "score"

    sheet_id: Mapped[int] = mapped_column(ForeignKey("score_sheet.id"), primary_key=True)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id"), primary_key=True)
    level_id: Mapped[int | None] = mapped_column(ForeignKey("criterion_level.id"))
    remark: Mapped[str] = mapped_column(Text, default="")

    sheet: Mapped[ScoreSheet] = relationship(back_populates="scores")


class Result(Model):
    """The uitslag of a registration; `detail` is the frozen working: scores, rule, points."""

    __tablename__ = "result"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), unique=True)
    passed: Mapped[bool]
    grade: Mapped[str] = mapped_column(String(1))  # O, V, G
    mark: Mapped[Decimal | None] = mapped_column(Numeric(3, 1))
    points: Mapped[int]
    max_points: Mapped[int]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    decided_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)

    registration: Mapped[Registration] = relationship()
    adoption: Mapped[Adoption | None] = relationship(back_populates="result", passive_deletes=True)

    def __str__(self) -> str:
        return str(self.registration)


class Adoption(Model):
    """The vaststelling: the exam committee's decision on a result, recorded by the administrator."""

    __tablename__ = "adoption"

    result_id: Mapped[int] = mapped_column(ForeignKey("result.id"), primary_key=True)
    decided_on: Mapped[date]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    recorded_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)

    result: Mapped[Result] = relationship(back_populates="adoption")
