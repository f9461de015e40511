"""What a use case raises when it will not act; the web says the same as a problem, with a stable code."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from server.domain.verdicts import Reason, Refused

V = TypeVar("V")


class ServiceError(Exception):
    """A use case was not carried out; `code` is stable and machine-read, the text says what and why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class NotFoundError(ServiceError):
    """There is no such thing, or it is not for this person to know of it."""

    def __init__(self, what: str, name: object) -> None:
        super().__init__("not_found", f"there is no {what} {name!r}")


class ConflictError(ServiceError):
    """The thing is in a state in which this cannot be done."""


class StaleError(ServiceError):
    """The record is not in the version that the change was made for."""

    def __init__(self, what: str, version: int) -> None:
        super().__init__("stale", f"the {what} has been changed since: look again, it is version {version} now")


class InvalidError(ServiceError):
    """What was asked for is not well put; the text names the field and what it must be."""


class ForbiddenError(ServiceError):
    """This person's role does not include the act; the reasons, if given, name the rules that say whose it is."""

    def __init__(self, code: str, detail: str, reasons: Iterable[Reason] = ()) -> None:
        super().__init__(code, detail)
        self.reasons = tuple(reasons)


class RefusedError(ServiceError):
    """A rule refuses the act; every reason names its rule.

    `then` is what is to be recorded about it, in a unit of work of its own: the act's is undone.
    """

    def __init__(self, reasons: Iterable[Reason], then: Callable[[Any], None] | None = None) -> None:
        self.reasons = tuple(reasons)
        self.then = then
        super().__init__("refused_by_rule", ", ".join(f"{reason.rule} {reason.code}" for reason in self.reasons))


def lawful(verdict: V | Refused) -> V:
    """Go on with what the rules allow; raises RefusedError with every reason."""
    if isinstance(verdict, Refused):
        raise RefusedError(verdict.reasons)
    return verdict
