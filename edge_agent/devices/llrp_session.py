"""The conversation with one LLRP reader, from its first word to the end of the connection. PURE; moments are arguments.

1. The reader speaks first. What it refuses of the set-up is skipped, unless nothing could be read without it (STEPS).
2. Tags reported before the ROSpec of this conversation runs are of the past and are dropped.
3. RoundDone is claimed only while the ROSpec runs, and only with a word of the reader in hand: its answer to a question
   asked every `poll_ms`, its keepalive where it answers no questions. A reader that is silent is never said to read.
4. Three keepalives missed (no word at all for so long), or an answer without which nothing works: SessionError.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

from edge_agent.devices import llrp_commands as write
from edge_agent.devices import llrp_tables as t
from edge_agent.devices.base import DeviceFault, Heard, LockState, RoundDone
from edge_agent.devices.llrp_capabilities import Capabilities, capabilities
from edge_agent.devices.llrp_meaning import attempt_of, meaning, rospec_event_of, status_of
from edge_agent.devices.llrp_settings import LlrpSettings
from edge_agent.devices.llrp_wire import Message, WireError

GREETING_S = 5.0
"""How long to wait for the reader's first word before speaking anyway."""
ANSWER_S, NEEDED_ANSWER_S = 3.0, 10.0
POLL_ANSWER_S = 2.0
POLLS_IN_VAIN = 3
MISSED = 3
GRACE_S = 1.0
AGAIN_S = 1.0
"""Pause before a ROSpec that ended is enabled again."""
UNREADABLE = -1


class SessionError(Exception):
    """The conversation is over; begin anew."""


class Step(NamedTuple):
    """One command of the set-up; `needed`: nothing works without it, `quiet`: a refusal is no fault."""

    name: str
    body: Callable[[LlrpSettings, Capabilities], bytes]
    needed: bool = False
    quiet: bool = False
    only: Callable[[LlrpSettings], bool] = lambda _: True


def _with_tid(settings: LlrpSettings) -> bool:
    return settings.tid_words > 0


def _with_inputs(settings: LlrpSettings) -> bool:
    return write.inputs_used(settings) > 0


STEPS = (
    Step("get_reader_capabilities", lambda *_: b"\0"),
    Step("get_reader_config", lambda *_: write.get_config()),
    Step("enable_events_and_reports", lambda *_: b""),
    Step("set_reader_config", lambda settings, _: write.keepalive(settings)),
    Step("set_reader_config", lambda *_: write.watch(t.NEEDED_EVENTS)),
    Step("set_reader_config", lambda *_: write.watch(t.ALL_EVENTS), quiet=True),
    Step("set_reader_config", lambda settings, _: write.inputs(settings), only=_with_inputs),
    Step("delete_accessspec", lambda *_: write.spec(0), quiet=True),
    Step("delete_rospec", lambda *_: write.spec(0), quiet=True),
    Step("add_rospec", write.rospec, needed=True),
    Step("add_accessspec", lambda settings, _: write.tid_spec(settings), only=_with_tid),
    Step("enable_accessspec", lambda *_: write.spec(write.ACCESSSPEC_ID), only=_with_tid),
    Step("enable_rospec", lambda *_: write.spec(write.ROSPEC_ID), needed=True),
)
AGAIN = Step("enable_rospec", lambda *_: write.spec(write.ROSPEC_ID), needed=True)
NO_ANSWER = {"enable_events_and_reports"}


class Session:
    """One connection's conversation: `hear` and `tick` give what to report and what to send."""

    def __init__(self, settings: LlrpSettings, now: float) -> None:
        self.settings = settings
        self.can = Capabilities()
        self.online = False
        """The set-up is done."""
        self.running = False
        """The ROSpec reads."""
        self._steps = [step for step in STEPS if step.only(settings)]
        self._awaited: Step | None = None
        self._awaited_number = 0
        self._begun = False
        self._due = now + GREETING_S
        self._number = 0
        self._version = 1
        self._heard_at = now
        self._poll_at = now
        self._polled_at: float | None = None
        self._in_vain = 0
        self._poll_refused = False
        self._again_at = now
        self._sends: list[bytes] = []
        self._over = ""
        self._started = False

    # -- what comes in ------------------------------------------------------------------------------------------------

    def hear(self, message: Message, now: float) -> list[Heard]:
        """Take one message; give what to report."""
        self._heard_at = now
        if message.kind == t.REPORT:
            return meaning(message, self.settings) if self.online else []
        heard = meaning(message, self.settings)
        if message.kind == t.KEEPALIVE:
            self._sends.append(write.command("keepalive_ack", b"", message.number, message.version))
            return [*heard, *self._round(by_poll=False)]
        if message.kind == t.EVENT:
            self._event(message, now)
            return heard
        if message.kind == t.CLOSED:
            self._over = "the reader ended the session"
        if self._awaited and self._answers(message, self._awaited):
            return self._answered(message, self._awaited, heard, now)
        if self._polled_at is not None and message.kind in (t.CONFIG, t.ERROR):
            return self._poll_answered(heard)
        return heard

    def _event(self, message: Message, now: float) -> None:
        try:
            attempt, told = attempt_of(message), rospec_event_of(message, write.ROSPEC_ID)
        except (WireError, struct.error):
            return
        if attempt in t.TAKEN:
            self._over = t.REFUSED[attempt]
        if attempt == 0 and not self._begun:
            self._version = message.version
            self._due = now
        if told is not None:
            self.running = told == 0
            self._again_at = now + AGAIN_S

    def _answers(self, message: Message, step: Step) -> bool:
        """Tell an answer; an error may be about something said before, and then names an earlier number."""
        earlier = 0 < message.number < self._awaited_number
        return message.kind == t.ANSWER_OF[t.CODES[step.name]] or (message.kind == t.ERROR and not earlier)

    def _answered(self, message: Message, step: Step, heard: list[Heard], now: float) -> list[Heard]:
        """Go on after an answer, or end where the reader refuses what is needed."""
        self._awaited, self._due = None, now
        try:
            code, says = status_of(message)
            if step.name == "get_reader_capabilities" and not code:
                self.can = capabilities(message.body)
        except (WireError, struct.error):
            code, says = UNREADABLE, "an answer that cannot be read"
        if code and step.needed:
            self._over = f"{step.name} refused: {t.STATUS_CODES.get(code, code)} {says}".strip()
            return heard
        self._check_region(step)
        if step.name == "enable_rospec":
            self.online = True
            self.running = self.running or self.settings.start == "immediate"
            self._poll_at = now
        return [] if code and step.quiet else heard

    def _check_region(self, step: Step) -> None:
        region = self.settings.region
        outside = self.can.outside(region) if region and step.name == "get_reader_capabilities" else ""
        self._over = outside or self._over

    def _poll_answered(self, heard: list[Heard]) -> list[Heard]:
        self._polled_at, self._in_vain = None, 0
        fault = any(isinstance(reading, DeviceFault) for reading in heard)
        shown = [] if fault and self._poll_refused else heard
        self._poll_refused = self._poll_refused or fault
        self._start_if_open(heard)
        return [*shown, *self._round(by_poll=True)]

    def _start_if_open(self, heard: list[Heard]) -> None:
        """Start the ROSpec, once, where the contact that triggers it was open before anybody watched."""
        if self.settings.start == "gpi" and not self._started and self.online and not self.running:
            trigger = LockState(1, self.settings.trigger_port, closed=False)
            if trigger in heard:
                self._send("start_rospec", write.spec(write.ROSPEC_ID))
            self._started = True

    def _round(self, *, by_poll: bool) -> list[Heard]:
        """Claim a round that ended, if the reader reads and this word of it proves that."""
        return [RoundDone()] if self.online and self.running and by_poll is self._polls else []

    @property
    def _polls(self) -> bool:
        return bool(self.settings.poll_ms) and self._in_vain < POLLS_IN_VAIN

    # -- what goes out ------------------------------------------------------------------------------------------------

    def tick(self, now: float) -> list[bytes]:
        """Give what to send now (SessionError: the conversation is over)."""
        if self._over:
            raise SessionError(self._over)
        silent = now - self._heard_at
        if silent >= self._patience:
            raise SessionError(f"{MISSED} keepalives missed: not a word for {silent:.0f} s")
        if self._awaited and now >= self._due:
            self._no_answer(self._awaited, now)
        if not self._awaited and now >= self._due and self._steps:
            self._begun = True
            self._next(now)
        if self.online:
            self._keep_reading(now)
            self._poll(now)
        sends, self._sends = self._sends, []
        return sends

    @property
    def _patience(self) -> float:
        return MISSED * self.settings.keepalive_ms / 1000 + GRACE_S

    def due(self) -> float:
        """Give the moment at which `tick` has something to do."""
        moments = [self._heard_at + self._patience]
        if self._awaited or self._steps:
            moments.append(self._due)
        if self.online and self._polls:
            moments.append(self._poll_at if self._polled_at is None else self._polled_at + POLL_ANSWER_S)
        if self.online and not self.running and self.settings.start == "immediate":
            moments.append(self._again_at)
        return min(moments)

    def _next(self, now: float) -> None:
        """Send the next steps, up to the first that is answered."""
        while self._steps:
            step = self._steps.pop(0)
            self._send(step.name, step.body(self.settings, self.can))
            if step.name not in NO_ANSWER:
                self._awaited, self._awaited_number = step, self._number
                self._due = now + (NEEDED_ANSWER_S if step.needed else ANSWER_S)
                return

    def _no_answer(self, step: Step, now: float) -> None:
        if step.needed:
            raise SessionError(f"no answer to {step.name} in {NEEDED_ANSWER_S:.0f} s")
        self._awaited, self._due = None, now
        self._check_region(step)

    def _keep_reading(self, now: float) -> None:
        """Enable the ROSpec again where the reader ended it."""
        immediate = self.settings.start == "immediate"
        if immediate and not self.running and not self._awaited and now >= self._again_at:
            self._steps, self._due = [AGAIN], now
            self._next(now)

    def _poll(self, now: float) -> None:
        if self._polled_at is not None and now - self._polled_at >= POLL_ANSWER_S:
            self._polled_at, self._in_vain = None, self._in_vain + 1
        if self._polls and self._polled_at is None and now >= self._poll_at:
            self._send("get_reader_config", write.get_config(write.GPI_LEVELS))
            self._polled_at, self._poll_at = now, now + self.settings.poll_ms / 1000

    def farewell(self) -> list[bytes]:
        """Give what ends the conversation in good order: the radio off, the connection closed."""
        self._send("delete_rospec", write.spec(write.ROSPEC_ID))
        self._send("close_connection", b"")
        sends, self._sends = self._sends, []
        return sends

    def _send(self, name: str, body: bytes) -> None:
        self._number += 1
        self._sends.append(write.command(name, body, self._number, self._version))
