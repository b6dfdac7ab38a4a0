"""The provider's team of a new session: the one with the name of the person's team on the roster."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from portal.models import roster
from portal.provider import ProviderClient
from portal.provider.errors import InvalidEmail, InvalidRequest, NotFound
from portal.provider.wire_types import CreatedSession
from portal.services.provider_account import find_team_id

log = logging.getLogger(__name__)


def find_session_team(person_id: UUID) -> str | None:
    """Return the id at the provider of the person's team; None without one there or here."""
    entry = roster.find_by_person(person_id)
    return find_team_id(entry.team) if entry is not None else None


def create_in_team(
    provider: ProviderClient, email: str, *, team_id: str | None, prepaid: bool, **options: Any
) -> CreatedSession:
    """Create a session in a team, or without one if the provider refuses the team: it may be deleted meanwhile.

    Raises:
        ProviderError: the session was not created.
    """
    if team_id is None:
        return provider.create_model(email, prepaid=prepaid, **options)
    try:
        return provider.create_model(email, team_id=team_id, prepaid=prepaid, **options)
    except (InvalidRequest, NotFound) as error:
        if isinstance(error, InvalidEmail):
            raise
        log.warning("shoot.team_refused", extra={"error": type(error).__name__})
        return provider.create_model(email, **options)
