"""The generated broker configuration, on a real Mosquitto: who is let in, who may say and hear what."""

import base64
import os
import pwd
import queue
import socket
import ssl
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from contract.signing import MAX_MESSAGE
from contract.topics import topic
from firmware_config import mosquitto
from guiwei import firmware, tls
from guiwei.doctor import find_program
from guiwei.drill.ports import free_port

NOW = datetime.now(UTC)  # noqa: TID251 - the broker checks certificates against the real clock
ME = pwd.getpwuid(os.getuid()).pw_name
NOT_AUTHORISED = 0x87
LIMITS = mosquitto.Limits(packet=10_000)


@contextmanager
def running(folder: Path, listener: mosquitto.Listener, access: str) -> Iterator[int]:
    """Run Mosquitto on generated files and stop it again; yields its port."""
    mosquitto.replace_file(folder / "access.acl", access)
    text = mosquitto.configuration(listener, folder / "access.acl", run_as=ME)
    mosquitto.replace_file(folder / "mosquitto.conf", text)
    program = find_program("mosquitto")
    assert program, "apt-get install mosquitto"
    with (folder / "broker.log").open("w") as log:
        broker = subprocess.Popen([program, "-c", folder / "mosquitto.conf"], stderr=log)
    try:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            assert broker.poll() is None, (folder / "broker.log").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", listener.port)) == 0:
                    break
            time.sleep(0.02)
        yield listener.port
    finally:
        broker.terminate()
        broker.wait(10)


class Client:
    """A v5 client that notes what it is told: connection results, acknowledgements, messages."""

    def __init__(self, port: int, name: str, *, certificates: Path | None = None, password: str = "") -> None:
        self.connected: queue.Queue[int] = queue.Queue()
        self.acknowledged: queue.Queue[int] = queue.Queue()
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.closed: queue.Queue[int] = queue.Queue()
        self.subscribed: queue.Queue[int] = queue.Queue()
        self.paho = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        self.paho.on_connect = lambda _c, _u, _f, reason, _p: self.connected.put(reason.value)
        self.paho.on_publish = lambda _c, _u, _m, reason, _p: self.acknowledged.put(reason.value)
        self.paho.on_message = lambda _c, _u, message: self.heard.put((message.topic, bytes(message.payload)))
        self.paho.on_disconnect = lambda _c, _u, _f, reason, _p: self.closed.put(reason.value)
        self.paho.on_subscribe = lambda _c, _u, _m, reasons, _p: self.subscribed.put(reasons[0].value)
        if certificates is not None:
            own = certificates / name
            self.paho.tls_set(str(certificates / "ca.crt"), f"{own}.crt", f"{own}.key")
        if password:
            self.paho.username_pw_set(name, password)
        self.port = port

    def start(self) -> "Client":
        self.paho.connect("127.0.0.1", self.port, keepalive=15)
        self.paho.loop_start()
        assert self.connected.get(timeout=20) == 0
        return self

    def say(self, where: str, payload: bytes = b"x") -> int:
        """Publish and return the reason code of the acknowledgement."""
        self.paho.publish(where, payload, qos=1)
        return self.acknowledged.get(timeout=20)

    def listen(self, where: str) -> None:
        self.paho.subscribe(where, qos=1)
        self.subscribed.get(timeout=20)

    def stop(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A broker with TLS and its access list; certificates for two stations, the intake, a node and the canary."""
    folder = tmp_path_factory.mktemp("site")
    certificates = folder / "tls"
    tls.make_authority(certificates, NOW)
    tls.issue(certificates, "broker", NOW, ["127.0.0.1", "localhost"])
    for name in ("a", "b", "server-intake", "node1", mosquitto.CANARY):
        tls.issue(certificates, name, NOW)
    paths = mosquitto.Tls(certificates / "ca.crt", certificates / "broker.crt", certificates / "broker.key")
    listener = mosquitto.Listener(free_port(), "127.0.0.1", tls=paths, limits=LIMITS)
    nodes = [mosquitto.Node("node1", "a", "guiwei/nodes/node1")]
    access = mosquitto.access_list(firmware.ROUTES, firmware.SERVERS, nodes)
    with running(folder, listener, access) as port:
        yield port, certificates


@pytest.fixture
def clients(site: tuple[int, Path]) -> Iterator[Any]:
    """Connect clients by name, and stop them all at the end."""
    port, certificates = site
    started: list[Client] = []

    def connect(name: str) -> Client:
        started.append(Client(port, name, certificates=certificates).start())
        return started[-1]

    yield connect
    for client in started:
        client.stop()


def test_a_station_writes_its_own_topics_and_no_others(clients: Any) -> None:
    station = clients("a")
    accepted = {where: station.say(where) < 0x80 for where in (topic("a", "up"), topic("a", "status"))}
    assert all(accepted.values()), accepted
    foreign = [topic("b", "up"), topic("b", "status"), topic("a", "receipt"), topic("a", "grants"), "other", "$SYS/x"]
    assert {where: station.say(where) for where in foreign} == dict.fromkeys(foreign, NOT_AUTHORISED)


def test_a_station_hears_its_own_topics_and_no_others(clients: Any) -> None:
    station, server = clients("a"), clients("server-intake")
    station.listen("#")
    for where in (topic("b", "grants"), topic("b", "command"), topic("b", "receipt"), topic("a", "grants")):
        assert server.say(where) < 0x80
    assert station.heard.get(timeout=20) == (topic("a", "grants"), b"x")
    assert station.heard.empty()


def test_the_server_hears_every_station_and_cannot_speak_for_one(clients: Any) -> None:
    station, server = clients("b"), clients("server-intake")
    server.listen("guiwei/v1/+/up")
    station.say(topic("b", "up"), b"batch")
    assert server.heard.get(timeout=20) == (topic("b", "up"), b"batch")
    assert server.say(topic("b", "up")) == NOT_AUTHORISED


def test_the_canary_is_denied_everything(clients: Any) -> None:
    canary, station = clients(mosquitto.CANARY), clients("a")
    places = [topic(mosquitto.CANARY, "up"), topic("a", "up"), topic("a", "grants"), "anything"]
    assert {where: canary.say(where) for where in places} == dict.fromkeys(places, NOT_AUTHORISED)
    canary.listen("#")
    station.say(topic("a", "status"), b"here")
    with pytest.raises(queue.Empty):
        canary.heard.get(timeout=0.5)


def test_a_node_is_heard_by_its_own_station_only(clients: Any) -> None:
    node, station, other = clients("node1"), clients("a"), clients("b")
    for listener in (station, other):
        listener.listen("guiwei/nodes/#")
    assert node.say("guiwei/nodes/node1/door1") < 0x80
    assert node.say(topic("a", "command")) == NOT_AUTHORISED
    assert station.heard.get(timeout=20) == ("guiwei/nodes/node1/door1", b"x")
    assert other.heard.empty()


def test_an_oversize_packet_ends_its_connection_and_no_other(clients: Any) -> None:
    station, other, server = clients("a"), clients("b"), clients("server-intake")
    server.listen("guiwei/v1/+/up")
    assert station.say(topic("a", "up"), b"y" * (LIMITS.packet - 100)) < 0x80
    assert len(server.heard.get(timeout=20)[1]) == LIMITS.packet - 100
    station.paho.publish(topic("a", "up"), b"x" * LIMITS.packet, qos=0)
    assert station.closed.get(timeout=20) != 0
    assert other.say(topic("b", "up"), b"goes on") < 0x80
    assert server.heard.get(timeout=20) == (topic("b", "up"), b"goes on")


def test_the_limit_leaves_room_for_the_largest_message() -> None:
    longest = len(topic("a" * 32, "receipt"))
    assert mosquitto.Limits().packet >= MAX_MESSAGE + longest + 1024


def handshake(port: int, trusted: Path, own: Path | None = None) -> None:
    """Finish a TLS handshake as a client; raises what the broker answers when it refuses."""
    context = ssl.create_default_context(cafile=trusted)
    if own is not None:
        context.load_cert_chain(own, own.with_suffix(".key"))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        secure.settimeout(0.5)
        secure.recv(1)


def test_only_certificates_of_the_authority_are_let_in(site: tuple[int, Path], tmp_path: Path) -> None:
    port, certificates = site
    tls.make_authority(tmp_path, NOW)
    tls.issue(tmp_path, "a", NOW)
    trusted = certificates / "ca.crt"
    with pytest.raises(ssl.SSLError, match="certificate required"):
        handshake(port, trusted)
    with pytest.raises(ssl.SSLError, match=r"unknown ca|decrypt error"):
        handshake(port, trusted, tmp_path / "a.crt")
    with pytest.raises(TimeoutError):  # let in: the broker waits for the client's first word
        handshake(port, trusted, certificates / "a.crt")


def test_another_client_id_does_not_make_another_station(site: tuple[int, Path], tmp_path: Path) -> None:
    """A holder of station a's key who calls itself b is still a."""
    port, certificates = site
    for source, target in (("ca.crt", "ca.crt"), ("a.crt", "b.crt"), ("a.key", "b.key")):
        (tmp_path / target).write_bytes((certificates / source).read_bytes())
    client = Client(port, "b", certificates=tmp_path).start()
    try:
        assert client.say(topic("b", "up")) == NOT_AUTHORISED
        assert client.say(topic("a", "up")) < 0x80
    finally:
        client.stop()


def test_on_one_machine_passwords_do_the_same(tmp_path: Path) -> None:
    mosquitto.replace_file(
        tmp_path / "passwords", mosquitto.password_file({"a": "correct horse", "server-intake": "other"})
    )
    listener = mosquitto.Listener(free_port(), "127.0.0.1", password_file=tmp_path / "passwords")
    with running(tmp_path, listener, mosquitto.access_list(firmware.ROUTES, firmware.SERVERS)) as port:
        station = Client(port, "a", password="correct horse").start()
        assert station.say(topic("a", "up")) < 0x80
        assert station.say(topic("b", "up")) == NOT_AUTHORISED
        station.stop()
        for name, password in (("a", "wrong"), ("a", ""), ("nobody", "other")):
            client = Client(port, name, password=password)
            with pytest.raises(AssertionError):
                client.start()
            client.stop()


def test_a_plain_listener_stays_on_this_machine(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"without TLS only 127\.0\.0\.1"):
        mosquitto.Listener(1883, "0.0.0.0", password_file=tmp_path)
    with pytest.raises(ValueError, match=r"without TLS only 127\.0\.0\.1"):
        mosquitto.Listener(1883, "127.0.0.1")


def test_passwords_are_hashed_as_mosquitto_passwd_does() -> None:
    made_by_the_tool = (
        "$7$101$OR6pCeJLHKMDScMd$"
        "UQb+6y4THd8XTe9M+HfDlTw0j77lhtGYw+ihDWx/0yKzfzGxRBLK9H2ZyPV3jnF7k9d0mOtYM3HoGUWXevDBhA=="
    )
    salt = base64.b64decode("OR6pCeJLHKMDScMd")
    assert mosquitto.hash_password("secret", salt, rounds=101) == made_by_the_tool
    assert mosquitto.hash_password("secret") != mosquitto.hash_password("secret")


@pytest.mark.parametrize("name", ["", "a b", "a\ntopic readwrite #", "+", "#", "a/b", "甲"])
def test_no_name_breaks_out_of_its_line(name: str) -> None:
    with pytest.raises(ValueError, match="user name"):
        mosquitto.access_list(firmware.ROUTES, [name])
    with pytest.raises(ValueError, match="user name"):
        mosquitto.password_file({name: "x"})


def test_a_replaced_file_is_whole_and_has_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "access.acl"
    path.write_text("old")
    path.chmod(0o644)
    mosquitto.replace_file(path, "new", mode=0o640)
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o640)
    assert [entry.name for entry in tmp_path.iterdir()] == ["access.acl"]


def test_keys_are_private_and_never_replaced(tmp_path: Path) -> None:
    tls.make_authority(tmp_path, NOW)
    tls.issue(tmp_path, "a", NOW)
    before = (tmp_path / "a.key").read_bytes(), (tmp_path / "ca.key").read_bytes()
    tls.make_authority(tmp_path, NOW)
    tls.issue(tmp_path, "a", NOW)
    assert before == ((tmp_path / "a.key").read_bytes(), (tmp_path / "ca.key").read_bytes())
    assert all(stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600 for name in ("a.key", "ca.key"))
