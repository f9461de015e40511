"""Badge readers in their own world: cards held, taken away, without a name; readers that lose their power."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from contract.secrets import credential_of
from edge_agent.devices.barcode_hid import BarcodeHid, HidSource
from edge_agent.devices.base import BadgeRead, CodeRead, DeviceFault, DeviceReply, ProtocolError, SourceState
from edge_agent.devices.cards import badge_of_bits, badge_of_uid
from edge_agent.devices.pn532 import Pn532
from edge_agent.devices.stream import StreamSource
from edge_agent.emulators.barcode_hid import BarcodeHidEmulator
from edge_agent.emulators.barcode_hid import event as key_event
from edge_agent.emulators.pn532 import Pn532Emulator
from tests.edge_agent.devices.told import Told


@pytest.mark.parametrize(
    ("bits", "badge"),
    [
        ("10111011000000110010000110", BadgeRead("760643", "0007734851", "118,01603")),
        ("10111101100010001110101110", BadgeRead("7B11D7", "0008065495", "123,04567")),
        ("1110111101010110110111110111011110", BadgeRead("DEADBEEF", "3735928559", "57005,48879")),
        ("0000001001010000110110010110000111", BadgeRead("04A1B2C3", "0077705923", "1185,45763")),
        ("00111011000000110010000110", BadgeRead("0EC0C86")),
        ("10111011000000110010000111", BadgeRead("2EC0C87")),
        ("1" * 37, BadgeRead("1FFFFFFFFF")),
        ("00000001", BadgeRead("0001")),
    ],
)
def test_wiegand_bits_are_a_number_only_where_their_parity_holds(bits: str, badge: BadgeRead) -> None:
    assert badge_of_bits(len(bits), int(bits, 2)) == badge


def test_a_uid_is_a_badge_unless_it_is_drawn_anew_each_time() -> None:
    assert badge_of_uid(bytes.fromhex("04a1b2c3")) == BadgeRead("04A1B2C3")
    assert badge_of_uid(bytes.fromhex("08a1b2c3d4e5f6")) == BadgeRead("08A1B2C3D4E5F6")
    assert isinstance(badge_of_uid(bytes.fromhex("08a1b2c3")), DeviceFault)


def test_credentials_take_cards_of_any_length_and_stay_as_they_were() -> None:
    assert credential_of("hq", "0F00A1B2C3") == "ebf95fdce1215f65574ec339d04c7952"
    cards = ("04A1B2C3", "0416C6C2D73881", "0416C6C2D73881010203", "760643", "0F00A1B2C3", "00A1B2C3")
    assert len({credential_of("hq", card) for card in cards}) == len(cards)


def test_a_card_held_to_a_pn532_is_one_reading_also_after_its_power_was_lost(tmp_path: Path, told: Told) -> None:
    reader = Pn532Emulator(tmp_path / "reader")
    source = StreamSource("nfc", Pn532(absence_ms=400, poll_ms=50), str(reader.path), told)
    source.start()
    try:
        told.online()
        told.next(DeviceReply, lambda reply: reply.command == "get_firmware_version")
        reader.present("DEADBEEF")
        time.sleep(0.3)
        reader.remove()
        time.sleep(0.1)
        reader.present("DEADBEEF")
        time.sleep(0.3)
        reader.remove()
        time.sleep(0.5)
        with reader.lock:
            reader.reset()
        reader.present("DEADBEEF")
        told.next(BadgeRead)
        told.next(BadgeRead)
        reader.present("08ADBEEF")
        assert told.next(DeviceFault).code == 8
        assert not any(isinstance(event, BadgeRead) for event in told.events.queue)
    finally:
        source.close()
        reader.close()


@pytest.mark.parametrize(
    ("target", "state", "why"),
    [
        ("missing", "offline", "is the scanner plugged in?"),
        ("file", "fault", "not an input device"),
        ("/dev/null", "fault", "not an input device"),
    ],
)
def test_a_scanner_that_cannot_be_opened_says_why(
    tmp_path: Path, told: Told, target: str, state: str, why: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    source = HidSource("scanner", BarcodeHid(), str(tmp_path / target), told)
    source.start()
    event = told.events.get(timeout=10)
    source.close()
    assert isinstance(event, SourceState)
    assert (event.state, why in event.why) == (state, True), event.why


def test_keys_held_when_a_keypad_was_pulled_out_are_held_no_more(tmp_path: Path, told: Told) -> None:
    keypad = BarcodeHidEmulator(tmp_path / "keypad")
    source = HidSource("keypad", BarcodeHid(suffix="enter", idle_ms=10000), str(keypad.path), told)
    source.start()
    try:
        told.online()
        keypad.send(key_event(42, 1))
        keypad.scan("12", aim="")
        assert told.next(CodeRead).text == "!@"
        keypad.unplug()
        told.until("offline")
        keypad.plug()
        told.until("online")
        keypad.scan("12", aim="")
        assert told.next(CodeRead).text == "12"
        with pytest.raises(ProtocolError):
            source.write(b"x")
    finally:
        source.close()
        keypad.close()


def test_no_card_is_held_to_a_pn532_that_it_could_not_tell_of(tmp_path: Path) -> None:
    reader = Pn532Emulator(tmp_path / "reader")
    try:
        with pytest.raises(ValueError, match="no UID"):
            reader.present("0F00A1B2C3")
    finally:
        reader.close()


def test_a_pn532_command_that_does_not_exist_or_fit_is_refused() -> None:
    with pytest.raises(ProtocolError, match="no command"):
        Pn532().command("open")
    with pytest.raises(ProtocolError, match="at most 252"):
        Pn532().command("in_data_exchange", bytes(253))
