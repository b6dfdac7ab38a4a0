"""Stores objects in an S3-compatible bucket; boto3 is imported when the first storage is created."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

from portal.storage.errors import ObjectMissing, StorageFull, StorageUnavailable
from portal.storage.keys import check_folder, check_key, check_prefix

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

CONNECT_SECONDS = 3
READ_SECONDS = 10
ATTEMPTS = 2
MEMORY_BYTES = 4 * 1024 * 1024

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_NO_OBJECT = frozenset({"NoSuchKey", "404"})
_NO_SPACE = frozenset({"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "507"})


class S3Storage:
    """A :class:`~portal.storage.protocol.Storage` in ``bucket``, below ``prefix``."""

    def __init__(self, bucket: str, prefix: str = "", *, client: Any = None) -> None:
        """Take a ready ``client`` or make one from the environment, as every S3 tool does.

        Without keys in the environment, boto reads the role of the cloud machine it may run on.
        """
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = client if client is not None else _create_client()

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Upload in one request; S3 shows an object only once all of it arrived with this checksum."""
        digest = hashlib.md5(content, usedforsecurity=False).digest()
        with self._map_errors():
            self._client.put_object(
                **self._build_object_arguments(key),
                Body=content,
                ContentType=content_type,
                ContentMD5=base64.b64encode(digest).decode("ascii"),
            )

    def put_file(self, key: str, file: IO[bytes], content_type: str) -> None:
        """Upload in parts; S3 shows the object only once all parts are there."""
        with self._map_errors():
            self._client.upload_fileobj(
                file, **self._build_object_arguments(key), ExtraArgs={"ContentType": content_type}
            )

    def get(self, key: str) -> bytes:
        """Download the object."""
        with self._map_errors(reading=key):
            body = self._client.get_object(**self._build_object_arguments(key))["Body"]
            try:
                content: bytes = body.read()
            finally:
                body.close()
            return content

    def open(self, key: str) -> BinaryIO:
        """Download the object before it is read, so that no error comes up in mid-read; large ones go to disk."""
        with self._map_errors(reading=key), ExitStack() as undo:
            file = undo.enter_context(tempfile.SpooledTemporaryFile(MEMORY_BYTES))
            body = self._client.get_object(**self._build_object_arguments(key))["Body"]
            try:
                shutil.copyfileobj(body, file)
            finally:
                body.close()
            file.seek(0)
            undo.pop_all()
        return cast("BinaryIO", file)

    def exists(self, key: str) -> bool:
        """Request the object's head and, where there is none, the bucket's."""
        try:
            with self._map_errors(reading=key):
                self._client.head_object(**self._build_object_arguments(key))
        except ObjectMissing:
            with self._map_errors():
                self._client.head_bucket(Bucket=self.bucket)
            return False
        return True

    def delete(self, key: str) -> None:
        """Delete the object. A bucket that keeps versions keeps the old one until its own rule removes it."""
        with self._map_errors():
            self._client.delete_object(**self._build_object_arguments(key))

    def delete_all(self, folder: str) -> None:
        """Delete the objects one by one, as not every vendor deletes many in one call."""
        for key in tuple(self.list(check_folder(folder))):
            self.delete(key)

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield keys page by page."""
        return self._iterate_pages(self.prefix + check_prefix(prefix))

    def _iterate_pages(self, prefix: str) -> Iterator[str]:
        with self._map_errors():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield entry["Key"].removeprefix(self.prefix)

    def _build_object_arguments(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self.prefix + check_key(key)}

    @contextmanager
    def _map_errors(self, *, reading: str | None = None) -> Iterator[None]:
        """Turn boto's errors into those of this package; an absent object is only normal while ``reading`` that key."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # boto is there once we are

        try:
            yield
        except ClientError as error:
            raise _build_error(error, reading) from error
        except BotoCoreError as error:
            raise StorageUnavailable(type(error).__name__) from error


def _build_error(error: ClientError, reading: str | None) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    if reading is not None and code in _NO_OBJECT:
        return ObjectMissing(reading)
    return StorageFull() if code in _NO_SPACE else StorageUnavailable(code)


def _create_client() -> Any:
    from boto3.session import Session  # noqa: PLC0415  # slow to import, and only where a bucket is set
    from botocore.config import Config  # noqa: PLC0415

    has_custom_endpoint = any(os.environ.get(name) for name in _ENDPOINTS)
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        # A bucket as part of the host name needs DNS and certificates that only the large vendors have.
        s3={"addressing_style": "path" if has_custom_endpoint else "auto"},
        # Other vendors' buckets refuse the newer checksums that boto adds by itself.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    # boto3 itself reads only the second name.
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return Session(region_name=region or None).client("s3", config=config)
