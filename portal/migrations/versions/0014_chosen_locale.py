"""The language a person chose, which later sign-ins from other browsers keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code neither reads nor writes the column."""
    op.add_column("people", sa.Column("chosen_locale", sa.Text(), nullable=True))


def downgrade() -> None:
    """Revert."""
    op.drop_column("people", "chosen_locale")
