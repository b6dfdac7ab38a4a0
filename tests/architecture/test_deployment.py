"""The files that platforms read to run the portal agree with the code."""

from __future__ import annotations

import ast
import importlib.metadata
import itertools
import json
import re
import tomllib
from typing import Any

import pytest

from portal.cli import run_command
from tests.architecture.code import ROOT, iterate_calls, parse_file

# Installed into environments of their own, with the dependency group that each is made from.
SEPARATE_LOCKS = {
    "requirements-scan.txt": "scan",
    "tests/integration/providers/canaille/requirements.txt": "canaille",
    "tests/integration/providers/django_oauth_toolkit/requirements.txt": "django-oauth-toolkit",
}
LOCKS = ("requirements.txt", "requirements-demo.txt", "requirements-dev.txt")
NPM_LOCKS = sorted(
    str(path.relative_to(ROOT))
    for folder in ("bench", "scripts", "tests")
    for path in (ROOT / folder).rglob("package-lock.json")
)
# Versions below these have known holes.
FLOORS = {
    "authlib": "1.9.1",
    "joserfc": "1.7.4",
    "flask": "3.1.3",
    "gunicorn": "23",
    "pillow": "12.3",
}
SET_BY_THE_PLATFORM = {"DYNO", "PORT"}
READ_BY_GUNICORN = {"WEB_CONCURRENCY"}
# Read by boto3 and portal/storage/s3.py; tests/unit/storage/test_s3.py covers them.
READ_BY_STORAGE = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"}
# Read by portal/http_client/proxies.py, boto3 and Sentry; tests/unit/http_client covers them.
READ_BY_HTTP_CLIENTS = {"HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE"}
DOCS = tuple((ROOT / "docs").glob("*.md"))
COMMAND = re.compile(r"python3? -m (portal|sandbox|demo|bench[a-z._]*)((?: [A-Za-z0-9_=:/.-]+)*)")
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", re.MULTILINE)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _app() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "app.json").read_text(encoding="utf-8"))
    return loaded


def _settings_names() -> set[str]:
    """Every environment variable the settings read: the names passed to the methods of their reader."""
    return {
        call.args[0].value
        for module in ("settings.py", "environment.py")
        for call, name in iterate_calls(ROOT / "portal" / module)
        if name.startswith(("self.", "env.get", "self.env.get"))
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
        and re.fullmatch(r"[A-Z][A-Z_]+", call.args[0].value)
    }


def _floor(requirement: str) -> tuple[str, str]:
    match = re.match(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?>=([0-9.]+)", requirement)
    assert match, f"{requirement!r} has no lower bound"
    return match.group(1).lower(), match.group(2)


def test_procfile_has_the_documented_commands() -> None:
    assert (ROOT / "Procfile").read_text(encoding="utf-8").splitlines() == [
        "release: python -m portal migrate",
        "web: gunicorn wsgi",
        "worker: python -m portal worker",
    ]


def test_app_json_documents_every_setting_and_no_other() -> None:
    names = _settings_names()
    assert len(names) > 20, "the settings were not found; has the reader been renamed?"
    assert (
        set(_app()["env"]) == (names | READ_BY_GUNICORN | READ_BY_STORAGE | READ_BY_HTTP_CLIENTS) - SET_BY_THE_PLATFORM
    )


def test_app_json_describes_each_setting() -> None:
    review = _app()["environments"]["review"]["env"]
    for name, entry in [*_app()["env"].items(), *review.items()]:
        assert entry["description"].strip().endswith("."), name
        assert "generator" in entry or isinstance(entry["required"], bool), name
    assert set(review) <= set(_app()["env"])


def test_app_json_makes_dokku_wait_until_a_release_is_ready() -> None:
    [check] = _app()["healthchecks"]["web"]
    assert (check["type"], check["path"]) == ("startup", "/readyz")


@pytest.mark.parametrize("path", ["app.json", "Procfile", "README.md", *sorted(f"docs/{p.name}" for p in DOCS)])
def test_named_commands_exist(path: str) -> None:
    for module, arguments in COMMAND.findall((ROOT / path).read_text(encoding="utf-8")):
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").exists() or (ROOT / module / "__main__.py").exists()
        if module == "portal":
            assert not arguments or arguments.split()[0] in run_command.commands, f"{path} names portal {arguments}"
        source = "".join(each.read_text(encoding="utf-8") for each in (ROOT / module.partition(".")[0]).rglob("*.py"))
        for option in re.findall(r"--[a-z][a-z-]*", arguments):
            assert f'"{option}' in source, f"{path} names {module} {option}"


def test_app_json_holds_no_secret() -> None:
    for name, entry in _app()["env"].items():
        if re.search(r"SECRET|KEY|TOKEN|DSN|PASSWORD", name):
            assert "value" not in entry, f"{name} must have no default"


def test_python_version_is_one_the_project_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    _, floor = f"python{project['requires-python']}".split(">=")
    assert _version((ROOT / ".python-version").read_text(encoding="utf-8")) >= _version(floor)


def test_the_project_requires_safe_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = dict(_floor(requirement) for requirement in project["dependencies"])
    for name, floor in FLOORS.items():
        assert _version(required[name]) >= _version(floor), name


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.asvs("A62")
def test_locks_pin_safe_versions_with_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    pinned = dict(PINNED.findall(text))
    for name, floor in FLOORS.items():
        assert _version(pinned[name]) >= _version(floor), name
    for entry in re.split(r"\n(?=[a-z0-9])", text.strip()):
        assert "--hash=sha256:" in entry, f"{entry.splitlines()[0]} has no hash"


def test_all_npm_locks_are_found() -> None:
    assert len(NPM_LOCKS) >= 5


@pytest.mark.parametrize("lock", NPM_LOCKS)
def test_npm_locks_hold_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in each for path, each in packages.items() if path)


@pytest.mark.parametrize("lock", [*LOCKS, *SEPARATE_LOCKS])
def test_locks_hold_no_address_and_no_option(lock: str) -> None:
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        assert not re.match(r"\s*--(?!hash=)", line), line
        assert "://" not in line, line
        assert " @ " not in line, line
        assert not line.startswith(("/", ".")), line


@pytest.mark.parametrize("lock", SEPARATE_LOCKS)
def test_every_entry_of_a_separate_environment_has_a_hash(lock: str) -> None:
    for entry in re.split(r"\n(?=[a-z0-9])", (ROOT / lock).read_text(encoding="utf-8").strip()):
        assert "--hash=sha256:" in entry, f"{entry.splitlines()[0]} has no hash"


@pytest.mark.parametrize("name", FLOORS)
@pytest.mark.asvs("A62")
def test_what_is_installed_is_safe(name: str) -> None:
    """The locks may be right and the machine's environment still old."""
    assert _version(importlib.metadata.version(name)) >= _version(FLOORS[name])


def test_every_direct_dependency_is_locked() -> None:
    """Otherwise `make lock` was not run after a change of pyproject.toml."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = table["dependency-groups"]
    requirements_by_lock = {
        "requirements.txt": table["project"]["dependencies"],
        "requirements-demo.txt": groups["demo"],
        "requirements-dev.txt": [each for each in groups["dev"] if isinstance(each, str)],
    } | {lock: groups[group] for lock, group in SEPARATE_LOCKS.items()}
    for lock, requirements in requirements_by_lock.items():
        pinned = dict(PINNED.findall((ROOT / lock).read_text(encoding="utf-8")))
        for requirement in requirements:
            name, floor = _floor(requirement)
            assert _version(pinned[name]) >= _version(floor), f"{requirement} in {lock}: run make lock"


def test_locks_agree_with_each_other() -> None:
    pins = [dict(PINNED.findall((ROOT / lock).read_text(encoding="utf-8"))) for lock in LOCKS]
    for smaller, larger in itertools.pairwise(pins):
        assert smaller.items() <= larger.items()


def test_gunicorn_patches_before_it_imports_anything() -> None:
    _docstring, first, second, *_rest = parse_file(ROOT / "gunicorn.conf.py").body
    assert ast.unparse(first) == "from gevent import monkey"
    assert ast.unparse(second) == "monkey.patch_all()"
