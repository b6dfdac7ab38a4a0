"""The client under gevent, as the web processes run it: calls wait side by side, each with its own deadline."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time

from tests.unit.provider.scripted_server import ReceivedRequest, Reply, run_scripted_server

PROGRAM = """
from gevent import monkey; monkey.patch_all()
import json, sys, time
import gevent
from portal.provider import BRANDS, PhotoDownloader, ProviderClient, ProviderError
from portal.provider import transport
transport.TOTAL_S = 1.0

origin = sys.argv[1]
client = ProviderClient(BRANDS["headshotpro"], "k", origin + "/api/v2")
downloader = PhotoDownloader([origin], total_s=1.0)

def outcome(call):
    try:
        return str(call())
    except ProviderError as error:
        return type(error).__name__

begun = time.monotonic()
calls = [lambda: client.get_credits()] * 20
calls += [lambda: client.get_model("drip", priority="interactive")] * 3
calls += [lambda: len(downloader.download(origin + "/photo").content)] * 10
calls += [lambda: downloader.download(origin + "/drip")]
jobs = [gevent.spawn(outcome, call) for call in calls]
gevent.joinall(jobs)
print(json.dumps({"took": time.monotonic() - begun, "outcomes": [job.value for job in jobs]}))
"""


def send_slowly(sock: socket.socket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n")
    for _ in range(100):
        sock.sendall(b" ")
        time.sleep(0.05)


def build_reply(requested: ReceivedRequest) -> Reply:
    if requested.path.endswith("drip"):
        return Reply(raw=send_slowly)
    time.sleep(0.2)
    if requested.path == "/photo":
        return Reply(200, b"\xff\xd8\xff" + b"\0" * 97, {"Content-Type": "image/jpeg"})
    return Reply(200, {"credits": 7})


def test_calls_run_side_by_side_and_end_on_their_own_deadlines() -> None:
    with run_scripted_server() as server:
        server.set_replies(build_reply)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, server.origin], capture_output=True, text=True, timeout=60, check=True
        )
    notified = json.loads(done.stdout)
    assert notified["outcomes"] == ["7"] * 20 + ["Unavailable"] * 3 + ["100"] * 10 + ["PhotoUnavailable"]
    assert notified["took"] < 4
