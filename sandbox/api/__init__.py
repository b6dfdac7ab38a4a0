"""The provider's HTTP API, versions 1 and 2."""
