"""The settings of the demo's parts."""

from __future__ import annotations

import stat
from pathlib import Path

from demo.people import PEOPLE
from demo.ports import Ports
from demo.settings import Addresses, Secrets, build_base_environment, build_portal_environment
from portal.domain.roles import Role, derive_roles
from portal.settings import Settings


def build_demo_settings(tmp_path: Path) -> Settings:
    ports = Ports(portal=8001, sandbox=5003, identity=5004)
    environment = build_portal_environment(
        addresses=Addresses.for_ports(ports),
        ports=ports,
        secrets=Secrets.load_or_create(tmp_path / "secrets.json"),
        brand="headshotpro",
        database_url="postgresql://postgres@/headshots?host=/run/pg",
        photos=tmp_path / "a folder",
    )
    return Settings.from_env(environment)


def test_the_portal_accepts_the_demos_environment(tmp_path: Path) -> None:
    settings = build_demo_settings(tmp_path)
    assert settings.public_url == "http://localhost:8001"
    assert settings.api_url == "http://127.0.0.1:5003/api/v2"
    assert settings.oidc_issuer == "http://127.0.0.1:5004"
    assert settings.provider == "headshotpro"


def test_portal_and_studio_are_two_sites(tmp_path: Path) -> None:
    settings = build_demo_settings(tmp_path)
    assert settings.embed_origins == ("http://127.0.0.1:5003",)
    assert "localhost" in settings.public_url


def test_demo_people_have_the_role_of_their_name(tmp_path: Path) -> None:
    bindings = build_demo_settings(tmp_path).role_bindings
    for person in PEOPLE:
        assert derive_roles(person.email, person.groups, bindings).roles == (person.role,), person.name
    assert {person.role for person in PEOPLE} == set(Role)


def test_secrets_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = Secrets.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Secrets.load_or_create(path) == made
    assert Secrets.load_or_create(tmp_path / "others.json") != made


def test_demo_ignores_portal_environment_variables() -> None:
    shell = {"PATH": "/bin", "DATABASE_URL": "postgres://real", "HEADSHOT_API_KEY": "real", "OIDC_ISSUER": "x"}
    notified = build_base_environment(shell | {"PGHOST": "real", "DYNO": "web.1", "HTTPS_PROXY": "http://proxy:1"})
    assert "real" not in notified.values()
    assert not notified.keys() & {"DATABASE_URL", "DYNO", "OIDC_ISSUER"}
    assert notified["PATH"] == "/bin"
    assert "127.0.0.1" in notified["NO_PROXY"]
