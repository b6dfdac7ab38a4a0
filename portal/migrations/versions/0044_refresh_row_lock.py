"""Refresh a row of the console's list under a lock of that row.

Databases migrated to 0020 before took an advisory lock for each person. A transaction that refreshes some 7,000 people
found the server's table of locks full: an upgrade from before 0020 and an import that marks so many as left failed.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_SQL = Path(__file__).resolve().parent.parent / "sql" / "0020_refresh_listed_person.sql"


def upgrade() -> None:
    """Apply. For two transactions of which one still runs the former function, the row is locked by both as well."""
    op.execute(_SQL.read_text())


def downgrade() -> None:
    """Keep the function: it is the one that 0020 creates."""
