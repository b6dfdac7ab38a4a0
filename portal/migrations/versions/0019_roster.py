"""The roster and campaigns; mails to people who have not signed in yet; claims by which directories know a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_CLAIMS = ("oid", "preferred_username", "employee_number", "picture", "zoneinfo")


def upgrade() -> None:
    """Apply. Old code neither reads nor writes the tables and columns; it makes no mail with a roster entry."""
    for name in _CLAIMS:
        op.add_column("people", sa.Column(name, sa.Text(), nullable=True))
    _create_campaigns()
    _create_roster()
    op.add_column("notices", sa.Column("roster_entry_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "fk_notices_roster_entry_id", "notices", "roster_entries", ["roster_entry_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index("ix_notices_roster_entry_id", "notices", ["roster_entry_id"])


def _create_campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("audience", postgresql.JSONB(), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reminders", postgresql.JSONB(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("link_code", sa.Text(), nullable=True),
        sa.Column("link_domains", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("link_cap", sa.BigInteger(), nullable=True),
        sa.Column("link_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
    )
    is_open_link = sa.text("link_code IS NOT NULL")
    op.create_index("uq_campaigns_link_code", "campaigns", ["link_code"], unique=True, postgresql_where=is_open_link)


def _create_roster() -> None:
    op.create_table(
        "roster_entries",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("employee_number", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), sa.ForeignKey("campaigns.id", ondelete="SET NULL"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminders", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("muted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounce_reason", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=True),
    )
    is_joined = sa.text("person_id IS NOT NULL")
    op.create_index("uq_roster_entries_address", "roster_entries", ["address"], unique=True)
    op.create_index(
        "uq_roster_entries_person", "roster_entries", ["person_id"], unique=True, postgresql_where=is_joined
    )
    op.create_index("ix_roster_entries_campaign", "roster_entries", ["campaign_id", "id"])
    op.create_index("ix_roster_entries_name", "roster_entries", [sa.text("lower(name)"), "id"])
    op.create_index("ix_roster_entries_team", "roster_entries", ["team"])
    op.create_index("ix_roster_entries_employee_number", "roster_entries", ["employee_number"])


def downgrade() -> None:
    """Revert."""
    op.drop_column("notices", "roster_entry_id")
    op.drop_table("roster_entries")
    op.drop_table("campaigns")
    for name in reversed(_CLAIMS):
        op.drop_column("people", name)
