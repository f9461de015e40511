"""Judging history again: an entry that gives verdicts carries the facts they rest on; they must come out the same.

Those are every door's closing, and every verdict that late news put in the place of another.
"""

from typing import Any

import msgspec

from server.domain.movements import SettleFacts, settle
from server.domain.policy import Policy, load_policy
from server.domain.sheet import SheetError

JUDGED = "door_closed"
JUDGED_AGAIN = "verdict_superseded"
SHEET = "policy_set"


class Rejudge:
    """Walks a ledger's bodies in order; knows every sheet that was entered on the way."""

    def __init__(self) -> None:
        self.judged = 0
        self._sheets: dict[str, Policy] = {}

    def fault(self, body: dict[str, Any]) -> str:
        """Say what is wrong with an entry's verdicts, or nothing."""
        if body["kind"] == SHEET:
            return self._learn(body)
        if body["kind"] not in (JUDGED, JUDGED_AGAIN) or "facts" not in body:
            return ""
        policy = self._sheets.get(body["policy"])
        if policy is None:
            return f"it was judged by the sheet {body['policy']}, which no entry before it holds"
        try:
            facts = msgspec.convert(body["facts"], SettleFacts)
        except msgspec.ValidationError as error:
            return f"the facts it was judged by are not whole: {error}"
        self.judged += 1
        again = [(said.epc, str(said.verdict)) for said in settle(policy, facts)]
        then = [(said["epc"], said["verdict"]) for said in body["verdicts"]]
        return "" if again == then else f"judged again its verdicts are {again}, it says {then}"

    def _learn(self, body: dict[str, Any]) -> str:
        try:
            policy = load_policy(body["sheet"])
        except SheetError as error:
            return f"its policy sheet cannot be used: {error}"
        self._sheets[policy.digest] = policy
        return "" if policy.digest == body["policy"] else "its policy sheet is not the one its digest names"
