"""Messages read straight out of the buffer: whole, plain ones only; whatever else comes is paho's to read."""

from hypothesis import given
from hypothesis import strategies as st

from guiwei.bench.wire import packet
from server.intake.client import plain_message

TOPIC = "guiwei/v1/a/up"


@given(st.lists(st.binary(max_size=400), max_size=5), st.integers(1, 0xFFFF), st.sampled_from([0x32, 0x33, 0x3A]))
def test_plain_messages_are_read_one_after_another(payloads: list[bytes], mid: int, first: int) -> None:
    packets = [bytes([first]) + packet(TOPIC, payload, mid)[1:] for payload in payloads]
    data, at, found = memoryview(b"".join(packets)), 0, []
    while (one := plain_message(data, at)) is not None:
        at = one[3]
        found.append(one[:3])
    assert found == [(TOPIC, payload, mid) for payload in payloads]
    assert at == len(data)


@given(st.binary(max_size=300), st.data())
def test_part_of_a_message_is_none(payload: bytes, data: st.DataObject) -> None:
    whole = packet(TOPIC, payload, 7)
    assert plain_message(memoryview(whole)[: data.draw(st.integers(0, len(whole) - 1))], 0) is None


@given(st.binary(max_size=40))
def test_rubbish_is_read_as_nothing_or_within_its_bounds(rubbish: bytes) -> None:
    found = plain_message(memoryview(b"\x32" + rubbish), 0)
    assert found is None or (found[2] and found[3] <= len(rubbish) + 1)


def test_what_is_not_plain_is_left() -> None:
    plain = packet(TOPIC, b"x", 7)
    with_property = plain.replace(b"\0\x07\0", b"\0\x07\x02\x01\x01")
    with_property = bytes([plain[0], plain[1] + 2]) + with_property[2:]
    for other in (b"\x30" + plain[1:], b"\x34" + plain[1:], b"\x40\x02\x00\x07", with_property, packet(TOPIC, b"x", 0)):
        assert plain_message(memoryview(other), 0) is None
