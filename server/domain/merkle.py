"""A Merkle tree over the ledger's hashes as RFC 6962 builds it, in a state of O(log n) hashes that only grows."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class MerkleTree:
    """The roots of the perfect subtrees that `size` leaves make, largest first: all that appending needs."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, entry_hash: str) -> "MerkleTree":
        """Add one entry's hash (64 hex digits) as the next leaf."""
        node = sha256(b"\x00" + bytes.fromhex(entry_hash)).digest()
        peaks, size = self.peaks, self.size
        while size & 1:
            node, peaks, size = _join(peaks[-1], node), peaks[:-1], size >> 1
        return MerkleTree(self.size + 1, (*peaks, node))

    def extend(self, entry_hashes: Iterable[str]) -> "MerkleTree":
        """Add many."""
        tree = self
        for one in entry_hashes:
            tree = tree.append(one)
        return tree

    def root(self) -> str:
        """Compute the root over all leaves (64 hex digits); of no leaves, the hash of nothing."""
        if not self.peaks:
            return sha256(b"").hexdigest()
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = _join(peak, node)
        return node.hex()

    def state(self) -> str:
        """Write the tree as text, to be kept beside the ledger."""
        return f"{self.size}:{','.join(peak.hex() for peak in self.peaks)}"


def restore(state: str) -> MerkleTree:
    """Read what `state` wrote; `ValueError` when it is not that."""
    size, _, peaks = state.partition(":")
    tree = MerkleTree(int(size), tuple(bytes.fromhex(peak) for peak in peaks.split(",") if peak))
    if len(tree.peaks) != tree.size.bit_count() or any(len(peak) != 32 for peak in tree.peaks):
        raise ValueError(f"not the state of a Merkle tree: {state[:80]!r}")
    return tree


def _join(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
