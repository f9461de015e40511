"""An OSDP reader with keypad, tamper contact and two inputs: libosdp's own peripheral device on a pseudo-terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge_agent.emulators.pty_device import Faults, PtyDevice

BEAT = 0.01


class OsdpEmulator(PtyDevice):
    """The readers of one line; with a key they can do the secure channel with this key and no other."""

    def __init__(
        self, path: Path, *, addresses: tuple[int, ...] = (0,), key: bytes | None = None, faults: Faults | None = None
    ) -> None:
        import osdp

        self._osdp, self._addresses, self._key = osdp, addresses, key
        self.tamper, self.inputs = False, [False, False]
        self._answers: list[dict[str, Any]] = []  # kept: libosdp 3.2.9 lets go of an answer once too often
        super().__init__(path, faults)

    def reset(self) -> None:
        """Start anew, as after power has come."""
        self._received = {address: bytearray() for address in self._addresses}
        self._devices = {address: self._device(address) for address in self._addresses}

    def forget_key(self) -> None:
        """Fall back to what every reader can do without a key."""
        with self.lock:
            self._key = None
            self.reset()

    def _device(self, address: int) -> Any:
        osdp, kinds = self._osdp, self._osdp.Capability
        capabilities = [(kinds.CardDataFormat, 1, 1), (kinds.ContactStatusMonitoring, 1, 2)]
        if self._key is not None:
            capabilities.append((kinds.CommunicationSecurity, 1, 1))
        info = osdp.PDInfo(address, self._channel(address), scbk=self._key, name="reader")
        return osdp.PeripheralDevice(info, osdp.PDCapabilities(capabilities), osdp.LogLevel.Emergency, self._asked)

    def _channel(self, address: int) -> Any:
        received, send = self._received[address], self.send

        class Line(self._osdp.Channel):  # type: ignore[misc,name-defined]
            def read(self, most: int) -> bytes:
                data = bytes(received[:most])
                del received[:most]
                return data

            def write(self, data: bytes) -> int:
                send(bytes(data))
                return len(data)

            def flush(self) -> None:
                received.clear()

        return Line()

    def received(self, data: bytes) -> None:
        """Let every reader of the line hear it."""
        for heard in self._received.values():
            heard += data
        self.tick()

    def tick(self) -> float:
        """Let the readers work."""
        for device in self._devices.values():
            device.ctx.refresh()
        return BEAT

    def present(self, card: str, bits: int = 0, address: int | None = None) -> None:
        """Hold a card to a reader: its bits as hex, left-aligned; all of them count when `bits` is 0."""
        data = bytes.fromhex(card)
        self._tell(
            address,
            event=self._osdp.Event.CardRead,
            reader_no=0,
            direction=0,
            format=self._osdp.CardFormat.Wiegand,
            length=bits or 8 * len(data),
            data=data,
        )

    def remove(self) -> None:
        """Take the card away: such a reader says nothing of it."""

    def press(self, keys: str) -> None:
        """Press keys of the first reader's keypad: digits, `*`, `#`."""
        codes = bytes({"#": 0x0D, "*": 0x7F}.get(key, ord(key)) for key in keys)
        self._tell(None, event=self._osdp.Event.KeyPress, reader_no=0, data=codes)

    def open_housing(self) -> None:
        """Open the first reader's housing."""
        self.tamper = True
        self._tell(None, event=self._osdp.Event.Status, type=self._osdp.StatusReportType.Local, report=self._local())

    def activate(self, number: int) -> None:
        """Make an input (1 or 2) of the first reader active."""
        self.inputs[number - 1] = True
        kinds = self._osdp.StatusReportType
        self._tell(None, event=self._osdp.Event.Status, type=kinds.Input, report=bytes(self.inputs))

    def _local(self) -> bytes:
        return bytes((self.tamper, False))

    def _asked(self, command: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        kinds = self._osdp.StatusReportType
        if command["command"] == self._osdp.Command.Status:
            reports = {kinds.Local: self._local(), kinds.Input: bytes(self.inputs)}
            self._answers.append({**command, "report": reports.get(command["type"], b"")})
            return 0, self._answers[-1]
        return 0, None

    def _tell(self, address: int | None, **event: Any) -> None:
        with self.lock:
            self._devices[self._addresses[0] if address is None else address].ctx.submit_event(event)
        self.wake()
