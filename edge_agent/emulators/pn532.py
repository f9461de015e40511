"""A PN532 on a serial line: it sleeps until woken, acknowledges each command, and waits in silence for a card."""

from __future__ import annotations

from pathlib import Path

from edge_agent.emulators.pty_device import IDLE, Faults, PtyDevice

ACKNOWLEDGED = bytes.fromhex("0000ff00ff00")
NOT_UNDERSTOOD = bytes.fromhex("0000ff01ff7f8100")
ANSWERS = {0x02: bytes((0x32, 1, 6, 7)), 0x14: b""}
KINDS = {4: bytes((0x00, 0x04, 0x08)), 7: bytes((0x00, 0x44, 0x00)), 10: bytes((0x00, 0x84, 0x00))}
"""ATQA and SAK of cards by the length of their UID."""


class Pn532Emulator(PtyDevice):
    """One chip; the field holds at most one card."""

    def __init__(self, path: Path, *, faults: Faults | None = None) -> None:
        self._card: bytes | None = None
        self.reset()
        super().__init__(path, faults)

    def reset(self) -> None:
        """Sleep, with nothing set up."""
        self._awake = self._looking = False
        self._ready = False
        self._from_host = bytearray()

    def present(self, card: str) -> None:
        """Hold a card (UID of 8, 14 or 20 hex digits) to the reader (ValueError: there is no such card)."""
        uid = bytes.fromhex(card)
        if len(uid) not in KINDS:
            raise ValueError(f"{card!r} is no UID: 8, 14 or 20 hex digits")
        with self.lock:
            self._card = uid
        self.wake()

    def remove(self) -> None:
        """Take the card away."""
        with self.lock:
            self._card = None

    def tick(self) -> float:
        """Report the card to a command that waits for one."""
        if self._looking and self._card is not None:
            self._looking = False
            self.send(frame(b"\xd5\x4b\x01\x01" + KINDS[len(self._card)] + bytes((len(self._card),)) + self._card))
        return IDLE

    def received(self, data: bytes) -> None:
        """Take bytes; before the first long run of zeros the chip sleeps."""
        self._from_host += data
        if not self._awake:
            if bytes(10) not in self._from_host and b"\x55\x55" not in self._from_host:
                return
            self._awake = True
        while (start := self._from_host.find(b"\x00\xff")) >= 0:
            del self._from_host[:start]
            if len(self._from_host) < 4 or len(self._from_host) < 5 + self._from_host[2]:
                return
            size, check = self._from_host[2:4]
            body = bytes(self._from_host[4 : 5 + size])
            if (size + check) % 256 or sum(body) % 256 or body[:1] != b"\xd4":
                del self._from_host[:2]
                continue
            del self._from_host[: 5 + size]
            self._obey(body[1], body[2:-1])
        del self._from_host[:-16]

    def _obey(self, command: int, given: bytes) -> None:
        """Acknowledge, give up what was waited for, answer."""
        self._looking = False
        self.send(ACKNOWLEDGED)
        if command == 0x14:
            self._ready = given[:1] == b"\x01"
        if command in ANSWERS:
            self.send(frame(bytes((0xD5, command + 1)) + ANSWERS[command]))
        elif command == 0x4A and self._ready and given[1:2] == b"\x00":
            self._looking = True
            self.wake()
        else:
            self.send(NOT_UNDERSTOOD)


def frame(body: bytes) -> bytes:
    """Put TFI and data into a frame."""
    sums = (len(body), -len(body) % 256)
    return b"\x00\x00\xff" + bytes(sums) + body + bytes((-sum(body) % 256, 0))
