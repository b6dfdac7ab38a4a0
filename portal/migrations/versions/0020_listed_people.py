"""The console's list: one row a person or roster entry, kept by triggers, and the terms by which each is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_SQL = Path(__file__).resolve().parent.parent / "sql"
_TIME = sa.DateTime(timezone=True)
_TEXTS = postgresql.ARRAY(sa.Text())
_TRIGGERS = {
    "list_people": "people",
    "list_shoots": "shoots",
    "list_consents": "consents",
    "list_choices": "choices",
    "list_reports": "link_reports",
    "list_photos": "photos",
    "list_new_entries": "roster_entries",
    "list_entries": "roster_entries",
    "list_campaigns": "campaigns",
}
_FUNCTIONS = (
    "list_entries_of_campaign()",
    "list_changed_entry()",
    "list_new_entries()",
    "list_entries(uuid[])",
    "list_people_of_photo()",
    "list_person_of_report()",
    "list_person_of_row()",
    "list_changed_person()",
    "refresh_listed_person(uuid)",
    "store_search_terms(uuid, text[], text[])",
    "split_search_terms(text)",
    "list_sort_name(text)",
)


_IDENTITY: tuple[sa.Column[Any], ...] = (
    sa.Column("id", sa.Uuid(), nullable=False),
    sa.Column("person_id", sa.Uuid(), nullable=True),
    sa.Column("entry_id", sa.Uuid(), nullable=True),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
    sa.Column("email", sa.Text(), nullable=False),
    sa.Column("employee_number", sa.Text(), nullable=True),
    sa.Column("team", sa.Text(), nullable=True),
    sa.Column("teams", _TEXTS, nullable=False),
    sa.Column("role", sa.Text(), nullable=True),
    sa.Column("roles", _TEXTS, nullable=False),
)
_FACTS: tuple[sa.Column[Any], ...] = (
    sa.Column("campaign_id", sa.Uuid(), nullable=True),
    sa.Column("due_on", sa.Date(), nullable=True),
    sa.Column("invited_at", _TIME, nullable=True),
    sa.Column("reminder_count", sa.Integer(), server_default="0", nullable=False),
    sa.Column("reminded_at", _TIME, nullable=True),
    sa.Column("muted_at", _TIME, nullable=True),
    sa.Column("bounced_at", _TIME, nullable=True),
    sa.Column("left_at", _TIME, nullable=True),
    sa.Column("deactivated_at", _TIME, nullable=True),
    sa.Column("signed_in_at", _TIME, nullable=True),
    sa.Column("agreed_versions", _TEXTS, nullable=False),
    sa.Column("agreed_at", _TIME, nullable=True),
    sa.Column("shoot_id", sa.Uuid(), nullable=True),
    sa.Column("provider_status", sa.Text(), nullable=True),
    sa.Column("status_since", _TIME, nullable=True),
    sa.Column("has_link", sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column("problem", sa.Text(), nullable=True),
    sa.Column("requested_at", _TIME, nullable=True),
    sa.Column("copied_at", _TIME, nullable=True),
    sa.Column("closed_at", _TIME, nullable=True),
    sa.Column("link_reported_at", _TIME, nullable=True),
    sa.Column("chosen_at", _TIME, nullable=True),
    sa.Column("is_choice_of_shoot", sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column("terms", _TEXTS, nullable=False),
)


def upgrade() -> None:
    """Apply. Old code writes to the same tables; the triggers keep the list."""
    _create_tables()
    op.execute((_SQL / "0020_listed_people.sql").read_text())
    op.execute((_SQL / "0020_refresh_listed_person.sql").read_text())
    op.execute("SELECT refresh_listed_person(id) FROM people")
    op.execute("SELECT list_entries(array_agg(id)) FROM roster_entries WHERE person_id IS NULL HAVING count(*) > 0")


def _create_tables() -> None:
    op.create_table(
        "listed_people",
        *_IDENTITY,
        *_FACTS,
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_listed_people_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listed_people")),
        sa.UniqueConstraint("person_id", name=op.f("uq_listed_people_person_id")),
    )
    op.create_index("ix_listed_people_sort_name_id", "listed_people", ["sort_name", "id"])
    op.create_index("ix_listed_people_teams", "listed_people", ["teams"], postgresql_using="gin")
    op.create_table(
        "search_terms",
        sa.Column("term", sa.Text(collation="C"), nullable=False),
        sa.Column("listed_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listed_id"],
            ["listed_people.id"],
            name=op.f("fk_search_terms_listed_id_listed_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("term", "listed_id", name=op.f("pk_search_terms")),
    )
    op.create_index(op.f("ix_search_terms_listed_id"), "search_terms", ["listed_id"])


def downgrade() -> None:
    """Revert."""
    for trigger, table in _TRIGGERS.items():
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    op.execute("DROP TABLE search_terms, listed_people")
    for function in _FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
