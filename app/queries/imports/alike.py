"""Students who may be the ones that a file names by another number: zeros before it, or the same name."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import text_set
from app.permissions import Actor, Permission, visible
from app.rules import people


@dataclass(frozen=True)
class Namesake:
    """A student with a name that the file has too."""

    number: str
    label: str
    birth_date: date | None
    email: str


def bare(number: str) -> str:
    """The number without the zeros before it, when it is digits alone; two with the same are one number."""
    return number.lstrip("0") if number[:1] == "0" and number.isascii() and number.isdigit() else number


def but_for_zeros(
    actor: Actor, permission: Permission, numbers: Collection[str]
) -> Mapping[str, Sequence[str]]:
    """Number of the file -> the numbers of students that differ from it only in the zeros before them.

    At most two queries; one for a school whose numbers all have as many digits as those in the file.
    """
    digits = {number: bare(number) for number in numbers if number.isascii() and number.isdigit()}
    lengths = _lengths() if digits else set()
    meant = {
        other
        for number, rest in digits.items()
        for length in lengths
        if len(rest) <= length != len(number) and (other := rest.rjust(length, "0"))
    }
    if not meant:
        return {}
    found: dict[str, list[str]] = {}
    for number in db.session.scalars(
        visible(actor, models.Student, permission)
        .with_only_columns(models.Student.number)
        .where(models.Student.number.in_(text_set(sorted(meant))))
        .order_by(models.Student.number)
    ):
        found.setdefault(bare(number), []).append(number)
    pairs = {number: [one for one in found.get(rest, ()) if one != number] for number, rest in digits.items()}
    return {number: others for number, others in pairs.items() if others}


def _lengths() -> set[int]:
    """How many digits the numbers of students have. The index on them answers this."""
    begun = (models.Student.number >= "0", models.Student.number < ":")  # the sign after the 9
    return set(db.session.scalars(sa.select(sa.func.length(models.Student.number)).where(*begun).distinct()))


def namesakes(
    actor: Actor, permission: Permission, keys: Collection[str]
) -> Mapping[str, Sequence[Namesake]]:
    """Key of a name (people.name_key) -> the students with that name. One query."""
    rows = db.session.execute(
        visible(actor, models.Student, permission)
        .with_only_columns(
            models.Student.name_key,
            models.Student.number,
            models.Student.first_name,
            models.Student.infix,
            models.Student.last_name,
            models.Student.birth_date,
            models.Student.email,
        )
        .where(models.Student.name_key.in_(text_set(list(keys))))
        .order_by(models.Student.name_key, models.Student.id)
    )
    found: dict[str, list[Namesake]] = {}
    for row in rows:
        name = people.sort_name(row.first_name, row.infix, row.last_name)
        one = Namesake(row.number, f"{name} ({row.number})", row.birth_date, row.email)
        found.setdefault(row.name_key, []).append(one)
    return found
