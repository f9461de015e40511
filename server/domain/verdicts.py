"""What a rule answers: lawful, or refused with every reason.

A `Reason` is data only: rule id, stable code, the item's code, named parameters. Its wording is in `reasons.py`.
"""

from dataclasses import dataclass

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """Why: the rule that says so, a stable code, the code of the item it is about, and named details."""

    rule: str
    code: str
    item: str = ""
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Lawful:
    """It may be; `basis` holds the ids of what it rests on (the delegation used, the lines used), if any."""

    reasons: tuple[Reason, ...] = ()
    basis: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not be, and these are all the reasons."""

    reasons: tuple[Reason, ...]


def answer(reasons: tuple[Reason, ...] | list[Reason], basis: tuple[int, ...] = ()) -> Lawful | Refused:
    """Refuse when there is any reason against, else allow."""
    return Refused(tuple(reasons)) if reasons else Lawful(basis=basis)
