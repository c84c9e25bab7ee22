"""WSGI entry and commands: `python run.py serve | prepare | demo-reset`, `flask --app run <command>`."""

from __future__ import annotations

from startup import start_up

with start_up():
    from app import create_app
    from app.commands import Commands, register_commands
    from app.errors import ProeveError

    try:
        app = create_app()
    except ProeveError as error:  # a file of the school is wrong; its language isn't known yet, so in Dutch
        raise SystemExit(str(error)) from None
    register_commands(app)

if __name__ == "__main__":
    Commands(create_app=lambda: app, add_default_commands=False).main(prog_name="run.py")
