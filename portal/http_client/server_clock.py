"""The clock of a server, by the Date header of a response."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests

from portal.http_client.adapter import build_session

TOTAL_S = 5.0
BYTE_CAP = 256 * 1024


def measure_clock_offset(url: str) -> timedelta | None:
    """Return how far the clock of a server is ahead of this machine's, within about a second.

    Args:
        url: any address of the server; the status of its response does not matter.

    Returns:
        None if there is no response, or none with a usable Date header.
    """
    session = build_session(total_s=TOTAL_S, byte_cap=BYTE_CAP)
    before = datetime.now(UTC)
    try:
        response = session.get(url, allow_redirects=False)
        sent_at = parsedate_to_datetime(response.headers["Date"])
    except (requests.RequestException, OSError, KeyError, ValueError):
        return None
    finally:
        session.close()
    if sent_at.tzinfo is None:
        return None
    after = datetime.now(UTC)
    # The header has whole seconds, cut off: its middle is half a second later.
    return sent_at + timedelta(seconds=0.5) - (before + (after - before) / 2)
