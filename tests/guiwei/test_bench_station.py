"""The station's bench: its settings are settings, its figures are of the whole run, and it says what it missed."""

from __future__ import annotations

from pathlib import Path

from edge_agent.settings import load_settings
from guiwei.bench.figures import Result
from guiwei.bench.station import Sample, _reckon, _settings


def samples(rate: float, cores: float, growth: float, lag_ms: float = 20.0) -> list[Sample]:
    return [
        Sample(
            at=100 + 10.0 * n,
            told_at=98 + 10.0 * n,
            cpu_s=7 + 10 * cores * n,
            rss_mb=50 + growth * n,
            reads={"llrp": round(11000 * rate * n), "m100": 4000 * n},
            lag_ms=lag_ms,
        )
        for n in range(4)
    ]


def test_its_settings_are_a_stations(tmp_path: Path) -> None:
    settings = load_settings(_settings(tmp_path, "llrp://localhost:5084"))
    assert [door.readers for door in settings.doors] == [["llrp"], ["m100"]]


def test_a_station_that_keeps_up_misses_nothing() -> None:
    result = Result("station", 3)
    _reckon(result, samples(rate=1.0, cores=0.2, growth=0.1))
    assert result.misses == []
    assert result.figures["llrp_reads"]["value"] == 1100
    assert result.figures["cpu"]["value"] == 0.2


def test_what_is_missed_is_named() -> None:
    result = Result("station", 3)
    _reckon(result, samples(rate=0.9, cores=0.6, growth=3.0, lag_ms=900))
    missed = " ".join(result.misses)
    assert len(result.misses) == 4
    for name in ("llrp_reads_to_asked", "half_a_core_to_cpu", "rss_bound_to_end", "lag_bound_to_worst"):
        assert name in missed
