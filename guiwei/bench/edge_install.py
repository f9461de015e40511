"""What a station takes: an environment with the extra `edge` alone, its size on disk, and how soon it stands.

A real environment from the lock file, a real broker, and the agent as a process of its own, from its start to the
moment it is connected. The reference is how long that environment's bare Python takes to start and end.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.state import read_state
from guiwei.bench.figures import Result, figure, say
from guiwei.drill.broker import broker, start_broker
from guiwei.drill.process import ProcessError

ROOT = Path(__file__).resolve().parents[2]
STATION = "a"
LONGEST_S = 30.0
SERVERS = ("fastapi", "uvicorn", "sqlmodel", "sqlalchemy", "alembic", "jinja2", "nacl", "structlog", "cv2", "PIL")
"""Modules of the server, of labels and of the camera: none of them may be there."""

SETTINGS = """\
[station]
name = "{name}"
site = "bench"
data = "{folder}/data"
state = "{folder}/state.json"
key_file = "{folder}/station.key"
server_key = "{key}"
server_pin_key = "{key}"
[broker]
port = {port}
password_file = "{folder}/password"
"""


def build(folder: Path) -> Path:
    """Build an environment from the lock file with the extra `edge` only; gives its `guiwei`."""
    uv = shutil.which("uv")
    if uv is None:
        raise ProcessError("uv is not on the PATH; start this by ./run")
    told = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(folder)}  # noqa: TID251 - handed on to a child
    told.pop("VIRTUAL_ENV", None)
    words = [uv, "sync", "--locked", "--no-default-groups", "--extra", "edge", "--project", str(ROOT), "--quiet"]
    subprocess.run(words, env=told, check=True)
    return folder / "bin" / "guiwei"


def megabytes(folder: Path) -> float:
    """Give how much an environment takes on disk; what is linked from a cache is counted as if it were copied."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6


def strangers(guiwei: Path) -> list[str]:
    """Name the modules of the server that can be imported in an environment."""
    script = f"import importlib.util as u; print(*[n for n in {SERVERS} if u.find_spec(n)])"
    words = [str(guiwei.with_name("python")), "-c", script]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()


@contextmanager
def cabinet(folder: Path) -> Iterator[Path]:
    """Give the settings of a station without devices, and a broker that it can reach."""
    folder.mkdir(parents=True, exist_ok=True)
    process, port = broker(folder, {STATION: "word"})
    start_broker(process, port)
    try:
        (folder / "password").write_text("word")
        (folder / "station.key").write_text(Ed25519PrivateKey.generate().private_bytes_raw().hex())
        settings = folder / "station.toml"
        settings.write_text(SETTINGS.format(name=STATION, folder=folder, key="ab" * 32, port=port))
        yield settings
    finally:
        process.stop()


def start_and_stop(guiwei: Path, settings: Path) -> tuple[float, float]:
    """Start a station and stop it once it is connected; gives seconds until then, and its memory in MB."""
    state = settings.with_name("state.json")
    state.unlink(missing_ok=True)
    began = time.monotonic()
    agent = subprocess.Popen([guiwei, "edge", "run", settings], stderr=subprocess.DEVNULL)
    try:
        while read_state(state).get("link") != "up":
            if agent.poll() is not None or time.monotonic() > began + LONGEST_S:
                raise ProcessError(f"the station does not stand: {read_state(state)}")
            time.sleep(0.005)
        took = time.monotonic() - began
        pages = int(Path(f"/proc/{agent.pid}/statm").read_text().split()[1])
        return took, pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    finally:
        agent.terminate()
        agent.wait(10)


def measure(runs: int) -> Result:
    """Build the environment once, and start a station in it so many times."""
    result = Result("edge-install", runs)
    with tempfile.TemporaryDirectory(prefix="guiwei-bench-") as name:
        folder = Path(name)
        say("building an environment with the extra edge")
        guiwei = build(folder / "venv")
        if found := strangers(guiwei):
            result.misses.append(f"the environment holds what a station does not need: {', '.join(found)}")
        result.figures["size on disk"] = figure([megabytes(folder / "venv")], "MB")
        with cabinet(folder / "cabinet") as settings:
            start_and_stop(guiwei, settings)  # compiles
            say(f"starting a station {runs} times")
            took = [start_and_stop(guiwei, settings) for _ in range(runs)]
        result.figures["size on disk, compiled"] = figure([megabytes(folder / "venv")], "MB")
        result.figures["start until connected"] = figure([seconds for seconds, _ in took], "s")
        result.figures["memory when connected"] = figure([memory for _, memory in took], "MB")
        result.reference["python -c pass"] = figure([_bare(guiwei) for _ in range(runs)], "s")
    return result


def _bare(guiwei: Path) -> float:
    began = time.monotonic()
    subprocess.run([guiwei.with_name("python"), "-c", "pass"], check=True)
    return time.monotonic() - began
