"""Store the settings that the files of a kit were rendered with; kits from before are rendered again once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("kits", sa.Column("settings_digest", sa.Text(), nullable=True))


def downgrade() -> None:
    """Revert."""
    op.drop_column("kits", "settings_digest")
