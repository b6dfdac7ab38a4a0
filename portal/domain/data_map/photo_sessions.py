"""Photo sessions and what is reported about them."""

from __future__ import annotations

from collections.abc import Mapping

from portal.domain.data_classes import Content, Purpose, Retention, Subject, TableClass

TABLES: Mapping[str, TableClass] = {
    "shoots": TableClass(
        Subject.PERSON,
        Purpose.SESSION,
        Retention.ACCOUNT,
        {
            Content.REFERENCE: "id person_id provider_id",
            Content.SECRET: "signed_url",
            Content.PROGRESS: "provider provider_status status_at status_since missing_since is_development problem "
            "requested_at ticket left_at attempts attempted_at ruled_out failures rests_until adoption_allowed_at "
            "address_number minted_at restarted_at stuck_told_at finished_at confirmed_at confirmed_by photo_count "
            "photos_awaited_since photos_checked_at copied_at closed_at",
            Content.ACTIVITY: "opened_at last_opened_at",
        },
        owner="person_id",
    ),
    "shoot_steps": TableClass(
        Subject.PERSON,
        Purpose.SESSION,
        Retention.ACCOUNT,
        {Content.REFERENCE: "shoot_id", Content.PROGRESS: "step began_at doubt"},
        owner="shoot_id>shoots",
    ),
    "attempt_requests": TableClass(
        Subject.PERSON,
        Purpose.SESSION,
        Retention.ACCOUNT,
        {
            Content.REFERENCE: "id person_id granted_by",
            Content.ACTIVITY: "requested_at",
            Content.PROGRESS: "granted_at used_at",
        },
        owner="person_id",
    ),
    "link_reports": TableClass(
        Subject.PERSON,
        Purpose.SUPPORT,
        Retention.ACCOUNT,
        {
            Content.REFERENCE: "id shoot_id request_id done_by",
            Content.ACTIVITY: "reported_at saw browser",
            Content.PROGRESS: "done_at",
        },
        owner="shoot_id>shoots",
        people="done_by",
    ),
    "notices": TableClass(
        Subject.PERSON,
        Purpose.NOTIFY,
        Retention.MAIL,
        {
            Content.REFERENCE: "id person_id shoot_id roster_entry_id occasion",
            Content.PROGRESS: "kind created_at sent_at dropped_at reason",
        },
        owner="person_id|shoot_id>shoots|roster_entry_id>roster_entries",
    ),
    "deliveries": TableClass(
        Subject.PERSON,
        Purpose.SESSION,
        Retention.DELIVERY,
        {
            Content.REFERENCE: "model_id dedupe_key",
            Content.IDENTITY: "body",
            Content.PROGRESS: "event received_at state error outcome applied_at",
            Content.TECHNICAL: "id provider stale key_id body_sha256 headers",
        },
        owner="model_id>shoots.provider_id",
        exceptions={"body": Retention.WEBHOOK_BODY, "headers": Retention.WEBHOOK_BODY},
    ),
}
