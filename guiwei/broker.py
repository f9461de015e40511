"""Run Mosquitto on generated files, and have it read them again when the server has changed its lists.

1. Mosquitto 2 reads its revocation list, access list and certificates again on SIGHUP: sessions stay, a revoked
   certificate opens no new one, and the access list holds at once for those that are open.
2. It is not told to read what could not be written: with an access list it cannot read, it denies nobody anything.
"""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from guiwei.doctor import find_program

LOOK_S = 2.0


def run_broker(write: Callable[[], Path], watched: Iterable[Path]) -> int:
    """Run the broker on the configuration that `write` writes, until told to stop; gives its exit code.

    When a watched file changes, all is written again and the broker reads it. FileNotFoundError: no Mosquitto here.
    """
    files = tuple(watched)
    program = find_program("mosquitto")
    if program is None:
        raise FileNotFoundError("mosquitto is not installed; guiwei doctor says how to get it")
    seen = _look(files)
    child = subprocess.Popen([program, "-c", str(write())])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: child.terminate())
    while True:
        try:
            return child.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            now = _look(files)
        if now == seen:
            continue
        try:
            write()
        except (OSError, ValueError) as error:
            sys.stderr.write(f"guiwei: the broker keeps its lists: {error}\n")
            continue
        seen = now
        child.send_signal(signal.SIGHUP)


def _look(files: Iterable[Path]) -> tuple[tuple[int, int, int] | None, ...]:
    return tuple(_stamp(path) for path in files)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Tell one state of a file from another; None while it is not there."""
    try:
        known = path.stat()
    except OSError:
        return None
    return known.st_ino, known.st_mtime_ns, known.st_size
