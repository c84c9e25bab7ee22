"""Tab Gebruikers (manual, step 3): the list of users with its actions, and the page of one user."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from app import models
from app.actions import base as actions
from app.actions.access import login_codes
from app.actions.access.code_sheet import print_codes
from app.actions.access.factor_reset import reset_second_factor
from app.actions.access.sessions import end_sessions_of_users
from app.actions.mail.sample_mail import send_user_sample
from app.actions.users import couplings, users
from app.actions.users.form import EditUserForm
from app.actions.users.viewing import view_as
from app.pages import base
from app.pages.access import sign_in_state
from app.pages.access.code_preview import MailsCodes
from app.pages.access.code_sheet import PrintsCodes
from app.pages.access.second_factor import factor_text
from app.pages.mail import outbox
from app.permissions import Permission, Role, may
from app.queries.access.factors import factors_of
from app.queries.base.asked import matching_words
from app.queries.users import listing
from app.queries.users import users as user_queries
from app.rules.people import mail_of
from app.rules.viewing import why_not
from app.theme import widgets


def role_badges(user: models.User) -> list[widgets.Badge]:
    return [widgets.Badge(_(role.label), "info") for role in user_queries.roles_of(user)]


TONES: dict[listing.UserState, widgets.Tone] = {
    listing.UserState.INVITED: "info",
    listing.UserState.ACTIVE: "good",
    listing.UserState.NEVER: "warn",
    listing.UserState.CLOSED: "neutral",
}


def state_badges(facts: listing.UserFacts) -> list[widgets.Badge]:
    """How far a user is, and what is still missing before they can work."""
    badges = [widgets.Badge(_(facts.state.label), TONES[facts.state])]
    for holds, state in (
        (facts.missing, listing.UserState.UNFINISHED),
        (facts.mail_failed, listing.UserState.MAIL_FAILED),
        (facts.lacks_factor, listing.UserState.NO_FACTOR),
    ):
        if holds:
            badges.append(widgets.Badge(_(state.label), "warn", "exclamation-triangle"))
    return badges


def to_do(facts: listing.UserFacts) -> str:
    """What the exam office should do about this user; empty when nothing."""
    if facts.state is listing.UserState.CLOSED:
        return ""
    if facts.missing == "role":
        return _("Nog geen rol: kies er een met het potlood.")
    if facts.missing == "programme":
        return _("Nog geen opleiding: koppel er een.")
    if facts.mail_failed:
        return _("Controleer het e-mailadres en verstuur de inlogcode opnieuw.")
    if facts.state is listing.UserState.NEVER:
        return (
            _("Verstuur een inlogcode.") if facts.has_mail else _("Druk een inlogcode af: geen e-mailadres.")
        )
    return _("Vraag om de tweede stap in te stellen, in Mijn profiel.") if facts.lacks_factor else ""


def state_cell(facts: listing.UserFacts) -> widgets.Cell:
    return widgets.Cell(badges=state_badges(facts), muted=to_do(facts))


def name_cell(user: models.User) -> widgets.Cell:
    """The name, and below it user name and organisation, to tell namesakes apart."""
    told = " · ".join(filter(None, (user.username, user.organisation)))
    return widgets.Cell(user.full_name, href=f"{UsersPage.route_base}/{user.id}", muted=told)


def roles_cell(user: models.User) -> widgets.Cell:
    """The roles, and under them the first programme: names are long, and a user may have many."""
    names = [programme.name for programme in user.programmes]
    more = _(" en nog %(count)s", count=len(names) - 1) if len(names) > 1 else ""
    return widgets.Cell(badges=role_badges(user), muted=names[0] + more if names else "")


WORKING_STAFF = "begeleiders-en-examinatoren"


def role_choices() -> list[tuple[str, str]]:
    """The roles, and those who supervise or examine together, as Start counts them."""
    return [
        *((role.value, _(role.label)) for role in Role),
        (WORKING_STAFF, _("Begeleiders en examinatoren, actief")),
    ]


def by_role(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    if value == WORKING_STAFF:
        return statement.where(user_queries.is_working_staff())
    return statement.where(
        user_queries.with_role(Role(value)) if value in list(Role) else models.User.id.is_(None)
    )


def by_programme(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    return statement.where(
        user_queries.in_programme(int(value)) if base.is_number(value) else models.User.id.is_(None)
    )


def state_choices() -> list[tuple[str, str]]:
    counts = listing.state_counts(base.current_actor())
    return [(state.value, f"{_(state.label)} ({count})") for state, count in counts.items()]


def by_state(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    return statement.where(
        listing.CONDITIONS[listing.UserState(value)]()
        if value in listing.CONDITIONS
        else models.User.id.is_(None)
    )


def by_words(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    columns = (
        models.User.first_name,
        models.User.infix,
        models.User.last_name,
        models.User.username,
        models.User.email,
        models.User.organisation,
    )
    return statement.where(matching_words(value, *columns))


def _sees_students() -> bool:
    return may(base.current_actor(), Permission.STUDENTS_SEE)


class UsersPage(PrintsCodes, MailsCodes, base.ListPage):
    datamodel = SQLAInterface(models.User)
    route_base = "/gebruikers"
    permission = Permission.USERS_SEE
    title = _l("Gebruikers")
    columns = (
        base.ListColumn("name", _l("Naam"), name_cell, order=models.User.last_name),
        base.ListColumn("roles", _l("Rollen en opleidingen"), roles_cell),
        base.ListColumn(
            "students", _l("Studenten"), lambda u: widgets.Cell(""), order=listing.students_of(), numeric=True
        ),
        base.ListColumn(
            "last_sign_in", _l("Laatst aangemeld"), sign_in_state.sign_in_cell, order=models.User.last_login
        ),
        base.ListColumn("state", _l("Status"), lambda u: widgets.Cell("")),
    )
    filters = (
        base.ListFilter("q", _l("Zoeken"), by_words),
        base.ListFilter("rol", _l("Rol"), by_role, role_choices),
        base.ListFilter(
            "opleiding",
            _l("Opleiding"),
            by_programme,
            lambda: [(str(id_), name) for id_, name in user_queries.programme_choices(base.current_actor())],
        ),
        base.ListFilter("staat", _l("Status"), by_state, state_choices),
    )
    default_order = (models.User.last_name, models.User.first_name)
    load = (selectinload(models.User.roles), selectinload(models.User.programmes))
    show_load = load
    page_actions = ((users.add_user, "plus-lg"),)
    row_actions = ((users.edit_user, "pencil"), (couplings.couple_to_programmes, "mortarboard"))
    bulk = (
        couplings.couple_to_programmes,
        couplings.uncouple_from_programmes,
        login_codes.send_login_codes,
        login_codes.make_codes,
        print_codes,
        users.deactivate_users,
        users.reactivate_users,
        end_sessions_of_users,
    )
    mailing, sample = login_codes.send_login_codes, send_user_sample
    other_actions = (send_user_sample, reset_second_factor, view_as)
    empty_title = _l("Er zijn nog geen gebruikers")
    empty_hint = _l("Voeg praktijkbegeleiders, praktijkopleiders, examinatoren en de examencommissie toe.")

    def own_columns(self) -> Sequence[base.ListColumn]:
        """How many students somebody has is for who may see students (decision 0030)."""
        return [one for one in self.columns if one.key != "students" or _sees_students()]

    def list_model(self) -> widgets.ListModel:
        """The list, with the students and the state of its users from one query."""
        model = super().list_model()
        facts = listing.user_facts([row.id for row in model.rows])
        keys = [column.key for column in self.shown_columns()]
        rows = []
        for row in model.rows:
            cells = dict(zip(keys, row.cells, strict=True))
            if "students" in cells:
                cells["students"] = widgets.Cell(str(facts[row.id].students), numeric=True)
            cells["state"] = state_cell(facts[row.id])
            rows.append(replace(row, cells=list(cells.values())))
        return replace(model, rows=rows)

    def page_buttons(self) -> Sequence[widgets.Button]:
        buttons = list(super().page_buttons())
        if may(base.current_actor(), Permission.USERS_IMPORT):
            buttons.append(widgets.Button(_("Importeren"), "/gebruikers/importeren/", icon="upload"))
        if may(base.current_actor(), Permission.OUTBOX_SEE):
            buttons.append(
                widgets.Button(_("Postvak uit"), f"{outbox.OutboxPage.route_base}/", icon="envelope")
            )
        return buttons

    def given(self, act: actions.Action) -> dict[str, Any]:
        here = base.present()
        return {"session_id": here.id} if act is view_as and here is not None else super().given(act)

    def extras(
        self,
        act: actions.Action,
        targets: actions.Targets[Any] | None,
        form: actions.ActionForm | None,
        outcome: actions.Outcome | None,
    ) -> dict[str, Any]:
        """The form of a student's account leads to the student, where their name is changed."""
        if isinstance(form, EditUserForm) and form.student_id is not None and _sees_students():
            form.first_name.leads_to = (f"/studenten/{form.student_id}", _("Naar de student"))
        return super().extras(act, targets, form, outcome)

    def after(self, act: actions.Action, outcome: actions.Outcome) -> Any:
        """After Bekijk als: go to the start page of the viewed user; the banner says the rest."""
        return base.go("/") if act is view_as else super().after(act, outcome)

    def show_model(self, row: models.User) -> widgets.ShowModel:
        facts = listing.user_facts([row.id])[row.id]
        return widgets.ShowModel(
            title=row.full_name,
            back_href=self.list_href(),
            back_label=str(self.title),
            badges=state_badges(facts),
            buttons=self._own_buttons(row),
            sections=[self._facts(row, facts), self._programmes(row), self._sign_in(row)],
        )

    def _own_buttons(self, row: models.User) -> list[widgets.Button]:
        switch, icon = (
            (users.deactivate_users, "person-slash")
            if row.active
            else (users.reactivate_users, "person-check")
        )
        oneself = row.id == base.current_actor().id
        why = why_not(user_queries.roles_of(row), oneself=oneself, active=bool(row.active), guest=row.guest)
        buttons = [
            *self.button(users.edit_user, row, "pencil", style="primary"),
            *self.button(switch, row, icon),
        ]
        return buttons if why else [*buttons, *self.button(view_as, row, "eye")]

    def _facts(self, row: models.User, facts: listing.UserFacts) -> widgets.Section:
        return widgets.Section(
            _("Gegevens"),
            facts=[
                widgets.Fact(_("Gebruikersnaam"), row.username),
                widgets.Fact(_("E-mailadres"), mail_of(row.email)),
                widgets.Fact(_("Telefoon"), row.phone),
                widgets.Fact(_("Organisatie"), row.organisation),
                widgets.Fact(_("Rollen"), cells=[widgets.Cell(badges=role_badges(row))]),
                *([widgets.Fact(_("Studenten"), str(facts.students))] if _sees_students() else []),
                *([widgets.Fact(_("Nog te doen"), to_do(facts))] if to_do(facts) else []),
            ],
        )

    def _programmes(self, row: models.User) -> widgets.Section:
        buttons = self.button(couplings.couple_to_programmes, row, "mortarboard", style="primary")
        if row.programmes:
            buttons += self.button(couplings.uncouple_from_programmes, row, "x-lg")
        labels = [("name", _("Opleiding")), ("crebo", _("Crebo")), ("cohort", _("Cohort"))]
        return widgets.Section(
            _("Opleidingen"),
            columns=[widgets.Column(key, label) for key, label in labels],
            rows=[
                widgets.Row(
                    p.id, str(p), [widgets.Cell(p.name), widgets.Cell(p.crebo), widgets.Cell(str(p.cohort))]
                )
                for p in row.programmes
            ],
            empty=_("Deze gebruiker is nog aan geen opleiding gekoppeld."),
            buttons=buttons,
        )

    def _sign_in(self, row: models.User) -> widgets.Section:
        factors, code = factors_of(row.id), user_queries.code_state(row.id)
        buttons = [
            *outbox.send_again_buttons(code.mail, _("Mail opnieuw versturen")),
            *self.button(login_codes.send_login_codes, row, "envelope"),
            *self.button(end_sessions_of_users, row, "box-arrow-right"),
        ]
        if factors.count:
            buttons += self.button(reset_second_factor, row, "shield-x")
        return widgets.Section(
            _("Aanmelden"),
            facts=[
                *sign_in_state.sign_in_facts(row, code),
                widgets.Fact(_("Tweede stap"), factor_text(factors)),
            ],
            buttons=buttons,
        )
