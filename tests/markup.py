"""A page's markup without what is random in it, which sooner or later spells any short word."""

from __future__ import annotations

import re

# The nonce of scripts and styles, in the page and in its header, and the token of forms.
_RANDOM = re.compile(r"nonce[-=]\"?[\w-]+|name=\"csrf_token\"[^>]*")


def remove_random_values(markup: str) -> str:
    """Return a page, with its headers or without them, less the values that are drawn anew for each response."""
    return _RANDOM.sub("", markup)
