"""How a page runs actions: ask, say what will happen, do it once, tell what happened.

GET only shows (nothing changes on GET, trap 4). POST fills in the form, and with `confirmed` it runs the
action. The selection is in the URL: ticked ids, or `all=1` with the filters, counted here on the server
(trap 23).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import flask
import sqlalchemy as sa
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from app import errors
from app.actions import base as actions
from app.entities.base import db
from app.pages.base.buttons import BACK, action_button, offers
from app.pages.base.form_token import form_is_about
from app.pages.base.guards import needs, permission_pair
from app.pages.base.left_over import told_left_over
from app.pages.base.meanwhile import changed_since, said
from app.pages.base.once import SAID, SHOWN, is_typed, sent_token
from app.pages.base.paging import PLACE
from app.pages.base.proving import with_proof
from app.pages.base.request import (
    current_actor,
    given_back,
    here,
    href_with,
    ids_arg,
    safe_path,
    sent,
    text_arg,
)
from app.pages.base.view import View
from app.permissions import Permission, visible
from app.rules.tokens import new_token
from app.theme import widgets

NAMES_SHOWN = 10
BUT = "zonder"  # in the URL, beside `all=1`: the rows that are left out
ALWAYS_KNOWN = {"all", BUT, "order", "down", "size", "page", BACK, *PLACE}


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
        """Redirect from the action list to the chosen action, with the same selection."""
        name = text_arg("action")
        if name not in {act.name for act in self.bulk}:
            flask.flash(_("Kies eerst een actie in de lijst."), "warning")
            return flask.redirect(self.back_href())
        if not ids_arg() and not text_arg("all"):
            flask.flash(_("Vink eerst één of meer regels aan."), "warning")
            return flask.redirect(self.back_href())
        pairs = [(k, v) for k, v in flask.request.args.items(multi=True) if k != "action"]
        return flask.redirect(href_with(self.chosen_href(name), pairs))

    @expose("/do/<name>", methods=["GET", "POST"])
    @needs()
    def do(self, name: str) -> Any:
        act = self._offered(name)
        return with_proof(str(act.label), act.proof, self.back_href, lambda: self._do(act))

    def _do(self, act: actions.Action) -> Any:
        actor = current_actor()
        # First: a form that is sent twice runs once, even when its rows have changed or gone since.
        if done := self._done_before(act):
            return self.after(act, done)
        selection = self._selection(act)
        if act.proof is not None:
            actions.demand(actor, act.proof)  # before the form is filled in; the runner asks again
        try:
            targets = actions.targets_of(act, actor, selection)
        except errors.NotFound:
            if done := self._done_before(act):  # its other sending has just removed them
                return self.after(act, done)
            return self._for_those_left(act, selection)
        form = self._form(act, targets)
        if self._is_shown(act, form):
            return self._page(act, targets, form, "form")
        if form is not None and not form.validate():
            if done := self._done_before(act):  # its other sending took away what it chooses
                return self.after(act, done)
            return self._page(act, targets, form, "form"), 422
        return self._carry_out(act, selection, targets, form)

    def _done_before(self, act: actions.Action) -> actions.Outcome | None:
        """What this very form did, when it was sent before."""
        if flask.request.method != "POST":
            return None
        return actions.done_before(act, current_actor(), sent_token())

    def _is_shown(self, act: actions.Action, form: actions.ActionForm | None) -> bool:
        """Whether the form itself is asked for: the first time, once more, or with what was searched."""
        if flask.request.method == "GET":
            return form is not None or not act.confirm
        sent_fields = flask.request.form
        return sent_fields.get("confirmed") == "back" or actions.SEARCH in sent_fields

    def _carry_out(
        self,
        act: actions.Action,
        selection: actions.Selection | None,
        targets: actions.Targets[Any] | None,
        form: actions.ActionForm | None,
    ) -> Any:
        """Announce what the action will do; or do it, when what was announced is confirmed and still so."""
        actor = current_actor()
        data = (form.values() if form is not None else {}) | self.given(act)
        try:
            if act.confirm and flask.request.form.get("confirmed") != "1":
                told = actions.preview(act, actor, selection, **data)
                return self._page(act, targets, form, "confirm", outcome=told)
            # A form that names its version is told more exactly by its action what changed.
            knows = not act.confirm and form is not None and form.says_version
            shown = None if knows else flask.request.form.get(SHOWN, "" if act.confirm else None)
            outcome = actions.run(act, actor, selection, token=sent_token(), shown=shown, **data)
        except errors.ChangedMeanwhile as error:
            return self._show_again(act, selection, form, error), error.status
        except errors.RuleBroken as error:
            return self._refuse(act, targets, form, error), error.status
        return self.after(act, outcome)

    def _for_those_left(self, act: actions.Action, selection: actions.Selection | None) -> Any:
        """The page once more, without the ticked rows that went meanwhile. NotFound when none is left."""
        actor, asked = current_actor(), set(selection.ids if selection is not None else ())
        if len(asked) < 2 or not (targets := actions.left_of(act, actor, asked)).count:
            raise errors.NotFound
        rest = actions.Selection(ids=targets.ids)
        form = self._form(act, targets)
        fine = not self._is_shown(act, form) and (form is None or form.validate())
        gone = ngettext(
            "%(num)s van de aangevinkte regels is er niet meer, of is niet meer voor u bestemd.",
            "%(num)s van de aangevinkte regels zijn er niet meer, of zijn niet meer voor u bestemd.",
            len(asked) - targets.count,
        )
        told = None
        if act.confirm and fine:
            data = (form.values() if form is not None else {}) | self.given(act)
            try:
                told = actions.preview(act, actor, rest, **data)
            except errors.RuleBroken as error:
                return self._refuse(act, targets, form, error, changed=[gone]), errors.NotFound.status
        step = "form" if told is None else "confirm"
        page = self._page(act, targets, form, step, outcome=told, changed=[gone])
        return page, errors.NotFound.status

    def chosen_href(self, name: str) -> str:
        """The address of a chosen action; a page that must first ask something else gives another one."""
        return self.href("do", name=name)

    def template_for(self, act: actions.Action) -> str:
        """The template of an action; a page overrides this for an action with a screen of its own."""
        return self.action_template

    def extras(
        self,
        act: actions.Action,
        targets: actions.Targets[Any] | None,
        form: actions.ActionForm | None,
        outcome: actions.Outcome | None,
    ) -> dict[str, Any]:
        """The values that this template needs besides the model."""
        return {}

    def form_to_read(
        self, act: actions.Action, fields: Sequence[tuple[str, str]]
    ) -> type[actions.ActionForm] | None:
        """The form that reads what was typed when its rows have gone; one made of its rows is another."""
        return act.form

    def given(self, act: actions.Action) -> dict[str, Any]:
        """Arguments for the action that come from the request or the session, never from its form."""
        return {}

    def href(self, method: str, **values: Any) -> str:
        """The address of another route of this page."""
        return flask.url_for(f"{self.endpoint}.{method}", **values)

    def matching(self) -> sa.Select[Any] | None:
        """All rows that match the filters in the URL; None: this page has no list."""
        return None

    def filter_pairs(self) -> list[tuple[str, str]]:
        return []

    def place_pairs(self) -> list[tuple[str, str]]:
        return []

    def known_filters(self) -> set[str]:
        """The filter names that may stand beside `all=1` in the URL."""
        return set()

    def unknown_filters(self) -> set[str]:
        """The names in the URL that are no filter of this list (any more)."""
        return set(flask.request.args) - ALWAYS_KNOWN - self.known_filters()

    def list_pairs(self) -> list[tuple[str, str]]:
        """The filters and the place in the list; every link away from the list keeps them, to lead back."""
        return [*self.filter_pairs(), *self.place_pairs()]

    def list_href(self) -> str:
        """The list, with its filters, at the same place."""
        return href_with(self.href(self.default_view), self.list_pairs())

    def back_href(self) -> str:
        """Where the user came from: the page that the address names, or the list."""
        return safe_path(text_arg(BACK), self.list_href())

    def action_href(self, act: actions.Action, row: Any = None, **more: str) -> str:
        """The address of an action (on `row`, when given) that returns to the page of its button."""
        pairs = [*more.items(), ("id", str(row.id))] if row is not None else list(more.items())
        return href_with(self.href("do", name=act.name), [*pairs, *self._way_back()])

    def button(
        self, act: actions.Action, row: Any = None, icon: str = "", **looks: Any
    ) -> list[widgets.Button]:
        """The button of an action, empty when this user may not; `looks`: see action_button."""
        return action_button(act, self.action_href(act, row), icon, **looks)

    def buttons(self, row: Any, *offered: tuple[actions.Action, str, str]) -> list[widgets.Button]:
        """The buttons of several actions (each with label and icon) on one row, or on no row."""
        return [button for act, label, icon in offered for button in self.button(act, row, icon, label=label)]

    def choices(self) -> list[widgets.ActionChoice]:
        """The actions in the action list that this user may do."""
        return [widgets.ActionChoice(act.name, str(act.label)) for act in self.bulk if offers(act)]

    def after(self, act: actions.Action, outcome: actions.Outcome) -> Any:
        """Tell what happened; refused rows get a page of their own."""
        if outcome.refused:
            extras = self.extras(act, None, None, outcome)
            return flask.render_template(self.template_for(act), model=self._done(act, outcome), **extras)
        flask.flash(outcome.summary, "success" if outcome.done else "info")
        return flask.redirect(self.after_href(act, outcome))

    def after_href(self, act: actions.Action, outcome: actions.Outcome) -> str:
        return self.back_href()

    # -- inside

    def _way_back(self) -> list[tuple[str, str]]:
        """The pairs that lead back: to the place in the list, the page behind this action, or this page."""
        if flask.request.endpoint in {f"{self.endpoint}.{self.default_view}", f"{self.endpoint}.do"}:
            return [(BACK, text_arg(BACK)), *self.list_pairs()]
        return [(BACK, here())]

    def action_named(self, name: str) -> actions.Action | None:
        """The action of this name on this page, whoever may do it."""
        listed: Iterable[Any] = [*self.bulk, *self.page_actions, *self.row_actions, *self.other_actions]
        offered: dict[str, actions.Action] = {
            item.name: item for item in (x[0] if isinstance(x, tuple) else x for x in listed)
        }
        return offered.get(name)

    def _offered(self, name: str) -> actions.Action:
        act = self.action_named(name)
        if act is None:
            flask.abort(404)
        if not flask.current_app.extensions["appbuilder"].sm.has_access(*permission_pair(act.permission)):
            raise errors.NotAllowed
        return act

    def _selection(self, act: actions.Action) -> actions.Selection | None:
        if act.on is None:
            return None
        if flask.request.args.get("all") == "1":
            matching = self.matching()
            if matching is None:
                flask.abort(404)
            if self.unknown_filters():
                flask.abort(400)  # a mistyped filter must not mean everyone
            return actions.Selection(matching=matching, but=ids_arg(BUT))
        return actions.Selection(ids=ids_arg())

    def selection_pairs(self) -> list[tuple[str, str]]:
        """The selection of this address, for a link or form that goes on with it."""
        if text_arg("all"):
            return [("all", text_arg("all")), *((BUT, str(one)) for one in ids_arg(BUT))]
        return [("id", str(one)) for one in ids_arg()]

    def _form(self, act: actions.Action, targets: actions.Targets[Any] | None) -> actions.ActionForm | None:
        if act.form is None:
            return None
        actor = current_actor()
        if flask.request.method == "POST" or given_back():
            form = act.form(sent())
        else:
            form = act.form(data=act.form.initial(actor, targets))
        form.prepare(actor, targets)
        return form

    def _refuse(
        self,
        act: actions.Action,
        targets: actions.Targets[Any] | None,
        form: actions.ActionForm | None,
        error: errors.RuleBroken,
        *,
        changed: list[str] | None = None,
    ) -> Any:
        if form is not None and error.field in form:
            actions.show_refusal(form, error)
            return self._page(act, targets, form, "form", changed=changed)
        problems, step = [actions.say(error)], "form" if form else "confirm"
        return self._page(act, targets, form, step, problems=problems, changed=changed)

    def _show_again(
        self,
        act: actions.Action,
        selection: actions.Selection | None,
        form: actions.ActionForm | None,
        error: errors.ChangedMeanwhile,
    ) -> str:
        """The page once more, as it is now, with what changed since it was shown."""
        targets = actions.targets_of(act, current_actor(), selection)
        step = "confirm" if act.confirm else "form"
        changed = changed_since(act, targets, error)
        return self._page(act, targets, form, step, outcome=error.now, changed=changed)

    def _page(
        self,
        act: actions.Action,
        targets: actions.Targets[Any] | None,
        form: actions.ActionForm | None,
        step: Any,
        *,
        outcome: actions.Outcome | None = None,
        problems: list[str] | None = None,
        changed: list[str] | None = None,
    ) -> str:
        confirming = step == "confirm"
        if form is not None and not confirming:
            actions.tell_gone_choices(form)
        left_over = told_left_over(form, lambda fields: self.form_to_read(act, fields))
        last = confirming or not act.confirm
        hidden = [("token", new_token()), ("confirmed", "1")] if last else []
        if last:
            hidden += self._shown(act, targets, outcome, again=changed is not None)
        # The confirmation draws no form, so it carries what was filled in as hidden fields.
        if confirming and form is not None:
            hidden += _typed()
        return flask.render_template(
            self.template_for(act),
            **self.extras(act, targets, form, outcome),
            has_file=form is not None and any(field.type.endswith("FileField") for field in form),
            model=widgets.ActionModel(
                title=str(act.label),
                step=step,
                submit_label=str(act.submit) or (_("Voer uit") if last else _("Verder")),
                cancel_href=self.back_href(),
                post_href=_with_ids(targets),
                form=None if confirming else form,
                targets=self._summary(act, targets),
                intro=str(act.intro),
                will_text=outcome.summary if outcome and outcome.done else "",
                will=list(outcome.names[:NAMES_SHOWN]) if outcome else [],
                will_count=outcome.done if outcome else 0,
                unchanged_count=outcome.unchanged if outcome else 0,
                refused=[widgets.RefusedRow(r.label, r.reason) for r in outcome.refused[:50]]
                if outcome
                else [],
                refused_count=len(outcome.refused) if outcome else 0,
                danger=act.danger,
                hidden=hidden,
                problems=[*(problems or []), *left_over],
                changed=changed,
                can_adjust=confirming and form is not None,
            ),
        )

    def _shown(
        self,
        act: actions.Action,
        targets: actions.Targets[Any] | None,
        outcome: actions.Outcome | None,
        *,
        again: bool,
    ) -> list[tuple[str, str]]:
        """The mark of what this page shows, and what it says.

        A form that comes back, refused or with what was searched, still goes on what was shown the first
        time: what changed since then is told when it is sent. `again`: it was told just now.
        """
        before = flask.request.form
        if not act.confirm and not again and SHOWN in before:
            return [(SHOWN, before[SHOWN]), (SAID, before.get(SAID, ""))]
        mark = outcome.mark if outcome is not None else actions.mark_of_rows(act, targets)
        return [(SHOWN, mark), (SAID, said(outcome))]

    def _done(self, act: actions.Action, outcome: actions.Outcome) -> widgets.ActionModel:
        nothing = act.form is not None and not outcome.done  # what was typed can be adjusted
        return widgets.ActionModel(
            title=str(act.label),
            step="done",
            submit_label=_("Terug") if text_arg(BACK) else _("Terug naar de lijst"),
            cancel_href=self.after_href(act, outcome),
            intro=outcome.summary,
            will=outcome.names[:NAMES_SHOWN],
            will_count=outcome.done,
            unchanged_count=outcome.unchanged,
            refused=[widgets.RefusedRow(r.label, r.reason) for r in outcome.refused[:200]],
            refused_count=len(outcome.refused),
            post_href=here(),
            hidden=_typed() if nothing else (),
            can_adjust=nothing,
        )

    def _summary(
        self, act: actions.Action, targets: actions.Targets[Any] | None
    ) -> widgets.TargetSummary | None:
        if targets is None or act.on is None:
            return None
        model: Any = act.on
        first = db.session.scalars(sa.select(model).where(model.id.in_(targets.ids[:NAMES_SHOWN]))).all()
        if targets.count == 1 and first:
            form_is_about(first[0])
        out, names = self.left_out(act)
        return widgets.TargetSummary(
            targets.count, [str(row) for row in first], str(act.noun) or _("rijen"), out, names
        )

    def left_out(self, act: actions.Action) -> tuple[int, Sequence[str]]:
        """How many of the rows that match are left out, and the first of them by name."""
        if act.on is None or not ids_arg(BUT):
            return 0, ()
        selection = self._selection(act)
        out = selection.left_out(act.on) if selection is not None else None
        if out is None:
            return 0, ()
        model: Any = act.on
        seen = visible(current_actor(), model, act.permission).where(model.id.in_(out))
        count = db.session.scalar(sa.select(sa.func.count()).select_from(seen.order_by(None).subquery())) or 0
        first = db.session.scalars(seen.with_only_columns(model.id).order_by(model.id).limit(NAMES_SHOWN))
        return count, self.names_of(act, first.all())

    def names_of(self, act: actions.Action, ids: Sequence[int]) -> list[str]:
        """These rows by name, for a page that announces what is done to them."""
        model: Any = act.on
        return [str(row) for row in db.session.scalars(sa.select(model).where(model.id.in_(ids)))]


def _typed() -> list[tuple[str, str]]:
    """What was filled in on the form that was sent, for a page that draws no form."""
    return [(k, v) for k, v in flask.request.form.items(multi=True) if is_typed(k)]


def _with_ids(targets: actions.Targets[Any] | None) -> str:
    """The address of this page; of the ticked rows, only those that are there."""
    if targets is None or len(ids_arg()) < 2:
        return here()
    left = {str(id_) for id_ in targets.ids}
    pairs = flask.request.args.items(multi=True)
    return href_with(flask.request.path, [(k, v) for k, v in pairs if k != "id" or v in left])
