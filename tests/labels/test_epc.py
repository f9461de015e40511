"""EPC bits against the examples of GS1's standard and against epcpy, an independent codec."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.epc import Epc, EpcError, Gdti, Giai, Grai, OwnNumber, decode, encode

with warnings.catch_warnings():  # epcpy's source has an invalid escape, which newer compilers warn about
    warnings.simplefilter("ignore")
    from epcpy.utils.common import ConvertException
    from epcpy.utils.parsers import hex_to_tag_encodable

EXAMPLES: list[tuple[str, Epc, str]] = [
    ("3474257BF40000000000162E", Giai("0614141", 5678, 3), "urn:epc:id:giai:0614141.5678"),
    ("3434257BF400000000000000", Giai("0614141", 0, 1), "urn:epc:id:giai:0614141.0"),
    ("3415A537C8000000000F4241", Giai("6901234", 1000001), "urn:epc:id:giai:6901234.1000001"),
    ("3374257BF40C0E400000162E", Grai("0614141", "12345", 5678, 3), "urn:epc:id:grai:0614141.12345.5678"),
    ("3315A537C80000400000002A", Grai("6901234", "00001", 42), "urn:epc:id:grai:6901234.00001.42"),
    ("2C74257BF46072000000162E", Gdti("0614141", "12345", 5678, 3), "urn:epc:id:gdti:0614141.12345.5678"),
    ("2C54257BF46073FFFFFFFFFF", Gdti("0614141", "12345", 2**41 - 1, 2), "urn:epc:id:gdti:0614141.12345.2199023255551"),
]
FOREIGN = ["30", "31", "35", "2F", "E2", "F7", "00", "FF"]

prefixes = st.integers(6, 12).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))
filters = st.integers(0, 7)


@st.composite
def giais(draw: st.DrawFn) -> Giai:
    company = draw(prefixes)
    bits = (42, 45, 48, 52, 55, 58, 62)[12 - len(company)]
    return Giai(company, draw(st.integers(0, 2**bits - 1)), draw(filters))


@st.composite
def typed(draw: st.DrawFn) -> Grai | Gdti:
    company = draw(prefixes)
    digits = 12 - len(company)
    reference = draw(st.text("0123456789", min_size=digits, max_size=digits))
    if draw(st.booleans()):
        return Grai(company, reference, draw(st.integers(0, 2**38 - 1)), draw(filters))
    return Gdti(company, reference, draw(st.integers(0, 2**41 - 1)), draw(filters))


@pytest.mark.parametrize(("bits", "epc", "urn"), EXAMPLES)
def test_known_examples(bits: str, epc: Epc, urn: str) -> None:
    assert encode(epc) == bits
    assert decode(bits.lower()) == epc
    assert epc.urn == urn


@given(giais() | typed())
def test_agrees_with_epcpy(epc: Giai | Grai | Gdti) -> None:
    bits = encode(epc)
    assert decode(bits) == epc
    oracle = hex_to_tag_encodable(bits)
    assert oracle.epc_uri == epc.urn


@given(st.integers(0, 2**56 - 1))
def test_own_numbers_come_back_and_belong_to_no_scheme(number: int) -> None:
    bits = encode(OwnNumber(number))
    assert bits.startswith("475701")
    assert decode(bits) == OwnNumber(number)
    assert OwnNumber(number).urn == f"urn:epc:raw:96.x{bits}"
    with pytest.raises(ConvertException):
        hex_to_tag_encodable(bits)


@given(st.integers(0, 2**56 - 1), st.integers(0, 87))
def test_a_flipped_bit_in_an_own_number_is_refused(number: int, bit: int) -> None:
    with pytest.raises(EpcError, match="mark or CRC"):
        decode(f"{int(encode(OwnNumber(number)), 16) ^ 1 << bit:024X}")


@given(st.sampled_from(["34", "33", "2C", "47"]), st.integers(0, 2**88 - 1))
def test_any_bits_are_refused_or_encode_to_themselves(header: str, rest: int) -> None:
    bits = f"{header}{rest:022X}"
    try:
        said = encode(decode(bits))
    except EpcError as error:
        said = str(error)
    assert bits in said


@pytest.mark.parametrize("header", FOREIGN)
def test_a_foreign_header_is_named(header: str) -> None:
    with pytest.raises(EpcError, match=f"header 0x{header}"):
        decode(header + "0" * 22)


@pytest.mark.parametrize(
    ("bits", "said"),
    [
        ("", "not 24 hex digits"),
        ("34" * 31, "not 24 hex digits"),
        ("+" + "3" * 23, "not 24 hex digits"),
        ("G" * 24, "not 24 hex digits"),
        ("３" * 24, "not 24 hex digits"),
        ("341C" + "0" * 20, "partition 7"),
        ("3403FFFFFFFFFC0000000000", "company prefix"),
    ],
)
def test_bad_bits_are_refused(bits: str, said: str) -> None:
    with pytest.raises(EpcError, match=said):
        decode(bits)


@pytest.mark.parametrize(
    ("epc", "said"),
    [
        (Giai("12345", 1), "6 to 12 digits"),
        (Giai("１２３４５６７", 1), "6 to 12 digits"),
        (Giai("0614141", 2**58), "does not fit 58 bits"),
        (Giai("0614141", 1, 8), "filter 8"),
        (Giai("0614141", -1), "asset -1"),
        (Grai("0614141", "1234", 1), "not 5 digits"),
        (Grai("0614141", "12345", 2**38), "does not fit 38 bits"),
        (Gdti("0614141", "12345", 2**41), "does not fit 41 bits"),
        (OwnNumber(2**56), "does not fit 56 bits"),
    ],
)
def test_bad_fields_are_refused(epc: Epc, said: str) -> None:
    with pytest.raises(EpcError, match=said):
        encode(epc)
