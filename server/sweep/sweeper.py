"""Takes the jobs' turns: often in real time, while what they look at is the clock they are given."""

import threading
from collections.abc import Callable, Sequence

import structlog

from server.clock import Clock

TICK_SECONDS = 0.2

log = structlog.get_logger(__name__)

Job = Callable[[int], object]
"""Something to do at a moment (µs UTC)."""


class Sweeper:
    """One thread's worth of jobs; a job that fails is logged and has its next turn like the others."""

    def __init__(self, clock: Clock, jobs: Sequence[tuple[str, Job]], tick_seconds: float = TICK_SECONDS) -> None:
        self._clock = clock
        self._jobs = jobs
        self._tick = tick_seconds
        self._failing: set[str] = set()
        self.swept_us = 0
        """The moment that every job has looked at; 0 before the first turn."""

    def run(self, stop: threading.Event) -> None:
        """Take turns until told to stop."""
        while not stop.is_set():
            self.turn()
            stop.wait(self._tick)

    def turn(self) -> None:
        """Do every job once."""
        now_us = self._clock.wall_us()
        for name, job in self._jobs:
            try:
                job(now_us)
                self._failing.discard(name)
            except Exception as error:
                if name not in self._failing:  # once, not five times a second
                    log.exception("sweep_failed", job=name, error=type(error).__name__)
                self._failing.add(name)
        self.swept_us = now_us
