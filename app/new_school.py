"""`run.py new-school NAME`: from nothing to a school that can start.

It writes the least that a school.toml must hold, prepares the database, loads the catalogue, and makes the
first administrator and, if wanted, a supplier. A second time what is there stays as it is. It begins before
there is a school, so its own questions are in Dutch; the rest speaks the school's language.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import commands, create_app, database, errors, models
from app.actions import base as actions
from app.actions.catalogue.programmes import load_catalogue
from app.backup import occupied
from app.entities.base import db
from app.mail.own_texts import load_own_texts
from app.permissions import SYSTEM, Role
from app.queries.users.users import with_role
from app.rules.cleaning import clean
from app.school import FILE, LANGUAGES, School, load_school
from app.serving import AS_ROOT, demo_values, runs_as_root
from config import Settings
from environment import NAME, refuse_unknown

HEAD = (
    _l("De instellingen van deze school. Wat hier niet staat, heeft een veilige waarde."),
    _l("Alle instellingen, met uitleg: schools/demo/school.toml. Na een wijziging start u Proeve opnieuw."),
)
ASKED = {
    "title": _l("Naam van de school"),
    "supplier_name": _l("Leverancier van examens: naam"),
    "supplier_email": _l("Leverancier van examens: e-mailadres"),
    "sender": _l("Afzender van mails (e-mailadres)"),
}
PERSON = ("first_name", "infix", "last_name", "email", "username", "password")


def _name(_context: click.Context, _param: click.Parameter, value: str) -> str:
    if not NAME.fullmatch(value):
        raise click.BadParameter(_("Alleen letters, cijfers, - en _: de naam van een map."))
    return value


@click.command("new-school")
@click.argument("name", callback=_name)
@click.option("--title", help=ASKED["title"])
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="nl", show_default=True)
@click.option("--sender", help=ASKED["sender"])
@click.option("--supplier-name", help=ASKED["supplier_name"])
@click.option("--supplier-email", help=ASKED["supplier_email"])
@click.option("--supplier-phone", default="", help=_l("Leverancier van examens: telefoon"))
@click.option("--first-name", help=_l("Beheerder: voornaam"))
@click.option("--infix", help=_l("Beheerder: tussenvoegsel"))
@click.option("--last-name", help=_l("Beheerder: achternaam"))
@click.option("--email", help=_l("Beheerder: e-mailadres"))
@click.option("--username", help=_l("Beheerder: gebruikersnaam"))
@click.option(
    "--password",
    help=_l("Beheerder: wachtwoord (beter is een bestand, of het in te typen als ernaar gevraagd wordt)"),
)
@commands.password_file_option
@click.option("--supplier/--no-supplier", default=None, help=_l("Ook een account voor de leverancier maken"))
def new_school(name: str, **given: Any) -> None:
    """Make a school: its folder, its database, its catalogue and its first administrator."""
    os.environ["PROEVE_SCHOOL"] = name
    settings = Settings()
    try:
        occupied.refuse_half(settings)
        _write_folder(settings.school_folder, given)
        _refuse_demo(load_school(settings.school_folder))
        app = create_app(settings)
    except errors.ProeveError as error:
        raise click.ClickException(str(error)) from None
    commands.register_commands(app)
    with app.app_context(), commands.told(), commands.reached(), occupied.shared(settings):
        database.prepare()
        click.echo(actions.run(load_catalogue, SYSTEM).summary)
        _first_user(Role.ADMINISTRATOR, commands.create_administrator_command, given)
        if _wants_supplier(given["supplier"]):
            _supplier(settings)
        click.echo(_next(settings))


def _write_folder(folder: Path, given: Mapping[str, Any]) -> None:
    """Make the school's folder with its school.toml; what is wrong in it is asked again or refused."""
    path = folder / FILE
    if path.exists():
        click.echo(_("%(file)s is er al en blijft zoals het is.", file=path))
        return
    if folder.exists() and not folder.is_dir():
        raise click.ClickException(
            _("%(folder)s is er al en is geen map. Kies een andere naam.", folder=folder)
        )
    answers = _answers(given)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = _(
            "%(folder)s is niet te maken (%(why)s). Kijk of PROEVE_SCHOOLS klopt.",
            folder=folder,
            why=error.strerror,
        )
        raise click.ClickException(why) from None
    try:
        path.write_text(_toml({**given, **answers}), encoding="utf-8")
        _refuse_demo(load_school(folder))
    except BaseException as error:  # whatever happened: half a file would be taken for the school's own
        path.unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()
        if isinstance(error, errors.ProeveError):  # the file that it names is gone again
            params = {**error.params, "file": _("Uw antwoord")}
            raise click.ClickException(_(error.message, **params)) from None
        raise
    click.echo(_("Gemaakt: %(file)s", file=path))


def _answers(given: Mapping[str, Any]) -> dict[str, str]:
    """Ask what was not given. ClickException: there is nobody to ask."""
    answers = {key: given[key] for key in ASKED}
    try:
        for key, asked in ASKED.items():
            answers[key] = answers[key] or click.prompt(str(asked))
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise click.ClickException(commands.missing([key for key in ASKED if not answers[key]])) from None
    return answers


def _refuse_demo(school: School) -> None:
    """ClickException for a school that `serve` would refuse: better now than when all is filled in."""
    if school.demo:
        raise click.ClickException(
            _("%(name)s is een demoschool (demo = true). Kies een andere naam.", name=school.key)
        )
    if left := demo_values(school):
        raise click.ClickException("\n".join(str(one) for one in left))


def _toml(answers: Mapping[str, Any]) -> str:
    tables: Mapping[str, Sequence[tuple[str, str]]] = {
        "": [("name", answers["title"]), ("language", answers["language"])],
        "supplier": [
            ("name", answers["supplier_name"]),
            ("email", answers["supplier_email"]),
            ("phone", answers["supplier_phone"]),
        ],
        "mail": [("sender", answers["sender"])],
    }
    lines = [*(f"# {one}" for one in HEAD), ""]
    for table, pairs in tables.items():
        lines += [f"\n[{table}]"] if table else []
        lines += [f"{key} = {_quoted(value)}" for key, value in pairs if value]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    """A text as TOML writes it: JSON's way of quoting is TOML's too, but for DEL, which nobody can see."""
    return json.dumps(clean(value), ensure_ascii=False)


def _first_user(role: Role, command: click.Command, given: Mapping[str, Any]) -> None:
    """Make the first user with this role by its own command, which asks what was not given."""
    if db.session.scalar(sa.select(models.User.id).where(with_role(role)).limit(1)) is not None:
        click.echo(_("Er is al een account met de rol %(role)s.", role=_(role.label)))
        return
    click.echo(_("Een account met de rol %(role)s.", role=_(role.label)))
    known = {key: given.get(key) for key in PERSON}
    if file := given.get("password_file"):
        known["password"] = file.readline().rstrip("\r\n")
    chosen = [f"--{key.replace('_', '-')}={value}" for key, value in known.items() if value is not None]
    command.main(args=chosen, prog_name="", standalone_mode=False)


def _supplier(settings: Settings) -> None:
    """Make a supplier, whom no option describes. ClickException that names the command for it."""
    try:
        _first_user(Role.SUPPLIER, commands.create_supplier_command, {})
    except click.ClickException as error:
        if sys.stdin.isatty():
            raise
        told = _(
            "De school en de beheerder zijn klaar. Alleen de leverancier is niet gemaakt; doe dat zo: "
            "PROEVE_SCHOOL=%(school)s .venv/bin/python run.py create-supplier (%(why)s)",
            school=settings.school,
            why=error.message,
        )
        raise click.ClickException(told) from None


def _wants_supplier(said: bool | None) -> bool:
    if said is not None:
        return said
    return sys.stdin.isatty() and _agrees(_("Ook een account voor de leverancier maken?"))


def _agrees(question: str) -> bool:
    """Ask; an empty answer is no. In Dutch, with the words that people use: click knows y and n alone."""
    words = {"j": True, "ja": True, "y": True, "yes": True, "n": False, "nee": False, "no": False}
    hint = _("[j/N]")
    asked = click.prompt(
        f"{question} {hint}",
        default="n",
        show_default=False,
        type=click.Choice(list(words), case_sensitive=False),
        show_choices=False,
    )
    return words[asked]


def _next(settings: Settings) -> str:
    lines = [
        _("Klaar. Start de school zo, met dezelfde instellingen, achter een proxy met TLS:"),
        "",
        f"  PROEVE_SCHOOL={settings.school} PROEVE_HOSTS=examens.school.nl PROEVE_TLS=1 PROEVE_PROXIES=1 \\",
        "  .venv/bin/python run.py serve",
        "",
        _("Daarna meldt de beheerder zich aan. Start wijst stap voor stap wat er te doen is."),
    ]
    return "\n".join(lines)


@click.command("check-school")
@click.argument("name", callback=_name)
def check_school(name: str) -> None:
    """Check the settings of a school without starting it; nothing is made or changed."""
    os.environ["PROEVE_SCHOOL"] = name
    settings = Settings()
    try:
        occupied.refuse_half(settings)
        school = load_school(settings.school_folder)
        load_own_texts(settings.school_folder / "mail")
    except errors.ProeveError as error:
        raise click.ClickException(str(error)) from None
    refuse_unknown()
    if left := demo_values(school):
        raise click.ClickException("\n".join(str(one) for one in left))
    if not school.demo and runs_as_root():
        click.echo(_(AS_ROOT), err=True)
    click.echo(_("%(file)s is in orde: %(name)s.", file=settings.school_folder / FILE, name=school.name))


BEFORE_A_SCHOOL: Mapping[str, click.Command] = {
    str(command.name): command for command in (new_school, check_school)
}
