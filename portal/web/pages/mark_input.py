"""Reads marks from a form or from JSON; every input is a list of acts or one refusal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from portal.domain.errors import BadInput
from portal.models.photo_marks import Mark
from portal.services.photo_marks import MarkAct

MAX_ACTS = 500
_POSITION = ("photo", "filter", "view")


def parse_form_mark(form: Mapping[str, str], now: datetime) -> MarkAct:
    """Read one mark from a form's ``marked`` and ``mark`` fields.

    Raises:
        BadInput: a field is missing or is none of its values.
    """
    return _build_act(form.get("marked"), form.get("mark"), now)


def parse_position(form: Mapping[str, str]) -> str:
    """Return the query of the gallery page that the form was sent from, to go back there."""
    query = urlencode({name: form[name] for name in _POSITION if form.get(name)})
    return f"?{query}" if query else ""


def parse_json_marks(body: Any, now: datetime) -> list[MarkAct]:
    """Read ``{"acts": [{"photo": id, "mark": "shortlist", "at": milliseconds}]}``; ``at`` is Unix time.

    Raises:
        BadInput: the body has another shape, or more than ``MAX_ACTS`` acts.
    """
    acts = body.get("acts") if isinstance(body, dict) else None
    if not isinstance(acts, list) or len(acts) > MAX_ACTS or not all(isinstance(act, dict) for act in acts):
        raise BadInput
    return [_build_act(act.get("photo"), act.get("mark"), _parse_time(act.get("at"), now)) for act in acts]


def _build_act(photo_id: object, mark: object, at: datetime) -> MarkAct:
    try:
        return MarkAct(UUID(str(photo_id)), Mark(str(mark)), at)
    except ValueError:
        raise BadInput from None


def _parse_time(milliseconds: object, now: datetime) -> datetime:
    if milliseconds is None:
        return now
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        raise BadInput
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadInput from None
