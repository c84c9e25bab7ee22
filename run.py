"""WSGI entry and commands: `python run.py serve | prepare | demo-reset`, `flask --app run <command>`."""

from __future__ import annotations

from flask.cli import FlaskGroup

from startup import start_up

with start_up():
    from app import create_app
    from app.commands import register_commands

    app = create_app()
    register_commands(app)

if __name__ == "__main__":
    FlaskGroup(create_app=lambda: app, add_default_commands=False).main(prog_name="run.py")
