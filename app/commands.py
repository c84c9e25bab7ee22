"""The command line: prepare a school's database, serve it, put the demo school back, send mail, and more."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from types import MappingProxyType
from typing import Any, TypeVar

import click
import flask
import sqlalchemy as sa
from flask.cli import FlaskGroup
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_migrate import Migrate
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError

import private
from app import errors, models, serving
from app.actions import base as actions
from app.actions.access.factor_reset import reset_second_factor
from app.actions.access.resealing import seal_anew
from app.actions.catalogue.programmes import load_catalogue
from app.actions.school import demo
from app.actions.school.retention import forget_outdated
from app.actions.trail import anchor
from app.actions.users.setup import create_administrator, create_supplier
from app.backup import occupied, sqlite, terminal
from app.database import empty_database, load_demo, prepare
from app.entities.base import db
from app.imports.work import work_all
from app.mailer import send_all, send_until_stopped
from app.permissions import SYSTEM
from app.queries.users.users import by_sign_in_name
from app.rules.cleaning import clean
from app.school import current_school
from config import ROOT, Settings, new_key

F = TypeVar("F", bound=Callable[..., Any])


def _settings() -> Settings:
    settings: Settings = flask.current_app.extensions["proeve_settings"]
    return settings


def reset_demo() -> None:
    """Empty the database and load the demo school again. ClickException for a real school."""
    if not current_school().demo:
        raise click.ClickException(_("Dit is geen demoschool; er is niets veranderd."))
    empty_database()
    actions.forget_anchor()
    prepare()
    load_demo()


class Commands(FlaskGroup):
    """The commands of a school; `before`: those that begin where there is none yet, to be named with them."""

    def __init__(self, before: Mapping[str, click.Command] = MappingProxyType({}), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.before = before

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self.before})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return self.before.get(name) or super().get_command(ctx, name)

    def invoke(self, ctx: click.Context) -> Any:
        with reached():
            return super().invoke(ctx)


@contextmanager
def reached() -> Iterator[None]:
    """Turn a database that is away into a sentence, without a traceback."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise click.ClickException(_away(error)) from error
    except DatabaseError as error:
        if not _says_damaged(error):
            raise
        raise click.ClickException(
            _(sqlite.DAMAGED, place=_settings().shown_url(), why=_says(error))
        ) from error


def _says_damaged(error: DatabaseError) -> bool:
    """Whether the database itself says that it is not whole."""
    sqlite_says = str(getattr(error.orig, "sqlite_errorname", ""))
    postgresql_says = getattr(error.orig, "sqlstate", "")
    return sqlite_says.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or postgresql_says in {
        "XX001",
        "XX002",
    }


def _away(error: DBAPIError) -> str:
    """Why the database did not answer, in its own words: they name the server, never the password."""
    if sqlite.is_around(error.orig):
        return _(sqlite.UNUSABLE, place=_settings().shown_url(), why=_says(error))
    return _(
        "De database %(place)s is niet te gebruiken. Kijk of zij draait en of DATABASE_URL klopt. Zij zegt: "
        "%(why)s",
        place=_settings().shown_url(),
        why=_says(error),
    )


def _says(error: DBAPIError) -> str:
    """What the database said, on one line."""
    return " ".join(str(error.orig).split())


def register_commands(app: flask.Flask) -> None:
    """Register the commands, for `python run.py <command>` and `flask --app run <command>`."""
    Migrate(app, db, directory=str(ROOT / "migrations"))
    for command in (
        prepare_command,
        serve_command,
        load_catalogue_command,
        create_administrator_command,
        create_supplier_command,
        reset_second_factor_command,
        new_key_command,
        seal_anew_command,
        demo_reset_command,
        demo_data_command,
        verify_trail_command,
        accept_trail_command,
        send_mail_command,
        forget_command,
        terminal.backup,
        terminal.check_data,
    ):
        _clean_texts(command)
        _hold_school(command)
        app.cli.add_command(command)


class _CleanText(click.types.StringParamType):
    """A text as the door of the website lets it in: what nobody can see goes."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return clean(super().convert(value, param, ctx))


def _clean_texts(command: click.Command) -> None:
    """Clean every text that a command is given or asks for. A password is kept as it came."""
    for one in command.params:
        if isinstance(one.type, click.types.StringParamType) and not getattr(one, "hide_input", False):
            one.type = _CleanText()


def _hold_school(command: click.Command) -> None:
    """Keep a backup from being put back while this command is at work."""
    work = command.callback
    if work is None or hasattr(work, "holds_school"):
        return

    @wraps(work)
    def holding(*given: Any, **named: Any) -> Any:
        with told(), occupied.shared(_settings()):
            return work(*given, **named)

    holding.holds_school = True  # type: ignore[attr-defined] # our own mark: commands are registered more than once
    command.callback = holding


@contextmanager
def told() -> Iterator[None]:
    """Turn an error that has a sentence for the user into that sentence, without a traceback."""
    try:
        yield
    except errors.ProeveError as error:
        raise click.ClickException(_(error.message, **error.params)) from error


@click.command("prepare")
def prepare_command() -> None:
    """Bring the tables and roles of this school up to date."""
    with told():
        prepare()
    click.echo(f"Gereed: {_settings().shown_url()}")


@click.command("serve")
def serve_command() -> None:
    """Serve this school; an empty demo school is filled first."""
    # Gunicorn wants the application itself, not the proxy; the proxy is typed as if it were one.
    app: flask.Flask = flask.current_app._get_current_object()  # type: ignore[attr-defined] # itself, no proxy
    settings: Settings = app.extensions["proeve_settings"]
    school = current_school()
    with told():
        serving.check_place(school, settings)
        prepare(look=sqlite.Look.QUICK)
        if school.demo and db.session.scalar(sa.select(models.User.id).limit(1)) is None:
            click.echo(_("De demoschool wordt gevuld."))
            load_demo()
    click.echo(serving.welcome(school, settings))
    for doubt in [*serving.doubts(school, settings), *_doubts_of_trail()]:
        click.echo(doubt, err=True)
    db.session.remove()
    db.engine.dispose()
    serving.serve(app, settings)


@click.command("load-catalogue")
def load_catalogue_command() -> None:
    """Bring programmes, electives and exams of this school up to date with the catalogue."""
    with told():
        outcome = actions.run(load_catalogue, SYSTEM)
    click.echo(outcome.summary)
    for one in outcome.refused:
        click.echo(f"{one.label}: {one.reason}")


ASKED = {
    "first_name": _l("Voornaam"),
    "infix": _l("Tussenvoegsel"),
    "last_name": _l("Achternaam"),
    "email": _l("E-mailadres"),
    "username": _l("Gebruikersnaam"),
}
MAY_BE_EMPTY = {"infix", "username"}  # not asked once something was given; no user name: the address is it


def password_file_option(command: F) -> F:
    """The option for a password that no list of processes shows: a file, - or /dev/fd/3."""
    return click.option(
        "--password-file",
        type=click.File(encoding="utf-8", errors="surrogateescape"),
        help=_l("Bestand met het wachtwoord op de eerste regel; - is de invoer"),
    )(command)


def _of_a_user(command: F) -> F:
    """The options of a command that makes a user; what is not given is asked."""
    command = password_file_option(command)
    command = click.option("--password", hide_input=True, help=_l("Wachtwoord; in een bestand is veiliger"))(
        command
    )
    for key, label in reversed(ASKED.items()):
        command = click.option(f"--{key.replace('_', '-')}", help=label)(command)
    return command


def _complete(given: dict[str, Any]) -> dict[str, str]:
    """Ask what was not given. ClickException: there is nobody to ask."""
    if file := given.pop("password_file"):
        given["password"] = file.readline().rstrip("\r\n")
    alone = all(given[key] is None for key in ASKED)
    if not alone:
        given |= {key: given[key] or "" for key in MAY_BE_EMPTY}
    try:
        for key, label in ASKED.items():
            if given[key] is None:
                default = "" if key in MAY_BE_EMPTY else None
                given[key] = click.prompt(str(label), default, type=_CleanText(), show_default=False)
        if given["password"] is None:
            again = _("Nogmaals het wachtwoord")
            given["password"] = click.prompt(_("Wachtwoord"), hide_input=True, confirmation_prompt=again)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        keys = [key for key in given if given[key] is None and key not in MAY_BE_EMPTY]
        raise click.ClickException(missing(keys)) from None
    return given


def missing(keys: Sequence[str]) -> str:
    """The sentence for what was not given, when there is nobody to ask."""
    named = ["--password-file" if key == "password" else f"--{key.replace('_', '-')}" for key in keys]
    return _("Geef ook %(options)s: er is niemand om het te vragen.", options=", ".join(named))


def _make_user(action: actions.Action, given: dict[str, Any]) -> None:
    """Carry this action out on what was given; a refusal names its field."""
    values: dict[str, Any] = {**_complete(given)}
    try:
        click.echo(actions.run(action, SYSTEM, **values).summary)
    except errors.RuleBroken as error:
        if not error.field:
            raise
        label = ASKED.get(error.field) or _l("Wachtwoord")
        raise click.ClickException(f"{label}: {_(error.message, **error.params)}") from error


@click.command("create-administrator")
@_of_a_user
def create_administrator_command(**given: Any) -> None:
    """Make an administrator, so that a school can start for real."""
    with told():
        _make_user(create_administrator, given)


@click.command("create-supplier")
@_of_a_user
def create_supplier_command(**given: Any) -> None:
    """Make a supplier: somebody who keeps programmes and exams, and sees no students."""
    with told():
        _make_user(create_supplier, given)


@click.command("reset-second-factor")
@click.argument("username")
def reset_second_factor_command(username: str) -> None:
    """Remove the second factor of a user, for when no administrator gets in to do it."""
    user = db.session.scalars(by_sign_in_name(username)).one_or_none()
    if user is None:
        raise click.ClickException(_("Er is geen gebruiker %(name)s.", name=username))
    with told():
        click.echo(actions.run(reset_second_factor, SYSTEM, [user.id]).summary)


@click.command("new-key")
def new_key_command() -> None:
    """Make a new secret key. The old ones stay, and go on reading what they wrote."""
    settings: Settings = flask.current_app.extensions["proeve_settings"]
    if settings.given_key:
        raise click.ClickException(
            _(
                "De sleutel staat in PROEVE_SECRET_KEY. Zet daar zelf een nieuwe neer, en de oude in "
                "PROEVE_OLD_SECRET_KEYS: zie docs/running.md."
            )
        )
    keys = [new_key(), *settings.secret_keys()]
    private.replace_file(settings.key_file, "".join(f"{key}\n" for key in keys))
    click.echo(
        _(
            "De nieuwe sleutel staat bovenaan in %(file)s. Start elk proces van Proeve opnieuw, en doe "
            "daarna: run.py seal-anew",
            file=settings.key_file,
        )
    )


@click.command("seal-anew")
def seal_anew_command() -> None:
    """Encrypt everything with the newest key. Exits with 1 when something does not open."""
    with told():
        outcome = actions.run(seal_anew, SYSTEM)
    click.echo(outcome.summary)
    for one in outcome.refused:
        click.echo(f"{one.label}: {one.reason}", err=True)
    if outcome.refused:
        raise SystemExit(1)


@click.command("demo-reset")
def demo_reset_command() -> None:
    """Put the demo school back as it was."""
    with told():
        reset_demo()
    click.echo(_("De demoschool staat terug."))


@click.command("demo-data")
@click.option("--students", type=click.IntRange(1, 1_000_000), required=True, help="How many to add.")
def demo_data_command(students: int) -> None:
    """Add believable students to the demo school, for trials at size."""
    began = time.monotonic()
    with told():
        outcome = actions.run(demo.add_demo_students, SYSTEM, number=students, report=_progress(began))
    click.echo(f"{outcome.summary} ({time.monotonic() - began:.1f} s)")


@click.command("send-mail")
def send_mail_command() -> None:
    """Send what waits in the outbox; with REDIS_URL go on until stopped, and do large imports too."""
    settings: Settings = flask.current_app.extensions["proeve_settings"]
    if not settings.smtp_host or not current_school().mail_sender:
        told = _("Er is geen mailserver of afzender ingesteld: zie SMTP_HOST en [mail] in school.toml.")
        if not settings.redis_url:
            raise click.ClickException(told)
        click.echo(told)
    click.echo(ngettext("%(num)s mail verzonden.", "%(num)s mails verzonden.", send_all()))
    if settings.redis_url:
        work_all()
        # The application itself: other threads know no current one.
        send_until_stopped(flask.current_app._get_current_object())  # type: ignore[attr-defined] # itself


@click.command("forget")
def forget_command() -> None:
    """Remove data whose term is over. Where mail is sent, this runs by itself every night."""
    click.echo(actions.run(forget_outdated, SYSTEM).summary)


@click.command("verify-trail")
def verify_trail_command() -> None:
    """Check the audit trail. Exits with 1 when an entry was changed or is missing, also at its end."""
    checked = actions.check_trail()
    if checked.broken is not None:
        raise click.ClickException(_("Het logboek klopt niet vanaf regel %(entry)s.", entry=checked.broken))
    if not checked.sound:
        raise click.ClickException(" ".join(_doubts_of_trail(checked.end)))
    click.echo(_("Het logboek klopt."))
    click.echo(actions.anchor_words.held(checked.end))


@click.command("accept-trail")
@click.option("--reason", prompt=_l("Reden"))
def accept_trail_command(reason: str) -> None:
    """Lay a new anchor at the end of the trail, after a restored backup. The trail keeps the reason."""
    with told():
        click.echo(actions.run(anchor.accept_trail, SYSTEM, reason=reason).summary)
    if doubts := _doubts_of_trail():
        raise click.ClickException(" ".join(doubts))


def _doubts_of_trail(found: actions.Finding | None = None) -> list[str]:
    """What is wrong with the end of the trail, and what to do; nothing when all is well."""
    found = found or actions.follow()
    return actions.anchor_words.wrong(found)


def _progress(began: float) -> Callable[[str], None]:
    return lambda what: click.echo(f"{time.monotonic() - began:6.1f} s  {what}")
