"""What a file holds and what it should (R34), which categories there are (R31), what must be the original (R33)."""

from collections.abc import Collection

from server.domain.policy_keeping import Keeping
from server.domain.reasons import Code, reason
from server.domain.verdicts import Reason
from server.domain.words import ItemKind, Secrecy


def missing(keeping: Keeping, file_type: str, held: Collection[str]) -> tuple[str, ...]:
    """List the kinds of documents that a file of this type should hold and does not, in the order of the sheet."""
    row = keeping.types.get(file_type)
    return tuple(key for key in row.expected if key not in held) if row else ()


def category_reasons(keeping: Keeping, category: str) -> list[Reason]:
    """Say why an item may not be in this category: [] when it may."""
    if not keeping.categories_closed or keeping.category_of(category):
        return []
    known = "、".join(row.zh for row in keeping.category)
    return [reason(Code.CATEGORY_UNKNOWN, category=category or "—", known=known)]


def type_reasons(keeping: Keeping, file_type: str) -> list[Reason]:
    """Say why there is no such type of file: [] when there is, or none is named."""
    if not file_type or file_type in keeping.types:
        return []
    return [reason(Code.FILE_TYPE_UNKNOWN, type=file_type, known=", ".join(keeping.types))]


def document_reasons(keeping: Keeping, kind: str) -> list[Reason]:
    """Say why there is no such kind of document: [] when there is, or none is named."""
    if not kind or kind in keeping.documents:
        return []
    return [reason(Code.DOCUMENT_KIND_UNKNOWN, kind=kind, known=", ".join(keeping.documents))]


def original_reasons(keeping: Keeping, item: str, kind: ItemKind, secrecy: Secrecy, copies: int) -> list[Reason]:
    """Say why this may not be filed as it is: of these levels the original must be (R33); `copies` are in it."""
    if secrecy not in keeping.originals or (kind != ItemKind.COPY and not copies):
        return []
    return [reason(Code.ORIGINAL_NEEDED, item, secrecy=secrecy)]
