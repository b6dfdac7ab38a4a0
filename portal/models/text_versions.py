"""Versions of the company's own texts; rows are added and never changed, so that each version stays readable."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, String, cast, func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.elements import ColumnElement

from portal.db import Base, db, execute_best_effort
from portal.domain.company_texts import PublishedTexts, TextSection
from portal.domain.consent import POLICY_VERSION
from portal.models.people import Person

_LATEST = """
SELECT jsonb_object_agg(section, jsonb_build_array(number, content)) FROM (
  SELECT DISTINCT ON (section) section, number, content FROM text_versions ORDER BY section, number DESC
) AS latest
"""


_MAX_NUMBER = 2**31 - 1


class TextVersion(Base):
    """One published version of a section's texts.

    Attributes:
        number: from 1 on, in each section.
        content: all texts, by language and field; see ``portal/domain/company_texts.py``.
        restored_from: number of the version it repeats, 0 for the built-in texts; None if it was written.
        created_by: who published it; None once that person is erased.
    """

    __tablename__ = "text_versions"

    section: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    restored_from: Mapped[int | None] = mapped_column(Integer)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]


def select_policy_version() -> ColumnElement[str]:
    """Return the version of the policy that counts now, as an expression for a statement."""
    newest = select(func.max(TextVersion.number)).where(TextVersion.section == str(TextSection.CONSENT))
    own = literal(".").op("||")(cast(newest.scalar_subquery(), String))
    return literal(POLICY_VERSION).op("||")(func.coalesce(own, ""))


def get_policy_version() -> str:
    """Return the version of the policy that counts now."""
    return str(db.session.scalar(select(select_policy_version())))


def read_published() -> PublishedTexts:
    """Read the latest version of every section, within half a second and outside of any transaction."""
    row = execute_best_effort(_LATEST, {})
    return _build_published(row[0] if row is not None else None)


def load_published() -> PublishedTexts:
    """Return the latest version of every section, read in the caller's transaction."""
    return _build_published(db.session.scalar(text(_LATEST)))


def _build_published(found: dict[str, tuple[int, Any]] | None) -> PublishedTexts:
    latest = found or {}
    return PublishedTexts(
        {section: number for section, (number, _content) in latest.items()},
        {section: content for section, (_number, content) in latest.items()},
    )


def find_version(section: TextSection, number: int) -> TextVersion | None:
    """Return one version, None if there is none with this number, however large it is."""
    if not 0 < number <= _MAX_NUMBER:
        return None
    return db.session.get(TextVersion, (str(section), number))


def find_latest(section: TextSection) -> TextVersion | None:
    """Return the newest version of a section, None before the first."""
    query = select(TextVersion).where(TextVersion.section == str(section)).order_by(TextVersion.number.desc()).limit(1)
    return db.session.scalar(query)


def list_versions(section: TextSection) -> list[tuple[TextVersion, str | None]]:
    """List the versions of a section, the newest first, with the name of who published each."""
    query = (
        select(TextVersion, Person.name)
        .outerjoin(Person, Person.id == TextVersion.created_by)
        .where(TextVersion.section == str(section))
        .order_by(TextVersion.number.desc())
    )
    return [(version, name) for version, name in db.session.execute(query)]


def insert_version(version: TextVersion) -> bool:
    """Add a version in the caller's transaction; return False if its number was taken by another one meanwhile."""
    values = {column.key: getattr(version, column.key) for column in TextVersion.__table__.columns}
    statement = insert(TextVersion).values(values).on_conflict_do_nothing().returning(TextVersion.number)
    return db.session.scalar(statement) is not None
