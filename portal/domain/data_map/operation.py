"""What the portal needs to run."""

from __future__ import annotations

from collections.abc import Mapping

from portal.domain.data_classes import Content, Purpose, Retention, Subject, TableClass

TABLES: Mapping[str, TableClass] = {
    "durations": TableClass(
        Subject.NONE,
        Purpose.OPERATION,
        Retention.OPERATION,
        {Content.TECHNICAL: "id step is_development seconds kept_at"},
    ),
    "rate_limits": TableClass(
        Subject.PERSON,
        Purpose.OPERATION,
        Retention.OPERATION,
        {Content.REFERENCE: "caller", Content.TECHNICAL: "name tokens granted filled_at"},
    ),
    "credit_balance": TableClass(
        Subject.NONE, Purpose.OPERATION, Retention.OPERATION, {Content.TECHNICAL: "id balance read_at low_since"}
    ),
    "credit_readings": TableClass(
        Subject.NONE, Purpose.OPERATION, Retention.OPERATION, {Content.TECHNICAL: "at balance"}
    ),
    "provider_budget": TableClass(
        Subject.NONE,
        Purpose.OPERATION,
        Retention.OPERATION,
        {Content.TECHNICAL: "id limit_per_minute tokens filled_at closed_until reserve line_rests_until line_failures"},
    ),
    "provider_calls": TableClass(
        Subject.NONE,
        Purpose.OPERATION,
        Retention.OPERATION,
        {Content.TECHNICAL: "id at method path_template status duration_ms budget_left"},
    ),
    "provider_call_totals": TableClass(
        Subject.NONE,
        Purpose.OPERATION,
        Retention.OPERATION,
        {Content.TECHNICAL: "day method path_template calls failed rate_limited slow duration_ms"},
    ),
    "health_checks": TableClass(
        Subject.NONE,
        Purpose.OPERATION,
        Retention.OPERATION,
        {Content.TECHNICAL: "component position is_ok text checked_at is_warning message"},
    ),
    "delivery_totals": TableClass(
        Subject.NONE, Purpose.OPERATION, Retention.OPERATION, {Content.TECHNICAL: "id received counted_before"}
    ),
    "webhook_rejections": TableClass(
        Subject.NONE, Purpose.OPERATION, Retention.OPERATION, {Content.TECHNICAL: "hour reason count"}
    ),
    "secret_ages": TableClass(
        Subject.NONE,
        Purpose.OPERATION,
        Retention.OPERATION,
        {Content.TECHNICAL: "name first_seen_at", Content.SECRET: "fingerprint"},
    ),
    # The company's own words; who published a version is an id.
    "text_versions": TableClass(
        Subject.PERSON,
        Purpose.ACCOUNTABILITY,
        Retention.COMPANY,
        {
            Content.TECHNICAL: "section number content restored_from created_at",
            Content.REFERENCE: "created_by",
        },
        owner="created_by",
    ),
    "provider_account": TableClass(
        Subject.NONE,
        Purpose.OPERATION,
        Retention.OPERATION,
        {Content.TECHNICAL: "id content read_at error"},
    ),
    # What the provider lists, replaced at each reading; about people of this portal, and of others.
    "provider_records": TableClass(
        Subject.PERSON,
        Purpose.OPERATION,
        Retention.OPERATION,
        {
            Content.IDENTITY: "email name team_id team_name",
            Content.PROGRESS: "status is_development created_at finished_at",
            Content.REFERENCE: "key model_id",
            Content.TECHNICAL: "kind position",
        },
        owner="model_id>shoots.provider_id|email>people.email",
    ),
}
