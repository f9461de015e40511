"""What the sheet says about people (R42 R44 R61) and about looking at information (R22)."""

from dataclasses import dataclass

from server.domain.words import Role, Secrecy, TrainedAct


@dataclass(frozen=True)
class TrainingRow:
    """An act that needs a valid training record in a subject (R44), for these posts."""

    act: TrainedAct
    subject: str
    roles: frozenset[Role]


@dataclass(frozen=True)
class PeopleRules:
    """Who reviews rights, how long a guest may look, and what must have been taught."""

    reviewers: frozenset[Role]
    guest_days: int
    training: tuple[TrainingRow, ...]


@dataclass(frozen=True)
class InformationRules:
    """What is watched (R22): whose duty it is to look, and how much is too much within `window_hours`."""

    on_duty: frozenset[Role]
    watched: frozenset[Secrecy]
    window_hours: int
    outside_duty_views: int
    refusals: int
    exports: int
