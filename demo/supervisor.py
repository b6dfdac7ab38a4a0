"""Runs the demo: starts the stack, prints its progress and stops all of it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from demo.children import ChildFailedError
from demo.people import PEOPLE
from demo.ports import Ports, PortTakenError
from demo.reload import POLL_SECONDS, Reloader, SourceFiles
from demo.stack import ROOT, STOP_SECONDS, Stack

DATA_DIR = ROOT / "var" / "demo"
CHECK_SECONDS = 0.25
# Lines are truncated on the terminal; the file has the full log.
_MAX_LINE_LENGTH = 240
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _StopRequestedError(Exception):
    """A signal requested the end."""


class _AlreadyRunningError(Exception):
    """Another demo holds the data folder."""

    def __init__(self, pid: int | None, url: str | None) -> None:
        self.pid = pid
        self.url = url


def run_demo(
    *, ports: Ports, brand: str, speed: float, data_dir: Path = DATA_DIR, reload: bool = False, people: int = 0
) -> int:
    """Run the demo until a signal, or until one of its parts ends.

    Args:
        ports: ports of the parts.
        brand: brand of the sandbox.
        speed: factor by which the sandbox's sessions are faster than real time.
        data_dir: folder for data that persists between runs.
        reload: restart a part when its source files change. A part that has ended waits for the next change.
        people: how many fictional people to add to an empty roster.

    Returns:
        The exit status, 0 after a clean end.
    """
    stack = Stack(
        data_dir=data_dir,
        ports=ports,
        brand=brand,
        speed=speed,
        durable=True,
        people=people,
        has_mail=True,
        report=_report,
    )
    try:
        with _hold_lock(stack):
            return _start_and_monitor(stack, reload=reload)
    except _AlreadyRunningError as error:
        known = f" (process {error.pid})" if error.pid else ""
        _print_error(f"The demo is already running{known}: {error.url or 'its address is not known yet'}")
    except PermissionError as error:
        _print_error(f"{error.filename} belongs to another user.")
        _print_error(f"Run the demo as that user, or delete {_format_path(data_dir)} to start over.")
    return 1


def _start_and_monitor(stack: Stack, *, reload: bool) -> int:
    started = time.monotonic()
    print_line("Starting the demo (Ctrl-C ends it)")
    status = 0
    try:
        for number in _STOP_SIGNALS:
            signal.signal(number, _request_stop)
        stack.start()
        _print_welcome(stack, time.monotonic() - started)
        _monitor_sources(stack) if reload else _monitor(stack)
    except _StopRequestedError:
        print_line("\nStopping")
    except PortTakenError as error:
        _print_port_error(error, stack.ports)
        status = 1
    except ChildFailedError as error:
        _print_failure(error)
        status = 1
    finally:
        _stop(stack)
    return status


def _monitor(stack: Stack) -> NoReturn:
    while True:
        stack.check()
        time.sleep(CHECK_SECONDS)


def _monitor_sources(stack: Stack) -> NoReturn:
    reloader = Reloader(stack, SourceFiles(ROOT), report=print_line, report_failure=_print_failure)
    print_line("Source files are watched: a change restarts the parts that run it.")
    while True:
        reloader.poll()
        time.sleep(POLL_SECONDS)


def _stop(stack: Stack) -> None:
    def kill_remaining(_number: int, _frame: FrameType | None) -> None:
        print_line("Ending the rest by force")
        stack.kill()

    for number in _STOP_SIGNALS:
        signal.signal(number, kill_remaining)
    has_started = bool(stack.children)
    forced = stack.stop()
    if not has_started:
        return
    if forced:
        print_line(f"Ended by force after {STOP_SECONDS} s: {', '.join(forced)}")
    print_line("All parts are stopped; nothing is left running.")


def _request_stop(_number: int, _frame: FrameType | None) -> NoReturn:
    # A second signal must not interrupt the shutdown.
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise _StopRequestedError


@contextmanager
def _hold_lock(stack: Stack) -> Iterator[None]:
    """Hold the data folder's lock. The kernel releases it when the process ends.

    Raises:
        _AlreadyRunningError: another process holds it.
    """
    stack.data_dir.mkdir(parents=True, exist_ok=True)
    with (stack.data_dir / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = _parse_lock(lock.read())
            raise _AlreadyRunningError(holder.get("pid"), holder.get("url")) from None
        lock.truncate(0)
        lock.write(json.dumps({"pid": os.getpid(), "url": stack.addresses.portal}))
        lock.flush()
        yield
        lock.truncate(0)


def _parse_lock(text: str) -> dict[str, Any]:
    with suppress(ValueError):
        return dict(json.loads(text))
    return {}


def _print_welcome(stack: Stack, seconds: float) -> None:
    print_line(f"\nReady after {seconds:.1f} s. Open  {stack.addresses.portal}\n")
    print_line("Sign in as one of these (no password):")
    for person in PEOPLE:
        print_line(f"  {person.name:<13} {person.role:<9} {person.email}")
    print_line(f"\nThe sandbox studio with its controls: {stack.addresses.sandbox}")
    print_line(f"The mails that the portal sends: {stack.addresses.sandbox}/mails")
    if stack.speed != 1:
        print_line(f"It works {stack.speed:g} times as fast as a real one; what takes an hour there is quick here.")
    print_line(f"Data and logs: {_format_path(stack.data_dir)} (survives a restart; delete it to start over)")
    print_line("Stop everything with Ctrl-C.")


def _print_port_error(error: PortTakenError, ports: Ports) -> None:
    other = ports.find_free_after(error.port)
    name = error.option.removeprefix("--").replace("-", "_").upper()
    _print_error(f"Port {error.port} is taken by {error.taken_by}, and the {error.needed_by} needs it.")
    _print_error(f"Choose another:  {name}={other} make demo   (or: python -m demo {error.option} {other})")


def _print_failure(error: ChildFailedError) -> None:
    _print_error(f"\nThe {error.name} {error.reason}.")
    _print_error(f"The last lines of {_format_path(error.log)}:")
    for line in error.last_lines or ["(nothing was written)"]:
        _print_error(f"  | {line[:_MAX_LINE_LENGTH]}")


def _format_path(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _report(text: str) -> None:
    print_line(f"  {text}")


def print_line(text: str) -> None:
    """Print a line. A closed terminal must not interrupt the shutdown."""
    with suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def _print_error(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
