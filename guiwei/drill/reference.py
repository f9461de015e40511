"""The reference tables of docs/stories.md, made from the story format itself; a test holds the page to them.

`python -m guiwei.drill.reference docs/stories.md` writes them anew between their marks.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from guiwei.drill.hardware import BADGES, LOCKS, READERS, SCANNERS
from guiwei.drill.specs import AlarmSpec, CaseSpec, Expect, ItemSpec, LedgerSpec, PersonSpec, StationSpec
from guiwei.drill.spelling import SYNONYMS
from guiwei.drill.spelling import WORDS as WORDS_OF
from guiwei.drill.steps import STEPS, Step
from guiwei.drill.synonyms import ALSO

KEYS = {
    "bad": "`false`: all is well again",
    "as": "who does it, signed in over HTTP",
    "at": 'where: a station (`"a"`) or a door (`"a/1"`)',
    "blind": "those who count do not see what is expected",
    "by": 'how far the clock jumps, forward or back: `"90s"`, `"-10m"`',
    "card": "ten hex digits of a card that need not be anybody's",
    "code": "any printed code, known or not",
    "complete": "every part and page is there",
    "device": "`reader` (that of the door in `at`, else the first), `reader2`, `lock`, `badge`, `scanner`, `keypad`",
    "documents": "what the seal is put on (R17)",
    "due": "when it must be back: a moment",
    "for": "whom it is for; at `wait`, how long",
    "from": "from when: a moment (left out: now)",
    "full": "`true` fills the disk, `false` frees it",
    "impressions": "how often the seal is put down (R17)",
    "item": "one item of the story",
    "items": "items of the story, a list or one",
    "kind": "`enclosure_tamper`, `mains_lost`, `on_battery`",
    "mode": "`reading` (in the room), `loan` (inside the company), `photocopy`, `seal_use`, `sharing` (with another"
    " department or, with `outside`, with somebody outside), `transfer` (of what somebody else holds, hand to hand);"
    " left out: a loan, of seals their use",
    "note": "a remark that is kept",
    "outside": "`true`: what is shared leaves the company (R04)",
    "pages": 'at `request`, the pages to be copied (R12): `"1-3"`; at `check`, how many were counted',
    "parts": "how many parts were counted",
    "pin": "the digits typed (left out: the person's own)",
    "purpose": "what it is for (R01)",
    "recipient": "with whom it is shared (R65; left out: what `purpose` says)",
    "rate": "from 0 (hears all) to 1 (hears nothing)",
    "request": "the `name` of an earlier `request` step",
    "stocktake": "the `name` of the step that opened it",
    "scope": 'what the delegation covers: `{ secrecy = ["ordinary"], modes = ["loan"] }`',
    "stations": "which stations (left out: all of them)",
    "tag": "EPC in hex (left out: made up)",
    "tags": "EPCs of tags that nobody bound to an item",
    "task": "`stock_in`, `stock_out`, `move`, `repair`, `inspection`, `stocktake`, `destruction`",
    "time": "a moment that is not over yet",
    "title": "what the stocktake is called",
    "to": "who receives it; at `order`, the door where the items belong from now on",
    "until": "until when: a moment",
    "what": "`server`, `broker`, or a station's name",
    "who": "whose badge or PIN",
    "with": "the other item of an exchange",
    "witness": "who watches the handover; at `emergency`, the second person, whose badge is shown",
}
EXPECTATIONS = {
    "after": "the `name` of the step after which to look; left out: after the last",
    "verdicts": "item → its latest verdict, or the list of all of them in order; a verdict is its word or a table of"
    " `verdict`, `lawful`, `person`, `rules`, `late`; an unknown tag goes by its EPC",
    "holders": "item → a person, `place:a/1` or `incident:<kind>`; an item that is not named must lie in a place",
    "alarms": "every alarm ever set, in any order, as tables (see below); always looked at",
    "cleared": "the alarms among them that are cleared or closed: kinds, or tables as for `alarms`",
    "cases": "every case, as tables `kind`, `item`, `station`, `at` (none needed), or how many; always looked at",
    "overdue": "items that are overdue now; a table may add `person` and `rule`",
    "counts": "numbers by station, category, state, nested or joined by `/`; of the stocktake when there was one",
    "loans": "`request`, `register` or `order` step → state:"
    " filed approved refused withdrawn expired out returned closed discrepancy overdue",
    "ledger": "kinds of entries in this order (others may stand between), or `{ contains = [...], order = [...] }`",
    "quarantine": "reasons of the messages set aside, or how many there are; always looked at",
    "notices": "every notice: its kind, or a table `kind`, `to`, `text` (a part of it);"
    " when all say `to`, only these people's",
    "station": "station → text, or texts, that its screen shows",
    "late": "items, verdicts, alarm kinds or kinds of events (`door_closed`) that are marked as learnt late;"
    " named items: no other item may be; `true`: something is, `false`: nothing",
}
ALARM = {
    "kind": "which alarm",
    "item": "about which item",
    "person": 'whom it names; `""`: nobody',
    "station": "at which station",
    "at": "at which station or door",
    "late": "learnt late or not",
    "within": "set at most so long after what caused it",
    "real": "`within` counts real time, not story time",
    "state": "its state now",
    "severity": "its severity",
}


def _listed(families: Iterable[str]) -> str:
    return ", ".join(f"`{family}`" for family in families)


WORDS: dict[type[Struct], dict[str, str]] = {
    Expect: EXPECTATIONS,
    AlarmSpec: ALARM,
    CaseSpec: {key: ALARM[key] for key in ("item", "station", "at")} | {"kind": "which case"},
    LedgerSpec: {"contains": "kinds that must occur", "order": "kinds that must occur in this order"},
    PersonSpec: {
        "name": "shown name (left out: the key)",
        "role": "the post",
        "department": "where the person works",
        "badge": "number of the card: ten hex digits (EM4100); 8, 14 or 20 (UID) where no RDM6300 is",
        "pin": "digits for the keypad",
        "scope": "what the rights are narrowed to (R40): `{ departments, categories, secrecy, cabinets }`, each a list",
        "training": 'what was learnt, until when (R44): `{ security = "2026-12-31T00:00:00+08:00" }`; `""`: for ever',
        "active": "`false`: has left; badge and rights count no more (R43)",
    },
    StationSpec: {
        "reader": f"family of each door's tag reader: {_listed(READERS)}",
        "lock": f"family of the lock board: {_listed(LOCKS)}",
        "badge": f"family of the badge reader: {_listed(BADGES)}",
        "scanner": f"family of the code scanner: {_listed(SCANNERS)}",
        "doors": "how many doors",
        "exit": "family of a reader at an exit, one of those of `reader` (left out: there is none)",
        "inputs": "`true`: tamper, mains and battery contacts are wired, and there are 9 doors at most",
        "leaves": "what one leaves past it: `room` or `premises`",
    },
    ItemSpec: {
        "place": "the door it belongs and begins behind",
        "kind": "`file`, `box`, `document`, `copy`, `seal`, `key`",
        "title": "shown title (left out: the key)",
        "secrecy": "`top_secret`, `confidential`, `secret`, `ordinary`",
        "category": "for counts",
        "department": "whose it is",
        "record_number": "档号",
        "parts": "how many parts it has",
        "pages": "how many pages it has",
        "tag": "EPC in hex (left out: made up)",
        "code": "printed code (left out: made up)",
        "tid": "the chip's own number, 24 hex digits; an `llrp` reader tells it",
        "home": "the door it belongs behind (left out: where it begins)",
        "parent": "the item that this is a standing copy of (R13)",
        "customer": "whose file it is",
        "grade": "the customer's grade: `A`, `B`, `C` (R37)",
    },
}
COMMON = ("name", "expect_refusal")


def tables() -> dict[str, str]:
    """Make every table of the page, by the name in its marks."""
    return {
        "steps": steps_table(),
        "keys": table(("key", "is"), ((f"`{key}`", words) for key, words in KEYS.items())),
        "synonyms": table(("step", "written", "meant"), synonyms()),
        "words": table(("of", "written", "meant"), other_words()),
        "people": struct_table(PersonSpec),
        "stations": struct_table(StationSpec),
        "items": struct_table(ItemSpec),
        "expect": struct_table(Expect),
        "alarms": struct_table(AlarmSpec),
    }


def steps_table() -> str:
    """Make one row per step: its word, what it does, the keys it needs and those it may have."""
    return table(("do", "what happens", "needs", "may have"), (step_row(do, kind) for do, kind in STEPS.items()))


def step_row(do: str, kind: type[Step]) -> tuple[str, ...]:
    """Describe one step from its docstring and fields."""
    fields = [field for field in msgspec.structs.fields(kind) if field.encode_name not in COMMON]
    needs = ", ".join(f"`{field.encode_name}`" for field in fields if field.required)
    may = ", ".join(f"`{field.encode_name}`{default(field)}" for field in fields if not field.required)
    return f"`{do}`", (kind.__doc__ or "").strip(), needs, may


def struct_table(kind: type[Struct]) -> str:
    """Make one row per key of a table in the story file."""
    rows = ((f"`{f.encode_name}`{default(f)}", WORDS[kind][f.encode_name]) for f in msgspec.structs.fields(kind))
    return table(("key", "is"), rows)


def default(field: msgspec.structs.FieldInfo) -> str:
    """Say what a key left out means, when that is a value worth saying."""
    if field.required:
        return " (needed)"
    if field.default in (msgspec.NODEFAULT, None, "", 0, False) and field.default is not False:
        return ""
    return f" = {str(field.default).lower() if isinstance(field.default, bool) else field.default}"


def synonyms() -> Iterable[tuple[str, str, str]]:
    """List the other words that steps understand."""
    return ((f"`{do}`", f"`{written}`", f"`{meant}`") for do, pairs in SYNONYMS.items() for written, meant in pairs)


def other_words() -> Iterable[tuple[str, str, str]]:
    """List the other words that keys of people and items and the vocabulary have."""
    keys = ((what, written, word) for what, pairs in WORDS_OF.items() for written, word in pairs)
    values = ((key, written, word) for key, words in ALSO.items() for written, word in words.items())
    return ((f"`{what}`", f"`{written}`", f"`{word}`") for what, written, word in (*keys, *values))


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Make a Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def filled(page: str) -> str:
    """Give the page with every table between its marks made anew; raises KeyError for a mark that names none."""
    made = tables()
    shape = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
    return shape.sub(lambda found: f"{found[1]}{made[found[2]]}\n{found[3]}", page)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(filled(path.read_text("utf-8")), "utf-8")
