"""Make the audit trail append-only, and link its entries by a chain of digests that shows changes.

The database extends the chain when a transaction commits, which covers every code path and manual INSERTs.
``docs/audit.md`` specifies the digest; ``portal/domain/audit_chain.py`` verifies it without these functions.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The key of the advisory lock that serializes appending; any fixed number works.
_LOCK = 7_204_502

# A field is its name, the length of its value in bytes, and the value, so different rows encode differently. NULLs
# are left out: a column that is added later changes no existing digest.
_FIELD = """
CREATE FUNCTION audit_field(name text, value text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN value IS NULL THEN ''::bytea ELSE
        convert_to(name || '=' || length(convert_to(value, 'UTF8'))::text || ':' || value || ';', 'UTF8')
    END
$$
"""

_DIGEST = """
CREATE FUNCTION audit_digest(place bigint, previous bytea, entry audit_entries) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(
        audit_field('position', place::text)
        || audit_field('previous', encode(previous, 'hex'))
        || audit_field('id', entry.id::text)
        || audit_field('at', (extract(epoch FROM entry.at) * 1000000)::bigint::text)
        || audit_field('action', entry.action)
        || audit_field('actor_id', entry.actor_id::text)
        || audit_field('subject_id', entry.subject_id::text)
        || audit_field('result', entry.result)
        || audit_field('channel', entry.channel)
        || audit_field('request_id', entry.request_id)
        || audit_field('address_digest', entry.address_digest)
        || audit_field('detail', entry.detail::text)
    )
$$
"""

# It runs at the end of the transaction: no other lock is requested after this one, so it cannot deadlock. The lock is
# released with the commit, so the SELECT of the next transaction, which has a new snapshot, reads the new link. The
# search path is fixed, so that no setting of a session and no function of the same name in another schema is used.
_APPEND = """
CREATE FUNCTION audit_append(entry audit_entries) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, {schema}, pg_temp AS $$
DECLARE
    last audit_links;
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    SELECT * INTO last FROM audit_links ORDER BY position DESC LIMIT 1;
    INSERT INTO audit_links (position, entry_id, previous, digest)
    VALUES (
        coalesce(last.position, 0) + 1,
        entry.id,
        last.digest,
        audit_digest(coalesce(last.position, 0) + 1, last.digest, entry)
    );
END
$$
"""

_SEAL = """
CREATE FUNCTION audit_seal() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM {schema}.audit_append(NEW);
    RETURN NULL;
END
$$
"""

_REFUSE = """
CREATE FUNCTION audit_refuse() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- A link is made by the trigger of its entry; by hand there is no way to make one.
    IF TG_OP = 'INSERT' AND pg_trigger_depth() > 1 THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the audit trail can only be added to' USING ERRCODE = 'insufficient_privilege';
END
$$
"""

_TRIGGERS = (
    """
    CREATE CONSTRAINT TRIGGER audit_entries_seal AFTER INSERT ON audit_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_seal()
    """,
    """
    CREATE TRIGGER audit_entries_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()
    """,
    """
    CREATE TRIGGER audit_links_stand BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON audit_links
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()
    """,
)


def upgrade() -> None:
    """Apply."""
    op.add_column("audit_entries", sa.Column("channel", sa.Text(), nullable=True))
    op.create_index("ix_audit_entries_action", "audit_entries", ["action", "id"])
    op.create_table(
        "audit_links",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_links")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_links_entry_id")),
    )
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for function in (_FIELD, _DIGEST, _APPEND, _SEAL, _REFUSE):
        op.execute(function.format(schema=schema, lock=_LOCK))
    # Existing entries are linked as they are, in the order of their ids.
    op.execute("SELECT audit_append(entry) FROM (SELECT * FROM audit_entries ORDER BY id) AS entry")
    for trigger in _TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    """Take back."""
    op.execute("DROP TRIGGER audit_entries_seal ON audit_entries")
    op.execute("DROP TRIGGER audit_entries_stand ON audit_entries")
    op.drop_table("audit_links")
    for function in (
        "audit_refuse()",
        "audit_seal()",
        "audit_append(audit_entries)",
        "audit_digest(bigint, bytea, audit_entries)",
        "audit_field(text, text)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_index("ix_audit_entries_action", table_name="audit_entries")
    op.drop_column("audit_entries", "channel")
