"""The client under gevent, as the web processes run it: calls wait side by side, each with its own deadline."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time

from tests.unit.provider.scripted_server import ReceivedRequest, Reply, run_scripted_server
from tests.waiting import SILENT_SECONDS

PROGRAM = """
from gevent import monkey; monkey.patch_all()
import json, sys
import gevent
from portal.provider import BRANDS, PhotoDownloader, ProviderClient, ProviderError
from portal.provider import transport
transport.TOTAL_S = 4.0

origin = sys.argv[1]
client = ProviderClient(BRANDS["headshotpro"], "k", origin + "/api/v2")
downloader = PhotoDownloader([origin], total_s=4.0)

def outcome(call):
    try:
        return str(call())
    except ProviderError as error:
        return type(error).__name__

calls = [lambda: client.get_credits()] * 20
calls += [lambda: client.get_model("drip", priority="interactive")] * 3
calls += [lambda: len(downloader.download(origin + "/photo").content)] * 10
calls += [lambda: downloader.download(origin + "/drip")]
jobs = [gevent.spawn(outcome, call) for call in calls]
gevent.joinall(jobs)
print(json.dumps([job.value for job in jobs]))
"""


def send_slowly(sock: socket.socket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n")
    for _ in range(int(SILENT_SECONDS / 0.05)):
        sock.sendall(b" ")
        time.sleep(0.05)


crowd = threading.Barrier(5)


def build_reply(requested: ReceivedRequest) -> Reply:
    """Responses come five at a time: called one after the other, all of them would time out."""
    if requested.path.endswith("drip"):
        return Reply(raw=send_slowly)
    crowd.wait(SILENT_SECONDS)
    if requested.path == "/photo":
        return Reply(200, b"\xff\xd8\xff" + b"\0" * 97, {"Content-Type": "image/jpeg"})
    return Reply(200, {"credits": 7})


def test_calls_run_side_by_side_and_end_on_their_own_deadlines() -> None:
    with run_scripted_server() as server:
        server.set_replies(build_reply)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, server.origin], capture_output=True, text=True, timeout=60, check=True
        )
    assert json.loads(done.stdout) == ["7"] * 20 + ["Unavailable"] * 3 + ["100"] * 10 + ["PhotoUnavailable"]
