"""Reasons for refusing a photo, as types with attributes; they contain nothing of the photo itself."""

from __future__ import annotations

from typing import ClassVar


class PhotoRefused(Exception):
    """The bytes cannot be stored as a photo; another attempt with the same bytes fails as well."""

    reason: ClassVar[str] = "refused"


class NotAPhoto(PhotoRefused):
    """Empty, a web page, a drawing, an animation: nothing that starts like a photo format we accept."""

    reason = "not_a_photo"

    def __init__(self) -> None:
        super().__init__("The content is not a photo in an accepted format")


class TooManyBytes(PhotoRefused):
    """The file is larger than any photo we take. ``size`` and ``limit`` are bytes."""

    reason = "too_many_bytes"

    def __init__(self, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(f"The photo has {size} bytes, at most {limit} are accepted")


class TooManyPixels(PhotoRefused):
    """Decoding would take more memory than we give.

    ``width`` and ``height`` are pixels as the file claims them, ``None`` if unknown.
    """

    reason = "too_many_pixels"

    def __init__(self, limit: int, width: int | None = None, height: int | None = None) -> None:
        self.limit = limit
        self.width = width
        self.height = height
        super().__init__(f"The photo is larger than {limit} pixels")


class SideTooLong(PhotoRefused):
    """One side is longer than any photo's. ``width``, ``height`` and ``limit`` are pixels."""

    reason = "side_too_long"

    def __init__(self, width: int, height: int, limit: int) -> None:
        self.width = width
        self.height = height
        self.limit = limit
        super().__init__(f"The photo is longer than {limit} pixels on one side")


class TooManySegments(PhotoRefused):
    """The file consists of more segments, chunks or scans than any photo."""

    reason = "too_many_segments"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"The photo has more than {limit} segments")


class CannotRender(PhotoRefused):
    """It was decoded and cannot be written in the sizes of the portal."""

    reason = "cannot_render"

    def __init__(self) -> None:
        super().__init__("The photo cannot be written in other sizes")


class PhotoDamaged(PhotoRefused):
    """It starts like a photo and cannot be read to its end."""

    reason = "broken"

    def __init__(self) -> None:
        super().__init__("The photo is damaged or incomplete")


class ImageAnimated(PhotoRefused):
    """The file is an animation."""

    reason = "animated"

    def __init__(self) -> None:
        super().__init__("The file is an animation")


class TooSmall(PhotoRefused):
    """The photo has too few pixels to be a headshot. ``limit`` is the least length of its shorter side."""

    reason = "too_small"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"The photo's shorter side has less than {limit} pixels")


class CannotFit(PhotoRefused):
    """No quality we would show people fits the file into ``limit`` bytes."""

    reason = "cannot_fit"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"The photo does not fit into {limit} bytes")
