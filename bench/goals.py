"""Every goal with what measures it; a new one is a line here and a function that returns verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bench import (
    campaign_work,
    connections,
    console,
    faces,
    gallery_size,
    hostile_images,
    journeys,
    key_to_picture,
    live,
    mirror_rate,
    page_scores,
    renditions,
    scale,
    starting,
    waiting_room,
    webhooks,
)
from bench.report import Verdict
from bench.workbench import Bench

Measure = Callable[[Bench, Sequence[str]], list[Verdict]]


@dataclass(frozen=True)
class Goal:
    """One goal.

    Attributes:
        text: what is compared, for the list of goals.
        measure: gets the bench and those of its goals that are selected; goals that name the same one are measured
            by a single call.
    """

    text: str
    measure: Measure


GOALS: Mapping[str, Goal] = MappingProxyType(
    {
        "P1": Goal("processor time and capacity of webhooks beside dj-stripe", webhooks.measure_rounds),
        "P2": Goal("processor time of webhooks beside Express + pg", webhooks.measure_rounds),
        "P3": Goal("rate of webhooks beside bare WSGI with HMAC", webhooks.measure_rounds),
        "P4": Goal("answer times at 300 webhooks a second", webhooks.measure_steady_rate),
        "P6": Goal("no webhook lost when workers are killed", webhooks.measure_kills),
        "P7": Goal("processor time of webhooks at a million stored", webhooks.measure_rounds),
        "L1": Goal("processor time of a thousand idle pages beside polling", live.measure_idle_cpu),
        "L2": Goal("memory of a stream beside raw ASGI", live.measure_streams),
        "L3": Goal("how soon updates reach pages beside a bare epoll server", live.measure_streams),
        "L4": Goal("answer times of pages beside a thousand live ones", live.measure_page_among_streams),
        "L5": Goal("memory of a stream without the fast path", live.measure_attached_streams),
        "L6": Goal("answer times of pages without the fast path of streams", live.measure_page_among_attached_streams),
        "G1": Goal("what a browser transfers for a gallery of 200", gallery_size.measure_gallery),
        "T1": Goal("renditions a second beside sharp and bare Pillow", renditions.measure_renditions),
        "T2": Goal("photos a worker copies a second, and its memory with large ones", mirror_rate.measure_mirror_rate),
        "F1": Goal("faces that the automatic crop centers", faces.measure_faces),
        "G2": Goal("from a key to the next picture among 200", key_to_picture.measure_key_presses),
        "C1": Goal("answer times and statements of the console beside Django admin", console.measure_console),
        "C2": Goal("import, invitations and export of a campaign", campaign_work.measure_campaign_work),
        "G4": Goal("Lighthouse scores of five pages, mobile settings", page_scores.measure_pages),
        "S1": Goal("first answer and memory of 2 processes beside bare Flask", starting.measure_start),
        "D1": Goal("database connections of 2 web processes on a plan of 20", connections.measure_connections),
        "D2": Goal(
            "sweep, fsck, retention, metrics and waiting pages at 200, 2,000 and 20,000 people", scale.measure_scale
        ),
        "W": Goal("memory and time of a worker on hostile images", hostile_images.measure_worker),
        "A1": Goal("provider calls a finished journey", journeys.measure_journeys),
        "A2": Goal("a rush of 5,000 starts in the waiting room beside a fluid", waiting_room.measure_waiting_room),
    }
)


def group_goals(names: Iterable[str]) -> dict[Measure, list[str]]:
    """Return what has to be called for these goals, in the table's order, and with which of them."""
    expected = set(names)
    found: dict[Measure, list[str]] = {}
    for name, goal in GOALS.items():
        if name in expected:
            found.setdefault(goal.measure, []).append(name)
    return found
