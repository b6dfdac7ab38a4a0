"""Canaille with one client and some people, on a port of this machine. Run by the Python of its own environment.

Usage: server.py CONFIG, a JSON object with ``port``, ``portal``, ``client`` and ``people``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from werkzeug.serving import make_server


def main(config: dict[str, Any]) -> None:
    """Serve until the process is ended."""
    app = create_app(
        {
            "SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
            "SERVER_NAME": f"127.0.0.1:{config['port']}",
            "PREFERRED_URL_SCHEME": "http",
            "CANAILLE": {"DATABASE": "memory", "FORCE_HTTPS": False},
        }
    )
    with app.app_context():
        create_client(config["portal"], **config["client"])
        create_people(config["people"])
    make_server("127.0.0.1", config["port"], app, threaded=True).serve_forever()


def create_client(portal: str, *, id: str, secret: str) -> None:
    """Register the portal the way Canaille's form does; its address is outside the domains that skip consent."""
    client = models.Client(
        client_id=id,
        client_secret=secret,
        client_name="Portal",
        client_uri="https://portal.example.com",
        redirect_uris=[f"{portal}/login/callback"],
        post_logout_redirect_uris=[f"{portal}/"],
        grant_types=["authorization_code"],
        response_types=["code"],
        scope=["openid", "profile", "email", "groups"],
        token_endpoint_auth_method="client_secret_basic",
        id_token_signed_response_alg="RS256",
    )
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)


def create_people(people: dict[str, dict[str, Any]]) -> None:
    """Create a user for each person, with their password and groups."""
    members: dict[str, list[Any]] = {}
    for name, person in people.items():
        account = models.User(
            user_name=name,
            formatted_name=person["name"],
            family_name=person["name"].split()[-1],
            emails=[person["email"]],
            password=person["password"],
        )
        Backend.instance.save(account)
        for group in person["groups"]:
            members.setdefault(group, []).append(account)
    for group, users in members.items():
        Backend.instance.save(models.Group(display_name=group, members=users))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
