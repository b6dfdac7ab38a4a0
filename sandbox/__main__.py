"""``python -m sandbox``: runs the sandbox provider as a server."""

from __future__ import annotations

import sys

from sandbox import server

if __name__ == "__main__":
    sys.exit(server.main(sys.argv[1:]))
