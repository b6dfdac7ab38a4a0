"""Benchmarks the portal against its peers on this machine. Not part of the portal."""
