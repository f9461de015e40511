"""`guiwei edge fuzz`: feed a Dialect bytes no device would send, and see that it takes them as it must.

1. No exception leaves it; what it holds stays bounded, and so does the memory of the program.
2. After the noise, and a silent line, the next good frame means what it always means.
3. The same seed feeds the same bytes: a failure names the seed and the place.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from edge_agent.devices import FAMILIES, make_dialect
from edge_agent.devices.base import Dialect, FrameError, Heard, Reading, SettingsError
from edge_agent.devices.decode import BAD, WRONG_USE

SEGMENT = 8192
"""Bytes between two good frames."""
CHUNK = 600
MOST_HELD = 4 << 20
"""Most bytes a Dialect may hold; only a picture comes near."""
MOST_GROWTH_KB = 64 << 10
"""Most the program's memory may grow while it is fed."""
WARM = 0.1
"""Share of the bytes after which memory should grow no more."""

_INPUT = "00" * 16  # the moment of a record of the kernel
_KEYS = ("01001e0001000000", "01001e0000000000", "01001c0001000000", "01001c0000000000")  # A and Enter, down and up

SAMPLES: dict[str, tuple[str, ...]] = {
    "barcode_hid": ("".join(_INPUT + key for key in _KEYS),),
    "barcode_serial": (b"]C0ARC-2024-000123\r".hex(), b"]d2010950600013435221ABC123\x1d10LOT1\r".hex()),
    "esphome": (b"guiwei/nodes/a/door/1 ON\n".hex(), b"guiwei/nodes/a/wiegand 26 2ec0c86\n".hex()),
    "gpio": ("000000000000000002000000110000000000000000000000" + "00" * 24,),
    "kerong_cu16": ("020035ffff00000338", "0200310336"),
    "llrp": (
        "043d0000002c0000000700f000228d3415a537c8000000000f424181000286c78400060a24181e4000880003",
        "043f000000210000000b00f600170080000c00060a24181e400000f80007000180",
        "041e0000001c00000009011f00120064000a62616420726f73706563",
    ),
    "lock8a": ("8001011191", "80018000053337", "8a01021198"),
    "m100": (
        "bb02220011c03400e20010710000529b0940b402163dcb7e",
        "aa01ff0010a30e340030751feb705c5904e3d50d7002dd",
        "bb000c001323000000006000e2000016551102060390eaaf347e",
    ),
    "modbus_relay": ("01020105618b", "0105020000078db0"),
    "osdp": ("53e508000640b0f0", "53e50b000546040401b3ec"),
    "pcsc": ("ffca000000", "04a1b2c39000", "41435231323255323033"),
    "pn532": ("0000ff0cf4d54b010100040804deadbeef9600", "0000ff02fed4022a00", "0000ff01ff7f8100"),
    "rdm6300": ("0230313030303733344530443203", "023632453330383643454430380d0a03"),
    "reader18": (
        "2300010301020c0000000000000000000003136b0c0000000000000000000003146c70f2",
        "13000103010c49440000000000000a000334a5fb",
        "05ff7600910f",
    ),
    "thingmagic": (
        "ff2822000010001b01ff0101c4110e16400000012700000500000f00803000000000000000000000001545e94a561d",
        "ff0a2403e800000000000300ee589d",
    ),
    "tsl_ascii2": (b"CS: .iv\r\nEP: E20034120123456789000000\r\nRI: -57\r\nOK:\r\n".hex(), b".iv -x\r\n".hex()),
}
"""Good frames, the first of which must be understood after any noise; a family without one gets noise alone."""


class FuzzError(Exception):
    """A Dialect did what it must not; the text says where and how to see it again."""


class Fuzzed(NamedTuple):
    """What came of feeding one family."""

    family: str
    bytes: int
    seed: int
    seconds: float
    readings: int
    errors: int
    most_held: int
    found_again: int
    grown_kb: int


def fuzz(family: str, amount: int, seed: int) -> Fuzzed:
    """Feed one family `amount` bytes (FuzzError: law 1 or 2 broken; SettingsError: no such family)."""
    dialect, rng = make_dialect(family), random.Random(f"{seed}/{family}")  # noqa: S311 (must be repeatable)
    samples = tuple(bytes.fromhex(sample) for sample in SAMPLES.get(family, ()))
    meant = _readings(_taken(make_dialect(family), samples[0])) if samples else []
    fed = readings = errors = most = found = 0
    grown_from, began = 0, time.perf_counter()
    while fed < amount:
        size = min(SEGMENT, amount - fed)
        for chunk in _chunks(rng, b"".join(_pieces(rng, samples, size))[:size]):
            heard = _guarded(family, seed, fed, chunk, lambda given=chunk: _heard(dialect, given))  # type: ignore[misc]
            most = max(most, len(dialect.unparsed))
            readings, errors, fed = readings + len(_readings(heard)), errors + _errors(heard), fed + len(chunk)
            if most > MOST_HELD:
                raise FuzzError(f"{family}: holds {most} bytes after {fed}, seed {seed}")
        heard = _guarded(family, seed, fed, b"", dialect.silence)
        readings, errors = readings + len(_readings(heard)), errors + _errors(heard)
        if samples:
            again = _readings(_taken(dialect, samples[0]))
            if again != meant:
                raise FuzzError(f"{family}: after {fed} bytes of seed {seed} a good frame means {again}, not {meant}")
            found += 1
        grown_from = grown_from or (_memory_kb() if fed >= amount * WARM else 0)
    grown = _memory_kb() - grown_from
    if grown > MOST_GROWTH_KB:
        raise FuzzError(f"{family}: the program grew by {grown} KB over {amount} bytes of seed {seed}")
    return Fuzzed(family, fed, seed, time.perf_counter() - began, readings, errors, most, found, grown)


def fuzz_families(
    families: Annotated[list[str] | None, typer.Argument(metavar="[FAMILY]...", help="Left out: every family")] = None,
    amount: Annotated[int, typer.Option("--bytes", min=1, help="Bytes for each family")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="The same seed feeds the same bytes")] = 1,
) -> None:
    """Feed dialects noise and spoilt frames; one JSON line per family, exit 1 where one does what it must not."""
    failed = False
    for family in families or sorted(FAMILIES):
        try:
            typer.echo(json.dumps(fuzz(family, amount, seed)._asdict()))
        except SettingsError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(WRONG_USE) from None
        except FuzzError as error:
            typer.echo(str(error), err=True)
            failed = True
    if failed:
        raise typer.Exit(BAD)


# -- what is fed ------------------------------------------------------------------------------------------------------


def _pieces(rng: random.Random, samples: tuple[bytes, ...], size: int) -> Iterator[bytes]:
    """Give pieces of every kind until they are at least `size` bytes."""
    given = 0
    while given < size:
        piece = rng.choice(KINDS)(rng, samples) if samples else _noise(rng, samples)
        given += len(piece)
        yield piece


def _noise(rng: random.Random, _: tuple[bytes, ...]) -> bytes:
    return rng.randbytes(rng.randint(1, 400))


def _good(rng: random.Random, samples: tuple[bytes, ...]) -> bytes:
    return rng.choice(samples)


def _mutated(rng: random.Random, samples: tuple[bytes, ...]) -> bytes:
    """Change, drop, double or put in one to four bytes of a good frame."""
    frame = bytearray(rng.choice(samples))
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(frame)) if frame else 0
        match rng.randrange(4):
            case 0:
                frame[at : at + 1] = bytes((rng.randrange(256),))
            case 1:
                frame[at : at + 1] = b""
            case 2:
                frame[at:at] = frame[at : at + rng.randint(1, 8)]
            case _:
                frame[at:at] = rng.randbytes(1)
    return bytes(frame)


def _truncated(rng: random.Random, samples: tuple[bytes, ...]) -> bytes:
    frame = rng.choice(samples)
    return frame[: rng.randrange(len(frame))]


def _spliced(rng: random.Random, samples: tuple[bytes, ...]) -> bytes:
    """Put the beginning of one frame before the end of another."""
    return _truncated(rng, samples) + rng.choice(samples)[rng.randrange(8) :]


KINDS: tuple[Callable[[random.Random, tuple[bytes, ...]], bytes], ...] = (_noise, _good, _mutated, _truncated, _spliced)


def _chunks(rng: random.Random, data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = rng.randint(1, CHUNK)
        yield data[at : at + size]
        at += size


# -- what came of it --------------------------------------------------------------------------------------------------


def _guarded(family: str, seed: int, at: int, chunk: bytes, act: Callable[[], list[Heard]]) -> list[Heard]:
    try:
        return act()
    except Exception as error:
        raise FuzzError(f"{family}: {error!r} at byte {at} of seed {seed}, in {chunk.hex() or 'silence'}") from error


def _heard(dialect: Dialect, chunk: bytes) -> list[Heard]:
    """Feed a chunk; a family that wants its port opened anew after an error gets that, as its source does it."""
    heard = dialect.feed(chunk)
    return heard + dialect.silence() if dialect.reopen_after_error and _errors(heard) else heard


def _taken(dialect: Dialect, frame: bytes) -> list[Heard]:
    """Feed a frame on a line that then falls silent."""
    return dialect.feed(frame) + dialect.silence()


def _readings(heard: list[Heard]) -> list[Reading]:
    return [event for event in heard if isinstance(event, Reading)]


def _errors(heard: list[Heard]) -> int:
    return sum(isinstance(event, FrameError) for event in heard)


def _memory_kb() -> int:
    """Give the program's own memory, as the kernel counts it."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4
