"""The parent of all operation groups: sends a call and reads one value from the response."""

from collections.abc import Callable
from typing import Any, TypeVar

from portal.provider.responses import ApiVersion, Call, Json, get_value

T = TypeVar("T")


class OperationGroup:
    """Base of the operation groups; the client gives it its `send`."""

    _send: Callable[[Call], Json]
    legacy_version: ApiVersion = "v2"
    """The API version of the calls that exist in both, unless a call says otherwise."""

    def _send_for_one(self, call: Call, key: str, read: Callable[[Any], T]) -> T:
        return get_value(call, key, self._send(call), read)
