"""A station with badge readers of several families: whose card it was, and the PIN of a keyboard-wedge keypad."""

from __future__ import annotations

from pathlib import Path

from contract.messages import AccessRequested
from contract.secrets import credential_of, open_pin
from edge_agent.devices import FAMILIES
from edge_agent.emulators.barcode_hid import BarcodeHidEmulator
from edge_agent.emulators.osdp import OsdpEmulator
from edge_agent.emulators.pn532 import Pn532Emulator
from edge_agent.health import REPORTS
from tests.edge_agent.bench import Bench, Broker
from tests.edge_agent.peer import Peer

KEY = bytes(range(16))
DEVICES = """
[[devices]]
name = "nfc"
family = "pn532"
port = "{folder}/nfc"
[[devices]]
name = "osdp"
family = "osdp"
port = "{folder}/osdp"
role = "keypad"
settings = {{ addresses = [5], key_file = "{folder}/osdp.key" }}
[[devices]]
name = "keys"
family = "barcode_hid"
port = "{folder}/keys"
role = "keypad"
settings = {{ suffix = "enter", idle_ms = 10000 }}
"""


def test_of_every_family_it_is_known_what_its_absence_is() -> None:
    assert REPORTS.keys() == FAMILIES.keys()


def test_cards_of_any_length_and_pins_of_any_keypad(tmp_path: Path, broker: Broker, peer: Peer) -> None:
    (tmp_path / "osdp.key").write_text(f"5 {KEY.hex()}\n")
    nfc = Pn532Emulator(tmp_path / "nfc")
    osdp = OsdpEmulator(tmp_path / "osdp", addresses=(5,), key=KEY)
    keys = BarcodeHidEmulator(tmp_path / "keys")
    bench = Bench(tmp_path, broker, peer, extra=DEVICES.format(folder=tmp_path))
    peer.answer = peer.deny
    try:
        bench.start()
        assert bench.wait(lambda state: state["devices"]["osdp"] == "online")
        nfc.present("0416C6C2D73881")
        assert peer.wait(lambda: len(peer.of(AccessRequested)) == 1)
        nfc.remove()
        keys.scan("24680", aim="")
        assert peer.wait(lambda: len(peer.of(AccessRequested)) == 2)
        osdp.present("bb032180", 26)
        assert peer.wait(lambda: len(peer.of(AccessRequested)) == 3)
        osdp.press("1357#")
        assert peer.wait(lambda: len(peer.of(AccessRequested)) == 4)
    finally:
        bench.close()
        for device in (nfc, osdp, keys):
            device.close()
    first, second, third, fourth = peer.of(AccessRequested)
    assert first.credential == second.credential == credential_of("test", "0416C6C2D73881")
    assert third.credential == fourth.credential == credential_of("test", "760643")
    assert open_pin(peer.pin_key, second.challenge, second.pin or "") == "24680"
    assert open_pin(peer.pin_key, fourth.challenge, fourth.pin or "") == "1357"
