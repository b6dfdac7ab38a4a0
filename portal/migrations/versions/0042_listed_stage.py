"""Stage and attention of each row of the console's list, stored as far as they do not depend on the clock.

Every page of the console counted them anew for every row: 20,000 evaluations of the stage and of ten conditions a
count. They are generated columns, which cannot differ from what they are derived from, and a narrow index holds all
that a count reads.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_SQL = Path(__file__).resolve().parent.parent / "sql" / "0042_listed_stage.sql"
_FACTS = (
    "person_id, shoot_id, provider_status, problem, has_link, requested_at, copied_at, withdrawn_at, chosen_at, "
    "is_choice_of_shoot"
)
_STAGE = f"derive_listed_stage(agreed_versions <> '{{}}'::text[], {_FACTS})"
_WITHOUT_CONSENT = f"derive_listed_stage(false, {_FACTS})"
_UNFINISHED = "is_listed_unfinished(requested_at, closed_at, copied_at, problem)"
_COLUMNS = {
    "stage": ("text", _STAGE),
    "stage_without_consent": ("text", f"NULLIF({_WITHOUT_CONSENT}, {_STAGE})"),
    "stage_versions": (
        "text[]",
        f"CASE WHEN {_WITHOUT_CONSENT} <> {_STAGE} THEN agreed_versions ELSE NULL::text[] END",
    ),
    "reason": (
        "text",
        f"derive_listed_reason({_STAGE}, provider_status, problem, closed_at, link_reported_at, bounced_at)",
    ),
    "waiting_since": (
        "timestamptz",
        f"derive_waiting_since({_STAGE}, copied_at, status_since, requested_at, signed_in_at)",
    ),
    "unfinished_status": (
        "text",
        f"CASE WHEN {_UNFINISHED} THEN \"left\"(COALESCE(provider_status, ''::text), 40) ELSE NULL::text END",
    ),
    "unfinished_since": (
        "timestamptz",
        f"CASE WHEN {_UNFINISHED} THEN COALESCE(status_since, requested_at) ELSE NULL::timestamp with time zone END",
    ),
}
_IS_ACTIVE = sa.text("left_at IS NULL AND deactivated_at IS NULL")
_FUNCTIONS = (
    "derive_listed_stage(boolean, uuid, uuid, text, text, boolean, timestamptz, timestamptz, timestamptz, timestamptz, "
    "boolean)",
    "derive_listed_reason(text, text, text, timestamptz, timestamptz, timestamptz)",
    "derive_waiting_since(text, timestamptz, timestamptz, timestamptz, timestamptz)",
    "is_listed_unfinished(timestamptz, timestamptz, timestamptz, text)",
)


def upgrade() -> None:
    """Apply. Old code does not name the columns. The table is rewritten once: under a second for 20,000 rows."""
    op.execute(_SQL.read_text())
    added = ", ".join(
        f"ADD COLUMN {name} {kind} GENERATED ALWAYS AS ({text}) STORED" for name, (kind, text) in _COLUMNS.items()
    )
    op.execute(f"ALTER TABLE listed_people {added}")
    op.create_index(
        "ix_listed_people_counted",
        "listed_people",
        ["team"],
        postgresql_include=[*_COLUMNS, "due_on", "invited_at"],
        postgresql_where=_IS_ACTIVE,
    )
    op.create_index(
        "ix_listed_people_moments",
        "listed_people",
        ["chosen_at"],
        postgresql_include=["signed_in_at", "agreed_at", "status_since"],
        postgresql_where=_IS_ACTIVE,
    )
    op.create_index("ix_listed_people_team", "listed_people", ["team"])
    # A count reads the index alone for the pages that a vacuum has seen since their last change.
    op.execute("ALTER TABLE listed_people SET (autovacuum_vacuum_scale_factor = 0.02)")


def downgrade() -> None:
    """Revert."""
    op.execute("ALTER TABLE listed_people RESET (autovacuum_vacuum_scale_factor)")
    op.drop_index("ix_listed_people_team", table_name="listed_people")
    op.drop_index("ix_listed_people_moments", table_name="listed_people")
    op.drop_index("ix_listed_people_counted", table_name="listed_people")
    op.execute(f"ALTER TABLE listed_people {', '.join(f'DROP COLUMN {name}' for name in _COLUMNS)}")
    for function in _FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
