"""WSGI entry and commands: `python run.py serve | prepare | demo-reset`, `flask --app run <command>`."""

from __future__ import annotations

import sys

from private import disk_told
from startup import start_up

with start_up(), disk_told():
    from app import create_app
    from app.backup.occupied import keep_shared
    from app.commands import Commands, register_commands
    from app.errors import ProeveError
    from app.new_school import BEFORE_A_SCHOOL
    from app.restore import restore
    from app.serving import check_place

    # These commands begin where there is no school yet.
    first = {**BEFORE_A_SCHOOL, "restore": restore}
    begun = first.get(sys.argv[1]) if __name__ == "__main__" and len(sys.argv) > 1 else None
    if begun is None:
        try:
            app = create_app(before=check_place if sys.argv[1:2] == ["serve"] else None)
            if __name__ != "__main__":  # a server of somebody else, which runs no command of ours
                keep_shared(app.extensions["proeve_settings"])
        except ProeveError as error:  # a file of the school is wrong; its language isn't known, so in Dutch
            raise SystemExit(str(error)) from None
        register_commands(app)

with disk_told():
    if begun is not None:
        begun.main(args=sys.argv[2:], prog_name=f"run.py {begun.name}")
    elif __name__ == "__main__":
        commands = Commands(before=first, create_app=lambda: app, add_default_commands=False)
        commands.main(prog_name="run.py")
