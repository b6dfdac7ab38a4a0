"""The database's own making of the audit chain against the documented encoding, and its way into an older database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from demo.postgres import Postgres
from portal.app import create_app
from portal.db import db
from portal.domain.audit_chain import ChainVerifier
from portal.migrations import runner
from portal.services import audit_trail

ODD = ["", "'", '"', "\\", "\n", "\t", "\r\n", "a=1:b;", "ä€𝄞", "\u202e", "e\u0301", "null", " ", "{}"]
texts = st.one_of(st.sampled_from(ODD), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12))
maybe = st.one_of(st.none(), texts)
numbers = st.one_of(st.integers(-(2**63), 2**63), st.floats(allow_nan=False, allow_infinity=False))
plain = st.one_of(st.none(), st.booleans(), numbers, texts)
details = st.recursive(
    st.dictionaries(texts, plain, max_size=3), lambda inner: st.dictionaries(texts, st.lists(inner, max_size=2))
)
moments = st.datetimes(datetime(1900, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis
uuids = st.one_of(st.none(), st.uuids())
COLUMNS = "at, action, actor_id, subject_id, result, channel, request_id, address_digest, detail"
rows = st.tuples(moments, texts, uuids, uuids, texts, maybe, maybe, maybe, details.map(Jsonb))


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    address = database_url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True, connect_timeout=30) as found:
        yield found


@pytest.fixture
def context(portal_settings: Any, connection: psycopg.Connection[Any]) -> Iterator[None]:
    app = create_app(portal_settings())
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def list_faults() -> list[Any]:
    return list(audit_trail.iterate_faults(ChainVerifier()))


@pytest.mark.usefixtures("context")
@given(rows)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sql_and_python_agree_on_every_row(connection: psycopg.Connection[Any], row: Any) -> None:
    places = ", ".join(["%s"] * len(row))
    connection.execute(f"INSERT INTO audit_entries ({COLUMNS}) VALUES ({places})", row)
    assert list_faults() == []


HOSTILE_SETTINGS = (
    "SET TimeZone = 'Asia/Kathmandu'",
    "SET DateStyle = 'SQL, DMY'",
    "SET IntervalStyle = 'sql_standard'",
    "SET bytea_output = 'escape'",
    "SET extra_float_digits = -15",
    "SET standard_conforming_strings = off",
    "SET quote_all_identifiers = on",
    "SET lc_numeric = 'C'; SET lc_time = 'C'",
    "SET default_transaction_isolation = 'serializable'",
    "SET search_path = ''",
    "CREATE SCHEMA other;"
    "CREATE FUNCTION other.audit_field(text, text) RETURNS bytea LANGUAGE sql AS 'SELECT ''''::bytea';"
    "CREATE FUNCTION other.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1';"
    "SET search_path = other, pg_catalog, public",
)


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("setting", HOSTILE_SETTINGS)
def test_database_session_settings_do_not_change_the_chain(connection: psycopg.Connection[Any], setting: str) -> None:
    for statement in setting.split("; "):
        connection.execute(statement)
    connection.execute(
        "INSERT INTO public.audit_entries (at, action, result, detail)"
        " VALUES ('2026-11-02T09:00:00.000001Z', 'x', 'ok', '{\"n\": 1.10, \"e\": 1e3}')"
    )
    assert list_faults() == []


@pytest.mark.usefixtures("context")
def test_infinite_time_is_refused(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.Error):
        connection.execute(
            "INSERT INTO audit_entries (at, action, result, detail) VALUES ('infinity', 'x', 'ok', '{}')"
        )
    assert connection.execute("SELECT count(*) FROM audit_entries").fetchone() == (0,)


def test_existing_entries_are_linked_in_the_order_of_their_ids(postgres: Postgres, portal_settings: Any) -> None:
    url = postgres.ensure_database("audit_before")
    config = runner.build_config(url)
    command.upgrade(config, "0006")
    address = url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True, connect_timeout=30) as connection:
        for number in range(5):
            connection.execute(
                "INSERT INTO audit_entries (at, action, result, detail)"
                " VALUES (now() - %s * interval '1 day', 'x', 'ok', %s)",
                (number, json.dumps({"number": number})),
            )
        command.upgrade(config, "head")
        # The previous release does not have the channel and keeps running during a deployment.
        connection.execute("INSERT INTO audit_entries (at, action, result, detail) VALUES (now(), 'old', 'ok', '{}')")
        rows = connection.execute("SELECT position, entry_id FROM audit_links ORDER BY position").fetchall()
        assert rows == [(number, number) for number in range(1, 7)]
        app = create_app(portal_settings(database_url=url))
        with app.app_context():
            assert list_faults() == []
            db.session.remove()
            db.engine.dispose()
        command.downgrade(config, "0006")
        connection.execute("DELETE FROM audit_entries")
