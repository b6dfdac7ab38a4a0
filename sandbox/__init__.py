"""The sandbox provider: a stateful server with the V2 API of both brands. It imports nothing of the portal."""
