"""Django with django-oauth-toolkit, one client and some people, on a port of this machine.

Run by the Python of its own environment. Usage: server.py CONFIG, a JSON object with ``port``, ``portal``, ``client``,
``people`` and ``database``, the path of a file to create.
"""

from __future__ import annotations

import json
import socketserver
import sys
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

LOGIN_PAGE = '<form method="post" action="">{% csrf_token %}{{ form }}<button>Sign in</button></form>'


class ThreadingServer(socketserver.ThreadingMixIn, WSGIServer):
    """One thread a request."""

    daemon_threads = True


def build_signing_key() -> str:
    """Return a fresh private RSA key as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def configure_django(database: str) -> None:
    """Configure Django as the toolkit's documentation on OpenID Connect does."""
    settings.configure(
        SECRET_KEY="a-secret-of-the-tests-that-is-long-enough",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="urls",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
        # Hashing passwords safely takes seconds on a busy machine.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "context_processors": ["django.template.context_processors.request"],
                    "loaders": [
                        ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN_PAGE}),
                        "django.template.loaders.app_directories.Loader",
                    ],
                },
            }
        ],
        LOGIN_URL="/accounts/login/",
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": build_signing_key(),
            "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
            "SCOPES": {"openid": "OpenID Connect", "profile": "Name", "email": "Address", "groups": "Groups"},
            "OAUTH2_VALIDATOR_CLASS": "claims.ClaimsValidator",
        },
    )
    django.setup()


def create_client(portal: str, *, id: str, secret: str) -> None:
    """Register the portal the way the toolkit's form does; consent is required."""
    from oauth2_provider.models import Application  # noqa: PLC0415 - needs the configuration

    Application.objects.create(
        name="Portal",
        client_id=id,
        client_secret=secret,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=f"{portal}/login/callback",
        post_logout_redirect_uris=f"{portal}/",
        algorithm=Application.RS256_ALGORITHM,
    )


def create_people(people: dict[str, dict[str, Any]]) -> None:
    """Create a user for each person, with their password and groups."""
    from django.contrib.auth.models import Group, User  # noqa: PLC0415 - needs the configuration

    for name, person in people.items():
        first, last = person["name"].split(" ")
        account = User.objects.create_user(name, person["email"], person["password"], first_name=first, last_name=last)
        account.groups.set([Group.objects.get_or_create(name=group)[0] for group in person["groups"]])


def main(config: dict[str, Any]) -> None:
    """Serve until the process is ended."""
    configure_django(config["database"])
    call_command("migrate", verbosity=0)
    create_client(config["portal"], **config["client"])
    create_people(config["people"])
    application = get_wsgi_application()
    make_server("127.0.0.1", config["port"], application, server_class=ThreadingServer).serve_forever()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
