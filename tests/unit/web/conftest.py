"""A portal without a database, for what must work without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.app import create_app
from portal.settings import Settings


@pytest.fixture
def make_app(portal_settings: Callable[..., Settings]) -> Callable[..., Flask]:
    def make(**overrides: Any) -> Flask:
        return create_app(portal_settings(**overrides))

    return make


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client
