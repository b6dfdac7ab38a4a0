"""Photos, marks, the choice and the files made from it."""

from __future__ import annotations

from collections.abc import Mapping

from portal.domain.data_classes import Content, Purpose, Retention, Subject, TableClass

TABLES: Mapping[str, TableClass] = {
    "photos": TableClass(
        Subject.PERSON,
        Purpose.USE,
        Retention.PHOTOS,
        {
            Content.REFERENCE: "id shoot_id person_id provider_id upload_key",
            Content.PICTURE: "width height provenance similarity_hash face_x face_y face_size crop_x crop_y crop_size",
            Content.PROGRESS: "position copied_at refused failure failing_since removed_at removed_by created_at",
            Content.ACTIVITY: "is_liked",
        },
        owner="person_id|shoot_id>shoots",
    ),
    "renditions": TableClass(
        Subject.PERSON,
        Purpose.USE,
        Retention.PHOTOS,
        {
            Content.REFERENCE: "id photo_id storage_key",
            Content.PICTURE: "sha256",
            Content.TECHNICAL: "name content_type width height size",
        },
        owner="photo_id>photos",
    ),
    "photo_marks": TableClass(
        Subject.PERSON,
        Purpose.USE,
        Retention.PHOTOS,
        {Content.REFERENCE: "person_id photo_id", Content.ACTIVITY: "mark acted_at recorded_at"},
        owner="person_id",
    ),
    "choices": TableClass(
        Subject.PERSON,
        Purpose.USE,
        Retention.ACCOUNT,
        {
            Content.REFERENCE: "id person_id shoot_id photo_id",
            Content.ACTIVITY: "origin acted_at recorded_at",
            Content.CONSENT: "withdrawn_at use_text use_text_sha256 use_locale use_policy_version",
            Content.TECHNICAL: "key",
        },
        owner="person_id|shoot_id>shoots",
    ),
    "kits": TableClass(
        Subject.PERSON,
        Purpose.USE,
        Retention.KIT,
        {
            Content.REFERENCE: "id person_id photo_id",
            Content.PICTURE: "digest crop_x crop_y crop_size",
            Content.TECHNICAL: "settings_digest",
            Content.PROGRESS: "state done created_at finished_at superseded_at",
        },
        owner="person_id",
    ),
    "kit_files": TableClass(
        Subject.PERSON,
        Purpose.USE,
        Retention.KIT,
        {
            Content.REFERENCE: "kit_id storage_key",
            Content.PICTURE: "sha256",
            Content.TECHNICAL: "key content_type width height size",
        },
        owner="kit_id>kits",
    ),
    "exports": TableClass(
        Subject.PERSON,
        Purpose.EXPORT,
        Retention.ARCHIVE,
        {
            Content.REFERENCE: "id created_by storage_key",
            Content.PROGRESS: "kind size_key template filters file_name state done total left_out size created_at "
            "finished_at expires_at",
            Content.ACTIVITY: "downloaded_at reason",
        },
        owner="created_by",
    ),
    # What the person reads under "Who looked" on their own page.
    "picture_accesses": TableClass(
        Subject.PERSON,
        Purpose.ACCOUNTABILITY,
        Retention.ACCOUNT,
        {
            Content.REFERENCE: "id person_id actor_id export_id",
            Content.ACTIVITY: "kind reason at",
        },
        owner="person_id",
        people="actor_id",
    ),
    "archives": TableClass(
        Subject.PERSON,
        Purpose.EXPORT,
        Retention.ARCHIVE,
        {
            Content.REFERENCE: "id person_id storage_key",
            Content.IDENTITY: "file_name",
            Content.PROGRESS: "kind state done total size sha256 created_at finished_at expires_at",
            Content.ACTIVITY: "downloaded_at",
        },
        owner="person_id",
    ),
}
