"""The version of a row that a form was made from."""

from __future__ import annotations

from flask import request

from portal.domain.errors import BadInput


def parse_version() -> int:
    """Return the version in the form.

    Raises:
        BadInput: there is none.
    """
    version = request.form.get("version", type=int)
    if version is None:
        raise BadInput
    return version
