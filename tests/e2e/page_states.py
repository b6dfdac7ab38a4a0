"""The states of pages that browser tests open: a path, and the keyword arguments that create the person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.factories import NOW

State = tuple[str, dict[str, Any]]

FINISHED = {"photos": 6}
_ADMIN = {"agreed": False, "role": "admin"}
_OPERATOR = {"agreed": False, "role": "operator"}
_UNCREATED = {"provider_id": None, "provider_status": None}

EMPLOYEE_STATES: dict[str, State] = {
    "not started": ("/headshots", {"agreed": False}),
    "consent": ("/headshots/consent", {"agreed": False}),
    "agreed": ("/headshots", {}),
    "given consent": ("/headshots/consent", {}),
    "waiting for the studio": ("/headshots/studio", _UNCREATED),
    "in the studio": ("/headshots", {"with_link": True}),
    "studio": ("/headshots/studio", {"with_link": True}),
    "restarted": ("/headshots", {"with_link": True, "restarted_at": NOW, "opened_at": NOW - timedelta(hours=1)}),
    "photos received": ("/headshots", {"provider_status": "waiting"}),
    "another attempt": ("/headshots", {"provider_status": "failed", "status_since": NOW - timedelta(days=1)}),
    "in progress": ("/headshots", {"provider_status": "pending"}),
    "link lost": ("/headshots", {"problem": "link_lost"}),
    "not chosen in time": ("/headshots", {"provider_status": "active", "problem": "not_chosen"}),
    "deleted": ("/headshots", {"provider_status": "deleted"}),
    "ready": ("/headshots", FINISHED),
    "gallery": ("/headshots/gallery", FINISHED),
    "empty gallery": ("/headshots/gallery", {}),
}
ALL_STATES: dict[str, State] = {
    **EMPLOYEE_STATES,
    "refused": ("/headshots", {**_UNCREATED, "problem": "refused"}),
    "no credits": ("/headshots", {**_UNCREATED, "problem": "no_credits"}),
    "no photos": ("/headshots", {"provider_status": "active", "problem": "no_photos"}),
    "address taken": ("/headshots", {**_UNCREATED, "problem": "address_taken"}),
    "not now": ("/headshots/not-now", {"agreed": False}),
    "own photo": ("/headshots/own-photo", {"agreed": False}),
    "grid": ("/headshots/gallery?view=grid", FINISHED),
    "none of these": ("/headshots/another", FINISHED),
    "withdrawal": ("/headshots/withdraw", FINISHED),
    "deletion of everything": ("/my-data/delete", FINISHED),
    "own sessions": ("/account/sessions", {}),
    "board": ("/admin/", _ADMIN),
    "health": ("/admin/health", _OPERATOR),
    "people": ("/admin/people", _ADMIN),
    "no person found": ("/admin/people?q=unknown", _ADMIN),
    "webhooks": ("/admin/deliveries", _OPERATOR),
    "studio account": ("/admin/account", _OPERATOR),
    "studio's members": ("/admin/account/members", _ADMIN),
    "studio's sessions": ("/admin/account/sessions", _ADMIN),
    "studio's invites": ("/admin/account/invites", _ADMIN),
    "studio's favorites": ("/admin/account/favorites", _ADMIN),
    "link reports": ("/admin/links", _OPERATOR),
    "audit trail": ("/admin/audit", _ADMIN),
    "retention": ("/admin/retention", _ADMIN),
    "team": ("/team", {"agreed": False, "role": "manager"}),
}
