"""A listener whose events are taken in order."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import TypeVar

from edge_agent.devices.base import Reading, SourceEvent, SourceState

R = TypeVar("R", bound=Reading)


class Told:
    """Events of one source, taken in order."""

    def __init__(self) -> None:
        self.events: queue.Queue[SourceEvent] = queue.Queue()

    def __call__(self, _name: str, event: SourceEvent) -> None:
        self.events.put(event)

    def next(self, kind: type[R], wanted: Callable[[R], bool] = lambda _: True) -> R:
        while True:
            event = self.events.get(timeout=10)
            if isinstance(event, kind) and wanted(event):
                return event

    def online(self) -> None:
        event = self.events.get(timeout=10)
        assert isinstance(event, SourceState)
        assert event.state == "online"

    def until(self, state: str) -> None:
        while True:
            event = self.events.get(timeout=10)
            if isinstance(event, SourceState) and event.state == state:
                return
