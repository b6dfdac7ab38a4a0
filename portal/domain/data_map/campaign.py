"""Campaigns, their roster and what is sent about them."""

from __future__ import annotations

from collections.abc import Mapping

from portal.domain.data_classes import Content, Purpose, Retention, Subject, TableClass

TABLES: Mapping[str, TableClass] = {
    # Until the first sign-in the person is known by the address alone.
    "roster_entries": TableClass(
        Subject.PERSON,
        Purpose.CAMPAIGN,
        Retention.ROSTER,
        {
            Content.REFERENCE: "id campaign_id person_id",
            Content.IDENTITY: "address name team employee_number",
            Content.PROGRESS: "due_on source created_at changed_at invited_at reminded_at reminders left_at",
            Content.ACTIVITY: "muted_at bounced_at bounce_reason",
        },
        owner="person_id",
    ),
    "campaigns": TableClass(
        Subject.NONE,
        Purpose.CAMPAIGN,
        Retention.COMPANY,
        {
            Content.TECHNICAL: "id name state audience message due_on reminders starts_at link_domains link_cap "
            "link_expires_at version created_at started_at paused_at ended_at",
            Content.REFERENCE: "created_by",
            Content.SECRET: "link_code",
        },
    ),
}
