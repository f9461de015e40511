"""What can be set of an LLRP reader."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Region = Literal["", "china_920_925", "us", "europe", "china_840_845", "korea"]


class LlrpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one reader."""

    antennas: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=0, le=64)], ...],
        msgspec.Meta(description="Antenna ports that read, in this order; 0 is every antenna"),
    ] = (0,)
    power_dbm: Annotated[
        float,
        msgspec.Meta(
            ge=0, le=33, description="Transmit power: the reader's next lower step is taken; 0 leaves it alone"
        ),
    ] = 0
    region: Annotated[
        Region,
        msgspec.Meta(
            description="Band every channel of the reader must lie in, else it does not read (LLRP cannot set a region)"
        ),
    ] = ""
    session: Annotated[
        Literal["reader", "s0", "s1", "s2", "s3"],
        msgspec.Meta(description="Gen2 session: s0 reads a tag again at once; reader leaves it as the reader has it"),
    ] = "s0"
    tid_words: Annotated[
        int,
        msgspec.Meta(
            ge=0, le=32, description="Words of each tag's TID read by an access spec; 0 reads none, which is faster"
        ),
    ] = 0
    report_every: Annotated[
        int, msgspec.Meta(ge=1, le=1000, description="Tags in one report; more save work and come later")
    ] = 1
    start: Annotated[
        Literal["immediate", "gpi"],
        msgspec.Meta(description="Read always, or (gpi) only while the contact on trigger_port says open"),
    ] = "immediate"
    trigger_port: Annotated[
        int, msgspec.Meta(ge=1, le=32, description="GPI port whose contact starts and stops reading with start = gpi")
    ] = 1
    gpi_ports: Annotated[
        int,
        msgspec.Meta(ge=0, le=32, description="GPI ports, from 1, that are switched on because contacts hang there"),
    ] = 0
    gpi_closed: Annotated[
        Literal["high", "low"], msgspec.Meta(description="Level of a GPI port whose contact is closed")
    ] = "high"
    poll_ms: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=60000,
            description="Pause between two questions for GPI levels, whose answer also proves that it reads; 0: none",
        ),
    ] = 100
    keepalive_ms: Annotated[
        int,
        msgspec.Meta(
            ge=100, le=60000, description="Pause between the reader's keepalives; three missed end the connection"
        ),
    ] = 10000
    stall_ms: Annotated[
        int,
        msgspec.Meta(ge=50, le=60000, description="A message begun and not continued for so long ends the connection"),
    ] = 3000
    ca_file: Annotated[
        str,
        msgspec.Meta(description="llrps: PEM file the reader's certificate must come from; empty: the system's trust"),
    ] = ""
    cert_file: Annotated[
        str,
        msgspec.Meta(description="llrps: PEM file with the station's own certificate and key, where the reader asks"),
    ] = ""
    check_host: Annotated[
        bool, msgspec.Meta(description="llrps: the certificate must name the host of the port setting")
    ] = True
