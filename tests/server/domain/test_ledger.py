"""The ledger: canonical text, the chain, and a Merkle tree that agrees with the definition in RFC 6962."""

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.ledger import GENESIS, Broken, CanonicalError, Entry, canonical, entry_body, entry_hash, verify
from server.domain.merkle import MerkleTree, restore


def chain(length: int) -> list[Entry]:
    entries, previous = [], GENESIS
    for number in range(1, length + 1):
        body = entry_body("movement", number * 10, {"item": number, "verdict": "extra"})
        entries.append(Entry(number, "movement", number * 10, body, previous, entry_hash(previous, body)))
        previous = entries[-1].hash
    return entries


def test_canonical_text_is_sorted_tight_and_keeps_chinese() -> None:
    assert canonical({"b": [1, None, True], "a": {"名": "王芳"}}) == '{"a":{"名":"王芳"},"b":[1,null,true]}'


@pytest.mark.parametrize(
    ("value", "place"),
    [({"a": {"b": 0.5}}, "a.b"), ({"a": [b"x"]}, "a"), ({1: 2}, "the body"), ({"a": {2: 1}}, "a"), ([{1}], "\\[\\]")],
)
def test_what_has_no_canonical_text_is_refused_with_its_place(value: object, place: str) -> None:
    with pytest.raises(CanonicalError, match=place):
        canonical(value)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(plain)
def test_canonical_text_reads_back_and_has_one_form(value: object) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


def test_an_entrys_hash_can_be_computed_by_hand() -> None:
    body = entry_body("k", 5, {"x": 1})
    assert body == '{"at_us":5,"kind":"k","x":1}'
    assert entry_hash(GENESIS, body) == sha256(b"0" * 64 + b"\n" + body.encode()).hexdigest()


def test_a_whole_chain_verifies_and_so_does_its_tail() -> None:
    entries = chain(6)
    assert verify(entries) is None
    assert verify(entries[3:], entries[2].hash, 4) is None
    assert verify([]) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"body": entry_body("movement", 30, {"item": 3, "verdict": "as_approved"})}, "hash does not cover"),
        ({"kind": "alarm"}, "kind or moment"),
        ({"at_us": 31}, "kind or moment"),
        ({"previous": "1" * 64}, "does not follow"),
        ({"id": 9}, "entry 3 should stand here"),
    ],
)
def test_the_first_bad_entry_is_named(change: dict[str, object], why: str) -> None:
    entries = chain(5)
    entries[2] = replace(entries[2], **change)  # type: ignore[arg-type]
    found = verify(entries)
    assert isinstance(found, Broken)
    assert found.id == entries[2].id
    assert why in found.why


def test_an_entry_rehashed_in_place_is_found_at_the_next() -> None:
    entries = chain(5)
    body = entry_body("movement", 30, {"item": 3, "verdict": "as_approved"})
    entries[2] = replace(entries[2], body=body, hash=entry_hash(entries[2].previous, body))
    assert verify(entries) == Broken(4, "it does not follow the entry before it")


@pytest.mark.parametrize("body", ["not json", "[]"])
def test_a_body_that_is_no_entry_is_found(body: str) -> None:
    entry = Entry(1, "k", 1, body, GENESIS, entry_hash(GENESIS, body))
    assert verify([entry]) is not None


def test_an_entry_taken_out_or_put_twice_is_found() -> None:
    entries = chain(5)
    assert verify(entries[:2] + entries[3:]) == Broken(4, "entry 3 should stand here")
    assert verify([*entries[:3], entries[2], *entries[3:]]) == Broken(3, "entry 4 should stand here")


def by_definition(leaves: list[bytes]) -> bytes:
    """Compute MTH(D[n]) as RFC 6962 section 2.1 writes it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


def test_the_tree_agrees_with_the_definition_at_every_size() -> None:
    leaves = [sha256(bytes([number])).digest() for number in range(70)]
    tree = MerkleTree()
    for size in range(71):
        assert tree.root() == by_definition(leaves[:size]).hex()
        assert len(tree.peaks) <= 7
        assert restore(tree.state()) == tree
        if size < 70:
            tree = tree.append(leaves[size].hex())
    assert MerkleTree().extend(leaf.hex() for leaf in leaves) == tree


def test_a_state_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not the state"):
        restore("3:" + "00" * 32)
