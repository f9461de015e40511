"""Messages of an LLRP reader that is not ours, byte by byte."""

from __future__ import annotations

import struct

GREETING = bytes.fromhex("043f000000205ff5d6a300f600160080000c00054f296b53fa4b010000060000")
OK, FIELD_ERROR = bytes.fromhex("011f000800000000"), bytes.fromhex("011f000800650000")
LONG_TAG = bytes.fromhex("00f0001a00f1000e0040aabbccdd1122334481000186c9880001")
TAG = bytes.fromhex("00f000118d3415a537c8000000000f4241")
EPC = "3415A537C8000000000F4241"


def said(kind: int, body: bytes = b"", number: int = 0, version: int = 1) -> bytes:
    return struct.pack(">HII", version << 10 | kind, 10 + len(body), number) + body
