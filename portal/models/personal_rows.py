"""The rows about one person in every table, found by the data map; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, or_, select

from portal.db import Base, db
from portal.domain.data_classes import Content, TableClass
from portal.domain.data_map import DATA_MAP

ANOTHER_PERSON = "another person"
"""Stands where a row names a person who is not the one the rows are about."""


def list_personal_tables() -> list[str]:
    """Return the names of the tables whose rows lead to a person."""
    return [name for name, classes in DATA_MAP.items() if classes.owner is not None]


def iterate_personal_rows(person_id: UUID) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each table that holds data about people with this person's rows, without secrets.

    Args:
        person_id: whose rows. Ids of other people are replaced by :data:`ANOTHER_PERSON`.
    """
    for name in list_personal_tables():
        classes = DATA_MAP[name]
        table = Base.metadata.tables[name]
        query = select(*_list_exported(table, classes)).where(_build_condition(name, person_id))
        rows = db.session.execute(query.order_by(*table.primary_key.columns)).mappings()
        yield name, [_hide_other_people(row, classes, person_id) for row in rows]


def _list_exported(table: Table, classes: TableClass) -> list[ColumnElement[Any]]:
    return [table.c[name] for name, data_class in classes.iterate_classes() if data_class.content is not Content.SECRET]


def _build_condition(name: str, person_id: UUID) -> ColumnElement[bool]:
    """Return the condition for the rows of a table that lead to this person, by its owner path."""
    table = Base.metadata.tables[name]
    owner = DATA_MAP[name].owner
    assert owner is not None  # noqa: S101 - a test requires an owner of every table that a path leads to
    conditions = []
    for step in owner.split("|"):
        column, _, target = step.partition(">")
        if not target:
            conditions.append(table.c[column] == person_id)
            continue
        parent, _, key = target.partition(".")
        found = select(Base.metadata.tables[parent].c[key or "id"]).where(_build_condition(parent, person_id))
        conditions.append(table.c[column].in_(found))
    return or_(*conditions)


def _hide_other_people(row: Mapping[Any, Any], classes: TableClass, person_id: UUID) -> dict[str, Any]:
    other = {name for name in classes.people.split() if row[name] not in {None, person_id}}
    return {name: ANOTHER_PERSON if name in other else value for name, value in row.items()}
