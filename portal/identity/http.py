"""Single calls to the identity provider's endpoints; responses are read completely and parsed strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import requests
from requests.auth import AuthBase

from portal.domain.errors import SignInRefused, SignInUnavailable
from portal.http_client.adapter import CappedAdapter, ResponseTooLarge, configure_session
from portal.http_client.strict_json import parse_object

TOTAL_S = 5.0
BYTE_CAP = 256 * 1024
_OK = 200
_ERROR_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True)
class EndpointResponse:
    """A complete response of an endpoint."""

    status: int
    content_type: str
    content: bytes

    @property
    def is_ok(self) -> bool:
        """Whether the status is 200."""
        return self.status == _OK

    def parse_json(self) -> dict[str, Any]:
        """Return the body as a JSON object.

        Raises:
            ValueError: it is not one.
        """
        return parse_object(self.content)

    def find_error(self) -> str | None:
        """Return the OAuth error code of an error response, None if it has none."""
        try:
            error = self.parse_json().get("error")
        except ValueError:
            return None
        return None if error is None else parse_error_code(error) or "unrecognized"


def parse_error_code(value: object) -> str | None:
    """Return an OAuth error code in a form that is safe in logs; None if ``value`` is not one."""
    return value if isinstance(value, str) and _ERROR_CODE.fullmatch(value) else None


class EndpointClient:
    """Calls endpoints within TOTAL_S seconds and BYTE_CAP bytes. Safe to share between threads.

    Methods raise SignInUnavailable if there is no response in time, SignInRefused if it exceeds the cap.
    """

    def __init__(self) -> None:
        self._adapter = CappedAdapter(total_s=TOTAL_S, byte_cap=BYTE_CAP)

    def get(self, url: str, *, bearer: str | None = None) -> EndpointResponse:
        """Send a GET request, with ``bearer`` as access token if it is given."""
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        return self._send("GET", url, headers=headers)

    def post_form(self, url: str, form: dict[str, str], auth: AuthBase | None) -> EndpointResponse:
        """Send a form with client authentication."""
        return self._send("POST", url, data=form, auth=auth)

    def _send(self, method: str, url: str, **options: Any) -> EndpointResponse:
        with requests.Session() as session:
            configure_session(session, self._adapter)
            session.headers["Accept"] = "application/json"
            try:
                response = session.request(method, url, allow_redirects=False, **options)
            except ResponseTooLarge as error:
                raise SignInRefused("answer_too_large") from error
            except (requests.RequestException, ValueError) as error:
                raise SignInUnavailable from error
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return EndpointResponse(response.status_code, kind, response.content)
