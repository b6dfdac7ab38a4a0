"""Each process reads the company's texts again after seconds, and keeps the last known ones without a database."""

from __future__ import annotations

import psycopg
import pytest

from portal.domain.company_texts import BUILT_IN, PublishedTexts, TextSection
from portal.models import text_versions
from portal.services.company_texts import READ_EVERY, TextCache

FIRST = PublishedTexts({"consent": 1}, {"consent": {"en": {"use": "First"}}})
SECOND = PublishedTexts({"consent": 2}, {"consent": {"en": {"use": "Second"}}})


class Database:
    """What the texts are read from."""

    def __init__(self) -> None:
        self.texts = FIRST
        self.is_down = False
        self.reads = 0

    def read(self) -> PublishedTexts:
        self.reads += 1
        if self.is_down:
            raise psycopg.OperationalError("down")
        return self.texts


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    database = Database()
    monkeypatch.setattr(text_versions, "read_published", database.read)
    return database


def test_new_version_is_used_after_seconds(database: Database) -> None:
    now = [0.0]
    cache = TextCache(lambda: now[0])
    assert cache.get_texts() is FIRST
    database.texts = SECOND
    now[0] = READ_EVERY - 0.1
    assert cache.get_texts() is FIRST
    assert database.reads == 1
    now[0] = READ_EVERY
    assert cache.get_texts() is SECOND


def test_last_known_texts_stay_while_the_database_is_down(database: Database) -> None:
    now = [0.0]
    cache = TextCache(lambda: now[0])
    assert cache.get_texts() is FIRST
    database.is_down = True
    now[0] = READ_EVERY
    assert cache.get_texts() is FIRST
    # Not asked again for each page.
    assert cache.get_texts() is FIRST
    assert database.reads == 2


def test_built_in_texts_are_used_before_the_first_read(database: Database) -> None:
    database.is_down = True
    assert TextCache(lambda: 0.0).get_texts() is BUILT_IN
    assert BUILT_IN.get_number(TextSection.CONSENT) == 0
