"""A PC/SC badge reader: Debian's pcscd with vsmartcard's virtual reader (vpcd), and the card that is held to it.

vpcd listens on all addresses, so everything runs in a network of its own that nobody else can reach, and with a /run of
its own, so that a pcscd of the machine is left alone. This file is also the program that runs in there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

ATR = bytes.fromhex("3b8f8001804f0ca000000306030001000000006a")
"""That of a MIFARE Classic 1K at any reader (PC/SC part 3)."""
GET_UID = bytes.fromhex("ffca000000")
GIVE_ATR = b"\x04"
DONE, NOT_SUPPORTED = b"\x90\x00", b"\x6a\x81"
PORT = 35963
CONFIGURATION = """\
FRIENDLYNAME "{name}"
DEVICENAME /dev/null:{port}
LIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID {port}
"""
READY_IN = 20.0
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


class PcscEmulator:
    """One reader with at most one card; clients find it by PCSCLITE_CSOCK_NAME. Needs `unshare`; call `close`."""

    def __init__(self, folder: Path, name: str = "Guiwei virtual reader") -> None:
        run, configuration = folder / "run", folder / "reader.conf"
        run.mkdir()
        configuration.write_text(CONFIGURATION.format(name=name, port=PORT))
        self.socket = run / "pcscd/pcscd.comm"
        """Where clients find the service."""
        world = ("unshare", "--map-root-user", "--mount", "--net", "sh", "-c", 'mount --bind "$0" /run && exec "$@"')
        program = (sys.executable, str(Path(__file__).resolve()), str(configuration))
        self._world = subprocess.Popen([*world, str(run), *program], stdin=subprocess.PIPE, text=True)
        end = time.monotonic() + READY_IN
        while not self.socket.exists():
            if self._world.poll() is not None or time.monotonic() > end:
                self.close()
                raise RuntimeError("no virtual reader: are pcscd and vsmartcard-vpcd here, and may this user unshare?")
            time.sleep(0.02)

    def present(self, card: str) -> None:
        """Hold a card (UID in hex) to the reader."""
        self._say(card)

    def remove(self) -> None:
        """Take the card away."""
        self._say("")

    def close(self) -> None:
        """End everything."""
        with contextlib.suppress(BrokenPipeError):
            self._world.__exit__(None, None, None)

    def _say(self, line: str) -> None:
        assert self._world.stdin is not None
        self._world.stdin.write(line + "\n")
        self._world.stdin.flush()


class Card:
    """One card in the slot, as long as it lasts: to vpcd the connection is the card."""

    def __init__(self, uid: bytes) -> None:
        self._uid = uid
        self._link = socket.create_connection(("127.0.0.1", PORT), timeout=READY_IN)
        self._link.settimeout(None)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def remove(self) -> None:
        """Take it away."""
        with contextlib.suppress(OSError):
            self._link.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._link.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while message := self._take(int.from_bytes(self._take(2), "big")):
                if len(message) > 1:
                    answer = self._uid + DONE if message == GET_UID else NOT_SUPPORTED
                elif message == GIVE_ATR:
                    answer = ATR
                else:
                    continue
                self._link.sendall(len(answer).to_bytes(2, "big") + answer)

    def _take(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._link.recv(size - len(data))
            if not more:
                return b""
            data += more
        return data


def loopback_up() -> None:
    """Switch on the loopback of a network that was just made."""
    with socket.socket() as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack("16xH14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def main(configuration: str) -> None:
    """Run the service and its reader; each line of standard input is the card held there now, empty for none."""
    loopback_up()
    path = f"/usr/sbin:/sbin:{os.defpath}"
    quiet = subprocess.DEVNULL
    service = subprocess.Popen(
        ["pcscd", "--foreground", "--config", configuration], env={"PATH": path}, stdout=quiet, stderr=quiet
    )
    card: Card | None = None
    try:
        for line in sys.stdin:
            if card is not None:
                card.remove()
            card = Card(bytes.fromhex(line)) if line.strip() else None
    finally:
        service.terminate()
        service.wait(10)


if __name__ == "__main__":
    main(sys.argv[1])
