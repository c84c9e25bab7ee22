"""The settings that a school makes itself: reads and checks schools/<name>/school.toml."""

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import current_app

from app import school_fields, toml_file
from app.clock import utc_now
from app.rules import clock_times
from app.rules.fields import StudentField
from app.rules.second_factor import Policy
from app.rules.text import N_
from app.toml_kinds import Choice, Colour, Flag, Mail, Picture, Text, Web, Whole, Zone, nearest
from app.toml_settings import filled, needed, refuse_unknown, setting
from environment import NAME

LANGUAGES = {"nl": "Nederlands", "en": "English"}  # the languages of Proeve, each by its own name
FILE = "school.toml"


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Whom to ask for a programme that is missing (manual, step 1)."""

    name: str = needed("supplier.name", Text(80))
    email: str = needed("supplier.email", Mail())
    phone: str = setting("supplier.phone", Text(40), "")


@dataclass(frozen=True, kw_only=True)
class Help:
    """Whom at the school to ask, and where the manual stands; shown to everybody under Hulp."""

    name: str = setting("help.name", Text(80), "")
    email: str = setting("help.email", Mail(), "")
    phone: str = setting("help.phone", Text(40), "")
    manual: str = setting("help.manual", Web(), "")


@dataclass(frozen=True, kw_only=True)
class School:
    """Every setting stands here once: its place in school.toml, what it may hold and its default."""

    key: str
    supplier: Contact
    help: Help = Help()
    name: str = needed("name", Text(80))
    demo: bool = setting("demo", Flag(), False)
    language: str = setting("language", Choice(tuple(LANGUAGES)), "nl")
    timezone: str = setting("timezone", Zone(), "Europe/Amsterdam")
    accent: str = setting("accent", Colour(), "#1f5fbf")
    logo: Path | None = setting("logo", Picture(), None)
    max_attempts: int = setting("exams.max_attempts", Whole(1, 9), 2)
    improve_allowed: bool = setting("exams.improve_allowed", Flag(), False)
    login_code_days: int = setting("login_codes.valid_days", Whole(1, 365), 14)
    idle_minutes: int = setting("sessions.idle_minutes", Whole(5, 720), 120)
    session_hours: int = setting("sessions.longest_hours", Whole(1, 24), 12)
    mail_sender: str = setting("mail.sender", Mail(), "")
    own_sender_name: str = setting("mail.sender_name", Text(80), "")
    # days after the sitting in which an invited company examiner can still fill in
    invitation_days: int = setting("invitations.valid_days_after", Whole(0, 365), 14)
    # Terms after which data is removed by itself: at least a month, as somebody may still ask for it.
    # days after the work for which an invited examiner's address is kept
    guest_days: int = setting("retention.guest_days", Whole(30, 3650), 365)
    # days for which sent mails stay in the outbox
    mail_days: int = setting("retention.mail_days", Whole(30, 3650), 365)
    second_factor: Policy = setting("sign_in.second_factor", Choice(tuple(Policy)), Policy.DECIDING_ROLES)
    second_factor_minutes: int = setting("sign_in.second_factor_minutes", Whole(1, 120), 15)
    student_fields: tuple[StudentField, ...] = ()  # the school's own

    @property
    def logo_url(self) -> str:
        return "/school/logo" if self.logo else ""

    @property
    def mail_sender_name(self) -> str:
        return self.own_sender_name or self.name

    @property
    def office(self) -> Help:
        """Whom to ask at the school: who is named for it, or else whom its mails come from."""
        return replace(
            self.help,
            name=self.help.name or self.mail_sender_name,
            email=self.help.email or ("" if self.help.phone else self.mail_sender),
        )

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
        """A date and time as typed at this school. RuleBroken when the clock does not show it once."""
        return clock_times.moment_of(day, clock, self.zone)

    def day_begins(self, day: dt.date) -> dt.datetime:
        return clock_times.day_begins(day, self.zone)

    def today(self) -> dt.date:
        return self.local(utc_now()).date()


def load_school(folder: Path) -> School:
    """Read a school's folder. DataFileError: the first thing that is wrong, with its line and field."""
    path = folder / FILE
    if not path.exists():
        raise _absent(folder)
    file = toml_file.read_toml(path, str(path))
    refuse_unknown(file, (School, Contact, Help), lists=(school_fields.TABLE,))
    return filled(
        School,
        file,
        key=folder.name,
        supplier=filled(Contact, file),
        help=filled(Help, file),
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
    there = sorted(one.parent.name for one in folder.parent.glob(f"*/{FILE}"))
    known = [name for name in there if NAME.fullmatch(name)]  # not what a restore set aside
    allowed = toml_file.hinted(", ".join(known), nearest(folder.name, known))
    if not known:
        message = N_("%(file)s is er niet. Maak de school met: run.py new-school")
        return toml_file.DataFileError(message, file=str(folder / FILE))
    message = N_("%(file)s is er niet; toegestaan voor PROEVE_SCHOOL: %(allowed)s.")
    return toml_file.DataFileError(message, file=str(folder / FILE), allowed=allowed)
