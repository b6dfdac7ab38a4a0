"""A clock that runs faster than real time, shared by all processes of a measurement."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.clock import Clock

_ORIGIN, _RATE = "BENCH_TIME_ORIGIN", "BENCH_TIME_RATE"


@dataclass(frozen=True)
class FastTime:
    """Real time until ``origin``, and from there on ``rate`` times as fast."""

    origin: datetime
    rate: float

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> FastTime:
        """Return the accelerated time of the parent process, from the environment."""
        return cls(datetime.fromisoformat(env[_ORIGIN]), float(env[_RATE]))

    def environment(self) -> dict[str, str]:
        """Return what makes another process go by the same time."""
        return {_ORIGIN: self.origin.isoformat(), _RATE: str(self.rate)}

    def now(self) -> datetime:
        """Return the present of this time, UTC."""
        return self.origin + (datetime.now(UTC) - self.origin) * self.rate

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of this time."""
        time.sleep(seconds / self.rate)

    def sleep_until(self, moment: datetime) -> None:
        """Wait until this time has come, if it has not."""
        wait = (moment - self.now()) / timedelta(seconds=1)
        if wait > 0:
            self.sleep(wait)


class FastClock(Clock):
    """The sandbox's clock going by a fast time: its minutes, and so its windows of calls, are as short."""

    def __init__(self, fast: FastTime) -> None:
        super().__init__()
        self._fast = fast

    def real_now(self) -> datetime:
        """Return the present, UTC."""
        return self._fast.now()
