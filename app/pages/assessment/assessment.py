"""Tab Te beoordelen: an examiner's sittings, the score form, definitive, the result."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _

from app import errors
from app.actions import base as actions
from app.actions.assessment import assessment
from app.actions.planning import replacing
from app.pages import base
from app.pages.assessment import outcome as outcome_pages
from app.pages.assessment import score_form, todo
from app.pages.planning.examiners import replace_buttons
from app.pages.planning.invitations import for_sitting
from app.permissions import Permission, Role, may
from app.queries.assessment import assessment as queries
from app.rules.text import N_
from app.theme.widgets import Button

NUMBER_DIGITS = 9
MOMENT_GONE = N_(
    "Dit examenmoment bestaat niet meer, of is niet meer van u. Er is niets opgeslagen. "
    "Vraag de planner wat er is gebeurd."
)


class ToAssessPage(base.ActionScreen):
    route_base = "/te-beoordelen"
    default_view = "index"
    permission = Permission.ASSESSMENT_SEE
    other_actions = (assessment.make_definitive, assessment.reopen_assessment)

    @base.expose("/")
    @base.needs(Permission.ASSESSMENT_TODO)
    def index(self) -> Any:
        everything = base.text_arg("klaar") == "alles"
        only = todo.NOW if base.text_arg("groep") == "nu" else ()
        actor = base.current_actor()
        model = todo.todo_page(queries.todo(actor, all_done=everything), actor, self._sitting_href, only)
        return self.page(
            "assessment/todo.html",
            model=model,
            done_href=f"{self.href('index')}?klaar=alles",
            all_href=self.href("index"),
        )

    @base.expose("/<int:sitting_id>", methods=["GET"])
    @base.needs(Permission.ASSESSMENT_SEE, guests=True)
    def sitting(self, sitting_id: int) -> Any:
        view, actor = self._view(sitting_id), base.current_actor()
        model = score_form.score_page(view, actor, typed=base.filled_in())
        facts, buttons = for_sitting(view.sitting, definitive=queries.is_definitive(view.assessment))
        model = replace(
            model, facts=[*model.facts, *facts], buttons=[*model.buttons, *buttons, *self._replacing(view)]
        )
        return self.page("assessment/sitting.html", model=model)

    @base.expose("/<int:sitting_id>", methods=["POST"])
    @base.needs(Permission.ASSESSMENT_FILL, guests=True)
    def save(self, sitting_id: int) -> Any:
        """Save the scores. A clash shows both versions with everything that was typed, so nothing is lost."""
        fields = base.posted_fields()
        actor = base.current_actor()
        try:
            outcome = actions.run(
                assessment.save_scores, actor, [sitting_id], token=base.sent_token(), **typed(fields)
            )
        except errors.Conflict as error:
            view = self._view(sitting_id)
            clash = outcome_pages.clash_page(view, actor, fields, actions.say(error))
            return self.page("assessment/clash.html", model=clash), error.status
        except errors.NotFound as error:
            raise errors.NotFound(MOMENT_GONE) from error
        except errors.RuleBroken as error:
            view = self._view(sitting_id)
            model = score_form.score_page(
                view, actor, typed=fields, problem=actions.say(error), problem_field=error.field
            )
            return self.page("assessment/sitting.html", model=model), error.status
        closing = "definitive" in fields
        if outcome.done or not closing:
            base.tell(outcome.summary, "success" if outcome.done else "info")
        saved = queries.after_saving(actor, sitting_id, version=_opened(fields))
        for name in saved.others:
            base.tell(_("%(name)s heeft intussen ook opgeslagen.", name=name), "info")
        if saved.waits is not None:
            base.tell(actions.say(saved.waits), "warning")
        return base.go(self._on_to(sitting_id, closing=closing))

    @base.expose("/uitslag/<int:registration_id>")
    @base.needs(Permission.RESULTS_SEE)
    def result(self, registration_id: int) -> Any:
        result = queries.result_of(base.current_actor(), registration_id)
        if result is None:
            raise errors.NotFound
        return self.page(
            "assessment/result.html", model=outcome_pages.result_page(result, base.current_actor())
        )

    def read_aloud(self, about: base.About, fields: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """What was filled in on the form of a moment that went: the scores and the remarks, in its order."""
        try:
            given = typed(dict(fields))
        except errors.RuleBroken:  # no form of ours
            return
        for criterion in queries.criteria_of(about.within):
            chosen = [
                level.label for level in criterion.levels if level.id == given["levels"].get(criterion.id)
            ]
            yield criterion.text, "\n".join([*chosen, given["remarks"].get(criterion.id, "")]).strip()
        yield _("Algemene opmerking"), given["remark"]

    def back_href(self) -> str:
        """Back to the sitting of the action, else to the list; to the start page for users without a list."""
        ids = base.ids_arg()
        if len(ids) == 1:
            return self._sitting_href(ids[0])
        return self.href("index") if may(base.current_actor(), Permission.ASSESSMENT_TODO) else "/"

    def after(self, act: actions.Action, outcome: actions.Outcome) -> Any:
        base.tell(outcome.summary, "success" if outcome.done else "info")
        return base.go(self.back_href())

    def _on_to(self, sitting_id: int, *, closing: bool) -> str:
        """The page after saving: the form, or making definitive when it was asked and no score is missing."""
        if not closing:
            return self._sitting_href(sitting_id)
        missing = score_form.score_page(self._view(sitting_id), base.current_actor()).missing
        if not missing:
            return self.href("do", name=assessment.make_definitive.name, id=sitting_id)
        numbers = ", ".join(card.number for card in missing)
        base.tell(_("Nog niet definitief. Vul eerst in: %(numbers)s.", numbers=numbers), "warning")
        return f"{self._sitting_href(sitting_id)}#criterion-{missing[0].id}"

    def _replacing(self, view: queries.SittingView) -> Sequence[Button]:
        """The planner's buttons to replace an examiner of this sitting."""
        sitting = view.sitting
        going = not view.stopped and not queries.is_definitive(view.assessment)
        if not going or not base.offers(replacing.replace_school_examiner, sitting):
            return ()
        company = any(one.role == Role.COMPANY_EXAMINER for one in sitting.examiners)
        return replace_buttons([sitting.id], sitting.registration_id, company=company)

    def _sitting_href(self, sitting_id: int) -> str:
        return self.href("sitting", sitting_id=sitting_id)

    def _view(self, sitting_id: int) -> queries.SittingView:
        view = queries.sitting_view(base.current_actor(), sitting_id)
        if view is None:
            raise errors.NotFound
        base.form_is_about(view.sitting, within=view.sitting.exam_task_id)
        return view


def _opened(fields: dict[str, str]) -> int:
    """The version of the assessment when the form was opened."""
    return _number(fields.get("version", "0") or "0")


def typed(fields: dict[str, str]) -> dict[str, Any]:
    """The score form's fields as the action takes them: level-7=21, remark-7=..., remark=..., version=3."""
    levels, remarks = {}, {}
    for name, value in fields.items():
        kind, dash, number = name.partition("-")
        if not dash or kind not in {"level", "remark"}:
            continue
        if kind == "remark":
            remarks[_number(number)] = value
        elif value:
            levels[_number(number)] = _number(value)
    return {
        "version": _opened(fields),
        "levels": levels,
        "remarks": remarks,
        "remark": fields.get("remark", ""),
        "uid": fields.get("uid", ""),
    }


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > NUMBER_DIGITS:
        raise errors.RuleBroken(N_("Dit formulier klopt niet. Ververs de pagina en probeer het opnieuw."))
    return int(text)
