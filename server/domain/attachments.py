"""What may be attached: a file is what its content says, never what its name says."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from server.domain.policy_keeping import Attachments
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer

HEAD = 512
"""So many bytes from the start say what a file is."""
MOST_PIXELS = 52_000_000
"""What a decoder is asked to unpack, at some 15 bytes each; a phone's picture has 12 to 50.3 million (8192 x 6144)."""
MOST_SCANS = 100
"""How often a JPEG may go over its pixels, each time at the decoder's cost; a progressive one does about 10 times."""
MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBPVP8", "image/webp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
ENDINGS: dict[str, str] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "zip": "application/zip",
    "docx": "application/zip",
    "xlsx": "application/zip",
    "pptx": "application/zip",
    "ofd": "application/zip",
    "doc": "application/x-ole-storage",
    "xls": "application/x-ole-storage",
    "ppt": "application/x-ole-storage",
}
UNKNOWN = "application/octet-stream"


class Flaw(StrEnum):
    """What keeps an image from being decoded."""

    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_SCANS = "too_many_scans"
    UNREADABLE = "unreadable"


FLAWS: dict[Flaw, Callable[[str], Reason]] = {
    Flaw.TOO_MANY_PIXELS: lambda name: reason(
        Code.ATTACHMENT_TOO_MANY_PIXELS, name=name, most=str(MOST_PIXELS // 1_000_000)
    ),
    Flaw.TOO_MANY_SCANS: lambda name: reason(Code.ATTACHMENT_TOO_MANY_SCANS, name=name, most=str(MOST_SCANS)),
    Flaw.UNREADABLE: lambda name: reason(Code.ATTACHMENT_BROKEN_IMAGE, name=name),
}
"""How a flaw of a file of some name is told."""


@dataclass(frozen=True, slots=True)
class AttachmentFacts:
    """A file on its way in; `flaw` says what is wrong with it as an image (None: nothing, or it is no image)."""

    name: str
    size: int
    media: str
    flaw: Flaw | None = None


def media_of(head: bytes) -> str:
    """Say what a file is by how it begins."""
    return next((media for at, magic, media in MAGIC if head[at : at + len(magic)] == magic), UNKNOWN)


def judge_attachment(sheet: Attachments, facts: AttachmentFacts) -> Lawful | Refused:
    """Say whether this may be kept, or everything that is wrong with it."""
    found = []
    if facts.size > sheet.largest_mb * 1_000_000:
        found.append(reason(Code.ATTACHMENT_TOO_LARGE, name=facts.name, most=str(sheet.largest_mb)))
    if not facts.size:
        found.append(reason(Code.ATTACHMENT_EMPTY, name=facts.name))
    elif facts.media not in sheet.media:
        found.append(reason(Code.ATTACHMENT_TYPE, name=facts.name, known=", ".join(sorted(sheet.media))))
    said = ENDINGS.get(facts.name.rpartition(".")[2].lower())
    if facts.size and said is not None and said != facts.media:
        found.append(reason(Code.ATTACHMENT_NOT_WHAT_IT_SAYS, name=facts.name, media=facts.media))
    if facts.flaw is not None:
        found.append(FLAWS[facts.flaw](facts.name))
    return answer(found)
