"""The words and shapes that a value in a story may have: posts, modes, kinds of alarms, moments, numbers in hex.

`spec_mistakes` names the key, what is wrong with its value and the words that would do; `story.py` says where it is.
"""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final

import msgspec
from msgspec import Struct

from guiwei.drill.hardware import BADGES, EM4100, LOCKS, READERS, SCANNERS, UIDS
from guiwei.drill.specs import Expect, ItemSpec, PersonSpec, StationSpec, VerdictSpec
from guiwei.drill.steps import Check, Step
from guiwei.drill.synonyms import VOCABULARY
from guiwei.drill.times import duration_us, moment_us
from server.domain.words import AlarmKind, CaseKind, IncidentKind, Severity, Verdict

EMULATED: Final = {
    "reader": tuple(READERS),
    "lock": tuple(LOCKS),
    "badge": tuple(BADGES),
    "scanner": tuple(SCANNERS),
    "exit": ("", *READERS),
    "leaves": ("room", "premises"),
}
"""The families that can be played, by the role of the device, and what one may leave through an exit."""
DEVICES: Final = re.compile(r"reader\d*|lock|badge|scanner|keypad")
LIMITS: Final = ("departments", "categories", "secrecy", "cabinets")
"""What a person's rights may be narrowed by (R40)."""
MOST_WITH_INPUTS: Final = 9
"""Doors of a station whose last three channels are its own inputs."""
Mistake = tuple[str, str, str, Collection[str]]
"""Key, what is wrong, the word that is wrong, the words that are known."""


def in_table(spec: PersonSpec | StationSpec | ItemSpec) -> Iterator[Mistake]:
    """Find wrong values in a person, a station or an item."""
    known = EMULATED if isinstance(spec, StationSpec) else VOCABULARY
    for key, value in msgspec.structs.asdict(spec).items():
        if key in known and value not in known[key]:
            yield key, f"unknown {key} {value!r}", str(value), known[key]
    badge = spec.badge if isinstance(spec, PersonSpec) else None
    if badge and (len(badge) not in (EM4100, *UIDS) or not re.fullmatch(r"[0-9A-Fa-f]+", badge)):
        yield "badge", f"{badge!r} is not an EM4100 number (ten hex digits), nor a UID (8, 14 or 20)", "", ()
    if isinstance(spec, PersonSpec) and not re.fullmatch(r"\d{4,12}", spec.pin or "0000"):
        yield "pin", "a PIN is 4 to 12 digits", "", ()
    if isinstance(spec, PersonSpec):
        yield from _limits(spec)
    if isinstance(spec, ItemSpec) and not re.fullmatch(r"([0-9A-Fa-f]{4}){2,31}", spec.tag or "0" * 8):
        yield "tag", f"{spec.tag!r} is not an EPC: hex digits, a multiple of four", "", ()
    if isinstance(spec, StationSpec) and spec.inputs and spec.doors > MOST_WITH_INPUTS:
        yield "doors", f"a station with inputs has 1 to {MOST_WITH_INPUTS} doors, not {spec.doors}", "", ()
    if isinstance(spec, StationSpec) and not 1 <= spec.doors <= 12:
        yield "doors", f"a station has 1 to 12 doors, not {spec.doors}", "", ()


def in_step(step: Step) -> Iterator[Mistake]:
    """Find wrong values in a step."""
    do = step.__struct_config__.tag
    if isinstance(step, Check) and not step.items and not step.request:
        yield "do", "a check needs `items` or a `request`", "", ()
    for key, value in msgspec.structs.asdict(step).items():
        key = key.rstrip("_")
        if value is None:
            continue
        if key in ("mode", "task") and value not in VOCABULARY[key]:
            yield key, f"unknown {key} {value!r}", value, VOCABULARY[key]
        if key == "device" and not DEVICES.fullmatch(value):
            yield key, f"unknown device {value!r}", value, ("reader", "lock", "badge", "scanner", "keypad")
        if key in ("from", "until", "due", "time") and do != "hand_over":
            yield from _shape(key, value, moment_us)
        if (key == "for" and do == "wait") or key == "by":
            yield from _shape(key, value, duration_us)
        if key == "rate" and not 0 <= value <= 1:
            yield key, f"a rate is from 0 to 1, not {value}", "", ()


def in_expect(expect: Expect) -> Iterator[Mistake]:
    """Find wrong values in a block of expectations."""
    for verdicts in (expect.verdicts or {}).values():
        for one in verdicts if isinstance(verdicts, list) else [verdicts]:
            word = one.verdict if isinstance(one, VerdictSpec) else one
            yield from _word("verdicts", "verdict", word, set(Verdict))
    for holder in (expect.holders or {}).values():
        kind, _, rest = holder.partition(":")
        if kind == "incident":
            yield from _word("holders", "incident", rest, set(IncidentKind))
        elif rest:
            yield from _word("holders", "custody", kind, ("place", "incident"))
    for key, alarms in (("alarms", expect.alarms), ("cleared", expect.cleared or [])):
        for alarm in alarms:
            yield from _word(key, "alarm", alarm.kind, set(AlarmKind))
            yield from _word(key, "severity", alarm.severity, set(Severity))
            yield from _shape(key, alarm.within or 0, duration_us)
    for case in () if isinstance(expect.cases, int) else expect.cases:
        yield from _word("cases", "case", case.kind, set(CaseKind))
    for path, number in leaves(expect.counts or {}):
        if not isinstance(number, int):
            yield "counts", f"`counts`: {'/'.join(path)} is counted in whole numbers, not {number!r}", "", ()
    for state in (expect.loans or {}).values():
        yield from _word("loans", "state", state, VOCABULARY["state"])


def leaves(tree: dict[str, object], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Give the numbers of a tree of counts, each with its path; names may be nested or joined by `/`."""
    for key, value in tree.items():
        here = (*path, *key.split("/"))
        if isinstance(value, dict):
            yield from leaves(value, here)
        else:
            yield here, value


def _limits(spec: PersonSpec) -> Iterator[Mistake]:
    for limit, words in spec.scope.items():
        if limit not in LIMITS:
            yield "scope", f"unknown limit {limit!r}", limit, LIMITS
        for word in words if limit == "secrecy" else ():
            yield from _word("scope", "secrecy", word, VOCABULARY["secrecy"])
    for moment in filter(None, spec.training.values()):
        yield from _shape("training", moment, moment_us)


def _word(key: str, what: str, word: str | None, known: Collection[str]) -> Iterator[Mistake]:
    if word is not None and word not in known:
        yield key, f"`{key}`: unknown {what} {word!r}", word, known


def _shape(key: str, value: object, read: Callable[..., object]) -> Iterator[Mistake]:
    try:
        read(value)
    except ValueError as error:
        yield key, f"`{key}`: {error}", "", ()


def spec_mistakes(spec: Struct) -> Iterator[Mistake]:
    """Find wrong values in whatever part of a story this is."""
    if isinstance(spec, Step):
        return in_step(spec)
    return in_expect(spec) if isinstance(spec, Expect) else in_table(spec)  # type: ignore[arg-type]
