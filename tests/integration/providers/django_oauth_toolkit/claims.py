"""The claims of a person; which ones there are the toolkit leaves to its users."""

from __future__ import annotations

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator


class ClaimsValidator(OAuth2Validator):
    """Adds name, address and groups to ID token and userinfo."""

    oidc_claim_scope = OAuth2Validator.oidc_claim_scope | {"groups": "groups"}

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        """Return the claims of the request's user."""
        account = request.user
        groups = list(account.groups.values_list("name", flat=True))
        return {"name": account.get_full_name(), "email": account.email, "groups": groups}
