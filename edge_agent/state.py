"""The station's state for whoever looks at it (`guiwei edge status`, a drill): one JSON file, replaced atomically."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from edge_agent.cabinet import SETTLING, Cabinet
from edge_agent.desk import Desk
from edge_agent.door import Door
from edge_agent.doors import Phase
from edge_agent.session import State
from edge_agent.visit import Answer

PHASES = {Phase.BLIND: "settling", Phase.CHECKING: "settling"}
MOST_STARS = 3
SESSION_PHASES = {State.ASKING: "asking", State.DENIED: "denied", State.GRANTED: "granted", State.IN_USE: "granted"}


class StateFile:
    """Write the state when it changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: dict[str, Any] = {}
        self._new = path.with_name(path.name + ".new")

    def write(self, state: dict[str, Any], written_us: int) -> None:
        """Replace the file unless nothing changed; a disk that is full must not stop the station."""
        if state == self._last:
            return
        text = json.dumps(state | {"written_us": written_us}, ensure_ascii=False)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._new.write_text(text, encoding="utf-8")
            self._new.replace(self._path)
        except OSError:
            return
        self._last = state


def read_state(path: Path) -> dict[str, Any]:
    """Read what a station says of itself; empty before it has said anything."""
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said


def describe(desk: Desk, cabinet: Cabinet) -> dict[str, Any]:
    """Say what session and doors are doing."""
    memory = desk.memory
    session = None
    if memory.state in SESSION_PHASES:
        session = {
            "token": memory.token,
            "phase": SESSION_PHASES[memory.state],
            "credential": memory.credential,
            "codes": len(memory.codes),
            "held": memory.state is State.ASKING and desk.holds,
        }
    return {
        "doors": {str(door.number): _door(door) for door in cabinet.doors.values()},
        "session": session,
        "answer": _answer(desk.answer, desk.counts["answers"]),
        "held": len(desk.drawer),
        "moved": cabinet.recent.shown,
        "counts": {name: desk.counts[name] for name in ("badges", "codes", "pins")} | {"closings": cabinet.closings},
    }


def busy(desk: Desk, cabinet: Cabinet, absent: frozenset[str]) -> bool:
    """Tell whether something is under way that will end by itself soon; what waits for an absent device will not."""
    restless = (*SETTLING, Phase.BLIND)
    return desk.waiting or any(
        door.shot is not None or (door.phase in restless and not door.stuck(absent)) for door in cabinet.doors.values()
    )


def masked(name: str) -> str:
    """Leave of every word of a name its first character: whoever passes by sees that it is somebody they know."""
    return " ".join(word[0] + "*" * min(len(word) - 1, MOST_STARS) for word in name.split())


def _door(door: Door) -> dict[str, str]:
    words = {True: "closed", False: "open", None: "unknown"}
    hooks = {True: "locked", False: "unlocked", None: "unknown"}
    phase = PHASES.get(door.phase, door.phase.value)
    return {"contact": words[door.closed], "hook": hooks[door.hook_locked], "phase": phase}


def _answer(answer: Answer | None, count: int) -> dict[str, Any] | None:
    if answer is None:
        return None
    return {
        "kind": answer.kind,
        "session": answer.session,
        "challenge": answer.challenge,
        "doors": answer.doors,
        "person": masked(answer.person),
        "items": [{"code": item.code, "door": item.door} for item in answer.items],
        "reasons": [
            {"rule": reason.rule, "code": reason.code, "item": reason.item, "params": reason.params}
            for reason in answer.reasons
        ],
        "n": count,
    }
