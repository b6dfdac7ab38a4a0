"""The portal's indexes: none is the beginning of another, and each lookup that has to stay fast has one."""

from __future__ import annotations

import psycopg
import pytest

_INDEXES = """
    SELECT table_class.relname, index_class.relname, pg_index.indkey::text, indisunique
    FROM pg_index
    JOIN pg_class index_class ON index_class.oid = indexrelid
    JOIN pg_class table_class ON table_class.oid = indrelid
    WHERE table_class.relnamespace = 'public'::regnamespace AND indpred IS NULL AND indexprs IS NULL
      AND table_class.relname NOT LIKE 'procrastinate%'
"""


def test_no_index_is_the_beginning_of_another(database_url: str) -> None:
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        found = connection.execute(_INDEXES).fetchall()
    assert found
    redundant = {
        name
        for table, name, columns, is_unique in found
        for other_table, other, other_columns, _ in found
        if table == other_table and name != other and not is_unique and f"{other_columns} ".startswith(f"{columns} ")
    }
    assert redundant == set()


BY_ID = "= '00000000-0000-4000-8000-000000000000'"


@pytest.mark.parametrize(
    ("table", "condition", "index"),
    [
        ("audit_entries", f"actor_id {BY_ID}", "ix_audit_entries_actor_id_id"),
        ("audit_entries", f"subject_id {BY_ID}", "ix_audit_entries_subject_id_id"),
        ("deliveries", "received_at < now()", "ix_deliveries_received_at"),
        ("deliveries", "event = 'model.deleted'", "ix_deliveries_event"),
        ("shoots", "finished_at > now()", "ix_shoots_finished_at"),
        ("choices", f"photo_id {BY_ID}", "ix_choices_photo_id"),
        ("choices", f"shoot_id {BY_ID}", "uq_choices_shoot_id_key"),
        ("people", "lower(email) = 'a@example.com'", "ix_people_by_email"),
        ("link_reports", f"shoot_id {BY_ID}", "ix_link_reports_shoot_id"),
        ("photos", f"shoot_id {BY_ID}", "uq_photos_shoot_id_provider_id"),
        ("renditions", f"photo_id {BY_ID}", "uq_renditions_photo_id_name"),
        ("listed_people", "other_teams @> '{Sales}'", "ix_listed_people_other_teams"),
    ],
)
def test_lookup_uses_an_index(table: str, condition: str, index: str, database_url: str) -> None:
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        # Empty tables would be read whole.
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute(f"EXPLAIN SELECT id FROM {table} WHERE {condition}").fetchall()
    assert any(index in line for (line,) in plan), plan
