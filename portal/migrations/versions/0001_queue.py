"""The job queue's own tables and functions, as its library ships them."""

from __future__ import annotations

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the queue."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None  # noqa: S101 - a migration always has one
    connection.execute(SchemaManager.get_schema())


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
