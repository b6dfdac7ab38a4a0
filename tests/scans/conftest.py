"""A prepared portal that listens on loopback, for programs that look for holes in it from outside."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.e2e.site import serve_site
from tests.factories import NOW
from tests.integration.matrix.conftest import identity, make_directory, prepared
from tests.integration.matrix.directory_fixture import DirectoryFixture, build_session_token

# The scanned portal is a directory of the matrices.
__all__ = ["identity", "make_directory", "prepared"]

_LATER = NOW + timedelta(days=1000)


@dataclass(frozen=True)
class Target:
    """The portal's address, and the cookie of a person with every right."""

    directory: DirectoryFixture
    address: str
    cookie: str


class _HurryingClock:
    """Advances by a second at each reading: a scanner exceeds rate limits, which are not what it is to find."""

    def __init__(self) -> None:
        self._seconds = itertools.count(60)

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=next(self._seconds))


@pytest.fixture
def target(make_directory: Callable[..., DirectoryFixture], monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """The portal, served to a signed-in administrator whose session no scan outlives."""
    directory = make_directory(public_url="http://127.0.0.1")
    hurrying = _HurryingClock()
    monkeypatch.setattr(type(directory.clock), "__call__", lambda _self: hurrying.now)
    directory.connection.execute(
        "UPDATE sessions SET created_at = %(at)s, active_at = %(at)s, confirmed_at = %(at)s, expires_at = %(at)s",
        {"at": _LATER},
    )
    with serve_site(directory.app) as site:
        yield Target(
            directory,
            site.address.replace("localhost", "127.0.0.1"),
            f"{directory.app.config['SESSION_COOKIE_NAME']}={build_session_token('admin')}",
        )
