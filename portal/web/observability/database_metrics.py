"""The metrics of /metrics that are read from the database on each scrape; every web process returns the same."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from portal.services import monitoring


def render_metrics(now: datetime) -> bytes:
    """Render the gauges of webhooks, sessions and provider calls in Prometheus' text format."""
    report = monitoring.get_metrics_report(now)
    registry = CollectorRegistry()

    def add_gauge(name: str, text: str, value: float | None) -> None:
        if value is not None:
            Gauge(name, text, registry=registry).set(value)

    def add_labeled_gauge(name: str, text: str, label: str, values: dict[str, int]) -> None:
        gauge = Gauge(name, text, [label], registry=registry)
        for key, value in values.items():
            gauge.labels(key).set(value)

    counts = report.deliveries
    by_state = {state: getattr(counts, state) for state in ("received", "pending", "dead", "ignored", "stale")}
    add_labeled_gauge("portal_deliveries", "Stored webhooks by state.", "state", by_state)
    add_gauge("portal_delivery_lag_seconds", "95th percentile until applied, last hour.", report.lag_p95)
    add_gauge(
        "portal_delivery_oldest_pending_seconds",
        "Age of the oldest webhook that is not applied.",
        _age(counts.oldest_pending_at, now),
    )
    add_gauge("portal_delivery_last_seconds", "Time since the last authentic webhook.", _age(counts.last_at, now))
    by_status = {each.status or "requested": each.count for each in report.shoots}
    stuck = sum(each.stuck for each in report.shoots)
    needing_help = sum(each.needing_help for each in report.shoots)
    add_labeled_gauge("portal_shoots", "Open sessions by the provider's status.", "status", by_status)
    add_gauge("portal_shoots_stuck", "Sessions longer in a status than usual.", stuck)
    add_gauge("portal_shoots_with_problem", "Sessions that need action by an operator.", needing_help)
    add_gauge("portal_provider_silent", "1 if webhooks were expected and did not arrive.", float(report.is_silent))
    add_gauge("portal_provider_calls_last_hour", "Calls to the provider.", report.calls_made)
    return generate_latest(registry)


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else (now - at).total_seconds()
