"""Sweeps the server asks for: listen behind closed doors and report everything heard.

1. A door that is in use is swept when it is idle again. A command is carried out once, also when delivered twice.
2. Every door of a command is answered; one that the station does not have was listened behind in no pass.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from contract.messages import Sweep as SweepCommand
from edge_agent.books import write_sweep
from edge_agent.cabinet import Cabinet
from edge_agent.door import Door, Look
from edge_agent.doors import Phase
from edge_agent.ear import Pass
from edge_agent.journal import Journal

REMEMBERED = 256


@dataclass(slots=True)
class Task:
    """One door of one command; `look` is None while the door is in use."""

    command: str
    purpose: Literal["stocktake", "check"]
    look: Look | None = None


class Sweeps:
    """Carry out sweep commands."""

    def __init__(self, cabinet: Cabinet, journal: Journal) -> None:
        self._cabinet, self._journal = cabinet, journal
        self._known: deque[str] = deque(maxlen=REMEMBERED)
        self._tasks: dict[int, deque[Task]] = {}
        cabinet.overhear = self.hear

    @property
    def busy(self) -> bool:
        """Tell whether a sweep is under way or waiting."""
        return any(self._tasks.values())

    def order(self, command: SweepCommand) -> None:
        """Take a command; an empty list of doors means all."""
        if command.command in self._known:
            return
        doors = dict.fromkeys(command.doors or self._cabinet.doors)
        with self._journal.entry() as entry:
            for number in doors.keys() - self._cabinet.doors.keys():
                write_sweep(entry, (), 0, door=number, purpose=command.purpose, command=command.command)
        self._known.append(command.command)
        for number in doors.keys() & self._cabinet.doors.keys():
            self._tasks.setdefault(number, deque()).append(Task(command.command, command.purpose))

    def hear(self, door: Door, heard: Pass) -> None:
        """Take one pass behind an idle door."""
        tasks = self._tasks.get(door.number)
        if tasks and (look := tasks[0].look) is not None:
            look.hear(door.antennas, heard)

    def tick(self, now: float) -> None:
        """Begin, end, and begin again what a door's use cut short."""
        for number, tasks in self._tasks.items():
            door = self._cabinet.doors[number]
            if not tasks:
                continue
            task = tasks[0]
            if door.phase is not Phase.IDLE:
                task.look = None
            elif task.look is None:
                task.look = door.new_look(self._cabinet.elsewhere(door), now)
            elif task.look.over(now):
                self._report(number, task, task.look)
                tasks.popleft()

    def _report(self, number: int, task: Task, look: Look) -> None:
        seen = (look.evidence[epc].sighting() for epc in sorted(look.evidence))
        with self._journal.entry() as entry:
            write_sweep(entry, seen, look.sweep.passes, door=number, purpose=task.purpose, command=task.command)
