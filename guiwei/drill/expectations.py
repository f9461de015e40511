"""What a story expects against what can be seen: through the API, a station's state and the ledger, nothing else.

Closed world: within the keys a block names, what is not listed must not exist; alarms, cases and quarantine are
always looked at. A verdict is an item's latest; a list of verdicts is all of them in order.
"""

import time
from collections.abc import Iterable

import msgspec

from guiwei.drill.acts import Acts, Difference
from guiwei.drill.api import Json
from guiwei.drill.specs import AlarmSpec, CaseSpec, Expect, LedgerSpec, NoticeSpec, OverdueSpec, VerdictSpec
from guiwei.drill.synonyms import meant
from guiwei.drill.times import duration_us, moment_us
from guiwei.drill.vocabulary import leaves
from guiwei.drill.world import ADMIN, World

NOTICE_S = 6.0
"""How long a notice may take: it follows its alarm, at once but not in the same moment."""


def judge(expect: Expect, acts: Acts) -> list[Difference]:
    """Compare one block with the world; no difference means as expected."""
    judge = _Judge(acts)
    for key in ("alarms", "cases", "quarantine"):
        getattr(judge, key)(getattr(expect, key))
    for key in ("verdicts", "holders", "cleared", "overdue", "counts", "loans", "ledger", "notices", "station", "late"):
        if getattr(expect, key) is not None:
            getattr(judge, key)(getattr(expect, key))
    return judge.differences


class _Judge:
    """Collects differences, key by key."""

    def __init__(self, acts: Acts) -> None:
        self.acts = acts
        self.world: World = acts.world
        self.see = self.world.api(ADMIN)
        self.differences: list[Difference] = []

    def verdicts(self, expected: dict[str, str | VerdictSpec | list[str | VerdictSpec]]) -> None:
        seen: dict[str, list[Json]] = {}
        for row in self._movements():
            if row.get("superseded_by") is None:
                seen.setdefault(self._item(row), []).append(row)
        wanted = {item if item in self.world.story.items else item.upper(): want for item, want in expected.items()}
        for item in sorted(wanted.keys() | seen.keys()):
            want, rows = wanted.get(item, []), seen.get(item, [])
            specs, latest = (want, rows) if isinstance(want, list) else ([want], rows[-1:])
            if len(specs) != len(latest) or not all(map(_verdict_is, latest, specs)):
                shown = [spec if isinstance(spec, str) else _short(spec) for spec in specs]
                told = [_verdict_words(row, specs) for row in rows]
                self._differ(f"verdict of {item}", shown if isinstance(want, list) else shown[0], told)

    def holders(self, expected: dict[str, str]) -> None:
        for key in self.world.story.items:
            got = self._holder(self.see.get(f"/items/{self.world.codes[key]}"))
            want = expected.get(key)
            if want is None and not got.startswith("place:"):
                self._differ(f"holder of {key}", "nobody (in its place)", got)
            if want is not None and want not in (got, got.partition("/")[0]):
                self._differ(f"holder of {key}", want, got)

    def alarms(self, expected: list[AlarmSpec]) -> None:
        left = self.see.rows("/alarms", state="all")
        for want in expected:
            found = next((row for row in left if self._alarm_is(row, want)), None)
            if found is None:
                self._differ("alarm", _short(want), [self._alarm_words(row) for row in left])
            else:
                left.remove(found)
        for row in left:
            self._differ("alarm", "none", self._alarm_words(row))

    def cleared(self, expected: list[AlarmSpec]) -> None:
        rows = [r for r in self.see.rows("/alarms", state="all") if r.get("cleared_at") or r.get("closed_at")]
        for want in expected:
            found = next((row for row in rows if self._alarm_is(row, want)), None)
            if found is None:
                self._differ("cleared alarm", _short(want), [self._alarm_words(row) for row in rows])
            else:
                rows.remove(found)
        for row in rows:
            self._differ("cleared alarm", "none", self._alarm_words(row))

    def cases(self, expected: list[CaseSpec] | int) -> None:
        left = self.see.rows("/cases")
        if isinstance(expected, int):
            if len(left) != expected:
                self._differ("number of cases", expected, [f"{r['kind']} {self._item(r)}" for r in left])
            return
        for want in expected:
            found = next((row for row in left if self._case_is(row, want)), None)
            if found is None:
                self._differ("case", _short(want), [f"{r['kind']} {self._item(r)}" for r in left])
            else:
                left.remove(found)
        for row in left:
            self._differ("case", "none", f"{row['kind']} {self._item(row)} at {row.get('station')}/{row.get('door')}")

    def quarantine(self, expected: list[str] | int) -> None:
        seen = sorted(str(row["reason"]) for row in self.see.rows("/quarantine"))
        want = sorted(expected) if isinstance(expected, list) else expected
        if want != (seen if isinstance(want, list) else len(seen)):
            self._differ("quarantine", want, seen)

    def overdue(self, expected: list[OverdueSpec]) -> None:
        rows = {self._item(row): row for row in self.see.rows("/loans", overdue="true")}
        seen = [f"{item} {row['person']} {row['due_rule']}" for item, row in sorted(rows.items())]
        if sorted(want.item for want in expected) != sorted(rows):
            self._differ("overdue", sorted(want.item for want in expected), seen)
        for want in expected:
            row = rows.get(want.item, {})
            if row and (want.person not in (None, row["person"]) or want.rule not in (None, row["due_rule"])):
                self._differ(f"overdue {want.item}", _short(want), seen)

    def counts(self, expected: dict[str, object]) -> None:
        rows = self._count_rows()
        states = "count" if self.acts.stocktake is None else "counted"
        known = {row["station"] for row in rows} | {row["category"] for row in rows}
        wanted = [
            (tuple(word if word in known else str(meant(states, word)) for word in path), want)
            for path, want in leaves(expected)
        ]
        for path, want in wanted:
            got = sum(int(str(r["n"])) for r in rows if set(path) <= {r["station"], r["category"], r["state"]})
            if got != want:
                self._differ(f"count of {'/'.join(path)}", want, got)
        named = [set(path) for path, _ in wanted]
        for row in rows:
            words = {row["station"], row["category"], row["state"]}
            if row["n"] and not any(path <= words for path in named):
                self._differ(f"count of {row['station']}/{row['category']}/{row['state']}", 0, row["n"])

    def loans(self, expected: dict[str, str]) -> None:
        late = self.see.rows("/loans", overdue="true")
        for name in expected.keys() | self.acts.requests.keys():
            registered, made = self.acts.registered.get(name), self.acts.requests.get(name, {})
            if registered is not None:
                got = self._registered_state(registered)
                is_late = any(_is_of(row, registered) for row in late)
            else:
                got = str(self.see.get(f"/requests/{made['id']}")["state"]) if made else ""
                is_late = any(row["request"] == made.get("id") for row in late)
            if expected.get(name) == "overdue" and got == "out" and is_late:
                continue
            if got != expected.get(name, ""):
                self._differ(f"loan of {name}", expected.get(name), got)

    def ledger(self, expected: LedgerSpec | list[str]) -> None:
        spec = LedgerSpec(order=expected) if isinstance(expected, list) else expected
        kinds = [str(row["kind"]) for row in self.see.rows("/ledger")]
        for kind in spec.contains:
            if kind not in kinds:
                self._differ("ledger contains", kind, sorted(set(kinds)))
        rest = iter(kinds)
        for kind in spec.order:
            if kind not in rest:
                self._differ("ledger in order", spec.order, kinds)
                break

    def notices(self, expected: list[NoticeSpec]) -> None:
        named = {want.to for want in expected if want.to}
        people = named if named and all(want.to for want in expected) else self.world.story.people
        missing, left = self._notices(expected, people)
        end = time.monotonic() + NOTICE_S
        while missing and time.monotonic() < end:
            time.sleep(0.2)
            missing, left = self._notices(expected, people)
        for want in missing:
            self._differ("notice", _short(want), [f"{r['kind']} to {r['to']}" for r in left])
        for row in left:
            self._differ("notice", "none", f"{row['kind']} to {row['to']}")

    def _notices(self, expected: list[NoticeSpec], people: Iterable[str]) -> tuple[list[NoticeSpec], list[Json]]:
        """Give the notices that are missing and those that nobody expects, as each of these people sees them."""
        left = [{**row, "to": name} for name in people for row in self.world.api(name).rows("/notices")]
        missing = []
        for want in expected:
            found = next((row for row in left if _notice_is(row, want)), None)
            if found is None:
                missing.append(want)
            else:
                left.remove(found)
        return missing, left

    def station(self, expected: dict[str, list[str] | str]) -> None:
        for name, lines in expected.items():
            screen = self.world.station_state(name).get("screen", [])
            text = "\n".join(str(line) for line in screen) if isinstance(screen, list) else ""
            for line in [lines] if isinstance(lines, str) else lines:
                if line not in text:
                    self._differ(f"screen of {name}", line, text)

    def late(self, expected: list[str] | bool) -> None:
        rows = [r for r in self._movements() if r.get("late_seconds")]
        alarms = [r for r in self.see.rows("/alarms", state="all") if r.get("late_seconds")]
        names = {self._item(r) for r in rows}
        words = names | {str(r["verdict"]) for r in rows} | {str(r["kind"]) for r in alarms}
        if isinstance(expected, bool):
            if expected != bool(words):
                self._differ("late", "something" if expected else "nothing", sorted(words))
            return
        words |= {str(r["kind"]) for r in self.see.rows("/ledger") if _is_late(r["body"])}
        for want in expected:
            if want not in words:
                self._differ("late", want, sorted(words))
        if set(expected) <= names or not expected:
            for item in names - set(expected):
                self._differ("late", "not late", item)

    # ------------------------------------------------------------ reading rows

    def _registered_state(self, made: Json) -> str:
        """Give the state of what was registered under a standing rule: its loan's, else that it is approved."""
        states = [str(row["state"]) for row in self.see.rows("/loans") if _is_of(row, made)]
        return states[-1] if states else "approved"

    def _movements(self) -> list[Json]:
        rows = self.see.rows("/movements")
        return sorted(rows, key=lambda row: int(str(row["id"])))

    def _count_rows(self) -> list[Json]:
        if self.acts.stocktake is None:
            rows: list[Json] = self.see.get("/counts")["rows"]  # type: ignore[assignment]
            return rows
        counts: list[Json] = self.see.get(f"/stocktakes/{self.acts.stocktake['id']}")["counts"]  # type: ignore[assignment]
        return counts

    def _item(self, row: Json) -> str:
        return self.world.item_of(str(row.get("item") or row.get("epc") or ""))

    def _holder(self, item: Json) -> str:
        custody: Json = item["custody"]  # type: ignore[assignment]
        if custody["state"] == "held":
            return str(custody["person"])
        if custody["state"] == "place":
            return f"place:{custody['place']}"
        incident: Json = custody["incident"]  # type: ignore[assignment]
        return f"incident:{incident['kind']}"

    def _alarm_is(self, row: Json, want: AlarmSpec) -> bool:
        at = f"{row.get('station')}/{row.get('door')}"
        checks = (
            row["kind"] == want.kind,
            want.item is None or self._item(row) == want.item,
            want.person is None or (row.get("person") or "") == want.person,
            want.station is None or row.get("station") == want.station,
            want.at is None or want.at in (at, row.get("station")),
            want.late is None or bool(row.get("late_seconds")) == want.late,
            want.state is None or row.get("state") == want.state,
            want.severity is None or row.get("severity") == want.severity,
            want.within is None or self._took_us(row, real=want.real) <= duration_us(want.within),
        )
        return all(checks)

    def _took_us(self, row: Json, *, real: bool) -> int:
        """Give how long an alarm took: from what a cabinet saw, else from the step that brought its moment about."""
        set_us = moment_us(str(row["set_at"]))
        steps = [] if row.get("station") else [at for at in self.acts.moments if at <= set_us]
        began_us = max([moment_us(str(row["occurred_at"])), *steps])
        if real:
            real_us_of = self.world.clock.real_us_of
            return real_us_of(set_us) - real_us_of(began_us)
        return set_us - began_us

    def _alarm_words(self, row: Json) -> str:
        words = [str(row["kind"]), self._item(row), str(row.get("person") or "")]
        if row.get("late_seconds"):
            words.append(f"late by {row['late_seconds']} s")
        return " ".join(word for word in words if word)

    def _case_is(self, row: Json, want: CaseSpec) -> bool:
        at = (f"{row.get('station')}/{row.get('door')}", row.get("station"))
        return (
            (want.kind is None or row["kind"] == want.kind)
            and (want.item is None or self._item(row) == want.item)
            and (want.station is None or row.get("station") == want.station)
            and (want.at is None or want.at in at)
        )

    def _differ(self, what: str, expected: object, seen: object) -> None:
        self.differences.append(Difference(what, expected, seen))


def _is_late(body: object) -> bool:
    return isinstance(body, dict) and bool(body.get("late_us"))


def _is_of(row: Json, made: Json) -> bool:
    """Say whether a loan is of what was registered or ordered, which is no request."""
    return row["request"] is None and row["person"] == made["person"] and row["item"] in made["items"]  # type: ignore[operator]


def _verdict_is(row: Json, want: str | VerdictSpec) -> bool:
    if isinstance(want, str):
        return row["verdict"] == want
    lawful = {True: "yes", False: "no"}.get(want.lawful) if isinstance(want.lawful, bool) else want.lawful
    return all(
        (
            row["verdict"] == want.verdict,
            lawful is None or row["lawful"] == lawful,
            want.person is None or (row["person"] or "") == want.person,
            want.rules is None or set(want.rules) <= set(_rules(row)),
            want.late is None or bool(row.get("late_seconds")) == want.late,
        )
    )


def _verdict_words(row: Json, specs: Iterable[str | VerdictSpec]) -> str:
    if all(isinstance(spec, str) for spec in specs):
        return str(row["verdict"])
    return f"{row['verdict']} lawful={row['lawful']} {row['person']} {'+'.join(_rules(row))}"


def _rules(row: Json) -> list[str]:
    return [str(reason["rule"]) for reason in row["reasons"]]  # type: ignore[attr-defined]


def _notice_is(row: Json, want: NoticeSpec) -> bool:
    return want.to in (None, row["to"]) and want.kind in (None, row["kind"]) and (want.text or "") in str(row["text"])


def _short(spec: AlarmSpec | CaseSpec | VerdictSpec | OverdueSpec | NoticeSpec) -> dict[str, object]:
    return {key: value for key, value in msgspec.structs.asdict(spec).items() if value is not None}
