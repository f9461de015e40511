"""What the intake and its ear say to each other, over the ear's standard input and output.

A frame is its length (4 bytes, big-endian) and that many bytes of MessagePack. What the ear sends is news in the order
it came; the first thing it is sent is whom to call.
"""

import select
import struct
from typing import BinaryIO, Final, TypeVar

import msgspec

from server.intake.batch import Opened

PIPE_BYTES: Final = 1 << 20
"""What a pipe is asked to hold: several hundred messages."""
_LENGTH: Final = struct.Struct("!I")

T = TypeVar("T")


class _Said(msgspec.Struct, frozen=True, tag=True, array_like=True):
    pass


class Broker(_Said, frozen=True):
    """How to reach the broker, by password (one machine) or certificate; `window` messages may wait unacknowledged."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""
    window: int = 6000


class Keys(_Said, frozen=True):
    """The stations' keys in force, 32 bytes each, by name."""

    keys: dict[str, bytes]


class Acknowledge(_Said, frozen=True):
    """Acknowledge these messages, in this order, if the connection they came on is still the one."""

    connection: int
    mids: list[int]


class Publish(_Said, frozen=True):
    """Publish a message of QoS 1."""

    topic: str
    payload: bytes


ToEar = Broker | Keys | Acknowledge | Publish


class Joined(_Said, frozen=True):
    """The broker took the connection; it does or does not remember the session before."""

    remembered: bool


class Listening(_Said, frozen=True):
    """The broker answered the subscription: whether all was granted, and what it said."""

    granted: bool
    said: str


class Lost(_Said, frozen=True):
    """There is no connection, and why."""

    why: str


class Came(_Said, frozen=True):
    """A message as it came; `station` is whose topic it came on, "" when no station may have that name."""

    connection: int
    mid: int
    channel: str
    station: str
    payload: bytes

    @property
    def is_up(self) -> bool:
        """Say whether it is a station's batch, or meant to be one."""
        return self.channel == "up"


class Proven(_Said, frozen=True):
    """A station's batch, checked with `key` and read."""

    connection: int
    mid: int
    key: bytes
    unit: Opened


News = Came | Proven | Joined | Listening | Lost

_encoder: Final = msgspec.msgpack.Encoder()
to_ear: Final = msgspec.msgpack.Decoder(ToEar)
news: Final[msgspec.msgpack.Decoder[list[News]]] = msgspec.msgpack.Decoder(list[News])


def write_frame(sink: BinaryIO, what: object) -> None:
    """Write one frame; raises OSError when the other side is gone."""
    data = _encoder.encode(what)
    left = memoryview(_LENGTH.pack(len(data)) + data)
    while left:  # a signal may cut a write short
        left = left[sink.write(left) :]
    sink.flush()


def read_frame(source: BinaryIO, decoder: msgspec.msgpack.Decoder[T]) -> T:
    """Wait for one frame; raises EOFError when the other side is gone."""
    (length,) = _LENGTH.unpack(_exactly(source, _LENGTH.size))
    return decoder.decode(_exactly(source, length))


def has_frame(source: BinaryIO, seconds: float) -> bool:
    """Wait at most so long for a frame (or the end) to begin; `source` must not buffer."""
    return bool(select.select([source], [], [], seconds)[0])


def _exactly(source: BinaryIO, count: int) -> bytes:
    data = source.read(count)
    while len(data) < count:
        more = source.read(count - len(data))
        if not more:
            raise EOFError("the other side is gone")
        data += more
    return data
