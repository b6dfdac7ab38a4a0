"""The ``portal`` command line: parses arguments and calls services."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import click
from flask import Flask

from portal.domain.audit_chain import AuditHead
from portal.domain.audit_context import AuditContext, Channel, open_audit_context
from portal.settings import Settings, SettingsError

if TYPE_CHECKING:
    from portal.services.relinking import Pair

# Commands import what they call, so that `doctor` and `--help` load neither the web application nor the queue.


@click.group("portal", context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def run_command(context: click.Context) -> None:
    """The headshot portal."""
    context.with_resource(open_audit_context(AuditContext(Channel.COMMAND_LINE)))


def main(create_app: Callable[[], Flask]) -> None:
    """Run the command line; ``create_app`` builds the portal for the commands that need it."""
    try:
        run_command(prog_name="portal", obj=create_app)
    except Exception as error:
        text = _describe_database_error(error)
        if text is None:
            raise
        click.echo(text, err=True)
        sys.exit(1)


def _describe_database_error(error: BaseException) -> str | None:
    """Return one sentence for an unavailable or outdated database instead of a traceback; None for other errors."""
    from psycopg import OperationalError
    from psycopg.errors import UndefinedFunction, UndefinedTable

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, UndefinedTable | UndefinedFunction):
            return "The database has no or an older schema. Run this first: python -m portal migrate"
        if isinstance(cause, OperationalError):
            return f"The database does not respond (DATABASE_URL): {' '.join(str(cause).split())}"
        cause = cause.__cause__ or cause.__context__
    return None


def load_settings() -> Settings:
    """Read the settings from the environment; print everything that is wrong and exit with status 2 otherwise."""
    try:
        return Settings.from_env(os.environ)
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def check_pooler(settings: Settings) -> None:
    """Exit with status 2 if the database address leads to a pooler that does not work with the portal."""
    from psycopg import Error

    from portal.db import PoolerDetected, check_no_pooler

    try:
        check_no_pooler(settings.database_url)
    except PoolerDetected as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except Error:
        return  # The command itself reports an unavailable database, or waits for it.


@run_command.command("worker")
@click.pass_obj
def run_worker(create_app: Callable[[], Flask]) -> None:
    """Run background jobs until a signal ends the process."""
    from portal.jobs import worker

    check_pooler(load_settings())
    worker.run_worker(create_app())


@run_command.command("migrate")
def migrate_database() -> None:
    """Migrate the database to the newest schema."""
    from portal.migrations import runner

    settings = load_settings()
    check_pooler(settings)
    runner.upgrade(settings.database_url)
    click.echo("The database schema is up to date.")


@run_command.command("doctor")
def check_settings() -> None:
    """Check the settings and everything they name: database, storage, sign-in, provider."""
    from portal.services.health import iterate_checks

    settings = load_settings()
    click.echo("ok  settings: complete")
    has_failed = False
    for result in iterate_checks(settings):
        click.echo(str(result))
        has_failed = has_failed or not result.is_ok
    sys.exit(1 if has_failed else 0)


@run_command.command("reconcile")
@click.pass_obj
def reconcile_shoots(create_app: Callable[[], Flask]) -> None:
    """Compare every session with the provider now and repair differences."""
    from portal.services import audit_trail, sweep

    load_settings()
    app = create_app()
    context = app.extensions["portal"]
    with app.app_context():
        audit_trail.record_command("reconcile.ordered", now=context.clock())
        result = sweep.reconcile_shoots(context)
    if result is None:
        click.echo("Another process is reconciling at this moment; nothing was done.")
        return
    click.echo(
        f"{result.listed} listed, {result.changed} changed, {result.missing} not listed any more, "
        f"{result.favorites} new favorites."
    )


@run_command.command("replay")
@click.argument("delivery_ids", nargs=-1, type=int)
@click.option("--dead", is_flag=True, help="Replay every dead letter.")
@click.pass_obj
def replay_deliveries(create_app: Callable[[], Flask], delivery_ids: tuple[int, ...], dead: bool) -> None:
    """Apply stored webhooks again, according to the provider's current state."""
    from portal.models import deliveries
    from portal.services import deliveries as delivery_service

    if not delivery_ids and not dead:
        raise click.UsageError("name the numbers of the webhooks, or give --dead for all that failed")
    load_settings()
    app = create_app()
    context = app.extensions["portal"]
    with app.app_context():
        chosen = deliveries.list_ids_in_state("dead") if dead else delivery_ids
        missing = [
            each for each in chosen if not delivery_service.replay_delivery(each, actor_id=None, now=context.clock())
        ]
    click.echo(f"{len(chosen) - len(missing)} queued again.")
    if missing:
        click.echo(f"Unknown, or their bodies are already deleted: {', '.join(map(str, missing))}", err=True)
        sys.exit(1)


def _parse_heads(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[AuditHead, ...]:
    try:
        return tuple(AuditHead.parse(text) for text in given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@run_command.command("erase")
@click.argument("email")
@click.option("--person", "person_id", type=click.UUID, help="Erase this person only, where several have the address.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.pass_obj
def erase_people(create_app: Callable[[], Flask], email: str, person_id: UUID | None, yes: bool) -> None:
    """Erase everyone with the address EMAIL: locally now, at the provider by the worker until it confirms."""
    from portal.services import erasure_by_address

    load_settings()
    app = create_app()
    context = app.extensions["portal"]
    with app.app_context():
        found = erasure_by_address.find_subjects(email, person_id=person_id)
        if not found.count:
            click.echo("No account and no roster entry has this address; it may be erased already.", err=True)
            sys.exit(1)
        if not yes:
            click.confirm(f"Erase {found.count} person(s), their photos and their sessions for good?", abort=True)
        for receipt in erasure_by_address.erase_subjects(found, context):
            click.echo(f"{receipt}: nothing is left here; the worker deletes the rest at the provider.")
        if found.entry_ids:
            click.echo("The roster entry of a person who never signed in is deleted; there is no receipt.")


@run_command.command("replay-erasures")
@click.pass_obj
def replay_erasures(create_app: Callable[[], Flask]) -> None:
    """Repeat all erasures after a backup of the database was restored."""
    from portal.services import erasure_replay

    load_settings()
    app = create_app()
    with app.app_context():
        read, repeated = erasure_replay.replay_erasures(app.extensions["portal"])
    click.echo(f"{read} erasure(s) on record, {repeated} repeated.")


@run_command.command("relink")
@click.argument("email", required=False)
@click.option("--all", "is_all", is_flag=True, help="Link every address that exactly two accounts have.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.pass_obj
def relink_people(create_app: Callable[[], Flask], email: str | None, is_all: bool, yes: bool) -> None:
    """Link two accounts with the address EMAIL, after the identity provider has changed its subjects."""
    from portal.services import relinking

    if is_all == (email is not None):
        raise click.UsageError("name an address, or give --all")
    load_settings()
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


@run_command.command("fsck")
@click.option("--fast", is_flag=True, help="Only check that the photo files exist; do not read them.")
@click.option(
    "--audit-head",
    "recorded",
    multiple=True,
    metavar="POSITION:DIGEST",
    callback=_parse_heads,
    help="An earlier head of the audit trail, from a log line or an earlier fsck; the trail must still contain it.",
)
@click.pass_obj
def check_invariants(create_app: Callable[[], Flask], fast: bool, recorded: tuple[AuditHead, ...]) -> None:
    """Check every invariant: one line for each violation, status 1 if there is any."""
    from portal.services import audit_trail, fsck

    load_settings()
    app = create_app()
    context = app.extensions["portal"]
    with app.app_context():
        check = partial(fsck.list_violations, context.storage, now=context.clock(), known_heads=recorded)
        found = list(check(read_files=not fast, periods=context.settings.retention))
        head = audit_trail.get_head()
    for violation in found:
        click.echo(str(violation))
    click.echo(f"audit head {head or 'none'}")
    click.echo("clean" if not found else f"{len(found)} violation(s)")
    sys.exit(1 if found else 0)


@run_command.command("refetch")
@click.pass_obj
def request_missing_files(create_app: Callable[[], Flask]) -> None:
    """Copy photos again whose files are missing in the storage; name those that the provider no longer has."""
    from portal.services import missing_files

    load_settings()
    app = create_app()
    context = app.extensions["portal"]
    lost = 0
    with app.app_context():
        for missing in missing_files.request_missing(context.storage, now=context.clock()):
            lost += not missing.is_requested
            click.echo(f"{'requested again' if missing.is_requested else 'lost'}: {missing.photo_id}")
    sys.exit(1 if lost else 0)
