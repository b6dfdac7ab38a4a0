"""The provider's HTTP API as the sandbox answers it; every rule of its wire format and none of the work."""
