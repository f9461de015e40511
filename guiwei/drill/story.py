"""A story file, read and checked before anything is started; a mistake names file, line, key and the nearest word."""

import difflib
import re
import tomllib
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

import server
from contract.schema import EVENTS
from guiwei.drill.hardware import EM4100
from guiwei.drill.specs import (
    AlarmSpec,
    CaseSpec,
    Expect,
    ItemSpec,
    LedgerSpec,
    NoticeSpec,
    OverdueSpec,
    PersonSpec,
    StationSpec,
    VerdictSpec,
)
from guiwei.drill.spelling import read_item, read_person, read_step
from guiwei.drill.spelling_expect import read_expect
from guiwei.drill.steps import STEPS, AnyStep, At, Plug, Unplug, Wait
from guiwei.drill.synonyms import VOCABULARY, meant
from guiwei.drill.times import duration_us, moment_us
from guiwei.drill.vocabulary import leaves, spec_mistakes
from server.domain.words import AlarmKind, Verdict

T = TypeVar("T", bound=Struct)
PEOPLE_KEYS = ("as", "for", "who", "to", "witness")
EPC = re.compile(r"[0-9A-Fa-f]{8,}")
COUNTED = {*VOCABULARY["count"], *VOCABULARY["counted"]}
SHEETS = Path(server.__file__).parent / "policies"


class StoryError(ValueError):
    """A story that cannot be run, and where it is wrong."""


NESTED: dict[str, type[Struct]] = {
    "alarms": AlarmSpec, "cleared": AlarmSpec, "cases": CaseSpec, "ledger": LedgerSpec, "overdue": OverdueSpec,
    "notices": NoticeSpec, "verdicts": VerdictSpec,
}  # fmt: skip


class Story(Struct, frozen=True, kw_only=True):
    """A whole story, checked: every name used in it is known."""

    name: str
    file: str
    start_us: int
    rules: list[str]
    policy: str
    people: dict[str, PersonSpec]
    stations: dict[str, StationSpec]
    items: dict[str, ItemSpec]
    steps: list[AnyStep]
    expects: list[Expect]
    lines: list[int]


SECTIONS = ("name", "rules", "start", "policy", "people", "stations", "items", "steps", "expect")


def policy_sheet(file: str, named: str) -> Path:
    """Find a policy sheet: by its path beside the story, else one that ships by its name."""
    beside = (Path(file).parent / named).resolve()
    shipped = SHEETS / f"{Path(named).stem}.toml"
    return shipped if not beside.is_file() and shipped.is_file() else beside


def read_story(path: Path) -> Story:
    """Read and check a story file; raises StoryError."""
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        raise StoryError(f"{path}:{place[1] if place else len(text.splitlines())}: {error}") from None
    except (OSError, ValueError, RecursionError) as error:  # not UTF-8, a number or a nesting beyond all reading
        raise StoryError(f"{path}: {error}") from None
    return _Reader(path, text).story(raw)


class _Reader:
    """Reads one file; knows its text so that a mistake can name its line."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.rows = text.splitlines()

    def story(self, raw: dict[str, object]) -> Story:
        for key in raw:
            if key not in SECTIONS:
                raise self.wrong(self.line_of_key(key), f"unknown key {key!r}", key, SECTIONS)
        for key, kind in (("people", dict), ("stations", dict), ("items", dict), ("steps", list), ("expect", list)):
            self.shaped(raw, key, kind)
        if "name" not in raw or "start" not in raw:
            raise self.wrong(1, "a story needs `name` and `start`")
        for key in ("name", "policy"):
            if not isinstance(raw.get(key, ""), str):
                raise self.wrong(self.line_of_key(key), f"`{key}` is one word or text in quotes, not {raw[key]!r}")
        rules = raw.get("rules", [])
        if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
            raise self.wrong(self.line_of_key("rules"), f'`rules` is a list such as ["R02"], not {rules!r}')
        people = {k: self.convert(read_person(v), PersonSpec, f"people.{k}") for k, v in _table(raw, "people").items()}
        stations = {k: self.convert(v, StationSpec, f"stations.{k}") for k, v in _table(raw, "stations").items()}
        items = {k: self.convert(read_item(v), ItemSpec, f"items.{k}") for k, v in _table(raw, "items").items()}
        step_lines = self.lines_of("[[steps]]")
        steps = [self.step(s, step_lines[n : n + 1], stations) for n, s in enumerate(_list(raw, "steps"))]
        expect_lines = self.lines_of("[[expect]]")
        expects = [self.expect(e, expect_lines[n : n + 1]) for n, e in enumerate(_list(raw, "expect"))]
        if not expects:
            raise self.wrong(len(self.rows), "a story needs at least one [[expect]]")
        try:
            start_us = moment_us(raw["start"] if isinstance(raw["start"], datetime) else str(raw["start"]))
        except ValueError as error:
            raise self.wrong(self.line_of_key("start"), str(error)) from None
        story = Story(
            name=str(raw["name"]), file=str(self.path), start_us=start_us, rules=rules,
            policy=str(raw.get("policy", "default")), people=people, stations=stations, items=items,
            steps=steps, expects=expects, lines=step_lines,
        )  # fmt: skip
        try:
            found = story.policy == "default" or policy_sheet(story.file, story.policy).is_file()
        except (OSError, ValueError):  # no name that a file could have
            found = False
        if not found:
            what, known = (
                f"there is no policy sheet {story.policy!r}",
                {"default", *(s.stem for s in SHEETS.glob("*.toml"))},
            )
            raise self.wrong(self.line_of_key("policy"), what, story.policy, known)
        self.check_names(story, expect_lines)
        return story

    def shaped(self, raw: dict[str, object], key: str, kind: type) -> None:
        value = raw.get(key, kind())
        if not isinstance(value, kind) or not all(isinstance(one, dict) for one in (value if kind is list else [])):  # type: ignore[attr-defined]
            written = f"[[{key}]]" if kind is list else f"[{key}]"
            raise self.wrong(self.line_of_key(key), f"`{key}` is written as {written}")

    def convert(self, raw: object, kind: type[T], where: str) -> T:
        try:
            return self.checked(msgspec.convert(raw, kind), self.line_of_table(where))
        except msgspec.ValidationError as error:
            line = self.line_of_table(where)
            raise self.explain(error, line, [f.encode_name for f in msgspec.structs.fields(kind)]) from None

    def checked(self, spec: T, line: int) -> T:
        """Refuse a value that is no word, moment or number of its key."""
        for key, what, word, known in spec_mistakes(spec):
            raise self.wrong(self.key_below(line, key), what if what[0] == "`" else f"`{key}`: {what}", word, known)
        return spec

    def step(self, raw: dict[str, object], lines: list[int], stations: Collection[str]) -> AnyStep:
        line = lines[0] if lines else self.line_of_key("steps")
        do = raw.get("do")
        if not isinstance(do, str):
            what = "a step needs `do`" if do is None else f"`do` is the word of a step, not {do!r}"
            raise self.wrong(self.key_below(line, "do"), what)
        if do not in STEPS:
            raise self.wrong(self.key_below(line, "do"), f"`do`: unknown step {do!r}", do, STEPS)
        try:
            return self.checked(read_step(raw, stations), line)
        except msgspec.ValidationError as error:
            names = [f.encode_name for f in msgspec.structs.fields(STEPS[do])]
            raise self.explain(error, line, names) from None

    def expect(self, raw: dict[str, object], lines: list[int]) -> Expect:
        line = lines[0] if lines else 1
        try:
            return self.checked(read_expect(raw), line)
        except msgspec.ValidationError as error:
            inside = re.search(r"`\$\.(\w+)", str(error))
            kind = NESTED.get(inside[1], Expect) if inside else Expect
            raise self.explain(error, line, [f.encode_name for f in msgspec.structs.fields(kind)]) from None

    def check_names(self, story: Story, expect_lines: list[int]) -> None:
        """Refuse people, items, stations, doors, requests and step names that the story does not know."""
        names: set[str] = set()
        now_us = story.start_us
        for step, line in zip(story.steps, story.lines or [1] * len(story.steps), strict=False):
            before_us = now_us
            for key, value in msgspec.structs.asdict(step).items():
                self.check_value(story, key.rstrip("_"), value, line, names, type(step).__struct_config__.tag)
            if isinstance(step, At | Wait):
                now_us = moment_us(step.time) if isinstance(step, At) else now_us + duration_us(step.for_)
                if now_us < before_us:
                    key = "time" if isinstance(step, At) else "for"
                    raise self.wrong(self.key_below(line, key), f"`{key}`: story time does not go back")
            if isinstance(step, Unplug | Plug) and step.device[6:].isdecimal():
                self.check_at(story, f"{step.at.partition('/')[0]}/{step.device[6:]}", line, "device")
            if step.name in names:
                raise self.wrong(self.key_below(line, "name"), f"`name`: another step is named {step.name!r} too")
            names |= {step.name} - {""}
        others: dict[str, set[str]] = {"tag": set(), "code": set()}
        for key, item in story.items.items():
            line = self.line_of_table(f"items.{key}")
            self.check_at(story, item.place, line, "place")
            self.check_at(story, item.home or item.place, line, "home")
            if item.parent is not None and item.parent not in story.items:
                raise self.wrong(line, f"`parent`: unknown item {item.parent!r}", item.parent, story.items)
            for what, mine in (("tag", (item.tag or "").upper()), ("code", item.code or f"GW-{key.upper()}")):
                if mine in others[what]:
                    raise self.wrong(self.key_below(line, what), f"`{what}`: {mine!r} is another item's too")
                others[what] |= {mine} - {""}
        em4100 = any(station.badge == "rdm6300" for station in story.stations.values())
        for name, person in story.people.items():
            if person.badge and len(person.badge) != EM4100 and em4100:
                what = f"badge {person.badge!r}: a station reads with `rdm6300`, which wants ten hex digits (EM4100)"
                raise self.wrong(self.line_of_table(f"people.{name}"), what)
        for badge in (badges := [p.badge.upper() for p in story.people.values() if p.badge]):
            if badges.count(badge) > 1:
                raise self.wrong(self.line_of_key("people"), f"badge {badge} belongs to more than one person")
        for expect, line in zip(story.expects, expect_lines or [1] * len(story.expects), strict=False):
            self.check_expect(story, expect, line, names)

    def check_expect(self, story: Story, expect: Expect, line: int, names: set[str]) -> None:
        """Refuse what one block of expectations names and the story does not know."""
        items = {"verdicts": expect.verdicts, "holders": expect.holders}
        tables: dict[str, Sequence[AlarmSpec | CaseSpec | OverdueSpec | NoticeSpec]] = {
            "alarms": expect.alarms, "cleared": expect.cleared or [], "overdue": expect.overdue or [],
            "cases": [] if isinstance(expect.cases, int) else expect.cases, "notices": expect.notices or [],
        }  # fmt: skip
        used = [(key, "item", word) for key, words in items.items() for word in words or ()]
        used += [("holders", "person", word) for word in (expect.holders or {}).values() if ":" not in word]
        used += [("after", "step", expect.after or ""), *(("loans", "step", word) for word in expect.loans or ())]
        used += [("station", "station", word) for word in expect.station or ()]
        used += [("late", "word", word) for word in (expect.late if isinstance(expect.late, list) else ())]
        used += [("counts", "count", word) for path, _ in leaves(expect.counts or {}) for word in path]
        for key, specs in tables.items():
            for spec in specs:
                fields = msgspec.structs.asdict(spec)
                used += [(key, what, fields.get(what) or "") for what in ("item", "person", "station")]
                used.append((key, "station", (fields.get("at") or "").partition("/")[0]))
                used.append((key, "person", fields.get("to") or ""))
        known: dict[str, Collection[str]] = {
            "item": story.items, "person": story.people, "step": names, "station": story.stations,
            "word": {*story.items, *Verdict, *AlarmKind, *(str(event.__struct_config__.tag) for event in EVENTS)},
            "count": {*story.stations, *(i.category for i in story.items.values()), *COUNTED},
        }  # fmt: skip
        for holder in (expect.holders or {}).values():
            if holder.startswith("place:"):
                self.check_at(story, holder.removeprefix("place:"), line, "holders")
        for key, what, word in used:
            said = meant("count", meant("counted", word)) if what == "count" else word
            if word and said not in known[what] and not (what in ("item", "word") and EPC.fullmatch(word)):
                raise self.wrong(self.key_below(line, key), f"`{key}`: unknown {what} {word!r}", word, known[what])

    def check_value(self, story: Story, key: str, value: object, line: int, names: set[str], do: object) -> None:
        if value in (None, "", []):
            return
        is_door = key == "at" or (do, key) == ("order", "to")
        if (
            (key in PEOPLE_KEYS and do != "wait" and not is_door) or (do, key) == ("hand_over", "from")
        ) and value not in story.people:
            raise self.wrong(self.key_below(line, key), f"`{key}`: unknown person {value!r}", str(value), story.people)
        if key in ("items", "item"):
            for item in value if isinstance(value, list) else [value]:
                if item not in story.items and not (do == "put" and EPC.fullmatch(str(item))):
                    what = f"`{key}`: unknown item {item!r}"
                    raise self.wrong(self.key_below(line, key), what, str(item), story.items)
        if key == "with" and value not in story.items and not EPC.fullmatch(str(value)):
            raise self.wrong(self.key_below(line, key), f"`{key}`: unknown item {value!r}", str(value), story.items)
        if key == "stations":
            for station in value if isinstance(value, list) else [value]:
                self.check_at(story, str(station), line, key)
        if key in ("request", "stocktake") and value not in names:
            what = f"`{key}`: no step before this is named {value!r}"
            raise self.wrong(self.key_below(line, key), what, str(value), names)
        if is_door:
            self.check_at(story, str(value), line, key)
        if key == "what" and value not in ("server", "broker", *story.stations):
            known = ("server", "broker", *story.stations)
            raise self.wrong(self.key_below(line, key), f"`{key}`: unknown process {value!r}", str(value), known)

    def check_at(self, story: Story, at: str, line: int, key: str) -> None:
        """Refuse a station or door, named by a key below this line, that there is not."""
        line = self.key_below(line, key)
        station, _, door = at.partition("/")
        if station not in story.stations:
            raise self.wrong(line, f"`{key}`: unknown station {station!r}", station, story.stations)
        doors = story.stations[station].doors
        if door and door not in map(str, range(1, doors + 1)):
            raise self.wrong(line, f"`{key}`: station {station!r} has doors 1 to {doors}, not {door!r}")

    # ------------------------------------------------------------ where things stand

    def explain(self, error: msgspec.ValidationError, line: int, known: list[str]) -> StoryError:
        found = re.search(r"unknown field `([^`]*)`", str(error))
        if found:
            return self.wrong(self.key_below(line, found[1]), f"unknown key {found[1]!r}", found[1], known)
        key = re.search(r" - at `\$\.(\w+)", str(error))
        return self.wrong(self.key_below(line, key[1]), f"`{key[1]}`: {error}") if key else self.wrong(line, str(error))

    def wrong(self, line: int, what: str, word: str = "", known: object = ()) -> StoryError:
        near = difflib.get_close_matches(word, [str(k) for k in known], 1, 0.0) if word else []  # type: ignore[attr-defined]
        hint = f"; the nearest known word is {near[0]!r}" if near else ""
        return StoryError(f"{self.path}:{line}: {what}{hint}")

    def lines_of(self, header: str) -> list[int]:
        return [n for n, row in enumerate(self.rows, 1) if row.strip().startswith(header)]

    def line_of_key(self, key: str) -> int:
        shape = re.compile(rf"\s*(?:\[+\s*{re.escape(key)}\b|{re.escape(key)}\s*=)")
        return next((n for n, row in enumerate(self.rows, 1) if shape.match(row)), 1)

    def line_of_table(self, where: str) -> int:
        section, _, name = where.partition(".")
        headers = self.lines_of(f"[{where}]")
        return headers[0] if headers else self.key_below(self.line_of_key(section), name)

    def key_below(self, line: int, key: str) -> int:
        shape = re.compile(rf"(?:.*[{{,\s])?{re.escape(key)}\s*=")
        for n in range(line, min(line + 40, len(self.rows) + 1)):
            if n > line and self.rows[n - 1].lstrip().startswith("[["):
                break
            if shape.match(self.rows[n - 1]):
                return n
        return line


def _table(raw: dict[str, object], key: str) -> dict[str, object]:
    value = raw.get(key, {})
    return value if isinstance(value, dict) else {}


def _list(raw: dict[str, object], key: str) -> list[dict[str, object]]:
    value = raw.get(key, [])
    return value if isinstance(value, list) else []
