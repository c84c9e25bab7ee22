"""Tab Gebruikers (manual, step 3), and the outbox of mails to them."""

from __future__ import annotations

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _l

from app.entities.mail import OutboxMail
from app.entities.users import User
from app.pages.base.lists import ListColumn, ListPage
from app.permissions import Permission
from app.theme.widgets import Cell


class UsersPage(ListPage):
    datamodel = SQLAInterface(User)
    route_base = "/gebruikers"
    permission = Permission.USERS_SEE
    title = _l("Gebruikers")
    has_show = False
    columns = (ListColumn("name", _l("Naam"), lambda u: Cell(u.full_name), order=User.last_name),)


class OutboxPage(ListPage):
    datamodel = SQLAInterface(OutboxMail)
    route_base = "/postvak-uit"
    permission = Permission.OUTBOX_SEE
    title = _l("Postvak uit")
    has_show = False
    columns = (ListColumn("subject", _l("Onderwerp"), lambda m: Cell(m.subject)),)
