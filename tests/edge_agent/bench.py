"""A cabinet on the bench: emulated devices on pseudo-terminals, a broker, and the agent as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contract.signing import public_hex
from edge_agent.emulators.barcode_serial import BarcodeSerialEmulator
from edge_agent.emulators.lock8a import Lock8AEmulator
from edge_agent.emulators.m100 import M100Emulator
from edge_agent.emulators.rdm6300 import Rdm6300Emulator
from guiwei.drill.ports import free_port
from tests.edge_agent.peer import Peer

BADGE, OTHER_BADGE = "0F00A1B2C3", "0F00A1B2C4"
TAGS = [f"E2000000000000000000A{n:03X}" for n in range(1, 4)]
LONGEST = 20.0
GUIWEI = Path(sys.executable).with_name("guiwei")


class Broker:
    """A Mosquitto of the test's own: loopback, no persistence."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_inflight_messages 100\n"
            "max_queued_messages 10000\nlog_type none\n"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it listens."""
        self.process = subprocess.Popen(["mosquitto", "-c", str(self._conf)], stderr=subprocess.DEVNULL)
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError("broker does not listen")

    def kill(self) -> None:
        """Kill with -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Bench:
    """One station with doors, each with a lock, a contact and an M100."""

    def __init__(self, folder: Path, broker: Broker, peer: Peer, doors: int = 1, extra: str = "") -> None:
        self.folder, self.broker, self.peer = folder, broker, peer
        numbers = range(1, doors + 1)
        self.lock = Lock8AEmulator(folder / "lock", contacts={n: 12 + n for n in numbers})
        self.readers = {n: M100Emulator(folder / f"reader{n}") for n in numbers}
        self.badge = Rdm6300Emulator(folder / "badge")
        self.scanner = BarcodeSerialEmulator(folder / "scanner")
        self.keypad = BarcodeSerialEmulator(folder / "keypad")
        self.process: subprocess.Popen[bytes] | None = None
        self.state_file = folder / "state.json"
        self.settings = folder / "station.toml"
        (folder / "station.key").write_text(peer.station_key.private_bytes_raw().hex())
        self.settings.write_text(self._settings(numbers, extra))

    def _settings(self, doors: range, extra: str) -> str:
        server, pin = public_hex(self.peer.key), self.peer.pin_key.public_key().public_bytes_raw().hex()
        devices = [("lock", "lock8a", "{ pause_ms = 10 }", ""), ("badge", "rdm6300", "{ absence_ms = 300 }", "")]
        devices += [(f"reader{n}", "m100", "{}", "") for n in doors]
        devices += [("scanner", "barcode_serial", "{}", ""), ("keypad", "barcode_serial", "{}", "keypad")]
        text = f"""
[station]
name = "a"
site = "test"
data = "{self.folder}/data"
state = "{self.state_file}"
key_file = "{self.folder}/station.key"
server_key = "{server}"
server_pin_key = "{pin}"
{extra}
[presence]
pass_ms = 60
[broker]
port = {self.broker.port}
"""
        for name, family, settings, role in devices:
            text += f'[[devices]]\nname = "{name}"\nfamily = "{family}"\nport = "{self.folder}/{name}"\n'
            text += f'role = "{role}"\nsettings = {settings}\n'
        for n in doors:
            text += f'[[doors]]\ndoor = {n}\nlock = {{ device = "lock", channel = {n} }}\n'
            text += f'contact = {{ device = "lock", channel = {12 + n} }}\nreaders = ["reader{n}"]\n'
        return text

    # -- the agent ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the agent and wait until it knows its doors."""
        self.launch()
        assert self.wait(lambda state: not state["busy"] and state["pid"] == self.pid), self.state()

    def launch(self) -> None:
        """Start the agent."""
        self.process = subprocess.Popen([GUIWEI, "edge", "run", str(self.settings)])

    @property
    def pid(self) -> int:
        """The agent's process id."""
        assert self.process is not None
        return self.process.pid

    def kill(self, number: int = signal.SIGKILL) -> int:
        """End the agent by a signal; give its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(LONGEST)
        self.process = None
        return code

    def close(self) -> None:
        """Stop everything."""
        self.kill()
        for device in (self.lock, self.badge, self.scanner, self.keypad, *self.readers.values()):
            device.close()

    def state(self) -> dict[str, Any]:
        """Read what the agent says of itself."""
        if not self.state_file.exists():
            return {"busy": True, "pid": 0}
        state: dict[str, Any] = json.loads(self.state_file.read_text())
        return state

    def wait(self, holds: Callable[[dict[str, Any]], bool], timeout: float = LONGEST) -> bool:
        """Wait until something holds of the state."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            if holds(self.state()):
                return True
            time.sleep(0.01)
        return False

    # -- people -------------------------------------------------------------------------------------------------------

    def show(self, badge: str = BADGE) -> None:
        """Show a badge for a moment and wait until it is taken."""
        before = self.state()["counts"]["badges"]
        self.badge.present(badge)
        assert self.wait(lambda state: state["counts"]["badges"] > before)
        self.badge.remove()

    def open(self, door: int = 1) -> None:
        """Wait until the lock lets go, and open the door."""
        assert self.lock.wait_fired(door, self.lock.fired(door) or 1, LONGEST)
        assert self.wait(lambda state: state["doors"][str(door)]["hook"] == "unlocked")
        assert self.lock.open_door(door)
        assert self.wait(lambda state: state["doors"][str(door)]["phase"] == "open")

    def shut(self, door: int = 1) -> None:
        """Close the door and wait until it is settled."""
        before = self.state()["counts"]["closings"]
        self.lock.close_door(door)
        assert self.wait(lambda state: state["counts"]["closings"] > before and not state["busy"]), self.state()

    def take(self, *tags: str, door: int = 1) -> None:
        """Take items out."""
        for tag in tags:
            self.readers[door].take(tag)

    def put(self, *tags: str, door: int = 1) -> None:
        """Put items in."""
        for tag in tags:
            self.readers[door].put(tag)

    def pause(self, *, on: bool) -> None:
        """Stop or continue the agent's process."""
        os.kill(self.pid, signal.SIGSTOP if on else signal.SIGCONT)
