"""Ending on Ctrl-C, SIGTERM or a closed terminal in order: once, and never halfway through starting a process."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130


class StoppedError(BaseException):
    """A story was stopped on request; nobody but its runner's clean-up needs to know."""


class Ending:
    """Turns the first signal into one KeyboardInterrupt and ignores the rest, so that cleaning up is not cut short."""

    def __init__(self) -> None:
        self.asked = False
        self._held = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._end) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep a signal waiting until the block is done, such as one that starts processes."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self.asked:
            raise KeyboardInterrupt

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            return
        self.asked = True
        if not self._held:
            raise KeyboardInterrupt
