"""What the scenes share: their register, and the world that they play in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from app.actions.base.action import REGISTRY
from app.actions.base.runner import run
from app.entities.base import db
from app.entities.users import User
from app.permissions import SYSTEM, Actor, Role, actor_of
from tests.factories import refresh
from tests.support.world import World


@dataclass(frozen=True)
class Stage:
    world: World
    patch: pytest.MonkeyPatch

    @property
    def admin(self) -> Actor:
        return self.actor(Role.ADMINISTRATOR)

    def actor(self, role: Role) -> Actor:
        return actor_of(self.world.user(role))

    def user(self, role: Role = Role.COMPANY_SUPERVISOR) -> User:
        return self.world.user(role)

    def run(self, name: str, /, *ids: int, actor: Actor | None = None, **data: Any) -> Any:
        """Run the action of this name; the system does it when nobody is named."""
        outcome = run(REGISTRY[name], actor or SYSTEM, list(ids) if REGISTRY[name].on else None, **data)
        refresh()
        return outcome

    def one(self, model: Any, row_id: int) -> Any:
        return db.session.get_one(model, row_id)


Scene = Callable[[Stage], object]
SCENES: dict[str, Scene] = {}


def scene(name: str) -> Callable[[Scene], Scene]:
    """The scene in which the action of this name changes something."""

    def keep(play: Scene) -> Scene:
        assert name not in SCENES, name
        SCENES[name] = play
        return play

    return keep
