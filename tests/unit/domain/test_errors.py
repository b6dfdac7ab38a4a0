"""Refusals as types: each with a status, and a reason that is safe to log."""

from __future__ import annotations

import re

import pytest

from portal.domain import errors

TYPES = sorted(
    (each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.PortalError)),
    key=lambda each: each.__name__,
)


@pytest.mark.parametrize("kind", TYPES)
def test_every_refusal_has_an_http_status_and_a_constant(kind: type[errors.PortalError]) -> None:
    assert 400 <= kind.status < 600
    assert re.fullmatch(r"[a-z_]+", kind.reason)


def test_reasons_distinguish_refusals() -> None:
    own = [kind.reason for kind in TYPES if "reason" in vars(kind)]
    assert len(own) == len(set(own)) > 5


def test_attributes_of_the_two_that_carry_any() -> None:
    assert errors.TooMany(30).retry_after == 30
    refused = errors.SignInRefused("nonce_mismatch", status=403)
    assert (refused.reason, refused.status, str(refused)) == ("nonce_mismatch", 403, "nonce_mismatch")
    assert errors.SignInRefused("x").status == 400
