"""The list of students, set by each user: its columns, and filters saved under a name."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import validators

from app import models
from app.actions import base
from app.entities.base import db
from app.errors import Outdated, RuleBroken
from app.permissions import Actor, Permission
from app.queries.students import list_views as queries
from app.queries.students.field_words import heading
from app.queries.students.fields import more_columns
from app.rules import student_columns
from app.rules.people import tidy
from app.rules.text import N_
from app.rules.tokens import fingerprint

OTHER_COLUMNS = N_(
    "U hebt dit zelf in een ander tabblad gewijzigd; nu gekozen: %(columns)s. "
    "Uw keuze staat hieronder nog; slaat u nu op, dan geldt die."
)
NAME_KEPT = N_(
    "U hebt in een ander tabblad intussen een weergave “%(names)s” bewaard. "
    "Bewaart u nu, dan komt deze ervoor in de plaats."
)
VIEW_CHANGED = N_(
    "U hebt dit zelf in een ander tabblad gewijzigd: %(names)s. "
    "Uw keuze staat hieronder nog; verwijdert u nu, dan gaat de nieuwe weergave weg."
)
QUERY_MAX = 1000  # characters; what the database column holds


class ColumnsForm(base.SeenForm):
    columns = wtforms.SelectMultipleField(_l("Kolommen naast de naam"))

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        self.columns.choices = [
            (key, name) for key, name in _column_names(actor).items() if key != student_columns.FIRST
        ]

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        columns = queries.own_list(actor).columns
        return {
            "columns": [key for key in columns if key != student_columns.FIRST],
            "seen": ",".join(columns),
        }


@base.action(
    _l("Kolommen kiezen"),
    permission=Permission.PROFILE,
    form=ColumnsForm,
    submit=_l("Opslaan"),
    intro=_l("Dit geldt alleen voor u, tot u het weer wijzigt. Zonder vinkjes staan er de gewone kolommen."),
)
def show_columns(actor: Actor, *, columns: Sequence[str], seen: str = "") -> base.Outcome:
    """Keep which columns this user sees. The standard choice is not kept. `seen`: the columns of the form."""
    _take_turns(actor)
    names = _column_names(actor)
    before, wanted = queries.own_list(actor).columns, student_columns.columns_of(columns, names)
    row = queries.view_named(actor, "")
    if list(wanted) == list(before):
        return base.Outcome(unchanged=1, summary=_("De kolommen zijn gelijk gebleven."))
    if (seen.split(",") if seen else list(student_columns.USUAL)) != list(before):
        told = ", ".join(names[key] for key in before)
        raise Outdated(OTHER_COLUMNS, field="seen", now=",".join(before), columns=told)
    if row is not None and list(wanted) == list(student_columns.USUAL):
        db.session.delete(row)
    else:
        _keep(actor, row, "", ",".join(wanted))
    return _own(
        actor,
        _("De kolommen zijn gekozen."),
        {"columns": [[names[key] for key in keys] for keys in (before, wanted)]},
    )


class ViewsForm(base.SeenForm):
    """`seen`: a mark of each view that the user had kept when the form was opened."""

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        return {"seen": _marks(queries.own_list(actor).saved)}


class SaveViewForm(ViewsForm):
    name = wtforms.StringField(
        _l("Naam van de weergave"),
        [validators.DataRequired(_l("Geef de weergave een naam.")), validators.Length(max=60)],
        description=_l("Bijvoorbeeld: Eerstejaars zonder begeleider. Een bekende naam wordt vervangen."),
        render_kw={"autocomplete": "off"},
    )


@base.action(
    _l("Weergave bewaren"),
    permission=Permission.PROFILE,
    form=SaveViewForm,
    submit=_l("Bewaren"),
    intro=_l("De filters en de volgorde van nu staan daarna onder deze naam boven de lijst, alleen voor u."),
)
def save_view(actor: Actor, *, name: str, query: str = "", seen: str = "") -> base.Outcome:
    """Keep the filters in the list's address under a name. The same name again replaces them.

    Outdated when that name was kept since the form was opened, with something else.
    """
    _take_turns(actor)
    name = tidy(name)
    if not name:
        raise RuleBroken(N_("Geef de weergave een naam."), field="name")
    if not query or len(query) > QUERY_MAX:
        raise RuleBroken(N_("Kies eerst filters of een volgorde in de lijst; die bewaart u dan hier."))
    row = queries.view_named(actor, name)
    if row is not None and row.query != query:
        _as_seen(actor, [row], seen, NAME_KEPT)
    if row is None and len(queries.own_list(actor).saved) >= student_columns.VIEWS_MOST:
        raise RuleBroken(
            N_("U hebt al %(most)s weergaven. Verwijder er eerst een."),
            field="name",
            most=student_columns.VIEWS_MOST,
        )
    _keep(actor, row, name, query)
    return _own(actor, _("Weergave “%(name)s” is bewaard.", name=name), {"name": name})


class RemoveViewsForm(ViewsForm):
    names = wtforms.SelectMultipleField(
        _l("Weergaven"), [validators.DataRequired(_l("Kies minstens één weergave."))]
    )
    nothing_hint = _l("Kies in de lijst filters of een volgorde, en bewaar die als weergave.")

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        self.names.choices = [(row.name, row.name) for row in queries.own_list(actor).saved]
        self.nothing = "" if self.names.choices else _("U hebt nog geen weergaven bewaard")


@base.action(
    _l("Weergaven verwijderen"),
    permission=Permission.PROFILE,
    form=RemoveViewsForm,
    submit=_l("Verwijderen"),
)
def remove_views(actor: Actor, *, names: Sequence[str], seen: str = "") -> base.Outcome:
    """Remove saved views of this user. The students themselves do not change.

    Outdated when one of them has become another since the form was opened.
    """
    _take_turns(actor)
    gone = [row for row in queries.own_list(actor).saved if row.name in set(names)]
    _as_seen(actor, gone, seen, VIEW_CHANGED)
    for row in gone:
        db.session.delete(row)
    if not gone:
        return base.Outcome(unchanged=1, summary=_("Deze weergaven waren er niet meer."))
    told = ", ".join(row.name for row in gone)
    return _own(actor, _("Verwijderd: %(names)s.", names=told), {"name": [told, None]})


def _take_turns(actor: Actor) -> None:
    """Lock the user's account until the transaction ends, so that two tabs of theirs do not cross."""
    own = sa.select(models.User.id).where(models.User.id == actor.id)
    db.session.execute(own.with_for_update(key_share=True))


def _as_seen(actor: Actor, rows: Sequence[models.ListView], seen: str, sentence: str) -> None:
    """Outdated unless the form that was sent showed all of these views as they are now."""
    known = set(seen.split("."))
    others = [row.name for row in rows if _marks([row]) not in known]
    if others:
        now = _marks(queries.own_list(actor).saved)
        raise Outdated(sentence, field="seen", now=now, names=", ".join(others))


def _marks(rows: Sequence[models.ListView]) -> str:
    return ".".join(fingerprint(f"{row.name}?{row.query}")[:16] for row in rows)


def _keep(actor: Actor, row: models.ListView | None, name: str, query: str) -> None:
    if row is not None:
        row.query = query
        return
    db.session.add(models.ListView(user_id=actor.id, page=queries.STUDENTS, name=name, query=query))


def _own(actor: Actor, summary: str, details: dict[str, Any]) -> base.Outcome:
    ids = [actor.id] if actor.id is not None else []
    return base.Outcome(done=1, ids=ids, object_type="User", summary=summary, details=details)


def _column_names(actor: Actor) -> dict[str, str]:
    """The columns that this user's list can show, in order, with the fields that only some users see."""
    more = {field.name: heading(field) for field in more_columns(actor)}
    return {key: _(label) for key, label in student_columns.STUDENT_COLUMNS.items()} | more
