"""The ``prompt`` that a started sign-in requested."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code neither reads nor writes the column."""
    op.add_column("sign_in_attempts", sa.Column("prompt", sa.Text(), nullable=True))


def downgrade() -> None:
    """Revert."""
    op.drop_column("sign_in_attempts", "prompt")
