"""The settings that a school makes itself: reads and checks schools/<name>/school.toml."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import current_app

from app import school_fields, toml_file, toml_kinds, toml_settings
from app.clock import utc_now
from app.rules.fields import StudentField
from app.rules.second_factor import Policy
from app.rules.text import N_

LANGUAGES = {"nl": "Nederlands", "en": "English"}  # the languages of Proeve, each by its own name
FILE = "school.toml"


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Whom to ask for a programme that is missing (manual, step 1)."""

    name: str = toml_settings.needed("supplier.name", toml_kinds.Text(80))
    email: str = toml_settings.needed("supplier.email", toml_kinds.Mail())
    phone: str = toml_settings.setting("supplier.phone", toml_kinds.Text(40), "")


@dataclass(frozen=True, kw_only=True)
class School:
    """Every setting stands here once: its place in school.toml, what it may hold and its default."""

    key: str
    supplier: Contact
    name: str = toml_settings.needed("name", toml_kinds.Text(80))
    demo: bool = toml_settings.setting("demo", toml_kinds.Flag(), False)
    language: str = toml_settings.setting("language", toml_kinds.Choice(tuple(LANGUAGES)), "nl")
    timezone: str = toml_settings.setting("timezone", toml_kinds.Zone(), "Europe/Amsterdam")
    accent: str = toml_settings.setting("accent", toml_kinds.Colour(), "#1f5fbf")
    logo: Path | None = toml_settings.setting("logo", toml_kinds.Picture(), None)
    max_attempts: int = toml_settings.setting("exams.max_attempts", toml_kinds.Whole(1, 9), 2)
    improve_allowed: bool = toml_settings.setting("exams.improve_allowed", toml_kinds.Flag(), False)
    login_code_days: int = toml_settings.setting("login_codes.valid_days", toml_kinds.Whole(1, 365), 14)
    idle_minutes: int = toml_settings.setting("sessions.idle_minutes", toml_kinds.Whole(5, 720), 120)
    session_hours: int = toml_settings.setting("sessions.longest_hours", toml_kinds.Whole(1, 24), 12)
    mail_sender: str = toml_settings.setting("mail.sender", toml_kinds.Mail(), "")
    own_sender_name: str = toml_settings.setting("mail.sender_name", toml_kinds.Text(80), "")
    # days after the sitting in which an invited company examiner can still fill in
    invitation_days: int = toml_settings.setting("invitations.valid_days_after", toml_kinds.Whole(0, 365), 14)
    # Terms after which data is removed by itself: at least a month, as somebody may still ask for it.
    # days after the work for which an invited examiner's address is kept
    guest_days: int = toml_settings.setting("retention.guest_days", toml_kinds.Whole(30, 3650), 365)
    # days for which sent mails stay in the outbox
    mail_days: int = toml_settings.setting("retention.mail_days", toml_kinds.Whole(30, 3650), 365)
    second_factor: Policy = toml_settings.setting(
        "sign_in.second_factor", toml_kinds.Choice(tuple(Policy)), Policy.DECIDING_ROLES
    )
    second_factor_minutes: int = toml_settings.setting(
        "sign_in.second_factor_minutes", toml_kinds.Whole(1, 120), 15
    )
    student_fields: tuple[StudentField, ...] = ()  # the school's own

    @property
    def logo_url(self) -> str:
        return "/school/logo" if self.logo else ""

    @property
    def mail_sender_name(self) -> str:
        return self.own_sender_name or self.name

    def fields_in(self, place: str) -> tuple[StudentField, ...]:
        """The own fields of a student that stand in the list, filter, import or export."""
        return tuple(field for field in self.student_fields if place in field.places)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def local(self, moment: dt.datetime) -> dt.datetime:
        """A moment on the school's own clock."""
        return moment.astimezone(self.zone)

    def moment(self, day: dt.date, clock: dt.time) -> dt.datetime:
        """A date and time as typed at this school, as a moment."""
        return dt.datetime.combine(day, clock, tzinfo=self.zone)

    def today(self) -> dt.date:
        return self.local(utc_now()).date()


def load_school(folder: Path) -> School:
    """Read a school's folder. DataFileError: the first thing that is wrong, with its line and field."""
    path = folder / FILE
    if not path.exists():
        raise _absent(folder)
    file = toml_file.read_toml(path, str(path))
    toml_settings.refuse_unknown(file, (School, Contact), lists=(school_fields.TABLE,))
    return toml_settings.filled(
        School,
        file,
        key=folder.name,
        supplier=toml_settings.filled(Contact, file),
        student_fields=school_fields.student_fields(file),
    )


def current_school() -> School:
    """The school that this application serves."""
    school: School = current_app.extensions["proeve_school"]
    return school


def site_address(path: str) -> str:
    """A path of ours as a mail must name it: with the address of this site."""
    site: str = current_app.extensions["proeve_settings"].site()
    return site + path


def _absent(folder: Path) -> toml_file.DataFileError:
    """The error for a school that is not there; its name comes out of PROEVE_SCHOOL."""
    known = sorted(one.parent.name for one in folder.parent.glob(f"*/{FILE}"))
    allowed = toml_file.hinted(", ".join(known), toml_kinds.nearest(folder.name, known))
    message = N_("%(file)s is er niet; toegestaan voor PROEVE_SCHOOL: %(allowed)s.")
    return toml_file.DataFileError(message, file=str(folder / FILE), allowed=allowed)
