"""Describes a database's schema as text, from PostgreSQL's own catalogs."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

# Each query returns a name and a definition.
_QUERIES: dict[str, LiteralString] = {
    "column": """
        SELECT c.relname || '.' || a.attname,
               format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
               || CASE a.attidentity WHEN '' THEN '' ELSE ' IDENTITY ' || a.attidentity::text END
               || COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') || ' ' || c.relpersistence::text
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
          AND a.attnum > 0 AND NOT a.attisdropped""",
    "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraint": """
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace""",
    "function": """
        SELECT oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace""",
    "trigger": """
        SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal""",
    "enum": """
        SELECT enumtypid::regtype::text, string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum GROUP BY 1""",
    "composite type": """
        SELECT c.relname || '.' || a.attname, a.attnum || ' ' || format_type(a.atttypid, a.atttypmod)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'c' AND a.attnum > 0""",
}


def describe_schema(url: str, *, part: str = "") -> dict[str, str]:
    """Return the definition of every object whose name contains ``part``, by kind and name."""
    with psycopg.connect(url.replace("+psycopg", ""), connect_timeout=30) as connection:
        rows: list[tuple[str, Any, Any]] = [
            (kind, *row) for kind, query in _QUERIES.items() for row in connection.execute(query).fetchall()
        ]
    return {f"{kind} {name}": str(definition) for kind, name, definition in rows if part in str(name)}
