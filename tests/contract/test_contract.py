"""The contract: its bytes never change unnoticed, its documents say what its types say, the malformed is refused."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from contract.codec import (
    chain,
    check_place,
    decode_batch,
    decode_event,
    decode_status,
    encode,
    open_answer,
    open_command,
    open_receipt,
    seal,
)
from contract.errors import ContractError
from contract.messages import MAX_EVENTS
from contract.schema import ASYNCAPI_FILE, FOLDER, documents, json_schema, kinds
from contract.secrets import credential_of, open_pin, seal_pin
from contract.signing import (
    MAX_MESSAGE,
    check_signature,
    genesis,
    next_hash,
    open_envelope,
    public_hex,
    public_key,
    seal_envelope,
)
from contract.topics import TOPICS, pattern, station_of, topic
from tests.contract.examples import BATCH, CHALLENGE, EVENTS, KEY, MESSAGES

GOLDEN = Path(__file__).parent / "golden"
REPOSITORY = Path(__file__).parents[2]
READERS: dict[str, Callable[[bytes], Any]] = {
    "batch": decode_batch,
    "status": decode_status,
    "receipt": lambda body: open_receipt(KEY.public_key(), _sealed(body)),
    "grant": lambda body: open_answer(KEY.public_key(), _sealed(body)),
    "denied": lambda body: open_answer(KEY.public_key(), _sealed(body)),
    "certificate_issued": lambda body: open_command(KEY.public_key(), _sealed(body)),
    "held_grants": lambda body: open_command(KEY.public_key(), _sealed(body)),
    "sweep": lambda body: open_command(KEY.public_key(), _sealed(body)),
}


def _sealed(body: bytes) -> bytes:
    return seal_envelope(KEY, body)


def read(name: str, body: bytes) -> Any:
    return READERS.get(name, decode_event)(body)


# -- golden ------------------------------------------------------------------------------------------------------------


def test_there_is_a_golden_file_for_every_kind() -> None:
    assert {type(message) for message in MESSAGES.values()} == set(kinds())
    assert {file.stem for file in GOLDEN.glob("*.json")} == set(MESSAGES)


@pytest.mark.parametrize("name", MESSAGES)
def test_golden_bytes(name: str) -> None:
    golden = (GOLDEN / f"{name}.json").read_bytes()
    assert encode(MESSAGES[name]) == golden
    assert read(name, golden) == MESSAGES[name]


def test_golden_envelope_and_chain() -> None:
    """The signature is deterministic, so the whole envelope is fixed, and so is the chain over the events' bytes."""
    sealed = (GOLDEN / "batch.sealed").read_bytes()
    assert seal(KEY, BATCH) == sealed
    signature, body = open_envelope(sealed)
    check_signature(public_key(public_hex(KEY)), signature, body)
    assert chain(decode_batch(body))[-1] == "e33d517facd6a0f027df02acd33210d40dc483cce00f20a57a74fcd8d0e83336"


def test_a_chain_is_what_it_says() -> None:
    previous = genesis("a", BATCH.epoch)
    for raw, digest in zip(BATCH.events, chain(BATCH), strict=True):
        assert next_hash(previous, bytes(raw)) == digest
        previous = digest
    assert genesis("b", BATCH.epoch) != BATCH.previous


# -- documents ---------------------------------------------------------------------------------------------------------


def test_the_documents_have_not_drifted() -> None:
    for name, text in documents().items():
        assert (REPOSITORY / FOLDER / name).read_text(encoding="utf-8") == text, "run python -m contract.schema"


@pytest.mark.parametrize("name", MESSAGES)
def test_golden_messages_are_valid_by_the_schema(name: str) -> None:
    schema = json_schema()
    kind = type(MESSAGES[name]).__name__
    one = {"$schema": schema["$schema"], "$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]}
    body = json.loads((GOLDEN / f"{name}.json").read_bytes())
    jsonschema.Draft202012Validator(one).validate(body)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(one).validate(body | {"surprise": 1})


def test_asyncapi_names_every_topic_and_message() -> None:
    document = json.loads((REPOSITORY / FOLDER / ASYNCAPI_FILE).read_text(encoding="utf-8"))
    assert set(document["channels"]) == {entry.channel for entry in TOPICS}
    for entry in TOPICS:
        assert document["channels"][entry.channel]["address"] == pattern(entry.channel, "{station}")
        operation = document["operations"][f"{entry.written_by}_writes_{entry.channel}"]
        assert operation["action"] == ("send" if entry.written_by == "station" else "receive")
        assert operation["bindings"]["mqtt"]["retain"] is entry.retained
    assert set(document["components"]["schemas"]) >= {kind.__name__ for kind in kinds()}


def outcome(read_it: Callable[[bytes], object], body: bytes) -> str:
    """Tell the reason of a refusal, or that there was none; any other error fails the test."""
    try:
        read_it(body)
    except ContractError as refused:
        return refused.reason
    return "accepted"


# -- refusals ----------------------------------------------------------------------------------------------------------


def changed(name: str, **fields: object) -> bytes:
    return json.dumps(json.loads((GOLDEN / f"{name}.json").read_bytes()) | fields).encode()


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("door_opened", changed("door_opened", door="1"), "malformed"),
        ("door_opened", changed("door_opened", door=0), "malformed"),
        ("door_opened", changed("door_opened", cause="wind"), "malformed"),
        ("door_opened", changed("door_opened", surprise=1), "malformed"),
        ("door_opened", changed("door_opened", kind="door_flew"), "unknown_kind"),
        ("door_opened", changed("door_opened", epoch="A" * 32), "malformed"),
        ("door_opened", changed("door_opened", seq=0), "malformed"),
        ("door_opened", changed("door_opened", wall_us=-1), "malformed"),
        ("door_opened", changed("door_opened", wall_us=1.5), "malformed"),
        ("code_scanned", changed("code_scanned", code=""), "malformed"),
        ("access_requested", changed("access_requested", codes=["x"] * 51), "malformed"),
        ("batch", changed("batch", v=2), "wrong_version"),
        ("batch", changed("batch", events=[]), "malformed"),
        ("batch", changed("batch", events=[{}] * (MAX_EVENTS + 1)), "malformed"),
        ("batch", changed("batch", station="A B"), "malformed"),
        ("grant", changed("grant", ttl_ms=30001), "malformed"),
        ("grant", changed("grant", doors=[]), "malformed"),
        ("grant", changed("grant", v=2), "wrong_version"),
        ("denied", changed("denied", reasons=[]), "malformed"),
        ("status", b"", "malformed"),
        ("status", b"null", "malformed"),
        ("status", b"\xff\xfe", "malformed"),
        ("status", b"[" * 100_000, "malformed"),
        ("batch", b'{"events":' + b"[" * 100_000, "malformed"),
        ("door_opened", b'{"kind":"door_opened","door":' + b'{"a":' * 50_000, "malformed"),
    ],
)
def test_what_is_malformed_is_refused_with_its_reason(name: str, body: bytes, reason: str) -> None:
    with pytest.raises(ContractError) as refused:
        read(name, body)
    assert refused.value.reason == reason
    assert refused.value.detail


def test_an_envelope_is_taken_apart_strictly() -> None:
    good = seal(KEY, MESSAGES["status"])
    for payload, reason in (
        (b"", "not_an_envelope"),
        (b"GW1 short", "not_an_envelope"),
        (good.replace(b"GW1 ", b"GW2 "), "not_an_envelope"),
        (b"GW1 " + b"*" * 88 + b"\n{}", "not_an_envelope"),
        (b"GW1 " + b"A" * (MAX_MESSAGE + 1), "oversize"),
    ):
        with pytest.raises(ContractError) as refused:
            open_envelope(payload)
        assert refused.value.reason == reason


def test_one_bit_changed_before_the_body_is_refused() -> None:
    sealed = (GOLDEN / "batch.sealed").read_bytes()
    for at, bit in product(range(93), range(8)):
        changed = bytearray(sealed)
        changed[at] ^= 1 << bit
        with pytest.raises(ContractError) as refused:
            check_signature(KEY.public_key(), *open_envelope(bytes(changed)))
        assert refused.value.reason in ("not_an_envelope", "bad_signature"), (at, bit)


@given(at=st.integers(min_value=93), bit=st.integers(0, 7))
def test_one_bit_changed_breaks_the_signature(at: int, bit: int) -> None:
    sealed = bytearray((GOLDEN / "batch.sealed").read_bytes())
    sealed[93 + at % (len(sealed) - 93)] ^= 1 << bit
    signature, body = open_envelope(bytes(sealed))
    with pytest.raises(ContractError) as refused:
        check_signature(KEY.public_key(), signature, body)
    assert refused.value.reason == "bad_signature"


def test_another_key_is_a_bad_signature() -> None:
    other = Ed25519PrivateKey.generate()
    with pytest.raises(ContractError) as refused:
        open_receipt(other.public_key(), seal(KEY, MESSAGES["receipt"]))
    assert refused.value.reason == "bad_signature"


def test_a_broken_chain_shows_from_the_break_on() -> None:
    events = list(BATCH.events)
    events[3] = msgspec.Raw(bytes(events[3]).replace(b'"door":1', b'"door":2'))
    good, bad = chain(BATCH), chain(msgspec.structs.replace(BATCH, events=events))
    assert [a == b for a, b in zip(good, bad, strict=True)] == [True] * 3 + [False] * (len(good) - 3)


def test_an_event_must_be_where_it_says() -> None:
    event = EVENTS["door_opened"]
    check_place(BATCH, event.seq - 1, event)
    for index, other in ((0, event), (event.seq - 1, msgspec.structs.replace(event, epoch="0" * 32))):
        with pytest.raises(ContractError) as refused:
            check_place(BATCH, index, other)
        assert refused.value.reason == "seq_mismatch"


@given(st.binary(max_size=300))
def test_no_bytes_whatever_get_past_as_anything_but_a_refusal(body: bytes) -> None:
    for read_it in (decode_batch, decode_event, decode_status, open_envelope):
        assert outcome(read_it, body) in ("malformed", "unknown_kind", "wrong_version", "not_an_envelope", "accepted")


@pytest.mark.parametrize("name", EVENTS)
def test_garbled_events_are_events_or_refused(name: str) -> None:
    rng, golden = random.Random(name), (GOLDEN / f"{name}.json").read_bytes()
    for _ in range(300):
        garbled = bytearray(golden)
        for _ in range(rng.randrange(1, 4)):
            garbled[rng.randrange(len(garbled))] = rng.randrange(256)
        assert outcome(decode_event, bytes(garbled)) in ("malformed", "unknown_kind", "accepted")


# -- secrets and topics ------------------------------------------------------------------------------------------------


def test_a_sealed_pin_opens_only_for_its_key_and_challenge() -> None:
    server = X25519PrivateKey.from_private_bytes(bytes(range(32)))
    sealed = seal_pin(server.public_key(), CHALLENGE, "2468")
    assert open_pin(server, CHALLENGE, sealed) == "2468"
    assert "2468" not in sealed
    assert seal_pin(server.public_key(), CHALLENGE, "2468") != sealed, "the same PIN never looks the same"
    for key, challenge, text in (
        (X25519PrivateKey.generate(), CHALLENGE, sealed),
        (server, "0" * 32, sealed),
        (server, CHALLENGE, sealed[:-4] + "AAA="),
        (server, CHALLENGE, "not base64!"),
        (server, CHALLENGE, ""),
    ):
        with pytest.raises(ContractError) as refused:
            open_pin(key, challenge, text)
        assert refused.value.reason == "malformed"


def test_a_credential_hides_the_badge_and_differs_by_site() -> None:
    assert credential_of("hq", "0f00a1b2c3") == credential_of("hq", "0F00A1B2C3")
    assert credential_of("hq", "0F00A1B2C3") != credential_of("branch", "0F00A1B2C3")
    assert "A1B2C3" not in credential_of("hq", "0F00A1B2C3").upper()


@pytest.mark.parametrize("name", ["", "A", "a/b", "a b", "+", "#", "-a", "a" * 33, "a\n"])
def test_names_no_station_may_have(name: str) -> None:
    with pytest.raises(ContractError):
        topic(name, "up")
    with pytest.raises(ContractError):
        station_of(f"guiwei/v1/{name}/up")


def test_topics_go_there_and_back() -> None:
    for entry in TOPICS:
        assert station_of(topic("a-1", entry.channel)) == "a-1"
    assert pattern("up") == "guiwei/v1/+/up"
    assert [entry.channel for entry in TOPICS if entry.retained] == ["status"]
