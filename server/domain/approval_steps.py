"""The steps of a request's approval: which posts decide now, and who has a say already (R08–R10, R12, R17, R65).

A request is of several rows of the sheet when its items are; at each step all of them must be satisfied. Who has the
say on the most secret of its items has it on the rest, too, where the sheet lets them stand in for those who have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from server.domain.custody import ItemFacts
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.policy_requests import ApprovalRow
from server.domain.reasons import Code, reason
from server.domain.verdicts import Reason
from server.domain.words import Mode, Role, Secrecy


@dataclass(frozen=True, slots=True)
class ItemMark:
    """What conditions of the sheet speak of beside secrecy: the item's category and its customer's grade."""

    category: str = ""
    grade: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """An earlier decision on the same request: by whom, and in whose stead if in another's."""

    by_id: int
    giver_id: int | None = None

    @property
    def people(self) -> frozenset[int]:
        """Everybody who has had their say by it."""
        return frozenset({self.by_id} if self.giver_id is None else {self.by_id, self.giver_id})


class Filed(Protocol):
    """The part of a request that its approval depends on."""

    @property
    def applicant(self) -> PersonFacts: ...
    @property
    def filer(self) -> PersonFacts: ...
    @property
    def items(self) -> tuple[ItemFacts, ...]: ...
    @property
    def mode(self) -> Mode: ...
    @property
    def outside(self) -> bool: ...
    @property
    def marks(self) -> Mapping[str, ItemMark]: ...


NO_MARK = ItemMark()
OUTSIDE = "R04"
"""The rule that asks for an approval of whatever leaves the company."""


def rows_of(policy: Policy, request: Filed) -> tuple[ApprovalRow, ...]:
    """Find the rows that speak of this request; none speaks of an item that cannot be used in this mode at all."""
    found = []
    for item in request.items:
        if not policy.mode_reasons(item.kind, item.secrecy, request.mode):
            mark = request.marks.get(item.code, NO_MARK)
            post = request.applicant.role
            row = policy.approval_row(item.secrecy, request.mode, mark.category, mark.grade, post, item.kind)
            found.append(row)
    return tuple(dict.fromkeys(row for row in found if row is not None))


def steps_of(policy: Policy, request: Filed) -> int:
    """Say how many decisions the request needs."""
    return max((len(row.chain) for row in rows_of(policy, request)), default=1)


def posts_of(policy: Policy, request: Filed, step: int) -> frozenset[Role]:
    """Give the posts that may decide a step by themselves; empty when no one post satisfies every row."""
    wanted = [posts for _, posts in _asked(policy, request, step)]
    return frozenset.intersection(*wanted) if wanted else frozenset()


def common_reasons(policy: Policy, request: Filed) -> list[Reason]:
    """Say of which rows a request is that nobody could approve together."""
    for step in range(steps_of(policy, request)):
        asked = _asked(policy, request, step)
        if asked and not posts_of(policy, request, step):
            named = ((row, ",".join(sorted(posts))) for row, posts in asked)
            return [reason(Code.NO_COMMON_APPROVER, rule=row.rule, roles=roles) for row, roles in named]
    return []


def post_reasons(policy: Policy, request: Filed, step: int, approver: PersonFacts) -> list[Reason]:
    """Say under which of the request's rules this post cannot decide this step."""
    return [
        reason(Code.APPROVER_POST, rule=rule, roles=",".join(sorted(posts)))
        for row, posts in _asked(policy, request, step)
        if approver.role not in posts
        for rule in (row.rule, *sorted(row.also), *((OUTSIDE,) if request.outside else ()))
    ]


def _asked(policy: Policy, request: Filed, step: int) -> list[tuple[ApprovalRow, frozenset[Role]]]:
    """Give the rows that have such a step, each with the posts that satisfy it."""
    involved, strictest = _involved(request), _strictest(policy, request)
    return [
        (row, asked.posts(involved) if row.secrecy & strictest else asked.approvers | asked.instead)
        for row in rows_of(policy, request)
        if step < len(row.chain)
        for asked in row.chain[step : step + 1]
    ]


def _strictest(policy: Policy, request: Filed) -> frozenset[Secrecy]:
    """Give the highest secrecy level of what is asked for and may be used in this mode at all."""
    levels = {item.secrecy for item in request.items if not policy.mode_reasons(item.kind, item.secrecy, request.mode)}
    return frozenset([level for level in Secrecy if level in levels][:1])


def _involved(request: Filed) -> frozenset[Role]:
    return frozenset({request.applicant.role, request.filer.role})
