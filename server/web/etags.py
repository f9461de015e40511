"""Versions on the wire: what is shown carries its version as ETag, what changes it names that in If-Match."""

import re
from typing import Annotated, Final, Protocol, TypeVar

from fastapi import Depends, Header, Response

from server.service.errors import ServiceError

_TAG: Final = re.compile(r'(?:W/)?"(\d{1,18})"')


class ConditionError(ServiceError):
    """A change does not say which version of the record it is made to."""

    def __init__(self) -> None:
        super().__init__("condition_needed", "send the ETag of the version you changed as If-Match")


class Versioned(Protocol):
    """What has a version."""

    @property
    def version(self) -> int:
        """The version."""
        ...


V = TypeVar("V", bound=Versioned)


def versioned(response: Response, shown: V) -> V:
    """Say the version of what is shown."""
    response.headers["ETag"] = f'"{shown.version}"'
    return shown


async def _asked_for(if_match: Annotated[str, Header()] = "") -> int:
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise ConditionError
    return int(found[1])


IfMatch = Annotated[int, Depends(_asked_for)]
"""The version that a change is made to."""
