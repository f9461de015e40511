"""The seal register and its register of uses (R17, R14): approved against recorded, supervised, explained."""

from dataclasses import dataclass

from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import ItemKind


@dataclass(frozen=True, slots=True)
class UseFacts:
    """Impressions made with a seal; `approved` 0: the request named no number, `recorded_before` under the same one.

    `applicant_id` is whose approved use is under way, None when there is none.
    """

    by: PersonFacts
    seal: str
    applicant_id: int | None
    supervisor: PersonFacts
    in_use: bool
    approved: int
    recorded_before: int
    impressions: int
    photo: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The use is recorded; `excess` says that more impressions were made than approved, and why that is one."""

    excess: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class PassFacts:
    """A seal passes from its keeper to another before a witness."""

    by: PersonFacts
    keeper_id: int
    receiver: PersonFacts
    witness: PersonFacts
    seal: str
    in_use: bool


def judge_entry(policy: Policy, by: PersonFacts, seal: str, kind: ItemKind) -> Lawful | Refused:
    """Say whether this person may write a seal's page in the register."""
    found = [] if kind == ItemKind.SEAL else [reason(Code.NOT_A_SEAL, seal)]
    return answer([*found, *_kept_by(policy, by)])


def judge_retirement(policy: Policy, by: PersonFacts, seal: str, in_use: bool, why: str) -> Lawful | Refused:
    """Say whether a seal may be taken out of use; it needs a reason and is never put back."""
    found = _kept_by(policy, by)
    if not in_use:
        found.append(reason(Code.SEAL_OUT_OF_USE, seal))
    if not why.strip():
        found.append(reason(Code.CONCLUSION_MISSING))
    return answer(found)


def judge_use(policy: Policy, facts: UseFacts) -> Recorded | Refused:
    """Say whether a use may be entered in the register; more than approved is entered, and is a difference."""
    rules, found = policy.lending.seals, list[Reason]()
    if facts.applicant_id is None:
        found.append(reason(Code.SEAL_USE_NOT_APPROVED, facts.seal))
    if not facts.in_use:
        found.append(reason(Code.SEAL_OUT_OF_USE, facts.seal))
    if facts.by.id != facts.applicant_id and facts.by.role not in rules.recorded_by:
        found.append(reason(Code.SEAL_USE_RECORDED_BY, roles=",".join(sorted(rules.recorded_by))))
    if facts.supervisor.id == facts.applicant_id:
        found.append(reason(Code.SEAL_SUPERVISOR_PARTY))
    if facts.supervisor.role not in rules.supervised_by or not facts.supervisor.active:
        found.append(reason(Code.SEAL_SUPERVISED_BY, roles=",".join(sorted(rules.supervised_by))))
    if rules.photo_required and not facts.photo:
        found.append(reason(Code.SEAL_PHOTO_MISSING))
    if found:
        return Refused(tuple(found))
    return Recorded(count_reasons(facts.seal, facts.approved, facts.recorded_before + facts.impressions))


def count_reasons(seal: str, approved: int, recorded: int) -> tuple[Reason, ...]:
    """Compare what was recorded under one request with what it approved; 0 approved: no number was named."""
    if not approved or recorded <= approved:
        return ()
    return (reason(Code.SEAL_COUNT_EXCEEDED, seal, approved=str(approved), recorded=str(recorded)),)


def register_reasons(policy: Policy, seal: str, is_recorded: bool) -> tuple[Reason, ...]:
    """Say whether a seal that came back lacks its line in the register of uses, where the sheet asks for one."""
    missing = policy.lending.seals.use_record_required and not is_recorded
    return (reason(Code.SEAL_USE_NOT_RECORDED, seal),) if missing else ()


def judge_explanation(policy: Policy, by: PersonFacts, is_open: bool, said: str) -> Lawful | Refused:
    """Say whether this person may explain a difference between approved and recorded impressions."""
    posts = policy.lending.seals.explained_by
    found = [] if is_open else [reason(Code.SEAL_NOTHING_TO_EXPLAIN)]
    if by.role not in posts or not by.active:
        found.append(reason(Code.SEAL_EXPLAINED_BY, roles=",".join(sorted(posts))))
    if not said.strip():
        found.append(reason(Code.CONCLUSION_MISSING))
    return answer(found)


def judge_passing(policy: Policy, facts: PassFacts) -> Lawful | Refused:
    """Say whether a seal may pass to another keeper: before a witness who is neither, to somebody active."""
    found = [] if facts.in_use else [reason(Code.SEAL_OUT_OF_USE, facts.seal)]
    posts = policy.lending.seals.kept_by
    if facts.by.id != facts.keeper_id and facts.by.role not in posts:
        found.append(reason(Code.SEAL_HANDED_BY, roles=",".join(sorted(posts))))
    if facts.witness.id in (facts.keeper_id, facts.receiver.id) or not facts.witness.active:
        found.append(reason(Code.SEAL_HANDOVER_WITNESS))
    if facts.receiver.id == facts.keeper_id:
        found.append(reason(Code.HANDOVER_TO_ONESELF))
    if not facts.receiver.active:
        found.append(reason(Code.PERSON_INACTIVE))
    return answer(found)


def _kept_by(policy: Policy, by: PersonFacts) -> list[Reason]:
    posts = policy.lending.seals.kept_by
    return [] if by.role in posts and by.active else [reason(Code.SEAL_KEPT_BY, roles=",".join(sorted(posts)))]
