"""The session at work: badges, codes, PINs, answers in; questions, firings, screen lines out. `session.py` decides.

1. One input is one entry: what the table says is written, with the session's memory, before anything is done.
2. A PIN is sealed for the server the moment it is read and kept nowhere.
3. A grant is acted on once; which challenges had their answer is durable.
4. What is held for when nobody can be asked is used before the question is given up, and is spent by that.
5. Code and badge may come in either order: what was scanned just before a badge is asked for with it.
"""

from __future__ import annotations

import secrets
from collections import Counter

from msgspec.structs import replace

from contract.messages import (
    AccessRequested,
    CodeScanned,
    Denied,
    Grant,
    GrantedItem,
    GrantRefused,
    PinTyped,
    SessionEnded,
)
from contract.secrets import credential_of, seal_pin
from edge_agent import wording
from edge_agent.cabinet import Cabinet
from edge_agent.door import Door, DoorMemory
from edge_agent.grants import Asked, Refused, check
from edge_agent.held import Drawer
from edge_agent.journal import Entry, Journal
from edge_agent.session import Act, Input, State, step
from edge_agent.settings import Settings
from edge_agent.visit import MOST_CODES, Answer, Leave, Said, Scanned, SessionMemory, answer_of, leave_of
from edge_agent.wording import Screen

ANSWER_S = 3.0
MOST_QUESTIONS = 4
"""The first and three more."""
LONGEST_CODE, LONGEST_NAME = 512, 128
ACTIVITY = {Input.BADGE, Input.AGAIN, Input.CODE, Input.PIN, Input.GRANT, Input.DENIAL, Input.HELD, Input.OPENED}
ENDS = {
    Act.END_DONE: "done",
    Act.END_IDLE: "idle",
    Act.END_REFUSED: "refused",
    Act.END_LAPSED: "lapsed",
    Act.END_INTERRUPTED: "interrupted",
}
LINES = (
    (Act.ASK, wording.ASKING),
    (Act.SHOW_BUSY, wording.BUSY),
    (Act.SHOW_BADGE_FIRST, wording.BADGE_FIRST),
    (Act.END_INTERRUPTED, wording.INTERRUPTED),
    *((end, wording.IDLE) for end in ENDS),
)
"""What the screen says: the first of these that is done."""


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
        self._scanned = Scanned(journal.clock)
        self._to_fire: Leave | None = None
        self.drawer = Drawer(self._station, self._server_key, journal)

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
            self._take(Input.AGAIN if self._is_held_for(card) else Input.BADGE, now, badge=card)

    def _is_held_for(self, card: str) -> bool:
        """Tell whether a door stands unlocked for this very badge by a grant that was held."""
        granted = self.memory.state is State.GRANTED and self.answer is not None and self.answer.kind == "held"
        return granted and credential_of(self._site, card) == self.memory.credential

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
        self._told(answer)
        self._take(Input.GRANT if isinstance(answer, Grant) else Input.DENIAL, now, said=answer)

    def _told(self, said: Said) -> None:
        """Show what the session is told."""
        self.counts["answers"] += 1
        self.answer = answer_of(said, self.memory)
        self._cabinet.recent.granted(self.answer.session, self.answer.items)

    def tick(self, now: float) -> None:
        """Let time pass: questions without an answer, idling, doors that may be fired by now."""
        state = self.memory.state
        if state is State.ASKING and self._ask_the_drawer(now):
            return
        if state is State.ASKING and now - self._asked_at >= ANSWER_S:
            self._take(Input.SILENCE if self._questions < MOST_QUESTIONS else Input.NO_ANSWER, now)
        mono_us = self._journal.clock.mono_us()
        if state is not State.NONE and self._cabinet.in_use(self.memory.token):
            self._active_us = mono_us
        elif state is not State.NONE and mono_us - self._active_us >= self._idle_us:
            self._take(Input.IDLE, now)
        leave = self._to_fire
        if leave is not None and not self._cabinet.may_soon(leave.grants):
            self._to_fire = None
            if now < leave.until and leave.session == self.memory.token:
                with self._journal.entry() as entry:
                    chosen = self._intend(entry, leave)
                self._cabinet.fire(chosen, now)

    @property
    def holds(self) -> bool:
        """Tell whether grants are held that the badge of this session may use."""
        return bool(self.drawer.of(self.memory.credential, self._is_there))

    def _ask_the_drawer(self, now: float) -> bool:
        """Use grants that are held, when nobody can be asked or nobody answers; tell whether there were any."""
        if not (self._journal.offline or now - self._asked_at >= ANSWER_S):
            return False
        held = self.drawer.of(self.memory.credential, self._is_there)
        if held:
            self._told(held)
            self._take(Input.HELD, now, said=held)
        return bool(held)

    def _is_there(self, item: GrantedItem) -> bool:
        """Tell whether a thing stands behind its door, as far as this station can know."""
        door = self._cabinet.doors.get(item.door)
        return door is not None and (not item.epc or door.memory.contents is None or item.epc in door.memory.known())

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
        said: Said | None = None,
    ) -> None:
        old = self.memory
        state, acts = step(old.state, given)
        memory = replace(old, state=state)
        chosen: list[tuple[Door, DoorMemory]] = []
        with self._journal.entry() as entry:
            if said is not None:
                self._note_answered(entry, said)
            for act in acts:
                memory = self._write(entry, act, memory, badge=badge, code=code, pin=pin)
                leave = leave_of(said, old, self._asked_at, now) if said and act is Act.UNLOCK else None
                if leave is not None:
                    self._to_fire = leave
                    if not self._cabinet.may_soon(leave.grants):
                        chosen = self._intend(entry, leave)
            if memory != old:
                entry.keep("session", memory)
        self.memory = memory
        self._follow(given, acts, old, said, now)
        self._cabinet.fire(chosen, now)

    def _note_answered(self, entry: Entry, said: Said) -> None:
        """Remember that a question has its answer; what is held is spent by use, and void once the server refused."""
        if isinstance(said, list):
            entry.answered(self.memory.challenge, "held")
            self.drawer.spend(entry, said)
            return
        entry.answered(said.challenge, said.grant if isinstance(said, Grant) else "denied")
        if isinstance(said, Denied):
            self.drawer.refuse(entry, self.memory.credential)

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
                codes=self._scanned.lately(),
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
            self._scanned.add(text)
        fits = len(text) <= LONGEST_NAME and len(memory.codes) < MOST_CODES and text not in memory.codes
        return replace(memory, codes=(*memory.codes, text)) if memory.token and fits else memory

    def _intend(self, entry: Entry, leave: Leave) -> list[tuple[Door, DoorMemory]]:
        self._to_fire = None
        return [
            pair
            for door, grant in leave.grants.items()
            for pair in self._cabinet.intend(entry, [door], leave.session, grant, leave.credential)
        ]

    def _follow(self, given: Input, acts: tuple[Act, ...], old: SessionMemory, said: Said | None, now: float) -> None:
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
        self._show(given, acts, said)

    def _show(self, given: Input, acts: tuple[Act, ...], said: Said | None) -> None:
        """Choose what the screen says."""
        if isinstance(said, Denied):
            self._screen.denied(said.reasons)
        elif said is not None and self.answer is not None:
            self._screen.granted(self.answer.doors, held=isinstance(said, list))
        elif given is Input.NO_ANSWER:
            self._screen.show(wording.OFFLINE if self._journal.offline else wording.NO_ANSWER)
        elif line := next((line for act, line in LINES if act in acts), ""):
            self._screen.show(line)
