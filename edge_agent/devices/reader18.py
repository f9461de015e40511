"""Family reader18: UHF readers of the Reader18 / UHFReader09 / 288M (Chafon) kind, `Len Adr Cmd [Status] Data CRC`.

1. There is no header: a frame is what its length and CRC say; framed.py finds the next good one after a bad one.
2. Several readers may share a line: each is asked by its address, one question at a time.
3. Readers come set to push tags by themselves: on opening they are told to answer only, and until then are not heard.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, ClassVar

import msgspec

from edge_agent.devices import layout
from edge_agent.devices.base import (
    DeviceFault,
    FieldValue,
    FrameError,
    Heard,
    ProtocolError,
    SettingsError,
    named,
    read_settings,
    some_hex,
)
from edge_agent.devices.framed import Framed
from edge_agent.devices.reader18_meaning import meaning
from edge_agent.devices.reader18_settings import Known, Reader18Settings
from edge_agent.devices.reader18_tables import (
    BANDS,
    BROADCAST,
    CODES,
    COMMANDS,
    HEARTBEAT,
    INVENTORY,
    KEEP_ALIVE,
    PUSHED,
    READ,
    WRITE,
    WRONG_LENGTH,
    WRONG_PARAMETER,
    crc,
)

LEAST_LEN = 4
MOST_DATA = 0xFF - LEAST_LEN
MEMORIES = {"reserved": 0, "epc": 1, "tid": 2, "user": 3}
NO_PASSWORD = "0" * 8
FAST_ID = 0x20
FIRST_ANTENNA = 0x80
LEAST_SCAN_MS, SCAN_UNIT_MS = 300, 100


class Reader18(Framed):
    """Speak to the readers of one line."""

    Settings: ClassVar[type[msgspec.Struct]] = Reader18Settings
    baudrate: ClassVar[int] = 57600
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = 1.5
    least: ClassVar[int] = LEAST_LEN + 1
    absence: float = 0.0

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.settings = read_settings(Reader18Settings, "reader18", settings)
        _check_whole(self.settings)
        self._known: defaultdict[int, Known] = defaultdict(Known)
        for address in self.settings.addresses:
            self._known[address].asks = "288m" if self.settings.layout == "288m" else "r18"
        self._told_to_answer = False
        self._turn = 0

    @property
    def pause(self) -> float:
        """Seconds of silence that end a torn frame."""
        return self.settings.pause_ms / 1000

    @property
    def prompt_after(self) -> float | None:
        """Seconds between two rounds; a frame that is still torn is given up first."""
        if not self.settings.poll_ms:
            return None
        return self.settings.poll_ms / 1000 + (self.pause if self._buffer else 0)

    # -- bytes in -----------------------------------------------------------------------------------------------

    def _measure(self) -> tuple[int, str | None]:
        if KEEP_ALIVE.startswith(self._buffer[: len(KEEP_ALIVE)]):
            return len(KEEP_ALIVE), None
        length = self._buffer[0]
        return (1, f"length {length:02X} is that of no frame") if length < LEAST_LEN else (length + 1, None)

    def _check(self, length: int) -> str | None:
        frame = bytes(self._buffer[:length])
        right = crc(frame[:-2])
        if frame == KEEP_ALIVE or frame[-2:] == right:
            return None
        return f"CRC {frame[-2:].hex().upper()}, should be {right.hex().upper()}"

    def _read(self, frame: bytes, at: int) -> list[Heard]:
        if frame == KEEP_ALIVE:
            return []
        address, code = frame[1], frame[2]
        if BROADCAST not in (address, *self.settings.addresses) and address not in self.settings.addresses:
            return [FrameError(at, f"from reader {address}, which is not among the addresses of this line")]
        if code == PUSHED and frame[3] != HEARTBEAT and self._told_to_answer:
            return []
        known = self._known[address if address in self.settings.addresses else BROADCAST]
        heard = meaning(frame, at, self.settings, known)
        for event in heard:
            if isinstance(event, DeviceFault) and code == INVENTORY and event.code in (WRONG_LENGTH, WRONG_PARAMETER):
                known.asks = "288m" if self.settings.layout == "auto" else known.asks
        return heard

    @property
    def addresses(self) -> tuple[int, ...]:
        """The readers that are this device's own."""
        return self.settings.addresses

    # -- commands out ---------------------------------------------------------------------------------------------

    def greeting(self) -> list[bytes]:
        """Ask each reader who it is, have it answer only, and set what is a setting."""
        commands: list[bytes] = []
        for address in self.settings.addresses:
            commands.append(self.command("get_info", address))
            if self.settings.poll_ms:
                commands += self.answer_only(address)
            if self.settings.region:
                commands.append(self.set_region(self.settings.region, address))
            if self.settings.power_dbm:
                commands.append(self.set_power(self.settings.power_dbm, address))
            if self.settings.scan_time_ms:
                commands.append(self.command("set_scan_time", address, scan_time=self._scan_time()))
        self._told_to_answer = bool(self.settings.poll_ms)
        return commands

    def prompt(self) -> bytes:
        """Ask the next antenna of the next reader for a round."""
        place, antenna = divmod(self._turn, self.settings.antennas)
        address = self.settings.addresses[place % len(self.settings.addresses)]
        self._turn = (self._turn + 1) % (self.settings.antennas * len(self.settings.addresses))
        return self.inventory(address, antenna + 1)

    def command(self, command: str, address: int, /, **fields: FieldValue) -> bytes:
        """Encode any command of the table in its first form that takes these fields."""
        code = named(CODES, "command", command)
        names = [{name for name, _ in form if name} for form in COMMANDS[code].forms]
        form = next((COMMANDS[code].forms[n] for n, wanted in enumerate(names) if wanted == set(fields)), None)
        if form is None:
            raise ProtocolError(f"{command}: fields wanted: {names}; given: {sorted(fields)}")
        return _seal(address, code, layout.write(form, fields))

    def answer_only(self, address: int) -> list[bytes]:
        """Encode the change to answer mode, for the kinds of reader that the layout allows."""
        mode: dict[str, FieldValue] = {"mode": 0, "state": 2, "memory": 4, "first": 0, "words": 1, "tag_time": 0}
        both = {
            "r18": self.command("set_work_mode", address, **mode),
            "288m": self.command("set_work_mode_288m", address, mode=0),
        }
        return [command for name, command in both.items() if self.settings.layout in ("auto", name)]

    def inventory(self, address: int, antenna: int = 1) -> bytes:
        """Ask for one round, in the form this reader takes."""
        known = self._known[address]
        known.tids = False
        if known.asks == "r18":
            return self.command("inventory", address)
        q = self.settings.q | (FAST_ID if self.settings.tid else 0)
        mask: dict[str, FieldValue] = {"mask_memory": 1, "mask_start": 0, "mask_bits": 0}
        return self.command(
            "inventory",
            address,
            q=q,
            session=0,
            **mask,
            target=0,
            antenna=FIRST_ANTENNA + antenna - 1,
            scan_time=self._scan_time(),
        )

    def inventory_tid(self, address: int, start: int = 0, words: int = 6) -> bytes:
        """Ask an R18 reader for one round of TIDs in place of EPCs."""
        if not 1 <= words <= 15:
            raise ProtocolError(f"{words} words of TID asked for, 1 to 15 go")
        self._known[address].tids = True
        return self.command("inventory", address, tid_start=start, tid_words=words)

    def read(self, epc: str, memory: str, start: int, words: int, address: int = BROADCAST) -> bytes:
        """Read words of one tag's memory (reserved, epc, tid, user) without a password."""
        if not 1 <= words < 120:
            raise ProtocolError(f"{words} words asked for, 1 to 119 go")
        self._known[address].reading = epc.upper()
        return _seal(address, READ, _epc(epc) + _place(memory, start) + bytes((words,)) + bytes(4))

    def write(self, epc: str, memory: str, start: int, data: bytes, address: int = BROADCAST) -> bytes:
        """Write whole words to one tag's memory without a password."""
        if not data or len(data) % 2:
            raise ProtocolError(f"write takes whole words of two bytes, got {len(data)} bytes")
        words = bytes((len(data) // 2,))
        return _seal(
            address,
            WRITE,
            words + _epc(epc) + _place(memory, start) + data + bytes(4),
        )

    def set_region(self, region: str, address: int = BROADCAST) -> bytes:
        """Set the radio band by its name, with all its channels."""
        if region not in BANDS:
            raise ProtocolError(f"region {region!r} is none of {', '.join(BANDS)}")
        band = BANDS[region]
        high, low = band.number >> 2 << 6, (band.number & 3) << 6
        return self.command("set_band", address, max_frequency=high | band.last, min_frequency=low)

    def set_power(self, dbm: int, address: int = BROADCAST) -> bytes:
        """Set the transmit power in whole dBm."""
        if not 0 <= dbm <= 33:
            raise ProtocolError(f"{dbm} dBm, 0 to 33 go")
        return self.command("set_power", address, power=dbm)

    def _scan_time(self) -> int:
        return max(self.settings.scan_time_ms, LEAST_SCAN_MS) // SCAN_UNIT_MS


def _seal(address: int, code: int, data: bytes) -> bytes:
    if not 0 <= address <= BROADCAST or len(data) > MOST_DATA:
        raise ProtocolError(f"address {address} with {len(data)} bytes: 0 to 255, at most {MOST_DATA} bytes")
    frame = bytes((LEAST_LEN + len(data), address, code)) + data
    return frame + crc(frame)


def _place(memory: str, start: int) -> bytes:
    if not 0 <= start <= 255:
        raise ProtocolError(f"words from {start} on asked for, 0 to 255 go")
    return bytes((named(MEMORIES, "memory", memory), start))


def _epc(epc: str) -> bytes:
    raw = some_hex("EPC", epc)
    if len(raw) % 2 or len(raw) > 30:
        raise ProtocolError(f"EPC {epc}: whole words, 15 at most")
    return bytes((len(raw) // 2,)) + raw


def _check_whole(settings: Reader18Settings) -> None:
    addresses = settings.addresses
    wrong = [address for address in addresses if not 0 <= address <= BROADCAST]
    if not addresses or wrong or len(set(addresses)) < len(addresses) or (BROADCAST in addresses and addresses[1:]):
        raise SettingsError("reader18: addresses takes different numbers from 0 to 254, or 255 alone")
