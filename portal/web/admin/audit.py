"""The console's audit trail: actor, action, subject, time, channel and result of each entry, read only."""

from __future__ import annotations

import json
from datetime import date

from flask import Blueprint, Response, render_template, request

from portal.models import audit_list
from portal.models.audit_list import AuditFilter, AuditListItem
from portal.presentation import audit_messages, csv_file
from portal.services import audit_reading
from portal.services.audit_reading import AuditSearch
from portal.web.context import get_context
from portal.web.csv_response import build_csv_response

blueprint = Blueprint("audit", __name__, url_prefix="/admin")

PAGE = 50
# Largest value of the column; a larger one in a URL matches no entry.
_LARGEST = 2**63 - 1
_MAX_SEARCH_LENGTH = 320
_PEOPLE = ("person", "actor", "subject")
_DAYS = ("since", "until")
_COLUMNS = (
    "position",
    "time",
    "action",
    "actor_id",
    "actor",
    "subject_id",
    "subject",
    "result",
    "channel",
    "request_id",
    "address_digest",
    "detail",
    "digest",
)


@blueprint.get("/audit")
def show_audit() -> str:
    """The entries, the newest first; action, people and days filter, ``before`` turns the page."""
    filters = _filters()
    before = request.args.get("before", type=int)
    before = before if before is not None and 0 < before <= _LARGEST else None
    found = audit_list.list_newest(_build_filter(filters), PAGE + 1, before_id=before)
    return render_template(
        "admin/audit.html",
        entries=found[:PAGE],
        older_than=found[PAGE - 1].entry.id if len(found) > PAGE else None,
        filters=filters,
        has_odd_day=_has_invalid_day(filters),
        searched={name: audit_reading.get_display_name(filters.get(name, "")) for name in _PEOPLE},
        standing=audit_reading.get_status(),
        messages=audit_messages,
    )


@blueprint.get("/audit.csv")
def download_audit() -> Response:
    """The filtered entries, all of them, as a file; constants stay as they are in the database."""
    rows = map(_cells, audit_reading.iterate_entries(_build_filter(_filters())))
    return build_csv_response(f"audit-{get_context().clock():%Y-%m-%d}", _COLUMNS, rows)


def _filters() -> dict[str, str]:
    """Return the filters that are valid; others are left out. ``day`` stands for both ends of the time."""
    given = {name: request.args.get(name, "").strip() for name in ("action", *_PEOPLE, *_DAYS)}
    if given["action"] not in audit_messages.ACTIONS:
        given["action"] = ""
    for name in _PEOPLE:
        # No text of the database can hold this character, nor is any name so long.
        if "\0" in given[name] or len(given[name]) > _MAX_SEARCH_LENGTH:
            given[name] = ""
    for name in _DAYS:
        day = _day(given[name] or request.args.get("day", "").strip())
        # As the page's own field writes it, so that it shows there what was understood.
        given[name] = day.isoformat() if day else ""
    return {name: value for name, value in given.items() if value}


def _has_invalid_day(filters: dict[str, str]) -> bool:
    given = [name for name in _DAYS if request.args.get(name, "").strip()]
    is_invalid = bool(request.args.get("day", "").strip()) and not any(name in filters for name in _DAYS)
    return is_invalid or any(name not in filters for name in given)


def _build_filter(filters: dict[str, str]) -> AuditFilter:
    search = AuditSearch(
        action=filters.get("action"),
        person=filters.get("person"),
        actor=filters.get("actor"),
        subject=filters.get("subject"),
        since=_day(filters.get("since", "")),
        until=_day(filters.get("until", "")),
    )
    return audit_reading.build_filter(search)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _cells(one: AuditListItem) -> list[csv_file.Cell]:
    entry = one.entry
    return [
        one.position,
        entry.at.isoformat(timespec="microseconds"),
        entry.action,
        str(entry.actor_id or ""),
        one.actor,
        str(entry.subject_id or ""),
        one.subject,
        entry.result,
        entry.channel,
        entry.request_id,
        entry.address_digest,
        json.dumps(entry.detail, ensure_ascii=False),
        one.digest.hex() if one.digest else None,
    ]
