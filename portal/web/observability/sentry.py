"""Reports faults to Sentry when a DSN is set: what broke and where, never with whose data."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from portal.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

_KEPT_EXTRA = frozenset({"task", "error", "route", "reason", "request_id", "provider"})


def init_sentry(settings: Settings) -> None:
    """Start reporting; without a DSN nothing is even imported."""
    if settings.sentry_dsn is None:
        return
    import sentry_sdk  # noqa: PLC0415 - half a second of start for those who do not use it
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415

    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        # The library's own integrations collect requests, queries and local variables: people's data.
        default_integrations=False,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
        include_local_variables=False,
        max_request_body_size="never",
        before_send=scrub_event,
        shutdown_timeout=2,
    )


def scrub_event(event: Event, _hint: Hint) -> Event:
    """Leave of an event its type, its place in the code and our own constants."""
    for part in ("request", "user", "breadcrumbs", "server_name", "contexts", "modules"):
        event.pop(part, None)  # type: ignore[misc]  # the names are literals, mypy wants them one by one
    for error in (event.get("exception") or {}).get("values", []):
        # A message may quote what it failed on.
        error["value"] = ""
        for frame in (error.get("stacktrace") or {}).get("frames", []):
            frame.pop("vars", None)
    template = (event.get("logentry") or {}).get("message", "")
    event["logentry"] = {"message": template, "formatted": template}
    event["extra"] = {key: value for key, value in (event.get("extra") or {}).items() if key in _KEPT_EXTRA}
    return event
