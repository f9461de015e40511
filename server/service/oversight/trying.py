"""History under another sheet: what would have been decided differently, entry by entry.

Law 1: "then" is what the ledger says was decided; "now" is the same pure rule, on the facts of that same entry.
Law 2: an authority that would not have been given entitles to nothing later: its lines are left out of the closings.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from server.domain.approvals import DecisionFacts
from server.domain.loans import due_moment
from server.domain.movements import Judgement, SettleFacts, settle
from server.domain.policy import Policy, load_policy
from server.domain.sheet import SheetError
from server.domain.verdicts import Reason, Refused
from server.domain.words import CustodyState, Direction, Mode, Verdict
from server.service.cabinet.rejudging import DECISIONS, JUDGED, SHEET
from server.service.shapes import moment


class HistoryError(ValueError):
    """An entry whose facts cannot be judged again; the text names it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing decided otherwise; `item` is a code, several with commas, or the EPC of a tag bound to none."""

    entry: int
    what: str
    """The entry's kind, or `due` for the moment an item taken was to be back."""
    item: str
    then: str
    now: str
    reasons: tuple[Reason, ...] = ()


class Trial:
    """Walks a ledger's bodies in order under another sheet; `tried` counts the entries by kind."""

    def __init__(self, policy: Policy, zone: ZoneInfo) -> None:
        self.tried: Counter[str] = Counter()
        self.without_facts: Counter[str] = Counter()
        self.policy, self._zone = policy, zone
        self._sheets: dict[str, Policy] = {}
        self._barred: set[int] = set()
        self._withheld: set[int] = set()

    def differences(self, number: int, body: dict[str, Any]) -> Iterator[Difference]:
        """Say what of one entry would have been decided differently."""
        kind = body["kind"]
        if kind == SHEET:
            self._learn(body)
        if kind != JUDGED and kind not in DECISIONS:
            return
        if "facts" not in body:
            self.without_facts[kind] += 1
            return
        self.tried[kind] += 1
        yield from (self._closing if kind == JUDGED else self._decision)(number, body)

    def _learn(self, body: dict[str, Any]) -> None:
        """Keep a sheet for the due moments of its time; one this release cannot read leaves them untold."""
        try:
            self._sheets[body["policy"]] = load_policy(body["sheet"])
        except SheetError:
            self._sheets.pop(body["policy"], None)

    def _decision(self, number: int, body: dict[str, Any]) -> Iterator[Difference]:
        facts_of, judge = DECISIONS[body["kind"]]
        facts = _facts(number, body, facts_of)
        said = judge(self.policy, facts)
        is_void = body.get("request") in self._barred
        if (is_void or isinstance(said, Refused)) and body.get("authority") is not None:
            self._withheld.add(body["authority"])
        if is_void or not isinstance(said, Refused):
            return
        if body["kind"] == "request_filed":
            self._barred.add(body["request"])
        items = (facts.request if isinstance(facts, DecisionFacts) else facts).items
        yield Difference(
            number, body["kind"], ", ".join(item.code for item in items), "allowed", "not_allowed", said.reasons
        )

    def _closing(self, number: int, body: dict[str, Any]) -> Iterator[Difference]:
        facts = _facts(number, body, SettleFacts)
        lines = tuple(line for line in facts.lines if line.authority_id not in self._withheld)
        then = {_key(said): _outcome(said["verdict"], said.get("alarms") or ()) for said in body["verdicts"]}
        sheet = self._sheets.get(body["policy"])
        for said in settle(self.policy, replace(facts, lines=lines)):
            item = _code(facts, said)
            before = then.pop((item or said.epc, said.direction), "-")
            now = _outcome(said.verdict, [kind for kind, _ in said.alarms])
            if before != now:
                yield Difference(number, JUDGED, item or said.epc, before, now, said.reasons)
            if sheet is not None:
                yield from self._due(number, facts, said, item, sheet)
        for (item, _), before in then.items():
            yield Difference(number, JUDGED, item, before, "-")

    def _due(self, number: int, facts: SettleFacts, said: Judgement, item: str, sheet: Policy) -> Iterator[Difference]:
        """Compare when an item that was taken is to be back, by the sheet of its time and by this one."""
        if said.direction != Direction.OUT or said.custody is None or said.custody.state != CustodyState.HELD:
            return
        (taken,) = [seen.item for seen in facts.taken if seen.item is not None and seen.item.id == said.item_id][:1]
        line = next((one for one in facts.lines if one.id == said.line_id), None)
        line = line if said.verdict == Verdict.AS_APPROVED else None
        then, now = (
            due_moment(
                policy,
                taken.secrecy,
                line.mode if line else Mode.LOAN,
                facts.occurred_us,
                line.due_us if line else None,
                self._zone.key,
            )
            for policy in (sheet, self.policy)
        )
        if then[0] != now[0]:
            before, after = (f"{moment(us, self._zone)} ({rule})" for us, rule in (then, now))
            yield Difference(number, "due", item, before, after)


def _facts(number: int, body: dict[str, Any], facts_of: type) -> Any:
    try:
        return msgspec.convert(body["facts"], facts_of)
    except msgspec.ValidationError as error:
        raise HistoryError(
            f"entry {number} ({body['kind']}): the facts it was judged by are not whole: {error}"
        ) from None


def _key(said: dict[str, Any]) -> tuple[str, str]:
    return said.get("item") or said["epc"], said["direction"]


def _outcome(verdict: str, alarms: Any) -> str:
    """Word a verdict with the alarms it sets: `extra (taken_extra)`."""
    return f"{verdict} ({', '.join(alarms)})" if alarms else str(verdict)


def _code(facts: SettleFacts, said: Judgement) -> str:
    """Find the code of the item a judgement is about; none for a tag bound to no item."""
    seen = (one.item for one in (*facts.taken, *facts.put, *facts.unread))
    known = (*seen, *(line.item for line in facts.lines))
    return next((item.code for item in known if item is not None and item.id == said.item_id), "")
