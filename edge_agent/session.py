"""The door session as a table: what is shown and answered at a cabinet, and what follows from it. PURE.

1. There is at most one session; whoever opened a door with it stays answerable until that door is closed and settled.
2. Every state takes every input; what has no meaning there changes nothing.
3. An answer reaches this table only when `grants.check` accepted it: signed, for this challenge, in time; grants that
   are held, only when `held.usable` chose them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """Where a session stands."""

    NONE = "none"
    ASKING = "asking"
    DENIED = "denied"
    GRANTED = "granted"
    IN_USE = "in_use"


class Input(StrEnum):
    """What can happen to it."""

    BADGE = "badge"
    AGAIN = "again"
    """The badge of this very session, which a grant that was held has granted: there is no second one to ask for."""
    CODE = "code"
    PIN = "pin"
    GRANT = "grant"
    DENIAL = "denial"
    HELD = "held"
    """The server cannot be asked, and grants for this badge are held."""
    SILENCE = "silence"
    """No answer in time, and asking again is allowed."""
    NO_ANSWER = "no_answer"
    """No answer, and asked often enough."""
    IDLE = "idle"
    OPENED = "opened"
    """A door opened by leave of this session."""
    ONE_SETTLED = "one_settled"
    """The last door opened by this session is closed and settled, and another still stands unlocked."""
    ALL_SETTLED = "all_settled"
    """No door of this session is open, settling or unlocked any more."""
    BLIND = "blind"
    """A door of this session could not be watched for some time: nobody may be named for it any more."""


class Act(StrEnum):
    """What the station does about it, in this order."""

    END_DONE = "end_done"
    END_IDLE = "end_idle"
    END_REFUSED = "end_refused"
    END_LAPSED = "end_lapsed"
    END_INTERRUPTED = "end_interrupted"
    NOTE_CODE = "note_code"
    BEGIN = "begin"
    ASK = "ask"
    TELL_PIN = "tell_pin"
    """Nobody asked for it, and nothing shows that it was heard: it may have been typed under duress."""
    UNLOCK = "unlock"
    SHOW_DENIAL = "show_denial"
    SHOW_BUSY = "show_busy"
    SHOW_BADGE_FIRST = "show_badge_first"


class Step(NamedTuple):
    """The state that follows and what is done on the way there."""

    state: State
    acts: tuple[Act, ...] = ()


S, I, A = State, Input, Act  # noqa: E741 (the table below is read as a table)

TABLE: dict[tuple[State, Input], Step] = {
    (S.NONE, I.BADGE): Step(S.ASKING, (A.BEGIN, A.ASK)),
    (S.NONE, I.CODE): Step(S.NONE, (A.NOTE_CODE,)),
    (S.NONE, I.PIN): Step(S.NONE, (A.SHOW_BADGE_FIRST,)),
    (S.ASKING, I.BADGE): Step(S.ASKING, (A.END_LAPSED, A.BEGIN, A.ASK)),
    (S.ASKING, I.CODE): Step(S.ASKING, (A.NOTE_CODE, A.ASK)),
    (S.ASKING, I.PIN): Step(S.ASKING, (A.ASK,)),
    (S.ASKING, I.GRANT): Step(S.GRANTED, (A.UNLOCK,)),
    (S.ASKING, I.HELD): Step(S.GRANTED, (A.UNLOCK,)),
    (S.ASKING, I.DENIAL): Step(S.DENIED, (A.SHOW_DENIAL,)),
    (S.ASKING, I.SILENCE): Step(S.ASKING, (A.ASK,)),
    (S.ASKING, I.NO_ANSWER): Step(S.NONE, (A.END_LAPSED,)),
    (S.ASKING, I.IDLE): Step(S.NONE, (A.END_LAPSED,)),
    (S.DENIED, I.BADGE): Step(S.ASKING, (A.END_REFUSED, A.BEGIN, A.ASK)),
    (S.DENIED, I.CODE): Step(S.ASKING, (A.NOTE_CODE, A.ASK)),
    (S.DENIED, I.PIN): Step(S.ASKING, (A.ASK,)),
    (S.DENIED, I.IDLE): Step(S.NONE, (A.END_REFUSED,)),
    (S.GRANTED, I.BADGE): Step(S.ASKING, (A.END_IDLE, A.BEGIN, A.ASK)),
    (S.GRANTED, I.CODE): Step(S.GRANTED, (A.NOTE_CODE,)),
    (S.GRANTED, I.PIN): Step(S.GRANTED, (A.TELL_PIN,)),
    (S.GRANTED, I.OPENED): Step(S.IN_USE),
    (S.GRANTED, I.ALL_SETTLED): Step(S.NONE, (A.END_DONE,)),
    (S.GRANTED, I.IDLE): Step(S.NONE, (A.END_IDLE,)),
    (S.GRANTED, I.BLIND): Step(S.NONE, (A.END_INTERRUPTED,)),
    (S.IN_USE, I.BADGE): Step(S.IN_USE, (A.SHOW_BUSY,)),
    (S.IN_USE, I.CODE): Step(S.IN_USE, (A.NOTE_CODE,)),
    (S.IN_USE, I.PIN): Step(S.IN_USE, (A.TELL_PIN,)),
    (S.IN_USE, I.ONE_SETTLED): Step(S.GRANTED),
    (S.IN_USE, I.ALL_SETTLED): Step(S.NONE, (A.END_DONE,)),
    (S.IN_USE, I.IDLE): Step(S.NONE, (A.END_DONE,)),
    (S.IN_USE, I.BLIND): Step(S.NONE, (A.END_INTERRUPTED,)),
}
"""Pairs not listed change nothing (law 2)."""


def step(state: State, given: Input) -> Step:
    """Tell what an input leads to."""
    return TABLE.get((state, given), Step(state))
