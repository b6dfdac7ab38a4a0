"""People whose headshots are being made, signed in, straight into a portal's database; and the requests they send."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

import psycopg

from portal.domain.consent import POLICY_VERSION

_PEOPLE = """
    INSERT INTO people (id, issuer, subject, email, name, groups, role, locale, version, created_at, signed_in_at)
    SELECT gen_random_uuid(), 'https://id.example', 'subject-' || n, 'person' || n || '@example.com', 'Person ' || n,
           '{}', 'employee', 'en', 0, now(), now()
    FROM generate_series(0, %(count)s - 1) AS n
    RETURNING id, substr(subject, 9)::int
"""
_CONSENTS = """
    INSERT INTO consents (id, person_id, policy_version, locale, text_sha256, text, purposes, provider, given_at)
    SELECT gen_random_uuid(), id, %(policy)s, 'en', '', '', '{}', 'profilebakery', now() FROM people
"""
_SHOOTS = """
    INSERT INTO shoots (id, person_id, provider, provider_id, provider_status, status_at, is_development,
                        requested_at, attempts, confirmed_at, confirmed_by, photo_count)
    SELECT gen_random_uuid(), id, 'profilebakery', 'model-' || subject, 'generating', now(), false,
           now(), 1, now(), 'create', 0 FROM people
"""
_SESSIONS = """
    INSERT INTO sessions (token_hash, person_id, data, created_at, active_at, expires_at)
    VALUES (%s, %s, '{}', now(), now(), now() + interval '8 hours')
"""


@dataclass(frozen=True)
class Visitor:
    """A person with an open page."""

    person_id: UUID
    cookie: str

    def build_request(self, path: str, etag: str | None = None) -> bytes:
        """Return their browser's request for a page."""
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", f"Cookie: portal_session={self.cookie}"]
        lines += ["Accept-Encoding: gzip", "Accept-Language: en", "User-Agent: bench"]
        lines += [f"If-None-Match: {etag}"] if etag else []
        return "\r\n".join([*lines, "", ""]).encode()


def create_people(url: str, count: int) -> list[Visitor]:
    """Keep so many people with consent, a running session at the studio and a sign-in, in an empty database."""
    with psycopg.connect(url, connect_timeout=5) as connection, connection.cursor() as cursor:
        people = cursor.execute(_PEOPLE, {"count": count}).fetchall()
        cursor.execute(_CONSENTS, {"policy": POLICY_VERSION})
        cursor.execute(_SHOOTS)
        visitors = [Visitor(person_id, build_cookie(number)) for person_id, number in people]
        cursor.executemany(
            _SESSIONS, [(hashlib.sha256(each.cookie.encode()).digest(), each.person_id) for each in visitors]
        )
        connection.commit()
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        connection.execute("VACUUM (ANALYZE)")
    return visitors


def build_cookie(number: int) -> str:
    return hashlib.sha256(f"visitor {number}".encode()).hexdigest()[:43]
