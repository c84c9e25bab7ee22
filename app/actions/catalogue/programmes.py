"""Opleidingen: the supplier loads the catalogue into a school."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base
from app.actions.catalogue.catalogue_rows import CatalogueWriter
from app.catalogue import CATALOGUE, load
from app.catalogue_data import Catalogue
from app.entities.base import db
from app.permissions import Actor, Permission
from app.rules.text import N_

SAME_VERSION = N_(
    "De inhoud is gewijzigd, maar de versie niet. Geef het examen een hogere versie; "
    "wat er staat, blijft zoals het is."
)


@base.action(
    _l("Catalogus laden"),
    permission=Permission.PROGRAMMES_LOAD,
    changes=models.SystemUpdate,
    confirm=True,
    submit=_l("Catalogus laden"),
    intro=_l(
        "Opleidingen, keuzedelen en examens worden bijgewerkt. Een examen dat er al is, verandert niet."
    ),
)
def load_catalogue(actor: Actor, *, catalogue: Catalogue | None = None) -> base.Outcome:
    """Load the catalogue (default: this installation's files) into the school. Twice is the same as once.

    Programmes and electives and their parts are brought up to date; nothing is removed. An existing version
    of an exam never changes: a higher version is added and becomes the current one.
    Raises DataFileError for a wrong file.
    """
    writer = CatalogueWriter(catalogue or load(CATALOGUE))
    writer.write()
    db.session.flush()
    done = writer.new + writer.changed
    return base.Outcome(
        done=done,
        unchanged=writer.unchanged,
        refused=[base.Refused(label, _(SAME_VERSION)) for label in writer.tampered],
        summary=(
            _(
                "Catalogus geladen: %(new)s nieuw, %(changed)s gewijzigd.",
                new=writer.new,
                changed=writer.changed,
            )
            if done
            else _("De catalogus was al geladen: 0 nieuw.")
        ),
        names=[str(exam) for exam in writer.new_exams[:10]],
        ids=[exam.id for exam in writer.new_exams],
        object_type="Exam",
        also={"SystemUpdate": writer.rewritten},
        rests_on=[writer.made, writer.told, [(exam.key, exam.version) for exam in writer.new_exams]],
        details={
            **({"made": writer.made} if writer.made else {}),
            **({"changes": writer.told} if writer.told else {}),
            **{exam.key: [None, exam.version] for exam in writer.new_exams},
        },
    )
