"""Passwords and PINs are kept as Argon2id hashes only.

19 MiB, two passes, one lane (the OWASP minimum): about 20 ms on one core of a small machine, so that a morning's
sign-ins do not crowd out the cabinets, and a stolen table is still dear to guess from.
"""

from functools import cache
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_HASHER: Final = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))


def hash_secret(secret: str) -> str:
    """Hash a password or PIN for keeping."""
    return _HASHER.hash(secret)


def check_secret(secret: str, kept: str | None) -> bool:
    """Say whether the secret is the kept one; takes as long when there is none to compare with."""
    if kept is None:
        _HASHER.verify(secret, _nobody())
        return False
    return _HASHER.verify(secret, kept)


@cache
def _nobody() -> str:
    return hash_secret("nobody's")
