"""Gunicorn's own log, in the JSON format of the portal's logs and without text from requests."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from portal.web.observability.logs import JsonLines

_UNREADABLE = "Invalid request from "
_FAILED = "Error handling request"


class ServerLog(Logger):  # type: ignore[misc]  # the package has no types
    """Gunicorn's logger with JSON lines.

    The original repeats addresses with queries, header names and request lines of invalid requests.
    """

    def setup(self, cfg: Any) -> None:
        """Configure the handlers from the server's settings, with the portal's format."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonLines(()))

    def warning(self, msg: str, *args: object, **options: Any) -> None:
        """Log a warning; for an unreadable request only the rule it breaks."""
        if msg.startswith(_UNREADABLE):
            # "… from ip=<address>: <the rule>: <what was sent>", where an address may hold colons too.
            rule = msg.partition(": ")[2].partition(": ")[0]
            self.error_log.warning("request.unreadable", extra={"reason": rule})
        else:
            super().warning(msg, *args, **options)

    def exception(self, msg: str, *args: object, **options: Any) -> None:
        """Log an error with its traceback, without the requested address."""
        if msg.startswith(_FAILED):
            self.error_log.exception("server.request_failed")
        else:
            super().exception(msg, *args, **options)
