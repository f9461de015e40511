"""A screen as a process of its own before a state file, for tests and pictures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

GUIWEI = Path(sys.executable).with_name("guiwei")
SETTINGS = """
[station]
name = "a"
site = "test"
data = "{folder}/data"
state = "{folder}/state.json"
key_file = "{folder}/no-such.key"
server_key = "{key}"
server_pin_key = "{key}"
"""


class Panel:
    """One screen; it has no key and no outbox to read."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state.json"
        self.settings = folder / "station.toml"
        self.settings.write_text(SETTINGS.format(folder=folder, key="ab" * 32))
        words = [str(GUIWEI), "edge", "screen", str(self.settings), "--port", "0", "--contact", "档案室 8012"]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()

    def says(self, state: dict[str, Any]) -> None:
        """Replace the state file as a station does."""
        new = self.state.with_suffix(".new")
        new.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        new.replace(self.state)

    def close(self) -> int:
        """Stop it as systemd would; give its exit code."""
        self._process.terminate()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return self._process.wait(20)
