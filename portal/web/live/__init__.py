"""Live pages: server-sent events from one database listener in each web process."""
