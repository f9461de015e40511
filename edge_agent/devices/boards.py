"""What lock boards on one line have in common: they are asked in turn, and do nothing unasked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol


class BoardSettings(Protocol):
    """What every such family can be set to."""

    @property
    def boards(self) -> tuple[int, ...]:
        """Addresses of the boards on the line."""

    @property
    def poll_ms(self) -> int:
        """Pause between two questions; 0 asks for nothing."""

    @property
    def pause_ms(self) -> int:
        """Silence that ends what was heard."""


class Boards(ABC):
    """The asking half of a Dialect; a family says how one board is asked for everything it knows."""

    settings: BoardSettings
    _turn = 0

    @property
    def pause(self) -> float:
        """Seconds of silence after which what was heard is whole or torn."""
        return self.settings.pause_ms / 1000

    @property
    def prompt_after(self) -> float | None:
        """Seconds between two questions; None asks for nothing."""
        return self.settings.poll_ms / 1000 if self.settings.poll_ms and self.settings.boards else None

    @property
    def addresses(self) -> tuple[int, ...]:
        """The boards that are this device's own."""
        return self.settings.boards

    def greeting(self) -> list[bytes]:
        """Send nothing: a lock board must do nothing unasked."""
        return []

    def prompt(self) -> bytes:
        """Ask the next board for everything."""
        if not self.settings.boards:
            return b""
        board = self.settings.boards[self._turn % len(self.settings.boards)]
        self._turn += 1
        return self.query_all(board)

    @abstractmethod
    def query_all(self, board: int) -> bytes:
        """Encode the question to one board."""
