"""The OpenID Connect client: discovery, authorization code flow, token checks and claims."""
