"""Bytes kept once under their SHA-256 in the data directory; what they are attached to is the database's.

Law 1: a file stands whole and durable under its name, or not at all.
Law 2: a name is computed from the bytes, never taken from outside.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{64}")


class TooLargeError(ValueError):
    """More bytes came than are allowed."""


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that have come and lie in a file of their own, not kept yet."""

    path: Path
    size: int
    sha256: str
    head: bytes


class Blobs:
    """The folder of kept bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "attachments"

    async def receive(self, parts: AsyncIterator[bytes], most: int, head: int) -> Received:
        """Write what comes to a file, at most `most` bytes; raises TooLargeError and leaves nothing then."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".coming-")
        digest, size, begins = hashlib.sha256(), 0, b""
        try:
            with os.fdopen(handle, "wb") as file:
                async for part in parts:
                    size += len(part)
                    if size > most:
                        raise TooLargeError(f"more than {most} bytes")
                    begins += part[: head - len(begins)]
                    digest.update(part)
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return Received(Path(name), size, digest.hexdigest(), begins)

    def keep(self, received: Received) -> None:
        """Put received bytes under their name; the same bytes are kept once."""
        path = self.path_of(received.sha256)
        path.parent.mkdir(exist_ok=True)
        received.path.replace(path)

    def drop(self, received: Received) -> None:
        """Throw received bytes away, unless they have been kept."""
        received.path.unlink(missing_ok=True)

    def path_of(self, sha256: str) -> Path:
        """Give where bytes of this name are kept."""
        if not _NAME.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is not a SHA-256")
        return self._folder / sha256[:2] / sha256
