"""Delete the searches of ended campaigns, as ending one does from now on: their text may name a person."""

from __future__ import annotations

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code reads such an audience as one that matches no person."""
    op.execute(
        "UPDATE campaigns SET audience = (audience - 'roster') || '{\"search_deleted\": true}' "
        "WHERE state = 'ended' AND audience -> 'roster' ? 'search'"
    )


def downgrade() -> None:
    """Revert nothing: what is deleted stays deleted."""
