"""How facts that every event makes are declared: unchangeable to whoever writes code, and cheap to make.

A frozen dataclass writes each field through `object.__setattr__`: five times the cost of making it, and an event makes
about fifteen. Facts are frozen for the type checker, which every change must pass, and plain when they run.
"""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def facts(kind: type[T]) -> type[T]:
    """Make a class of facts: slots, equal and hashed by value; the type checker refuses to have them written to."""
    return dataclass(slots=True, unsafe_hash=True)(kind)
