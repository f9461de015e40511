"""Orders to stations: signed, kept until answered, and sent by whoever speaks to the broker."""

import secrets
from typing import Literal

from contract.codec import seal
from contract.messages import Sweep
from server.service.context import Writing
from server.service.keys import Keys
from server.store.tables import Outgoing


def order_sweep(
    work: Writing, station: str, doors: list[int], purpose: Literal["stocktake", "check"], keys: Keys
) -> str:
    """Order a station to listen behind these doors; gives the command's token, which its answers will carry."""
    command = secrets.token_hex(16)
    message = Sweep(v=1, station=station, command=command, doors=doors, purpose=purpose)
    work.session.add(
        Outgoing(
            command=command,
            station=station,
            payload=seal(keys.signing, message),
            awaits=len(doors),
            created_us=work.now_us,
        )
    )
    work.ledger("sweep_ordered", command=command, station=station, doors=doors, purpose=purpose)
    return command
