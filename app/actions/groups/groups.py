"""Studentgroepen (manual, step 4f): make, change, remove. Their members: members.py and rule.py."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import joinedload, selectinload
from wtforms import validators

from app import models
from app.actions import base
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.entities.membership import has_rule, membership
from app.entities.students import group_member, group_rule
from app.errors import RuleBroken
from app.permissions import Actor, Permission, may, visible
from app.queries.base import picker
from app.rules import groups as rules
from app.rules.people import tidy
from app.rules.text import N_

FIELD_LABELS: Mapping[str, Any] = {name: _l(label) for name, label in rules.GROUP_FIELDS.items()}
NAME_MOST = 80  # characters
DOUBLE = N_("Er is al een studentgroep met deze naam.")


class GroupForm(base.ActionForm):
    name = wtforms.StringField(
        FIELD_LABELS["name"],
        [validators.DataRequired(), validators.Length(max=NAME_MOST)],
        render_kw={"autocomplete": "off"},
    )
    cohort = wtforms.StringField(
        FIELD_LABELS["cohort"],
        [base.ruled(rules.cohort)],
        description=_l("Het jaar waarin de groep begon, bijvoorbeeld 2026."),
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    school_year = wtforms.StringField(
        FIELD_LABELS["school_year"],
        [base.ruled(rules.school_year)],
        description=_l("Bijvoorbeeld 2026-2027."),
        render_kw={"autocomplete": "off"},
    )
    location = wtforms.StringField(
        FIELD_LABELS["location"], [validators.Length(max=80)], render_kw={"autocomplete": "off"}
    )
    colour = wtforms.SelectField(FIELD_LABELS["colour"], default="")
    mentor = base.PickedOne(
        FIELD_LABELS["mentor"],
        description=_l("Bij wie u terechtkunt over deze groep. De mentor krijgt er geen rechten bij."),
        source="mentoren",
        coerce=int,
        blank=(0, _l("Geen mentor")),
    )
    row: Any = None

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        self.colour.choices = [
            base.SelectChoice("", _("Geen kleur")),
            *(base.SelectChoice(key, _(label)) for key, label in rules.GROUP_COLOURS.items()),
        ]
        mentor = targets.one().mentor if targets is not None else None
        base.offer(
            actor,
            self.mentor,
            present={str(mentor.id): picker.user_label(mentor)} if mentor is not None else {},
        )

    def validate_name(self, field: wtforms.Field) -> None:
        if _taken(tidy(field.data or ""), self.row.id if self.row is not None else 0):
            raise wtforms.ValidationError(_(DOUBLE))


@base.action(
    _l("Studentgroep toevoegen"), permission=Permission.GROUPS_EDIT, form=GroupForm, submit=_l("Opslaan")
)
def add_group(actor: Actor, **data: Any) -> base.Outcome:
    """Make an empty group with its properties."""
    group = models.StudentGroup(**_properties(actor, data))
    if _taken(group.name, 0):
        raise RuleBroken(DOUBLE, field="name")
    db.session.add(group)
    db.session.flush()
    details = {key: [None, value] for key, value in _shown(group).items() if value}
    return base.Outcome(
        done=1,
        ids=[group.id],
        object_type="StudentGroup",
        names=[group.name],
        goto=group.id,
        details=details,
        summary=_("Studentgroep %(name)s is toegevoegd.", name=group.name),
    )


class ChangeGroupForm(base.VersionedForm, GroupForm):
    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        group: models.StudentGroup = targets.one() if targets is not None else models.StudentGroup()
        return {
            **_shown(group),
            "colour": group.colour,
            "mentor": group.mentor_id or 0,
            "version": group.version,
        }


@base.action(
    _l("Studentgroep wijzigen"),
    permission=Permission.GROUPS_EDIT,
    on=models.StudentGroup,
    changes=models.StudentGroup,
    form=ChangeGroupForm,
    noun=_l("studentgroep"),
    submit=_l("Opslaan"),
)
def change_group(
    actor: Actor, targets: base.Targets[models.StudentGroup], *, version: int, **data: Any
) -> base.Outcome:
    """Change one group's properties. RuleBroken when somebody else changed them first."""
    group = base.locked(actor, models.StudentGroup, targets.one().id, version, FIELD_LABELS)
    before = _shown(group)
    wanted = _properties(actor, data, group.mentor_id)
    if _taken(wanted["name"], group.id):
        raise RuleBroken(DOUBLE, field="name")
    for key, value in wanted.items():
        setattr(group, key, value)
    db.session.flush()
    details = {key: [before[key], value] for key, value in _shown(group).items() if value != before[key]}
    if not details:
        return base.Outcome(unchanged=1, summary=_("Er is niets gewijzigd aan %(name)s.", name=group.name))
    group.version += 1
    return base.Outcome(
        done=1,
        ids=[group.id],
        names=[group.name],
        details=details,
        summary=_("Studentgroep %(name)s is gewijzigd.", name=group.name),
    )


@base.action(
    _l("Studentgroep verwijderen"),
    permission=Permission.GROUPS_EDIT,
    on=models.StudentGroup,
    confirm=True,
    danger=True,
    noun=_l("studentgroepen"),
    submit=_l("Verwijderen"),
    intro=_l("De studenten zelf blijven bestaan, met alles wat bij hen hoort."),
)
def remove_group(actor: Actor, targets: base.Targets[models.StudentGroup]) -> base.Outcome:
    """Remove groups; their members stay students.

    A group is refused when it has members whom the actor may not see, or a rule that the actor may not set.
    """
    # `foreign`: the group has a member whom the actor may not see.
    seen = visible(actor, models.Student, Permission.GROUPS_EDIT).with_only_columns(models.Student.id)
    member = membership().c
    foreign = sa.exists().where(member.group_id == models.StudentGroup.id, member.student_id.not_in(seen))
    rows = db.session.execute(
        sa.select(
            models.StudentGroup.id,
            models.StudentGroup.name,
            foreign.label("foreign"),
            has_rule().label("ruled"),
        )
        .where(models.StudentGroup.id.in_(targets.among()))
        .order_by(models.StudentGroup.name)
    ).all()
    refused = list(_not_to_remove(actor, rows))
    kept = {one.label for one in refused}
    gone = [row for row in rows if row.name not in kept]
    # Looked up before the members go: the report names the numbers, and the trail who they were.
    members = _members([row.id for row in gone])
    ids = id_set([row.id for row in gone])
    held_by = sa.select(group_member.c.student_id).where(group_member.c.group_id.in_(ids))
    students, properties = db.session.scalars(held_by).all(), properties_of([row.id for row in gone])
    for held in (group_member, group_rule):
        db.session.execute(sa.delete(held).where(held.c.group_id.in_(ids)))
    db.session.execute(
        sa.delete(models.StudentGroup).where(models.StudentGroup.id.in_(ids)).execution_options(**QUIETLY)
    )
    return base.Outcome(
        done=len(gone),
        ids=[row.id for row in gone],
        names=[_with_students(row.name, len(members.get(row.id, ()))) for row in gone],
        refused=refused,
        summary=ngettext("%(num)s studentgroep verwijderd.", "%(num)s studentgroepen verwijderd.", len(gone)),
        details={
            "name": [", ".join(row.name for row in gone), None],
            "groups": {
                name: {key: [value, None] for key, value in shown.items() if value and key != "name"}
                for name, shown in properties.items()
            },
        },
        rests_on=sorted(members.items()),
        also={"Student": students},
    )


def _members(groups: Sequence[int]) -> Mapping[int, Sequence[int]]:
    """Group -> the students in it, ascending. One query."""
    found = membership(groups=groups).c
    pairs = db.session.execute(sa.select(found.group_id, found.student_id).distinct())
    members: dict[int, list[int]] = {}
    for group_id, student_id in sorted(pairs):
        members.setdefault(group_id, []).append(student_id)
    return members


def properties_of(ids: Sequence[int]) -> dict[str, dict[str, Any]]:
    """Name -> the properties of these groups, in the words of the trail. Three queries."""
    rows = db.session.scalars(
        sa.select(models.StudentGroup)
        .where(models.StudentGroup.id.in_(id_set(ids)))
        .options(joinedload(models.StudentGroup.mentor), selectinload(models.StudentGroup.rule))
        .order_by(models.StudentGroup.name)
    ).unique()
    return {row.name: {**_shown(row), "rule": "; ".join(str(one) for one in row.rule)} for row in rows}


def _with_students(group: str, count: int) -> str:
    return f"{group}: {ngettext('%(num)s student', '%(num)s studenten', count)}"


def _not_to_remove(actor: Actor, rows: Sequence[Any]) -> Iterator[base.Refused]:
    rules_too = may(actor, Permission.GROUPS_RULE)
    for row in rows:
        if row.ruled and not rules_too:
            yield base.Refused(
                row.name, _("de leden volgen uit een regel; een beheerder kan deze groep verwijderen")
            )
        elif row.foreign:
            yield base.Refused(row.name, _("er zitten studenten in die u niet begeleidt"))


def _properties(actor: Actor, data: Mapping[str, Any], mentor_now: int | None = None) -> dict[str, Any]:
    name = tidy(data["name"])
    if not name:
        raise RuleBroken(N_("Vul dit veld in."), field="name")
    return {
        "name": name,
        "cohort": base.at("cohort", rules.cohort, str(data.get("cohort") or "")),
        "location": tidy(data.get("location") or ""),
        "school_year": base.at("school_year", rules.school_year, data.get("school_year") or ""),
        "colour": base.at("colour", rules.colour, data.get("colour") or ""),
        "mentor_id": _mentor(actor, data.get("mentor"), mentor_now),
    }


def _mentor(actor: Actor, chosen: int | None, now: int | None) -> int | None:
    """The mentor's user id: one who can be mentor, or the present one.

    A mentor who left the school keeps the group until another is chosen. RuleBroken for anybody else.
    """
    if not chosen or chosen == now:
        return chosen or None
    if str(chosen) not in picker.named(actor, "mentoren", {str(chosen)}):
        raise RuleBroken(base.GONE, field="mentor")
    return chosen


def _shown(group: models.StudentGroup) -> dict[str, Any]:
    """A group's properties in the words of the trail."""
    mentor = db.session.get(models.User, group.mentor_id) if group.mentor_id else None  # often at hand
    return {
        "name": group.name,
        "cohort": str(group.cohort or ""),
        "location": group.location or "",
        "school_year": group.school_year or "",
        "colour": rules.GROUP_COLOURS.get(group.colour, ""),
        "mentor": mentor.full_name if mentor is not None else "",
    }


def _taken(name: str, own_id: int) -> bool:
    with db.session.no_autoflush:
        found = sa.select(models.StudentGroup.id).where(
            models.StudentGroup.name == name, models.StudentGroup.id != own_id
        )
        return db.session.scalar(found) is not None
