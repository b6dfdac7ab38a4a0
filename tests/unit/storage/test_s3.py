"""A bucket that is unavailable, refuses, hangs or disconnects raises our errors, in bounded time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from moto import mock_aws

from portal.storage import ObjectMissing, S3Storage, StorageFull, StorageUnavailable, create_storage, s3
from tests.waiting import END_SECONDS, SILENT_SECONDS

pytestmark = pytest.mark.slow

KEY = "photos/0b9c/640-00ff.webp"


class Bucket(ThreadingHTTPServer):
    """Responds to everything in the same way and counts the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.code, self.body = 200, "", b""
        self.announced: int | None = None
        self.delay = 0.0
        self.requests: list[str] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing about clients that gave up: that is what the tests do."""


class _Handler(BaseHTTPRequestHandler):
    server: Bucket
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        bucket = self.server
        bucket.requests.append(f"{self.command} {self.path}")
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(bucket.delay)
        body = f"<Error><Code>{bucket.code}</Code></Error>".encode() if bucket.code else bucket.body
        self.send_response(bucket.status)
        self.send_header("Content-Length", str(len(body) if bucket.announced is None else bucket.announced))
        self.end_headers()
        self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(body)

    do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test output quiet."""


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "canary-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def bucket(credentials: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    server = Bucket()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def build_calls(storage: S3Storage) -> dict[str, Any]:
    return {
        "put": lambda: storage.put(KEY, b"x", "image/webp"),
        "get": lambda: storage.get(KEY),
        "open": lambda: storage.open(KEY),
        "exists": lambda: storage.exists(KEY),
        "delete": lambda: storage.delete(KEY),
        "list": lambda: list(storage.list()),
    }


@pytest.mark.parametrize("call", ["put", "get", "open", "exists", "delete", "list"])
@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (503, "SlowDown"), (404, "NoSuchBucket")])
def test_refusals_are_unavailable_and_retried_at_most_once(bucket: Bucket, call: str, status: int, code: str) -> None:
    bucket.status, bucket.code = status, code
    with pytest.raises(StorageUnavailable) as refused:
        build_calls(S3Storage("faces"))[call]()
    assert refused.value.retryable
    assert refused.value.cause in {code, str(status)}
    assert 1 <= len([line for line in bucket.requests if KEY in line or "list-type" in line]) <= s3.ATTEMPTS
    assert "canary" not in f"{refused.value}{refused.value.__cause__}"


@pytest.mark.parametrize("call", ["put", "get", "exists", "delete", "list"])
def test_unresponsive_bucket_times_out(bucket: Bucket, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "READ_SECONDS", 0.3)
    bucket.delay = SILENT_SECONDS
    started = time.monotonic()
    with pytest.raises(StorageUnavailable) as refused:
        build_calls(S3Storage("faces"))[call]()
    # Loading boto alone takes seconds on a busy machine.
    assert time.monotonic() - started < END_SECONDS
    assert refused.value.cause == "ReadTimeoutError"


def test_a_download_that_breaks_off_is_no_photo(bucket: Bucket) -> None:
    bucket.body, bucket.announced = b"half a fa", 4000
    with pytest.raises(StorageUnavailable):
        S3Storage("faces").get(KEY)


def test_unavailable_bucket(credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    for call in build_calls(S3Storage("faces")).values():
        with pytest.raises(StorageUnavailable) as refused:
            call()
        assert refused.value.cause == "EndpointConnectionError"


@pytest.mark.parametrize(("status", "code"), [(507, "XMinioStorageFull"), (403, "QuotaExceeded")])
def test_a_full_bucket(bucket: Bucket, status: int, code: str) -> None:
    bucket.status, bucket.code = status, code
    with pytest.raises(StorageFull) as refused:
        S3Storage("faces").put(KEY, b"x", "image/webp")
    assert refused.value.retryable


def test_malformed_response_is_unavailable(bucket: Bucket) -> None:
    bucket.body = b"<!doctype html><p>sign in to this network"
    with pytest.raises(StorageUnavailable):
        list(S3Storage("faces").list("photos/"))


def test_other_vendors_are_read_by_path(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://localhost:{bucket.server_port}")
    S3Storage("faces", "/portal/live/").put(KEY, b"x", "image/webp")
    assert bucket.requests == [f"PUT /faces/portal/live/{KEY}"]


def test_no_credentials_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(StorageUnavailable) as refused:
        S3Storage("faces").get(KEY)
    assert refused.value.cause == "NoCredentialsError"


def test_what_is_stored_carries_type_and_place(credentials: None) -> None:
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="faces")
        storage = create_storage("s3://faces/portal/live")
        storage.put(KEY, b"x", "image/webp")
        assert client.head_object(Bucket="faces", Key=f"portal/live/{KEY}")["ContentType"] == "image/webp"
        client.put_object(Bucket="faces", Key=f"another/{KEY}", Body=b"not ours")
        assert list(storage.list()) == [KEY]
        with pytest.raises(ObjectMissing):
            create_storage("s3://faces").get(KEY)


def test_every_documented_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "canary-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    client = S3Storage("bucket")._client
    assert client.meta.region_name == "eu-central-1"
    assert client.meta.endpoint_url == "https://s3.eu-central-1.amazonaws.com"
    credentials = client._request_signer._credentials
    assert (credentials.access_key, credentials.secret_key) == ("canary-id", "canary-secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert S3Storage("bucket")._client.meta.endpoint_url == "http://127.0.0.1:1"
