"""Live pages: the portal's streams beside polling, a bare ASGI application and a bare epoll server (L1 to L6)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, replace

from bench import crowded, delivery, idle, live_servers, live_verdicts
from bench.delivery import STREAMS, Audience
from bench.install import MissingPeer
from bench.people import Visitor
from bench.report import Verdict, compute_spread
from bench.servers import Server
from bench.streams import Streams
from bench.updates import UpdatePublisher
from bench.workbench import Bench

_A, _B, _EPOLL, _ASGI = "live portal", "live portal (again)", "bare epoll", "bare ASGI"
_ATTACHED = "live portal (attached streams)"


def measure_idle_cpu(bench: Bench, _goals: Sequence[str]) -> list[Verdict]:
    """Keep pages on which nothing happens in step, by streams and by polling (L1)."""
    server, visitors = live_servers.start_portal(bench.ground, "idle portal", idle.PAGES)
    found = idle.measure_idle_pages(bench.ground, server, visitors, bench.say)
    bench.details["idle"] = asdict(found)
    bench.trust("polling", live_verdicts.compute_idle_spread(found))
    return [live_verdicts.build_idle_verdict(found)]


def measure_streams(bench: Bench, goals: Sequence[str]) -> list[Verdict]:
    """Hold many streams: the memory of each, and how soon updates reach them (L2, L3).

    Memory comes first, in processes that have not held a stream before, for only there does it show.
    """
    verdicts = []
    with ExitStack() as stack:
        own, again = (
            _gather(bench, stack, *live_servers.start_portal(bench.ground, name, STREAMS), "/headshots/events")
            for name in (_A, _B)
        )
        if "L2" in goals:
            verdicts.append(_memory(bench, stack, own, again))
        if "L3" in goals:
            verdicts.append(_measure_updates(bench, stack, own, again))
    return verdicts


def measure_attached_streams(bench: Bench, _goals: Sequence[str]) -> list[Verdict]:
    """Hold streams as ordinary responses, with the fast path switched off: the memory of each (L5)."""
    with ExitStack() as stack:
        portal = live_servers.start_portal(bench.ground, _ATTACHED, STREAMS, detaches=False)
        own = _gather(bench, stack, *portal, "/headshots/events")
        bench.details["bytes_per_attached_stream"] = own.bytes_per_stream
        try:
            raw = live_servers.start_asgi_server(bench.ground, _ASGI)
        except MissingPeer as error:
            verdict = live_verdicts.build_memory_verdict(own.bytes_per_stream, math.nan, detaches=False)
            return [replace(verdict, found=str(error), is_met=None)]
        peer = _gather(bench, stack, raw, own.visitors, "/")
        return [live_verdicts.build_memory_verdict(own.bytes_per_stream, peer.bytes_per_stream, detaches=False)]


def measure_page_among_streams(bench: Bench, _goals: Sequence[str]) -> list[Verdict]:
    """Request an ordinary page while others are open, and while none is (L4)."""
    return [_measure_page(bench, detaches=True)]


def measure_page_among_attached_streams(bench: Bench, _goals: Sequence[str]) -> list[Verdict]:
    """Measure the same with streams as ordinary responses (L6)."""
    return [_measure_page(bench, detaches=False)]


def _measure_page(bench: Bench, *, detaches: bool) -> Verdict:
    name = "crowded portal" if detaches else "crowded portal (attached streams)"
    server, visitors = live_servers.start_portal(bench.ground, name, 2 * crowded.PAGES, detaches=detaches)
    found = crowded.measure_page_latency(server, visitors, bench.ground.url(server), bench.say)
    bench.details["crowded" if detaches else "crowded_attached"] = asdict(found)
    bench.trust("an ordinary page's p99", live_verdicts.compute_page_spread(found))
    return live_verdicts.build_page_verdict(found, detaches=detaches)


def _gather(bench: Bench, stack: ExitStack, server: Server, visitors: Sequence[Visitor], path: str) -> Audience:
    publisher = stack.enter_context(closing(UpdatePublisher(bench.ground.url(server)))) if server.database else None
    audience = Audience(server, visitors, stack.enter_context(Streams(server.port)), publisher)
    audience.gather(path)
    bench.say(f"{server.name}: {STREAMS} streams open, {audience.bytes_per_stream / 1000:.1f} kB each")
    return audience


def _memory(bench: Bench, stack: ExitStack, own: Audience, again: Audience) -> Verdict:
    found = {each.server.name: each.bytes_per_stream for each in (own, again)}
    bench.details["bytes_per_stream"] = found
    mean = sum(found.values()) / len(found)
    try:
        raw = live_servers.start_asgi_server(bench.ground, _ASGI)
    except MissingPeer as error:
        return replace(live_verdicts.build_memory_verdict(mean, math.nan), found=str(error), is_met=None)
    found[_ASGI] = _gather(bench, stack, raw, own.visitors, "/").bytes_per_stream
    # Beside the peer's figure: memory comes in large pieces, and the portal's are too small for a ratio of their own.
    bench.trust("memory of streams", 1 + abs(own.bytes_per_stream - again.bytes_per_stream) / found[_ASGI])
    return live_verdicts.build_memory_verdict(mean, found[_ASGI])


def _measure_updates(bench: Bench, stack: ExitStack, own: Audience, again: Audience) -> Verdict:
    epoll = _gather(bench, stack, *live_servers.start_epoll_server(bench.ground, _EPOLL, STREAMS), "/{person}")
    delivery.measure_update_latency([own, epoll, again], bench.say)
    bench.details["updates"] = {each.server.name: asdict(each.latency) for each in (own, again, epoll)}
    bench.trust("update of one page", compute_spread(own.latency.one_p50 / again.latency.one_p50))
    return live_verdicts.build_update_verdict(own.latency, again.latency, epoll.latency)
