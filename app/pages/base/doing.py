"""How a page runs actions: ask, say what will happen, do it once, tell what happened.

GET shows (nothing changes on GET, trap 4); POST fills in, POST with `confirmed` does it. The selection is
in the URL: ticked ids, or `all=1` with the filters, counted here on the server (trap 23).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy import Select, select

from app.actions.base.action import (
    Action,
    ActionForm,
    Outcome,
    Selection,
    Targets,
    done_before,
    preview,
    run,
    targets_of,
)
from app.actions.base.picker import SEARCH
from app.actions.base.proof import demand
from app.actions.base.wording import say
from app.entities.base import db
from app.errors import NotAllowed, RuleBroken
from app.pages.access.proving import FIELDS as PROOF_FIELDS
from app.pages.access.proving import with_proof
from app.pages.base.buttons import BACK, action_button, offers
from app.pages.base.guards import needs, permission_pair
from app.pages.base.paging import PLACE
from app.pages.base.request import current_actor, here, href_with, ids_arg, safe_path, sent, text_arg
from app.pages.base.view import View
from app.permissions import Permission
from app.rules.tokens import new_token
from app.theme.widgets import ActionChoice, ActionModel, Button, RefusedRow, TargetSummary

NAMES_SHOWN = 10
ALWAYS_KNOWN = {"all", "order", "down", "size", "page", BACK, *PLACE}
OWN_FIELDS = {"csrf_token", "token", "confirmed"}


class ActionPage(View):
    """A page with actions: `bulk`, `page_actions`, `row_actions` and `other_actions` say which."""

    permission: Permission
    bulk: Any = ()
    page_actions: Any = ()
    row_actions: Any = ()
    other_actions: Any = ()  # reachable by a link of the page itself
    action_template = "action.html"

    @expose("/choose/")
    @needs()
    def choose(self) -> Any:
        """The action list's button: on to the chosen action with the same selection."""
        name = text_arg("action")
        if name not in {act.name for act in self.bulk}:
            flash(_("Kies eerst een actie in de lijst."), "warning")
            return redirect(self.back_href())
        if not ids_arg() and not text_arg("all"):
            flash(_("Vink eerst één of meer regels aan."), "warning")
            return redirect(self.back_href())
        pairs = [(k, v) for k, v in request.args.items(multi=True) if k != "action"]
        return redirect(href_with(self.chosen_href(name), pairs))

    @expose("/do/<name>", methods=["GET", "POST"])
    @needs()
    def do(self, name: str) -> Any:
        act = self._offered(name)
        return with_proof(str(act.label), self.back_href, lambda: self._do(act))

    def _do(self, act: Action) -> Any:
        actor = current_actor()
        if request.method == "POST" and (done := done_before(act, actor, self.token(act))):
            return self.after(act, done)
        selection = self._selection(act)
        targets = targets_of(act, actor, selection)
        if act.proof is not None:
            demand(actor, act.proof)  # before the form is filled in; the runner asks again
        form = self._form(act, targets)
        if request.method == "POST" and request.form.get("confirmed") == "back":
            return self._page(act, targets, form, "form")
        if request.method == "POST" and SEARCH in request.form:  # a picker's button, without JavaScript
            return self._page(act, targets, form, "form")
        if request.method == "GET" and (form is not None or not act.confirm):
            return self._page(act, targets, form, "form")
        if form is not None and not form.validate():
            return self._page(act, targets, form, "form"), 422
        data = (form.values() if form is not None else {}) | self.given(act)
        try:
            if act.confirm and request.form.get("confirmed") != "1":
                return self._page(
                    act, targets, form, "confirm", outcome=preview(act, actor, selection, **data)
                )
            outcome = run(act, actor, selection, token=self.token(act), **data)
        except RuleBroken as error:
            return self._refuse(act, targets, form, error), error.status
        return self.after(act, outcome)

    def chosen_href(self, name: str) -> str:
        """Where the action list leads to; a page that must first ask something else says where."""
        return self.href("do", name=name)

    def template_for(self, act: Action) -> str:
        """The template of an action's page; an action with a screen of its own has its own."""
        return self.action_template

    def extras(
        self, act: Action, targets: Targets[Any] | None, form: ActionForm | None, outcome: Outcome | None
    ) -> dict[str, Any]:
        """What that template needs beside the model."""
        return {}

    def given(self, act: Action) -> dict[str, Any]:
        """What an action must know of the request that no form may say."""
        return {}

    def token(self, act: Action) -> str:
        """By which a form is known that is sent twice, and done once."""
        return request.form.get("token", "")

    def href(self, method: str, **values: Any) -> str:
        """The address of another route of this page."""
        return url_for(f"{self.endpoint}.{method}", **values)

    def matching(self) -> Select[Any] | None:
        """All rows that match the filters in the URL; a page with a list says which."""
        return None

    def filter_pairs(self) -> list[tuple[str, str]]:
        return []

    def place_pairs(self) -> list[tuple[str, str]]:
        return []

    def known_filters(self) -> set[str]:
        """The names that may stand beside `all=1` in an address."""
        return set()

    def unknown_filters(self) -> set[str]:
        """What the address asks that this list does not know (any more)."""
        return set(request.args) - ALWAYS_KNOWN - self.known_filters()

    def list_pairs(self) -> list[tuple[str, str]]:
        """Where in the list one is: what every address keeps that leads away from it and back."""
        return [*self.filter_pairs(), *self.place_pairs()]

    def list_href(self) -> str:
        """The list, with its filters, at the same place."""
        return href_with(self.href(self.default_view), self.list_pairs())

    def back_href(self) -> str:
        """Where the user came from: the page that the address names, or the list."""
        return safe_path(text_arg(BACK), self.list_href())

    def action_href(self, act: Action, row: Any = None, **more: str) -> str:
        """An action, on this row where it has one, that comes back to the page where its button stands."""
        pairs = [*more.items(), ("id", str(row.id))] if row is not None else list(more.items())
        return href_with(self.href("do", name=act.name), [*pairs, *self._way_back()])

    def button(self, act: Action, row: Any = None, icon: str = "", **looks: Any) -> list[Button]:
        """Its button, for who may; `looks`: see action_button."""
        return action_button(act, self.action_href(act, row), icon, **looks)

    def buttons(self, row: Any, *offered: tuple[Action, str, str]) -> list[Button]:
        """Those of several actions on one row (or on none), each with its label and icon."""
        return [button for act, label, icon in offered for button in self.button(act, row, icon, label=label)]

    def choices(self) -> list[ActionChoice]:
        """The action list, of what this user may do."""
        return [ActionChoice(act.name, str(act.label)) for act in self.bulk if offers(act)]

    def after(self, act: Action, outcome: Outcome) -> Any:
        """Tell what happened; refused rows get a page of their own."""
        if outcome.refused:
            extras = self.extras(act, None, None, outcome)
            return render_template(self.template_for(act), model=self._done(act, outcome), **extras)
        flash(outcome.summary, "success" if outcome.done else "info")
        return redirect(self.after_href(act, outcome))

    def after_href(self, act: Action, outcome: Outcome) -> str:
        return self.back_href()

    # -- inside

    def _way_back(self) -> list[tuple[str, str]]:
        """From the list: its place; from an action's page: where that leads back to; else: this page."""
        if request.endpoint in {f"{self.endpoint}.{self.default_view}", f"{self.endpoint}.do"}:
            return [(BACK, text_arg(BACK)), *self.list_pairs()]
        return [(BACK, here())]

    def _offered(self, name: str) -> Action:
        listed: Iterable[Any] = [*self.bulk, *self.page_actions, *self.row_actions, *self.other_actions]
        offered: dict[str, Action] = {
            item.name: item for item in (x[0] if isinstance(x, tuple) else x for x in listed)
        }
        act = offered.get(name)
        if act is None:
            abort(404)
        if not current_app.extensions["appbuilder"].sm.has_access(*permission_pair(act.permission)):
            raise NotAllowed
        return act

    def _selection(self, act: Action) -> Selection | None:
        if act.on is None:
            return None
        if request.args.get("all") == "1":
            matching = self.matching()
            if matching is None:
                abort(404)
            if self.unknown_filters():
                abort(400)  # a mistyped filter must not mean everyone
            return Selection(matching=matching)
        return Selection(ids=ids_arg())

    def _form(self, act: Action, targets: Targets[Any] | None) -> ActionForm | None:
        if act.form is None:
            return None
        actor = current_actor()
        if request.method == "POST":
            form = act.form(sent())
        else:
            form = act.form(data=act.form.initial(actor, targets))
        form.prepare(actor, targets)
        return form

    def _refuse(
        self, act: Action, targets: Targets[Any] | None, form: ActionForm | None, error: RuleBroken
    ) -> Any:
        sentence = say(error)
        if form is not None and error.field in form:
            form[error.field].errors = [*form[error.field].errors, sentence]
            return self._page(act, targets, form, "form")
        return self._page(act, targets, form, "form" if form else "confirm", problems=[sentence])

    def _page(
        self,
        act: Action,
        targets: Targets[Any] | None,
        form: ActionForm | None,
        step: Any,
        *,
        outcome: Outcome | None = None,
        problems: list[str] | None = None,
    ) -> str:
        confirming = step == "confirm"
        if confirming and outcome is None and form is None and not problems:
            outcome = preview(act, current_actor(), self._selection(act))
        last = confirming or not act.confirm
        hidden = [("token", new_token()), ("confirmed", "1")] if last else []
        if confirming and form is not None:
            hidden += [
                (k, v)
                for k, v in request.form.items(multi=True)
                if k not in OWN_FIELDS and not k.startswith(PROOF_FIELDS)
            ]
        return render_template(
            self.template_for(act),
            **self.extras(act, targets, form, outcome),
            has_file=form is not None and any(field.type.endswith("FileField") for field in form),
            model=ActionModel(
                title=str(act.label),
                step=step,
                submit_label=str(act.submit) or (_("Voer uit") if last else _("Verder")),
                cancel_href=self.back_href(),
                post_href=here(),
                form=None if confirming else form,
                targets=self._summary(act, targets),
                intro=str(act.intro),
                will_text=outcome.summary if outcome and outcome.done else "",
                will=list(outcome.names[:NAMES_SHOWN]) if outcome else [],
                will_count=outcome.done if outcome else 0,
                unchanged_count=outcome.unchanged if outcome else 0,
                refused=[RefusedRow(r.label, r.reason) for r in outcome.refused[:50]] if outcome else [],
                refused_count=len(outcome.refused) if outcome else 0,
                danger=act.danger,
                hidden=hidden,
                problems=problems or [],
            ),
        )

    def _done(self, act: Action, outcome: Outcome) -> ActionModel:
        return ActionModel(
            title=str(act.label),
            step="done",
            submit_label=_("Terug") if text_arg(BACK) else _("Terug naar de lijst"),
            cancel_href=self.after_href(act, outcome),
            intro=outcome.summary,
            will=outcome.names[:NAMES_SHOWN],
            will_count=outcome.done,
            unchanged_count=outcome.unchanged,
            refused=[RefusedRow(r.label, r.reason) for r in outcome.refused[:200]],
            refused_count=len(outcome.refused),
        )

    def _summary(self, act: Action, targets: Targets[Any] | None) -> TargetSummary | None:
        if targets is None or act.on is None:
            return None
        model: Any = act.on
        first = db.session.scalars(select(model).where(model.id.in_(targets.ids[:NAMES_SHOWN]))).all()
        return TargetSummary(targets.count, [str(row) for row in first], str(act.noun) or _("rijen"))
