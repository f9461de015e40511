"""Family llrp: fixed UHF readers over TCP or TLS (Impinj, Zebra and others), LLRP 1.0.1 and 1.1.

1. A message whose content is wrong is one error, and the next is read; a header that cannot be one loses the stream.
2. What is lost stays lost until `silence`, when the connection is made anew: nothing is guessed from its rest.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from edge_agent.devices import llrp_commands as write
from edge_agent.devices.base import FrameError, Heard, read_settings
from edge_agent.devices.llrp_meaning import meaning
from edge_agent.devices.llrp_settings import LlrpSettings
from edge_agent.devices.llrp_wire import Deframer, Message


class Llrp:
    """Speak LLRP: reports, events and answers in, commands out."""

    Settings: ClassVar[type[msgspec.Struct]] = LlrpSettings
    baudrate: ClassVar[int] = 0
    """It has no serial line: its source is LlrpSource."""
    reopen_after_error: ClassVar[bool] = True
    turn: ClassVar[float | None] = None
    absence: float = 0.0
    prompt_after: float | None = None

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(LlrpSettings, "llrp", settings)
        self._frames = Deframer()

    # -- bytes in -----------------------------------------------------------------------------------------------

    @property
    def pause(self) -> float:
        """Seconds after which a message that was begun and not continued is given up."""
        return self.settings.stall_ms / 1000

    @property
    def unparsed(self) -> bytes:
        """Bytes of a message not yet complete."""
        return self._frames.waiting

    @property
    def begun(self) -> bool:
        """Tell whether a message is begun and not complete."""
        return len(self._frames) > 0

    def messages(self, data: bytes) -> list[Message | FrameError]:
        """Cut the next bytes into messages."""
        return self._frames.feed(data)

    def feed(self, data: bytes) -> list[Heard]:
        """Take the next bytes of the stream."""
        heard: list[Heard] = []
        for cut in self.messages(data):
            heard += [cut] if isinstance(cut, FrameError) else meaning(cut, self.settings)
        return heard

    def silence(self) -> list[Heard]:
        """Begin a new connection; give up what the old one left unfinished."""
        return list(self._frames.begin())

    # -- commands out ---------------------------------------------------------------------------------------------

    def greeting(self) -> list[bytes]:
        """Send nothing: the reader speaks first, and the source leads the conversation."""
        return []

    def prompt(self) -> bytes:
        """Ask for the levels of the GPI ports, which any reader can answer."""
        return self.command("get_reader_config", write.get_config(write.GPI_LEVELS))

    def command(self, name: str, body: bytes = b"", number: int = 0) -> bytes:
        """Encode any command by its name, such as get_rospecs (ProtocolError: no such command)."""
        return write.command(name, body, number)
