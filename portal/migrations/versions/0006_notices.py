"""Which mails are owed, and what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("shoot_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_notices_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["shoot_id"], ["shoots.id"], name=op.f("fk_notices_shoot_id_shoots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(
        "uq_notices_person",
        "notices",
        ["person_id", "kind", "occasion"],
        unique=True,
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_index(
        "uq_notices_support",
        "notices",
        ["kind", "occasion"],
        unique=True,
        postgresql_where=sa.text("person_id IS NULL"),
    )
    op.create_index(
        "ix_notices_waiting",
        "notices",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL AND dropped_at IS NULL"),
    )
    op.create_index(op.f("ix_notices_shoot_id"), "notices", ["shoot_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_notices_shoot_id"), table_name="notices")
    op.drop_index("ix_notices_waiting", table_name="notices")
    op.drop_index("uq_notices_support", table_name="notices")
    op.drop_index("uq_notices_person", table_name="notices")
    op.drop_table("notices")
