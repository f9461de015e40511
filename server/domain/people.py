"""People as the rules see them."""

from dataclasses import dataclass

from server.domain.words import Role


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Who somebody is at the moment of judging."""

    id: int
    role: Role
    department: str = ""
    active: bool = True
