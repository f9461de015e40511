"""One station at the pace of fast readers: an LLRP reader's 1,100 tags a second and an M100's 400 at its line's speed.

The station is a process of its own, on emulated devices and with no server, as it must be able to. Two doors are shut
and watched all the time. What it took is what it says itself (`load` of its state), beside what the readers sent.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from edge_agent.emulators.llrp import LlrpEmulator
from edge_agent.emulators.lock8a import Lock8AEmulator
from edge_agent.emulators.m100 import M100Emulator
from edge_agent.state import read_state
from guiwei.bench.figures import Result, figure, say

LLRP_RATE, M100_RATE = 1100.0, 400.0
LLRP_TAGS, M100_TAGS = 200, 100
BAUD = 115_200
NOTICE_BITS = 10 * 24
"""Bits of one M100 tag notice on the line, start and stop bits included."""
WARM_UP_S = 10.0
WINDOWS = 12
"""Parts of the run that figures are taken from; fewer in a short one, none shorter than `WINDOW_S`."""
WINDOW_S = 10.0
MOST_CORES = 0.5
LEAST_RATE = 0.99
MOST_GROWTH = 1.1
MOST_LAG_MS = 500.0
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Sample:
    """What the station had used and taken at one moment."""

    at: float
    told_at: float
    cpu_s: float
    rss_mb: float
    reads: dict[str, int]
    lag_ms: float


@dataclass(slots=True)
class Stage:
    """The station and its readers."""

    pid: int
    state: Path
    samples: list[Sample] = field(default_factory=list)

    def sample(self) -> Sample:
        """Take one sample."""
        used = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        resident = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE / 1e6
        load = read_state(self.state)["load"]
        cpu_s = (int(used[11]) + int(used[12])) / TICKS
        return Sample(time.monotonic(), load["at_s"], cpu_s, resident, load["reads"], load["lag_ms"])


def measure(minutes: float) -> Result:
    """Let the station run so long at full pace."""
    windows = max(3, min(WINDOWS, int(minutes * 60 / WINDOW_S)))
    result = Result("station", windows)
    with _stage() as stage:
        _wait(stage)
        time.sleep(WARM_UP_S)
        samples = [stage.sample()]
        for n in range(windows):
            time.sleep(minutes * 60 / windows)
            samples.append(stage.sample())
            say(f"{n + 1} of {windows}: {samples[-1].rss_mb:.0f} MB, lag {samples[-1].lag_ms:.0f} ms")
    _reckon(result, samples)
    return result


@contextmanager
def _stage() -> Iterator[Stage]:
    if M100_RATE * NOTICE_BITS > BAUD:
        raise ValueError(f"{M100_RATE} notices a second do not fit a line of {BAUD} baud")
    folder = Path(tempfile.mkdtemp(prefix="guiwei-bench-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        llrp = stack.enter_context(closing(LlrpEmulator(per_second=LLRP_RATE, burst_s=0.0)))
        m100 = stack.enter_context(closing(M100Emulator(folder / "m100", per_second=M100_RATE)))
        stack.enter_context(closing(Lock8AEmulator(folder / "lock", contacts={1: 13, 2: 14})))
        for n in range(LLRP_TAGS):
            llrp.put(f"E2000000000000000001{n:04X}", antenna=n % 4 + 1)
        for n in range(M100_TAGS):
            m100.put(f"E2000000000000000002{n:04X}")
        agent = subprocess.Popen(
            [sys.executable, "-m", "guiwei", "edge", "run", str(_settings(folder, llrp.url))], stderr=subprocess.DEVNULL
        )
        stack.callback(agent.wait, 10)
        stack.callback(agent.terminate)
        yield Stage(agent.pid, folder / "state.json")


def _settings(folder: Path, llrp: str) -> Path:
    (folder / "station.key").write_text(Ed25519PrivateKey.generate().private_bytes_raw().hex())
    server = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    pin = X25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    text = f"""
[station]
name = "a"
site = "bench"
data = "{folder}/data"
state = "{folder}/state.json"
key_file = "{folder}/station.key"
server_key = "{server}"
server_pin_key = "{pin}"
[broker]
port = 1
"""
    for name, family, port in (
        ("lock", "lock8a", f"{folder}/lock"),
        ("llrp", "llrp", llrp),
        ("m100", "m100", f"{folder}/m100"),
    ):
        text += f'[[devices]]\nname = "{name}"\nfamily = "{family}"\nport = "{port}"\n'
    for door, reader in ((1, "llrp"), (2, "m100")):
        text += f'[[doors]]\ndoor = {door}\nlock = {{ device = "lock", channel = {door} }}\n'
        text += f'contact = {{ device = "lock", channel = {12 + door} }}\nreaders = ["{reader}"]\n'
    path = folder / "station.toml"
    path.write_text(text)
    return path


def _wait(stage: Stage) -> None:
    """Wait until both doors are settled for the first time."""
    until = time.monotonic() + 30
    while read_state(stage.state).get("busy", True):
        if time.monotonic() > until:
            raise TimeoutError("the station does not come to rest")
        time.sleep(0.1)


def _reckon(result: Result, samples: list[Sample]) -> None:
    pairs = list(pairwise(samples))
    cores = [(after.cpu_s - before.cpu_s) / (after.at - before.at) for before, after in pairs]
    memory = [sample.rss_mb for sample in samples]
    result.figures["cpu"] = figure(cores, "cores")
    result.figures["rss_start"] = figure(memory[:1], "MB")
    result.figures["rss_end"] = figure(memory[-1:], "MB")
    result.figures["rss_max"] = figure([max(memory)], "MB")
    result.figures["lag"] = figure([sample.lag_ms for sample in samples], "ms")
    seconds = samples[-1].told_at - samples[0].told_at
    for name, asked in (("llrp", LLRP_RATE), ("m100", M100_RATE)):
        rates = [(b.reads[name] - a.reads[name]) / (b.told_at - a.told_at) for a, b in pairs]
        whole = (samples[-1].reads[name] - samples[0].reads[name]) / seconds
        result.figures[f"{name}_reads"] = {**figure(rates, "1/s"), "value": round(whole, 1)}
        result.reference[f"{name}_asked"] = figure([asked], "1/s")
        result.need(f"{name}_reads_to_asked", whole / asked, LEAST_RATE)
    result.need("half_a_core_to_cpu", MOST_CORES / max(sum(cores) / len(cores), 1e-9), 1.0)
    result.need("rss_bound_to_end", MOST_GROWTH * memory[0] / memory[-1], 1.0)
    result.need("lag_bound_to_worst", MOST_LAG_MS / max(1.0, *(sample.lag_ms for sample in samples)), 1.0)
