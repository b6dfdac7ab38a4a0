"""Add tables of the steps of shoots, of the durations of finished steps, and of link reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for name in ("last_opened_at", "restarted_at", "stuck_told_at"):
        op.add_column("shoots", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "shoot_steps",
        sa.Column("shoot_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doubt", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shoot_id"], ["shoots.id"], name=op.f("fk_shoot_steps_shoot_id_shoots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shoot_id", "step", name=op.f("pk_shoot_steps")),
    )
    op.create_table(
        "durations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("is_development", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_durations")),
    )
    op.create_index("ix_durations_latest", "durations", ["step", "is_development", "kept_at"])
    _create_link_reports()


def _create_link_reports() -> None:
    op.create_table(
        "link_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shoot_id", sa.Uuid(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saw", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shoot_id"], ["shoots.id"], name=op.f("fk_link_reports_shoot_id_shoots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_reports")),
    )
    # At most one open report for each shoot.
    op.create_index(
        "uq_link_reports_open",
        "link_reports",
        ["shoot_id"],
        unique=True,
        postgresql_where=sa.text("done_at IS NULL"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("uq_link_reports_open", table_name="link_reports")
    op.drop_table("link_reports")
    op.drop_index("ix_durations_latest", table_name="durations")
    op.drop_table("durations")
    op.drop_table("shoot_steps")
    for name in ("stuck_told_at", "restarted_at", "last_opened_at"):
        op.drop_column("shoots", name)
