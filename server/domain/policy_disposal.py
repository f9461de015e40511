"""The sheet's sections on keeping and destroying (R50-R54) and on backups (R39)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.domain.words import DestructionMethod, Role


class CountsFrom(StrEnum):
    """From when a retention period runs: the first day of the year after, or the day itself."""

    NEXT_YEAR = "next_year"
    DAY = "day"


@dataclass(frozen=True)
class Retention:
    """How long each category is kept (R51): `periods` are years by name, 0 is for ever; `otherwise` is for the rest."""

    counts_from: CountsFrom
    periods: Mapping[str, int]
    categories: Mapping[str, str]
    otherwise: str
    set_by: frozenset[Role]
    appraised_by: frozenset[Role]
    held_by: frozenset[Role]
    """Who may place and lift a disposal hold."""

    def period_of(self, category: str) -> str:
        """Name the period of a category."""
        return self.categories.get(category, self.otherwise)


@dataclass(frozen=True)
class Destruction:
    """Who files, reviews and approves a destruction list, who appoints how many witnesses, which methods (R52 R53)."""

    filed_by: frozenset[Role]
    reviewed_by: frozenset[Role]
    approved_by: frozenset[Role]
    """For any secrecy level."""
    ordinary_approved_by: frozenset[Role]
    """For ordinary items, without a review before."""
    witness_appointed_by: frozenset[Role]
    witnesses: int
    order_days: int
    """For how long the order to take the items out is given."""
    methods: frozenset[DestructionMethod]
    copies_lighter: bool
    """Whether ordinary copies go without appraisal, by the approval of `copies_approved_by`."""
    copies_approved_by: frozenset[Role]


@dataclass(frozen=True)
class Backups:
    """How often a backup is due and when it is overdue (R39)."""

    every_hours: int
    overdue_hours: int


def gaps(retention: Retention, destruction: Destruction, backups: Backups) -> list[str]:
    """Say what these sections leave open or contradict."""
    named = {f"retention.categories.{name}": period for name, period in retention.categories.items()}
    found = [
        f"{place}: there is no period {period!r}; there are {', '.join(retention.periods)}"
        for place, period in {**named, "retention.otherwise": retention.otherwise}.items()
        if period not in retention.periods
    ]
    found += [f"retention.periods.{name}: years are 0 or more" for name, n in retention.periods.items() if n < 0]
    rows = (
        ("destruction.filed_by", destruction.filed_by),
        ("destruction.reviewed_by", destruction.reviewed_by),
        ("destruction.approved_by", destruction.approved_by),
        ("destruction.ordinary_approved_by", destruction.ordinary_approved_by),
        ("destruction.witness_appointed_by", destruction.witness_appointed_by),
        ("destruction.methods", destruction.methods),
        ("retention.appraised_by", retention.appraised_by),
    )
    found += [f"{place}: empty; nothing could go on" for place, words in rows if not words]
    if destruction.witnesses < 1:
        found.append("destruction.witnesses: at least 1; nothing is destroyed without a witness")
    if destruction.order_days < 1:
        found.append("destruction.order_days: at least 1")
    if not 0 < backups.every_hours <= backups.overdue_hours:
        found.append("backups: needs 0 < every_hours <= overdue_hours")
    return found
