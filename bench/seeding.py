"""``python -m bench.seeding URL --people 20000``: fills an empty, migrated database as after a year of use.

20,000 people have 12,000 shoots, 320,000 photos, 2.88 million renditions, 200,000 deliveries and 600,000 audit entries;
other sizes in proportion. The storage is a generated listing (:class:`SeededStorage`) and some real files.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bench.people import build_cookie
from portal.domain.consent import POLICY_VERSION
from portal.domain.renditions import RENDITIONS
from portal.storage import LocalStorage, ObjectMissing

PHOTOS_PER_SHOOT = 40
REAL_FILES = 20_000
_SQL = Path(__file__).with_name("seed.sql")
# Filling an index row by row takes several times as long as building it at the end.
_LARGE_TABLES = ("renditions", "photos", "deliveries", "audit_entries", "audit_links")
_INDEXES = """
    SELECT coalesce(constraints.conname, relation.relname), constraints.contype,
           coalesce(pg_get_constraintdef(constraints.oid), pg_get_indexdef(relation.oid))
    FROM pg_index JOIN pg_class AS relation ON relation.oid = indexrelid
    LEFT JOIN pg_constraint AS constraints ON conindid = indexrelid AND contype IN ('p', 'u')
    WHERE indrelid = %s::regclass ORDER BY contype = 'p' DESC
"""
_FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND confrelid = ANY(%s::regclass[])
"""
_SESSION = """
    INSERT INTO sessions (token_hash, person_id, data, created_at, active_at, expires_at, confirmed_at)
    SELECT %s, id, '{}', now(), now(), now() + interval '8 hours', now() FROM people WHERE subject = %s
"""
_NAMES = sorted((spec.slot, spec.format.extension) for spec in RENDITIONS)


@dataclass(frozen=True)
class SeedSize:
    """How many rows a database of so many people has."""

    people: int

    @property
    def shoots(self) -> int:
        """Shoots, finished or not."""
        return self.people * 3 // 5

    @property
    def finished(self) -> int:
        """Finished shoots."""
        return self.people * 2 // 5

    @property
    def photos(self) -> int:
        """Photos, each with nine renditions."""
        return self.finished * PHOTOS_PER_SHOOT

    @property
    def numbers(self) -> dict[str, int]:
        """The numbers that seed.sql takes."""
        return {
            "people": self.people,
            "shoots": self.shoots,
            "finished": self.finished,
            "photos": self.photos,
            "deliveries": self.people * 10,
            "entries": self.people * 30,
        }


def seed_database(url: str, people: int) -> None:
    """Fill an empty, migrated database. The connection must be the superuser's: triggers are off meanwhile.

    Person 0 is an admin; :func:`sign_in` gives a cookie.
    """
    with psycopg.connect(url, connect_timeout=5) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
        restore = _drop_indexes(connection)
        for statement in _build_statements(SeedSize(people)):
            connection.execute(statement)
        for index in restore:
            connection.execute(index)
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        # What the triggers would have kept: the rows of lists, board and search.
        connection.execute("SELECT count(refresh_listed_person(id)) FROM people")
        connection.execute("VACUUM (ANALYZE)")
        # Else what is measured first shares the disk with the writing of what was seeded.
        connection.execute("CHECKPOINT")


def sign_in(url: str, number: int = 0) -> str:
    """Create a session of a seeded person; return the value of its cookie."""
    cookie = build_cookie(number)
    with psycopg.connect(url, connect_timeout=5) as connection:
        connection.execute(_SESSION, (hashlib.sha256(cookie.encode()).digest(), f"subject-{number}"))
    return cookie


def _build_statements(size: SeedSize) -> Iterator[str]:
    text = re.sub(r"^--.*\n", "", _SQL.read_text(), flags=re.MULTILINE)
    values = {name: str(number) for name, number in size.numbers.items()} | {"policy": f"'{POLICY_VERSION}'"}
    text = re.sub(r"(?<!:):([a-z]+)\b", lambda found: values[found[1]], text)
    # A statement ends with a line's semicolon, except within a DO block.
    return (each for each in re.split(r";\n(?=\n|$)", text) if each.strip())


def _drop_indexes(connection: psycopg.Connection[Any]) -> list[sql.Composed]:
    """Remove all indexes and keys of the large tables; return the statements that make them again."""
    tables = [*_LARGE_TABLES]
    keys = connection.execute(_FOREIGN_KEYS, (tables,)).fetchall()
    for table, name, _ in keys:
        connection.execute(
            sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name))
        )
    restore: list[sql.Composed] = []
    for table in tables:
        for name, kind, definition in connection.execute(_INDEXES, (table,)).fetchall():
            if kind is None:
                connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
                restore.append(sql.Composed([sql.SQL(definition)]))
            else:
                restore.append(_build_constraint(table, name, definition))
                connection.execute(
                    sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name))
                )
    return restore + [_build_constraint(table, name, definition) for table, name, definition in keys]


def _build_constraint(table: str, name: str, definition: str) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
        sql.Identifier(table), sql.Identifier(name), sql.SQL(definition)
    )


class SeededStorage(LocalStorage):
    """The storage of a seeded database: every file is listed and readable; only the first ``real`` are on disk.

    What is deleted or stored anew is so only for the real files and those stored later.
    """

    def __init__(self, root: Path, people: int) -> None:
        super().__init__(root)
        self._photos = SeedSize(people).photos

    def write_real_files(self, count: int = REAL_FILES) -> None:
        """Write the first ``count`` files to disk."""
        for number in range(min(self._photos, -(-count // len(_NAMES)))):
            for key, content in _list_files(number):
                path = self.root / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield the keys of the seeded files in order; all are photos, so that other prefixes have none."""
        if prefix not in {"", "photos/"}:
            return
        for number in range(self._photos):
            for key, _ in _list_files(number):
                yield key

    def get(self, key: str) -> bytes:
        """Return a file's content."""
        try:
            return super().get(key)
        except ObjectMissing:
            found = self._find(key)
            if found is None:
                raise
            return found

    def exists(self, key: str) -> bool:
        """Return whether the file is seeded."""
        return super().exists(key) or self._find(key) is not None

    def _find(self, key: str) -> bytes | None:
        number = int(key.split("/")[1][:8], 16)
        return dict(_list_files(number)).get(key) if number < self._photos else None


def _list_files(number: int) -> list[tuple[str, bytes]]:
    """Return key and content of the nine files of a photo, ordered by key."""
    digits = f"{number:08x}" + hashlib.sha256(f"photo {number}".encode()).hexdigest()[8:32]
    folder = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    found = []
    for slot, extension in _NAMES:
        content = f"rendition {number} {slot}.{extension}".encode()
        digest = hashlib.sha256(content).hexdigest()
        found.append((f"photos/{folder}/{slot}-{digest[:16]}.{extension}", content))
    return sorted(found)


def main(arguments: list[str]) -> int:
    """Seed a database and print how long it took."""
    parser = argparse.ArgumentParser("bench.seeding")
    parser.add_argument("url", help="an empty, migrated database; the connection is the superuser's")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--storage", type=Path, help=f"a folder for {REAL_FILES:,} real files")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    seed_database(given.url, given.people)
    if given.storage:
        SeededStorage(given.storage, given.people).write_real_files()
    sys.stdout.write(f"{given.people:,} people in {time.monotonic() - began:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
