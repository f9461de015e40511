"""The vault: seals sensitive values at rest (R38) with keys from a file in the data directory, and opens them again.

Law 1: AES-256-GCM; the text sealed is bound to its place (customer and field), so that it cannot be moved.
Law 2: from each key two are derived, one to seal with and one for the blind index; a value is looked up under all.
Law 3: the file's last key seals, the others only open; a key leaves the file only when nothing is sealed with it.
"""

import base64
import hmac
import os
import secrets
import tempfile
import threading
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.service.keys import KeyFileError

FILE: Final = "sealing.keys"
_NONCE: Final = 12


class SealBrokenError(ValueError):
    """A sealed value does not open: it was changed, moved, or its key is gone."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value as it is stored."""

    key_id: str
    text: str = field(repr=False)
    blind: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Key:
    id: str
    cipher: AESGCM = field(repr=False)
    index: bytes = field(repr=False)


class Vault:
    """Seals and opens; reads its key file again whenever that has changed, so that keys turn while it serves."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._stamp: tuple[int, int, int] | None = None
        self._keys: tuple[_Key, ...] = ()
        self._lock = threading.Lock()

    @property
    def current(self) -> str:
        """Name the key that seals now."""
        return self._read()[-1].id

    def seal(self, place: str, field_name: str, value: str) -> Sealed:
        """Seal a value for its place, such as a customer's number."""
        key = self._read()[-1]
        nonce = secrets.token_bytes(_NONCE)
        text = nonce + key.cipher.encrypt(nonce, value.encode(), _bound(place, field_name))
        return Sealed(key.id, base64.b64encode(text).decode(), _blind(key, field_name, value))

    def open(self, place: str, field_name: str, key_id: str, text: str) -> str:
        """Open a value; raises SealBrokenError."""
        key = next((key for key in self._read() if key.id == key_id), None)
        if key is None:
            raise SealBrokenError(f"{self._path}: there is no key {key_id}; put the key file back from its backup")
        raw = base64.b64decode(text)
        try:
            return key.cipher.decrypt(raw[:_NONCE], raw[_NONCE:], _bound(place, field_name)).decode()
        except InvalidTag:
            raise SealBrokenError(f"{field_name} of {place} does not open with key {key_id}: it was changed") from None

    def blinds(self, field_name: str, value: str) -> list[str]:
        """Give what a value is found by, under every key there is."""
        return [_blind(key, field_name, value) for key in self._read()]

    def add_key(self, used: Collection[str]) -> str:
        """Add a new key, which seals from now on, and drop those that nothing is sealed with; gives its id."""
        kept = [line for line in _lines(self._path) if line.split()[0] in used]
        made = _new_key()
        _write(self._path, [*kept, made])
        return made.split()[0]

    def _read(self) -> Sequence[_Key]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise KeyFileError(f"{self._path}: {error.strerror}; `guiwei server init` makes the keys") from None
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        with self._lock:
            if stamp != self._stamp:
                self._keys, self._stamp = tuple(_key(line, self._path) for line in _lines(self._path)), stamp
            if not self._keys:
                raise KeyFileError(f"{self._path}: holds no key; put the key file back from its backup")
            return self._keys


def make_vault(folder: Path) -> None:
    """Write a key file with one key, unless there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / FILE).exists():
        _write(folder / FILE, [_new_key()])


def _new_key() -> str:
    return f"k{secrets.token_hex(4)} {secrets.token_hex(32)}"


def _write(path: Path, lines: list[str]) -> None:
    """Put a new file in the place of the old one, readable by the owner only and durable before it counts."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="ascii").splitlines() if line.strip()]


def _key(line: str, path: Path) -> _Key:
    name, _, secret = line.partition(" ")
    try:
        raw = bytes.fromhex(secret)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise KeyFileError(f"{path}: key {name!r} is not 64 hex digits")
    return _Key(name, AESGCM(_derived(raw, b"seal")), _derived(raw, b"index"))


def _derived(raw: bytes, use: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"guiwei " + use).derive(raw)


def _bound(place: str, field_name: str) -> bytes:
    return f"{place}\n{field_name}".encode()


def _blind(key: _Key, field_name: str, value: str) -> str:
    """Give the keyed hash of a value, written one way whatever its width, case and blanks."""
    plain = "".join(unicodedata.normalize("NFKC", value).casefold().split())
    return hmac.new(key.index, f"{field_name}\n{plain}".encode(), sha256).hexdigest()
