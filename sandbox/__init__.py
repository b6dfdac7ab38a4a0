"""The stand-in provider: a stateful V2 server for both brands; it imports nothing of the portal."""
