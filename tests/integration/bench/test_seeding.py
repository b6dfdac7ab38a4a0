"""A seeded database is consistent: no invariant is broken, and its indexes are those that the migrations make."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bench.seeding import SeededStorage, SeedSize, seed_database, sign_in
from portal.app import create_app
from portal.db import db
from portal.services import fsck
from portal.settings import Settings

PEOPLE = 50
_OBJECTS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2
"""


def test_seeded_database_and_storage_break_no_invariant(
    portal_settings: Callable[..., Settings], database_url: str, tmp_path: Path
) -> None:
    url = database_url.replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        before = connection.execute(_OBJECTS).fetchall()
    seed_database(url, PEOPLE)
    storage = SeededStorage(tmp_path, PEOPLE)
    storage.write_real_files(100)
    with psycopg.connect(url) as connection:
        assert connection.execute(_OBJECTS).fetchall() == before
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            for table in ("people", "shoots", "photos", "renditions", "deliveries", "audit_entries")
        ]
    assert counts == [(50,), (30,), (800,), (7200,), (500,), (1500,)]
    assert SeedSize(20_000).photos == 320_000
    with create_app(portal_settings()).app_context():
        assert list(fsck.list_violations(storage, now=datetime.now(UTC))) == []
        db.engine.dispose()


def test_seeded_person_is_signed_in(portal_settings: Callable[..., Settings], database_url: str) -> None:
    url = database_url.replace("+psycopg", "")
    seed_database(url, PEOPLE)
    app = create_app(portal_settings())
    client = app.test_client()
    client.set_cookie("portal_session", sign_in(url))
    page = client.get("/admin/people")
    assert page.status_code == 200
    assert "Sample000000" in page.text
    with app.app_context():
        db.engine.dispose()
