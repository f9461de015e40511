"""What stations answer people at a cabinet, and which refusals a story expects.

A refusal nobody expected becomes a difference. A badge that opens nothing counts as refused only if no later step of
the same visit (a scan, a PIN) is granted: people first show who they are and then say what for.
"""

import time
from dataclasses import dataclass, field

from guiwei.drill import steps as s
from guiwei.drill.world import World

LOCKED = ("R02", "R20")
"""What a door that stays locked when it is pulled at stands for, whatever its cabinet could say before."""
NOBODY = ("badge_unknown", "person_inactive")
"""Refusals of who has no authority because they are nobody here: R02 as well as the rule they name."""
GIVES_UP_S = 20


@dataclass(frozen=True)
class Difference:
    """Something that is not as the story says."""

    what: str
    expected: object
    seen: object


@dataclass
class Visit:
    """What a station last answered somebody, and which refusal is still unexpected."""

    answers: int = 0
    rules: tuple[str, ...] = ()
    pending: tuple[str, tuple[str, ...]] | None = None


def rules_of(reasons: list[dict[str, object]]) -> tuple[str, ...]:
    """Give the rules of a cabinet's refusal; who has no authority (R02) may open nothing either (R20)."""
    named = {str(reason["rule"]): None for reason in reasons}
    if any(reason["code"] in NOBODY for reason in reasons):
        named["R02"] = None
    if "R02" in named:
        named["R20"] = None
    return tuple(named)


@dataclass
class Answers:
    """Reads stations' answers; what is not as expected goes to `differences`."""

    world: World
    differences: list[Difference] = field(default_factory=list)
    visits: dict[str, Visit] = field(default_factory=dict)

    def shown(self, station: str) -> None:
        """Note how often a station has answered before something is held before it."""
        answer = self.world.station_state(station).get("answer")
        self._visit(station).answers = answer["n"] if isinstance(answer, dict) else 0

    def waits(self, station: str) -> bool:
        """Say whether a refusal there is not yet explained."""
        return self._visit(station).pending is not None

    def read(self, step: s.Badge | s.Pin | s.Scan | s.Open, label: str) -> tuple[str, ...] | None:
        """Give the rules a station refused this step by; remember a refusal nobody expected yet."""
        station, _, door = step.at.partition("/")
        if isinstance(step, s.Open):
            return self._pulled(station, int(door or 1), step, label)
        visit = self._visit(station)
        answer = self.world.station_state(station).get("answer")
        if not isinstance(answer, dict) or answer["n"] <= visit.answers:
            given_up = step.expect_refusal is not None and isinstance(step, s.Badge) and self._given_up(station)
            return LOCKED if given_up else None
        visit.rules = rules_of(answer.get("reasons", []))
        denied = answer["kind"] == "denied"
        visit.pending = (label, visit.rules) if denied and step.expect_refusal is None else None
        return visit.rules if denied else None

    def compare(self, expected: list[str] | None, refused: tuple[str, ...] | None, label: str) -> None:
        """Hold a step's refusal, or that there was none, against what the story expects of it."""
        if expected is None:
            return
        said = "not refused" if refused is None else "+".join(refused)
        if refused is None or set(expected) - set(refused):
            self.differences.append(Difference(label, f"refused: {'+'.join(expected)}", said))

    def finish(self) -> None:
        """Report refusals at stations that no step expected."""
        for visit in self.visits.values():
            if visit.pending is not None:
                label, rules = visit.pending
                self.differences.append(Difference(label, "no refusal", "+".join(rules)))

    def _visit(self, station: str) -> Visit:
        return self.visits.setdefault(station, Visit())

    def _pulled(self, station: str, door: int, step: s.Open, label: str) -> tuple[str, ...] | None:
        """Say why a door that was pulled at stays shut; a refusal before it is thereby final."""
        visit = self._visit(station)
        pending, visit.pending = visit.pending, None
        if pending and step.expect_refusal is None:
            self.differences.append(Difference(label, "the door opens", f"refused: {'+'.join(pending[1])}"))
        if door in self.world.cabinets[station].ajar:
            return None
        return (*(pending[1] if pending else visit.rules), *LOCKED)

    def _given_up(self, station: str) -> bool:
        """Wait for a station that can reach nobody to end the session it could not ask about."""
        end = time.monotonic() + GIVES_UP_S
        while time.monotonic() < end and self.world.cabinets[station].agent.alive:
            if self.world.station_state(station).get("session") is None:
                return True
            time.sleep(0.1)
        return False
