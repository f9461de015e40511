"""Grants held for when nobody can be asked: each once, by its badge, in time, for what is there; void by a restart."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from contract.codec import seal
from contract.messages import (
    AccessRequested,
    DoorClosed,
    GrantedItem,
    GrantRefused,
    HeldGrant,
    HeldGrants,
    SessionEnded,
    UnlockIntended,
)
from contract.secrets import credential_of
from edge_agent.clock import SHAPE, Clock
from edge_agent.held import Drawer
from edge_agent.journal import Journal
from edge_agent.outbox import Outbox
from tests.edge_agent.bench import BADGE, OTHER_BADGE, TAGS, Bench, Broker
from tests.edge_agent.peer import Peer

THIRD_BADGE = "0F00A1B2C5"
KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
HOUR = 3_600_000_000
BADGES = ("b1", "b2", "b3")
EPCS = [f"E2{n:06X}" for n in range(4)]


def grant(number: int, door: int, epcs: list[str], until_us: int, *credentials: str) -> HeldGrant:
    items = [GrantedItem(epc=epc, code=f"c{epc}", door=door) for epc in epcs]
    return HeldGrant(grant=f"{number:032x}", credentials=list(credentials), door=door, items=items, until_us=until_us)


def a_set(issued_us: int, *grants: HeldGrant, station: str = "a") -> HeldGrants:
    return HeldGrants(v=1, station=station, issued_us=issued_us, grants=list(grants))


class Holding(RuleBasedStateMachine):
    """A drawer through issues, uses, restarts, outages and hours, beside a plain account of what must hold."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        self.shift_us, self.clock_file = 0, folder / "clock"
        self.clock_file.write_bytes(SHAPE.pack(0, 0))
        self.clock = Clock(str(self.clock_file))
        self.outbox = Outbox(folder / "data", "a")
        self.start_us = self.clock.mono_us()
        self.there = set(EPCS)
        self.newest: HeldGrants | None = None
        self.spent: set[str] = set()
        self.made = 0
        self.restart()

    def teardown(self) -> None:
        if hasattr(self, "outbox"):
            self.outbox.close()
            self.folder.cleanup()

    @property
    def now_us(self) -> int:
        """The server's time: hours since the beginning of this run."""
        return self.clock.mono_us() - self.start_us + 100 * HOUR

    @rule()
    def restart(self) -> None:
        self.journal = Journal(self.outbox, self.clock)
        self.drawer = Drawer("a", KEY.public_key(), self.journal)
        self.heard = False

    @rule()
    def hear(self) -> None:
        mono = self.clock.mono_us()
        self.journal.offsets.learn(sent_mono_us=mono, received_mono_us=mono, server_us=self.now_us)
        self.heard = True

    @rule(hours=st.floats(0.1, 3))
    def pass_time(self, hours: float) -> None:
        self.shift_us += int(hours * HOUR)
        self.clock_file.write_bytes(SHAPE.pack(self.shift_us, 0))

    @rule(jump=st.sampled_from([-HOUR * 24, HOUR * 24]))
    def set_the_wall_clock(self, jump: int) -> None:
        self.clock_file.write_bytes(SHAPE.pack(self.shift_us, jump))

    @rule(
        shape=st.lists(
            st.tuples(
                st.integers(1, 2),
                st.lists(st.sampled_from(EPCS), min_size=1, max_size=2),
                st.floats(0.1, 5),
                st.lists(st.sampled_from(BADGES), min_size=1, max_size=2, unique=True),
            ),
            max_size=4,
        )
    )
    def issue(self, shape: list[tuple[int, list[str], float, list[str]]]) -> None:
        grants = []
        for door, epcs, hours, badges in shape:
            self.made += 1
            grants.append(grant(self.made, door, epcs, self.now_us + int(hours * HOUR), *badges))
        self.newest = a_set(self.now_us, *grants)
        assert self.drawer.take(seal(KEY, self.newest), self.newest)

    @rule()
    def deliver_an_older_set(self) -> None:
        older = a_set((self.newest.issued_us if self.newest else 1) - 1, grant(99_999, 1, EPCS, 2**60, *BADGES))
        if self.newest is not None:
            assert not self.drawer.take(seal(KEY, older), older)

    @rule(badge=st.sampled_from(BADGES))
    def use(self, badge: str) -> None:
        chosen = self.drawer.of(badge, lambda item: item.epc in self.there)
        with self.journal.entry() as entry:
            self.drawer.spend(entry, chosen)
        assert not self.spent & {one.grant for one in chosen}
        self.spent |= {one.grant for one in chosen}

    @rule(badge=st.sampled_from(BADGES))
    def be_refused_by_the_server(self, badge: str) -> None:
        with self.journal.entry() as entry:
            self.drawer.refuse(entry, badge)
        self.spent |= {one.grant for one in self.newest.grants if badge in one.credentials} if self.newest else set()

    @rule(epc=st.sampled_from(EPCS))
    def move(self, epc: str) -> None:
        self.there ^= {epc}

    @invariant()
    def exactly_what_the_rules_leave_is_offered(self) -> None:
        if not hasattr(self, "drawer"):
            return
        for badge in BADGES:
            offered = self.drawer.of(badge, lambda item: item.epc in self.there)
            left = [
                one
                for one in (self.newest.grants if self.newest else [])
                if self.heard
                and badge in one.credentials
                and one.grant not in self.spent
                and self.now_us < one.until_us
                and self.there & {item.epc for item in one.items}
            ]
            assert {one.grant for one in offered} <= {one.grant for one in left}
            assert sorted(one.door for one in offered) == sorted({one.door for one in left})


TestHolding = Holding.TestCase
TestHolding.settings = settings(
    max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_what_is_kept_is_believed_only_as_far_as_its_signature_and_name_go(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "a")
    stranger, other = Ed25519PrivateKey.generate(), a_set(5, grant(1, 1, EPCS, 2**60, "b1"), station="b")
    forged = a_set(5, grant(1, 1, EPCS, 2**60, "b1"))
    for payload in (seal(stranger, forged), seal(KEY, other), b"GW1 nothing"):
        journal = Journal(outbox, Clock())
        journal.offsets.learn(sent_mono_us=0, received_mono_us=0, server_us=100)
        Drawer("a", KEY.public_key(), journal).take(payload, forged)
        again = Drawer("a", KEY.public_key(), journal)
        assert again.of("b1", lambda _: True) == []
    outbox.close()


def held_by(bench: Bench, peer: Peer, *badges: str) -> HeldGrants:
    """Let a station hold a grant for its first thing, one each for these badges, by the server's time."""
    assert bench.wait(lambda state: state["link"] == "up" and state["unsent"] == 0)
    now_us = max(event.wall_us for event in peer.all)
    made = [
        grant(number, 1, [TAGS[number - 1]], now_us + HOUR, credential_of("test", badge))
        for number, badge in enumerate(badges, 1)
    ]
    issued = a_set(now_us, *made)
    peer.send("command", issued)
    assert bench.wait(lambda state: state["held"] == len(made))
    return issued


def test_cut_off_it_opens_once_for_whom_it_holds_a_grant_and_after_a_restart_for_nobody(
    bench: Bench, peer: Peer, broker: Broker
) -> None:
    bench.start()
    issued = held_by(bench, peer, BADGE, OTHER_BADGE, THIRD_BADGE)
    peer.publish("command", seal(peer.station_key, replace(issued, issued_us=issued.issued_us + 1, grants=[])))
    peer.answer = peer.deny
    bench.show(OTHER_BADGE)
    assert bench.wait(lambda state: (state["session"] or {}).get("phase") == "denied")
    broker.kill()
    assert bench.wait(lambda state: state["link"] == "down")
    bench.show()
    assert bench.wait(lambda state: (state["session"] or {}).get("phase") == "granted")
    assert bench.state()["screen"][:3] == ["已授权：1号门", "取放完毕请关好柜门", "网络中断：仅限预先授权的物品"]
    session = bench.state()["session"]
    time.sleep(0.4)  # its absence must be seen
    bench.show()
    assert bench.state()["session"] == session, "shown once more it is still this one: there is no second grant"
    bench.open()
    bench.take(TAGS[0])
    bench.shut()
    for badge in (BADGE, OTHER_BADGE):
        bench.show(badge)
        assert bench.wait(lambda state: (state["session"] or {}).get("phase") == "asking")
    assert bench.lock.fired(1) == 1, "once for the one, never for whom the server refused"
    bench.kill()
    bench.launch()
    assert bench.wait(lambda state: state["pid"] == bench.pid and not state["busy"])
    bench.show(THIRD_BADGE)
    assert not bench.lock.wait_fired(1, 2, 0.5), "nobody has told it the time since it started"
    broker.start()
    assert peer.wait(lambda: any(e.credential == credential_of("test", THIRD_BADGE) for e in peer.of(AccessRequested)))
    closed, intended = peer.of(DoorClosed)[0], peer.of(UnlockIntended)
    assert [event.grant for event in intended] == [issued.grants[0].grant]
    asked = next(event for event in peer.of(AccessRequested) if event.session == intended[0].session)
    assert (closed.cause, closed.session, closed.credential) == ("session", asked.session, credential_of("test", BADGE))
    assert closed.offline
    assert [one.epc for one in closed.taken] == [TAGS[0]]
    assert next(event.why for event in peer.of(SessionEnded) if event.session == asked.session) == "done"


def test_a_server_that_does_not_answer_is_as_good_as_none(bench: Bench, peer: Peer) -> None:
    bench.start()
    held_by(bench, peer, BADGE)
    peer.answer = lambda _: None
    bench.show()
    assert bench.lock.wait_fired(1, 1, 20)
    peer.send("grants", peer.grant(peer.of(AccessRequested)[0]))
    assert peer.wait(lambda: [event.why for event in peer.of(GrantRefused)] == ["replayed"])
