"""Searches by which campaigns choose their people: the text may name a person, and is deleted with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from portal.db import db
from portal.domain.audiences import Audience, NamedPerson
from portal.models.campaigns import Campaign
from portal.models.roster import RosterEntry


def lock_searching() -> list[Campaign]:
    """Return the campaigns that choose people by a search, before entries are locked, as when a campaign starts."""
    query = select(Campaign).where(Campaign.audience["roster"].has_key("search")).order_by(Campaign.id)
    # An import that puts people into a campaign holds their entries and refers to the campaign; it need not wait.
    query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def build_named_person(entry: RosterEntry) -> NamedPerson:
    """Return by what a search may name the person of a roster entry."""
    return NamedPerson([entry.address], [entry.name], [entry.employee_number] if entry.employee_number else [])


def delete_naming(searching: Iterable[Campaign], people: Sequence[NamedPerson]) -> None:
    """Delete the searches that name one of these people; they match no person any more.

    Args:
        searching: what :func:`lock_searching` returned.
        people: who is being deleted.
    """
    for campaign in searching:
        audience = Audience.from_json(campaign.audience)
        if any(audience.is_naming(person) for person in people):
            campaign.audience = audience.delete_search().to_json()
            # A form that is open still holds the text.
            campaign.version += 1


def delete_search(campaign: Campaign) -> None:
    """Delete the search of a locked campaign, if it has one."""
    audience = Audience.from_json(campaign.audience)
    if audience.roster is not None and audience.roster.search is not None:
        campaign.audience = audience.delete_search().to_json()
