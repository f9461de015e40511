"""A handheld UHF reader of the TSL kind: a person pulls its trigger; it tells what it saw, in lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.emulators.pty_device import Faults, PtyDevice

ESCAPED = "\r\n\x1b"


@dataclass
class Setup:
    """What has been set; lost with the power."""

    single: str = "off"
    double: str = "off"
    rounds: dict[str, str] = field(default_factory=dict)


class TslAscii2Emulator(PtyDevice):
    """One handheld; `put` and `take` bring tags before it, `aim` a bar code, `pull` is the trigger."""

    def __init__(self, path: Path, *, faults: Faults | None = None) -> None:
        self.field: dict[str, int] = {}
        self.code, self.miss_rate = "", 0.0
        self.setup = Setup()
        self._from_host = bytearray()
        super().__init__(path, faults)

    def put(self, epc: str, *, rssi: int = -50) -> None:
        """Hold the handheld to a tag."""
        with self.lock:
            self.field[epc.upper()] = rssi

    def take(self, epc: str) -> None:
        """Take a tag away."""
        with self.lock:
            self.field.pop(epc.upper(), None)

    def aim(self, code: str) -> None:
        """Aim at a bar code ("" at none)."""
        self.code = code

    def pull(self, *, twice: bool = False) -> None:
        """Pull the trigger, once or twice."""
        with self.lock:
            action = self.setup.double if twice else self.setup.single
            if action in ("inv", "bar"):
                self._carry_out({"inv": ".iv", "bar": ".bc"}[action])

    def reset(self) -> None:
        """Lose what was set."""
        self.setup = Setup()
        self._from_host.clear()

    # -- commands -------------------------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """Carry out each line."""
        self._from_host += data.replace(b"\n", b"\r")
        while b"\r" in self._from_host:
            line, _, rest = bytes(self._from_host).partition(b"\r")
            self._from_host[:] = rest
            if line:
                self._carry_out(line.decode("ascii", "replace"))

    def _carry_out(self, line: str) -> None:
        """Do one command and tell its whole reply."""
        code, given = line[1:3], dict(word.split(maxsplit=1) for word in line[3:].split(" -")[1:] if " " in word)
        does = {"iv": self._round, "bc": self._scan, "vr": self._version, "rd": self._read, "wr": self._write}
        if line[:1] != "." or code not in (*does, "sa"):
            lines, failed = ["ME: Command not found"], 1
        elif code == "sa":
            self.setup.single, self.setup.double = given.get("s", "off"), given.get("d", "off")
            lines, failed = [], 0
        elif line.endswith(" -n"):
            self.setup.rounds |= given
            lines, failed = [], 0
        else:
            lines, failed = does[code](given)
        told = [f"CS: {line}", *lines, f"ER:{failed:03}" if failed else "OK:", "", ""]
        self.send("\r\n".join(told).encode("utf-8"))

    def _round(self, _: dict[str, str]) -> tuple[list[str], int]:
        lines: list[str] = []
        seen = {epc: rssi for epc, rssi in self.field.items() if self.faults.rng.random() >= self.miss_rate}
        for epc, rssi in seen.items():
            lines += [f"EP: {epc}"]
            lines += [f"PC: {len(epc) // 4 << 11:04X}"] if self.setup.rounds.get("e") == "on" else []
            lines += [f"RI: {rssi}"] if self.setup.rounds.get("r") == "on" else []
        return (lines, 0) if lines else (["ME: No Transponder found"], 5)

    def _scan(self, _: dict[str, str]) -> tuple[list[str], int]:
        if not self.code:
            return ["ME: No Barcode found"], 6
        return ["BC: " + "".join(f"\x1b{c}" if c in ESCAPED else c for c in self.code)], 0

    def _version(self, _: dict[str, str]) -> tuple[list[str], int]:
        return ["MF: TSL", "US: 1128-EU-000001", "PV: 2.5", "UF: 1.8.0", "RF: 2.1.0"], 0

    def _read(self, given: dict[str, str]) -> tuple[list[str], int]:
        data = "E28011052000000000000001"[4 * int(given["do"], 16) :][: 4 * int(given["dl"], 16)]
        lines = [line for epc in self.field for line in (f"EP: {epc}", f"RD: {data}")]
        return (lines, 0) if lines else (["ME: No Transponder found"], 5)

    def _write(self, given: dict[str, str]) -> tuple[list[str], int]:
        lines = [line for epc in self.field for line in (f"EP: {epc}", f"WW: {int(given['dl'], 16)}")]
        return (lines, 0) if lines else (["ME: No Transponder found"], 5)
