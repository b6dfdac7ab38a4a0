"""Let the oldest part of the audit trail expire, and store when an import last named a person.

The database deletes the oldest entries itself, when it links an entry with the action ``audit.expired``: that entry
names the last link that goes, so that no part of the trail disappears without an entry about it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

# Entries of the last year stay in any case; the shortest period of the retention table is the same.
_EXPIRE = r"""
CREATE FUNCTION audit_expire(entry audit_entries) RETURNS void
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
    IF EXISTS (
        SELECT 1 FROM audit_links JOIN audit_entries ON audit_entries.id = audit_links.entry_id
        WHERE audit_links.position <= place AND audit_entries.at > entry.at - interval '365 days'
    ) THEN
        RAISE EXCEPTION 'entries of the last year cannot expire' USING ERRCODE = 'check_violation';
    END IF;
    DELETE FROM audit_entries USING audit_links
    WHERE audit_links.entry_id = audit_entries.id AND audit_links.position <= place;
    DELETE FROM audit_links WHERE position <= place;
END
$$
"""

_SEAL = """
CREATE OR REPLACE FUNCTION audit_seal() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM %(schema)s.audit_append(NEW);
    IF NEW.action = 'audit.expired' THEN
        PERFORM %(schema)s.audit_expire(NEW);
    END IF;
    RETURN NULL;
END
$$
"""

_REFUSE = """
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- Links are made, and the oldest rows deleted, by the trigger of an entry; by hand there is no way to do either.
    IF TG_OP IN ('INSERT', 'DELETE') AND pg_trigger_depth() > 1 THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the audit trail can only be added to' USING ERRCODE = 'insufficient_privilege';
END
$$
"""

_SEAL_BEFORE = """
CREATE OR REPLACE FUNCTION audit_seal() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM %(schema)s.audit_append(NEW);
    RETURN NULL;
END
$$
"""

_REFUSE_BEFORE = _REFUSE.replace("TG_OP IN ('INSERT', 'DELETE')", "TG_OP = 'INSERT'")


def _execute(*functions: str) -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for function in functions:
        op.execute(function.replace("%(schema)s", schema))


def upgrade() -> None:
    """Apply."""
    op.add_column("roster_entries", sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True))
    _execute(_EXPIRE, _SEAL, _REFUSE)


def downgrade() -> None:
    """Revert."""
    _execute(_SEAL_BEFORE, _REFUSE_BEFORE)
    op.execute("DROP FUNCTION audit_expire(audit_entries)")
    op.drop_column("roster_entries", "listed_at")
