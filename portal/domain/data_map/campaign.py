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
            Content.PROGRESS: "due_on source created_at changed_at listed_at invited_at reminded_at reminders left_at",
            Content.ACTIVITY: "muted_at bounced_at bounce_reason",
        },
        owner="person_id",
    ),
    # Free text of admins; the person reads it on their page and in their export.
    "person_notes": TableClass(
        Subject.PERSON,
        Purpose.CAMPAIGN,
        Retention.ACCOUNT,
        {
            Content.REFERENCE: "id person_id roster_entry_id author_id",
            Content.PROGRESS: "text written_at",
        },
        owner="person_id|roster_entry_id>roster_entries",
        people="author_id",
    ),
    # A search that chooses people may name one; it goes with them, and when the campaign ends.
    "campaigns": TableClass(
        Subject.PERSON,
        Purpose.CAMPAIGN,
        Retention.COMPANY,
        {
            Content.IDENTITY: "audience",
            Content.TECHNICAL: "id name state message due_on reminders starts_at link_domains link_cap "
            "link_expires_at version created_at started_at paused_at ended_at",
            Content.REFERENCE: "created_by",
            Content.SECRET: "link_code",
        },
        exceptions={"audience": Retention.ROSTER},
    ),
    # Kept by triggers from the tables above and those of the photo session; goes with the rows it is made from.
    "listed_people": TableClass(
        Subject.PERSON,
        Purpose.CAMPAIGN,
        Retention.ROSTER,
        {
            Content.REFERENCE: "id person_id entry_id campaign_id shoot_id",
            Content.IDENTITY: "name sort_name email employee_number team teams other_teams role roles terms",
            Content.PROGRESS: "due_on invited_at reminder_count reminded_at bounced_at left_at deactivated_at "
            "signed_in_at signed_in_on moved_at provider_status status_since has_link problem requested_at copied_at "
            "closed_at stage stage_without_consent reason waiting_since unfinished_status unfinished_since "
            "is_invited late_at stage_since",
            Content.CONSENT: "agreed_versions stage_versions agreed_at withdrawn_at",
            Content.ACTIVITY: "muted_at link_reported_at chosen_at chosen_on is_choice_of_shoot",
        },
        owner="person_id",
    ),
    "search_terms": TableClass(
        Subject.PERSON,
        Purpose.CAMPAIGN,
        Retention.ROSTER,
        {Content.REFERENCE: "listed_id", Content.IDENTITY: "term"},
        owner="listed_id>listed_people",
    ),
    # A list names people who may never sign in; its lines live for days.
    "roster_imports": TableClass(
        Subject.PERSON,
        Purpose.CAMPAIGN,
        Retention.IMPORT,
        {
            Content.REFERENCE: "id invites created_by confirmed_by",
            # The name of a file, and a first line taken for one of names, may name a person as the list does.
            Content.IDENTITY: "content name header",
            Content.ACTIVITY: "created_at confirmed_at",
            Content.TECHNICAL: "state version encoding delimiter columns line_count progress counts failure "
            "failed_line marks_absent starts_at finished_at",
        },
    ),
    "roster_import_lines": TableClass(
        Subject.PERSON,
        Purpose.CAMPAIGN,
        Retention.IMPORT,
        {
            Content.REFERENCE: "import_id number duplicate_of",
            Content.IDENTITY: "text address name team employee_number",
            Content.TECHNICAL: "verdict reason due_on changes",
        },
    ),
}
