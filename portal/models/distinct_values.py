"""The distinct values of an indexed column, each found by one search of the index."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.db import db


def list_distinct(column: InstrumentedAttribute[str | None]) -> list[str]:
    """List the values of a column with an index in order, without NULL and the empty string.

    ``SELECT DISTINCT`` would read the index whole: 20,000 entries for 40 teams.
    """
    values = select(func.min(column).label("value")).cte("found", recursive=True)
    following = select(func.min(column)).where(column > values.c.value).scalar_subquery()
    values = values.union_all(select(following).where(values.c.value.is_not(None)))
    return [value for value in db.session.scalars(select(values.c.value)) if value]
