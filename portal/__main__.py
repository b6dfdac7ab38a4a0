"""``python -m portal``: hands the command line what it may not import itself, the way to build the app."""

from __future__ import annotations

import sys

from flask import Flask

from portal import cli


def create_app() -> Flask:
    """Build the portal; imported only when a command needs it, as it needs settings."""
    from portal.app import create_app as build  # noqa: PLC0415 - the demo and the sandbox need no settings

    # Every other command runs beside the processes and has few connections.
    return build(role="worker" if sys.argv[1:2] == ["worker"] else "command")


if __name__ == "__main__":
    cli.main(create_app)
