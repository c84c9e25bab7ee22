"""What is found of the trail's end, in words: the same on the page of the check and at a terminal."""

from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _

from app.actions.base.anchor import End, Finding
from app.actions.base.wording import say
from app.rules.text import N_, Reason
from app.school import current_school

ACCEPT = N_(
    "Is er een back-up teruggezet, of ging het bestand verloren? Dan legt een beheerder van de server een "
    'nieuw anker: run.py accept-trail --reason "…". Anders: meld dit aan uw leverancier en wijzig niets.'
)
SENTENCES = {
    End.OLDER: N_(
        "De database is ouder dan het anker: de laatste %(missing)s regels van het logboek ontbreken. "
        "Het anker hield er %(count)s."
    ),
    End.CUT: N_(
        "De laatste %(missing)s regels van het logboek zijn weggehaald: wat bij die regels hoort, staat nog "
        "in de database. Het anker hield er %(count)s."
    ),
    End.OTHER: N_(
        "De laatste regels van het logboek zijn andere dan die van het anker: er zijn regels weggehaald of "
        "veranderd, of in een oudere database is verder gewerkt. Het anker hield er %(count)s."
    ),
    End.MISSING: N_("Het anker ontbreekt: het bestand %(place)s is weg."),
    End.FORGED: N_("Het anker is niet echt: iemand wijzigde %(place)s, of de sleutel van de school is weg."),
    End.FOREIGN: N_("Het anker is van een andere school: %(place)s."),
    End.UNREADABLE: N_("Het anker is niet te lezen (%(reason)s): %(place)s."),
    End.BEHIND: N_(
        "Het anker loopt %(behind)s regels achter, want het is niet te schrijven (%(reason)s): %(place)s."
    ),
}
HASH_SHOWN = 16  # characters: enough to note on paper


def wrong(found: Finding) -> list[str]:
    """The sentences that say what is wrong and what to do; none when the end is held."""
    sentence = say_end(found)
    if not sentence:
        return []
    return [sentence] if found.end is End.BEHIND else [sentence, _(ACCEPT)]


def say_end(found: Finding) -> str:
    """What is wrong with the end of the trail, in one sentence; "" when it is held."""
    values: dict[str, Any] = {
        "missing": found.missing,
        "behind": found.behind,
        "count": found.anchor.count if found.anchor else 0,
        "place": str(found.place),
        "reason": found.reason,
    }
    return say(Reason(SENTENCES.get(found.end, ""), values))


def held(found: Finding) -> str:
    """What the anchor holds, since when, and where its file is. "" without an anchor."""
    anchor, local = found.anchor, current_school().local
    if anchor is None:
        return ""
    return _(
        "Het anker houdt %(count)s regels vast, sinds %(since)s; de laatste (%(hash)s) op %(at)s. "
        "Bestand: %(place)s",
        count=format_decimal(anchor.count),
        since=f"{local(anchor.since):%d-%m-%Y %H:%M}",
        hash=anchor.hash[:HASH_SHOWN],
        at=f"{local(anchor.at):%d-%m-%Y %H:%M:%S}",
        place=found.place,
    )
