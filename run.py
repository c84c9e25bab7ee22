"""WSGI entry and commands: `python run.py serve | prepare | demo-reset`, `flask --app run <command>`."""

from __future__ import annotations

import gc

from flask import Flask
from flask.cli import FlaskGroup


def _ready() -> Flask:
    """Starting makes half a million objects that stay: looking for what can go took a third of its time.

    Set apart for good, they are not looked at later either (a fifth of what checking an import cost), and
    workers go on sharing their memory.
    """
    gc.disable()
    from app import create_app
    from app.commands import register_commands

    made = create_app()
    register_commands(made)
    gc.freeze()
    gc.enable()
    return made


app = _ready()

if __name__ == "__main__":
    FlaskGroup(create_app=lambda: app, add_default_commands=False).main(prog_name="run.py")
