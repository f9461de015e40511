"""How people write people, items and steps: other words for their keys, one word for a list, a door in two parts.

What is understood here is only spelling; what a step means is in `steps.py`. Expectations: `spelling_expect.py`.
"""

from collections.abc import Collection
from datetime import datetime

import msgspec

from guiwei.drill.steps import STEPS, AnyStep
from guiwei.drill.synonyms import OUTSIDE, VOCABULARY, meant, plain
from server.domain.words import Secrecy

ITEM, BY, WHY = ("item", "items"), ("by", "as"), ("reason", "purpose")
PERSON = (("person", "for"), ("who", "for"))
REMARK = (("reason", "note"), ("comment", "note"))
PROCESS = (("target", "what"), ("process", "what"), ("at", "what"), ("station", "what"))
PLACE = (("station", "at"), ("door", "at"))
SYNONYMS: dict[str, tuple[tuple[str, str], ...]] = {
    "at": (("at", "time"), ("to", "time"), ("until", "time"), ("when", "time")),
    "wait": (("duration", "for"), ("time", "for")),
    "badge": (("as", "who"), ("person", "who"), ("badge", "card"), *PLACE),
    "pin": (("as", "who"), ("person", "who"), ("code", "pin"), ("digits", "pin"), *PLACE),
    "scan": PLACE,
    "check": (ITEM, BY, ("loan", "request"), *REMARK),
    "take": (ITEM, *PLACE),
    "put": (ITEM, ("tag", "tags"), *PLACE),
    "open": PLACE,
    "force": PLACE,
    "spare_key": PLACE,
    "close": PLACE,
    "leave": (ITEM, *PLACE),
    "request": (
        ITEM,
        BY,
        WHY,
        *PERSON,
        ("applicant", "for"),
        ("document", "documents"),
        ("count", "impressions"),
        ("page", "pages"),
        ("to", "recipient"),
        ("with", "recipient"),
        ("return_by", "due"),
    ),
    "approve": (BY, *REMARK),
    "refuse": (BY, *REMARK),
    "withdraw": (BY, *REMARK),
    "register": (ITEM, BY, WHY, *PERSON, ("to", "for"), ("return_by", "due")),
    "order": (ITEM, BY, WHY, *PERSON, ("kind", "task"), ("type", "task"), ("place", "to")),
    "hand_over": (ITEM, BY, WHY),
    "delegate": (BY, ("delegate", "to"), ("start", "from"), ("end", "until")),
    "stocktake_open": (("at", "stations"), ("station", "stations")),
    "sweep": (("station", "at"),),
    "kill": PROCESS,
    "start": PROCESS,
    "pause": PROCESS,
    "resume": PROCESS,
    "cut": PLACE,
    "heal": PLACE,
    "disk_full": PLACE,
    "clock": (("jump", "by"), ("for", "by"), ("shift", "by"), *PLACE),
    "miss": (("chance", "rate"), *PLACE),
    "swap_tag": (("other", "with"), ("items", "item")),
    "unplug": (("what", "device"), *PLACE),
    "plug": (("what", "device"), *PLACE),
}
WORDS = {
    "person": (("post", "role"), ("card", "badge"), ("limits", "scope"), ("rights", "scope")),
    "item": (
        ("number", "record_number"), ("epc", "tag"), ("barcode", "code"), ("level", "secrecy"), ("copy_of", "parent"),
        ("original", "parent"), ("customer_grade", "grade"), ("belongs", "home"), ("page_count", "pages"),
    ),
}  # fmt: skip
LISTS = frozenset({"items", "stations", "tags", "documents", "expect_refusal"})
EVERYTHING = ("all", "everything", "*", ["*"])
A_STATION = ("station", "agent", "edge")


def read_step(raw: dict[str, object], stations: Collection[str] = ()) -> AnyStep:
    """Make a step of its table; raises msgspec.ValidationError. A nameless station is the only one there is."""
    table = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in raw.items()}
    do = str(raw.get("do"))
    if do == "wait" and "until" in table:
        do, table["do"] = "at", "at"
    if "at" in _fields(do) and "door" in table:
        table["at"] = door_of(table, table.pop("door"))
    if do in ("kill", "start", "pause", "resume"):
        _name_process(table, stations)
    for written, key in SYNONYMS.get(do, ()):
        if written in table and key not in table and written not in _fields(do):
            table[key] = table.pop(written)
    if do == "hand_over" and "as" not in table and "from" in table:
        table["as"] = table["from"]
    named = isinstance(giver := table.get("from"), str) and not giver[:1].isdigit()
    if do == "delegate" and named and table.setdefault("as", giver) == giver:
        del table["from"]
    if do == "request":
        _read_request(table)
    if do == "order":
        _read_order(table)
    for key in ("mode", "task"):
        if key in table:
            table[key] = meant(key, table[key])
    if do == "check":
        _read_check(table)
    if do == "swap_tag" and isinstance(table.get("item"), list) and len(pair := list(table["item"])) == 2:  # type: ignore[call-overload]
        table["item"], table["with"] = pair
    if do == "delegate" and "scope" in table:
        table["scope"] = _read_scope(table["scope"])
    for key in LISTS & table.keys():
        table[key] = listed(table[key])
    return msgspec.convert(table, AnyStep)  # type: ignore[no-any-return]


def read_person(raw: object) -> object:
    """Understand other words of a person's table: limits beside `scope`, a clearance, one training or several."""
    if not isinstance(raw, dict):
        return raw
    table = _reworded(raw, "person")
    limits: dict[str, object] = dict(scope) if isinstance(scope := table.get("scope", {}), dict) else {}
    for one, many in (("department", "departments"), ("category", "categories"), ("cabinet", "cabinets")):
        if one in limits:
            limits[many] = limits.pop(one)
    limits |= {key: table.pop(key) for key in ("departments", "categories", "secrecy", "cabinets") if key in table}
    levels = list(map(str, Secrecy))
    if "clearance" in table and (level := str(meant("secrecy", table["clearance"]))) in levels:
        limits["secrecy"] = levels[levels.index(level) :]
        del table["clearance"]
    if "secrecy" in limits:
        limits["secrecy"] = [meant("secrecy", word) for word in _all(limits["secrecy"])]
    if limits:
        table["scope"] = {key: listed(words) for key, words in limits.items()}
    if "training" in table and not isinstance(table["training"], dict):
        rows = [one if isinstance(one, dict) else {"subject": one} for one in _all(table["training"])]
        table["training"] = {str(row.get("subject")): _moment(row.get("expires", "")) for row in rows}
    return table


def read_item(raw: object) -> object:
    """Understand other words of an item's table."""
    return _reworded(raw, "item") if isinstance(raw, dict) else raw


def _reworded(raw: dict[str, object], what: str) -> dict[str, object]:
    named = dict(WORDS[what])
    table = {named[key] if key in named and named[key] not in raw else key: value for key, value in raw.items()}
    return {key: meant(key, value) if key in VOCABULARY else value for key, value in table.items()}


def _all(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _moment(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _read_request(table: dict[str, object]) -> None:
    """Understand a mode that says that it leaves the company, and pages as numbers or a list."""
    if isinstance(mode := table.get("mode"), str) and plain(mode) in OUTSIDE:
        table.setdefault("outside", True)
    if meant("mode", table.get("mode")) == "transfer" and "recipient" in table:
        table.setdefault("for", table.pop("recipient"))
    if "pages" in table:
        table["pages"] = ",".join(map(str, _all(table["pages"])))


def _read_order(table: dict[str, object]) -> None:
    """Understand `to` as the person it is for, unless it names a door."""
    if isinstance(to := table.get("to"), str) and "/" not in to and "for" not in table:
        table["for"] = table.pop("to")


def door_of(table: dict[str, object], door: object) -> str:
    """Give "a/1" for a door written so, or as a number beside `station` or `at`, which is taken out of the table."""
    station = table.pop("station", None) or table.pop("at", "")
    return str(door) if "/" in str(door) else f"{station}/{door}"


def _fields(do: str) -> tuple[str, ...]:
    return tuple(f.encode_name for f in msgspec.structs.fields(STEPS[do])) if do in STEPS else ()


def listed(value: object) -> object:
    """Give one word as a list of one; `expect_refusal = true` asks for a refusal of any rule."""
    if value is True:
        return []
    return [str(value)] if isinstance(value, str | int) and value is not False else value


def _name_process(table: dict[str, object], stations: Collection[str]) -> None:
    """Turn `what = "station", at = "a"`, `what = "station a"` and a lone `what = "station"` into the station's name."""
    what = next((key for key in ("what", "target", "process") if table.get(key) in A_STATION), None)
    if what is not None:
        where = next((key for key in ("at", "station") if key in table), None)
        if where is not None:
            table[what] = table.pop(where)
        elif len(stations) == 1:
            table[what] = next(iter(stations))
    for key in ("what", "target", "process"):
        words = str(table.get(key, "")).replace(":", " ").replace("/", " ").split()
        if len(words) == 2 and words[0] in A_STATION:
            table[key] = words[1]


def _read_check(table: dict[str, object]) -> None:
    """Understand `parts = false` and `pages = true` as well as numbers, and whatever is said to be missing."""
    for key in ("parts", "pages", "ok", "intact"):
        if isinstance(table.get(key), bool) and not table.pop(key):
            table["complete"] = False
    for key in ("missing", "missing_parts", "missing_pages"):
        if missing := table.pop(key, None):
            table["complete"] = False
            table.setdefault("note", f"{key}: {missing}")


def _read_scope(scope: object) -> object:
    """Understand a word or a list of words (secrecy levels, modes, else departments) as well as a table of lists."""
    if isinstance(scope, dict):
        named = {"mode": "modes", "department": "departments", "category": "categories"}
        words = {"modes": "mode", "secrecy": "secrecy"}
        tables = {named.get(key, key): _all(value) for key, value in scope.items()}
        return {key: [meant(words[key], one) if key in words else one for one in all_] for key, all_ in tables.items()}
    if scope in EVERYTHING:
        return {}
    if not isinstance(scope, str | list):
        return scope
    found: dict[str, list[str]] = {}
    for word in map(str, _all(scope)):
        limits = ((kind, key, str(meant(key, word))) for kind, key in (("secrecy", "secrecy"), ("modes", "mode")))
        kind, said = next(((k, said) for k, key, said in limits if said in VOCABULARY[key]), ("departments", word))
        found.setdefault(kind, []).append(said)
    return found
