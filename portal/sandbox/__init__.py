"""The stand-in provider: a stateful V2 server for both brands; it never imports the portal it stands in for."""
