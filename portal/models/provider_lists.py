"""Compares the provider's lists with shoots and choices in sets: one statement for many items."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.dialects.postgresql import TIMESTAMP

from portal.db import db
from portal.domain import stages

# The conditions under which applying a listed model changes nothing but the time of its confirmation.
_CONFIRM = text(
    """
    UPDATE shoots SET confirmed_at = :now, confirmed_by = 'check', missing_since = NULL,
                      status_at = GREATEST(shoots.status_at, :requested_at)
    FROM unnest(:ids, :statuses, :finished) AS listed (id, status, finished_at)
    WHERE shoots.provider_id = listed.id AND shoots.closed_at IS NULL AND shoots.provider_status = listed.status
      AND (listed.status <> :active
           OR (shoots.copied_at IS NOT NULL AND shoots.photos_awaited_since IS NOT NULL
               AND shoots.finished_at >= COALESCE(listed.finished_at, shoots.finished_at)))
    RETURNING shoots.provider_id
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Text)),
    bindparam("statuses", type_=ARRAY(Text)),
    bindparam("finished", type_=ARRAY(TIMESTAMP(timezone=True))),
)

_NEW_FAVORITES = text(
    """
    SELECT listed.model_id, listed.photo_id
    FROM unnest(:models, :photos) AS listed (model_id, photo_id)
    JOIN shoots ON shoots.provider_id = listed.model_id AND shoots.closed_at IS NULL AND shoots.copied_at IS NOT NULL
    LEFT JOIN photos ON photos.shoot_id = shoots.id AND photos.provider_id = listed.photo_id
    WHERE photos.id IS NULL
       OR (photos.removed_at IS NULL AND photos.id IS DISTINCT FROM (
               SELECT choices.photo_id FROM choices
               WHERE choices.shoot_id = shoots.id AND choices.origin = 'studio' AND choices.withdrawn_at IS NULL
               ORDER BY choices.acted_at DESC, choices.recorded_at DESC LIMIT 1))
    """
).bindparams(bindparam("models", type_=ARRAY(Text)), bindparam("photos", type_=ARRAY(Text)))


def confirm_unchanged(
    listed: Sequence[tuple[str, str, datetime | None]], *, requested_at: datetime, now: datetime
) -> set[str]:
    """Record, in the caller's transaction, that the provider's list agrees with what is known of these shoots.

    Args:
        listed: provider id, status and time of completion of each.
        requested_at: when the list was requested.
        now: the present, UTC.

    Returns:
        The provider ids of those. All others have to be applied one by one.
    """
    values = {
        "ids": [item[0] for item in listed],
        "statuses": [item[1] for item in listed],
        "finished": [item[2] for item in listed],
        "active": stages.ACTIVE,
        "requested_at": requested_at,
        "now": now,
    }
    return {str(found) for found in db.session.scalars(_CONFIRM, values)}


def list_new_favorites(favorites: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of these favorites, pairs of model and photo id, that are not recorded as the latest pick."""
    values = {"models": [item[0] for item in favorites], "photos": [item[1] for item in favorites]}
    return [(row[0], row[1]) for row in db.session.execute(_NEW_FAVORITES, values)]
