"""How long a shoot has been in its status and since when it is missing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("shoots", sa.Column("status_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("shoots", sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("shoots", "missing_since")
    op.drop_column("shoots", "status_since")
