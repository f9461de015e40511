"""Loopback ports for programs that drills and tests start: nobody else gets one, not even while its program is down.

The kernel hands out the ports of its ephemeral range, to outgoing connections and to whoever binds to any port; so ours
lie outside. Against each other, every process claims a stretch of ports for its life: the name of an abstract Unix
socket, which the kernel gives back when the process is gone.
"""

import itertools
import os
import random
import socket
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
USUAL = (32768, 60999)
"""The ephemeral range where nothing else is set."""
FIRST, LAST = 15000, 32000
STRETCH = 200

_turn = threading.Lock()


class NoPortError(OSError):
    """No port can be given; the text says which are used up."""


def free_port() -> int:
    """Give a loopback port that nobody listens on and nobody else will be given (NoPortError: all are in use).

    A process that asks more than STRETCH times is given its first ones again, those on which nobody listens then.
    """
    with _turn:
        ports = _stretch(os.getpid())
        for port in itertools.islice(ports, STRETCH):
            if _is_free(port):
                return port
    raise NoPortError(f"all {STRETCH} loopback ports of this process are in use; stop what listens on them")


def beginnings(low: int, high: int) -> range:
    """Give where stretches may begin: below the ephemeral range low to high, else above it, else inside."""
    for first, end in ((FIRST, min(LAST, low)), (high + 1, 65536)):
        if found := range(first, end - STRETCH + 1, STRETCH):
            return found
    return range(FIRST, LAST - STRETCH + 1, STRETCH)


def ephemeral_range(path: Path = EPHEMERAL) -> tuple[int, int]:
    """Read the first and the last port that the kernel hands out by itself."""
    try:
        low, high = map(int, path.read_text("ascii").split())
    except OSError:
        return USUAL
    return low, high


@cache
def _stretch(_process: int) -> Iterator[int]:
    """Claim a stretch for this process; its ports in turn, for ever (a forked child, another process, has its own)."""
    possible = beginnings(*ephemeral_range())
    for begin in random.sample(possible, len(possible)):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0guiwei-ports-{begin}")
        except OSError:  # another process has it
            claim.close()
        else:
            claim.detach()  # open until the process ends
            return itertools.cycle(range(begin, begin + STRETCH))
    raise NoPortError(
        f"all {len(possible)} stretches of loopback ports are claimed; end some of the processes that ask"
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
