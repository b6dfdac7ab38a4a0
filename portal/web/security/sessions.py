"""Server-side sessions: the cookie is an opaque token, its row is read at most once a request."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask, Request, Response, session
from flask.sessions import SessionInterface, SessionMixin

from portal.db import transaction
from portal.domain.roles import Role
from portal.models import sessions
from portal.models.people import Person
from portal.models.sessions import Session
from portal.web.context import get_context

# Key in the session's data: the identity provider's end_session_endpoint at sign-in.
END_SESSION = "end_session"
# Key in the session's data: the identity provider left out groups at the last sign-in because there are too many.
GROUP_OVERAGE = "group_overage"
TOUCH_EVERY = timedelta(minutes=1)
_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def create_token() -> str:
    """Return a fresh session token of 256 random bits."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def get_current_session() -> ServerSession:
    """Return the session of the current request."""
    found = session._get_current_object()  # type: ignore[attr-defined]  # werkzeug's LocalProxy  # noqa: SLF001 - documented by Werkzeug
    assert isinstance(found, ServerSession)  # noqa: S101 - DatabaseSessionInterface creates no other
    return found


def hash_token(token: str) -> bytes:
    """Return the SHA-256 of a token, the only form that is stored."""
    return hashlib.sha256(token.encode()).digest()


class ServerSession(SessionMixin):
    """One request's session. It is read on first use and written only if it changed."""

    def __init__(self, token: str | None, now: datetime) -> None:
        self._token = token
        self._now = now
        self._loaded: dict[str, Any] | None = None
        self._person: Person | None = None
        self._row: Session | None = None
        self._is_stale_cookie = False
        self._is_abandoned = False
        self.modified = False
        self.is_new_cookie = False
        self.accessed = False

    @property
    def token(self) -> str | None:
        """The token in force, None while there is no session."""
        return self._token

    @property
    def row(self) -> Session | None:
        """The stored session, None while there is none."""
        self._data()
        return self._row

    @property
    def public_id(self) -> UUID | None:
        """The id used for this session on pages and in forms, None while there is no row."""
        return self.row.public_id if self.row is not None else None

    @property
    def is_cookie_obsolete(self) -> bool:
        """Whether the response has to delete the cookie because its session no longer exists."""
        return self._is_stale_cookie and self._token is None and not self._is_abandoned

    def load_person(self, *, extends: bool) -> Person | None:
        """Return the signed-in person; ``extends`` updates ``active_at``, at most once a minute."""
        self._data()
        row = self._row
        if row is not None and extends and self._now - row.active_at >= TOUCH_EVERY:
            with transaction():
                sessions.update_active_at(row.token_hash, self._now)
        return self._person

    def rotate(self, token: str) -> None:
        """Continue under a new token whose row the caller has already stored."""
        self._token, self._loaded, self._row = token, None, None
        self.modified, self.is_new_cookie = False, True

    def clear_session(self) -> None:
        """Delete the browser's cookie; the row has been deleted or cannot be read."""
        self._token, self._loaded, self._row, self._person = None, {}, None, None
        self._is_stale_cookie, self.modified = True, False

    def detach(self) -> None:
        """Neither read nor write the session for the rest of this request; the cookie stays."""
        self._loaded, self._row, self._person = {}, None, None
        self._is_abandoned = True

    def save(self, *, lifetime: timedelta, user_agent: str | None) -> None:
        """Store changes; the first change creates the row and the token."""
        if not self.modified or self._is_abandoned:
            return
        with transaction() as unit:
            if self._token is not None:
                sessions.update_data(hash_token(self._token), self._data())
                return
            self._token, self.is_new_cookie = create_token(), True
            unit.add(
                Session(
                    token_hash=hash_token(self._token),
                    data=self._data(),
                    created_at=self._now,
                    active_at=self._now,
                    expires_at=self._now + lifetime,
                    user_agent=user_agent,
                )
            )

    def _data(self) -> dict[str, Any]:
        self.accessed = True
        if self._loaded is None:
            self._loaded = {}
            if self._token is not None:
                self._load(self._token)
        return self._loaded

    def _load(self, token: str) -> None:
        # Committed at once to release the connection while the page is rendered.
        with transaction():
            found = sessions.find_with_person(hash_token(token))
        if found is None or _is_expired(*found, self._now):
            self._token, self._is_stale_cookie = None, True
            return
        self._row, self._person = found
        self._loaded = dict(self._row.data)

    def __getitem__(self, key: str) -> Any:
        return self._data()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._data()[key] = value
        self.modified = True

    def __delitem__(self, key: str) -> None:
        del self._data()[key]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._data())

    def __len__(self) -> int:
        return len(self._data())


def _is_expired(row: Session, person: Person | None, now: datetime) -> bool:
    if row.person_id is not None and (person is None or person.deactivated_at is not None):
        return True
    # By the current role: a new admin gets the shorter lifetime at once.
    lifetimes = get_context().settings.session_lifetimes
    lifetime = lifetimes.get_lifetime(person.role if person else Role.EMPLOYEE)
    return lifetime.is_expired(created_at=row.created_at, active_at=row.active_at, now=now)


class DatabaseSessionInterface(SessionInterface):
    """Flask's session interface on the sessions table."""

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        """Read the cookie; the row is loaded on first use."""
        token = request.cookies.get(app.config["SESSION_COOKIE_NAME"], "")
        # Any other value was not issued here and is not worth a query.
        return ServerSession(token if _TOKEN.fullmatch(token) else None, get_context().clock())

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store changes and set or delete the cookie."""
        assert isinstance(session, ServerSession)  # noqa: S101 - open_session creates no other
        if session.accessed:
            response.vary.add("Cookie")
        lifetimes = get_context().settings.session_lifetimes
        session.save(lifetime=lifetimes.usual.absolute, user_agent=None)
        cookie = {
            "key": app.config["SESSION_COOKIE_NAME"],
            "path": "/",
            "secure": app.config["SESSION_COOKIE_SECURE"],
            "httponly": True,
            "samesite": "Lax",
        }
        if session.is_new_cookie and session.token is not None:
            response.set_cookie(value=session.token, **cookie)
        elif session.is_cookie_obsolete:
            response.delete_cookie(**cookie)
