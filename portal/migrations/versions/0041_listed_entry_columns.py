"""Refresh the console's list only after a change of what it shows of a roster entry.

An import notes on every entry of its list when it was last listed: 20,000 entries were refreshed one by one for a
column that the list does not have.
"""

from __future__ import annotations

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_SHOWN = (
    "address, name, team, employee_number, due_on, campaign_id, person_id, invited_at, reminders, reminded_at, "
    "muted_at, bounced_at, left_at"
)


def upgrade() -> None:
    """Apply. Old code writes to the same columns; the trigger keeps the list."""
    _replace_trigger(f"UPDATE OF {_SHOWN} OR DELETE")


def downgrade() -> None:
    """Revert."""
    _replace_trigger("UPDATE OR DELETE")


def _replace_trigger(events: str) -> None:
    op.execute("DROP TRIGGER list_entries ON roster_entries")
    op.execute(
        f"CREATE CONSTRAINT TRIGGER list_entries AFTER {events} ON roster_entries "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION list_changed_entry()"
    )
