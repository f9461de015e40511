"""One child process of a world: started with its own log, stopped by pid, killed, paused and resumed."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from guiwei.drill.nursery import Forked


class ProcessError(RuntimeError):
    """A part of the world did not start or did not stay up; the text ends with the last lines of its log."""


GUIWEI = "guiwei"


class Process:
    """A program that a world runs; `start` may be called again after `kill`.

    A command that begins with the word `guiwei` is forked from the nursery, any other is executed.
    """

    def __init__(self, name: str, command: list[str], log: Path, env: dict[str, str] | None = None) -> None:
        self.name = name
        self.command = command
        self.log = log
        self.env = env
        self.child: subprocess.Popen[bytes] | Forked | None = None

    @property
    def alive(self) -> bool:
        """Say whether the program is running (a paused one is)."""
        return self.child is not None and self.child.poll() is None

    def start(self) -> None:
        """Start the program; its output goes to the end of the log."""
        if self.alive:
            return
        if self.command[0] == GUIWEI:
            self.child = Forked(self.command[1:], self.log, self.env)
            return
        with self.log.open("ab") as out:
            self.child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.env, start_new_session=True
            )

    def kill(self) -> None:
        """Kill -9, as a power cut would."""
        self._signal(signal.SIGKILL)
        if self.child is not None:
            self.child.wait(10)

    def stop(self, seconds: float = 4.0) -> None:
        """Ask to stop, and kill what does not within `seconds`."""
        if self.child is None:
            return
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def pause(self) -> None:
        """Stop the program in its tracks."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused program go on."""
        self._signal(signal.SIGCONT)

    def check(self) -> None:
        """Raise ProcessError when the program is not running."""
        if not self.alive:
            code = self.child.returncode if self.child is not None else "never started"
            raise ProcessError(f"{self.name} is not running (exit {code}):\n{self.tail()}")

    def tail(self, lines: int = 12) -> str:
        """Give the last lines of the log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _signal(self, number: int) -> None:
        if self.child is not None and self.child.poll() is None:
            os.kill(self.child.pid, number)


def wait_until(what: str, seconds: float, done: Callable[[], bool], part: Process | None = None) -> None:
    """Wait until `done()` is true; raises ProcessError naming `what` after `seconds`, or at once when `part` died."""
    end = time.monotonic() + seconds
    while not done():
        if part is not None:
            part.check()
        if time.monotonic() > end:
            tail = f":\n{part.tail()}" if part is not None else ""
            raise ProcessError(f"{what} did not happen within {seconds:.0f} s{tail}")
        time.sleep(0.01)
