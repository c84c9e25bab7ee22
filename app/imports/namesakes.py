"""A new student of a file who may be one that Proeve knows by another number."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _

from app.imports import columns, kind
from app.permissions import Actor, Permission
from app.queries.imports import alike as queries
from app.queries.imports import present
from app.rules import imports as rules
from app.rules import people


def alike(actor: Actor, rows: Sequence[kind.CheckedRow], world: columns.World) -> Mapping[int, kind.Alike]:
    """Row number -> the student with the name and the birth date or address of this new one.

    One query, and those for whole students when somebody said that they are the same.
    """
    keys = {row.number: key for row in rows if (key := _key(row))}
    there = queries.namesakes(actor, Permission.STUDENTS_IMPORT, set(keys.values())) if keys else {}
    found = {
        row.number: same
        for row in rows
        for same in [_same(row, there.get(keys.get(row.number, ""), ()))]
        if same is not None
    }
    wanted = {one.number for at, one in found.items() if world.answer(rules.SAME, at) == "known"}
    facts: Mapping[str, present.Fact] = {}
    if wanted:
        facts = present.students_by_number(actor, wanted, dict(world.known.groups.values()))
    return {
        at: kind.Alike(
            _(
                "Er is al een student met deze naam en geboortedatum of dit e-mailadres: %(who)s.",
                who=one.label,
            ),
            facts.get(one.number),
        )
        for at, one in found.items()
    }


def _key(row: kind.CheckedRow) -> str:
    """The key of the name of this row; "" without a whole name, or without what tells namesakes apart."""
    values = row.values
    if not (values.get("last_name") and values.get("first_name")):
        return ""
    if not (values.get("birth_date") or values.get("email")):
        return ""
    return people.name_key(values["first_name"], values.get("infix", ""), values["last_name"], form=_form)


def _form(*parts: str) -> str:
    """people.search_form of names that were tidied as they were read: most need only small letters."""
    text = " ".join(filter(None, parts))
    return text.casefold() if text.isascii() else people.search_form(text)


def _same(row: kind.CheckedRow, others: Sequence[queries.Namesake]) -> queries.Namesake | None:
    """The first of these who has the birth date or the address of this row, and no other birth date."""
    born, email = row.values.get("birth_date"), row.values.get("email", "").lower()
    for one in others:
        by_birth = born is not None and one.birth_date == born
        by_mail = (
            bool(email) and one.email.lower() == email and (born is None or one.birth_date in (None, born))
        )
        if by_birth or by_mail:
            return one
    return None
