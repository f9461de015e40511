"""A cabinet in the air: tags, antennas and what is between them, as a link budget in decibels. No estimator knows this.

1. A tag answers an antenna when its margin, shadowing and the fading of the moment leave more than nothing.
2. Shadowing belongs to the tag, to the antenna and to the pair of both; hands behind an open door redraw part of it.
3. Fading (Rayleigh) holds for one hop of the reader's frequency: misses close in time come together.
4. Tags that stand behind the neighbour's door, or are held outside, are there too, behind so many decibels of steel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TAG_DB, PAIR_DB, ANTENNA_DB = 2.5, 2.5, 1.0
"""Standard deviations of the shadowing that belongs to a tag, to a tag at an antenna, to an antenna."""
STEEL_DB, STEEL_SPREAD_DB = 24.0, 3.0
FAR_ANTENNA_DB = 6.0
ELSEWHERE_MOVED = 0.05
"""Share of the tags elsewhere that somebody else moves meanwhile."""
HOP_S = 0.2
SENSITIVITY_DBM = -72.0
ROUND_S = 0.004
"""What a round takes besides its reads."""

Floats = NDArray[np.float64]


class Read(NamedTuple):
    """One read: when, which tag, by which antenna, how strongly."""

    at: float
    tag: int
    antenna: int
    rssi: float


class Round(NamedTuple):
    """One round of one antenna: when each tag was read, which tags, how strongly."""

    at: float
    antenna: int
    times: Floats
    tags: NDArray[np.int64]
    rssi: Floats


@dataclass
class Air:
    """All tags around one door; `inside` says which stand behind it, `near` which can be heard at all."""

    rng: np.random.Generator
    tags: int
    antennas: int
    margin_db: float
    per_second: float
    inside: NDArray[np.bool_] = field(init=False)
    near: NDArray[np.bool_] = field(init=False)
    _own: Floats = field(init=False)
    _pair: Floats = field(init=False)
    _common: Floats = field(init=False)
    _steel: Floats = field(init=False)
    _fade: Floats = field(init=False)
    _next_hop: float = 0.0
    now: float = 0.0

    def __post_init__(self) -> None:
        n, a = self.tags, self.antennas
        self._own = self.rng.normal(0, TAG_DB, n)
        self._pair = self.rng.normal(0, PAIR_DB, (n, a))
        side = self.rng.integers(0, a, n)
        self._side = np.where(np.arange(a)[None, :] == side[:, None], 0.0, -FAR_ANTENNA_DB)
        self._common = self.rng.normal(0, ANTENNA_DB, a)
        self._steel = np.zeros(n)
        self.inside = np.ones(n, dtype=bool)
        self.near = np.ones(n, dtype=bool)

    def shadow(self) -> Floats:
        """Give each tag's mean margin at each antenna."""
        tag, antenna = self._own - self._steel, self._common
        return self.margin_db + self._pair + self._side + tag[:, None] + antenna[None, :]

    def put_outside(self, tags: NDArray[np.int64], *, near: bool) -> None:
        """Take tags out: into a hand or a neighbour's cabinet, or far away; they lie anew there."""
        self.inside[tags] = False
        self._pair[tags] = self.rng.normal(0, PAIR_DB, (len(tags), self.antennas))
        self.near[tags] = near
        self._steel[tags] = np.maximum(self.rng.normal(STEEL_DB, STEEL_SPREAD_DB, len(tags)), 6.0)

    def put_inside(self, tags: NDArray[np.int64]) -> None:
        """Bring tags back, lying anew."""
        self.inside[tags], self.near[tags], self._steel[tags] = True, True, 0.0
        self._pair[tags] = self.rng.normal(0, PAIR_DB, (len(tags), self.antennas))

    def rummage(self, share: float) -> None:
        """Let hands move a share of the tags, some only a little; the antennas see another picture, too."""
        moved = np.flatnonzero(self.rng.random(self.tags) < np.where(self.inside, share, ELSEWHERE_MOVED))
        keep = self.rng.random(len(moved))[:, None] ** 2
        fresh = self.rng.normal(0, PAIR_DB, (len(moved), self.antennas))
        self._pair[moved] = keep * self._pair[moved] + np.sqrt(1 - keep**2) * fresh
        turn = self.rng.normal(0, TAG_DB, len(moved))
        self._own[moved] = keep[:, 0] * self._own[moved] + np.sqrt(1 - keep[:, 0] ** 2) * turn
        self._common = 0.7 * self._common + np.sqrt(1 - 0.49) * self.rng.normal(0, ANTENNA_DB, self.antennas)

    def listen(self, seconds: float) -> Iterator[list[Read]]:
        """Read for so long, one list for each antenna's round."""
        for one in self.rounds(seconds):
            rows = zip(one.times.tolist(), one.tags.tolist(), one.rssi.tolist(), strict=True)
            yield [Read(at, tag, one.antenna, strength) for at, tag, strength in rows]

    def rounds(self, seconds: float) -> Iterator[Round]:
        """Read for so long, round by round, the antennas in turn."""
        until, antenna = self.now + seconds, 0
        mean = self.shadow()
        while self.now < until:
            if self.now >= self._next_hop:
                self._fade = 10 * np.log10(self.rng.exponential(1.0, (self.tags, self.antennas)) + 1e-12)
                self._next_hop = self.now + HOP_S
            margin = mean[:, antenna] + self._fade[:, antenna]
            order = np.flatnonzero((margin > 0) & self.near)
            self.rng.shuffle(order)
            rssi = SENSITIVITY_DBM + margin[order] + self.rng.normal(0, 0.7, len(order))
            times = self.now + np.arange(1, len(order) + 1) / self.per_second
            yield Round(self.now, antenna, times, order, rssi)
            self.now += len(order) / self.per_second + ROUND_S
            antenna = (antenna + 1) % self.antennas


def margin_for(rate: float, seed: int = 1) -> float:
    """Find the margin at which the antenna a tag lies before reads it in a round with this chance, on the mean."""
    rng = np.random.default_rng(seed)
    spread = float(np.hypot(np.hypot(TAG_DB, PAIR_DB), ANTENNA_DB))
    shadow, low, high = rng.normal(0, spread, 100_000), -20.0, 60.0
    for _ in range(40):
        middle = (low + high) / 2
        read = np.exp(-(10 ** (-(shadow + middle) / 10))).mean()
        low, high = (middle, high) if read < rate else (low, middle)
    return high
