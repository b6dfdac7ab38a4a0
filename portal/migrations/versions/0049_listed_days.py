"""The days on which listed people signed in and chose, and their last move, with indexes for the board's counts.

The board computed the days and the last move of everyone at each request.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

_COLUMNS = {
    "signed_in_on": "date GENERATED ALWAYS AS (date(timezone('UTC', signed_in_at))) STORED",
    "chosen_on": "date GENERATED ALWAYS AS (date(timezone('UTC', chosen_at))) STORED",
    "moved_at": (
        "timestamptz GENERATED ALWAYS AS (GREATEST(signed_in_at, agreed_at, withdrawn_at, requested_at, status_since, "
        "copied_at, chosen_at)) STORED"
    ),
}
_IS_ACTIVE = sa.text("left_at IS NULL AND deactivated_at IS NULL")


def upgrade() -> None:
    """Apply. The table is rewritten once, under a second for 20,000 rows; the board of old code reads all rows."""
    op.drop_index("ix_listed_people_moments", table_name="listed_people")
    added = ", ".join(f"ADD COLUMN {name} {definition}" for name, definition in _COLUMNS.items())
    op.execute(f"ALTER TABLE listed_people {added}")
    for column in _COLUMNS:
        op.create_index(f"ix_listed_people_{column}", "listed_people", [column], postgresql_where=_IS_ACTIVE)


def downgrade() -> None:
    """Revert."""
    # Their indexes go with them.
    op.execute(f"ALTER TABLE listed_people {', '.join(f'DROP COLUMN {name}' for name in _COLUMNS)}")
    op.create_index(
        "ix_listed_people_moments",
        "listed_people",
        ["chosen_at"],
        postgresql_include=["signed_in_at", "agreed_at", "status_since"],
        postgresql_where=_IS_ACTIVE,
    )
