"""Outbound HTTP that provider and identity provider calls share: deadlines, size caps and strict JSON."""
