"""A furnished portal that listens on loopback, for programs that look for holes in it from outside."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.e2e.site import serving
from tests.factories import NOW
from tests.integration.matrix.conftest import furnished, identity, make_town
from tests.integration.matrix.town import Town, session_token

# The scanned portal is a town of the matrices.
__all__ = ["furnished", "identity", "make_town"]

_LATER = NOW + timedelta(days=1000)


@dataclass(frozen=True)
class Target:
    """Where the portal listens, and the cookie of somebody who may see all of it."""

    town: Town
    address: str
    cookie: str


class _HurryingClock:
    """Goes on by a second whenever it is read: a scanner asks too often, and limits are not what it is to find."""

    def __init__(self) -> None:
        self._seconds = itertools.count(60)

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=next(self._seconds))


@pytest.fixture
def target(make_town: Callable[..., Town], monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """The portal, served to a signed-in administrator whose session no scan outlives."""
    town = make_town(public_url="http://127.0.0.1")
    hurrying = _HurryingClock()
    monkeypatch.setattr(type(town.clock), "__call__", lambda _self: hurrying.now)
    town.connection.execute(
        "UPDATE sessions SET created_at = %(at)s, active_at = %(at)s, confirmed_at = %(at)s, expires_at = %(at)s",
        {"at": _LATER},
    )
    with serving(town.app) as site:
        yield Target(
            town,
            site.address.replace("localhost", "127.0.0.1"),
            f"{town.app.config['SESSION_COOKIE_NAME']}={session_token('admin')}",
        )
