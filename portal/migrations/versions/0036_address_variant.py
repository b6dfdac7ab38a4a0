"""The variant of a person's address that a photo session is created with when the provider refuses the address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code neither reads nor writes the column."""
    op.add_column("shoots", sa.Column("address_number", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Revert."""
    op.drop_column("shoots", "address_number")
