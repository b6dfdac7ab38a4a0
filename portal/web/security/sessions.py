"""Sessions as rows: the cookie is an opaque token, read from the database at most once a request."""

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
from portal.domain.session_lifetimes import LIFETIMES
from portal.models import sessions
from portal.models.people import Person
from portal.models.sessions import Session
from portal.web.context import portal_context

# Where in a session the address of the identity provider's sign-out page is kept.
END_SESSION = "end_session"
TOUCH_EVERY = timedelta(minutes=1)
_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """Return a fresh session token of 256 random bits."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def current_session() -> ServerSession:
    """Return the session of the request at hand."""
    found = session._get_current_object()  # type: ignore[attr-defined]  # a proxy knows what it stands for
    assert isinstance(found, ServerSession)  # noqa: S101 - RowSessions makes no other
    return found


def digest(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


class ServerSession(SessionMixin):
    """One request's session. Nothing is read before it is used, and nothing written unless it changed."""

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
        """What the stored session is called on pages, None while there is none."""
        return self.row.public_id if self.row is not None else None

    @property
    def drops_cookie(self) -> bool:
        """Whether the browser holds a cookie that means nothing any more."""
        return self._is_stale_cookie and self._token is None and not self._is_abandoned

    def person(self, *, prolongs: bool) -> Person | None:
        """Return who is signed in; ``prolongs`` notes, once a minute at most, that they are there."""
        self._data()
        row = self._row
        if row is not None and prolongs and self._now - row.active_at >= TOUCH_EVERY:
            with transaction():
                sessions.touch(row.token_hash, self._now)
        return self._person

    def replace(self, token: str) -> None:
        """Go on under a new token whose row has been written by whoever signed the person in."""
        self._token, self._loaded, self._row = token, {}, None
        self.modified, self.is_new_cookie = False, True

    def forget(self) -> None:
        """Let the browser's cookie go; the row has been deleted or cannot be read."""
        self._token, self._loaded, self._row, self._person = None, {}, None, None
        self._is_stale_cookie, self.modified = True, False

    def abandon(self) -> None:
        """Neither read nor write anything in this request any more; the cookie stays as it is."""
        self._loaded, self._row, self._person = {}, None, None
        self._is_abandoned = True

    def save(self, *, lifetime: timedelta, user_agent: str | None) -> None:
        """Write what changed; a first change makes the row and the token."""
        if not self.modified or self._is_abandoned:
            return
        with transaction() as unit:
            if self._token is not None:
                sessions.write_data(digest(self._token), self._data())
                return
            self._token, self.is_new_cookie = new_token(), True
            unit.add(
                Session(
                    token_hash=digest(self._token),
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
        # Committed at once, so that the connection is free again while the page is made.
        with transaction():
            found = sessions.with_person(digest(token))
        if found is None or _is_over(*found, self._now):
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


def _is_over(row: Session, person: Person | None, now: datetime) -> bool:
    if row.person_id is not None and (person is None or person.deactivated_at is not None):
        return True
    # The role counts as it is now: somebody made an admin gets the shorter life at once.
    life = LIFETIMES[Role(person.role) if person else Role.EMPLOYEE]
    return life.is_over(created_at=row.created_at, active_at=row.active_at, now=now)


class RowSessions(SessionInterface):
    """Flask's sessions, kept in the database."""

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        """Take the cookie; the row is read when somebody asks."""
        token = request.cookies.get(app.config["SESSION_COOKIE_NAME"], "")
        # What a cookie says beyond this is not ours, and not worth a query.
        return ServerSession(token if _TOKEN.fullmatch(token) else None, portal_context().clock())

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write what changed, and tell the browser of a new or a dead token."""
        assert isinstance(session, ServerSession)  # noqa: S101 - open_session makes no other
        if session.accessed:
            response.vary.add("Cookie")
        session.save(lifetime=LIFETIMES[Role.EMPLOYEE].absolute, user_agent=None)
        cookie = {
            "key": app.config["SESSION_COOKIE_NAME"],
            "path": "/",
            "secure": app.config["SESSION_COOKIE_SECURE"],
            "httponly": True,
            "samesite": "Lax",
        }
        if session.is_new_cookie and session.token is not None:
            response.set_cookie(value=session.token, **cookie)
        elif session.drops_cookie:
            response.delete_cookie(**cookie)
