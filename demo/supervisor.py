"""The demo: starts the stack, says what happens, ends all of it; no part lives here."""

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
WATCH_SECONDS = 0.25
# A terminal shows the end of a log; whole lines are in the file.
_LONGEST_LINE = 240
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _StopRequestedError(Exception):
    """A signal asked for the end."""


class _AlreadyRunningError(Exception):
    """Another demo holds the data folder."""

    def __init__(self, pid: int | None, url: str | None) -> None:
        self.pid = pid
        self.url = url


def run(*, ports: Ports, brand: str, speed: float, data_dir: Path = DATA_DIR, reload: bool = False) -> int:
    """Run the demo until a signal, or until one of its parts ends.

    Args:
        ports: where the parts listen.
        brand: which provider the sandbox plays.
        speed: how many times faster than real the sandbox's sessions go.
        data_dir: what survives from one run to the next.
        reload: restart a part when its source files change; one that ends then waits for the next change.

    Returns:
        The exit status: 0 after an orderly end.
    """
    stack = Stack(data_dir=data_dir, ports=ports, brand=brand, speed=speed, durable=True, report=_report)
    try:
        with _only_one(stack):
            return _start_and_watch(stack, reload=reload)
    except _AlreadyRunningError as error:
        known = f" (process {error.pid})" if error.pid else ""
        _complain(f"The demo is already running{known}: {error.url or 'its address is not known yet'}")
    except PermissionError as error:
        _complain(f"{error.filename} belongs to another user.")
        _complain(f"Run the demo as that user, or delete {_shown(data_dir)} to start over.")
    return 1


def _start_and_watch(stack: Stack, *, reload: bool) -> int:
    started = time.monotonic()
    say("Starting the demo (Ctrl-C ends it)")
    status = 0
    try:
        for number in _STOP_SIGNALS:
            signal.signal(number, _request_stop)
        stack.start()
        _welcome(stack, time.monotonic() - started)
        _watch_sources(stack) if reload else _watch(stack)
    except _StopRequestedError:
        say("\nStopping")
    except PortTakenError as error:
        _explain_port(error, stack.ports)
        status = 1
    except ChildFailedError as error:
        _explain_failure(error)
        status = 1
    finally:
        _stop(stack)
    return status


def _watch(stack: Stack) -> NoReturn:
    while True:
        stack.check()
        time.sleep(WATCH_SECONDS)


def _watch_sources(stack: Stack) -> NoReturn:
    reloader = Reloader(stack, SourceFiles(ROOT), report=say, report_failure=_explain_failure)
    say("Source files are watched: a change restarts the parts that run it.")
    while True:
        reloader.poll()
        time.sleep(POLL_SECONDS)


def _stop(stack: Stack) -> None:
    def hurry(_number: int, _frame: FrameType | None) -> None:
        say("Ending the rest by force")
        stack.kill()

    for number in _STOP_SIGNALS:
        signal.signal(number, hurry)
    has_started = bool(stack.children)
    forced = stack.stop()
    if not has_started:
        return
    if forced:
        say(f"Ended by force after {STOP_SECONDS} s: {', '.join(forced)}")
    say("All parts are stopped; nothing is left running.")


def _request_stop(_number: int, _frame: FrameType | None) -> NoReturn:
    # Once is enough: from here on the orderly end must not be torn by a second signal.
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise _StopRequestedError


@contextmanager
def _only_one(stack: Stack) -> Iterator[None]:
    """Hold the data folder's lock; the kernel lets go of it however we end.

    Raises:
        _AlreadyRunningError: somebody else holds it.
    """
    stack.data_dir.mkdir(parents=True, exist_ok=True)
    with (stack.data_dir / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = _parsed(lock.read())
            raise _AlreadyRunningError(holder.get("pid"), holder.get("url")) from None
        lock.truncate(0)
        lock.write(json.dumps({"pid": os.getpid(), "url": stack.addresses.portal}))
        lock.flush()
        yield
        lock.truncate(0)


def _parsed(text: str) -> dict[str, Any]:
    with suppress(ValueError):
        return dict(json.loads(text))
    return {}


def _welcome(stack: Stack, seconds: float) -> None:
    say(f"\nReady after {seconds:.1f} s. Open  {stack.addresses.portal}\n")
    say("Sign in as one of these (no password):")
    for person in PEOPLE:
        say(f"  {person.name:<13} {person.role:<9} {person.email}")
    say(f"\nThe sandbox studio with its controls: {stack.addresses.sandbox}")
    if stack.speed != 1:
        say(f"It works {stack.speed:g} times as fast as a real one; what takes an hour there is quick here.")
    say(f"Data and logs: {_shown(stack.data_dir)} (survives a restart; delete it to start over)")
    say("Stop everything with Ctrl-C.")


def _explain_port(error: PortTakenError, ports: Ports) -> None:
    other = ports.next_free_after(error.port)
    name = error.option.removeprefix("--").replace("-", "_").upper()
    _complain(f"Port {error.port} is taken by {error.taken_by}, and the {error.needed_by} needs it.")
    _complain(f"Choose another:  {name}={other} make demo   (or: python -m demo {error.option} {other})")


def _explain_failure(error: ChildFailedError) -> None:
    _complain(f"\nThe {error.name} {error.reason}.")
    _complain(f"The last lines of {_shown(error.log)}:")
    for line in error.last_lines or ["(nothing was written)"]:
        _complain(f"  | {line[:_LONGEST_LINE]}")


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _report(text: str) -> None:
    say(f"  {text}")


def say(text: str) -> None:
    """Print a line; a terminal that is gone is no reason to stop in the middle of stopping."""
    with suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def _complain(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
