"""People as the rules see them."""

from collections.abc import Collection
from dataclasses import dataclass

from server.domain.reasons import Code, reason
from server.domain.verdicts import Reason
from server.domain.words import Role


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Who somebody is at the moment of judging."""

    id: int
    role: Role
    department: str = ""
    active: bool = True


def role_reasons(role: Role, may: Collection[Role], rules: Collection[str] = ()) -> tuple[Reason, ...]:
    """Say that an act is not for this role but for others, by the rules that are about it and by R40."""
    roles = ",".join(sorted(may))
    return tuple(reason(Code.ROLE_MAY_NOT, rule=rule, role=role, roles=roles) for rule in (*rules, "R40"))
