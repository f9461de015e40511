"""What can be set for the Reader18/288M readers of one line, and what is found out about each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from edge_agent.devices.reader18_tables import BROADCAST

Layout = Literal["r18", "288m"]
Region = Literal["", "china_920_925", "us", "korea", "europe", "china_840_845"]


class Reader18Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the readers on one line."""

    layout: Annotated[
        Literal["auto", "r18", "288m"],
        msgspec.Meta(description="How tags are listed: without (r18) or with (288m) antenna and RSSI; auto finds out"),
    ] = "auto"
    addresses: Annotated[
        tuple[int, ...],
        msgspec.Meta(
            description="Addresses asked in turn, 0 to 254; 255 speaks to whatever reader is alone on the line"
        ),
    ] = (BROADCAST,)
    antennas: Annotated[
        int, msgspec.Meta(ge=1, le=16, description="Antennas of each reader, asked in turn (288m); above 8 by number")
    ] = 1
    antenna: Annotated[
        int, msgspec.Meta(ge=1, le=48, description="Number given to the first reader's first antenna; others follow")
    ] = 1
    region: Annotated[Region, msgspec.Meta(description="Radio band set on opening; empty leaves it alone")] = ""
    power_dbm: Annotated[
        int, msgspec.Meta(ge=0, le=33, description="Transmit power set on opening; 0 leaves it alone")
    ] = 0
    scan_time_ms: Annotated[
        int, msgspec.Meta(ge=0, le=1200, description="Longest round, set on opening, from 300; 0 leaves it alone")
    ] = 0
    q: Annotated[int, msgspec.Meta(ge=0, le=15, description="Q of a round (288m): about 2^Q tags answer at once")] = 4
    tid: Annotated[
        bool, msgspec.Meta(description="Have tags tell their TID in each round (288m, tags that know FastID)")
    ] = False
    rssi_offset: Annotated[
        int, msgspec.Meta(ge=-200, le=0, description="Added to the raw RSSI byte; makers do not say what it counts")
    ] = 0
    poll_ms: Annotated[
        int, msgspec.Meta(ge=0, le=60000, description="Pause between two rounds; 0 asks for none and takes what comes")
    ] = 20
    pause_ms: Annotated[
        int,
        msgspec.Meta(ge=15, le=2000, description="Silence that ends a torn frame: 15 on the wire, more on networks"),
    ] = 100
    sent_by: Annotated[
        Literal["reader", "host"],
        msgspec.Meta(description="Whose bytes are heard; matters for frames that could be a reply or a command"),
    ] = "reader"


@dataclass(slots=True)
class Known:
    """What has been found out about one reader, and what it was last asked."""

    layout: Layout | None = None
    asks: Layout = "r18"
    reading: str = ""
    tids: bool = False
