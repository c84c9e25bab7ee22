"""Makes believable rows, one call each; every argument can be given, none must.

Everything is written in a transaction of its own, so a test reads as: make, act, look.
"""

from __future__ import annotations

from tests.factories.base import at_once, refresh, save
from tests.factories.exams import make_elective, make_exam, make_programme
from tests.factories.factors import app_code, make_app, make_passkey, make_recovery_codes
from tests.factories.planning import make_registration, make_sitting
from tests.factories.students import enrol, make_group, make_student, supervise
from tests.factories.users import make_user

__all__ = [
    "app_code",
    "at_once",
    "enrol",
    "make_app",
    "make_elective",
    "make_exam",
    "make_group",
    "make_passkey",
    "make_programme",
    "make_recovery_codes",
    "make_registration",
    "make_sitting",
    "make_student",
    "make_user",
    "refresh",
    "save",
    "supervise",
]
