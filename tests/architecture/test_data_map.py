"""Every column of every model has a privacy class, and every row about a person leads to that person."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter

import pytest
from sqlalchemy import Column, MetaData, Table, Text

from portal import models
from portal.db import Base
from portal.domain.data_classes import Content, Subject
from portal.domain.data_map import DATA_MAP, account, campaign, list_column_classes, operation, photo_sessions, photos

RECIPE = 'Add it to portal/domain/data_map/, see the recipe "A column" in docs/architecture.md.'


@pytest.fixture(scope="module")
def metadata() -> MetaData:
    """The metadata of all models."""
    for module in pkgutil.iter_modules(models.__path__):
        importlib.import_module(f"{models.__name__}.{module.name}")
    return Base.metadata


def _list_columns(metadata: MetaData) -> set[str]:
    return {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns}


def _check_classified(metadata: MetaData) -> None:
    missing = sorted(_list_columns(metadata) - list_column_classes().keys())
    assert not missing, f"without a privacy class: {', '.join(missing)}. {RECIPE}"


@pytest.mark.privacy("P13")
def test_each_column_has_a_privacy_class(metadata: MetaData) -> None:
    assert len(_list_columns(metadata)) > 200
    _check_classified(metadata)


def test_unclassified_column_is_named_with_the_recipe() -> None:
    metadata = MetaData()
    Table("people", metadata, Column("id", Text), Column("shoe_size", Text))
    with pytest.raises(AssertionError, match=r"without a privacy class: people\.shoe_size\. Add it to portal/domain"):
        _check_classified(metadata)


def test_each_class_belongs_to_a_column(metadata: MetaData) -> None:
    assert sorted(list_column_classes().keys() - _list_columns(metadata)) == []


def test_each_column_has_one_class() -> None:
    listed = [f"{table}.{name}" for table, classes in DATA_MAP.items() for name, _class in classes.iterate_classes()]
    assert [name for name, count in Counter(listed).items() if count > 1] == []
    areas = (account, campaign, operation, photo_sessions, photos)
    assert [name for name, count in Counter(name for area in areas for name in area.TABLES).items() if count > 1] == []


def test_exceptions_name_columns_of_their_table() -> None:
    for table, classes in DATA_MAP.items():
        assert {*classes.exceptions, *classes.people.split()} <= {name for name, _class in classes.iterate_classes()}, (
            table
        )


def test_owner_paths_name_columns_that_exist(metadata: MetaData) -> None:
    columns = _list_columns(metadata)
    for table, classes in DATA_MAP.items():
        for path in classes.owner.split("|") if classes.owner else ():
            column, _, target = path.partition(">")
            parent, _, parent_column = target.partition(".")
            assert f"{table}.{column}" in columns
            assert not target or f"{parent}.{parent_column or 'id'}" in columns
            assert not target or DATA_MAP[parent].owner, f"{parent} leads to no person"


def test_rows_that_reference_a_person_lead_to_that_person(metadata: MetaData) -> None:
    """A table that refers to people, directly or through another table, has an owner path."""
    personal = {"people"}
    while True:
        found = {
            table.name
            for table in metadata.sorted_tables
            if any(key.column.table.name in personal for key in table.foreign_keys)
        }
        if found <= personal:
            break
        personal |= found
    missing = sorted(name for name in personal if DATA_MAP[name].owner is None)
    assert not missing, f"without a path to the person: {', '.join(missing)}. {RECIPE}"


def test_tables_about_no_person_hold_nothing_personal() -> None:
    personal = {Content.IDENTITY, Content.PICTURE, Content.CONSENT, Content.ACTIVITY}
    for table, classes in DATA_MAP.items():
        if classes.subject is Subject.NONE:
            assert not personal & classes.columns.keys(), table
