"""What keeps secrets: few and strong algorithms, certificates that are always checked, and no secret in any file."""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.code import (
    ROOT,
    format_location,
    get_dotted_name,
    iterate_calls,
    list_python_files,
    list_text_files,
    parse_file,
)

FOLDERS = ("portal", "bench")
# Modules that may use parts of libraries that encrypt, sign or read tokens; all others call these.
LIBRARIES = {
    "portal/domain/secretbox.py": {
        "cryptography.fernet",
        "cryptography.hazmat.primitives",
        "cryptography.hazmat.primitives.kdf.hkdf",
    },
    "portal/identity/tokens.py": {"joserfc", "joserfc.errors", "joserfc.jwk"},
    "portal/identity/client.py": {"authlib.integrations.requests_client"},
    "portal/identity/client_auth.py": {"joserfc", "joserfc.errors"},
}
CRYPTOGRAPHIC = (
    "cryptography",
    "joserfc",
    "authlib",
    "jwt",
    "jose",
    "nacl",
    "Crypto",
    "Cryptodome",
    "OpenSSL",
    "ecdsa",
)
# Random values without value to an attacker: retry times, ports, pictures.
CHANCE = {
    "portal/jobs/schedule.py",
    "portal/jobs/runner.py",
    "portal/provider/retry.py",
    "portal/services/shoot_creation.py",
    "portal/web/live/connection.py",
    "demo/ports.py",
    "sandbox/",
    "bench/",
}
# S3 requires this checksum of what is sent; it is no security measure.
CHECKSUM = "portal/storage/s3.py"

# Written in two parts, so that this file does not find itself.
UNCHECKED = re.compile(
    r"verify\s*=\s*(?:Fal"
    r"se|None|0)\b|CERT_NO"
    r"NE|CERT_OPT"
    r"IONAL|check_hostname\s*=\s*Fal"
    r"se"
    r"|_create_un"
    r"verified|_create_std"
    r"lib_context|disable_warn"
    r"ings\(|INSECURE_TRANS"
    r"PORT"
    r"|PYTHONHTTPS"
    r"VERIFY|NODE_TLS_REJECT_UNAUTH"
    r"ORIZED|--insec"
    r"ure\b|ssl\.SSLCon"
    r"text\("
)
# Stand-ins for others on this machine, never the portal: they speak plain http, or show a certificate of their own.
STAND_INS = {
    "demo/identity.py",
    "tests/unit/demo/test_identity.py",
    "tests/unit/mail/conftest.py",
    "tests/unit/http_client/test_proxies.py",
    "tests/unit/provider/test_tls.py",
}
SECRETS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE" r" KEY-----"),
    "a key of a cloud": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}"),
    "a token of a code host": re.compile(r"\bgh[opusr]_\w{30,}|\bgithub_pat_\w{30,}|\bglpat-[\w-]{20}"),
    "a token of a chat or a till": re.compile(r"\bxox[abprs]-[\w-]{10,}|\b[rs]k_live_\w{16,}|\bSG\.[\w-]{16,}\."),
    "a signed token": re.compile(r"\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}"),
    "a password in an address": re.compile(
        r"\b[a-z][a-z0-9+]*://[^\s/:@\"'{}<>$]+:(?!…)[^\s/@\"'{}<>$]{8,}@[\w.-]+\.[a-z]"
    ),
}
_ASSIGNED = re.compile(
    r"(?i)(?:secret|token|password|passwd|api_?key)\w*[\"']?\s*[:=]\s*[\"']((?!eyJ)[\w+/=.-]{20,})[\"']"
)
# Markers by which values of tests and examples are recognized as fake.
_MADE_UP = re.compile(r"canary|example|test-|sandbox")
# Random characters have more than four bits each from this length on; words have less.
_RANDOM_BITS = 4.2


@pytest.mark.asvs("A51")
def test_digests_are_sha256() -> None:
    weak = [
        f"{format_location(path, call)} {name}"
        for path in list_python_files(*FOLDERS)
        for call, name in iterate_calls(path)
        if name.startswith(("hashlib.", "hmac.")) and not _is_strong(path, call, name)
    ]
    assert not weak


@pytest.mark.asvs("A51")
def test_few_places_encrypt_and_read_tokens() -> None:
    for path in list_python_files(*FOLDERS):
        used = {name for name in _imported(path) if name.split(".")[0] in CRYPTOGRAPHIC}
        assert used <= LIBRARIES.get(format_location(path), set()), (
            f"{format_location(path)}: ask those who do it already"
        )
    names = {name for call, name in iterate_calls(ROOT / "portal/domain/secretbox.py")}
    assert {"Fernet", "MultiFernet", "HKDF", "hashes.SHA256"} <= names


def test_random_module_is_not_used_for_secrets() -> None:
    found = {format_location(path) for path in list_python_files(*FOLDERS) if "random" in _imported(path)}
    assert {name for name in found if not name.startswith(tuple(CHANCE))} == set(), "use secrets"
    predictable = [
        f"{format_location(path, call)} {name}"
        for path in list_python_files("portal")
        for call, name in iterate_calls(path)
        if name.rpartition(".")[2] in {"uuid1", "uuid3", "uuid5", "getnode"}
    ]
    assert not predictable, "ids are uuid4, or tokens"


@pytest.mark.asvs("A52")
def test_every_certificate_is_verified() -> None:
    found = [
        f"{format_location(path)}: {match.group()}"
        for path in list_text_files()
        if format_location(path) not in STAND_INS
        for match in UNCHECKED.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not found


@pytest.mark.asvs("A53")
def test_no_secret_is_in_the_repository() -> None:
    found = [
        f"{format_location(path)}: {kind}"
        for path in list_text_files()
        for kind in _secrets_in(path.read_text("utf-8", "replace"))
    ]
    assert not found, "secrets come from the environment"


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE" + " KEY-----",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
        "postgres://portal:" + "hunter2hunter2@db.company.test/portal",
        'API_KEY = "' + "q8Zr4LmX0vTn7KdWj2Hs9PcYb5Fg" + '"',
    ],
)
def test_secrets_would_be_found(text: str) -> None:
    assert list(_secrets_in(text))


def _is_strong(path: Path, call: ast.Call, name: str) -> bool:
    if name in {"hashlib.sha256", "hmac.compare_digest"}:
        return True
    if name == "hmac.new":
        return get_dotted_name(call.args[2]) == "hashlib.sha256"
    if name == "hmac.digest":
        return isinstance(call.args[2], ast.Constant) and call.args[2].value == "sha256"
    unsecured = any(each.arg == "usedforsecurity" and ast.unparse(each.value) == "False" for each in call.keywords)
    return name == "hashlib.md5" and unsecured and format_location(path) == CHECKSUM


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(parse_file(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
    return found


def _secrets_in(text: str) -> Iterator[str]:
    for kind, pattern in SECRETS.items():
        yield from (kind for match in pattern.finditer(text) if not _MADE_UP.search(match.group()))
    for match in _ASSIGNED.finditer(text):
        if _bits(match.group(1)) > _RANDOM_BITS and not _MADE_UP.search(match.group(1)):
            yield f"something like a key ({match.group(1)[:4]}…)"


def _bits(value: str) -> float:
    """Return the entropy of each character of a value, in bits."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())
