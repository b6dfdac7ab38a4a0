"""Whether a session that the provider returned can belong to the shoot it was created for."""

from __future__ import annotations

from portal.domain.stages import Problem
from portal.models import erasures, shoots
from portal.models.shoots import Shoot


def find_conflict(shoot: Shoot, provider_id: str) -> tuple[Problem, str] | None:
    """Return the problem and its reason if the session cannot be this shoot's, None if it can."""
    known = shoots.find_by_provider_id(provider_id)
    if known is not None and known.person_id == shoot.person_id:
        # The provider gives this person their finished session again.
        return Problem.REFUSED, "second_session_refused"
    if known is not None:
        return Problem.ADDRESS_TAKEN, "session_belongs_to_another_person"
    if erasures.has_tombstone(provider_id):
        # The same person, back after an erasure that the provider has not finished.
        return Problem.REFUSED, "session_is_being_erased"
    return None
