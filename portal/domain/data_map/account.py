"""Accounts, sign-in, consent, audit trail and erasure."""

from __future__ import annotations

from collections.abc import Mapping

from portal.domain.data_classes import Content, Purpose, Retention, Subject, TableClass

TABLES: Mapping[str, TableClass] = {
    "people": TableClass(
        Subject.PERSON,
        Purpose.ACCOUNT,
        Retention.ACCOUNT,
        {
            Content.REFERENCE: "id",
            Content.IDENTITY: "issuer subject email name groups role roles manages locale chosen_locale "
            "oid preferred_username employee_number picture zoneinfo",
            Content.ACTIVITY: "created_at signed_in_at deactivated_at",
            Content.TECHNICAL: "version is_tester",
        },
        owner="id",
    ),
    "sessions": TableClass(
        Subject.PERSON,
        Purpose.SIGN_IN,
        Retention.SIGN_IN,
        {
            Content.SECRET: "token_hash data id_token sid",
            Content.REFERENCE: "person_id public_id",
            Content.IDENTITY: "issuer",
            Content.ACTIVITY: "created_at active_at expires_at user_agent confirmed_at",
        },
        owner="person_id",
    ),
    # The person is unknown until the sign-in has ended; a row lives for minutes.
    "sign_in_attempts": TableClass(
        Subject.PERSON,
        Purpose.SIGN_IN,
        Retention.SIGN_IN,
        {
            Content.SECRET: "state_hash browser_hash nonce verifier",
            Content.ACTIVITY: "return_to silent prompt max_age created_at",
            Content.REFERENCE: "session_id",
        },
    ),
    "logout_orders": TableClass(
        Subject.NONE, Purpose.SIGN_IN, Retention.SIGN_IN, {Content.SECRET: "digest", Content.TECHNICAL: "seen_at"}
    ),
    "consents": TableClass(
        Subject.PERSON,
        Purpose.CONSENT,
        Retention.ACCOUNT,
        {
            Content.REFERENCE: "id person_id",
            Content.CONSENT: "policy_version locale text_sha256 text purposes provider given_at withdrawn_at",
            Content.ACTIVITY: "address_digest user_agent",
        },
        owner="person_id",
    ),
    "audit_entries": TableClass(
        Subject.PERSON,
        Purpose.ACCOUNTABILITY,
        Retention.AUDIT,
        {
            Content.REFERENCE: "id actor_id subject_id request_id",
            Content.ACTIVITY: "at action result channel address_digest detail",
        },
        owner="subject_id|actor_id",
        people="subject_id actor_id",
    ),
    "audit_links": TableClass(
        Subject.NONE,
        Purpose.ACCOUNTABILITY,
        Retention.AUDIT,
        {Content.TECHNICAL: "position entry_id previous digest received_at"},
    ),
    # The person's rows are gone by then: it is proof, without name; the sealed address is deleted with the last step.
    "erasures": TableClass(
        Subject.PERSON,
        Purpose.ERASURE,
        Retention.PROOF,
        {
            Content.REFERENCE: "id person_id shoot_ids photo_ids kit_ids archive_ids kept_photo_id provider_ids",
            Content.PROGRESS: "scope steps requested_at local_at finished_at",
            Content.SECRET: "email",
            Content.CONSENT: "consents",
        },
        owner="person_id",
        exceptions={"email": Retention.OPERATION},
    ),
    "tombstones": TableClass(
        Subject.PERSON,
        Purpose.ERASURE,
        Retention.PROOF,
        {Content.SECRET: "digest", Content.PROGRESS: "erased_at"},
    ),
}
