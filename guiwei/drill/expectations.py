"""What a story expects against what can be seen: through the API, a station's state and the ledger, nothing else.

Closed world: within the keys a block names, what is not listed must not exist; alarms, cases and quarantine are
always looked at. A verdict is an item's latest; a list of verdicts is all of them in order.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from guiwei.drill.acts import Acts, Difference
from guiwei.drill.api import Json
from guiwei.drill.story import AlarmSpec, CaseSpec, Expect, LedgerSpec
from guiwei.drill.times import MICROS, duration_us
from guiwei.drill.world import ADMIN, World


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

    def verdicts(self, expected: dict[str, str | list[str]]) -> None:
        seen: dict[str, list[str]] = {}
        for row in self._movements():
            if row.get("superseded_by") is None:
                seen.setdefault(self._item(row), []).append(str(row["verdict"]))
        for item in expected.keys() | seen.keys():
            want, got = expected.get(item), seen.get(item, [])
            if want != (got if isinstance(want, list) else got[-1] if got else None):
                self._differ(f"verdict of {item}", want, got)

    def holders(self, expected: dict[str, str]) -> None:
        for key in self.world.story.items:
            got = self._holder(self.see.get(f"/items/{self.world.codes[key]}"))
            want = expected.get(key)
            if want is None and not got.startswith("place:"):
                self._differ(f"holder of {key}", "nobody (in its place)", got)
            if want is not None and want != got:
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

    def cleared(self, expected: list[AlarmSpec | str]) -> None:
        rows = [r for r in self.see.rows("/alarms", state="all") if r.get("cleared_at") or r.get("closed_at")]
        for want in expected:
            spec = AlarmSpec(kind=want) if isinstance(want, str) else want
            found = next((row for row in rows if self._alarm_is(row, spec)), None)
            if found is None:
                self._differ("cleared alarm", _short(spec), [self._alarm_words(row) for row in rows])
            else:
                rows.remove(found)
        for row in rows:
            self._differ("cleared alarm", "none", self._alarm_words(row))

    def cases(self, expected: list[CaseSpec]) -> None:
        left = self.see.rows("/cases")
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

    def overdue(self, expected: list[str]) -> None:
        seen = sorted(self._item(row) for row in self.see.rows("/loans", overdue="true"))
        if sorted(expected) != seen:
            self._differ("overdue", sorted(expected), seen)

    def counts(self, expected: dict[str, object]) -> None:
        rows = self._count_rows()
        for path, want in _leaves(expected):
            got = sum(int(str(r["n"])) for r in rows if set(path) <= {r["station"], r["category"], r["state"]})
            if got != want:
                self._differ(f"count of {'/'.join(path)}", want, got)
        named = [set(path) for path, _ in _leaves(expected)]
        for row in rows:
            words = {row["station"], row["category"], row["state"]}
            if row["n"] and not any(path <= words for path in named):
                self._differ(f"count of {row['station']}/{row['category']}/{row['state']}", 0, row["n"])

    def loans(self, expected: dict[str, str]) -> None:
        for name in expected.keys() | self.acts.requests.keys():
            made = self.acts.requests.get(name)
            got = self.see.get(f"/requests/{made['id']}")["state"] if made else None
            if got != expected.get(name):
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

    def notices(self, expected: list[str | dict[str, str]]) -> None:
        left = self.see.rows("/notices")
        for want in expected:
            fields = {"kind": want} if isinstance(want, str) else want
            found = next((r for r in left if all(r.get(k) == v for k, v in fields.items())), None)
            if found is None:
                self._differ("notice", fields, [r["kind"] for r in left])
            else:
                left.remove(found)
        for row in left:
            self._differ("notice", "none", row["kind"])

    def station(self, expected: dict[str, list[str] | str]) -> None:
        for name, lines in expected.items():
            screen = self.world.station_state(name).get("screen", [])
            text = "\n".join(str(line) for line in screen) if isinstance(screen, list) else ""
            for line in [lines] if isinstance(lines, str) else lines:
                if line not in text:
                    self._differ(f"screen of {name}", line, text)

    def late(self, expected: list[str]) -> None:
        rows = [r for r in self._movements() if r.get("late_seconds")]
        alarms = [r for r in self.see.rows("/alarms", state="all") if r.get("late_seconds")]
        names = {self._item(r) for r in rows}
        words = names | {str(r["verdict"]) for r in rows} | {str(r["kind"]) for r in alarms}
        for want in expected:
            if want not in words:
                self._differ("late", want, sorted(words))
        if set(expected) <= names or not expected:
            for item in names - set(expected):
                self._differ("late", "not late", item)

    # ------------------------------------------------------------ reading rows

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
            want.within is None or _between(row["occurred_at"], row["set_at"]) <= duration_us(want.within),
        )
        return all(checks)

    def _alarm_words(self, row: Json) -> str:
        words = [str(row["kind"]), self._item(row), str(row.get("person") or "")]
        if row.get("late_seconds"):
            words.append(f"late by {row['late_seconds']} s")
        return " ".join(word for word in words if word)

    def _case_is(self, row: Json, want: CaseSpec) -> bool:
        at = (f"{row.get('station')}/{row.get('door')}", row.get("station"))
        return (
            row["kind"] == want.kind
            and (want.item is None or self._item(row) == want.item)
            and (want.station is None or row.get("station") == want.station)
            and (want.at is None or want.at in at)
        )

    def _differ(self, what: str, expected: object, seen: object) -> None:
        self.differences.append(Difference(what, expected, seen))


def _leaves(tree: dict[str, object], path: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], object]]:
    for key, value in tree.items():
        here = (*path, *key.split("/"))
        if isinstance(value, dict):
            yield from _leaves(value, here)
        else:
            yield here, value


def _between(earlier: object, later: object) -> int:
    return round((datetime.fromisoformat(str(later)) - datetime.fromisoformat(str(earlier))).total_seconds() * MICROS)


def _short(spec: AlarmSpec | CaseSpec) -> dict[str, object]:
    return {key: value for key, value in msgspec.structs.asdict(spec).items() if value is not None}
