"""Destruction (R52-R54): a list is filed, reviewed, approved, witnessed, confirmed item by item, and carried out.

Law 1: what is not in the table cannot be done; there is no other way for an item to be destroyed.
Law 2: whoever carries it out is never a witness of it; nobody decides on their own list.
Law 3: every item is judged again at each step: a hold placed meanwhile stops it.
"""

from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.retention import KeptFacts, is_lighter, obstacles
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import CustodyState, DestructionMethod, Role, Secrecy
from server.domain.words import DestructionState as State

DESTRUCTION_LIFE: tuple[tuple[State, str, State], ...] = (
    (State.FILED, "review", State.REVIEWED),
    (State.FILED, "approve", State.APPROVED),
    (State.REVIEWED, "approve", State.APPROVED),
    (State.FILED, "refuse", State.REFUSED),
    (State.REVIEWED, "refuse", State.REFUSED),
    (State.FILED, "withdraw", State.WITHDRAWN),
    (State.REVIEWED, "withdraw", State.WITHDRAWN),
    (State.APPROVED, "withdraw", State.WITHDRAWN),
    (State.APPROVED, "appoint", State.APPROVED),
    (State.APPROVED, "confirm", State.APPROVED),
    (State.APPROVED, "destroy", State.DESTROYED),
)
"""(state, act, next state); what is not here cannot be done."""

NEXT = {(state, act): after for state, act, after in DESTRUCTION_LIFE}
OPEN = frozenset({State.FILED, State.REVIEWED, State.APPROVED})


class Path(StrEnum):
    """Which approvals a list needs: for any secrecy level, for ordinary items, for ordinary copies."""

    SECRECY = "secrecy"
    ORDINARY = "ordinary"
    COPIES = "copies"


@dataclass(frozen=True, slots=True)
class ListFacts:
    """A destruction list as it stands; `confirmed` are (item id, person id)."""

    id: int
    state: State
    filed_by_id: int
    actor_id: int
    items: tuple[KeptFacts, ...]
    reviewed_by_id: int | None = None
    witnesses: tuple[PersonFacts, ...] = ()
    confirmed: frozenset[tuple[int, int]] = frozenset()


def path_of(policy: Policy, items: tuple[KeptFacts, ...]) -> Path:
    """Say which way a list goes; one item of any secrecy level decides for all."""
    if any(kept.item.secrecy != Secrecy.ORDINARY for kept in items):
        return Path.SECRECY
    return Path.COPIES if all(is_lighter(policy, kept.item) for kept in items) else Path.ORDINARY


def approvers(policy: Policy, path: Path) -> frozenset[Role]:
    """Say which posts approve."""
    rules = policy.destruction
    by_path = {
        Path.SECRECY: rules.approved_by,
        Path.ORDINARY: rules.ordinary_approved_by,
        Path.COPIES: rules.copies_approved_by,
    }
    return by_path[path]


def judge_filing(
    policy: Policy, by: PersonFacts, actor: PersonFacts, items: tuple[KeptFacts, ...], now_us: int, zone: ZoneInfo
) -> Lawful | Refused:
    """Say whether this list may be filed, with every reason for every item."""
    posts = policy.destruction.filed_by
    found = _active(by, actor) + _post(by, posts, reason(Code.DESTRUCTION_FILED_BY, roles=_named(posts)))
    for kept in items:
        found += obstacles(policy, kept, now_us, zone)
        if kept.on_list is not None:
            found.append(reason(Code.ON_ANOTHER_LIST, kept.item.code, list=str(kept.on_list)))
    return answer(found)


def judge_decision(
    policy: Policy, act: str, by: PersonFacts, facts: ListFacts, now_us: int, zone: ZoneInfo
) -> Lawful | Refused:
    """Say whether somebody may review, approve or refuse a list."""
    path = path_of(policy, facts.items)
    found = _active(by) + _state_reasons(facts, act)
    if by.id == facts.filed_by_id:
        found.append(reason(Code.DESTRUCTION_OWN_LIST))
    if act == "approve":
        found += _approval_reasons(policy, by, facts, path)
    else:
        may = policy.destruction.reviewed_by | (approvers(policy, path) if act == "refuse" else frozenset())
        found += _post(by, may, reason(Code.DESTRUCTION_DECIDED_BY, roles=_named(may)))
    if act != "refuse":
        found += [one for kept in facts.items for one in obstacles(policy, kept, now_us, zone)]
    return answer(found)


def _approval_reasons(policy: Policy, by: PersonFacts, facts: ListFacts, path: Path) -> list[Reason]:
    found, posts = [], approvers(policy, path)
    reviewers = policy.destruction.reviewed_by
    if by.role not in posts and path == Path.SECRECY and by.role in policy.destruction.ordinary_approved_by:
        found += [
            reason(Code.DESTRUCTION_NEEDS_HIGHER, k.item.code, secrecy=k.item.secrecy, roles=_named(posts))
            for k in facts.items
            if k.item.secrecy != Secrecy.ORDINARY
        ]
    else:
        found += _post(by, posts, reason(Code.DESTRUCTION_DECIDED_BY, roles=_named(posts)))
    is_own_review = path == Path.ORDINARY and by.role in reviewers
    if facts.reviewed_by_id is None and path != Path.COPIES and not is_own_review:
        found.append(reason(Code.DESTRUCTION_NOT_REVIEWED, roles=_named(reviewers)))
    if path == Path.SECRECY and facts.reviewed_by_id == by.id:
        found.append(reason(Code.DESTRUCTION_SAME_PERSON))
    return found


def judge_withdrawal(by: PersonFacts, facts: ListFacts) -> Lawful | Refused:
    """Say whether somebody may take a list back: only who filed it, before it is carried out."""
    found = _state_reasons(facts, "withdraw")
    if by.id != facts.filed_by_id:
        found.append(reason(Code.NOT_YOUR_REQUEST, rule="R52"))
    return answer(found)


def judge_witnesses(
    policy: Policy, by: PersonFacts, facts: ListFacts, witnesses: tuple[PersonFacts, ...]
) -> Lawful | Refused:
    """Say whether somebody may name these as the witnesses."""
    found = _active(by, *witnesses) + _state_reasons(facts, "appoint")
    posts = policy.destruction.witness_appointed_by
    found += _post(by, posts, reason(Code.WITNESS_APPOINTED_BY, roles=_named(posts)))
    return answer(found + _witness_reasons(policy, facts.actor_id, witnesses))


def judge_confirmation(
    policy: Policy, by: PersonFacts, facts: ListFacts, code: str, now_us: int, zone: ZoneInfo
) -> Lawful | Refused:
    """Say whether this person's scan of this code confirms an item at the act."""
    found = _active(by) + _state_reasons(facts, "confirm")
    found += _witness_reasons(policy, facts.actor_id, facts.witnesses)
    if by.id != facts.actor_id and by.id not in {one.id for one in facts.witnesses}:
        found.append(reason(Code.NOT_ACTOR_NOR_WITNESS))
    kept = next((one for one in facts.items if one.item.code == code), None)
    if kept is None:
        return answer([*found, reason(Code.NOT_ON_LIST, code)])
    return answer(found + obstacles(policy, kept, now_us, zone) + _hand_reasons(facts.actor_id, kept))


def judge_act(
    policy: Policy, by: PersonFacts, facts: ListFacts, method: DestructionMethod, now_us: int, zone: ZoneInfo
) -> Lawful | Refused:
    """Say whether the list is carried out by this: every item confirmed by the actor and by every witness."""
    found = _active(by) + _state_reasons(facts, "destroy")
    found += _witness_reasons(policy, facts.actor_id, facts.witnesses)
    if by.id != facts.actor_id:
        found.append(reason(Code.NOT_ACTOR_NOR_WITNESS))
    if method not in policy.destruction.methods:
        found.append(reason(Code.METHOD_NOT_ALLOWED, method=method))
    if not facts.items:
        found.append(reason(Code.ITEMS_MISSING, rule="R53"))
    needed = {facts.actor_id: "actor"} | {one.id: "witness" for one in facts.witnesses}
    for kept in facts.items:
        found += obstacles(policy, kept, now_us, zone) + _hand_reasons(facts.actor_id, kept)
        found += [
            reason(Code.NOT_CONFIRMED, kept.item.code, who=who)
            for person, who in needed.items()
            if (kept.item.id, person) not in facts.confirmed
        ]
    return answer(found)


def _state_reasons(facts: ListFacts, act: str) -> list[Reason]:
    return [] if (facts.state, act) in NEXT else [reason(Code.DESTRUCTION_STATE, state=facts.state)]


def _witness_reasons(policy: Policy, actor_id: int, witnesses: tuple[PersonFacts, ...]) -> list[Reason]:
    found = [reason(Code.WITNESS_IS_ACTOR)] if any(one.id == actor_id for one in witnesses) else []
    named = len({one.id for one in witnesses if one.active} - {actor_id})
    if named < policy.destruction.witnesses:
        found.append(reason(Code.WITNESSES_TOO_FEW, needed=str(policy.destruction.witnesses), named=str(named)))
    return found


def _hand_reasons(actor_id: int, kept: KeptFacts) -> list[Reason]:
    """An item is in the actor's hands, or in its place when no reader could have seen it leave."""
    custody = kept.item.custody
    in_hand = custody.state == CustodyState.HELD and custody.person_id == actor_id
    unseen = custody.state == CustodyState.PLACE and not kept.tagged
    return [] if in_hand or unseen or kept.gone else [reason(Code.NOT_IN_HAND, kept.item.code)]


def _active(*people: PersonFacts) -> list[Reason]:
    return [reason(Code.PERSON_INACTIVE) for person in people if not person.active]


def _post(by: PersonFacts, posts: frozenset[Role], against: Reason) -> list[Reason]:
    return [] if by.role in posts else [against]


def _named(posts: frozenset[Role]) -> str:
    return ",".join(sorted(posts))
