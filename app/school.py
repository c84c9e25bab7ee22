"""What a school sets itself: loads and checks schools/<name>/school.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app

from app.entities.base import utc_now
from app.rules.fields import StudentField
from app.rules.second_factor import Policy
from app.school_fields import line_of, student_fields
from app.toml_file import DataFileError

LANGUAGES = {"nl": "Nederlands", "en": "English"}  # what Proeve can be read in, each in its own


class SchoolFileWrong(Exception):
    """school.toml cannot be used; says where and why."""


@dataclass(frozen=True)
class Contact:
    """Whom to ask for a programme that is missing (manual, step 1)."""

    name: str
    email: str
    phone: str = ""


@dataclass(frozen=True)
class School:
    key: str
    name: str
    demo: bool = False
    language: str = "nl"
    timezone: str = "Europe/Amsterdam"
    accent: str = "#1f5fbf"
    logo: Path | None = None
    supplier: Contact = field(default_factory=lambda: Contact("Proeve", ""))
    max_attempts: int = 2
    improve_allowed: bool = False
    login_code_days: int = 14
    idle_minutes: int = 120
    session_hours: int = 12
    invitation_days: int = 14  # after the sitting: how long an invited company examiner can fill in
    guest_days: int = 365  # after the work: how long an invited examiner's address is kept
    mail_days: int = 365  # how long sent mails stay in the outbox
    second_factor: Policy = Policy.DECIDING_ROLES
    second_factor_minutes: int = 15
    logo_url: str = ""
    mail_sender: str = ""
    mail_sender_name: str = ""
    student_fields: tuple[StudentField, ...] = ()  # the school's own

    def fields_in(self, place: str) -> tuple[StudentField, ...]:
        """The own fields of a student that stand in the list, filter, import or export."""
        return tuple(field for field in self.student_fields if place in field.places)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def local(self, moment: datetime) -> datetime:
        """A moment on the school's own clock."""
        return moment.astimezone(self.zone)

    def moment(self, day: date, clock: time) -> datetime:
        """A date and time as typed at this school, as a moment."""
        return datetime.combine(day, clock, tzinfo=self.zone)

    def today(self) -> date:
        return self.local(utc_now()).date()


def load_school(folder: Path) -> School:
    """Read a school's folder. Raises SchoolFileWrong with the key and the reason."""
    path = folder / "school.toml"
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SchoolFileWrong(f"{path}: {error}") from error
    supplier = _part(path, data, "supplier")
    exams, mail = data.get("exams", {}), data.get("mail", {})
    school = School(
        key=folder.name,
        name=_text(path, data, "name"),
        demo=bool(data.get("demo", False)),
        language=data.get("language", "nl"),
        timezone=data.get("timezone", "Europe/Amsterdam"),
        accent=data.get("accent", "#1f5fbf"),
        logo=folder / data["logo"] if data.get("logo") else None,
        supplier=Contact(
            name=_text(path, supplier, "name"),
            email=_text(path, supplier, "email"),
            phone=supplier.get("phone", ""),
        ),
        max_attempts=int(exams.get("max_attempts", 2)),
        improve_allowed=bool(exams.get("improve_allowed", False)),
        login_code_days=int(data.get("login_codes", {}).get("valid_days", 14)),
        idle_minutes=int(data.get("sessions", {}).get("idle_minutes", 120)),
        session_hours=int(data.get("sessions", {}).get("longest_hours", 12)),
        invitation_days=int(data.get("invitations", {}).get("valid_days_after", 14)),
        guest_days=_days(path, data, "guest_days"),
        mail_days=_days(path, data, "mail_days"),
        second_factor=_policy(path, data.get("sign_in", {})),
        second_factor_minutes=int(data.get("sign_in", {}).get("second_factor_minutes", 15)),
        logo_url="/school/logo" if data.get("logo") else "",
        mail_sender=str(mail.get("sender", "")),
        mail_sender_name=str(mail.get("sender_name", "")) or _text(path, data, "name"),
        student_fields=_student_fields(path, data, text),
    )
    _check(path, school)
    return school


def current_school() -> School:
    """The school that this application serves."""
    school: School = current_app.extensions["proeve_school"]
    return school


def site_address(path: str) -> str:
    """A path of ours as a mail must name it: with the address of this site."""
    site: str = current_app.extensions["proeve_settings"].site()
    return site + path


def _check(path: Path, school: School) -> None:
    try:
        _ = school.zone
    except ZoneInfoNotFoundError as error:
        raise SchoolFileWrong(f"{path}: timezone: {school.timezone!r} is unknown") from error
    if school.language not in LANGUAGES:
        raise SchoolFileWrong(f"{path}: language: choose nl or en, not {school.language!r}")
    if not 1 <= school.max_attempts <= 9:
        raise SchoolFileWrong(f"{path}: exams.max_attempts: choose 1 to 9")
    if not 5 <= school.idle_minutes <= 720:
        raise SchoolFileWrong(f"{path}: sessions.idle_minutes: choose 5 to 720")
    if not 1 <= school.session_hours <= 24:
        raise SchoolFileWrong(f"{path}: sessions.longest_hours: choose 1 to 24")
    if not 0 <= school.invitation_days <= 365:
        raise SchoolFileWrong(f"{path}: invitations.valid_days_after: choose 0 to 365")
    if school.mail_sender and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", school.mail_sender):
        raise SchoolFileWrong(f"{path}: mail.sender: {school.mail_sender!r} is no e-mail address")
    if not 1 <= school.second_factor_minutes <= 120:
        raise SchoolFileWrong(f"{path}: sign_in.second_factor_minutes: choose 1 to 120")
    if school.logo and not school.logo.is_file():
        raise SchoolFileWrong(f"{path}: logo: {school.logo} is not there")


def _student_fields(path: Path, data: dict[str, Any], text: str) -> tuple[StudentField, ...]:
    try:
        return student_fields(data, path.name)
    except DataFileError as error:
        raise SchoolFileWrong(f"{path}, line {line_of(text, error.where)}: {error}") from error


def _policy(path: Path, sign_in: dict[str, Any]) -> Policy:
    value = sign_in.get("second_factor", Policy.DECIDING_ROLES)
    if value not in set(Policy):
        choices = ", ".join(Policy)
        raise SchoolFileWrong(f"{path}: sign_in.second_factor: choose {choices}, not {value!r}")
    return Policy(value)


def _days(path: Path, data: dict[str, Any], key: str) -> int:
    """A term of [retention]: at least a month, for somebody may still ask."""
    days = data.get("retention", {}).get(key, 365)
    if not isinstance(days, int) or not 30 <= days <= 3650:
        raise SchoolFileWrong(f"{path}: retention.{key}: choose 30 to 3650, not {days!r}")
    return days


def _part(path: Path, data: dict[str, Any], key: str) -> dict[str, Any]:
    part = data.get(key)
    if not isinstance(part, dict):
        raise SchoolFileWrong(f"{path}: [{key}] is missing")
    return part


def _text(path: Path, data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise SchoolFileWrong(f"{path}: {key}: a text is needed")
    return value
