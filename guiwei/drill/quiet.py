"""Waiting until nothing moves any more: every station has noticed what was done and the server has all of it."""

import time
from dataclasses import dataclass, field
from typing import Any

import httpx2

from guiwei.drill.times import MICROS
from guiwei.drill.world import World

LIMIT = 20.0
STEADY = 0.08
JUMP_US = 1_500_000
"""What is more than this, in whole seconds, is a jump that a station reports."""


class UnsettledError(RuntimeError):
    """Something did not settle within the limit; the text says what."""


@dataclass
class Done:
    """What hands have done at a station since its agent started, for the agent to have noticed."""

    badges: int = 0
    codes: int = 0
    pins: int = 0


@dataclass
class Quiet:
    """Knows what should have been noticed, and waits for it."""

    world: World
    paused: set[str] = field(default_factory=set)
    done: dict[str, Done] = field(default_factory=dict)
    plugged: dict[str, dict[str, bool]] = field(default_factory=dict)
    """Stations' devices whose plug was pulled, and whether it is back."""
    full: set[str] = field(default_factory=set)
    """Stations whose disk is full: they can write nothing down, nor tell it."""
    swept_after_us: int = 0
    """The story's moment that the server's jobs by the clock must have looked at."""

    def at(self, station: str) -> Done:
        """Give the count of what hands did at a station."""
        return self.done.setdefault(station, Done())

    def expect(self, station: str, device: str, count: str) -> None:
        """Expect one more of what a device tells than was noticed by now; one that is unplugged tells nothing."""
        counts = self.world.station_state(station).get("counts")
        if isinstance(counts, dict) and self.plugged.get(station, {}).get(device, True):
            setattr(self.at(station), count, counts[count] + 1)

    def wait(self, limit: float = LIMIT) -> None:
        """Wait until the world is quiet and stays so; raises UnsettledError."""
        end = time.monotonic() + limit
        steady_since: float | None = None
        restless = ""
        while True:
            now = time.monotonic()
            restless = self._restless()
            if restless:
                steady_since = None
            elif steady_since is None:
                steady_since = now
            elif now - steady_since >= STEADY:
                return
            if now > end:
                raise UnsettledError(restless or "the world would not stay quiet")
            time.sleep(0.02)

    def wait_swept(self) -> None:
        """Wait until the world is quiet and what time alone brings about is done; raises UnsettledError."""
        self.swept_after_us = self.world.clock.now_us()
        self.wait()

    def server_reachable(self) -> bool:
        """Say whether broker and server both run and are not paused."""
        return all(self.world.process(p).alive and p not in self.paused for p in ("broker", "server"))

    def _restless(self) -> str:
        for name in self.world.cabinets:
            what = self._station(name)
            if what:
                return f"station {name}: {what}"
        return self._server()

    def _station(self, name: str) -> str:
        cabinet = self.world.cabinets[name]
        if name in self.paused or not cabinet.agent.alive:
            return ""
        state = self.world.station_state(name)
        if cabinet.agent.child is None or state.get("pid") != cabinet.agent.child.pid:
            return "has not said anything yet"
        reachable = self.server_reachable() and cabinet.cable.whole
        if reachable and (state["link"] != "up" or state["unsent"] != 0):
            return f"link {state['link']}, {state['unsent']} events not confirmed"
        if not reachable and state["link"] == "up" and not cabinet.cable.whole:
            return "has not noticed that its network is cut"
        unnoticed = "" if name in self.full else self._unnoticed(name, state)
        if unnoticed:
            return unnoticed
        if state["busy"] and (reachable or not _asking(state)):
            return "busy"
        counts: dict[str, int] = state["counts"]  # type: ignore[assignment]
        done = self.at(name)
        for what in ("badges", "codes", "pins"):
            if counts[what] < getattr(done, what):
                return f"has noticed {counts[what]} of {getattr(done, what)} {what}"
        if not self.plugged.get(name, {}).get("lock", True):
            return ""
        doors: dict[str, dict[str, str]] = state["doors"]  # type: ignore[assignment]
        for door, seen in doors.items():
            ajar = int(door) in cabinet.ajar
            if (seen["contact"] == "open") != ajar:
                return f"sees door {door} {seen['contact']}, it is {'open' if ajar else 'closed'}"
        return ""

    def _unnoticed(self, name: str, state: dict[str, Any]) -> str:
        """Say what a station has yet to notice, and to report, of its devices and its clock."""
        reported = {one["device"] for one in state["conditions"] if not one["door"]}
        for device, there in self.plugged.get(name, {}).items():
            if there is (device in reported) or there is not (state["devices"][device] == "online"):
                return f"has not noticed that its {device} is {'there' if there else 'gone'}"
        if state["apart_s"] is None or abs(state["apart_s"] * MICROS - self.world.clock.apart_us(name)) > JUMP_US:
            return "has not noticed that its clock jumped"
        return ""

    def _server(self) -> str:
        if not self.server_reachable() or not self.swept_after_us:
            return ""
        try:
            swept_us = self.world.swept_us()
        except (httpx2.HTTPError, ValueError, KeyError) as error:
            return f"server: {error}"
        if swept_us < self.swept_after_us:
            return "the server has not looked at the clock since"
        self.swept_after_us = 0
        return ""


def _asking(state: dict[str, object]) -> bool:
    """Say whether a session waits for an answer that may never come; one that holds a grant will soon use it."""
    session = state.get("session")
    return isinstance(session, dict) and session.get("phase") == "asking" and not session.get("held")
