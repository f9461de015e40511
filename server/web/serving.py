"""Runs the app under uvicorn, and lets it stop at once although streams are open."""

import signal
from collections.abc import Callable
from socket import socket
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

from server.web.live import Live

GRACE_SECONDS: Final = 2


class Serving(uvicorn.Server):
    """A uvicorn server that says when it answers, and ends its streams before it waits for them."""

    def __init__(self, config: uvicorn.Config, live: Live, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._live = live
        self._ready = ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin to listen, and say where."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._ready(f"http://{host}:{port}")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End every stream: a browser that listens would keep the server alive."""
        self._live.close()
        super().handle_exit(sig, frame)


def serve(app: FastAPI, live: Live, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until a signal says stop."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn raises it again at its end; what follows must still be done
    Serving(config, live, ready).run()
