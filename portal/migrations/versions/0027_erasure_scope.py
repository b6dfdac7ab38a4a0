"""Erasures of different scope, with the time of each step; a withdrawal of consent deletes pictures and no person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_UUIDS = postgresql.ARRAY(sa.Uuid())

# The list of people is refreshed whenever a consent changes; this adds the withdrawal to each row it writes.
_WITHDRAWAL = """
CREATE FUNCTION list_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.withdrawn_at := (
        SELECT max(withdrawn_at) FROM consents
        WHERE person_id = NEW.person_id HAVING bool_and(withdrawn_at IS NOT NULL)
    );
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    """Apply. Old code creates erasures of everything only, which is the default."""
    op.add_column("erasures", sa.Column("scope", sa.Text(), server_default="everything", nullable=False))
    op.add_column(
        "erasures",
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column("erasures", sa.Column("kit_ids", _UUIDS, server_default="{}", nullable=False))
    op.add_column("erasures", sa.Column("archive_ids", _UUIDS, server_default="{}", nullable=False))
    op.add_column("erasures", sa.Column("kept_photo_id", sa.Uuid(), nullable=True))
    op.drop_index("uq_erasures_open", table_name="erasures")
    op.create_index(
        "uq_erasures_open_everything",
        "erasures",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL AND scope = 'everything'"),
    )
    op.create_index("ix_erasures_person_id", "erasures", ["person_id"])
    op.add_column("listed_people", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(_WITHDRAWAL)
    op.execute(
        "CREATE TRIGGER list_withdrawal BEFORE INSERT OR UPDATE ON listed_people "
        "FOR EACH ROW EXECUTE FUNCTION list_withdrawal()"
    )
    op.execute("SELECT refresh_listed_person(person_id) FROM consents WHERE withdrawn_at IS NOT NULL")


def downgrade() -> None:
    """Revert."""
    op.execute("DROP TRIGGER list_withdrawal ON listed_people")
    op.execute("DROP FUNCTION list_withdrawal()")
    op.drop_column("listed_people", "withdrawn_at")
    op.drop_index("ix_erasures_person_id", table_name="erasures")
    op.drop_index("uq_erasures_open_everything", table_name="erasures")
    op.create_index(
        "uq_erasures_open",
        "erasures",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    for name in ("kept_photo_id", "archive_ids", "kit_ids", "steps", "scope"):
        op.drop_column("erasures", name)
