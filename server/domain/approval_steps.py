"""The steps of a request's approval: which posts decide now, and who has a say already (R08–R10, R12, R17, R65).

A request is of several rows of the sheet when its items are; at each step all of them must be satisfied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from server.domain.custody import ItemFacts
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.policy_requests import ApprovalRow, ApprovalStep
from server.domain.reasons import Code, reason
from server.domain.verdicts import Reason
from server.domain.words import Mode, Role


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
    def marks(self) -> Mapping[str, ItemMark]: ...


NO_MARK = ItemMark()


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
    wanted = [found.posts(_involved(request)) for _, found in _asked(policy, request, step)]
    return frozenset.intersection(*wanted) if wanted else frozenset()


def post_reasons(policy: Policy, request: Filed, step: int, approver: PersonFacts) -> list[Reason]:
    """Say under which of the request's rules this post cannot decide this step."""
    found = []
    for row, asked in _asked(policy, request, step):
        posts = asked.posts(_involved(request))
        if approver.role not in posts:
            found.append(reason(Code.APPROVER_POST, rule=row.rule, roles=",".join(sorted(posts))))
    return found


def _asked(policy: Policy, request: Filed, step: int) -> list[tuple[ApprovalRow, ApprovalStep]]:
    rows = rows_of(policy, request)
    return [(row, row.chain[step]) for row in rows if step < len(row.chain)]


def _involved(request: Filed) -> frozenset[Role]:
    return frozenset({request.applicant.role, request.filer.role})
