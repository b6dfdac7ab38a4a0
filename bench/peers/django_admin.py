"""Django admin's changelist over the portal's table of listed people; runs in an environment of its own.

Makes Django's own tables beside the portal's, measures each page of ``BENCH_PAGES`` through Django's test client, and
prints milliseconds and the most statements of one response by page, as a line of JSON.
"""

# mypy: disable-error-code="import-not-found"
from __future__ import annotations

import json
import os
import sys
import time

import django
from django.conf import settings

# The model needs an installed app; any will do for a table that is not managed.
_APP = "auth"

settings.configure(
    DEBUG=False,
    SECRET_KEY="bench",  # noqa: S106 - signs nothing here
    ALLOWED_HOSTS=["testserver"],
    ROOT_URLCONF="django_admin",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    MIGRATION_MODULES={"admin": None, "auth": None, "contenttypes": None, "sessions": None},
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    STATIC_URL="/static/",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["BENCH_DATABASE"],
            "HOST": os.environ["BENCH_DATABASE_HOST"],
            "USER": "postgres",
            "CONN_MAX_AGE": None,
            # Statements are counted by the portal's tables alone, not by this project's history.
            "OPTIONS": {"options": "-c search_path=django_admin,public"},
        }
    },
    LOGGING_CONFIG=None,
)
# Django's session table would have a name of the portal's if it stood in the same schema.
import psycopg  # noqa: E402

with psycopg.connect(
    dbname=os.environ["BENCH_DATABASE"], host=os.environ["BENCH_DATABASE_HOST"], user="postgres", autocommit=True
) as _connection:
    _connection.execute("CREATE SCHEMA IF NOT EXISTS django_admin")
django.setup()

from django.contrib import admin  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import path  # noqa: E402


class ListedPerson(models.Model):  # type: ignore[misc]  # Django is not installed here
    """The portal's table."""

    id = models.UUIDField(primary_key=True)
    name = models.TextField()
    sort_name = models.TextField()
    email = models.TextField()
    employee_number = models.TextField(null=True)
    team = models.TextField(null=True)
    provider_status = models.TextField(null=True)
    status_since = models.DateTimeField(null=True)

    class Meta:
        app_label = _APP
        managed = False
        db_table = "listed_people"
        ordering = ("sort_name",)


@admin.register(ListedPerson)
class PersonAdmin(admin.ModelAdmin):  # type: ignore[misc]  # Django is not installed here
    """As a console would be configured in five minutes."""

    list_display = ("name", "email", "team", "provider_status", "status_since")
    list_filter = ("provider_status", "team")
    search_fields = ("name", "email", "employee_number")
    list_per_page = 50


urlpatterns = [path("admin/", admin.site.urls)]


def main() -> None:
    """Measure and print."""
    from django.contrib.auth.models import User  # noqa: PLC0415 - only the program needs it
    from django.core.management import call_command  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    call_command("migrate", run_syncdb=True, verbosity=0)
    client = Client()
    client.force_login(User.objects.create_superuser("bench", password="bench"))  # noqa: S106 - signs in nowhere else
    warm_up, rounds = map(int, os.environ["BENCH_ROUNDS"].split())
    found = {}
    for page, query in json.loads(os.environ["BENCH_PAGES"]).items():
        times, maximum = [], 0
        for number in range(warm_up + rounds):
            counted = [0]

            def count(execute, *arguments, counted=counted):  # type: ignore[no-untyped-def]
                counted[0] += 1
                return execute(*arguments)

            with connection.execute_wrapper(count):
                began = time.perf_counter()
                response = client.get(f"/admin/{_APP}/listedperson/{query}")
                took = time.perf_counter() - began
            if response.status_code != 200:  # noqa: PLR2004 - HTTP
                raise RuntimeError(f"{page} returned {response.status_code}")
            if number >= warm_up:
                times.append(1000 * took)
                maximum = max(maximum, counted[0])
        found[page] = (times, maximum)
    sys.stdout.write(f"\n{json.dumps(found)}\n")


if __name__ == "__main__":
    # The URL configuration imports this module by its name.
    sys.modules["django_admin"] = sys.modules["__main__"]
    main()
