"""Durations and moments are read exactly, and what is neither is refused."""

from datetime import datetime, timedelta, timezone

import pytest

from guiwei.drill.times import duration_us, moment_us


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("10s", 10_000_000),
        ("5m", 300_000_000),
        ("1h30m", 5_400_000_000),
        ("2d", 172_800_000_000),
        ("250ms", 250_000),
        ("1.5s", 1_500_000),
        ("-90s", -90_000_000),
        ("+1m", 60_000_000),
        (3, 3_000_000),
        (0.5, 500_000),
        (-2, -2_000_000),
    ],
)
def test_duration(text: str | float, us: int) -> None:
    assert duration_us(text) == us


@pytest.mark.parametrize("text", ["", "-", "10", "10 s", "s", "1w", "10sec", "1h-5m"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration; write 10s"):
        duration_us(text)


def test_moment_counts_from_1970_whatever_its_offset() -> None:
    assert moment_us("1970-01-01T08:00:00+08:00") == 0
    assert moment_us("2026-03-02T09:00:00+08:00") == moment_us("2026-03-02T01:00:00Z")
    assert moment_us(datetime(1970, 1, 1, 8, 0, 1, tzinfo=timezone(timedelta(hours=8)))) == 1_000_000


def test_a_moment_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="has no offset"):
        moment_us("2026-03-02T09:00:00")


def test_what_is_no_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="noon"):
        moment_us("noon")
