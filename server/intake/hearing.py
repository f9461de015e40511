"""The intake's end of its ear: start it, start it again when it is lost, hear from it, tell it what to do."""

import contextlib
import fcntl
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import BinaryIO, Final

import structlog

from server.intake.wire import (
    PIPE_BYTES,
    Acknowledge,
    Broker,
    Keys,
    Lost,
    News,
    Publish,
    ToEar,
    has_frame,
    news,
    read_frame,
    write_frame,
)

_COMMAND: Final = "from server.intake.ear import serve; serve()"
_AGAIN_SECONDS: Final = 1.0
_LEAVE_SECONDS: Final = 5.0

log = structlog.get_logger(__name__)


class Hearing:
    """One ear at a time; used by one thread."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._ear: subprocess.Popen[bytes] | None = None
        self._keys: dict[str, bytes] = {}

    def next(self, seconds: float, most: int) -> list[News]:
        """Take what has been heard, `most` messages or a few more; waits at most so long for the first."""
        found: list[News] = []
        try:
            ear = self._ear or self._start()
            while len(found) < most and has_frame(_of(ear.stdout), 0 if found else seconds):
                heard = read_frame(_of(ear.stdout), news)
                found += heard
        except (OSError, EOFError) as error:
            found.append(self._lose(error))
        return found

    def acknowledge(self, connection: int, mids: list[int]) -> None:
        """Acknowledge messages, in this order."""
        self._tell(Acknowledge(connection, mids))

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish a message of QoS 1."""
        self._tell(Publish(topic, payload))

    def know(self, keys: Mapping[str, bytes]) -> None:
        """Tell which keys are in force, if the ear does not know that yet."""
        if keys != self._keys:
            self._keys = dict(keys)
            self._tell(Keys(self._keys))

    def close(self) -> None:
        """End the ear; it takes leave of the broker."""
        ear, self._ear = self._ear, None
        if ear is None:
            return
        for stream in (ear.stdin, ear.stdout):
            with contextlib.suppress(OSError):
                _of(stream).close()
        try:
            ear.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            ear.kill()
            ear.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        self._ear = ear = subprocess.Popen(
            [sys.executable, "-c", _COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # what is read ahead here could not be waited for
            start_new_session=True,  # what is typed at the terminal is for the intake
        )
        with contextlib.suppress(OSError):  # a batch is what is there to be read: with 64 KiB a tenth less is taken
            fcntl.fcntl(_of(ear.stdout), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._tell(self._broker)
        self._tell(Keys(self._keys))
        return ear

    def _tell(self, what: ToEar) -> None:
        if self._ear is not None:  # else it is being started again, and whatever it should do would be too late
            with contextlib.suppress(OSError):  # it is gone: reading says so
                write_frame(_of(self._ear.stdin), what)

    def _lose(self, error: Exception) -> Lost:
        code = None if self._ear is None else self._ear.poll()
        log.error("ear_lost", error=repr(error), code=code)
        self.close()
        time.sleep(_AGAIN_SECONDS)
        return Lost("the ear is lost")


def _of(stream: object) -> BinaryIO:
    if stream is None:
        raise OSError("the ear has no such end")
    return stream  # type: ignore[return-value]
