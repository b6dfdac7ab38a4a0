"""Measures the portal beside its peers, on this machine only; nothing here is part of the portal."""
