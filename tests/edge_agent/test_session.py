"""The session's and the door's tables: every state takes every input, and what may never happen does not."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from edge_agent import doors
from edge_agent.diagram import PAGE, page
from edge_agent.doors import CAUSES, Do, Move, Opening, Phase, cause_of, turn
from edge_agent.session import Act, Input, State, step

ENDS = {Act.END_DONE, Act.END_IDLE, Act.END_REFUSED, Act.END_LAPSED, Act.END_INTERRUPTED}
ASKED_AGAIN = (Input.BADGE, Input.CODE, Input.PIN, Input.SILENCE)
LIVE = [state for state in State if state is not State.NONE]


@pytest.mark.parametrize(("state", "given"), list(itertools.product(State, Input)))
def test_every_state_takes_every_input(state: State, given: Input) -> None:
    after, acts = step(state, given)
    assert after in State
    assert len(acts) == len(set(acts))
    ended, begun = bool(ENDS & set(acts)), Act.BEGIN in acts
    assert ended == (state is not State.NONE and (after is State.NONE or begun)), "a session ends when it is over"
    assert begun == (given is Input.BADGE and state is not State.IN_USE), "only a badge begins one"
    granted = state is State.ASKING and given in (Input.GRANT, Input.HELD)
    assert (Act.UNLOCK in acts) == granted, "only a grant asked for unlocks"
    asks = after is State.ASKING and (state is not State.ASKING or given in ASKED_AGAIN)
    assert (Act.ASK in acts) == asks, "a question follows what is new to it"
    if ended and begun:
        assert min(acts.index(end) for end in ENDS & set(acts)) < acts.index(Act.BEGIN)


OVER_BY = (Input.ONE_SETTLED, Input.ALL_SETTLED, Input.IDLE, Input.BLIND)
"""What can come only when the door that was opened is closed and settled, or can no longer be watched."""


@pytest.mark.parametrize("given", [given for given in Input if given not in OVER_BY])
def test_who_opened_a_door_stays_answerable(given: Input) -> None:
    assert step(State.IN_USE, given).state is State.IN_USE


def test_every_state_can_be_left_and_reached() -> None:
    reached = {State.NONE}
    while True:
        more = {step(state, given).state for state in reached for given in Input} | reached
        if more == reached:
            break
        reached = more
    assert reached == set(State)
    for state in LIVE:
        assert any(step(state, given).state is State.NONE for given in Input)


@pytest.mark.parametrize(("phase", "move"), list(itertools.product(Phase, Move)))
def test_every_phase_takes_every_move(phase: Phase, move: Move) -> None:
    after, acts = turn(phase, move)
    assert (Do.SWEEP in acts) == (after in (Phase.CHECKING, Phase.SETTLING) and after is not phase)
    if after is Phase.IDLE and phase not in (Phase.IDLE, Phase.GRANTED):
        assert {Do.REPORT_CLOSED, Do.REPORT_CHECKED} & set(acts), "a door is idle only when its books are closed"
    if after is Phase.OPEN and phase is not Phase.OPEN:
        told = {Do.REPORT_OPEN, Do.REPORT_GAP_OPEN} & set(acts)
        assert told or (phase, move) == (Phase.SETTLING, Move.BOUNCED), "an opening is told"
    if move is Move.LOST:
        assert after is Phase.BLIND
        assert (Do.REPORT_LOST in acts) == (phase in (Phase.GRANTED, Phase.OPEN, Phase.SETTLING))
    if move is Move.FIRED:
        assert (after is Phase.GRANTED) == (phase in (Phase.IDLE, Phase.GRANTED))


def test_only_an_idle_door_is_fired() -> None:
    into = {
        phase
        for phase in Phase
        for move in Move
        if turn(phase, move).phase is Phase.GRANTED and phase is not Phase.GRANTED
    }
    assert into == {Phase.IDLE}
    assert set(doors.TABLE) <= set(itertools.product(Phase, Move))


@pytest.mark.parametrize(
    ("own_hook", "hook_locked", "granted", "fired", "cause"),
    [
        (True, False, True, True, "session"),
        (True, True, True, True, "session"),
        (False, False, True, True, "session"),
        (False, False, False, False, "no_session"),
        (True, None, False, False, "no_session"),
        (True, True, False, False, "forced"),
        (True, True, False, True, "forced"),
        (True, False, False, False, "mechanical_key"),
        (True, False, False, True, "no_session"),
    ],
)
def test_cause(own_hook: bool, hook_locked: bool | None, granted: bool, fired: bool, cause: str) -> None:
    assert cause_of(Opening(own_hook, hook_locked, granted, fired)) == cause


def test_without_a_grant_nobody_is_named() -> None:
    for own, hook, fired in itertools.product((True, False), (True, False, None), (True, False)):
        assert cause_of(Opening(own, hook, False, fired)) != "session"
    assert [cause for _, cause in CAUSES].count("session") == 1


def test_the_page_says_what_the_tables_say() -> None:
    repository = Path(__file__).parents[2]
    assert (repository / PAGE).read_text(encoding="utf-8") == page(), "run python -m edge_agent.diagram"
    named = re.findall(r"`(edge_agent/[a-z_/]+(?:\.py)?)", page())
    assert named
    assert all((repository / name).exists() for name in named)
