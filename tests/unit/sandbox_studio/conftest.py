"""A tiny app with nothing but the studio in it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import StrictUndefined

from sandbox.studio import create_blueprint
from tests.unit.sandbox_studio.fake_store import FakeStore


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def app(store: FakeStore) -> Flask:
    app = Flask("studio_alone")
    app.jinja_env.undefined = StrictUndefined
    app.config.update(TESTING=True, STUDIO_MIN_PHOTOS=2)
    app.register_blueprint(create_blueprint(store))
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
