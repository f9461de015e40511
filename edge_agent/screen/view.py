"""From what the station says to what a page shows: pure functions of the state, the moment and the language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from edge_agent.screen.seen import Answer, Moved, Reason, Seen
from edge_agent.screen.words import CONDITIONS, LIFTERS, REFUSALS, SITUATIONS, UNKNOWN_REFUSAL, WORDS, Both, Language

SHOWN_US: Final = 180_000_000
"""So long what left and came stays on the screen."""
MOST_ROWS: Final = 8
TAIL: Final = 6


def word(key: str, language: Language, **fields: object) -> str:
    """Give a word of the table, filled in."""
    return WORDS[key].said(language).format(**fields)


def _open(seen: Seen) -> list[int]:
    return [int(number) for number, door in seen.doors.items() if door.phase == "open"]


def _fireable(seen: Seen) -> list[int]:
    waiting = [int(number) for number, door in seen.doors.items() if door.phase == "granted"]
    return waiting or (seen.answer.doors if seen.answer else [])


def _phase(seen: Seen) -> str:
    return seen.session.phase if seen.session else ""


def _counting(seen: Seen) -> bool:
    return any(door.phase == "settling" and door.contact != "unknown" for door in seen.doors.values())


def _to_be_opened(seen: Seen) -> bool:
    return any(door.phase == "granted" for door in seen.doors.values())


def answer_of(seen: Seen) -> Answer | None:
    """Give the answer that belongs to the session under way."""
    answer = seen.answer
    return answer if answer and seen.session and answer.session == seen.session.token else None


def wants_pin(seen: Seen) -> bool:
    """Tell whether nothing but a PIN is missing."""
    answer = answer_of(seen)
    return answer is not None and {reason.code for reason in answer.reasons} == {"pin_needed"}


HOLDS: Final[tuple[tuple[str, Callable[[Seen], bool]], ...]] = (
    ("locked", lambda seen: any(wrong.condition == "outbox_full" for wrong in seen.conditions)),
    ("pin", lambda seen: _phase(seen) == "denied" and wants_pin(seen)),
    ("denied", lambda seen: _phase(seen) == "denied"),
    ("asking", lambda seen: _phase(seen) == "asking"),
    ("open", lambda seen: bool(_open(seen)) and _phase(seen) == "granted"),
    ("unattended", lambda seen: bool(_open(seen))),
    ("granted", lambda seen: _phase(seen) == "granted" and _to_be_opened(seen)),
    ("settling", _counting),
    ("granted", lambda seen: _phase(seen) == "granted"),
    ("offline", lambda seen: seen.link != "up"),
)
"""The first that holds is what the large card says; where none does, nothing is going on."""


def situation_of(seen: Seen | None) -> str:
    """Name what is going on."""
    return "stopped" if seen is None else next((name for name, holds in HOLDS if holds(seen)), "idle")


def panel(seen: Seen | None, now_us: int, language: Language) -> dict[str, Any]:
    """Give everything the page shows."""
    situation = situation_of(seen)
    seen = seen or Seen(station="", link="unknown")
    doors = _fireable(seen) if situation == "granted" else _open(seen)
    card = SITUATIONS[("offline" if seen.link != "up" else "idle") if situation == "denied" else situation]
    answer = answer_of(seen)
    return {
        "situation": situation,
        "sign": card.icon,
        "tone": card.tone,
        "head": card.head.said(language).format(doors=doors_named(doors, language)),
        "steps": [step.said(language) for step in card.steps],
        "who": _who(seen, answer, language),
        "items": answer.items if answer and situation in ("granted", "open") else [],
        "gives": situation in ("granted", "open"),
        "refusal": _refusal(answer, language) if answer and situation == "denied" else None,
        "doors": [_door(number, seen, language) for number in seen.doors],
        "link": seen.link if seen.link in ("up", "down") else "unknown",
        "unsent": seen.unsent,
        "moved": moved_rows(seen, now_us, language),
        "troubles": list(troubles(seen, language)),
    }


def doors_named(doors: Iterable[int], language: Language) -> str:
    """Name doors in a row."""
    return ("、" if language == "zh" else ", ").join(word("door", language, door=door) for door in doors)


def _who(seen: Seen, answer: Answer | None, language: Language) -> str:
    if seen.session is None:
        return word("nobody", language)
    return (answer.person if answer else "") or word("somebody", language)


def _door(number: str, seen: Seen, language: Language) -> dict[str, str]:
    door = seen.doors[number]
    phase = door.phase if door.contact != "unknown" and f"phase.{door.phase}" in WORDS else "unknown"
    return {
        "name": word("door", language, door=number),
        "phase": phase,
        "said": word(f"phase.{phase}", language),
    }


# -- why not ----------------------------------------------------------------------------------------------------------


class _Blank(dict[str, str]):
    """Fill what is not given with nothing."""

    def __missing__(self, key: str) -> str:
        return ""


def _refusal(answer: Answer, language: Language) -> dict[str, Any]:
    return {"n": answer.n, "reasons": [reason_said(reason, language) for reason in answer.reasons]}


def reason_said(reason: Reason, language: Language) -> dict[str, str]:
    """Word a reason: what, by which rule, who can lift it."""
    known = REFUSALS.get(reason.code, UNKNOWN_REFUSAL)
    fields = _Blank(reason.params, item=reason.item)
    what = known.what.said(language).format_map(fields).strip()
    if known is UNKNOWN_REFUSAL:
        what = f"{what} ({reason.code})"
    lifts = word("lifts", language, who=LIFTERS[known.lift].said(language))
    return {"what": what, "rule": word("rule", language, rule=reason.rule), "lifts": lifts}


# -- what left and came -----------------------------------------------------------------------------------------------


VERDICTS: Final[dict[tuple[str, bool | None], tuple[str, str, str]]] = {
    ("taken", True): ("verdict.listed", "good", "check"),
    ("taken", False): ("verdict.unlisted", "bad", "cross"),
    ("unread", None): ("verdict.unread", "warn", "ask"),
}
"""What the station itself knows: word, tone and icon. All else is the server's to judge."""
RECORDED: Final = ("verdict.recorded", "plain", "clock")


def moved_rows(seen: Seen, now_us: int, language: Language) -> dict[str, Any]:
    """Give the newest movements first, and how many more there are."""
    lately = [moved for moved in reversed(seen.moved) if abs(now_us - moved.at_us) < SHOWN_US]
    rows = [_row(moved, seen.confirmed, language) for moved in lately[:MOST_ROWS]]
    return {"rows": rows, "more": len(lately) - len(rows)}


def _row(moved: Moved, confirmed: int, language: Language) -> dict[str, str]:
    verdict, tone, icon = VERDICTS.get((moved.what, moved.listed), RECORDED)
    return {
        "what": word(f"what.{moved.what}", language),
        "way": moved.what,
        "name": moved.code or word("tag", language, epc=moved.epc[-TAIL:]),
        "door": word("door", language, door=moved.door),
        "verdict": word(verdict, language),
        "tone": tone,
        "icon": icon,
        "sent": word("sent.yes" if moved.seq <= confirmed else "sent.no", language),
    }


# -- what is wrong ----------------------------------------------------------------------------------------------------


def troubles(seen: Seen, language: Language) -> Iterable[dict[str, str]]:
    """Say what is wrong and what to do about it: conditions, then devices and doors that nothing is heard of."""
    told = {wrong.device for wrong in seen.conditions}
    for wrong in seen.conditions:
        yield _trouble(wrong.condition, wrong.door, wrong.device, language)
    for number, door in seen.doors.items():
        if door.contact == "unknown":
            yield _trouble("interrupted", number, "", language)
    for device, state in seen.devices.items():
        if state != "online" and device not in told:
            yield _trouble("device_offline", "", device, language)


def _trouble(condition: str, door: str, device: str, language: Language) -> dict[str, str]:
    known = CONDITIONS.get(condition)
    what, do = (known.what, known.do) if known else (Both(condition, condition), WORDS["call_archivist"])
    named = word("door", language, door=door) if door else ""
    return {"what": what.said(language).format(door=named, device=device).strip(), "do": do.said(language)}
