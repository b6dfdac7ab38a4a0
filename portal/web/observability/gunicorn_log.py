"""What the web server itself says: in the form of all our logs, and without the words of whoever sent a request."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from portal.web.observability.logs import JsonLines

_UNREADABLE = "Invalid request from "
_FAILED = "Error handling request"


class ServerLog(Logger):  # type: ignore[misc]  # the package has no types
    """Gunicorn's own log as JSON lines.

    It would repeat addresses with their queries, and header names and request lines as they came.
    """

    def setup(self, cfg: Any) -> None:
        """Write as the settings of the server say, but in our form."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonLines(()))

    def warning(self, msg: str, *args: object, **options: Any) -> None:
        """Write a warning; of a request nobody can read, only which rule it breaks."""
        if msg.startswith(_UNREADABLE):
            # "… from ip=<address>: <the rule>: <what was sent>", where an address may hold colons too.
            rule = msg.partition(": ")[2].partition(": ")[0]
            self.error_log.warning("request.unreadable", extra={"reason": rule})
        else:
            super().warning(msg, *args, **options)

    def exception(self, msg: str, *args: object, **options: Any) -> None:
        """Write an error with its trace; not which address was asked for."""
        if msg.startswith(_FAILED):
            self.error_log.exception("server.request_failed")
        else:
            super().exception(msg, *args, **options)
