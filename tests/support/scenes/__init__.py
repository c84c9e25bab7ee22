"""A scene for every action: it lays out what the action needs, and runs it so that it changes something."""

from __future__ import annotations

from tests.support.scenes import access, examining, imports, meanwhile, office, students
from tests.support.scenes.meanwhile import MEANWHILE, Asked
from tests.support.scenes.stage import SCENES, Stage

__all__ = [
    "MEANWHILE",
    "SCENES",
    "Asked",
    "Stage",
    "access",
    "examining",
    "imports",
    "meanwhile",
    "office",
    "students",
]
