"""Imports of the roster: a list as it was read, and its lines with their verdicts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code neither reads nor writes the tables."""
    op.create_table(
        "roster_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("encoding", sa.Text(), server_default="", nullable=False),
        sa.Column("delimiter", sa.Text(), server_default="", nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("header", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("line_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("progress", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("failed_line", sa.BigInteger(), nullable=True),
        sa.Column("marks_absent", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("invites", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["invites"], ["campaigns.id"], name=op.f("fk_roster_imports_invites_campaigns"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_imports")),
    )
    op.create_index("ix_roster_imports_created_at", "roster_imports", ["created_at"], unique=False)
    _create_lines()


def _create_lines() -> None:
    op.create_table(
        "roster_import_lines",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("employee_number", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("duplicate_of", sa.BigInteger(), nullable=True),
        sa.Column("changes", postgresql.ARRAY(sa.String()), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["roster_imports.id"],
            name=op.f("fk_roster_import_lines_import_id_roster_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_roster_import_lines")),
    )
    op.create_index(
        "ix_roster_import_lines_verdict", "roster_import_lines", ["import_id", "verdict", "number"], unique=False
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_roster_import_lines_verdict", table_name="roster_import_lines")
    op.drop_table("roster_import_lines")
    op.drop_index("ix_roster_imports_created_at", table_name="roster_imports")
    op.drop_table("roster_imports")
