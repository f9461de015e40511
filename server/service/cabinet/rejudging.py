"""Judging history again: an entry that decided carries the facts it rests on; the decision must come out the same.

Those are every door's closing, every verdict that late news put in the place of another, and every act that was allowed
by a rule: a request, its approval or refusal, a registration, an order. What a rule refused enters no ledger as done.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from server.domain.approvals import DecisionFacts, RequestFacts, judge_approval, judge_decision, judge_request
from server.domain.emergencies import AfterwardsFacts, EmergencyFacts, judge_afterwards, judge_emergency
from server.domain.movements import SettleFacts, settle
from server.domain.orders import OrderFacts, RegistrationFacts, judge_order, judge_registration
from server.domain.policy import Policy, load_policy
from server.domain.renewals import RenewalFacts, judge_renewal
from server.domain.sheet import SheetError
from server.domain.verdicts import Lawful, Refused

JUDGED = "door_closed"
JUDGED_AGAIN = "verdict_superseded"
SHEET = "policy_set"

DECISIONS: dict[str, tuple[type, Callable[[Policy, Any], Lawful | Refused]]] = {
    "request_filed": (RequestFacts, judge_request),
    "request_step_approved": (DecisionFacts, judge_decision),
    "request_approved": (DecisionFacts, judge_approval),
    "request_refused": (DecisionFacts, judge_decision),
    "registered": (RegistrationFacts, judge_registration),
    "ordered": (OrderFacts, judge_order),
    "renewal_filed": (RenewalFacts, judge_renewal),
    "emergency_used": (EmergencyFacts, judge_emergency),
    "emergency_approved": (AfterwardsFacts, judge_afterwards),
    "emergency_disapproved": (AfterwardsFacts, judge_afterwards),
}
"""Entry kind -> the facts it carries, and the rule that judged them. All of these were allowed when they were made."""


class Rejudge:
    """Walks a ledger's bodies in order; knows every sheet that was entered on the way."""

    def __init__(self) -> None:
        self.judged = 0
        self._sheets: dict[str, Policy] = {}

    def fault(self, body: dict[str, Any]) -> str:
        """Say what is wrong with what an entry decided, or nothing."""
        kind = body["kind"]
        if kind == SHEET:
            return self._learn(body)
        if kind not in (JUDGED, JUDGED_AGAIN, *DECISIONS):
            return ""
        if "facts" not in body:
            return "it carries no facts to judge it by" if kind in DECISIONS else ""
        named = body.get("policy")
        policy = self._sheets.get(named) if isinstance(named, str) else None
        if policy is None:
            return f"it was judged by the sheet {named}, which no entry before it holds"
        try:
            fault = _decided(policy, body) if kind in DECISIONS else _closed(policy, body)
        except msgspec.ValidationError as error:
            return f"the facts it was judged by are not whole: {error}"
        self.judged += 1
        return fault

    def _learn(self, body: dict[str, Any]) -> str:
        sheet = body.get("sheet")
        if not isinstance(sheet, str):
            return "it holds no policy sheet"
        try:
            policy = load_policy(sheet)
        except SheetError as error:
            return f"its policy sheet cannot be used: {error}"
        self._sheets[policy.digest] = policy
        return "" if policy.digest == body.get("policy") else "its policy sheet is not the one its digest names"


def _closed(policy: Policy, body: dict[str, Any]) -> str:
    """Compare the verdicts of a closing with what its facts give."""
    facts = msgspec.convert(body["facts"], SettleFacts)
    again = [(said.epc, str(said.verdict)) for said in settle(policy, facts)]
    try:
        then = [(said["epc"], said["verdict"]) for said in body["verdicts"]]
    except (KeyError, TypeError):
        return "it lists no verdicts that can be read"
    return "" if again == then else f"judged again its verdicts are {again}, it says {then}"


def _decided(policy: Policy, body: dict[str, Any]) -> str:
    """Ask whether what was done would be allowed by its facts."""
    facts_of, judge = DECISIONS[body["kind"]]
    said = judge(policy, msgspec.convert(body["facts"], facts_of))
    if not isinstance(said, Refused):
        return ""
    return f"judged again it is refused: {', '.join(f'{reason.rule} {reason.code}' for reason in said.reasons)}"
