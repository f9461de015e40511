"""The conversation with one LLRP reader, from its first word to the end of the connection. PURE; moments are arguments.

1. The reader speaks first; then one command at a time. What it refuses of the set-up is asked in an easier way or
   skipped, unless nothing could be read without it (`llrp_steps.py`).
2. An answer is known by its type, never by its number, and also counts before it was asked for, as in a recording.
3. Tags reported before the ROSpec of this conversation is enabled are of the past and are dropped; but a reader that
   reports while it leaves a question unanswered reads as somebody else told it, and is heard.
4. RoundDone is claimed only while the ROSpec runs (`llrp_rospec.py`), and only with a word of the reader in hand: its
   answer to a question asked again and again (`llrp_polls.py`), else its keepalive. A reader that is silent is never
   said to read.
5. Three keepalives missed (no word at all for so long), or an answer without which nothing works: SessionError.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from contextlib import suppress

from edge_agent.devices import llrp_commands as write
from edge_agent.devices import llrp_tables as t
from edge_agent.devices.base import DeviceFault, Heard, RoundDone
from edge_agent.devices.llrp_capabilities import Capabilities, capabilities
from edge_agent.devices.llrp_meaning import attempt_of, closes, meaning, rospec_event_of, rospec_state_of, status_of
from edge_agent.devices.llrp_polls import Polls
from edge_agent.devices.llrp_rospec import Rospec
from edge_agent.devices.llrp_settings import LlrpSettings
from edge_agent.devices.llrp_steps import AGAIN, KEEPALIVES, LOOK, START, Step, easier, steps
from edge_agent.devices.llrp_wire import Message, WireError

GREETING_S, ANSWER_S, NEEDED_ANSWER_S = 5.0, 3.0, 10.0
"""How long to wait for the reader's first word before speaking anyway, and for answers."""
APART_S = 0.05
"""Pause after a command that is not answered: some readers take but one message out of what comes at once."""
MISSED, GRACE_S = 3, 1.0
SET_UP_S = 30.0
"""Longest silence until the set-up is done: only then are keepalives due."""
UNREADABLE = -1
POLL = "get_reader_config"


class SessionError(Exception):
    """The conversation is over; begin anew."""


class Session:
    """One connection's conversation: `hear` and `tick` give what to report and what to send."""

    def __init__(self, settings: LlrpSettings, now: float, spared: Collection[str] = ()) -> None:
        self.settings = settings
        self.can = Capabilities()
        self.unanswered = ""
        """The first command sent since anything was answered."""
        self._all = steps(settings, spared)
        self._steps = list(self._all)
        self._awaited: Step | None = None
        self._awaited_number = 0
        self._asked_at = now
        self._begun = self._answered_once = False
        self._due = now + GREETING_S
        self._number = 0
        self._version = 1
        self._heard_at = now
        self._reported_at: float | None = None
        self._polls = Polls(settings, now, spared=POLL in spared)
        self._ahead: set[str] = set()
        self.rospec = Rospec(settings, now)
        self._sends: list[bytes] = []
        self._refusal = self._over = ""

    @property
    def online(self) -> bool:
        """Tell whether the ROSpec is enabled, or the reader reads as it is."""
        return self.rospec.online

    # -- what comes in ------------------------------------------------------------------------------------------------

    def hear(self, message: Message, now: float) -> list[Heard]:
        """Take one message; give what to report."""
        self._heard_at = now
        heard = meaning(message, self.settings)
        if message.kind == t.REPORT:
            return self._reported(heard, now)
        if message.kind == t.KEEPALIVE:
            self._sends.append(write.command("keepalive_ack", b"", message.number, message.version))
            return heard if self._polls.on else [*heard, *self._polls.again(), *self._round()]
        if message.kind == t.EVENT:
            self._event(message, heard, now)
            return self._true(heard)
        if message.kind == t.CLOSED:
            self._over = "the reader ended the session"
        if self._awaited and self._answers(message, self._awaited):
            return self._answered(message, self._awaited, heard, now)
        if self._polls.asked_at is not None and message.kind in (t.CONFIG, t.ERROR):
            return self._poll_answered(heard, now)
        if message.kind in t.ANSWERS:
            self._answered_ahead(t.ANSWERS[message.kind], message, now)
        return heard

    def _reported(self, heard: list[Heard], now: float) -> list[Heard]:
        """Take a report: it proves that the reader reads, once it has been told to or left to."""
        self._reported_at = now
        if not self.online and self._begun and not self._steps and not self._awaited:
            self.rospec.reads_anyway()
        self.rospec.reported()
        return self._true(heard) if self.online else []

    def _true(self, heard: list[Heard]) -> list[Heard]:
        """Leave out the end of a round where the ROSpec does not read."""
        if self.online and self.rospec.running:
            return heard
        return [event for event in heard if not isinstance(event, RoundDone)]

    def _event(self, message: Message, heard: list[Heard], now: float) -> None:
        try:
            attempt, told = attempt_of(message), rospec_event_of(message, write.ROSPEC_ID)
        except (WireError, struct.error):
            return
        if attempt in t.TAKEN:
            self._over = t.REFUSED[attempt]
        elif closes(message):
            self._over = "the reader closes the connection"
        if attempt == 0 and not self._answered_once:  # also where it comes so late that all was asked in vain
            self._version, self._due = message.version, now
            self._steps, self._awaited = list(self._all), None
        enabling = self._awaited is not None and self._awaited.name == AGAIN.name
        if told is not None and (self.online or enabling):
            self.rospec.told(told, now)
        self._polls.again(heard)
        self._follow(heard, now, asked=False)

    def _answers(self, message: Message, step: Step) -> bool:
        """Tell an answer; an error may be about something said before, and then names an earlier number."""
        earlier = 0 < message.number < self._awaited_number
        return message.kind == t.ANSWER_OF[t.CODES[step.name]] or (message.kind == t.ERROR and not earlier)

    def _answered_ahead(self, name: str, message: Message, now: float) -> None:
        """Take an answer to what was not asked, or not asked now: a recording's, or one that comes late."""
        if self._status(message)[0]:
            return
        self._ahead.add(name)
        self._learn(name, message)
        self._check_region(name)
        if name == AGAIN.name or (name == START.name and self.online):
            self._settled(AGAIN if name == AGAIN.name else START, now)

    def _answered(self, message: Message, step: Step, heard: list[Heard], now: float) -> list[Heard]:
        """Go on after an answer, or end where the reader refuses what is needed."""
        self._awaited, self._due, self.unanswered = None, now, ""
        self._answered_once = True
        code, says = self._status(message)
        why = f"{t.STATUS_CODES.get(code, code)} {says}".strip() if code else ""
        if not code:
            self._learn(step.name, message)
        self._check_region(step.name)
        if step.name in (AGAIN.name, START.name):
            self._settled(step, now, why)
        elif step == LOOK:
            self.rospec.looked(rospec_state_of(message, write.ROSPEC_ID) if not code else None)
        elif code:
            self._refused(step, why)
        elif step.name == "add_rospec" and self.settings.power_dbm and not self.can.powers:
            why = "power_dbm: the reader does not tell its powers, so its own stays; set it with its maker's tool"
            return [*heard, DeviceFault(0, why)]
        return [] if code and step.quiet else heard

    def _refused(self, step: Step, why: str) -> None:
        """Ask in an easier way, or end where nothing works without it."""
        if step == KEEPALIVES:
            self._polls.keeps_alive = False
        if step.needed:
            self._refusal = self._refusal or why
        instead = easier(step)
        if instead is not None:
            self._steps.insert(0, instead[0])
            self.rospec.by_hand = instead[1].by_hand
        elif step.needed:
            self._over = f"{step.name} refused: {self._refusal}"

    def _settled(self, step: Step, now: float, why: str = "") -> None:
        """Take the outcome of enabling or starting the ROSpec; `why` is empty where it was done."""
        if not self.online:
            self._polls.begin(now)
        self._over = self.rospec.settled(step, now, why) or self._over

    def _status(self, message: Message) -> tuple[int, str]:
        try:
            return status_of(message)
        except (WireError, struct.error):
            return UNREADABLE, "an answer that cannot be read"

    def _learn(self, name: str, message: Message) -> None:
        if name == "get_reader_capabilities":
            with suppress(WireError, struct.error):
                self.can = capabilities(message.body)

    def _check_region(self, asked: str) -> None:
        region = self.settings.region
        outside = self.can.outside(region) if region and asked == "get_reader_capabilities" else ""
        self._over = outside or self._over

    def _poll_answered(self, heard: list[Heard], now: float) -> list[Heard]:
        fault = any(isinstance(reading, DeviceFault) for reading in heard)
        known = self._polls.answered(now, refused=fault)
        self.unanswered = ""
        self._follow(heard, now, asked=True)
        return [*([] if fault and known else heard), *self._polls.again(heard), *self._round()]

    def _follow(self, heard: list[Heard], now: float, *, asked: bool) -> None:
        command = self.rospec.follow(heard, now, asked=asked)
        if command:
            self._send(command, write.spec(write.ROSPEC_ID))

    def _round(self) -> list[Heard]:
        """Claim a round that ended, if the reader reads."""
        return [RoundDone()] if self.online and self.rospec.running else []

    # -- what goes out ------------------------------------------------------------------------------------------------

    def tick(self, now: float) -> list[bytes]:
        """Give what to send now (SessionError: the conversation is over)."""
        if self._over:
            raise SessionError(self._over)
        silent = now - self._heard_at
        if silent >= self._patience:
            missed = f"{MISSED} keepalives missed: " if self.online else ""
            raise SessionError(f"{missed}not a word for {silent:.0f} s")
        if self._awaited and now >= self._due:
            self._no_answer(self._awaited, now)
        if not self._awaited and now >= self._due and self._steps:
            self._begun = True
            self._next(now)
        if self.online:
            self._keep_reading(now)
            if not self._awaited and self._polls.ask(now, self._heard_at):
                self._send(POLL, write.get_config(write.GPI_LEVELS))
        sends, self._sends = self._sends, []
        return sends

    @property
    def _patience(self) -> float:
        keepalives = MISSED * self.settings.keepalive_ms / 1000
        return (keepalives if self.online else max(keepalives, SET_UP_S)) + GRACE_S

    def due(self) -> float:
        """Give the moment at which `tick` has something to do."""
        moments = [self._heard_at + self._patience]
        if self._awaited or self._steps:
            moments.append(self._due)
        poll = self._polls.due(self._heard_at)
        if self.online and poll is not None and not self._awaited:
            moments.append(poll)
        wanted = self.rospec.due()
        if wanted is not None and not self._awaited and not self._steps:
            moments.append(wanted)
        return min(moments)

    def _next(self, now: float) -> None:
        """Send the next steps, up to the first that is to be answered and was not yet."""
        while self._steps:
            step = self._steps.pop(0)
            self._send(step.name, step.body(self.settings, self.can))
            self._asked_at = now
            if not step.answered:
                self._due = now + APART_S
                return
            if step.name not in self._ahead:
                self._awaited, self._awaited_number = step, self._number
                self._due = now + (NEEDED_ANSWER_S if step.needed else ANSWER_S)
                return

    def _no_answer(self, step: Step, now: float) -> None:
        self._awaited, self._due = None, now
        if not self.online and self._reported_at is not None and self._reported_at >= self._asked_at:
            self.rospec.reads_anyway()
        self._check_region(step.name)
        if step.needed and not self.online:
            raise SessionError(f"no answer to {step.name} in {NEEDED_ANSWER_S:.0f} s")
        if step in (AGAIN, START):
            self._settled(step, now, "no answer")

    def _keep_reading(self, now: float) -> None:
        """Start a ROSpec that was enabled and does not read, and enable one again that the reader ended."""
        step = None if self._awaited or self._steps else self.rospec.wanted(now)
        if step is not None:
            self._ahead.clear()
            self._steps = [step]
            self._next(now)

    def farewell(self) -> list[bytes]:
        """Give what ends the conversation in good order: the radio off, the connection closed."""
        self._send("delete_rospec", write.spec(write.ROSPEC_ID))
        self._send("close_connection", b"")
        sends, self._sends = self._sends, []
        return sends

    def _send(self, name: str, body: bytes) -> None:
        self._number += 1
        self.unanswered = self.unanswered or name
        self._sends.append(write.command(name, body, self._number, self._version))
