"""The 96 bits written to an RFID tag: GIAI-96, GRAI-96 and GDTI-96 with a GS1 company prefix, or a number of our own.

Laws:
1. The GS1 schemes are header 8, filter 3, partition 3, company prefix, reference, serial (EPC Tag Data Standard 1.9).
2. A company without a GS1 prefix never gets an invented one: it uses `OwnNumber`, whose first byte 0x47 is no header of
   the GS1 schemes (tested with epcpy), so that other readers rightly call it unknown.
3. What decodes encodes to the same bits; bits that no encoder makes are refused.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from typing import ClassVar

from labels.errors import LabelError

_PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)
"""Bits of the company prefix for partition 0..6, which is for a prefix of 12..6 digits."""

_OWN_MARK = 0x475701
"""First three bytes of an own number: `GW` in ASCII, then the version of this layout."""


class EpcError(LabelError):
    """The bits or the fields are not an EPC of a kind handled here."""


@dataclass(frozen=True)
class _Scheme:
    """Hold the shape of one GS1 scheme; the reference has `reference_bits` less what a longer company prefix takes."""

    name: str
    header: int
    serial_bits: int

    def reference_bits(self, partition: int) -> int:
        return 82 - self.serial_bits - _PREFIX_BITS[partition]


_GIAI = _Scheme("giai", 0x34, 0)
_GRAI = _Scheme("grai", 0x33, 38)
_GDTI = _Scheme("gdti", 0x2C, 41)


@dataclass(frozen=True)
class Giai:
    """Name one asset of the company: a seal, a box, a folder. `asset` is a number without leading zeros."""

    scheme: ClassVar = _GIAI
    company: str
    asset: int
    filter: int = 0

    @property
    def urn(self) -> str:
        return f"urn:epc:id:giai:{self.company}.{self.asset}"


@dataclass(frozen=True)
class Grai:
    """Name one returnable transport item: `kind` is the asset type, as many digits as the prefix leaves of twelve."""

    scheme: ClassVar = _GRAI
    company: str
    kind: str
    serial: int
    filter: int = 0

    @property
    def urn(self) -> str:
        return f"urn:epc:id:grai:{self.company}.{self.kind}.{self.serial}"


@dataclass(frozen=True)
class Gdti:
    """Name one document of a managed document type: `kind` as in Grai."""

    scheme: ClassVar = _GDTI
    company: str
    kind: str
    serial: int
    filter: int = 0

    @property
    def urn(self) -> str:
        return f"urn:epc:id:gdti:{self.company}.{self.kind}.{self.serial}"


@dataclass(frozen=True)
class OwnNumber:
    """Name one item in a closed loop, without GS1: mark 24 bits, number 56, CRC-16/CCITT (from 0xFFFF) of both 16."""

    number: int

    @property
    def urn(self) -> str:
        return f"urn:epc:raw:96.x{encode(self)}"


Epc = Giai | Grai | Gdti | OwnNumber
_GS1 = {kind.scheme.header: kind for kind in (Giai, Grai, Gdti)}


def encode(epc: Epc) -> str:
    """Give the 96 bits as 24 capital hex digits, ready to be written to a tag."""
    if isinstance(epc, OwnNumber):
        _within("own number", epc.number, 56)
        body = (_OWN_MARK << 56 | epc.number).to_bytes(10, "big")
        return (body + binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big")).hex().upper()
    scheme = epc.scheme
    if not (_is_number(epc.company) and 6 <= len(epc.company) <= 12):
        raise EpcError(f"company prefix {epc.company!a} is not 6 to 12 digits: copy it from the GS1 certificate")
    partition = 12 - len(epc.company)
    _within("filter", epc.filter, 3)
    head = (scheme.header << 3 | epc.filter) << 3 | partition
    head = head << _PREFIX_BITS[partition] | int(epc.company)
    reference, serial = (epc.asset, 0) if isinstance(epc, Giai) else (_kind_value(epc.kind, partition), epc.serial)
    _within("asset", reference, scheme.reference_bits(partition))
    _within("serial", serial, scheme.serial_bits)
    bits = (head << scheme.reference_bits(partition) | reference) << scheme.serial_bits | serial
    return f"{bits:024X}"


def decode(text: str) -> Epc:
    """Read 24 hex digits from a tag. Raises EpcError naming the field that no encoder makes."""
    if not re.fullmatch("[0-9A-Fa-f]{24}", text):
        raise EpcError(f"EPC {text[:40]!a} is not 24 hex digits: read the whole EPC bank of a 96-bit tag")
    bits = int(text, 16)
    header = bits >> 88
    if header == _OWN_MARK >> 16:
        return _decode_own(bits)
    if header not in _GS1:
        raise EpcError(f"EPC {text}: header 0x{header:02X} is not GIAI-96, GRAI-96, GDTI-96 or own: a foreign tag")
    return _decode_gs1(bits, _GS1[header])


def _decode_own(bits: int) -> OwnNumber:
    own = OwnNumber(bits >> 16 & (1 << 56) - 1)
    if int(encode(own), 16) != bits:
        raise EpcError(f"EPC {bits:024X}: the mark or CRC of an own number is wrong: a foreign tag, or written badly")
    return own


def _decode_gs1(bits: int, kind: type[Giai | Grai | Gdti]) -> Epc:
    scheme = kind.scheme
    partition = bits >> 82 & 7
    if partition >= len(_PREFIX_BITS):
        raise EpcError(f"EPC {bits:024X}: partition {partition} does not exist: a foreign tag, or written badly")
    reference_bits = scheme.reference_bits(partition)
    digits = 12 - partition
    company = bits >> 82 - _PREFIX_BITS[partition] & (1 << _PREFIX_BITS[partition]) - 1
    reference = bits >> scheme.serial_bits & (1 << reference_bits) - 1
    if company >= 10**digits:
        raise EpcError(f"EPC {bits:024X}: company prefix {company} has more than {digits} digits: a foreign tag")
    company_text = f"{company:0{digits}d}"
    tag_filter = bits >> 85 & 7
    if issubclass(kind, Giai):
        return kind(company_text, reference, tag_filter)
    if reference >= 10**partition:
        raise EpcError(f"EPC {bits:024X}: type {reference} has more than {partition} digits: a foreign tag")
    kind_text = f"{reference:0{partition}d}" if partition else ""
    return kind(company_text, kind_text, bits & (1 << scheme.serial_bits) - 1, tag_filter)


def _kind_value(kind: str, partition: int) -> int:
    if len(kind) != partition or not (_is_number(kind) or kind == ""):
        raise EpcError(f"type {kind[:40]!a} is not {partition} digits: prefix and type together have twelve")
    return int(kind or "0")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _within(what: str, value: int, bits: int) -> None:
    if not 0 <= value < 1 << bits:
        raise EpcError(f"{what} {value} does not fit {bits} bits: it may be 0 to {(1 << bits) - 1}")
