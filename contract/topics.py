"""The MQTT topics: who writes and who reads each of them."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from contract.errors import ContractError

STATION_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
ROOT = "guiwei/v1"

Channel = Literal["up", "receipt", "grants", "command", "status"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One channel of a station; `written_by` is the only side that may publish to it."""

    channel: Channel
    written_by: Literal["station", "server"]
    retained: bool
    says: str


TOPICS: tuple[Topic, ...] = (
    Topic("up", "station", retained=False, says="signed batches of chained events"),
    Topic("receipt", "server", retained=False, says="what the server has committed of an epoch"),
    Topic("grants", "server", retained=False, says="the answer to an access request: a grant or a refusal"),
    Topic("command", "server", retained=False, says="signed: a sweep, grants to hold, its next certificate"),
    Topic("status", "station", retained=True, says="online or offline; the last will says offline"),
)


def topic(station: str, channel: Channel) -> str:
    """Name the topic of a station's channel; raises ContractError for a name that no station may have."""
    if not STATION_NAME.fullmatch(station):
        raise ContractError("malformed", f"station name {station!r}: use 1-32 of a-z 0-9 _ -, beginning with a-z 0-9")
    return f"{ROOT}/{station}/{channel}"


def pattern(channel: Channel, station: str = "+") -> str:
    """Give the subscription filter of a channel; `station` may be `+` or an access-list placeholder."""
    return f"{ROOT}/{station}/{channel}"


@lru_cache(maxsize=4096)
def station_of(name: str) -> str:
    """Read the station out of a topic name; raises ContractError when it is none of ours."""
    parts = name.split("/")
    if len(parts) != 4 or "/".join(parts[:2]) != ROOT or not STATION_NAME.fullmatch(parts[2]):
        raise ContractError("malformed", f"topic {name!r} is not {ROOT}/<station>/<channel>")
    return parts[2]
