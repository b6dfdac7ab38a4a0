"""Notes of admins about people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code does not know the table."""
    op.create_table(
        "person_notes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=True),
        sa.Column("roster_entry_id", sa.Uuid(), sa.ForeignKey("roster_entries.id", ondelete="CASCADE"), nullable=True),
        sa.Column("author_id", sa.Uuid(), sa.ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("person_id IS NOT NULL OR roster_entry_id IS NOT NULL", name="ck_person_notes_subject"),
    )
    for column in ("person_id", "roster_entry_id", "author_id"):
        op.create_index(f"ix_person_notes_{column}", "person_notes", [column])


def downgrade() -> None:
    """Revert."""
    op.drop_table("person_notes")
