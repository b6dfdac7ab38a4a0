"""The hosted photo studio behind a signed URL; it sees the sandbox only through the store it is given."""

from sandbox.studio.blueprint import create_blueprint

__all__ = ["create_blueprint"]
