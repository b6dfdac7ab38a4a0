"""Accesses of others to a person's pictures, and the reason of an export."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code does not use the table, and the new column has a default."""
    op.create_table(
        "picture_accesses",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_picture_accesses_actor_id_people"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_picture_accesses_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture_accesses")),
    )
    op.create_index("ix_picture_accesses_person_id_at", "picture_accesses", ["person_id", "at"])
    op.create_index(op.f("ix_picture_accesses_actor_id"), "picture_accesses", ["actor_id"])
    op.create_index(op.f("ix_picture_accesses_export_id"), "picture_accesses", ["export_id"])
    op.add_column("exports", sa.Column("reason", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Revert."""
    op.drop_column("exports", "reason")
    op.drop_table("picture_accesses")
