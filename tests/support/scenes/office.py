"""Scenes on users, the library, updates, mails and what runs by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import PermissionView, assoc_permissionview_role
from sqlalchemy import delete, update

from app.actions.base import anchor_file
from app.actions.library.files import check_upload
from app.catalogue import CATALOGUE, load
from app.database import empty_database, prepare
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.invitations import Invitation
from app.entities.library import LibraryDocument
from app.entities.mail import OutboxMail
from app.entities.programmes import Programme
from app.permissions import Role
from app.queries.library.library import order_of, shelf
from app.views import menu_permissions
from tests.factories import make_programme, make_user
from tests.support import clock
from tests.support.guests import make_invited
from tests.support.scenes.stage import Stage, scene

PERSON: dict[str, Any] = {
    "first_name": "Jan",
    "infix": "de",
    "last_name": "Boer",
    "email": "jan@example.nl",
    "organisation": "Zorgplein",
    "phone": "06 12345678",
}
PDF = b"%PDF-1.4\n%%EOF\n"


@scene("add_user")
def _add_user(s: Stage) -> None:
    roles: dict[str, Any] = {"roles": ["school_examiner"], "programmes": [make_programme().id]}
    s.run("add_user", actor=s.admin, **PERSON, **roles, username="jdboer", send_code=True)
    nobody: dict[str, Any] = {**PERSON, "email": "", "username": "ans.zonder"}
    s.run("add_user", actor=s.admin, **nobody, roles=["company_supervisor"])


@scene("edit_user")
def _edit_user(s: Stage) -> None:
    user = make_user("school_examiner", organisation="Oud", phone="020")
    roles = ["company_examiner", "company_supervisor"]
    s.run("edit_user", user.id, version=1, **PERSON, username="jdboer", roles=roles)


@scene("create_administrator")
def _create_administrator(s: Stage) -> None:
    given: dict[str, Any] = {name: PERSON[name] for name in ("first_name", "infix", "last_name", "email")}
    s.run("create_administrator", **given, username="jdboer", password="vier woorden samen zijn lang")


@scene("create_supplier")
def _create_supplier(s: Stage) -> None:
    given: dict[str, Any] = {name: PERSON[name] for name in ("first_name", "infix", "last_name", "email")}
    s.run("create_supplier", **given, username="jdboer", password="vier woorden samen zijn lang")


@scene("couple_to_programmes")
def _couple_to_programmes(s: Stage) -> None:
    """To two, of which each user has one already."""
    first, second = make_programme(), make_programme()
    users = [make_user("school_examiner", programmes=[one]).id for one in (first, second)]
    s.run("couple_to_programmes", *users, s.user().id, programmes=[first.id, second.id])


@scene("uncouple_from_programmes")
def _uncouple_from_programmes(s: Stage) -> None:
    """From two, of which each user has one."""
    first, second = make_programme(), make_programme()
    users = [make_user("school_examiner", programmes=[one]).id for one in (first, second)]
    s.run("uncouple_from_programmes", *users, programmes=[first.id, second.id])


@scene("deactivate_users")
def _deactivate_users(s: Stage) -> None:
    s.run("deactivate_users", s.user().id)


@scene("reactivate_users")
def _reactivate_users(s: Stage) -> None:
    s.run("deactivate_users", s.user().id)
    s.run("reactivate_users", s.user().id)


@scene("view_as")
def _view_as(s: Stage) -> None:
    session = s.world.own[f"session of {Role.ADMINISTRATOR}"]
    s.run("view_as", s.user().id, actor=s.admin, session_id=session)


@scene("stop_viewing")
def _stop_viewing(s: Stage) -> None:
    from app.rules.viewing import Over

    session = s.world.own[f"session of {Role.ADMINISTRATOR}"]
    s.run("view_as", s.user().id, actor=s.admin, session_id=session)
    s.run("stop_viewing", session_id=session, why=Over.BY_HAND)


@scene("generate_roles")
def _generate_roles(s: Stage) -> None:
    with transaction():
        db.session.execute(delete(assoc_permissionview_role))
        db.session.execute(delete(PermissionView))
    s.run("generate_roles", menu=menu_permissions())


# -- the catalogue and the demo school


@scene("load_catalogue")
def _load_catalogue(s: Stage) -> None:
    s.run("load_catalogue")
    catalogue = load(CATALOGUE)
    first, *others = catalogue.programmes
    renamed = replace(first, name="Anders genoemd", level=1 if first.level != 1 else 2)
    s.run("load_catalogue", catalogue=replace(catalogue, programmes=(renamed, *others)))
    assert db.session.query(Programme).filter_by(name="Anders genoemd").count()


@scene("load_demo_school")
def _load_demo_school(s: Stage) -> None:
    empty_database()
    anchor_file.forget()
    prepare()
    s.run("load_catalogue")
    s.run("load_demo_school")


# -- the library and the updates


@scene("upload_document")
def _upload_document(s: Stage) -> None:
    roles = ["student", "school_examiner"]
    upload = check_upload("handleiding.pdf", PDF)
    s.run("upload_document", actor=s.admin, upload=upload, title="Handleiding", roles=roles)


@scene("change_document")
def _change_document(s: Stage) -> None:
    given: dict[str, Any] = {"title": "Anders", "roles": ["student"]}
    upload = check_upload("eerste.pdf", PDF)
    roles = ["school_examiner", "student"]
    made = s.run("upload_document", actor=s.admin, upload=upload, title="Eerste", roles=roles).goto
    s.run("change_document", made, version=1, **given)


@scene("move_document")
def _move_document(s: Stage) -> None:
    upload = check_upload("tweede.pdf", PDF)
    s.run("upload_document", actor=s.admin, upload=upload, title="Tweede", roles=["student"])
    seen = order_of(one.id for one in shelf(s.admin, Role.STUDENT))
    s.run("move_document", s.world.own["document"], role="student", direction="down", seen=seen)


@scene("remove_document")
def _remove_document(s: Stage) -> None:
    s.run("remove_document", s.world.own["document"])
    assert s.one(LibraryDocument, s.world.own["document"]).removed_at is not None


@scene("add_update")
def _add_update(s: Stage) -> None:
    s.run("add_update", title="Nieuw", published_on=clock.today(), body="Er is iets nieuws.")


@scene("change_update")
def _change_update(s: Stage) -> None:
    day = clock.today() - timedelta(days=1)
    given: dict[str, Any] = {"title": "Anders", "published_on": day, "body": "Er is iets anders."}
    s.run("change_update", s.world.own["update"], version=1, **given)


@scene("mark_update_read")
def _mark_update_read(s: Stage) -> None:
    s.run("mark_update_read", s.world.own["update"], actor=s.admin, seen={s.world.own["update"]: 1})


@scene("mark_all_updates_read")
def _mark_all_updates_read(s: Stage) -> None:
    s.run("mark_all_updates_read", actor=s.admin, seen={s.world.own["update"]: 1})


# -- mails


def _failed(s: Stage) -> int:
    with transaction():
        mine = OutboxMail.id == s.world.own["mail"]
        db.session.execute(update(OutboxMail).where(mine).values(state="failed", purpose="invitation"))
    return s.world.own["mail"]


@scene("send_again")
def _send_again(s: Stage) -> None:
    s.run("send_again", _failed(s))


@scene("send_user_sample")
def _send_user_sample(s: Stage) -> None:
    s.run("send_user_sample", actor=s.admin, role="student", language="nl")


@scene("send_student_sample")
def _send_student_sample(s: Stage) -> None:
    s.run("send_student_sample", actor=s.admin, role="student", language="nl")


@scene("claim_mails")
def _claim_mails(s: Stage) -> None:
    assert s.run("claim_mails", sender="a").ids


@scene("note_sent")
def _note_sent(s: Stage) -> None:
    s.run("claim_mails", sender="a")
    s.run("note_sent", mail_id=s.world.own["mail"], sender="a")


@scene("note_failed")
def _note_failed(s: Stage) -> None:
    s.run("claim_mails", sender="a")
    told: dict[str, Any] = {"failure": "refused", "detail": "550", "lasting": True}
    s.run("note_failed", mail_id=s.world.own["mail"], sender="a", **told)


@scene("note_cancelled")
def _note_cancelled(s: Stage) -> None:
    s.run("claim_mails", sender="a")
    s.run("note_cancelled", mail_id=s.world.own["mail"], sender="a")


# -- what runs by itself


@scene("forget_outdated")
def _forget_outdated(s: Stage) -> None:
    invited = make_invited()
    long_ago = clock.now() - timedelta(days=800)
    with transaction():
        mine = Invitation.user_id == invited.guest
        db.session.execute(update(Invitation).where(mine).values(withdrawn_at=long_ago))
        db.session.execute(update(OutboxMail).values(state="sent", created_at=long_ago))
    s.run("forget_outdated")


@scene("begin_anchor")
def _begin_anchor(s: Stage) -> None:
    empty_database()
    anchor_file.forget()
    prepare()  # it begins the anchor
    assert anchor_file.place().exists(), s


@scene("accept_trail")
def _accept_trail(s: Stage) -> None:
    anchor_file.place().unlink()
    s.run("accept_trail", reason="Back-up teruggezet")


@scene("note_restore")
def _note_restore(s: Stage) -> None:
    s.run("note_restore", made_at=clock.now(), held=7)
