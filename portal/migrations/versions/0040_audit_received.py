"""Measure the age of audit entries by when they were received, not by the time they state.

The time of an entry comes from the clock of a web process or worker. With a wrong clock, an entry could have expired
too soon, or could have kept all later ones from expiring. The time of a link is never before that of the link before
it, nor after the database's own clock.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

# The key of the advisory lock that serializes appending, as in the migration that created the trail.
_LOCK = "7204502"

_APPEND = """
CREATE OR REPLACE FUNCTION audit_append(entry audit_entries) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, %(schema)s, pg_temp AS $$
DECLARE
    last audit_links;
BEGIN
    PERFORM pg_advisory_xact_lock(%(lock)s);
    SELECT * INTO last FROM audit_links ORDER BY position DESC LIMIT 1;
    INSERT INTO audit_links (position, entry_id, previous, digest%(column)s)
    VALUES (
        coalesce(last.position, 0) + 1,
        entry.id,
        last.digest,
        audit_digest(coalesce(last.position, 0) + 1, last.digest, entry)%(value)s
    );
END
$$
"""
_RECEIVED = ",\n        greatest(last.received_at, least(entry.at, clock_timestamp()))"

_EXPIRE = r"""
CREATE OR REPLACE FUNCTION audit_expire(entry audit_entries) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, %(schema)s, pg_temp AS $$
DECLARE
    anchor text := entry.detail ->> 'anchor';
    place bigint;
BEGIN
    IF anchor IS NULL OR anchor !~ '^[1-9][0-9]{0,18}:[0-9a-f]{64}$' THEN
        RAISE EXCEPTION 'the anchor must be a position and a digest' USING ERRCODE = 'check_violation';
    END IF;
    place := split_part(anchor, ':', 1)::bigint;
    IF NOT EXISTS (
        SELECT 1 FROM audit_links
        WHERE position = place AND digest = decode(split_part(anchor, ':', 2), 'hex')
    ) THEN
        RAISE EXCEPTION 'the anchor is no link of the audit trail' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM audit_links WHERE %(is_young)s) THEN
        RAISE EXCEPTION 'entries of the last year cannot expire' USING ERRCODE = 'check_violation';
    END IF;
    DELETE FROM audit_entries USING audit_links
    WHERE audit_links.entry_id = audit_entries.id AND audit_links.position <= place;
    DELETE FROM audit_links WHERE position <= place;
END
$$
"""
_IS_YOUNG = """position <= place
        AND (received_at IS NULL OR received_at > least(entry.at, clock_timestamp()) - interval '365 days')"""
_IS_YOUNG_BEFORE = """position <= place AND EXISTS (
        SELECT 1 FROM audit_entries WHERE id = audit_links.entry_id AND at > entry.at - interval '365 days'
    )"""

# A time in the future counts as none: the link then has the time of the ones before it.
_BACKFILL = """
UPDATE audit_links SET received_at = times.received_at
FROM (
    SELECT position, coalesce(
        max(audit_entries.at) FILTER (WHERE audit_entries.at <= now()) OVER (ORDER BY position), now()
    ) AS received_at
    FROM audit_links JOIN audit_entries ON audit_entries.id = audit_links.entry_id
) AS times
WHERE times.position = audit_links.position
"""


def _execute(function: str, **values: str) -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for name, value in {"schema": schema, "lock": _LOCK, **values}.items():
        function = function.replace(f"%({name})s", value)
    op.execute(function)


def upgrade() -> None:
    """Apply."""
    op.add_column("audit_links", sa.Column("received_at", sa.DateTime(timezone=True), nullable=True))
    # Links cannot be updated by hand, this once apart.
    op.execute("ALTER TABLE audit_links DISABLE TRIGGER audit_links_stand")
    op.execute(_BACKFILL)
    op.execute("ALTER TABLE audit_links ENABLE TRIGGER audit_links_stand")
    _execute(_APPEND, column=", received_at", value=_RECEIVED)
    _execute(_EXPIRE, is_young=_IS_YOUNG)


def downgrade() -> None:
    """Revert."""
    _execute(_EXPIRE, is_young=_IS_YOUNG_BEFORE)
    _execute(_APPEND, column="", value="")
    op.drop_column("audit_links", "received_at")
