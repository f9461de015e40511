"""The window: in order, go-back-N, and everything arrives over a line that loses, repeats and cuts."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.offset import OffsetEstimate
from edge_agent.sender import WINDOW, Sender


def test_no_more_than_the_window_is_in_flight() -> None:
    sender = Sender(0)
    assert not sender.may_send(5), "not connected"
    sender.connected()
    for n in range(WINDOW):
        assert sender.may_send(1000)
        sender.sent(n + 1, 0.0)
    assert not sender.may_send(1000)
    sender.receipt(1, 0.1, gap=False)
    assert sender.may_send(1000)


def test_patience_doubles_and_a_receipt_restores_it() -> None:
    sender, now = Sender(0), 0.0
    sender.connected()
    waits = []
    for _ in range(7):
        sender.sent(sender.next, now)
        assert sender.due is not None
        waits.append(sender.due - now)
        now = sender.due
        sender.tick(now)
        assert sender.next == 1
    assert waits == [2, 4, 8, 16, 32, 60, 60]
    sender.sent(1, now)
    sender.receipt(1, now, gap=False)
    sender.sent(2, now)
    assert sender.due == now + 2


def test_a_server_put_back_from_a_backup_gets_again_what_it_lost() -> None:
    sender = Sender(9)
    sender.connected()
    sender.sent(10, 0.0)
    sender.receipt(4, 0.1, gap=True)
    assert (sender.next, sender.confirmed) == (5, 4)
    sender.sent(10, 0.1)
    sender.receipt(4, 0.2, gap=True)
    assert sender.next == 11, "the other receipts of the same gap change nothing"
    sender.receipt(10, 0.3, gap=False)
    assert (sender.next, sender.confirmed) == (11, 10)


def test_a_gap_rewinds_once() -> None:
    sender = Sender(0)
    sender.connected()
    for n in range(1, 6):
        sender.sent(n, 0.0)
    sender.receipt(2, 0.1, gap=True)
    assert sender.next == 3
    sender.sent(3, 0.1)
    sender.receipt(2, 0.2, gap=True)
    assert sender.next == 4, "the other receipts of the same gap change nothing"


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), loss=st.floats(0, 0.5), total=st.integers(1, 120))
def test_everything_arrives_in_order(seed: int, loss: float, total: int) -> None:
    rng, sender, now, received = random.Random(seed), Sender(0), 0.0, 0
    sender.connected()
    for _ in range(5000):
        now += 0.5
        if rng.random() < 0.02:
            sender.disconnected()
            sender.connected()
        sender.tick(now)
        while sender.may_send(total):
            first, last = sender.next, min(sender.next + rng.randrange(3), total)
            sender.sent(last, now)
            if rng.random() < loss:
                continue
            if first <= received + 1:
                received = max(received, last)
            if rng.random() >= loss:
                sender.receipt(received, now, gap=first > received + 1)
        if sender.confirmed == total:
            break
    assert (received, sender.confirmed) == (total, total)


@given(
    offset=st.integers(-(10**9), 10**9),
    trips=st.lists(st.tuples(st.integers(0, 50_000), st.integers(0, 50_000)), min_size=1, max_size=30),
)
def test_the_offset_is_as_wrong_as_it_says_at_most(offset: int, trips: list[tuple[int, int]]) -> None:
    estimate, mono, wall = OffsetEstimate(), 1_000_000, 5_000_000_000
    assert estimate.now(wall, mono) == (0, None)
    for there, back in trips:
        sent = mono
        mono, wall = mono + there + back, wall + there + back
        estimate.learn(sent_mono_us=sent, received_mono_us=mono, server_us=wall - back + offset)
    guess = estimate.now(wall, mono)
    assert guess.error_us is not None
    assert abs(guess.us - offset) <= guess.error_us
    best = min(sum(trip) for trip in trips[-8:])
    assert guess.error_us == best // 2 + 1
    jumped = estimate.now(wall + 3_600_000_000, mono)
    assert wall + guess.us == wall + 3_600_000_000 + jumped.us, "a clock that was set is corrected"
