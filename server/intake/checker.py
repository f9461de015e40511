"""Check signatures beside the intake, in a process of its own: they cost half of all there is to do with an event.

Started when a batch is first large enough to be worth it; ends when its input does, and so never outlives the intake,
however that ends. Until it is ready, and if it is lost, signatures are checked here: slower, never less.
"""

import contextlib
import fcntl
import os
import select
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import BinaryIO, Final

import msgspec
import structlog
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError
from nacl.exceptions import ValueError as SodiumValueError

WORTH_SENDING: Final = 32
"""Signatures; fewer are checked before another process has heard of them."""
PIPE_BYTES: Final = 1 << 20
"""What a pipe holds: a batch of 500 messages is about 350 kB."""
_COMMAND: Final = "from server.intake.checker import serve; serve()"
_LENGTH: Final = struct.Struct("!I")
_READY: Final = b"R"

Signed = tuple[bytes, bytes, bytes]
"""A public key (32 bytes), a signature and the bytes it should cover."""

log = structlog.get_logger(__name__)


class Checker:
    """Checks signatures by the batch; used by one thread. It starts its process only if it `may_start` one."""

    def __init__(self) -> None:
        self.may_start = False
        self._child: subprocess.Popen[bytes] | None = None
        self._ready = False

    def check(self, signed: Sequence[Signed]) -> Callable[[], list[bool]]:
        """Begin to check; what is returned waits for the answers, in the same order as the calls."""
        if self.may_start and len(signed) >= WORTH_SENDING and self._is_ready():
            try:
                _write(self._stream("stdin"), msgspec.msgpack.encode(signed))
                return lambda: self._answers(signed)
            except OSError as error:
                self._lose(error)
        return lambda: check_here(signed)

    def close(self) -> None:
        """End the process."""
        child, self._child, self._ready = self._child, None, False
        if child is None:
            return
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        child.kill()
        child.wait()

    def _is_ready(self) -> bool:
        if self._child is None:
            self._child = subprocess.Popen(
                [sys.executable, "-c", _COMMAND],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # what is typed at the terminal is for the intake
            )
            with contextlib.suppress(OSError):  # as large as it may be: a batch is not to wait until it is read
                fcntl.fcntl(self._stream("stdin"), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        if not self._ready:
            output = self._stream("stdout")
            self._ready = bool(select.select([output], [], [], 0)[0]) and output.read(1) == _READY
        return self._ready

    def _answers(self, signed: Sequence[Signed]) -> list[bool]:
        if self._child is not None:
            try:
                answers = _exactly(self._stream("stdout"), len(signed))
                return [answer == 1 for answer in answers]
            except (OSError, EOFError) as error:
                self._lose(error)
        return check_here(signed)

    def _stream(self, name: str) -> BinaryIO:
        stream = getattr(self._child, name)
        if stream is None:
            raise OSError(f"the checker has no {name}")
        return stream  # type: ignore[no-any-return]

    def _lose(self, error: Exception) -> None:
        log.error("signature_checker_lost", error=repr(error))
        self.close()


def check_here(signed: Sequence[Signed]) -> list[bool]:
    """Check signatures in this process."""
    return [_is_good(*one) for one in signed]


def serve() -> None:
    """Answer batches on standard input, one byte for each signature, until there are no more."""
    source, sink = os.fdopen(0, "rb"), os.fdopen(1, "wb", buffering=0)
    sink.write(_READY)
    decoder = msgspec.msgpack.Decoder(list[Signed])
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            (length,) = _LENGTH.unpack(_exactly(source, _LENGTH.size))
            sink.write(bytes(check_here(decoder.decode(_exactly(source, length)))))


def _is_good(key: bytes, signature: bytes, body: bytes) -> bool:
    """Check one signature with libsodium: 57 µs, where OpenSSL takes 117."""
    try:
        crypto_sign_open(signature + body, key)
    except (BadSignatureError, SodiumValueError):
        return False
    return True


def _write(sink: BinaryIO, data: bytes) -> None:
    sink.write(_LENGTH.pack(len(data)) + data)
    sink.flush()


def _exactly(source: BinaryIO, count: int) -> bytes:
    data = source.read(count)
    if len(data) < count:
        raise EOFError("the other side is gone")
    return data
