"""What each step does to a world: hands on emulated devices, HTTP as a person, signals and faults on processes."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from guiwei.drill import steps as s
from guiwei.drill.answers import Answers
from guiwei.drill.answers import Difference as Difference
from guiwei.drill.api import Json, Refusal
from guiwei.drill.hardware import ASKED
from guiwei.drill.process import ProcessError
from guiwei.drill.quiet import Quiet
from guiwei.drill.story import StoryError
from guiwei.drill.times import duration_us, moment_us
from guiwei.drill.world import ADMIN, World

UNKNOWN_CARD = "0F00FFFFFF"
COPIED_TID = "E2801105C0917ED000000000"
DEAF, SILENCE_S = 0.9, 1.5
"""From this rate of misses on a reader is as good as deaf; for so long it must be, for its station to know."""
TOLD_S = 1.2
"""By then a station holds what was granted before it can ask nobody any more."""
ABSENT_S = 0.3
"""A reader repeats a card while it lies there: so long must none be there, for the next to be another."""
VIGIL_S = 10.0
"""For so long a station listens behind a closed door before it says that a tag has faded."""


@dataclass
class Acts:
    """Plays steps in a world and remembers what later steps and expectations refer to."""

    world: World
    quiet: Quiet
    requests: dict[str, Json] = field(default_factory=dict)
    registered: dict[str, Json] = field(default_factory=dict)
    stocktake: Json | None = None
    differences: list[Difference] = field(default_factory=list)
    on_open: Callable[[str], bool] | None = None
    moments: list[int] = field(default_factory=list)
    """The story's moment at which each step was done, in µs."""

    def __post_init__(self) -> None:
        """Listen to what stations answer."""
        self.answers = Answers(self.world, self.differences)

    def play(self, step: s.AnyStep, label: str) -> None:
        """Do one step and wait until the world is quiet; what is not as expected goes to `differences`."""
        refused: tuple[str, ...] | None = None
        try:
            getattr(self, str(type(step).__struct_config__.tag))(step)
        except Refusal as refusal:
            refused = refusal.rules or (refusal.code,)
            if step.expect_refusal is None:
                self.differences.append(Difference(label, "no refusal", str(refusal)))
        self.moments.append(self.world.clock.now_us())
        self.quiet.wait()
        if isinstance(step, s.Badge | s.Pin | s.Scan | s.Open):
            refused = self.answers.read(step, label)
        self.answers.compare(step.expect_refusal, refused, label)

    def finish(self) -> None:
        """Report refusals at stations that no step expected."""
        self.answers.finish()

    # ------------------------------------------------------------ over HTTP

    def request(self, step: s.Request) -> None:
        seals = all(self.world.story.items[item].kind == "seal" for item in step.items)
        mode = step.mode or ("seal_use" if seals else "loan")
        body: Json = {"items": self._codes(step.items), "mode": mode, "purpose": step.purpose}
        body |= _given({"for": step.for_, "from": _iso(step.from_), "until": _iso(step.until), "due": _iso(step.due)})
        body |= _given({"documents": step.documents, "impressions": step.impressions, "pages": step.pages})
        if mode == "sharing":  # whoever does not say with whom says it in the purpose
            body |= {"recipient": step.recipient or step.purpose, "outside": step.outside}
        made = self.world.api(step.as_).post("/requests", body)
        if step.name:
            self.requests[step.name] = made

    def approve(self, step: s.Approve) -> None:
        body = _given({"note": step.note, "until": _iso(step.until), "due": _iso(step.due)})
        self.world.api(step.as_).post(f"/requests/{self._request(step.request)}/approve", body)

    def refuse(self, step: s.Refuse) -> None:
        self.world.api(step.as_).post(f"/requests/{self._request(step.request)}/refuse", _given({"note": step.note}))

    def withdraw(self, step: s.Withdraw) -> None:
        path = f"/requests/{self._request(step.request)}/withdraw"
        self.world.api(step.as_).post(path, _given({"note": step.note}))

    def delegate(self, step: s.Delegate) -> None:
        now = self.world.clock.now_us()
        body: Json = {
            "to": step.to,
            "from": _iso(step.from_) or _iso_us(now),
            "until": _iso(step.until) or _iso_us(now + 86_400_000_000),
        }
        self.world.api(step.as_).post("/delegations", body | _given({"scope": step.scope}))

    def register(self, step: s.Register) -> None:
        body: Json = {"person": step.for_, "items": self._codes(step.items), "mode": step.mode, "purpose": step.purpose}
        body |= _given({"until": _iso(step.until), "due": _iso(step.due)})
        made = self.world.api(step.as_).post("/registrations", body)
        if step.name:
            self.registered[step.name] = made

    def order(self, step: s.Order) -> None:
        body: Json = {"person": step.for_ or step.as_, "items": self._codes(step.items), "task": step.task}
        body |= _given({"purpose": step.purpose, "until": _iso(step.until), "to": step.to})
        made = self.world.api(step.as_).post("/orders", body)
        if step.name:
            self.registered[step.name] = made

    def emergency(self, step: s.Emergency) -> None:
        badge = self.world.story.people[step.witness].badge
        body: Json = {"items": self._codes(step.items), "other": step.witness, "purpose": step.purpose}
        made = self.world.api(step.as_).post("/emergencies", body | _given({"badge": badge}))
        if step.name:
            self.registered[step.name] = made

    def hand_over(self, step: s.HandOver) -> None:
        body: Json = {"items": self._codes(step.items), "to": step.to, "purpose": step.purpose}
        for item in step.items if step.from_ else ():
            self._must_hold(str(step.from_), item)
        self.world.api(step.as_).post("/handovers", body | _given({"witness": step.witness}))

    def check(self, step: s.Check) -> None:
        counted = {"parts": step.parts, "pages": step.pages}  # none is a number too
        body: Json = {"complete": step.complete, **_given({"note": step.note})}
        body |= {key: number for key, number in counted.items() if number is not None}
        if step.request and not step.items:
            self._request(step.request)
            codes: list[str] = list(self.requests[step.request]["items"])  # type: ignore[call-overload]
        else:
            codes = self._codes(step.items)
        for code in codes:
            self.world.api(step.as_).post(f"/items/{code}/check", body)

    def stocktake_open(self, step: s.StocktakeOpen) -> None:
        body: Json = {"stations": step.stations or list(self.world.cabinets), "blind": step.blind}
        body |= _given({"title": step.title})
        self.stocktake = {"as": step.as_, **self.world.api(step.as_).post("/stocktakes", body)}

    def sweep(self, step: s.Sweep) -> None:
        if self.stocktake is None:
            raise StoryError("sweep: no stocktake is open")
        body = _given({"stations": [step.at.partition("/")[0]] if step.at else []})
        who = step.as_ or str(self.stocktake["as"])
        self.world.api(who).post(f"/stocktakes/{self.stocktake['id']}/sweep", body)
        for name in body.get("stations", list(self.world.cabinets)):  # type: ignore[attr-defined]
            self._await_sweep(str(name))

    def stocktake_close(self, step: s.StocktakeClose) -> None:
        if self.stocktake is None:
            raise StoryError("stocktake_close: no stocktake is open")
        self.world.api(step.as_).post(f"/stocktakes/{self.stocktake['id']}/close")

    # ------------------------------------------------------------ hands at a cabinet

    def badge(self, step: s.Badge) -> None:
        person = self.world.story.people.get(step.who or "")
        card = step.card or (person.badge if person else None) or UNKNOWN_CARD
        cabinet = self.world.cabinets[step.at.partition("/")[0]]
        self.answers.shown(cabinet.name)
        if not (cabinet.name in self.quiet.paused and cabinet.spec.badge in ASKED):
            self.quiet.expect(cabinet.name, "badge", "badges")
        cabinet.present(card)
        time.sleep(ABSENT_S if cabinet.name in self.quiet.paused else 0.0)  # nobody answers: it lies there a while
        try:
            self._noticed(cabinet.name, "badges")
        finally:
            cabinet.badge.remove()
            time.sleep(ABSENT_S)

    def pin(self, step: s.Pin) -> None:
        person = self.world.story.people.get(step.who or "")
        digits = step.pin or (person.pin if person else None)
        if digits is None:
            raise StoryError(f"pin at {step.at}: neither `pin` nor a person with one")
        self._type(step.at, "keypad", digits, "pins")

    def scan(self, step: s.Scan) -> None:
        code = step.code or (self.world.codes[step.item] if step.item else None)
        if code is None:
            raise StoryError(f"scan at {step.at}: neither `item` nor `code`")
        self._type(step.at, "scanner", code, "codes")

    def open(self, step: s.Open) -> None:
        cabinet, door = self._door(step.at)
        shut = not cabinet.pull(door) and step.expect_refusal is None
        if shut and self.on_open is not None and self.on_open(step.at):
            cabinet.pull(door)
        if door not in cabinet.ajar and step.expect_refusal is None and not self.answers.waits(cabinet.name):
            self.differences.append(Difference(f"open {step.at}", "the door opens", "its lock was not released"))

    def force(self, step: s.Force) -> None:
        cabinet, door = self._door(step.at)
        cabinet.force(door)

    def spare_key(self, step: s.SpareKey) -> None:
        cabinet, door = self._door(step.at)
        cabinet.turn_key(door)

    def take(self, step: s.Take) -> None:
        cabinet, door = self._door(step.at)
        self._must_be_ajar(cabinet.name, door, step.at)
        for item in step.items:
            if not cabinet.take(door, self.world.epcs[item]):
                raise StoryError(f"take at {step.at}: {item!r} is not there")

    def put(self, step: s.Put) -> None:
        cabinet, door = self._door(step.at)
        self._must_be_ajar(cabinet.name, door, step.at)
        for epc in [self.world.epcs.get(item, item.upper()) for item in step.items] + [t.upper() for t in step.tags]:
            cabinet.put(door, epc, self.world.tids.get(epc))

    def close(self, step: s.Close) -> None:
        cabinet, door = self._door(step.at)
        cabinet.push(door)

    def leave(self, step: s.Leave) -> None:
        cabinet = self.world.cabinets[step.at.partition("/")[0]]
        epcs = [self.world.epcs[item] for item in step.items]
        for item, epc in zip(step.items, epcs, strict=True):
            if any(epc in behind for one in self.world.cabinets.values() for behind in one.behind.values()):
                raise StoryError(f"leave at {step.at}: {item!r} was not taken")
        try:
            cabinet.carry_past(epcs)
        except ValueError as error:
            raise StoryError(f"leave at {step.at}: {error}; give the station `exit`") from None

    # ------------------------------------------------------------ time and faults

    def wait(self, step: s.Wait) -> None:
        self.world.clock.wait(duration_us(step.for_))
        self.quiet.swept_after_us = self.world.clock.now_us()

    def at(self, step: s.At) -> None:
        try:
            self.world.clock.go_to(moment_us(step.time))
        except ValueError as error:
            raise StoryError(f"at {step.time}: {error}") from None
        self.quiet.swept_after_us = self.world.clock.now_us()

    def cut(self, step: s.Cut) -> None:
        self.quiet.wait_swept()
        time.sleep(TOLD_S)
        self.world.cabinets[step.at.partition("/")[0]].cable.cut()

    def heal(self, step: s.Heal) -> None:
        self.world.cabinets[step.at.partition("/")[0]].cable.heal()

    def kill(self, step: s.Kill) -> None:
        time.sleep(TOLD_S if step.what in ("server", "broker") else 0.0)
        self.world.process(step.what).kill()
        self.quiet.paused.discard(step.what)
        self.quiet.full.discard(step.what)

    def start(self, step: s.Start) -> None:
        self.world.start_again(step.what)
        if step.what in self.world.cabinets:
            self.quiet.done.pop(step.what, None)

    def pause(self, step: s.Pause) -> None:
        self.world.process(step.what).pause()
        self.quiet.paused.add(step.what)

    def resume(self, step: s.Resume) -> None:
        self.world.process(step.what).resume()
        time.sleep(ABSENT_S if step.what in self.world.cabinets else 0.0)
        self.quiet.paused.discard(step.what)

    def disk_full(self, step: s.DiskFull) -> None:
        cabinet = self.world.cabinets[step.at.partition("/")[0]]
        cabinet.fill_disk(step.full)
        (self.quiet.full.add if step.full else self.quiet.full.discard)(cabinet.name)

    def clock(self, step: s.Clock) -> None:
        self.world.clock.skew(step.at.partition("/")[0], duration_us(step.by))

    def miss(self, step: s.Miss) -> None:
        station, _, door = step.at.partition("/")
        for number, reader in self.world.cabinets[station].readers.items():
            if not door or number == int(door):
                reader.miss_rate = step.rate
        if step.rate >= DEAF and self.world.cabinets[station].agent.alive:
            time.sleep(SILENCE_S)

    def swap_tag(self, step: s.SwapTag) -> None:
        epcs, other = self.world.epcs, step.with_ or step.tag or f"E2AA{len(self.world.epcs):020X}"
        old, new = epcs[step.item], epcs.get(other, other.upper())
        epcs[step.item] = new
        if other in epcs:
            epcs[other] = old
        if new == old:  # a copy: the same number on another chip
            self.world.tids[new] = COPIED_TID
        for cabinet in self.world.cabinets.values():
            behind = {door: tags & {old, new} for door, tags in cabinet.behind.items()}
            for door, tags in behind.items():
                for epc in tags:
                    cabinet.take(door, epc)
            for door, tags in behind.items():
                for epc in (new if epc == old else old for epc in tags):
                    cabinet.put(door, epc, self.world.tids.get(epc))
            changed = {door for door, tags in behind.items() if len(tags) == 1}
            if cabinet.agent.alive and changed - cabinet.ajar:
                time.sleep(VIGIL_S)

    def unplug(self, step: s.Unplug) -> None:
        station, name = self._device(step.at, step.device)
        self.world.cabinets[station].devices()[name].unplug()
        self.quiet.plugged.setdefault(station, {})[name] = False

    def plug(self, step: s.Plug) -> None:
        station, name = self._device(step.at, step.device)
        self.world.cabinets[station].devices()[name].plug()
        self.quiet.plugged.setdefault(station, {})[name] = True

    def input(self, step: s.Input) -> None:
        cabinet = self.world.cabinets[step.at.partition("/")[0]]
        try:
            cabinet.wire(step.kind, bad=step.bad)
        except ValueError as error:
            raise StoryError(f"input at {step.at}: {error}; give the station `inputs = true`") from None
        self._told(cabinet.name, step.kind, active=step.bad)

    # ------------------------------------------------------------ helpers

    def _codes(self, items: list[str]) -> list[str]:
        return [self.world.codes[item] for item in items]

    def _request(self, name: str) -> object:
        if name not in self.requests:
            raise Refusal(404, "no_request", f"the request {name!r} was not made")
        return self.requests[name]["id"]

    def _door(self, at: str) -> tuple[Any, int]:
        station, _, door = at.partition("/")
        return self.world.cabinets[station], int(door or 1)

    def _device(self, at: str, name: str) -> tuple[str, str]:
        station, _, door = at.partition("/")
        return station, f"reader{door or 1}" if name == "reader" else name

    def _must_hold(self, person: str, item: str) -> None:
        custody: Json = self.world.api(ADMIN).get(f"/items/{self.world.codes[item]}")["custody"]  # type: ignore[assignment]
        if custody["person"] != person:
            raise Refusal(409, "not_holder", f"{person} does not hold {item}", ("R14",))

    def _must_be_ajar(self, station: str, door: int, at: str) -> None:
        if door not in self.world.cabinets[station].ajar:
            raise StoryError(f"the door {at} is closed: nobody can reach in")

    def _type(self, at: str, device: str, text: str, count: str) -> None:
        cabinet = self.world.cabinets[at.partition("/")[0]]
        self.answers.shown(cabinet.name)
        self.quiet.expect(cabinet.name, device, count)
        getattr(cabinet, device).scan(text)

    def _noticed(self, station: str, count: str) -> None:
        """Hold still until the agent has seen what is held before it (a dead or paused agent sees nothing)."""
        end = time.monotonic() + 3.0
        agent = self.world.cabinets[station].agent
        while time.monotonic() < end and agent.alive and station not in self.quiet.paused:
            counts = self.world.station_state(station).get("counts")
            if isinstance(counts, dict) and counts[count] >= getattr(self.quiet.at(station), count):
                return
            time.sleep(0.02)

    def _told(self, station: str, kind: str, *, active: bool) -> None:
        """Hold still until the agent says that a condition holds, or no longer does."""
        end = time.monotonic() + 5.0
        agent = self.world.cabinets[station].agent
        while time.monotonic() < end and agent.alive and station not in self.quiet.paused:
            conditions = self.world.station_state(station).get("conditions")
            told = isinstance(conditions, list) and any(one["condition"] == kind for one in conditions)
            if told is active:
                return
            time.sleep(0.02)

    def _await_sweep(self, station: str) -> None:
        """Wait until a station has begun and ended the sweep it was ordered."""
        agent = self.world.cabinets[station].agent
        if not agent.alive or not self.world.cabinets[station].cable.whole:
            return
        end = time.monotonic() + 15
        while time.monotonic() < end:
            take = self.world.api("drill-auditor").get(f"/stocktakes/{(self.stocktake or {})['id']}")
            if not take.get("awaited"):
                return
            time.sleep(0.05)
        raise ProcessError(f"station {station} did not answer the sweep")


def _given(body: Json) -> Json:
    return {key: value for key, value in body.items() if value not in (None, "", [], {}, 0)}


def _iso(moment: str | None) -> str | None:
    return None if moment is None else _iso_us(moment_us(moment))


def _iso_us(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).isoformat()
