"""Decoding photos safely and making our own sizes of them; never the network, the database or the disk."""
