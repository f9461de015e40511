"""The contract as documents: JSON Schema of every message and an AsyncAPI 3 description, generated from the types.

`python -m contract.schema [FOLDER]` writes them (default docs/contract); a test fails when they drift from the types.
"""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from contract.messages import AnyAnswer, AnyCommand, AnyEvent, Batch, Message, Receipt, Status
from contract.signing import MAX_MESSAGE
from contract.topics import TOPICS, Channel, topic

FOLDER = Path("docs/contract")
SCHEMA_FILE, ASYNCAPI_FILE = "messages.schema.json", "asyncapi.json"
REF = "#/components/schemas/{name}"

EVENTS: tuple[type[Message], ...] = AnyEvent.__args__
CARRIED: dict[Channel, tuple[type[Message], ...]] = {
    "up": (Batch,),
    "receipt": (Receipt,),
    "grants": AnyAnswer.__args__,
    "command": AnyCommand.__args__,
    "status": (Status,),
}
"""What each channel's messages are, inside their envelope (status has none)."""
UNSIGNED: frozenset[Channel] = frozenset({"status"})
ENVELOPE = (
    "Signed envelope: `GW1 `, the base64 of an Ed25519 signature, a line feed, then the body. The signature covers "
    f"the body's bytes exactly as sent. At most {MAX_MESSAGE} bytes together."
)


def kinds() -> tuple[type[Message], ...]:
    """Give every message that goes over the wire: those of the channels, and the events inside batches."""
    return tuple(kind for channel in CARRIED.values() for kind in channel) + EVENTS


def schemas() -> dict[str, Any]:
    """Give the JSON Schema of every message and of what they are made of, by name."""
    _, components = msgspec.json.schema_components(kinds(), ref_template=REF)
    components["Batch"]["properties"]["events"]["items"] = {
        "oneOf": [{"$ref": REF.format(name=kind.__name__)} for kind in EVENTS],
        "discriminator": {"propertyName": "kind"},
    }
    return dict(sorted(components.items()))


def json_schema() -> dict[str, Any]:
    """Give one JSON Schema document: any message body, with all definitions."""
    text = json.dumps(schemas()).replace("#/components/schemas/", "#/$defs/")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Guiwei: message bodies between station and server",
        "anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in kinds()],
        "$defs": json.loads(text),
    }


def asyncapi() -> dict[str, Any]:
    """Give the AsyncAPI 3 document: channels, who writes to them, and what they carry."""
    channels, operations, messages = {}, {}, {}
    for entry in TOPICS:
        name, carried = entry.channel, CARRIED[entry.channel]
        for kind in carried:
            messages[kind.__name__] = _message(kind, signed=name not in UNSIGNED)
        channels[name] = {
            "address": topic("station", name).replace("station", "{station}"),
            "description": f"{entry.says}; written by the {entry.written_by}" + ", retained" * entry.retained,
            "parameters": {"station": {"description": "name of the station"}},
            "messages": {kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"} for kind in carried},
            "bindings": {"mqtt": {"bindingVersion": "0.2.0"}},
        }
        operations[f"{entry.written_by}_writes_{name}"] = {
            "action": "send" if entry.written_by == "station" else "receive",
            "channel": {"$ref": f"#/channels/{name}"},
            "bindings": {"mqtt": {"qos": 1, "retain": entry.retained, "bindingVersion": "0.2.0"}},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Guiwei: station and server",
            "version": "1",
            "description": "Written from the station's point of view. " + ENVELOPE,
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas()},
    }


def _message(kind: type[Message], *, signed: bool) -> dict[str, Any]:
    return {
        "title": kind.__name__,
        "summary": (kind.__doc__ or "").strip().splitlines()[0],
        "contentType": "application/vnd.guiwei.signed+json" if signed else "application/json",
        "payload": {"$ref": REF.format(name=kind.__name__)},
    }


def documents() -> dict[str, str]:
    """Give the documents' text by file name."""
    return {
        name: json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        for name, content in ((SCHEMA_FILE, json_schema()), (ASYNCAPI_FILE, asyncapi()))
    }


def main() -> None:
    """Write the documents."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
