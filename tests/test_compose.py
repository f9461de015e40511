"""docker-compose.yml and Dockerfile, checked where there is no engine: shape, references, commands, secrets."""

import itertools
import re
import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml

from guiwei import cli, doctor, site
from server.config import Settings

ROOT = Path(__file__).resolve().parent.parent
FILE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = {name: row for name, row in SERVICES.items() if row.get("build")}
NOW = datetime.now(UTC)  # noqa: TID251 - certificates begin at the real moment

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True}
DURATION = {"type": "string", "pattern": r"^(\d+h)?(\d+m)?(\d+s)?$"}
CONDITIONS = ["service_started", "service_healthy", "service_completed_successfully"]


def closed(required: tuple[str, ...] = (), **properties: object) -> dict[str, object]:
    """Describe an object that has these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def each(shape: object) -> dict[str, object]:
    """Describe an object from names to things of one shape."""
    return {"type": "object", "propertyNames": {"pattern": "^[a-zA-Z0-9._-]+$"}, "additionalProperties": shape}


# The part of the Compose Specification that the file may use.
SERVICE = closed(
    ("image", "restart", "networks", "command"),
    image=TEXT,
    build=TEXT,
    user=TEXT,
    read_only={"type": "boolean"},
    init={"type": "boolean"},
    stdin_open={"type": "boolean"},
    tmpfs=TEXTS,
    cap_drop=TEXTS,
    security_opt=TEXTS,
    shm_size={"type": "string", "pattern": r"^\d+[bkmg]$"},
    restart={"enum": ["no", "always", "on-failure", "unless-stopped"]},
    stop_grace_period=DURATION,
    logging=closed(("driver",), driver=TEXT, options=each(TEXT)),
    command={"type": "array", "items": TEXT, "minItems": 1},
    environment=each(TEXT),
    profiles=TEXTS,
    ports={"type": "array", "items": {"type": "string", "pattern": r"^(\S+:)?\d+:\d+$"}},
    volumes=TEXTS,
    networks=TEXTS,
    secrets={
        "type": "array",
        "items": {"anyOf": [TEXT, closed(("source", "target"), source=TEXT, target=TEXT)]},
    },
    depends_on=each(closed(("condition",), condition={"enum": CONDITIONS})),
    healthcheck=closed(
        ("test", "interval", "timeout", "retries"),
        test={"type": "array", "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}], "items": TEXT, "minItems": 2},
        interval=DURATION,
        timeout=DURATION,
        start_period=DURATION,
        retries={"type": "integer", "minimum": 1},
    ),
)
COMPOSE = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": each(SERVICE),
        "networks": each(closed()),
        "volumes": each(closed()),
        "secrets": each(closed(("file",), file=TEXT)),
    },
    "required": ["name", "services"],
    "patternProperties": {"^x-": {}},
    "additionalProperties": False,
}


def used_secrets(service: dict[str, Any]) -> dict[str, str]:
    """Map the secrets of a service to the paths at which it finds them."""
    rows = service.get("secrets", [])
    return {
        (row if isinstance(row, str) else row["source"]): (
            f"/run/secrets/{row}" if isinstance(row, str) else row["target"]
        )
        for row in rows
    }


def test_the_file_has_the_shape_of_the_specification() -> None:
    jsonschema.validate(FILE, COMPOSE, cls=jsonschema.Draft202012Validator)


def test_all_the_parts_are_there() -> None:
    assert {"broker", "database", "web", "intake", "sweep", "migrate"} <= SERVICES.keys()
    emulated = [name for name, row in SERVICES.items() if row.get("profiles") == ["emulated"]]
    assert len(emulated) == 2


def test_what_is_referred_to_exists() -> None:
    for name, row in SERVICES.items():
        assert set(row["networks"]) <= FILE["networks"].keys(), name
        assert used_secrets(row).keys() <= FILE["secrets"].keys(), name
        for volume in row.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in FILE["volumes"] or source.startswith("${GUIWEI_FOLDER"), (name, volume)
        for other, on in row.get("depends_on", {}).items():
            assert on["condition"] != "service_healthy" or "healthcheck" in SERVICES[other], (name, other)
    used = {secret for row in SERVICES.values() for secret in used_secrets(row)}
    assert used == FILE["secrets"].keys(), "a secret nobody uses"


@pytest.mark.parametrize("name", [name for name, row in OURS.items() if row["command"][0] == "guiwei"])
def test_every_command_is_a_real_one(name: str) -> None:
    """Each command line is parsed, options and arguments included, by the command it names."""
    _, command_name, *words = SERVICES[name]["command"]
    command: Any = typer.main.get_command(cli.load(command_name))
    while hasattr(command, "commands"):
        assert words, f"{name}: {command_name} wants a subcommand"
        assert words[0] in command.commands, f"{name}: no command {words[0]!r} in guiwei {command_name}"
        command = command.commands[words.pop(0)]
    command.make_context(name, list(words))


def test_every_variable_is_one_the_server_reads() -> None:
    known = {f"GUIWEI_{field.upper()}" for field in Settings.model_fields}
    for name, row in OURS.items():
        for variable in row.get("environment", {}):
            assert variable.removesuffix("_FILE") in known, (name, variable)


def test_no_secret_is_written_down_and_none_has_a_default() -> None:
    for name, row in SERVICES.items():
        paths = used_secrets(row).values()
        for variable, value in row.get("environment", {}).items():
            if value.startswith("/run/secrets/"):
                assert value in paths, f"{name}: {variable} names a secret the service does not have"
            assert not re.search(r"PASSWORD$|SECRET$|TOKEN$|DATABASE_URL$", variable), (name, variable)
    assert not re.search(r"(?i)(password|secret)\w*:\s*['\"]?(guiwei|changeme|admin|postgres)\b", str(FILE))


def test_nothing_of_ours_runs_as_root_or_writes_where_it_should_not() -> None:
    for name, row in OURS.items():
        assert row["read_only"] is True, name
        assert row["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in row["security_opt"], name
        assert row["user"].startswith("${GUIWEI_UID:?"), name


def test_pages_and_broker_are_published_on_this_machine_only_unless_asked() -> None:
    for name, row in SERVICES.items():
        for port in row.get("ports", []):
            assert port.startswith(("127.0.0.1:", "${GUIWEI_BROKER_ADDRESS:-127.0.0.1}:")), (name, port)
    assert "ports" not in SERVICES["database"]


def test_whatever_must_stay_up_is_watched() -> None:
    watched = {name for name, row in SERVICES.items() if "healthcheck" in row}
    assert {"broker", "database", "web", "station-a", "station-b"} <= watched


def test_a_new_site_has_every_file_that_the_services_want(tmp_path: Path) -> None:
    site.make_site(site.Site(tmp_path, "test", NOW), ["a", "b"], 2, ())
    places = [row["file"] for row in FILE["secrets"].values()]
    places += [volume.partition(":/")[0] for row in SERVICES.values() for volume in row.get("volumes", [])]
    for place in places:
        if place.startswith("${GUIWEI_FOLDER:?}/"):
            assert (tmp_path / place.removeprefix("${GUIWEI_FOLDER:?}/")).exists(), place
    variables = dict(line.split("=", 1) for line in (tmp_path / "compose.env").read_text().splitlines())
    wanted = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text("utf-8")))
    assert wanted <= variables.keys()


def test_the_authoritys_key_reaches_no_container() -> None:
    assert not any("ca.key" in row["file"] for row in FILE["secrets"].values())
    assert not any("/tls" in volume for row in SERVICES.values() for volume in row.get("volumes", []))


def test_the_broker_finds_its_files(tmp_path: Path) -> None:
    site.make_site(site.Site(tmp_path, "test", NOW), ["a"], 1, ())
    words = SERVICES["broker"]["command"]
    given = dict(itertools.pairwise(words))
    wanted = {f"{given['--tls']}/{name}" for name in ("ca.crt", "broker.crt", "broker.key")}
    assert wanted == set(used_secrets(SERVICES["broker"]).values())
    (volume,) = SERVICES["broker"]["volumes"]
    source, place, mode = volume.removeprefix("${GUIWEI_FOLDER:?}/").split(":")
    assert (place, mode) == (f"{given['--authority']}/lists", "ro")
    assert {path.name for path in (tmp_path / source).iterdir()} == {"revoked.pem", "denied.txt"}
    assert given["broker"].startswith("/tmp/")


def test_the_image_installs_extras_and_packages_that_exist() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(re.findall(r"--extra (\S+)", text)) <= extras.keys()
    script = re.search(r"sed -n '(.*)' /tmp/packages\.apt", text)
    assert script
    picked = subprocess.run(
        ["sed", "-n", script[1], ROOT / "packages.apt"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"mosquitto", "libzbar0", "ca-certificates"} <= set(picked) <= doctor.wanted_packages().keys()
    marked = [line for line in (ROOT / "packages.apt").read_text("utf-8").splitlines() if "  # [image]" in line]
    assert len(picked) == len(marked)
