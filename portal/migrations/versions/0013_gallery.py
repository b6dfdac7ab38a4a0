"""Own photos, crops, marks, kits and archives; a choice belongs to a person and carries what it agreed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_PHOTO_NUMBERS = ("face_x", "face_y", "face_size", "crop_x", "crop_y", "crop_size")


def upgrade() -> None:
    """Apply."""
    _upgrade_photos()
    _upgrade_choices()
    _create_marks()
    _create_kits()
    _create_archives()


def _upgrade_photos() -> None:
    op.alter_column("photos", "shoot_id", nullable=True)
    op.alter_column("photos", "provider_id", nullable=True)
    op.add_column("photos", sa.Column("person_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_photos_person_id_people"), "photos", "people", ["person_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index(op.f("ix_photos_person_id"), "photos", ["person_id"])
    op.create_check_constraint(op.f("ck_photos_owner"), "photos", "(shoot_id IS NULL) <> (person_id IS NULL)")
    op.add_column("photos", sa.Column("is_liked", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("photos", sa.Column("similarity_hash", sa.BigInteger(), nullable=True))
    op.add_column("photos", sa.Column("upload_key", sa.Text(), nullable=True))
    for name in _PHOTO_NUMBERS:
        op.add_column("photos", sa.Column(name, sa.Double(), nullable=True))


def _upgrade_choices() -> None:
    op.alter_column("choices", "shoot_id", nullable=True)
    op.add_column("choices", sa.Column("person_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE choices SET person_id = shoots.person_id FROM shoots WHERE shoots.id = choices.shoot_id")
    op.create_foreign_key(
        op.f("fk_choices_person_id_people"), "choices", "people", ["person_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index("ix_choices_person_id_acted_at", "choices", ["person_id", "acted_at"])
    op.add_column("choices", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("use_text", "use_text_sha256", "use_locale", "use_policy_version"):
        op.add_column("choices", sa.Column(name, sa.Text(), nullable=True))


def _create_marks() -> None:
    op.create_table(
        "photo_marks",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_photo_marks_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name=op.f("fk_photo_marks_photo_id_photos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "photo_id", name=op.f("pk_photo_marks")),
    )
    op.create_index(op.f("ix_photo_marks_photo_id"), "photo_marks", ["photo_id"])


def _create_kits() -> None:
    op.create_table(
        "kits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("crop_x", sa.Double(), nullable=False),
        sa.Column("crop_y", sa.Double(), nullable=False),
        sa.Column("crop_size", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_kits_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name=op.f("fk_kits_photo_id_photos"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kits")),
    )
    op.create_index(
        "uq_kits_current", "kits", ["person_id"], unique=True, postgresql_where=sa.text("superseded_at IS NULL")
    )
    op.create_index(op.f("ix_kits_photo_id"), "kits", ["photo_id"])
    op.create_table(
        "kit_files",
        sa.Column("kit_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["kit_id"], ["kits.id"], name=op.f("fk_kit_files_kit_id_kits"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("kit_id", "key", name=op.f("pk_kit_files")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_kit_files_storage_key")),
    )


def _create_archives() -> None:
    op.create_table(
        "archives",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("storage_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("downloaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_archives_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archives")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_archives_storage_key")),
    )
    op.create_index(op.f("ix_archives_person_id"), "archives", ["person_id"])
    op.create_index(op.f("ix_archives_expires_at"), "archives", ["expires_at"])


def downgrade() -> None:
    """Undo. Own photos and the choices of them are lost."""
    for table in ("archives", "kit_files", "kits", "photo_marks"):
        op.drop_table(table)
    op.execute("DELETE FROM choices WHERE shoot_id IS NULL")
    op.execute("DELETE FROM photos WHERE shoot_id IS NULL")
    for name in ("use_text", "use_text_sha256", "use_locale", "use_policy_version", "withdrawn_at", "person_id"):
        op.drop_column("choices", name)
    op.alter_column("choices", "shoot_id", nullable=False)
    op.drop_constraint(op.f("ck_photos_owner"), "photos")
    for name in (*_PHOTO_NUMBERS, "upload_key", "similarity_hash", "is_liked", "person_id"):
        op.drop_column("photos", name)
    op.alter_column("photos", "provider_id", nullable=False)
    op.alter_column("photos", "shoot_id", nullable=False)
