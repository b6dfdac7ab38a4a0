"""Indexes for the console's lists and counts, so that they do not read whole tables.

With 20,000 people the webhooks of one event, the statuses of the provider's records, the shoots under way and the
people of each campaign were each found by reading every row.
"""

from __future__ import annotations

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code does not name the indexes. Webhooks wait for theirs: a quarter of a second for 200,000."""
    op.create_index("ix_deliveries_event", "deliveries", ["event", "id"])
    op.create_index("ix_provider_records_status", "provider_records", ["kind", "status"])
    op.create_index("ix_provider_records_kind_model", "provider_records", ["kind", "model_id"])
    op.create_index("ix_shoots_finished_at", "shoots", ["finished_at"])
    op.execute(
        "CREATE INDEX ix_shoots_unfinished ON shoots (COALESCE(status_since, requested_at)) "
        "WHERE closed_at IS NULL AND copied_at IS NULL"
    )
    op.execute("CREATE INDEX ix_shoots_open ON shoots (provider_status) WHERE closed_at IS NULL")
    op.execute("CREATE INDEX ix_choices_standing ON choices (person_id) WHERE withdrawn_at IS NULL")
    op.execute(
        "CREATE INDEX ix_roster_entries_counted ON roster_entries (campaign_id) INCLUDE "
        "(person_id, invited_at, muted_at, bounced_at, reminders) WHERE left_at IS NULL"
    )


def downgrade() -> None:
    """Revert."""
    for table, name in (
        ("choices", "ix_choices_standing"),
        ("roster_entries", "ix_roster_entries_counted"),
        ("shoots", "ix_shoots_open"),
        ("shoots", "ix_shoots_unfinished"),
        ("shoots", "ix_shoots_finished_at"),
        ("provider_records", "ix_provider_records_kind_model"),
        ("provider_records", "ix_provider_records_status"),
        ("deliveries", "ix_deliveries_event"),
    ):
        op.drop_index(name, table_name=table)
