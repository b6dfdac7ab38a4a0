"""The ``portal`` command: reads arguments and hands over; what a command does lives elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from flask import Flask

from portal.domain.audit_chain import AuditHead
from portal.domain.audit_context import AuditContext, Channel, open_audit_context
from portal.settings import Settings, SettingsError

if TYPE_CHECKING:
    from portal.services.relinking import Pair

# Commands import what they run, so that `doctor` and `--help` load neither the web nor the queue.


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def portal(context: click.Context) -> None:
    """The headshot portal."""
    context.with_resource(open_audit_context(AuditContext(Channel.COMMAND_LINE)))


def main(create_app: Callable[[], Flask]) -> None:
    """Run the command line; ``create_app`` builds the portal for the commands that need it."""
    try:
        portal(prog_name="portal", obj=create_app)
    except Exception as error:
        trouble = _database_trouble(error)
        if trouble is None:
            raise
        click.echo(trouble, err=True)
        sys.exit(1)


def _database_trouble(error: BaseException) -> str | None:
    """Return one sentence where a page of traceback would only hide that the database is not there or not ready."""
    from psycopg import OperationalError
    from psycopg.errors import UndefinedFunction, UndefinedTable

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, UndefinedTable | UndefinedFunction):
            return "The database has no or an older schema. Run this first: python -m portal migrate"
        if isinstance(cause, OperationalError):
            return f"The database does not answer (DATABASE_URL): {' '.join(str(cause).split())}"
        cause = cause.__cause__ or cause.__context__
    return None


def settings_or_exit() -> Settings:
    """Read the environment, or say everything that is wrong with it and end with status 2."""
    try:
        return Settings.from_env(os.environ)
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def exit_on_pooler(settings: Settings) -> None:
    """End with status 2 if the database address leads to a pooler that the portal cannot work with."""
    from psycopg import Error

    from portal.db import PoolerDetected, check_no_pooler

    try:
        check_no_pooler(settings.database_url)
    except PoolerDetected as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except Error:
        return  # the command itself reports that the database is away, or waits for it


@portal.command()
@click.pass_obj
def worker(create_app: Callable[[], Flask]) -> None:
    """Do background work until a signal ends it."""
    from portal.jobs import worker as jobs_worker

    exit_on_pooler(settings_or_exit())
    jobs_worker.run_worker(create_app())


@portal.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from portal import migrations

    settings = settings_or_exit()
    exit_on_pooler(settings)
    migrations.upgrade(settings.database_url)
    click.echo("The database schema is up to date.")


@portal.command()
def doctor() -> None:
    """Check the settings and everything they name: database, storage, sign-in, provider."""
    from portal.services.health import iterate_checks

    settings = settings_or_exit()
    click.echo("ok  settings: complete")
    unwell = False
    for finding in iterate_checks(settings):
        click.echo(str(finding))
        unwell = unwell or not finding.is_ok
    sys.exit(1 if unwell else 0)


@portal.command()
@click.pass_obj
def reconcile(create_app: Callable[[], Flask]) -> None:
    """Compare every session with the provider now and repair what differs."""
    from portal.services import audit_trail, sweep

    settings_or_exit()
    app = create_app()
    house = app.extensions["portal"]
    with app.app_context():
        audit_trail.record_command("reconcile.ordered", now=house.clock())
        swept = sweep.reconcile_shoots(house)
    if swept is None:
        click.echo("Another process is comparing at this moment; nothing was done.")
        return
    click.echo(
        f"{swept.listed} listed, {swept.changed} changed, {swept.missing} not listed any more, "
        f"{swept.favorites} new favourites."
    )


@portal.command()
@click.argument("delivery_ids", nargs=-1, type=int)
@click.option("--dead", is_flag=True, help="Replay every dead letter.")
@click.pass_obj
def replay(create_app: Callable[[], Flask], delivery_ids: tuple[int, ...], dead: bool) -> None:
    """Apply stored webhooks again, by the provider's present state."""
    from portal.models import deliveries
    from portal.services import deliveries as inbox

    if not delivery_ids and not dead:
        raise click.UsageError("name the numbers of the webhooks, or give --dead for all that failed")
    settings_or_exit()
    app = create_app()
    house = app.extensions["portal"]
    with app.app_context():
        chosen = deliveries.list_ids_in_state("dead") if dead else delivery_ids
        missing = [one for one in chosen if not inbox.replay_delivery(one, actor_id=None, now=house.clock())]
    click.echo(f"{len(chosen) - len(missing)} queued again.")
    if missing:
        click.echo(f"Not there, or their bodies are already deleted: {', '.join(map(str, missing))}", err=True)
        sys.exit(1)


def _read_heads(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[AuditHead, ...]:
    try:
        return tuple(AuditHead.parse(text) for text in given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@portal.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask whether this is meant.")
@click.pass_obj
def erase(create_app: Callable[[], Flask], email: str, yes: bool) -> None:
    """Erase whoever signed in with EMAIL: here at once, at the provider by the worker until it confirms."""
    from portal.models import erasures
    from portal.services import erasure

    settings_or_exit()
    app = create_app()
    house = app.extensions["portal"]
    with app.app_context():
        found = erasures.list_people_with_email(email)
        if not found:
            click.echo("Nobody has signed in with this address, or they are erased already.", err=True)
            sys.exit(1)
        if not yes:
            click.confirm(f"Erase {len(found)} person(s), their photos and their sessions for good?", abort=True)
        for person_id in found:
            receipt = erasure.request_erasure(person_id, house)
            erasure.erase_local_data(receipt, storage=house.storage, now=house.clock())
            click.echo(f"{receipt}: nothing is left here; the worker deletes the rest at the provider.")


@portal.command()
@click.argument("email", required=False)
@click.option("--all", "is_all", is_flag=True, help="Link every address that exactly two accounts have.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.pass_obj
def relink(create_app: Callable[[], Flask], email: str | None, is_all: bool, yes: bool) -> None:
    """Link two accounts with the address EMAIL, after the identity provider has changed its subjects."""
    from portal.services import relinking

    if is_all == (email is not None):
        raise click.UsageError("name an address, or give --all")
    settings_or_exit()
    app = create_app()
    now = app.extensions["portal"].clock()
    with app.app_context():
        found = relinking.list_pairs() if email is None else [relinking.find_pair(email)]
        pairs = [pair for pair in found if pair is not None]
        if not pairs:
            click.echo("There are not exactly two accounts with this address.", err=True)
            sys.exit(1)
        for pair in pairs:
            _echo_pair(pair)
        possible = [pair for pair in pairs if pair.is_possible]
        if possible and not yes:
            click.confirm(f"Link {len(possible)} pair(s)?", abort=True)
        for pair in possible:
            relinking.relink_person(pair.older.person.id, pair.newer.person.id, actor_id=None, now=now)
    click.echo(f"{len(possible)} linked, {len(pairs) - len(possible)} left: both accounts have photos or a session.")
    sys.exit(0 if len(possible) == len(pairs) else 1)


def _echo_pair(pair: Pair) -> None:
    for label, account in (("older", pair.older), ("newer", pair.newer)):
        person = account.person
        click.echo(
            f"{label}: {person.id}, first signed in {person.created_at:%Y-%m-%d}, "
            f"last {person.signed_in_at:%Y-%m-%d}, {account.photos} photo(s)"
        )


@portal.command()
@click.option("--fast", is_flag=True, help="Do not read the photo files, only look whether they exist.")
@click.option(
    "--audit-head",
    "noted",
    multiple=True,
    metavar="POSITION:DIGEST",
    callback=_read_heads,
    help="Where the audit trail ended earlier, from a log line or an earlier fsck; it must still hold it.",
)
@click.pass_obj
def fsck(create_app: Callable[[], Flask], fast: bool, noted: tuple[AuditHead, ...]) -> None:
    """Check every invariant: one line for each violation, status 1 if there is any."""
    from portal.services import audit_trail
    from portal.services import fsck as invariants

    settings_or_exit()
    app = create_app()
    house = app.extensions["portal"]
    with app.app_context():
        found = list(
            invariants.list_violations(house.storage, now=house.clock(), read_files=not fast, known_heads=noted)
        )
        head = audit_trail.get_head()
    for violation in found:
        click.echo(str(violation))
    click.echo(f"audit head {head or 'none'}")
    click.echo("clean" if not found else f"{len(found)} violation(s)")
    sys.exit(1 if found else 0)
