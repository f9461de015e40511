"""The one error of the contract: a message that cannot be accepted, with a stable reason."""

from typing import Literal

Reason = Literal[
    "oversize",
    "not_an_envelope",
    "bad_signature",
    "unknown_station",
    "revoked_key",
    "wrong_station",
    "malformed",
    "unknown_kind",
    "wrong_version",
    "chain_broken",
    "seq_mismatch",
]


class ContractError(ValueError):
    """A message was refused; `reason` is stable and machine-read, `detail` says what and where."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail
