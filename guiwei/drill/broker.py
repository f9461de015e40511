"""The broker of a world: a real Mosquitto child with generated configuration, on one free loopback port."""

import os
import pwd
import shutil
import socket
from pathlib import Path

from contract.topics import TOPICS, pattern
from firmware_config.mosquitto import (
    STATION,
    Listener,
    Route,
    access_list,
    configuration,
    password_file,
    replace_file,
)
from guiwei.drill.ports import free_port
from guiwei.drill.process import Process, ProcessError, wait_until

SERVER = "server"


def broker(folder: Path, passwords: dict[str, str]) -> tuple[Process, int]:
    """Make (not start) a broker whose clients show these passwords; returns it with its port."""
    program = shutil.which("mosquitto", path=os.defpath + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        raise ProcessError("mosquitto is not installed; `guiwei doctor` says how to get it")
    account = pwd.getpwuid(os.getuid()).pw_name
    port = free_port()
    routes = [Route(pattern(t.channel, STATION), t.written_by) for t in TOPICS]
    replace_file(folder / "access", access_list(routes, [SERVER]))
    replace_file(folder / "passwords", password_file(passwords))
    listener = Listener(port=port, address="127.0.0.1", password_file=folder / "passwords")
    replace_file(folder / "mosquitto.conf", configuration(listener, folder / "access", run_as=account))
    return Process("broker", [program, "-c", str(folder / "mosquitto.conf")], folder / "broker.log"), port


def listening(port: int) -> bool:
    """Say whether something accepts connections on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start_broker(process: Process, port: int) -> None:
    """Start the broker and wait until it listens."""
    process.start()
    wait_until("the broker listening", 20, lambda: listening(port), process)
