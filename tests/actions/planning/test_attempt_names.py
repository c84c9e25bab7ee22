"""A registration and its result are named by exam and attempt in words: "kans 1", never "(1)"."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask
from flask_babel import force_locale

from app.actions.assessment.adoption import record_adoption
from app.actions.base.runner import preview
from app.entities.assessment import Result
from app.entities.base import db
from app.entities.planning import Registration
from app.school import current_school
from tests.support.resit import make_resit

BARE = re.compile(r"\(\{[\w.]*\battempt\}\)|\(%\(attempt\)s\)")
APP = Path(__file__).parents[3] / "app"


def test_it_says_which_attempt_in_the_readers_language(app: Flask) -> None:
    resit = make_resit()
    registration = db.session.get_one(Registration, resit.attempt(1).id)
    result = db.session.query(Result).filter_by(registration_id=registration.id).one()
    named = f"{registration.student.full_name}, {registration.exam.title}"
    assert str(registration) == str(result) == f"{named}, kans 1"
    with force_locale("en"):
        assert str(registration) == f"{named}, attempt 1"
    told = preview(record_adoption, resit.office, [result.id], decided_on=current_school().today()).names
    assert told == [f"{named}, kans 1"]


def test_no_name_holds_the_bare_number() -> None:
    found = [path.name for path in APP.rglob("*.py") if BARE.search(path.read_text(encoding="utf-8"))]
    assert found == []
    assert BARE.search('f"{self.exam.title} ({self.attempt})"')
