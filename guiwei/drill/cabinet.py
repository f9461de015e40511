"""One cabinet of a world: emulated devices on ports of their own, what physically lies behind each door, its agent.

The agent is a process of its own and knows the devices only by their ports. Each door has a reader of its own; one
lock board has lock n's hook on channel n. What stands for each family is in `hardware`.
"""

import os
import resource
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.signing import public_hex
from guiwei.drill.cable import Cable
from guiwei.drill.hardware import BADGES, LOCKS, READERS, SCANNERS, Device, card_for, port_of
from guiwei.drill.process import GUIWEI, Process
from guiwei.drill.specs import StationSpec

PASSING_S = 1.0
GOOD_S = 0.2
KEYPAD = "barcode_serial"


class Cabinet:
    """The devices, doors and agent of one station."""

    def __init__(self, name: str, spec: StationSpec, folder: Path, broker_port: int, *, tids: bool = False) -> None:
        self.name = name
        self.spec, self.tids = spec, READERS[spec.reader].tids if tids else ""
        self.folder = folder
        folder.mkdir(parents=True)
        self.key = Ed25519PrivateKey.generate()
        self.cable = Cable(("127.0.0.1", broker_port))
        self.board = LOCKS[spec.lock]
        self.lock = self.board.make(folder / "lock")
        self.badge = BADGES[spec.badge].make(folder / "badge")
        self.scanner = SCANNERS[spec.scanner].make(folder / "scanner")
        self.keypad = SCANNERS[KEYPAD].make(folder / "keypad")
        reader = READERS[spec.reader].make
        self.readers = {door: reader(folder / f"reader{door}") for door in range(1, spec.doors + 1)}
        self.exit = READERS[spec.exit].make(folder / "exit") if spec.exit else None
        self.behind: dict[int, set[str]] = {door: set() for door in self.readers}
        self.ajar: set[int] = set()
        self.state_file = folder / "state.json"
        command = [GUIWEI, "edge", "run", str(folder / "station.toml")]
        self.agent = Process(f"station {name}", command, folder / "agent.log")

    @property
    def public_key(self) -> str:
        """Give the agent's public key, as the server knows it."""
        return public_hex(self.key)

    def devices(self) -> dict[str, Device]:
        """Name every device as its settings do; "reader" alone is the first door's."""
        named: dict[str, Device] = {
            "lock": self.lock, "badge": self.badge, "scanner": self.scanner, "keypad": self.keypad
        }  # fmt: skip
        named |= {} if self.exit is None else {"exit": self.exit}
        return named | {f"reader{door}": reader for door, reader in self.readers.items()}

    def plug_in(self) -> None:
        """Give every device its port."""
        for device in self.devices().values():
            device.plug()

    def write_settings(self, site: str, password: str, server_key: str, pin_key: str, clock: Path) -> None:
        """Write the agent's settings, key and password."""
        _secret(self.folder / "station.key", self.key.private_bytes_raw().hex())
        _secret(self.folder / "password", password)
        spec = self.spec
        devices = {"lock": spec.lock, "badge": spec.badge, "scanner": spec.scanner, "keypad": KEYPAD}
        devices |= {f"reader{door}": spec.reader for door in self.readers}
        devices |= {"exit": spec.exit} if self.exit else {}
        set_to = {"lock": self.board.settings, "badge": BADGES[spec.badge].settings}
        set_to |= {f"reader{door}": self.tids for door in self.readers}
        lines = [
            "[station]", f'name = "{self.name}"', f'site = "{site}"', f'data = "{self.folder / "data"}"',
            f'state = "{self.state_file}"', f'key_file = "{self.folder / "station.key"}"',
            f'server_key = "{server_key}"', f'server_pin_key = "{pin_key}"', f'clock_file = "{clock}"',
            "[broker]", 'host = "127.0.0.1"', f"port = {self.cable.port}", f'username = "{self.name}"',
            f'password_file = "{self.folder / "password"}"',
            "[presence]", "pass_ms = 60",
        ]  # fmt: skip
        plugged = self.devices()
        for name, family in devices.items():
            lines += ["[[devices]]", f'name = "{name}"', f'family = "{family}"', f'port = "{port_of(plugged[name])}"']
            lines += ['role = "keypad"'] if name == "keypad" else []
            lines += ['role = "exit"', f'leaves = "{self.spec.leaves}"'] if name == "exit" else []
            lines += [f"settings = {{ {set_to[name]} }}"] if set_to.get(name) else []
        for door in self.readers:
            contact = self.board.contact + door
            lines += [
                "[[doors]]", f"door = {door}", f'lock = {{ device = "lock", channel = {door} }}',
                f'contact = {{ device = "lock", channel = {contact} }}', f'readers = ["reader{door}"]',
            ]  # fmt: skip
        for kind, channel in self.board.inputs().items() if spec.inputs else ():
            lines += ["[[inputs]]", f'kind = "{kind}"', 'device = "lock"', f"channel = {channel}"]
            lines += [f"good_seconds = {GOOD_S}"]
        (self.folder / "station.toml").write_text("\n".join(lines) + "\n")

    # ------------------------------------------------------------ hands

    def present(self, card: str) -> None:
        """Hold a card to the badge reader."""
        self.badge.present(card_for(self.spec.badge, card))

    def pull(self, door: int) -> bool:
        """Pull a door; it opens only when its lock is released. Returns whether it stands open."""
        if not self.lock.is_closed(door):
            self.lock.open_contact(self.board.contact + door)
            self.ajar.add(door)
        return door in self.ajar

    def force(self, door: int) -> None:
        """Break a door open while its lock stays locked."""
        self.lock.open_contact(self.board.contact + door)
        self.ajar.add(door)

    def turn_key(self, door: int) -> None:
        """Unlock with the mechanical key and open."""
        self.lock.open_hook(door)
        self.force(door)

    def push(self, door: int) -> None:
        """Push a door shut; its lock latches."""
        self.lock.close_contact(self.board.contact + door)
        self.lock.close_hook(door)
        self.ajar.discard(door)

    def wire(self, kind: str, *, bad: bool) -> None:
        """Open the contact of an input, or close it again (ValueError: there is none)."""
        if not self.spec.inputs:
            raise ValueError(f"station {self.name} has no inputs")
        (self.lock.open_contact if bad else self.lock.close_contact)(self.board.inputs()[kind])

    def put(self, door: int, epc: str, tid: str | None = None) -> None:
        """Lay a tag behind a door; its own number is known only where the reader is to tell it."""
        self.readers[door].put(epc, **({"tid": tid} if tid and self.tids else {}))
        self.behind[door].add(epc)

    def take(self, door: int, epc: str) -> bool:
        """Take a tag out; returns False when it is not there."""
        if epc not in self.behind[door]:
            return False
        self.readers[door].take(epc)
        self.behind[door].discard(epc)
        return True

    def carry_past(self, epcs: list[str]) -> None:
        """Carry tags past the reader at the exit, at a walk."""
        if self.exit is None:
            raise ValueError(f"station {self.name} has no reader at an exit")
        for epc in epcs:
            self.exit.put(epc)
        time.sleep(PASSING_S)
        for epc in epcs:
            self.exit.take(epc)

    def fill_disk(self, full: bool) -> None:
        """Leave the agent's files no room to grow (or give it back), as a full disk would."""
        if self.agent.child is None:
            return
        log = self.folder / "data" / "outbox.sqlite-wal"
        limit = max(16_384, log.stat().st_size if log.exists() else 0) if full else resource.RLIM_INFINITY
        resource.prlimit(self.agent.child.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def close(self) -> None:
        """Stop the agent and take every device away."""
        self.agent.stop()
        for device in self.devices().values():
            device.close()
        self.cable.close()


def _secret(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
