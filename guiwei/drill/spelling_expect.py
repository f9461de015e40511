"""How people write expectations: a kind alone, a list for a table, other words for keys and states.

What is understood here is only spelling; what an expectation means is in `expectations.py`.
"""

import msgspec

from guiwei.drill.specs import Expect
from guiwei.drill.spelling import door_of, listed
from guiwei.drill.synonyms import meant

NOBODY = ("nobody", "none")


def read_expect(raw: dict[str, object]) -> Expect:
    """Make a block of expectations of its table; raises msgspec.ValidationError."""
    table = dict(raw)
    for key in ("alarms", "cleared", "cases"):
        if isinstance(found := table.get(key), list):
            table[key] = [_read_happening(one) for one in found]
    if isinstance(states := table.get("loans"), dict):
        table["loans"] = {name: meant("state", state) for name, state in states.items()}
    if isinstance(found := table.get("verdicts"), list):
        table["verdicts"] = _by_item(found)
    if isinstance(said := table.get("verdicts"), dict):
        table["verdicts"] = {
            item: [_read_verdict(o) for o in one] if isinstance(one, list) else _read_verdict(one)
            for item, one in said.items()
        }
    if isinstance(by_item := table.get("overdue"), dict):
        table["overdue"] = [{"item": item, "person": person} for item, person in by_item.items()]
    elif isinstance(found := table.get("overdue"), list):
        table["overdue"] = [_named(one) if isinstance(one, dict) else {"item": one} for one in found]
    if isinstance(found := table.get("late"), list):
        table["late"] = [one.get("item", one) if isinstance(one, dict) else one for one in found]
    if isinstance(found := table.get("notices"), list):
        table["notices"] = [_read_notice(one) for one in found]
    return msgspec.convert(table, Expect)


def _read_happening(one: object) -> object:
    """Understand an alarm's or case's kind alone, and `door` for `at`."""
    if isinstance(one, str):
        return {"kind": one}
    if not isinstance(one, dict):
        return one
    table = _named(one)
    if "door" in table:
        table["at"] = door_of(table, table.pop("door"))
    return table


def _read_verdict(one: object) -> object:
    """Understand `reasons` for the rules of a verdict."""
    if not isinstance(one, dict):
        return one
    table = {
        {"reasons": "rules", "reason": "rules", "rule": "rules"}.get(key, key): v for key, v in _named(one).items()
    }
    return {key: listed(value) if key == "rules" else value for key, value in table.items()}


def _named(raw: dict[str, object]) -> dict[str, object]:
    """Understand `who` for the person of a row, and that it names nobody."""
    table = {"person" if key == "who" else key: value for key, value in raw.items()}
    return table | ({"person": ""} if table.get("person") in NOBODY else {})


def _by_item(rows: list[object]) -> object:
    """Understand a list of tables with `item` as well as a table by item."""
    found: dict[str, list[object]] = {}
    for row in rows:
        if not isinstance(row, dict) or "item" not in row:
            return rows
        found.setdefault(str(row["item"]), []).append({key: value for key, value in row.items() if key != "item"})
    return found


def _read_notice(one: object) -> object:
    if not isinstance(one, dict):
        return {"kind": one}
    return {{"person": "to", "who": "to"}.get(key, key): value for key, value in one.items()}
