"""Live pages: the portal's streams beside polling, a bare ASGI application and a bare epoll server (L1 to L4)."""

from __future__ import annotations

import math
import resource
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, replace

from bench import crowded, delivery, idle, live_servers, live_verdicts
from bench.delivery import STREAMS, Audience
from bench.install import MissingPeer
from bench.news import Newsroom
from bench.people import Visitor
from bench.report import Verdict, apart
from bench.servers import Server
from bench.streams import Streams
from bench.workbench import Bench

_A, _B, _EPOLL, _ASGI = "live portal", "live portal (again)", "bare epoll", "bare ASGI"
# Four servers' streams are held here at once, and a few files more.
_FILES = 4 * STREAMS + 500


def measure(bench: Bench, goals: Sequence[str]) -> list[Verdict]:
    """Start the servers these goals need, open pages, and judge."""
    if not _allow_files():
        text = f"needs {_FILES} open files; see ulimit -n"
        return [Verdict(goal, "live pages", "", text, None) for goal in goals]
    verdicts: list[Verdict] = []
    bench.say(f"signing {STREAMS} people in")
    server, visitors = live_servers.portal(bench.ground, _A, STREAMS)
    if {"L2", "L3"} & set(goals):
        verdicts += _streams(bench, goals, server, visitors)
    if "L1" in goals:
        found = idle.run(bench.ground, server, visitors, bench.say)
        bench.details["idle"] = asdict(found)
        bench.trust("polling", live_verdicts.idle_spread(found))
        verdicts.append(live_verdicts.of_idle(found))
    if "L4" in goals:
        crowd = crowded.run(server, visitors, bench.ground.url(server), bench.say)
        bench.details["crowded"] = asdict(crowd)
        bench.trust("an ordinary page's p99", live_verdicts.crowd_spread(crowd))
        verdicts.append(live_verdicts.of_crowd(crowd))
    return verdicts


def _streams(bench: Bench, goals: Sequence[str], server: Server, visitors: Sequence[Visitor]) -> list[Verdict]:
    """Open streams to processes that have not held any before, for only there does memory show what one costs."""
    verdicts = []
    with ExitStack() as stack:
        ours = _gather(bench, stack, server, visitors, "/headshots/events")
        twin, its_visitors = live_servers.portal(bench.ground, _B, STREAMS)
        again = _gather(bench, stack, twin, its_visitors, "/headshots/events")
        if "L2" in goals:
            verdicts.append(_memory(bench, stack, ours, again))
        if "L3" in goals:
            verdicts.append(_telling(bench, stack, ours, again))
    return verdicts


def _gather(bench: Bench, stack: ExitStack, server: Server, visitors: Sequence[Visitor], path: str) -> Audience:
    newsroom = stack.enter_context(closing(Newsroom(bench.ground.url(server)))) if server.database else None
    audience = Audience(server, visitors, stack.enter_context(Streams(server.port)), newsroom)
    audience.gather(path)
    bench.say(f"{server.name}: {STREAMS} streams open, {audience.bytes_per_stream / 1000:.1f} kB each")
    return audience


def _memory(bench: Bench, stack: ExitStack, ours: Audience, again: Audience) -> Verdict:
    found = {each.server.name: each.bytes_per_stream for each in (ours, again)}
    bench.details["bytes_per_stream"] = found
    mean = sum(found.values()) / len(found)
    try:
        raw = live_servers.asgi(bench.ground, _ASGI)
    except MissingPeer as error:
        return replace(live_verdicts.of_memory(mean, math.nan), found=str(error), is_met=None)
    found[_ASGI] = _gather(bench, stack, raw, ours.visitors, "/").bytes_per_stream
    # Beside the peer's figure: memory comes in large pieces, and ours are too small for a ratio of their own.
    bench.trust("memory of streams", 1 + abs(ours.bytes_per_stream - again.bytes_per_stream) / found[_ASGI])
    return live_verdicts.of_memory(mean, found[_ASGI])


def _telling(bench: Bench, stack: ExitStack, ours: Audience, again: Audience) -> Verdict:
    epoll = _gather(bench, stack, *live_servers.epoll(bench.ground, _EPOLL, STREAMS), "/{person}")
    delivery.tell_all([ours, epoll, again], bench.say)
    bench.details["telling"] = {each.server.name: asdict(each.told) for each in (ours, again, epoll)}
    bench.trust("news to one page", apart(ours.told.one_p50 / again.told.one_p50))
    return live_verdicts.of_telling(ours.told, again.told, epoll.told)


def _allow_files() -> bool:
    """Let this process and those it starts open as many files as the system lets them; tell whether they suffice."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most == resource.RLIM_INFINITY or most >= _FILES
