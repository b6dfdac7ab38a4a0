"""The job queue's tables and functions, from a file in this package: the same whichever library is installed."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = Path(__file__).parents[1] / "sql" / "0001_queue.sql"


def upgrade() -> None:
    """Create the queue."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None  # noqa: S101 - a migration always has one
    connection.execute(SCHEMA.read_bytes())


def downgrade() -> None:
    """Drop the queue and everything in it."""
    op.execute(
        """
        DO $$
        DECLARE
            thing record;
        BEGIN
            DROP TABLE IF EXISTS procrastinate_periodic_defers, procrastinate_events,
                                 procrastinate_jobs, procrastinate_workers CASCADE;
            FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc
                         WHERE proname LIKE 'procrastinate\\_%' AND pronamespace = current_schema()::regnamespace LOOP
                EXECUTE 'DROP FUNCTION ' || thing.name || ' CASCADE';
            END LOOP;
            DROP TYPE IF EXISTS procrastinate_job_to_defer_v1, procrastinate_job_status,
                                procrastinate_job_event_type CASCADE;
        END
        $$
        """
    )
