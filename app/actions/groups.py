"""Studentgroepen (manual, step 4f): make one, change it, fill it, empty it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import and_, delete, exists, insert, literal, select
from wtforms import Field, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from app.actions.base import ActionForm, Outcome, Refused, Targets, action
from app.actions.couplings import joined, remember
from app.actions.forms import VersionedForm, at, ruled
from app.actions.names import students_changed
from app.actions.picker import Picked, offer
from app.actions.versions import locked
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.entities.students import Student, StudentGroup, group_member
from app.errors import RuleBroken
from app.permissions import Actor, Permission, visible
from app.queries.asked import Asked
from app.queries.picker import Option, named
from app.rules import groups as rules
from app.rules.people import tidy
from app.rules.text import N_

FIELD_LABELS: Mapping[str, Any] = {
    "name": _l("Naam"),
    "cohort": _l("Cohort"),
    "location": _l("Locatie"),
    "school_year": _l("Schooljaar"),
    "colour": _l("Kleur"),
}
CHANGING = ("change_group", "import_groups", "undo_group_import")  # what raises a group's version
NO_GROUP = N_("Kies een studentgroep uit de lijst.")
NOBODY_IN_IT = N_(
    "In een van deze groepen zit geen van deze studenten. Kies alleen groepen waar zij in zitten."
)
DOUBLE = N_("Er is al een studentgroep met deze naam.")


class GroupForm(ActionForm):
    name = StringField(
        FIELD_LABELS["name"], [DataRequired(), Length(max=80)], render_kw={"autocomplete": "off"}
    )
    cohort = StringField(
        FIELD_LABELS["cohort"],
        [ruled(rules.cohort)],
        description=_l("Het jaar waarin de groep begon, bijvoorbeeld 2026."),
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    school_year = StringField(
        FIELD_LABELS["school_year"],
        [ruled(rules.school_year)],
        description=_l("Bijvoorbeeld 2026-2027."),
        render_kw={"autocomplete": "off"},
    )
    location = StringField(FIELD_LABELS["location"], [Length(max=80)], render_kw={"autocomplete": "off"})
    colour = SelectField(FIELD_LABELS["colour"], default="")
    row: Any = None

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        self.colour.choices = [
            ("", _("Geen kleur")),
            *((key, _(label)) for key, label in rules.GROUP_COLOURS.items()),
        ]

    def validate_name(self, field: Field) -> None:
        if _taken(tidy(field.data or ""), self.row.id if self.row is not None else 0):
            raise ValidationError(_(DOUBLE))


@action(_l("Studentgroep toevoegen"), permission=Permission.GROUPS_EDIT, form=GroupForm, submit=_l("Opslaan"))
def add_group(actor: Actor, **data: Any) -> Outcome:
    """Make an empty group with its properties."""
    group = StudentGroup(**_properties(data))
    if _taken(group.name, 0):
        raise RuleBroken(DOUBLE, field="name")
    db.session.add(group)
    db.session.flush()
    details = {key: [None, value] for key, value in _shown(group).items() if value}
    return Outcome(
        done=1,
        ids=[group.id],
        object_type="StudentGroup",
        names=[group.name],
        goto=group.id,
        details=details,
        summary=_("Studentgroep %(name)s is toegevoegd.", name=group.name),
    )


class ChangeGroupForm(VersionedForm, GroupForm):
    field_labels = FIELD_LABELS
    changed_by = CHANGING

    @classmethod
    def initial(cls, actor: Actor, targets: Targets[Any] | None) -> dict[str, Any]:
        group: StudentGroup = targets.one() if targets is not None else StudentGroup()
        return {**_shown(group), "version": group.version}


@action(
    _l("Studentgroep wijzigen"),
    permission=Permission.GROUPS_EDIT,
    on=StudentGroup,
    form=ChangeGroupForm,
    noun=_l("studentgroep"),
    submit=_l("Opslaan"),
)
def change_group(actor: Actor, targets: Targets[StudentGroup], *, version: int, **data: Any) -> Outcome:
    """Change one group's properties; refused when somebody else was first."""
    group = locked(StudentGroup, targets.one().id, version, CHANGING, FIELD_LABELS)
    before = _shown(group)
    wanted = _properties(data)
    if _taken(wanted["name"], group.id):
        raise RuleBroken(DOUBLE, field="name")
    for key, value in wanted.items():
        setattr(group, key, value)
    details = {key: [before[key], value] for key, value in _shown(group).items() if value != before[key]}
    if not details:
        return Outcome(unchanged=1, summary=_("Er is niets gewijzigd aan %(name)s.", name=group.name))
    group.version += 1
    return Outcome(
        done=1,
        ids=[group.id],
        names=[group.name],
        details=details,
        summary=_("Studentgroep %(name)s is gewijzigd.", name=group.name),
    )


@action(
    _l("Studentgroep verwijderen"),
    permission=Permission.GROUPS_EDIT,
    on=StudentGroup,
    confirm=True,
    danger=True,
    noun=_l("studentgroepen"),
    submit=_l("Verwijder de groep"),
    intro=_l("De studenten zelf blijven bestaan, met alles wat bij hen hoort."),
)
def remove_group(actor: Actor, targets: Targets[StudentGroup]) -> Outcome:
    """Remove groups; the members stay students. Refused to who may not see all of them."""
    seen = visible(actor, Student, Permission.GROUPS_EDIT).with_only_columns(Student.id)
    foreign = exists().where(
        group_member.c.group_id == StudentGroup.id, group_member.c.student_id.not_in(seen)
    )
    rows = db.session.execute(
        select(StudentGroup.id, StudentGroup.name, foreign.label("foreign"))
        .where(StudentGroup.id.in_(targets.among()))
        .order_by(StudentGroup.name)
    ).all()
    gone = [row for row in rows if not row.foreign]
    ids = id_set([row.id for row in gone])
    db.session.execute(delete(group_member).where(group_member.c.group_id.in_(ids)))
    db.session.execute(delete(StudentGroup).where(StudentGroup.id.in_(ids)).execution_options(**QUIETLY))
    reason = _("er zitten studenten in die u niet begeleidt")
    return Outcome(
        done=len(gone),
        ids=[row.id for row in gone],
        names=[row.name for row in gone],
        refused=[Refused(row.name, reason) for row in rows if row.foreign],
        summary=ngettext("%(num)s studentgroep verwijderd.", "%(num)s studentgroepen verwijderd.", len(gone)),
        details={"name": [", ".join(row.name for row in gone), None]},
    )


class AddToGroupsForm(ActionForm):
    groups = Picked(
        _l("Studentgroepen"), [DataRequired(_l("Kies minstens één studentgroep."))],
        source="studentgroepen", coerce=int,
    )  # fmt: skip

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        offer(actor, self.groups)


@action(
    _l("Toevoegen aan studentgroepen"),
    permission=Permission.GROUPS_EDIT,
    on=Student,
    form=AddToGroupsForm,
    confirm=True,
    noun=_l("studenten"),
    intro=_l("Een student mag in meer groepen zitten. Een nieuwe groep maakt u bij Studentgroepen."),
)
def add_to_groups(actor: Actor, targets: Targets[Student], *, groups: Sequence[int]) -> Outcome:
    """Put all these students in the chosen groups; who is in one already stays as is."""
    chosen = _chosen(actor, groups, Asked(), NO_GROUP)
    member = [
        exists().where(group_member.c.student_id == Student.id, group_member.c.group_id == int(group.key))
        for group in chosen
    ]
    changed = db.session.scalars(
        select(Student.id).where(Student.id.in_(targets.among()), ~and_(*member)).order_by(Student.id)
    ).all()
    summary = ngettext(
        "%(num)s student toegevoegd aan %(groups)s.",
        "%(num)s studenten toegevoegd aan %(groups)s.",
        len(changed),
        groups=", ".join(group.label for group in chosen),
    )
    if changed:
        pairs = zip(chosen, member, strict=True)
        remember(actor, summary, [joined(int(group.key), ~has, changed) for group, has in pairs])
    for group, has in zip(chosen, member, strict=True):
        new = select(literal(int(group.key)), Student.id).where(Student.id.in_(id_set(changed)), ~has)
        db.session.execute(insert(group_member).from_select(["group_id", "student_id"], new))
    return students_changed(targets, changed, summary, {"groups": [group.label for group in chosen]})


class RemoveFromGroupForm(AddToGroupsForm):
    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        offer(actor, self.groups, asked=Asked(having=targets.among() if targets is not None else None))


@action(
    _l("Verwijderen uit studentgroep"),
    permission=Permission.GROUPS_EDIT,
    on=Student,
    form=RemoveFromGroupForm,
    confirm=True,
    danger=True,
    noun=_l("studenten"),
    intro=_l("Hier staan alleen groepen waar deze studenten in zitten."),
)
def remove_from_group(actor: Actor, targets: Targets[Student], *, groups: Sequence[int]) -> Outcome:
    """Take these students out of the chosen groups."""
    chosen = _chosen(actor, groups, Asked(having=targets.among()), NOBODY_IN_IT)
    which = group_member.c.group_id.in_([int(group.key) for group in chosen])
    changed = db.session.scalars(
        select(group_member.c.student_id)
        .where(group_member.c.student_id.in_(targets.among()), which)
        .distinct()
        .order_by(group_member.c.student_id)
    ).all()
    db.session.execute(delete(group_member).where(group_member.c.student_id.in_(id_set(changed)), which))
    return students_changed(
        targets,
        changed,
        ngettext(
            "%(num)s student verwijderd uit %(groups)s.",
            "%(num)s studenten verwijderd uit %(groups)s.",
            len(changed),
            groups=", ".join(group.label for group in chosen),
        ),
        {"groups": [group.label for group in chosen]},
    )


def _chosen(actor: Actor, ids: Sequence[int], asked: Asked, refusal: str) -> list[Option]:
    known = named(actor, "studentgroepen", {str(one) for one in ids}, asked)
    if not known or len(known) != len(set(ids)):
        raise RuleBroken(refusal, field="groups")
    return list(known.values())


def _properties(data: Mapping[str, Any]) -> dict[str, Any]:
    name = tidy(data["name"])
    if not name:
        raise RuleBroken(N_("Vul dit veld in."), field="name")
    return {
        "name": name,
        "cohort": at("cohort", rules.cohort, str(data.get("cohort") or "")),
        "location": tidy(data.get("location") or ""),
        "school_year": at("school_year", rules.school_year, data.get("school_year") or ""),
        "colour": at("colour", rules.colour, data.get("colour") or ""),
    }


def _shown(group: StudentGroup) -> dict[str, Any]:
    return {
        "name": group.name,
        "cohort": str(group.cohort or ""),
        "location": group.location or "",
        "school_year": group.school_year or "",
        "colour": group.colour or "",
    }


def _taken(name: str, own_id: int) -> bool:
    with db.session.no_autoflush:
        found = select(StudentGroup.id).where(StudentGroup.name == name, StudentGroup.id != own_id)
        return db.session.scalar(found) is not None
