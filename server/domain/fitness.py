"""What a person's rights (R40) and training (R44) have against using items, as far as that is known beforehand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from server.domain.approval_steps import NO_MARK, ItemMark
from server.domain.custody import ItemFacts
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.scopes import EVERYTHING, Scope, outside, thing_of
from server.domain.training import TrainingFacts, training_reasons
from server.domain.verdicts import Reason
from server.domain.words import Mode, TrainedAct


@dataclass(frozen=True, slots=True)
class Fitness:
    """What the rights of whoever will use the items reach, and what they were taught."""

    scope: Scope = EVERYTHING
    training: tuple[TrainingFacts, ...] = ()


FIT: Final = Fitness()


def fitness_reasons(
    policy: Policy,
    person: PersonFacts,
    fitness: Fitness,
    items: Iterable[ItemFacts],
    mode: Mode,
    now_us: int,
    marks: Mapping[str, ItemMark],
) -> list[Reason]:
    """Say which items lie outside a person's rights, and which training they lack to use them in this mode."""
    found = []
    for item in items:
        found += outside(fitness.scope, thing_of(item, marks.get(item.code, NO_MARK).category), item.code)
    acts = [act for act in TrainedAct if str(act) == str(mode)]
    return found + training_reasons(policy.people, person.role, acts, fitness.training, now_us)
