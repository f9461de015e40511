"""Record numbers (R30): which series a new one counts on in, and how it is written.

Law 1: everything but the sequence names the series; the sequence counts on within it, from 1, without gaps.
Law 2: a number that was ever given is never given again.
"""

from dataclasses import dataclass

from server.domain.policy_keeping import HOLE, Keeping
from server.domain.reasons import Code, reason
from server.domain.verdicts import Refused


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """What a number is for."""

    scheme: str
    year: int
    department: str = ""
    category: str = ""
    term: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A series of numbers: what stands before and after the sequence, and how many digits it has."""

    before: str
    after: str
    digits: int

    @property
    def key(self) -> str:
        """Name the series."""
        return f"{self.before}#{self.after}"

    def number(self, sequence: int) -> str:
        """Write the number at a place of the sequence."""
        return f"{self.before}{sequence:0{self.digits}}{self.after}"


def series_for(keeping: Keeping, facts: NumberFacts) -> Series | Refused:
    """Find the series a number for this belongs to, or say everything that is missing for it."""
    scheme = keeping.schemes.get(facts.scheme)
    if scheme is None:
        known = ", ".join(keeping.schemes)
        return Refused((reason(Code.NUMBER_SCHEME_UNKNOWN, scheme=facts.scheme, known=known),))
    category = keeping.category_of(facts.category)
    filled = {
        "fonds": keeping.fonds,
        "year": str(facts.year),
        "department": keeping.departments.get(facts.department, ""),
        "category": category.code if category else "",
        "term": facts.term,
    }
    asked = {"department": facts.department, "category": facts.category, "term": facts.term, "fonds": "", "year": ""}
    holes = [hole for hole in HOLE.finditer(scheme.pattern) if hole[1] != "seq"]
    lacking = [
        reason(Code.NUMBER_FIELD_MISSING, field=hole[1], value=asked[hole[1]] or "—")
        for hole in holes
        if not filled[hole[1]]
    ]
    if lacking:
        return Refused(tuple(lacking))
    sequence = next(hole for hole in HOLE.finditer(scheme.pattern) if hole[1] == "seq")
    before, after = (
        HOLE.sub(lambda hole: filled[hole[1]], part)
        for part in (scheme.pattern[: sequence.start()], scheme.pattern[sequence.end() :])
    )
    return Series(before, after, int(sequence[2] or 1))
