"""`guiwei edge decode`: its output, its exit codes, and what it says of wrong use."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from edge_agent.cli import app
from edge_agent.devices import FAMILIES

TAG = "bb02220011c03400e20010710000529b0940b402163dcb7e"


def run(*arguments: str) -> tuple[int, dict[str, object], str]:
    result = CliRunner().invoke(app, ["decode", *arguments])
    return result.exit_code, json.loads(result.stdout or "{}"), result.stderr


def test_readings_without_error_exit_0() -> None:
    code, told, _ = run("m100", TAG[:11] + TAG[11:14], TAG[14:])
    assert code == 0
    assert told == {
        "readings": [
            {
                "type": "tag_seen",
                "epc": "E20010710000529B0940B402",
                "antenna": 1,
                "rssi": -64,
                "pc": "3400",
                "tid": None,
            }
        ],
        "errors": [],
        "unparsed": "",
    }


def test_an_error_names_its_place_and_exits_1() -> None:
    code, told, _ = run("m100", TAG, TAG[:-4] + "00" + TAG[-2:], TAG)
    assert code == 1
    assert told["errors"] == [{"at": 24, "what": "checksum 00, should be CB"}]
    assert len(told["readings"]) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("family", "given", "code", "types", "errors", "unparsed"),
    [
        ("m100", ["bb022200ff", "bb01280001002a7e"], 1, ["device_reply"], 1, "bb022200ff"),
        ("reader18", ["05000100ae74"], 0, ["device_fault"], 0, ""),
        ("reader18", ["050001071100"], 0, ["device_fault"], 0, ""),
        ("lock8a", ["8001051195"] * 60, 0, ["lock_state"] * 60, 0, ""),
        ("lock8a", ["80010000aa33" + "18"] * 45, 0, ["lock_state"] * 24 * 45, 0, ""),
        ("llrp", ["041e0000000a00000001"], 1, [], 1, ""),
        ("llrp", ["04640000000a00000001"], 1, [], 1, ""),
        ("llrp", ["043800000014000000010202011f000800000000"], 0, ["device_reply"], 0, ""),
    ],
)
def test_what_is_read_and_what_is_left(
    family: str, given: list[str], code: int, types: list[str], errors: int, unparsed: str
) -> None:
    exit_code, told, _ = run(family, *given)
    assert exit_code == code
    assert [reading["type"] for reading in told["readings"]] == types  # type: ignore[attr-defined]
    assert len(told["errors"]) == errors  # type: ignore[arg-type]
    assert told["unparsed"] == unparsed


@pytest.mark.parametrize("given", ["02110302", "0211030233", "0211ff023103"])
def test_what_is_wrong_does_not_depend_on_how_it_came(given: str) -> None:
    bytewise = [given[at : at + 2] for at in range(0, len(given), 2)]
    assert run("kerong_cu16", given) == run("kerong_cu16", *bytewise)


def test_a_frame_cut_short_is_unparsed() -> None:
    code, told, _ = run("m100", TAG, "bb0222")
    assert code == 1
    assert told["unparsed"] == "bb0222"
    assert told["errors"] == [{"at": 24, "what": "frame cut short: 3 of 7 bytes"}]


@pytest.mark.parametrize(
    "given", [["8A", "01 06 11 9c"], ["8a:01:06:11:9c"], ["0x8a, 0x01, 0x06, 0x11, 0x9C"], ["0x8a0106119c"]]
)
def test_hex_is_taken_as_other_tools_write_it(given: list[str]) -> None:
    assert run("lock8a", *given) == run("lock8a", "8a0106119c")


def test_settings_are_taken() -> None:
    code, told, _ = run("lock8a", "8a0106119c", "--set", "sent_by=host", "--set", "boards=1,2")
    assert code == 0
    assert told["readings"] == [{"type": "command_seen", "name": "open", "fields": {"board": 1, "lock": 6}}]


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_no_reading(family: str) -> None:
    assert run(family, "")[:2] == (1, {"readings": [], "errors": [], "unparsed": ""})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["m100", "0g"], "not hex"),
        (["m100", "abc"], "not hex"),
        (["m10", "00"], "m100"),
        (["m100", "00", "--set", "framig=bb"], "framing"),
        (["m100", "00", "--set", "framing"], "key=value"),
        (["m100", "00", "--set", "framing=x"], "auto, bb, aa"),
        (["m100"], "Missing argument"),
    ],
)
def test_wrong_use_says_what_is_right_and_exits_2(arguments: list[str], says: str) -> None:
    code, told, stderr = run(*arguments)
    assert code == 2
    assert told == {}
    assert says in stderr


def test_a_picture_is_decoded() -> None:
    code, told, _ = run("barcode_camera", "00" * 64)
    assert code == 1
    assert "not a picture" in str(told["errors"])
