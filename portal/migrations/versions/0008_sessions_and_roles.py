"""Name sessions apart from their tokens, note when rights were confirmed, and let people hold several roles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NONE = sa.text("'{}'")


def upgrade() -> None:
    """Apply. Every column fills itself, for processes of the version before still add rows without them."""
    op.add_column(
        "sessions",
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    )
    op.create_unique_constraint(op.f("uq_sessions_public_id"), "sessions", ["public_id"])
    op.add_column("sessions", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_in_attempts", sa.Column("session_id", sa.Uuid(), nullable=True))
    for name in ("roles", "manages"):
        column: sa.Column[list[str]] = sa.Column(
            name, postgresql.ARRAY(sa.Text()), server_default=_NONE, nullable=False
        )
        op.add_column("people", column)
    op.create_index("ix_people_by_name", "people", [sa.text("lower(name)"), "id"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_people_by_name", table_name="people")
    for name in ("manages", "roles"):
        op.drop_column("people", name)
    op.drop_column("sign_in_attempts", "session_id")
    op.drop_column("sessions", "confirmed_at")
    op.drop_constraint(op.f("uq_sessions_public_id"), "sessions", type_="unique")
    op.drop_column("sessions", "public_id")
