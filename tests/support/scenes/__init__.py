"""A scene for every action: it lays out what the action needs, and runs it so that it changes something."""

from __future__ import annotations

from tests.support.scenes import access, examining, imports, office, students
from tests.support.scenes.stage import SCENES, Stage

__all__ = ["SCENES", "Stage", "access", "examining", "imports", "office", "students"]
