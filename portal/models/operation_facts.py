"""What the health checks read from the database, over a connection of their own: the checks run without the app."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

import psycopg

from portal.db import connect_for_check

REJECTION_PERIOD = timedelta(hours=24)

_REJECTIONS = (
    "SELECT reason, sum(count)::bigint FROM webhook_rejections WHERE hour > %s GROUP BY reason ORDER BY 2 DESC"
)
_LAST_DELIVERY: LiteralString = "SELECT max(received_at) FROM deliveries"
_LAST_CREATED: LiteralString = """
    SELECT max(at) FROM (
        (SELECT at FROM audit_entries WHERE action = 'shoot.created' ORDER BY id DESC LIMIT 1)
        UNION ALL
        (SELECT at FROM audit_entries WHERE action = 'provider.session_probed' AND result = 'ok'
         ORDER BY id DESC LIMIT 1)
    ) AS created
"""
_LAST_FORBIDDEN: LiteralString = """
    SELECT at FROM audit_entries
    WHERE action IN ('shoot.not_created', 'provider.session_probed') AND detail ->> 'reason' = 'FORBIDDEN'
    ORDER BY id DESC LIMIT 1
"""
_SECRETS = "SELECT name, fingerprint, first_seen_at FROM secret_ages"


@dataclass(frozen=True)
class OperationFacts:
    """Records about the running portal.

    Attributes:
        rejections: webhooks refused in the last 24 hours, by reason.
        last_delivery_at: when the last authentic webhook was received.
        session_created_at: when the provider last created a session.
        session_forbidden_at: when it last refused to, because the feature is off.
        secrets: when each secret was first seen, by name and fingerprint.
    """

    rejections: dict[str, int]
    last_delivery_at: datetime | None
    session_created_at: datetime | None
    session_forbidden_at: datetime | None
    secrets: dict[tuple[str, str], datetime]


def read_facts(database_url: str, now: datetime) -> OperationFacts:
    """Read the facts.

    Raises:
        psycopg.Error: the database cannot be reached, or its schema is older than this code.
    """
    with connect_for_check(database_url) as connection:
        return OperationFacts(
            rejections=dict(connection.execute(_REJECTIONS, (now - REJECTION_PERIOD,)).fetchall()),
            last_delivery_at=_read_time(connection, _LAST_DELIVERY),
            session_created_at=_read_time(connection, _LAST_CREATED),
            session_forbidden_at=_read_time(connection, _LAST_FORBIDDEN),
            secrets={(row[0], row[1]): row[2] for row in connection.execute(_SECRETS).fetchall()},
        )


def _read_time(connection: psycopg.Connection[Any], query: LiteralString) -> datetime | None:
    row = connection.execute(query).fetchone()
    return row[0] if row else None
