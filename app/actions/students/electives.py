"""What becomes of the planned exams of electives when their students are uncoupled from a programme."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from app.queries.planning import present
from app.queries.planning.electives import planned_electives

NAMED = 5


@dataclass(frozen=True)
class Losing:
    """Which registrations lose the examiners of a programme, and that in a sentence; "" for none."""

    registrations: Sequence[int] = ()
    told: str = ""


def losing_examiners(students: Sequence[int]) -> Losing:
    """The planned exams of electives of these students, who were just uncoupled from a programme.

    Whoever was put there stays. Two queries, or none without students.
    """
    found = planned_electives(students) if students else ()
    if not found:
        return Losing()
    ids = [id_ for id_, _coupled in found]
    names = list(present.labels_of(ids[:NAMED]).values())
    if len(ids) > NAMED:
        names.append(_("en nog %(count)s", count=len(ids) - NAMED))
    told = ngettext(
        "%(num)s gepland examen van een keuzedeel verliest de examinatoren van deze opleiding: %(exams)s.",
        "%(num)s geplande examens van keuzedelen verliezen de examinatoren van deze opleiding: %(exams)s.",
        len(ids),
        exams="; ".join(names),
    )
    stays = _("Wie daar al examineert, blijft.")
    alone = _(
        "Voor wie geen andere opleiding volgt, is daarna niemand anders te kiezen: koppel die student eerst "
        "aan een andere opleiding."
    )
    return Losing(ids, " ".join([told, stays, *([] if all(follows for _id, follows in found) else [alone])]))
