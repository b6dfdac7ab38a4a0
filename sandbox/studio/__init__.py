"""The hosted photo studio at a signed URL. It accesses the sandbox only through `StudioStore`."""

from sandbox.studio.blueprint import create_blueprint

__all__ = ["create_blueprint"]
