"""The portal on a database of its own, for tests of what its statements read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from portal.app import create_app
from portal.db import db
from tests.factories import NOW


@pytest.fixture
def app(portal_settings: Callable[..., Any], database_url: str) -> Iterator[Flask]:
    app = create_app(portal_settings(), clock=lambda: NOW)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
