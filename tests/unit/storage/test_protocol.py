"""One contract for every storage: a local folder and a bucket must behave the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from portal.storage import InvalidKey, LocalStorage, ObjectMissing, S3Storage, Storage, local

pytestmark = pytest.mark.slow

KEY = "photos/0b9c/640-00ff.webp"
FOREIGN_KEYS = [
    "",
    "/",
    "/etc/passwd",
    "../secret",
    "photos/../../secret",
    "photos/..",
    "photos/./x",
    "photos//x",
    "photos/",
    "photos/.hidden",
    "a..b",
    "photos/%2e%2e/x",
    "photos/x\x00.webp",
    "photos/x\n",
    "photos\\x",
    "Photos/X",
    "photos/é",
    "photos/\u202e.webp",
    "photos/x y",
    "~/x",
    "a" * 129,
    "a/" * 300 + "a",
]


@pytest.fixture(params=["local", "s3", "s3-prefix"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    if request.param == "local":
        yield LocalStorage(tmp_path / "objects")
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "4")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="photos-bucket")
        yield S3Storage("photos-bucket", "portal/Live" if request.param == "s3-prefix" else "")


def test_gives_back_what_was_put(storage: Storage) -> None:
    storage.put(KEY, b"\x00face\xff", "image/webp")
    assert storage.get(KEY) == b"\x00face\xff"
    with storage.open(KEY) as file:
        assert (file.read(1), file.read()) == (b"\x00", b"face\xff")
    assert storage.exists(KEY)


def test_takes_an_empty_object(storage: Storage) -> None:
    storage.put(KEY, b"", "image/webp")
    assert storage.get(KEY) == b""


def test_a_second_put_replaces_the_first(storage: Storage) -> None:
    storage.put(KEY, b"first and longer", "image/webp")
    storage.put(KEY, b"second", "image/webp")
    assert storage.get(KEY) == b"second"
    assert list(storage.list()) == [KEY]


def test_missing_object_error_names_the_key(storage: Storage) -> None:
    assert not storage.exists(KEY)
    with pytest.raises(ObjectMissing) as missing:
        storage.get(KEY)
    assert missing.value.key == KEY
    assert not missing.value.retryable
    with pytest.raises(ObjectMissing):
        storage.open(KEY)


def test_part_of_a_key_is_no_object(storage: Storage) -> None:
    storage.put(KEY, b"x", "image/webp")
    for key in ("photos", "photos/0b9c", f"{KEY}/more"):
        assert not storage.exists(key)
        with pytest.raises(ObjectMissing):
            storage.get(key)
        storage.delete(key)
    assert storage.exists(KEY)


def test_delete_is_idempotent(storage: Storage) -> None:
    storage.put(KEY, b"x", "image/webp")
    storage.delete(KEY)
    storage.delete(KEY)
    assert not storage.exists(KEY)
    assert list(storage.list()) == []
    storage.put(KEY, b"again", "image/webp")
    assert storage.get(KEY) == b"again"


def test_deletes_all_of_a_folder_and_nothing_beside_it(storage: Storage) -> None:
    for key in ("photos/aa/1.webp", "photos/aa/b/2.webp", "photos/ab/1.webp"):
        storage.put(key, b"x", "image/webp")
    storage.delete_all("photos/aa/")
    storage.delete_all("photos/never/")
    assert set(storage.list()) == {"photos/ab/1.webp"}
    for odd in ("", "/", "photos", "photos/a", "../"):
        with pytest.raises(InvalidKey):
            storage.delete_all(odd)


def test_lists_by_the_beginning_of_the_key(storage: Storage) -> None:
    keys = {"photos/aa/1.webp", "photos/aa/2.webp", "photos/ab/1.webp", "exports/aa/1.zip"}
    for key in keys:
        storage.put(key, b"x", "image/webp")
    assert set(storage.list()) == keys
    assert set(storage.list("photos/")) == keys - {"exports/aa/1.zip"}
    assert set(storage.list("photos/a")) == keys - {"exports/aa/1.zip"}
    assert set(storage.list("photos/aa/")) == {"photos/aa/1.webp", "photos/aa/2.webp"}
    assert set(storage.list("photos/aa/1")) == {"photos/aa/1.webp"}
    assert set(storage.list("nothing/here")) == set()


def test_lists_in_the_order_of_the_keys(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_SORTED_AT_ONCE", 2)
    keys = ["photos/a-b/1", "photos/a.b/1", "photos/a/1", "photos/a/b/2", "photos/a/c", "photos/ab", "photos/b/1"]
    for key in reversed(keys):
        storage.put(key, b"x", "image/webp")
    assert list(storage.list("photos/")) == keys
    assert list(storage.list("photos/a/")) == keys[2:5]


def test_lists_more_than_one_page(storage: Storage) -> None:
    keys = {f"photos/{number}.webp" for number in range(10)}
    for key in keys:
        storage.put(key, b"", "image/webp")
    assert set(storage.list("photos/")) == keys


def test_refuses_foreign_keys(storage: Storage) -> None:
    for key in FOREIGN_KEYS:
        for call in (storage.get, storage.open, storage.exists, storage.delete):
            with pytest.raises(InvalidKey):
                call(key)
        with pytest.raises(InvalidKey):
            storage.put(key, b"x", "image/webp")
    assert list(storage.list()) == []


def test_refuses_foreign_prefixes(storage: Storage) -> None:
    for prefix in ("../", "/", "photos//", "photos/../x", "."):
        with pytest.raises(InvalidKey):
            storage.list(prefix)
