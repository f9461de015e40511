"""The session at work: badges, codes, PINs, answers in; questions, firings, screen lines out. `session.py` decides.

1. One input is one entry: what the table says is written, with the session's memory, before anything is done.
2. A PIN is sealed for the server the moment it is read and kept nowhere.
3. A grant is acted on once; which challenges had their answer is durable.
4. Code and badge may come in either order: what was scanned just before a badge is asked for with it.
"""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from contract.messages import (
    AccessRequested,
    CodeScanned,
    Denied,
    Grant,
    GrantedItem,
    GrantRefused,
    PinTyped,
    Reason,
    SessionEnded,
)
from contract.secrets import credential_of, seal_pin
from edge_agent import wording
from edge_agent.cabinet import Cabinet
from edge_agent.door import Door, DoorMemory
from edge_agent.grants import LONGEST, Asked, Refused, check
from edge_agent.journal import Entry, Journal
from edge_agent.session import Act, Input, State, step
from edge_agent.settings import Settings
from edge_agent.wording import Screen

ANSWER_S = 3.0
MOST_QUESTIONS = 4
"""The first and three more."""
MOST_CODES = 50
CODE_WAITS_US = 30_000_000
"""So long a code scanned before a badge is shown counts as scanned by who shows it then."""
LONGEST_CODE, LONGEST_NAME = 512, 128
ACTIVITY = {Input.BADGE, Input.CODE, Input.PIN, Input.GRANT, Input.DENIAL, Input.OPENED}
ENDS = {
    Act.END_DONE: "done",
    Act.END_IDLE: "idle",
    Act.END_REFUSED: "refused",
    Act.END_LAPSED: "lapsed",
    Act.END_INTERRUPTED: "interrupted",
}


class SessionMemory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a session remembers over a restart: enough to say that it is void."""

    state: State = State.NONE
    token: str = ""
    challenge: str = ""
    credential: str = ""
    codes: tuple[str, ...] = ()


@dataclass(slots=True)
class Answer:
    """The last answer acted on, for whoever looks at the station."""

    kind: str
    session: str
    challenge: str
    doors: list[int]
    reasons: list[Reason]
    person: str = ""
    items: tuple[GrantedItem, ...] = ()


class Desk:
    """The one session of a station."""

    def __init__(self, settings: Settings, journal: Journal, cabinet: Cabinet, screen: Screen) -> None:
        self._journal, self._cabinet, self._screen = journal, cabinet, screen
        self._station, self._site = settings.station.name, settings.station.site
        self._server_key, self._pin_key = settings.server_key(), settings.pin_key()
        self._idle_us = int(settings.session.idle_seconds * 1_000_000)
        self.memory = SessionMemory()
        self.answer: Answer | None = None
        self.counts: Counter[str] = Counter()
        self.locked = False
        self._asked_at = 0.0
        self._questions = 0
        self._withdrawn: frozenset[str] = frozenset()
        self._active_us = 0
        self._scanned: dict[str, int] = {}
        """Codes of no session, and when each was scanned."""
        self._to_fire: tuple[Grant, float] | None = None

    @property
    def waiting(self) -> bool:
        """Tell whether an answer is awaited, or a granted door waits to be fired."""
        return self.memory.state is State.ASKING or self._to_fire is not None

    def interrupted(self) -> str | None:
        """Give the session that the last stop of the station cut off, and forget it."""
        old = self._journal.recall("session", SessionMemory)
        return old.token if old is not None and old.state is not State.NONE else None

    # -- what comes in ------------------------------------------------------------------------------------------------

    def badge(self, card: str, now: float) -> None:
        """Take a badge that was shown."""
        self.counts["badges"] += 1
        if self.locked:
            self._screen.show(wording.LOCKED)
        else:
            self._take(Input.BADGE, now, badge=card)

    def code(self, text: str, symbology: str, now: float) -> None:
        """Take a code that was scanned."""
        self.counts["codes"] += 1
        self._take(Input.CODE, now, code=(text, symbology))

    def pin(self, digits: str, now: float) -> None:
        """Take a PIN that was typed."""
        self.counts["pins"] += 1
        self._take(Input.PIN, now, pin=digits)

    def answered(self, payload: bytes, *, retained: bool, now: float) -> None:
        """Take an answer of the server, or refuse it and write down why."""
        memory = self.memory
        asking = memory.state is State.ASKING
        asked = Asked(
            station=self._station,
            session=memory.token or None,
            challenge=memory.challenge if asking else None,
            at=self._asked_at,
            withdrawn=self._withdrawn,
        )
        known = self._journal.outbox.was_answered
        answer = check(payload, retained=retained, key=self._server_key, asked=asked, now=now, was_answered=known)
        if isinstance(answer, Refused):
            if answer.grant or not answer.withdrawn:
                with self._journal.entry() as entry:
                    entry.write(GrantRefused, session=answer.session, grant=answer.grant, why=answer.why)
            return
        self.counts["answers"] += 1
        doors, reasons = (answer.doors, []) if isinstance(answer, Grant) else ([], answer.reasons)
        kind = "grant" if isinstance(answer, Grant) else "denied"
        items = tuple(answer.items) if isinstance(answer, Grant) else ()
        self.answer = Answer(kind, answer.session, answer.challenge, doors, reasons, answer.person, items)
        self._cabinet.recent.granted(answer.session, items)
        self._take(Input.GRANT if isinstance(answer, Grant) else Input.DENIAL, now, answer=answer)

    def tick(self, now: float) -> None:
        """Let time pass: questions without an answer, idling, doors that may be fired by now."""
        state = self.memory.state
        if state is State.ASKING and now - self._asked_at >= ANSWER_S:
            self._take(Input.SILENCE if self._questions < MOST_QUESTIONS else Input.NO_ANSWER, now)
        mono_us = self._journal.clock.mono_us()
        if state is not State.NONE and self._cabinet.in_use(self.memory.token):
            self._active_us = mono_us
        elif state is not State.NONE and mono_us - self._active_us >= self._idle_us:
            self._take(Input.IDLE, now)
        if self._to_fire is not None and not self._cabinet.may_soon(self._to_fire[0].doors):
            grant, until = self._to_fire
            self._to_fire = None
            if now < until and grant.session == self.memory.token:
                with self._journal.entry() as entry:
                    chosen = self._intend(entry, grant, self.memory.credential)
                self._cabinet.fire(chosen, now)

    # -- what the doors say (cabinet.Eyes) ----------------------------------------------------------------------------

    def door_opened(self, session: str, now: float) -> None:
        """A door opened by leave of this session."""
        if session and session == self.memory.token:
            self._take(Input.OPENED, now)

    def door_settled(self, session: str, now: float) -> None:
        """A door of this session is closed and settled, or locked again unopened."""
        if session and session == self.memory.token and not self._cabinet.in_use(session):
            unlocked = self._cabinet.in_use(session, unlocked_too=True)
            self._take(Input.ONE_SETTLED if unlocked else Input.ALL_SETTLED, now)

    def door_lost(self, session: str, now: float) -> None:
        """A door of this session could not be watched."""
        if session and session == self.memory.token:
            self._take(Input.BLIND, now)

    # -- the table carried out ----------------------------------------------------------------------------------------

    def _take(
        self,
        given: Input,
        now: float,
        *,
        badge: str = "",
        code: tuple[str, str] | None = None,
        pin: str = "",
        answer: Grant | Denied | None = None,
    ) -> None:
        old = self.memory
        state, acts = step(old.state, given)
        memory = replace(old, state=state)
        chosen: list[tuple[Door, DoorMemory]] = []
        with self._journal.entry() as entry:
            if answer is not None:
                entry.answered(answer.challenge, answer.grant if isinstance(answer, Grant) else "denied")
            for act in acts:
                memory = self._write(entry, act, memory, badge=badge, code=code, pin=pin)
                if act is Act.UNLOCK and isinstance(answer, Grant):
                    self._to_fire = (answer, self._asked_at + LONGEST)
                    if not self._cabinet.may_soon(answer.doors):
                        chosen = self._intend(entry, answer, memory.credential)
            if memory != old:
                entry.keep("session", memory)
        self.memory = memory
        self._follow(given, acts, old, answer, now)
        self._cabinet.fire(chosen, now)

    def _write(
        self, entry: Entry, act: Act, memory: SessionMemory, *, badge: str, code: tuple[str, str] | None, pin: str
    ) -> SessionMemory:
        """Write what an act reports; give the memory with it."""
        if act in ENDS:
            entry.write(SessionEnded, session=memory.token, why=ENDS[act])
            return SessionMemory(state=memory.state)
        if act is Act.BEGIN:
            credential = credential_of(self._site, badge)
            return replace(
                memory,
                token=secrets.token_hex(16),
                credential=credential,
                codes=tuple(self._just_scanned()),
                challenge="",
            )
        if act is Act.NOTE_CODE and code is not None:
            return self._note_code(entry, memory, *code)
        if act is Act.ASK:
            challenge = secrets.token_hex(16)
            sealed = seal_pin(self._pin_key, challenge, pin) if pin else None
            entry.write(
                AccessRequested,
                session=memory.token,
                challenge=challenge,
                credential=memory.credential,
                pin=sealed,
                codes=list(memory.codes),
            )
            return replace(memory, challenge=challenge)
        if act is Act.TELL_PIN:
            challenge = secrets.token_hex(16)
            sealed = seal_pin(self._pin_key, challenge, pin)
            told = {"session": memory.token, "credential": memory.credential}
            entry.write(PinTyped, **told, challenge=challenge, pin=sealed)
        return memory

    def _note_code(self, entry: Entry, memory: SessionMemory, text: str, symbology: str) -> SessionMemory:
        entry.write(
            CodeScanned, code=text[:LONGEST_CODE], symbology=symbology[:LONGEST_NAME], session=memory.token or None
        )
        if not memory.token and len(text) <= LONGEST_NAME:
            self._scanned = {**self._just_scanned(), text: self._journal.clock.mono_us()}
        fits = len(text) <= LONGEST_NAME and len(memory.codes) < MOST_CODES and text not in memory.codes
        return replace(memory, codes=(*memory.codes, text)) if memory.token and fits else memory

    def _just_scanned(self) -> dict[str, int]:
        """Take out the codes scanned a moment ago, before any badge: the newest, with when each was scanned."""
        since = self._journal.clock.mono_us() - CODE_WAITS_US
        found = [(text, at) for text, at in self._scanned.items() if at >= since]
        self._scanned = {}
        return dict(found[-MOST_CODES:])

    def _intend(self, entry: Entry, grant: Grant, credential: str) -> list[tuple[Door, DoorMemory]]:
        self._to_fire = None
        return self._cabinet.intend(entry, grant.doors, grant.session, grant.grant, credential)

    def _follow(
        self, given: Input, acts: tuple[Act, ...], old: SessionMemory, answer: Grant | Denied | None, now: float
    ) -> None:
        """Do what an input leads to, now that it is durable."""
        if ENDS.keys() & set(acts):
            self._to_fire = None
            self._cabinet.release(old.token, now)
        if Act.BEGIN in acts:
            self.answer, self._withdrawn = None, frozenset()
        if Act.ASK in acts:
            if Act.BEGIN not in acts:
                self._withdrawn |= {old.challenge}
            self._asked_at = now
            self._questions = self._questions + 1 if given is Input.SILENCE else 1
        if given in ACTIVITY:
            self._active_us = self._journal.clock.mono_us()
        self._show(given, acts, answer)

    def _show(self, given: Input, acts: tuple[Act, ...], answer: Grant | Denied | None) -> None:
        """Choose what the screen says."""
        if isinstance(answer, Grant):
            self._screen.granted(answer.doors)
        elif isinstance(answer, Denied):
            self._screen.denied(answer.reasons)
        elif given is Input.NO_ANSWER:
            self._screen.show(wording.OFFLINE if self._journal.offline else wording.NO_ANSWER)
        elif Act.ASK in acts:
            self._screen.show(wording.ASKING)
        elif Act.SHOW_BUSY in acts:
            self._screen.show(wording.BUSY)
        elif Act.SHOW_BADGE_FIRST in acts:
            self._screen.show(wording.BADGE_FIRST)
        elif Act.END_INTERRUPTED in acts:
            self._screen.show(wording.INTERRUPTED)
        elif ENDS.keys() & set(acts):
            self._screen.show(wording.IDLE)
