"""Wat het systeem over mij bewaart: everything about the signed-in person, to read and to download."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from app.actions import base as actions
from app.clock import utc_now
from app.pages import base
from app.pages.mail.outbox import STATES
from app.pages.trail.entries import moment_text
from app.permissions import ROLE_LABELS, Permission, Role
from app.queries.access.own_data import own_data
from app.rules import student_fields
from app.rules.text import N_
from app.school import current_school
from app.theme import widgets

SHOWN = 100  # rows of one list on the page; the download holds all
RATINGS = (N_("Nooit"), N_("Oefenen"), N_("Voldoende"), N_("Goed"))
KINDS = {"baseline": N_("Nulmeting"), "progress": N_("Voortgangsmeting")}
UNREADABLE = {"body", "detail", "object_type"}  # in the download only

PARTS: Mapping[str, str] = {
    "account": N_("Account"),
    "programmes": N_("Opleidingen"),
    "student": N_("Student"),
    "own_fields": N_("Wat de school zelf van mij bijhoudt"),
    "enrolments": N_("Opleidingen en keuzedelen van de student"),
    "supervisors": N_("Wie mij begeleidt of beoordeelt"),
    "groups": N_("Studentgroepen"),
    "excluded_exams": N_("Niet-beschikbare examens"),
    "mentored_groups": N_("Studentgroepen waarvan ik de mentor ben"),
    "students": N_("Studenten die aan mij zijn gekoppeld"),
    "sittings": N_("Examenmomenten"),
    "results": N_("Uitslagen"),
    "measures": N_("Metingen van de onderwijsvoortgang"),
    "mails": N_("Mails aan mij"),
    "sessions": N_("Waar u bent aangemeld"),
    "known_browsers": N_("Browsers waarin u zich eerder aanmeldde"),
    "typed_forms": N_("Invoer die wacht tot u weer bent aangemeld"),
    "login_codes": N_("Inlogcodes"),
    "email_changes": N_("Wijzigingen van e-mailadres"),
    "calendar_links": N_("Kalenderlink"),
    "list_views": N_("Kolommen en weergaven van lijsten, en de opleiding van Examens"),
    "trail": N_("Logboek: wat over mij gaat en wat ik deed"),
}

LABELS: Mapping[str, str] = {
    **student_fields.LABELS,
    "username": N_("Gebruikersnaam"),
    "phone": N_("Telefoon"),
    "organisation": N_("Organisatie"),
    "language": N_("Taal"),
    "active": N_("Actief"),
    "roles": N_("Rollen"),
    "created_at": N_("Gemaakt"),
    "last_sign_in": N_("Laatst aangemeld"),
    "sign_ins": N_("Keren aangemeld"),
    "value": N_("Waarde"),
    "password": N_("Wachtwoord ingesteld"),
    "progress_available": N_("Studievoortgang beschikbaar"),
    "target": N_("Opleiding of keuzedeel"),
    "since": N_("Sinds"),
    "name": N_("Naam"),
    "role": N_("Rol"),
    "student_number": N_("Studentnummer"),
    "exam": N_("Examen"),
    "task": N_("Examenopdracht"),
    "attempt": N_("Kans"),
    "starts_at": N_("Begin"),
    "ends_at": N_("Einde"),
    "location": N_("Locatie"),
    "scores_saved_at": N_("Mijn scores opgeslagen"),
    "passed": N_("Geslaagd"),
    "grade": N_("Beoordeling"),
    "mark": N_("Cijfer"),
    "points": N_("Punten"),
    "max_points": N_("Maximum"),
    "decided_at": N_("Definitief sinds"),
    "adopted_on": N_("Vastgesteld op"),
    "work_process": N_("Werkproces"),
    "kind": N_("Soort"),
    "rating": N_("Score"),
    "rated_at": N_("Ingevuld op"),
    "rated_by": N_("Ingevuld door"),
    "about_me": N_("Gaat over mij"),
    "to": N_("Aan"),
    "subject": N_("Onderwerp"),
    "state": N_("Status"),
    "sent_at": N_("Verzonden"),
    "device": N_("Apparaat"),
    "address": N_("Adres"),
    "last_seen_at": N_("Laatst gezien"),
    "ended_at": N_("Beëindigd"),
    "shared": N_("Gedeelde computer"),
    "expires_at": N_("Geldig tot"),
    "used_at": N_("Gebruikt"),
    "cancelled_at": N_("Vervallen"),
    "old_email": N_("Oud e-mailadres"),
    "new_email": N_("Nieuw e-mailadres"),
    "confirmed_at": N_("Bevestigd"),
    "at": N_("Wanneer"),
    "by": N_("Door wie"),
    "action": N_("Wat"),
    "objects": N_("Aantal"),
    "filters": N_("Filters of kolommen"),
}


class OwnDataPage(base.Screen):
    under = "profile"
    route_base = "/mijn-profiel/gegevens"
    default_view = "index"
    permission = Permission.PROFILE

    @base.expose("/")
    @base.needs()
    def index(self) -> Any:
        found = own_data(base.current_actor(), SHOWN + 1)
        model = widgets.ShowModel(
            title=_("Wat het systeem over mij bewaart"),
            back_href="/mijn-profiel/",
            back_label=_("Mijn profiel"),
            buttons=[widgets.Button(_("Downloaden (JSON)"), self.href("download"), "download", "primary")],
            sections=[_section(key, found[key]) for key in PARTS if key in found],
        )
        return self.page("access/own_data.html", model=model)

    @base.expose("/download")
    @base.needs()
    def download(self) -> Any:
        content = {
            "school": current_school().name,
            "made_at": utc_now(),
            **own_data(base.current_actor()),
        }
        written = json.dumps(content, default=_plain, ensure_ascii=False, indent=2)
        return base.bytes_answer(written.encode(), "application/json", "mijn-gegevens.json")


def _section(key: str, part: Any) -> widgets.Section:
    title = _(PARTS[key])
    if isinstance(part, Mapping):
        return widgets.Section(
            title, facts=[widgets.Fact(_(LABELS[name]), _shown(name, part[name])) for name in part]
        )
    rows: Sequence[Any] = part[:SHOWN]
    if len(part) > SHOWN:
        title = _("%(title)s (de laatste %(count)s; de download bevat alles)", title=title, count=SHOWN)
    empty = _("Hierover bewaart het systeem niets.")
    if rows and isinstance(rows[0], str):
        cells = [widgets.Row(number, text, [widgets.Cell(text)]) for number, text in enumerate(rows)]
        return widgets.Section(title, columns=[widgets.Column("name", _("Naam"))], rows=cells)
    names = [name for name in rows[0] if name not in UNREADABLE] if rows else []
    return widgets.Section(
        title,
        columns=[widgets.Column(name, _(LABELS[name])) for name in names],
        rows=[
            widgets.Row(number, str(row[names[0]]), [widgets.Cell(_shown(name, row[name])) for name in names])
            for number, row in enumerate(rows)
        ],
        empty=empty,
    )


def _shown(name: str, value: Any) -> str:
    """A value in words, for the page."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("ja") if value else _("nee")
    if name == "at":
        return moment_text(value)
    if isinstance(value, dt.datetime):
        return base.show_datetime(value)
    if isinstance(value, dt.date):
        return base.show_date(value)
    if isinstance(value, list):
        return ", ".join(_shown("role", one) for one in value)
    return _words(name, value)


def _words(name: str, value: Any) -> str:
    if name == "role" and value in list(Role):
        return _(ROLE_LABELS[Role(value)])
    if name == "gender":
        return _(student_fields.GENDER_LABELS[value])
    if name == "rating":
        return _(RATINGS[value])
    if name == "kind" and value in KINDS:
        return _(KINDS[value])
    if name == "action":
        return actions.entry_label(str(value))
    if name == "state" and value in STATES:
        return str(STATES[value][0])
    return str(value)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else str(value)
