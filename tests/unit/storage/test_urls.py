"""Which address makes which storage, and what that loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from portal.storage import LocalStorage, S3Storage, create_storage


def test_a_folder(tmp_path: Path) -> None:
    storage = create_storage(f"file://{tmp_path}/my%20photos")
    assert isinstance(storage, LocalStorage)
    assert storage.root == tmp_path / "my photos"
    assert not storage.root.exists()


@pytest.mark.parametrize(
    ("url", "prefix"),
    [("s3://faces", ""), ("s3://faces/", ""), ("s3://faces/a", "a/"), ("s3://faces/a/b/", "a/b/")],
)
def test_a_bucket(url: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    storage = create_storage(url)
    assert isinstance(storage, S3Storage)
    assert (storage.bucket, storage.prefix) == ("faces", prefix)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/var/photos",
        "file://",
        "file:///",
        "file://photos",
        "file://host/photos",
        "s3://",
        "s3:///prefix",
        "s3://key:secret@bucket",
        "s3://bucket?x=1",
        "https://bucket.example/",
        "gs://bucket",
    ],
)
def test_refuses_other_addresses_without_repeating_them(url: str) -> None:
    with pytest.raises(ValueError, match="storage URL") as refused:
        create_storage(url)
    assert "secret" not in str(refused.value)


def test_local_storage_does_not_import_boto3() -> None:
    code = (
        "import sys; from portal.storage import create_storage; create_storage('file:///nowhere'); "
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'boto3', 'botocore', 's3transfer'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
