"""What is wired to a station besides doors: the enclosure's tamper loop, the mains and battery contacts of its supply.

1. A bad level is told at once, a good one only when it has stood for a while: a loose wire is one alarm, not a hundred.
2. What a device cannot say changes nothing; that the device is away is told by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from edge_agent.devices.base import LockState
from edge_agent.settings import InputTable


class Inputs:
    """Follow the inputs of one station."""

    def __init__(self, tables: Iterable[InputTable], condition: Callable[..., object]) -> None:
        self._condition = condition
        self._tables = {(table.device, table.board, table.channel): table for table in tables}
        self._good_since: dict[InputTable, float] = {}
        self._bad: set[InputTable] = set()

    def hear(self, device: str, state: LockState, now: float) -> None:
        """Take one contact's word."""
        table = self._tables.get((device, state.board, state.lock))
        if table is None or state.closed is None:
            return
        if state.closed is (table.good == "closed"):
            self._bad.discard(table)
            self._good_since.setdefault(table, now)
        else:
            self._good_since.pop(table, None)
            self._bad.add(table)
            self._tell(table, active=True)

    def tick(self, now: float) -> None:
        """Let time pass: what has been good for long enough is over, what could not be written is told again."""
        for table in self._bad:
            self._tell(table, active=True)
        for table, since in self._good_since.items():
            if now - since >= table.good_seconds:
                self._tell(table, active=False)

    def _tell(self, table: InputTable, *, active: bool) -> None:
        where = f"{table.device}/{table.board}/{table.channel}"
        self._condition(table.kind, active=active, device=where)
