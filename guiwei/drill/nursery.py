"""Starts guiwei commands quickly: each is forked from a process that has imported their modules already.

What runs is the same command line in a process of its own, with its own session, environment and log; only the second
of importing is saved, twice per story. The nursery is the standard library's fork server and ends with this process.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from multiprocessing.context import ForkServerProcess
from pathlib import Path

MODULES = (
    "server.bootstrap", "server.cli", "server.service.oversight.sheets", "server.web.app", "server.web.serving",
    "server.intake.consumer", "server.sweep.overdue", "server.sweep.silent", "server.sweep.sweeper",
    "server.sweep.telling", "edge_agent.cli", "edge_agent.station", "edge_agent.devices.m100",
    "edge_agent.devices.lock8a", "edge_agent.devices.rdm6300", "edge_agent.devices.barcode_serial",
)  # fmt: skip

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(list(MODULES))


class Forked:
    """A guiwei command at work; speaks as far as a drill needs it like `subprocess.Popen`."""

    def __init__(self, words: list[str], log: Path, env: dict[str, str] | None) -> None:
        inherited = dict(os.environ) if env is None else env  # noqa: TID251  a child's own
        self._process: ForkServerProcess = _context.Process(target=_become, args=(words, log, inherited))
        try:
            self._process.start()
        except OSError as error:
            folder = tempfile.gettempdir()
            raise OSError(f"cannot fork: {error}; TMPDIR ({folder}) may be too long for a socket's path") from None
        self.pid: int = self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """How it ended: its exit code, the signal as a negative number, None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Look whether it has ended."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("guiwei", timeout or 0)
        return self._process.exitcode


def _become(words: list[str], log: Path, env: dict[str, str]) -> None:
    """Be the command line from here on."""
    os.setsid()
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, out), (2, out)):
        os.dup2(source, target)
    os.environ.clear()  # noqa: TID251  a child's own
    os.environ.update(env)  # noqa: TID251  a child's own
    sys.argv = ["guiwei", *words]
    from guiwei.cli import app

    app(words)
