"""Tab Gebruikers (manual, step 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select
from sqlalchemy.orm import selectinload

from app.actions.access.code_sheet import print_codes
from app.actions.access.factor_reset import reset_second_factor
from app.actions.access.login_codes import make_codes, send_login_codes
from app.actions.access.sessions import end_sessions_of_users
from app.actions.base.action import Action, Outcome
from app.actions.mail.sample_mail import send_user_sample
from app.actions.users.users import (
    add_user,
    couple_to_programmes,
    deactivate_users,
    edit_user,
    reactivate_users,
    uncouple_from_programmes,
)
from app.actions.users.viewing import view_as
from app.entities.users import User
from app.pages.access.code_preview import MailsCodes
from app.pages.access.code_sheet import PrintsCodes
from app.pages.access.second_factor import factor_text
from app.pages.access.sessions import present
from app.pages.access.sign_in_state import sign_in_cell, sign_in_facts
from app.pages.base.lists import ListColumn, ListFilter, ListPage
from app.pages.base.request import current_actor, is_number
from app.pages.base.screens import go
from app.pages.mail.outbox import OutboxPage, send_again_buttons
from app.permissions import Permission, Role, may
from app.queries.access.factors import factors_of
from app.queries.base.asked import matching_words
from app.queries.users.listing import (
    CONDITIONS,
    UserFacts,
    UserState,
    state_counts,
    students_of,
    user_facts,
)
from app.queries.users.users import (
    code_state,
    in_programme,
    programme_choices,
    roles_of,
    with_role,
)
from app.rules.people import mail_of
from app.rules.viewing import why_not
from app.theme.widgets import Badge, Button, Cell, Column, Fact, ListModel, Row, Section, ShowModel, Tone


def role_badges(user: User) -> list[Badge]:
    return [Badge(_(role.label), "info") for role in roles_of(user)]


TONES: dict[UserState, Tone] = {
    UserState.INVITED: "info",
    UserState.ACTIVE: "good",
    UserState.NEVER: "warn",
    UserState.CLOSED: "neutral",
}


def state_badges(facts: UserFacts) -> list[Badge]:
    """How far a user is, and whether something is still missing before this user can work."""
    badges = [Badge(_(facts.state.label), TONES[facts.state])]
    for holds, state in (
        (facts.missing, UserState.UNFINISHED),
        (facts.mail_failed, UserState.MAIL_FAILED),
        (facts.lacks_factor, UserState.NO_FACTOR),
    ):
        if holds:
            badges.append(Badge(_(state.label), "warn", "exclamation-triangle"))
    return badges


def to_do(facts: UserFacts) -> str:
    """What somebody at the office should do about this user."""
    if facts.state is UserState.CLOSED:
        return ""
    if facts.missing == "role":
        return _("Nog geen rol: kies er een met het potlood.")
    if facts.missing == "programme":
        return _("Nog geen opleiding: koppel er een.")
    if facts.mail_failed:
        return _("Controleer het e-mailadres en verstuur de inlogcode opnieuw.")
    if facts.state is UserState.NEVER:
        return (
            _("Verstuur een inlogcode.") if facts.has_mail else _("Druk een inlogcode af: geen e-mailadres.")
        )
    return _("Vraag om de tweede stap in te stellen, in Mijn profiel.") if facts.lacks_factor else ""


def state_cell(facts: UserFacts) -> Cell:
    return Cell(badges=state_badges(facts), muted=to_do(facts))


def name_cell(user: User) -> Cell:
    """The name, and under it what tells two of one name apart."""
    told = " · ".join(filter(None, (user.username, user.organisation)))
    return Cell(user.full_name, href=f"{UsersPage.route_base}/{user.id}", muted=told)


def roles_cell(user: User) -> Cell:
    """The roles, and under them the first programme: names are long, and a user may have many."""
    names = [programme.name for programme in user.programmes]
    more = _(" en nog %(count)s", count=len(names) - 1) if len(names) > 1 else ""
    return Cell(badges=role_badges(user), muted=names[0] + more if names else "")


def by_role(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(with_role(Role(value)) if value in list(Role) else User.id.is_(None))


def by_programme(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(in_programme(int(value)) if is_number(value) else User.id.is_(None))


def state_choices() -> list[tuple[str, str]]:
    counts = state_counts(current_actor())
    return [(state.value, f"{_(state.label)} ({count})") for state, count in counts.items()]


def by_state(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(CONDITIONS[UserState(value)]() if value in CONDITIONS else User.id.is_(None))


def by_words(statement: Select[Any], value: str) -> Select[Any]:
    columns = (User.first_name, User.infix, User.last_name, User.username, User.email, User.organisation)
    return statement.where(matching_words(value, *columns))


class UsersPage(PrintsCodes, MailsCodes, ListPage):
    datamodel = SQLAInterface(User)
    route_base = "/gebruikers"
    permission = Permission.USERS_SEE
    title = _l("Gebruikers")
    columns = (
        ListColumn("name", _l("Naam"), name_cell, order=User.last_name),
        ListColumn("roles", _l("Rollen en opleidingen"), roles_cell),
        ListColumn("students", _l("Studenten"), lambda u: Cell(""), order=students_of(), numeric=True),
        ListColumn("last_sign_in", _l("Laatst aangemeld"), sign_in_cell, order=User.last_login),
        ListColumn("state", _l("Status"), lambda u: Cell("")),
    )
    filters = (
        ListFilter("q", _l("Zoeken"), by_words),
        ListFilter("rol", _l("Rol"), by_role, lambda: [(role.value, _(role.label)) for role in Role]),
        ListFilter(
            "opleiding",
            _l("Opleiding"),
            by_programme,
            lambda: [(str(id_), name) for id_, name in programme_choices(current_actor())],
        ),
        ListFilter("staat", _l("Status"), by_state, state_choices),
    )
    default_order = (User.last_name, User.first_name)
    load = (selectinload(User.roles), selectinload(User.programmes))
    show_load = load
    page_actions = ((add_user, "plus-lg"),)
    row_actions = ((edit_user, "pencil"), (couple_to_programmes, "mortarboard"))
    bulk = (
        couple_to_programmes,
        uncouple_from_programmes,
        send_login_codes,
        make_codes,
        print_codes,
        deactivate_users,
        reactivate_users,
        end_sessions_of_users,
    )
    mailing, sample = send_login_codes, send_user_sample
    other_actions = (send_user_sample, reset_second_factor, view_as)
    empty_title = _l("Er zijn nog geen gebruikers")
    empty_hint = _l("Voeg praktijkbegeleiders, praktijkopleiders, examinatoren en de examencommissie toe.")

    def list_model(self) -> ListModel:
        """The list, with what one query says of the users on this page."""
        model = super().list_model()
        facts = user_facts([row.id for row in model.rows])
        keys = [column.key for column in self.columns]
        rows = []
        for row in model.rows:
            cells = dict(zip(keys, row.cells, strict=True))
            cells["students"] = Cell(str(facts[row.id].students), numeric=True)
            cells["state"] = state_cell(facts[row.id])
            rows.append(replace(row, cells=list(cells.values())))
        return replace(model, rows=rows)

    def page_buttons(self) -> Sequence[Button]:
        buttons = list(super().page_buttons())
        if may(current_actor(), Permission.USERS_IMPORT):
            buttons.append(Button(_("Importeren"), "/gebruikers/importeren/", icon="upload"))
        if may(current_actor(), Permission.OUTBOX_SEE):
            buttons.append(Button(_("Postvak uit"), f"{OutboxPage.route_base}/", icon="envelope"))
        return buttons

    def given(self, act: Action) -> dict[str, Any]:
        here = present()
        return {"session_id": here.id} if act is view_as and here is not None else super().given(act)

    def after(self, act: Action, outcome: Outcome) -> Any:
        """What somebody else sees begins at their start page; the banner says the rest."""
        return go("/") if act is view_as else super().after(act, outcome)

    def show_model(self, row: User) -> ShowModel:
        facts = user_facts([row.id])[row.id]
        return ShowModel(
            title=row.full_name,
            back_href=self.list_href(),
            back_label=str(self.title),
            badges=state_badges(facts),
            buttons=self._own_buttons(row),
            sections=[self._facts(row, facts), self._programmes(row), self._sign_in(row)],
        )

    def _own_buttons(self, row: User) -> list[Button]:
        switch, icon = (
            (deactivate_users, "person-slash") if row.active else (reactivate_users, "person-check")
        )
        oneself = row.id == current_actor().id
        why = why_not(roles_of(row), oneself=oneself, active=bool(row.active), guest=row.guest)
        buttons = [*self.button(edit_user, row, "pencil", style="primary"), *self.button(switch, row, icon)]
        return buttons if why else [*buttons, *self.button(view_as, row, "eye")]

    def _facts(self, row: User, facts: UserFacts) -> Section:
        return Section(
            _("Gegevens"),
            facts=[
                Fact(_("Gebruikersnaam"), row.username),
                Fact(_("E-mailadres"), mail_of(row.email)),
                Fact(_("Telefoon"), row.phone),
                Fact(_("Organisatie"), row.organisation),
                Fact(_("Rollen"), cells=[Cell(badges=role_badges(row))]),
                Fact(_("Studenten"), str(facts.students)),
                *([Fact(_("Nog te doen"), to_do(facts))] if to_do(facts) else []),
            ],
        )

    def _programmes(self, row: User) -> Section:
        buttons = self.button(couple_to_programmes, row, "mortarboard", style="primary")
        if row.programmes:
            buttons += self.button(uncouple_from_programmes, row, "x-lg")
        labels = [("name", _("Opleiding")), ("crebo", _("Crebo")), ("cohort", _("Cohort"))]
        return Section(
            _("Opleidingen"),
            columns=[Column(key, label) for key, label in labels],
            rows=[
                Row(p.id, str(p), [Cell(p.name), Cell(p.crebo), Cell(str(p.cohort))]) for p in row.programmes
            ],
            empty=_("Deze gebruiker is nog aan geen opleiding gekoppeld."),
            buttons=buttons,
        )

    def _sign_in(self, row: User) -> Section:
        factors, code = factors_of(row.id), code_state(row.id)
        buttons = [
            *send_again_buttons(code.mail, _("Mail opnieuw versturen")),
            *self.button(send_login_codes, row, "envelope"),
            *self.button(end_sessions_of_users, row, "box-arrow-right"),
        ]
        if factors.count:
            buttons += self.button(reset_second_factor, row, "shield-x")
        return Section(
            _("Aanmelden"),
            facts=[
                *sign_in_facts(row, code),
                Fact(_("Tweede stap"), factor_text(factors)),
            ],
            buttons=buttons,
        )
