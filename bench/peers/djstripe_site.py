"""A Django project with dj-stripe's own webhook view and nothing else; runs in an environment of its own.

As a program it makes the tables and the webhook endpoint, and prints the path the events go to.
"""

# mypy: disable-error-code="import-not-found"
from __future__ import annotations

import os
import sys

import django
from django.conf import settings

settings.configure(
    DEBUG=False,
    SECRET_KEY="bench",  # noqa: S106 - signs nothing here
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF="djstripe_site",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "djstripe"],
    # Only what gives responses their length; a real project has half a dozen more.
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    # Straight from the models: the same tables, in seconds instead of the minutes its whole history takes.
    MIGRATION_MODULES={"contenttypes": None, "auth": None, "djstripe": None},
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["BENCH_DATABASE"],
            "HOST": os.environ["BENCH_DATABASE_HOST"],
            "USER": "postgres",
            # Pooled like the portal's own connections: Django's documented way for many greenlets or threads.
            "OPTIONS": {"pool": {"min_size": 2, "max_size": 10, "timeout": 30}},
        }
    },
    STRIPE_TEST_SECRET_KEY="sk_test_bench",  # noqa: S106 - Stripe is never called
    STRIPE_LIVE_MODE=False,
    DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
    LOGGING_CONFIG=None,
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402

urlpatterns = [path("stripe/", include("djstripe.urls", namespace="djstripe"))]
application = get_wsgi_application()


def _set_up() -> None:
    from django.core.management import call_command  # noqa: PLC0415 - only the program needs it
    from djstripe.models import Account, WebhookEndpoint  # noqa: PLC0415

    call_command("migrate", run_syncdb=True, verbosity=0)
    # Known beforehand, or dj-stripe would request the account of these events from Stripe.
    owner = Account.objects.create(id="acct_bench", livemode=False)
    endpoint = WebhookEndpoint.objects.create(
        djstripe_owner_account=owner,
        id="we_bench",
        api_version="2020-08-27",
        enabled_events=["*"],
        secret=os.environ["BENCH_SECRET"],
        status="enabled",
        url="http://localhost/stripe/webhook/",
        livemode=False,
    )
    sys.stdout.write(f"/stripe/webhook/{endpoint.djstripe_uuid}/\n")


if __name__ == "__main__":
    _set_up()
