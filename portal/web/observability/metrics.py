"""What is counted of the web: requests by route, sign-ins and webhooks by outcome; no person is a label."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

REQUESTS = Histogram(
    "portal_http_request_seconds",
    "How long requests took, by route template, method and status.",
    ["route", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
SIGN_INS = Counter("portal_sign_ins", "Sign-ins by outcome: ok, or the constant they were refused with.", ["result"])
WEBHOOKS = Counter("portal_webhooks", "Webhooks by outcome: stored, duplicate, rejected or not_stored.", ["result"])
