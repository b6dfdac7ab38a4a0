"""``python -m demo``: parses the options and starts everything on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from demo import supervisor
from demo.ports import Ports

_PORT = click.IntRange(1, 65_535)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", type=_PORT, envvar="PORT", default=8000, show_default=True, help="Port of the portal.")
@click.option("--sandbox-port", type=_PORT, envvar="SANDBOX_PORT", default=5001, show_default=True)
@click.option("--identity-port", type=_PORT, envvar="IDENTITY_PORT", default=5002, show_default=True)
@click.option(
    "--brand", type=click.Choice(["profilebakery", "headshotpro"]), default="profilebakery", show_default=True
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=120.0,
    show_default=True,
    help="How many times faster than real.",
)
@click.option("--reload", is_flag=True, help="Restart a part when its source files change (for developers).")
@click.option(
    "--people", type=click.IntRange(min=0), envvar="PEOPLE", default=0, help="Add a campaign of fictional people."
)
@click.option("--data", "data_dir", type=click.Path(file_okay=False, path_type=Path), help="Default: var/demo.")
def main(**options: Any) -> None:
    """Run everything on this machine: database, sign-in, studio, worker and portal."""
    ports = Ports(options["port"], options["sandbox_port"], options["identity_port"])
    data_dir = options["data_dir"] or supervisor.DATA_DIR
    chosen = {name: options[name] for name in ("brand", "speed", "reload", "people")}
    sys.exit(supervisor.run_demo(ports=ports, data_dir=data_dir, **chosen))


if __name__ == "__main__":
    main(prog_name="python -m demo")
