"""The numbers of /metrics that only the database knows: the same from every web process, gathered when asked."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from portal.services import monitoring


def render_metrics(now: datetime) -> bytes:
    """Return webhooks, sessions and provider calls as they stand, in Prometheus' text format."""
    standing = monitoring.get_health_report(now)
    registry = CollectorRegistry()

    def tell(name: str, text: str, value: float | None) -> None:
        if value is not None:
            Gauge(name, text, registry=registry).set(value)

    def tell_each(name: str, text: str, label: str, values: dict[str, int]) -> None:
        gauge = Gauge(name, text, [label], registry=registry)
        for key, value in values.items():
            gauge.labels(key).set(value)

    counts = standing.deliveries
    by_state = {state: getattr(counts, state) for state in ("received", "pending", "dead", "ignored", "stale")}
    tell_each("portal_deliveries", "Webhooks kept, by what became of them.", "state", by_state)
    tell("portal_delivery_lag_seconds", "95 of 100 in the last hour were applied within this.", standing.lag_p95)
    tell(
        "portal_delivery_oldest_pending_seconds", "Age of the oldest not applied.", _age(counts.oldest_pending_at, now)
    )
    tell("portal_delivery_last_seconds", "Time since the last authentic webhook.", _age(counts.last_at, now))
    by_status = {status or "requested": count for status, count in standing.by_status.items()}
    tell_each("portal_shoots", "Open sessions by the provider's status.", "status", by_status)
    tell("portal_shoots_stuck", "Sessions longer in a status than usual.", len(standing.stuck))
    tell("portal_shoots_with_problem", "Sessions that need action by an operator.", len(standing.needing_help))
    tell("portal_provider_silent", "1 when webhooks should have come and did not.", float(standing.is_silent))
    tell("portal_provider_calls_last_hour", "Calls to the provider.", standing.calls_made)
    return generate_latest(registry)


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else (now - at).total_seconds()
