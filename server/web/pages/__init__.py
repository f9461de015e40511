"""The pages people look at: server-rendered, usable without scripts, kept live by one event that says "look again"."""

from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from . import alarms, cases, home, items, live, loans, people, requests, scan, signin, stations, stocktakes
from .render import STATIC

TOPICS = (home, scan, items, requests, loans, alarms, cases, stocktakes, stations, people, signin, live)
FOREVER = "public, max-age=31536000, immutable"


def _all() -> APIRouter:
    every = APIRouter()
    for topic in TOPICS:
        every.include_router(topic.router)
    return every


router = _all()


class KeptFiles(StaticFiles):
    """Static files; one asked for with its hash never changes and may be kept."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve a file."""
        answer = await super().get_response(path, scope)
        if scope["query_string"].startswith(b"v=") and answer.status_code == 200:
            answer.headers["Cache-Control"] = FOREVER
        return answer


def mount_static(app: FastAPI) -> None:
    """Serve the style, the scripts and the icons."""
    app.mount("/static", KeptFiles(directory=STATIC), name="static")
