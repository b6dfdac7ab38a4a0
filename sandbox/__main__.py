"""``python -m sandbox``: runs the stand-in provider as a server of its own."""

from __future__ import annotations

import sys

from sandbox import server

if __name__ == "__main__":
    sys.exit(server.main(sys.argv[1:]))
