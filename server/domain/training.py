"""Training (R44): what somebody was taught, until when it counts, and which acts need it."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.domain.policy_people import PeopleRules
from server.domain.reasons import Code, reason
from server.domain.verdicts import Reason
from server.domain.words import Role, TrainedAct


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """One record: a subject, and until when it counts (None: for ever)."""

    subject: str
    expires_us: int | None


def training_reasons(
    rules: PeopleRules, role: Role, acts: Iterable[TrainedAct], records: Iterable[TrainingFacts], now_us: int
) -> list[Reason]:
    """Say which training the sheet asks of this post for these acts and that is missing or has expired."""
    wanted, kept = set(acts), list(records)
    found = []
    for row in rules.training:
        if row.act not in wanted or role not in row.roles:
            continue
        ends = [record.expires_us for record in kept if record.subject == row.subject]
        if not ends:
            found.append(reason(Code.TRAINING_MISSING, subject=row.subject, act=row.act))
        elif all(end is not None and end <= now_us for end in ends):
            found.append(reason(Code.TRAINING_OVER, subject=row.subject, act=row.act))
    return found
