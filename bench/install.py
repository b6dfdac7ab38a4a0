"""Puts the peers' packages into var/bench, once; the portal's own environment stays as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_SECONDS = 300
_DJSTRIPE = (
    "Django>=5.2,<6",
    "dj-stripe==2.11.0",
    "gunicorn>=23",
    "gevent>=25.9",
    "packaging",
    "psycopg[binary,pool]>=3.2",
)
_ASGI = ("uvicorn[standard]>=0.35",)
_NODE_PACKAGES = ("express@5", "stripe@23", "pg@8")


class MissingPeer(Exception):
    """A peer cannot be installed here. The message is the reason; the benchmark skips the peer."""


def install_djstripe_peer(folder: Path, say: Callable[[str], None]) -> Path:
    """Return the interpreter of an environment with Django and dj-stripe.

    Raises:
        MissingPeer: it cannot be made here.
    """
    return _environment(folder, "dj-stripe", _DJSTRIPE, say)


def install_asgi_peer(folder: Path, say: Callable[[str], None]) -> Path:
    """Return the interpreter of an environment with uvicorn and what makes it fast.

    Raises:
        MissingPeer: it cannot be made here.
    """
    return _environment(folder, "uvicorn", _ASGI, say)


def _environment(folder: Path, peer: str, packages: Sequence[str], say: Callable[[str], None]) -> Path:
    python = folder / "bin" / "python"
    if (folder / ".complete").exists() and python.exists():
        return python
    say(f"installing {peer} (once)")
    shutil.rmtree(folder, ignore_errors=True)
    if uv := shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent)):
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], peer)
        _run([uv, "pip", "install", "--quiet", "--python", str(python), *packages], peer)
    else:
        _run([sys.executable, "-m", "venv", str(folder)], peer)
        _run([str(python), "-m", "pip", "install", "--quiet", *packages], peer)
    (folder / ".complete").touch()
    return python


def install_node_peer(folder: Path, say: Callable[[str], None]) -> str:
    """Make the folder with Express, stripe-node and pg, and return the node program.

    Raises:
        MissingPeer: there is no node or npm here, or npm failed.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise MissingPeer("node and npm are not on this machine")
    if not (folder / ".complete").exists():
        say("installing Express, stripe-node and pg (once)")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}\n')
        _run([npm, "install", "--no-audit", "--no-fund", "--silent", *_NODE_PACKAGES], "Express", folder)
        (folder / ".complete").touch()
    return node


def _run(command: list[str], peer: str, folder: Path | None = None) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, env=dict(os.environ), capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingPeer(f"{peer} could not be installed: {type(error).__name__}") from error
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise MissingPeer(f"{peer} could not be installed: {' '.join(last)}")
