"""One RS-485 line with several devices: who may speak, and whose answer what is heard is.

1. One question at a time; what is heard until a silence is one burst, and it is judged whole.
2. A burst is an answer only if the asked device's own dialect reads it as the answer to this very question. States that
   a board sends by itself go to the device whose board it is; anything else not asked for is dropped.
3. A command goes before every question and greeting; among the same, devices take turns. One lock is powered at a time.
4. A device that left three questions unanswered is offline: it is asked more rarely, and greeted when it is back.
5. What was queued when the port is lost is dropped: a lock must not fire late.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from collections.abc import Iterable

import serial

from edge_agent.devices.base import (
    Dialect,
    FrameError,
    Heard,
    Listener,
    LockBoard,
    LockState,
    Reading,
    SourceEvent,
    SourceState,
    TagSeen,
    UnreachableError,
)
from edge_agent.devices.keeper import CHUNK, MOST_WAITING, Keeper
from edge_agent.devices.ports import open_port

REPORTS = (LockState, TagSeen)
"""What a device may say unasked."""
MOST_MISSED = 3
RARELY = 1.0
"""Seconds between two questions to a device that does not answer."""
IDLE = 30.0
MOST_EARLY = 3
SPARE = 0.05
LONGEST_BURST = 4096


class LineSource:
    """One device of a line."""

    def __init__(self, name: str, dialect: Dialect, listener: Listener) -> None:
        self.name, self.dialect = name, dialect
        self.state = SourceState("offline", "not started")
        self.line: Line
        self.outgoing: deque[bytes] = deque()
        self.greetings: deque[bytes] = deque()
        self.last_act = 0.0
        self.missed = 0
        self._board = dialect if isinstance(dialect, LockBoard) else None
        self.pulse = self._board.pulse if self._board else 0.0
        self._listener = listener
        self._telling = threading.Lock()
        self._open = True

    def start(self) -> None:
        """Begin; the line is opened once all its devices have been started."""
        self.line.join(self)

    def write(self, data: bytes) -> None:
        """Queue one command (UnreachableError: the line or the device is not online, or does not keep up)."""
        state = self.state if self.line.state.state == "online" else self.line.state
        if state.state != "online":
            raise UnreachableError(f"{self.name}: {state.state}: {state.why}")
        if len(self.outgoing) >= MOST_WAITING:
            raise UnreachableError(f"{self.name}: {MOST_WAITING} commands are already waiting")
        self.outgoing.append(data)
        self.line.wake()

    def close(self) -> None:
        """Stop, and return when nothing will be reported any more."""
        with self._telling:
            self._open = False
        self.state = SourceState("offline", "closed")
        self.line.leave(self)

    # -- on the line's thread -------------------------------------------------------------------------------------

    def tell(self, event: SourceEvent) -> None:
        """Report."""
        if isinstance(event, SourceState):
            self.state = event
        with self._telling:
            if self._open:
                self._listener(self.name, event)

    def greet(self, now: float) -> None:
        """Begin with the device anew."""
        self.greetings = deque(self.dialect.greeting())
        self.missed, self.last_act = 0, now

    def due(self) -> float | None:
        """Tell when the next question is due."""
        after = self.dialect.prompt_after
        return None if after is None else self.last_act + (max(after, RARELY) if self.missed >= MOST_MISSED else after)

    def hear(self, burst: bytes) -> tuple[list[Reading], list[Reading], list[FrameError]]:
        """Read a whole burst: this device's own word, another board's, and what is no word at all."""
        heard: list[Heard] = [*self.dialect.feed(burst), *self.dialect.silence()]
        readings = [event for event in heard if isinstance(event, Reading)]
        own, others = ([r for r in readings if self._is_own(r) is wanted] for wanted in (True, False))
        return own, others, [event for event in heard if isinstance(event, FrameError)]

    def _is_own(self, reading: Reading) -> bool:
        if self._board is None:
            return True
        board = getattr(reading, "board", None)
        board = getattr(reading, "fields", {}).get("board") if board is None else board
        return board in self._board.addresses

    def is_answer(self, request: bytes, readings: list[Reading]) -> bool:
        """Tell whether this answers the request."""
        return bool(readings) if self._board is None else self._board.answers(request, readings)

    def settle(self, *, answered: bool, asked: bool, now: float) -> None:
        """Take note of how an exchange ended; commands need no answer, questions do."""
        self.last_act = now
        if answered:
            was_missing, self.missed = self.missed >= MOST_MISSED, 0
            if was_missing:
                self.greet(now)
                self.tell(SourceState("online", "answers again"))
        elif asked:
            self.missed += 1
            if self.missed == MOST_MISSED:
                self.outgoing.clear()
                self.tell(SourceState("offline", f"{self.line.target}: {MOST_MISSED} questions without an answer"))


class Line(Keeper[serial.SerialBase]):
    """The port that several devices share."""

    def __init__(self, url: str, baudrate: int, members: Iterable[LineSource]) -> None:
        super().__init__(url, url)
        self.baudrate = baudrate
        self.members = list(members)
        for member in self.members:
            member.line = self
        self._waiting_for = {member.name for member in self.members}
        self._staying = {member.name for member in self.members}
        self._served = 0
        self._powered_until = 0.0
        """When the last lock fired is off again; until then no command goes to a board."""

    def join(self, member: LineSource) -> None:
        """Take note that a device was started."""
        self._waiting_for.discard(member.name)
        if not self._waiting_for:
            self.start()

    def leave(self, member: LineSource) -> None:
        """Close the line when its last device leaves."""
        self._staying.discard(member.name)
        if not self._staying:
            self.close()

    def wake(self) -> None:
        """Have the line look for commands."""
        self._wake()

    # -- on the line's thread -------------------------------------------------------------------------------------

    def _open(self) -> serial.SerialBase:
        return open_port(self.target, self.baudrate)

    def _tell(self, state: SourceState) -> None:
        for member in self.members:
            member.tell(state)

    def _lost(self) -> None:
        for member in self.members:
            member.outgoing.clear()

    def _serve(self, port: serial.SerialBase) -> None:
        now = time.monotonic()
        for member in self.members:
            member.greet(now)
        while not self._closing.is_set():
            chosen = self._choose(time.monotonic())
            if chosen is not None:
                self._exchange(port, *chosen)
                continue
            ready, _, _ = select.select([port.fileno(), self._wake_read], [], [], self._sleep(time.monotonic()))
            if self._wake_read in ready:
                os.read(self._wake_read, CHUNK)
            if port.fileno() in ready:
                self._unasked(self._burst(port, 0.0, self._longest_pause))

    def _choose(self, now: float) -> tuple[LineSource, bytes, bool] | None:
        """Choose who speaks next, with what, and whether it is a question."""
        order = self.members[self._served :] + self.members[: self._served]
        for member in order:
            if member.outgoing and (member.pulse == 0.0 or now >= self._powered_until):
                return self._serving(member), member.outgoing.popleft(), False
        for member in order:
            due = member.due()
            if member.greetings:
                return self._serving(member), member.greetings.popleft(), False
            if due is not None and now >= due:
                return self._serving(member), member.dialect.prompt(), True
        return None

    def _serving(self, member: LineSource) -> LineSource:
        self._served = (self.members.index(member) + 1) % len(self.members)
        return member

    def _sleep(self, now: float) -> float:
        due = [due for member in self.members if (due := member.due()) is not None]
        due += [self._powered_until for member in self.members if member.outgoing]
        return max(0.0, min([now + IDLE, *due]) - now)

    @property
    def _longest_pause(self) -> float:
        return max(member.dialect.pause for member in self.members)

    def _exchange(self, port: serial.SerialBase, member: LineSource, request: bytes, asked: bool) -> None:
        """Send, and listen until the answer, or until its time is over."""
        for _ in range(MOST_EARLY):  # a device that never falls silent must not keep the others from being asked
            self._unasked(early := self._burst(port, 0.0, self._longest_pause))
            if not early:
                break
        port.write(request)
        sent = time.monotonic()
        if member.pulse and not asked:
            self._powered_until = sent + member.pulse + SPARE
        until = sent + (member.dialect.turn or 0.0)
        answered = False
        while not answered and (left := until - time.monotonic()) > 0 and not self._closing.is_set():
            burst = self._burst(port, left, member.dialect.pause)
            answered = bool(burst) and self._is_answered(member, request, burst)
        member.settle(answered=answered, asked=asked, now=time.monotonic())

    def _burst(self, port: serial.SerialBase, wait: float, pause: float) -> bytes:
        """Hear what comes within `wait`, to its end; b"" for nothing."""
        burst = b""
        while len(burst) < LONGEST_BURST:
            ready, _, _ = select.select([port.fileno()], [], [], pause if burst else wait)
            if not ready:
                break
            burst += port.read(CHUNK)
        return burst

    def _is_answered(self, member: LineSource, request: bytes, burst: bytes) -> bool:
        """Judge what was heard after a request; tell whether it was answered."""
        readings, others, errors = member.hear(burst)
        if member.is_answer(request, readings):
            for error in errors:
                member.tell(error)
            for reading in readings:
                member.tell(reading)
            if others:
                self._unasked(burst, besides=member)
            return True
        if not self._unasked(burst) and errors:
            for error in errors:
                member.tell(error)
        return False

    def _unasked(self, burst: bytes, besides: LineSource | None = None) -> bool:
        """Give every device the states that are its own; tell whether any understood what was heard."""
        understood = False
        for member in self.members:
            readings, _, errors = member.hear(burst) if member is not besides and burst else ([], [], [])
            if readings and not errors:
                understood = True
                for reading in readings:
                    if isinstance(reading, REPORTS):
                        member.tell(reading)
        return understood
