"""Users of the demo school: the accounts, the staff per programme, and who belongs to which programme."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Protocol

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import assoc_user_role
from werkzeug.security import generate_password_hash

from app import models
from app.clock import utc_now
from app.demo import accounts as demo_accounts
from app.demo import bulk, people
from app.demo.offers import Offer
from app.entities.base import db
from app.permissions import Role

COMPANY_ROLES = (Role.COMPANY_SUPERVISOR, Role.COMPANY_EXAMINER)
PER_PROGRAMME = (Role.SCHOOL_SUPERVISOR, Role.COMPANY_SUPERVISOR, Role.SCHOOL_EXAMINER, Role.COMPANY_EXAMINER)
ACCOUNTS_PROGRAMMES = ("25656", "25696")  # where the demo accounts have their students


class Named(Protocol):
    """A person as the demo school's data gives one: an account, staff, a student."""

    @property
    def first_name(self) -> str: ...
    @property
    def infix(self) -> str: ...
    @property
    def last_name(self) -> str: ...
    @property
    def email(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    organisation: str
    email: str


@dataclass
class Team:
    """The people of one programme, per role, in the order in which they are given work."""

    members: dict[Role, list[Person]] = field(default_factory=lambda: {role: [] for role in PER_PROGRAMME})


@dataclass
class Staff:
    """The demo accounts by user name, and a team per programme id."""

    accounts: dict[str, Person]
    teams: dict[int, Team]


def user_row(user_id: int, username: str, who: Named) -> dict[str, Any]:
    """All columns of a user who cannot sign in (yet): no password."""
    now = utc_now()
    plain = now.astimezone(UTC).replace(tzinfo=None)  # the framework's own columns have no time zone
    return {
        "id": user_id,
        "username": username,
        "first_name": who.first_name,
        "infix": who.infix,
        "last_name": who.last_name,
        "email": who.email,
        "password": None,
        "active": True,
        "login_count": 0,
        "fail_login_count": 0,
        "created_on": plain,
        "changed_on": plain,
        "created_by_fk": None,
        "changed_by_fk": None,
        "phone": "",
        "organisation": "",
        "language": "",
        "version": 1,
        "created_at": now,
    }


def role_ids() -> dict[str, int]:
    return {row.name: row.id for row in db.session.execute(sa.select(models.RoleRow.id, models.RoleRow.name))}


def write_users(rows: Iterable[dict[str, Any]], roles: Iterable[tuple[int, int]]) -> None:
    """`roles`: (user id, role id)."""
    bulk.write(models.User, rows)
    bulk.write(assoc_user_role, ({"user_id": user_id, "role_id": role_id} for user_id, role_id in roles))


def write_accounts() -> dict[str, Person]:
    """The eight accounts, the only ones with a password."""
    ids, roles = bulk.new_ids(models.User, len(demo_accounts.ACCOUNTS)), role_ids()
    rows, links, made = [], [], {}
    for user_id, one in zip(ids, demo_accounts.ACCOUNTS, strict=True):
        row = user_row(user_id, one.username, one)
        rows.append(
            {
                **row,
                "password": generate_password_hash(demo_accounts.PASSWORD),
                "organisation": one.organisation,
            }
        )
        links.append((user_id, roles[one.role.value]))
        name = " ".join(part for part in (one.first_name, one.infix, one.last_name) if part)
        made[one.username] = Person(user_id, name, one.organisation, one.email)
    write_users(rows, links)
    return made


def write_staff(offers: Sequence[Offer]) -> Staff:
    """The accounts, somebody per role and programme, and some colleagues for the office and the committee."""
    accounts = write_accounts()
    wanted = [(offer, role) for offer in offers for role in PER_PROGRAMME]
    at_school = [one for one in wanted if one[1] not in COMPANY_ROLES]
    at_work = [one for one in wanted if one[1] in COMPANY_ROLES]
    office = [Role.ADMINISTRATOR, Role.EXAM_COMMITTEE, Role.EXAM_COMMITTEE]
    school_people = people.staff(len(at_school) + len(office))
    work_people = people.staff(len(at_work), domain=f"leerbedrijf.{people.DOMAIN}")
    companies = {offer.crebo: people.companies(offer.crebo, 2) for offer in offers}
    todo: list[tuple[people.DemoStaff, Role, Offer | None, str]] = [
        *((who, role, offer, "") for who, (offer, role) in zip(school_people, at_school, strict=False)),
        *((who, role, None, "") for who, role in zip(school_people[len(at_school) :], office, strict=True)),
        *(
            (who, role, offer, companies[offer.crebo][COMPANY_ROLES.index(role)].name)
            for who, (offer, role) in zip(work_people, at_work, strict=True)
        ),
    ]
    teams = _write_people(todo, offers)
    _place_accounts(accounts, teams, offers)
    return Staff(accounts, teams)


def _write_people(
    todo: Sequence[tuple[people.DemoStaff, Role, Offer | None, str]], offers: Sequence[Offer]
) -> dict[int, Team]:
    ids, roles = bulk.new_ids(models.User, len(todo)), role_ids()
    teams = {offer.id: Team() for offer in offers}
    rows, links, coupled = [], [], []
    for user_id, (who, role, offer, organisation) in zip(ids, todo, strict=True):
        username = who.email.partition("@")[0]
        username = username if role not in COMPANY_ROLES else f"{username}.bedrijf"
        row = user_row(user_id, username, who)
        rows.append({**row, "organisation": organisation})
        links.append((user_id, roles[role.value]))
        if offer is not None:
            name = " ".join(part for part in (who.first_name, who.infix, who.last_name) if part)
            teams[offer.id].members[role].append(Person(user_id, name, organisation, who.email))
            coupled.append({"user_id": user_id, "programme_id": offer.id})
    write_users(rows, links)
    bulk.write(models.user_programme, coupled)
    return teams


def _place_accounts(accounts: dict[str, Person], teams: dict[int, Team], offers: Sequence[Offer]) -> None:
    """The accounts come first in the teams of their programmes."""
    coupled = []
    for offer in offers:
        if offer.crebo not in ACCOUNTS_PROGRAMMES:
            continue
        for one in demo_accounts.ACCOUNTS:
            if one.role in PER_PROGRAMME:
                teams[offer.id].members[one.role].insert(0, accounts[one.username])
                coupled.append({"user_id": accounts[one.username].id, "programme_id": offer.id})
    bulk.write(models.user_programme, coupled)
