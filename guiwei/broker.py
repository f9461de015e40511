"""Run Mosquitto on generated files, and have it read them again when the server has changed its lists.

1. Mosquitto 2 reads its revocation list, access list and certificates again on SIGHUP: sessions stay, a revoked
   certificate opens no new one, and the access list holds at once for those that are open.
2. It is not told to read what could not be written: with an access list it cannot read, it denies nobody anything.
"""

import os
import pwd
import signal
import stat
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


def account_of(run_as: str) -> str | None:
    """Give the account a broker runs as; '' is whoever starts it, None one that has no name (in a container)."""
    try:
        return run_as or pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return None


def unreadable(account: str | None, files: Iterable[Path]) -> list[Path]:
    """Give the files that the broker, once it has given up being root, cannot read.

    KeyError: there is no such account; FileNotFoundError: no such file.
    """
    found = [(path, path.stat()) for path in files]
    if os.geteuid() != 0 or account is None:
        return [path for path, _ in found if not os.access(path, os.R_OK)]
    user = pwd.getpwnam(account)
    groups = set(os.getgrouplist(account, user.pw_gid))
    return [path for path, file in found if user.pw_uid != 0 and not _may_read(file, user.pw_uid, groups)]


def _may_read(file: os.stat_result, user: int, groups: set[int]) -> bool:
    if file.st_uid == user:
        return bool(file.st_mode & stat.S_IRUSR)
    return bool(file.st_mode & (stat.S_IRGRP if file.st_gid in groups else stat.S_IROTH))


def _look(files: Iterable[Path]) -> tuple[tuple[int, int, int] | None, ...]:
    return tuple(_stamp(path) for path in files)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Tell one state of a file from another; None while it is not there."""
    try:
        known = path.stat()
    except OSError:
        return None
    return known.st_ino, known.st_mtime_ns, known.st_size
