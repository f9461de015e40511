"""The process that checks signatures: the same answers as here, ready late, lost at any time, never left behind."""

import os
import time
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.intake.checker import WORTH_SENDING, Checker, Signed

KEY = Ed25519PrivateKey.generate()


def signed(count: int) -> list[Signed]:
    """Signatures, every third of them wrong."""
    public = KEY.public_key().public_bytes_raw()
    bodies = [f"body {n}".encode() * 50 for n in range(count)]
    return [(public, KEY.sign(body if n % 3 else b"other"), body) for n, body in enumerate(bodies)]


@pytest.fixture
def checker() -> Iterator[Checker]:
    checker = Checker()
    checker.may_start = True
    yield checker
    checker.close()


def ready(checker: Checker, batch: list[Signed]) -> int:
    """Check until the process answers; give its number."""
    end = time.monotonic() + 20
    while not checker._ready:
        assert time.monotonic() < end
        checker.check(batch)()
        time.sleep(0.05)
    assert checker._child is not None
    return checker._child.pid


def test_same_answers_before_with_and_after_the_process(checker: Checker) -> None:
    batch = signed(WORTH_SENDING * 4)
    truth = [bool(n % 3) for n in range(len(batch))]
    assert checker.check(batch)() == truth
    number = ready(checker, batch)
    first, second = checker.check(batch), checker.check(batch[:40])
    assert (first(), second()) == (truth, truth[:40])
    os.kill(number, 9)
    assert checker.check(batch)() == truth
    assert checker.check(batch)() == truth


def test_it_ends_with_its_input(checker: Checker) -> None:
    ready(checker, signed(WORTH_SENDING))
    child = checker._child
    assert child is not None
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(10) == 0


def test_no_process_unless_it_may(checker: Checker) -> None:
    checker.may_start = False
    assert checker.check(signed(WORTH_SENDING))()[:3] == [False, True, True]
    assert checker._child is None
