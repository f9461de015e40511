"""The web application: the JSON API, the pages and what surrounds them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from starlette.types import Lifespan

from server.service.people.sign_in import Tries
from server.web import pages
from server.web.auth import check_gates
from server.web.deps import Deps, WebSettings
from server.web.guard import Guard
from server.web.metrics import Metrics
from server.web.problems import add_problems
from server.web.routes import ROUTERS

__all__ = ["Deps", "WebSettings", "create_app"]

API: Final = "/api/v1"


def create_app(deps: Deps) -> FastAPI:
    """Build the app on these real things; raises RuntimeError when a route has no gate."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        deps.database.on_commit(deps.live.poke)
        await deps.live.start()
        yield
        await deps.live.stop()

    app = _with_api(lifespan)
    app.state.deps = deps
    app.state.tries = Tries()
    app.state.metrics = Metrics()
    add_problems(app)
    pages.add_pages(app)
    app.add_middleware(Guard, metrics=app.state.metrics, secure=deps.settings.secure)
    check_gates([*ROUTERS, pages.router])
    return app


def api_document() -> str:
    """Write the API's OpenAPI document, as docs/openapi.json holds it."""
    return json.dumps(_with_api().openapi(), ensure_ascii=False, indent=1) + "\n"


def _with_api(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    app = FastAPI(
        title="Guiwei",
        version="1",
        description="Who holds which file and which seal, right now, and by whose approval.",
        lifespan=lifespan,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    for router in ROUTERS:
        app.include_router(router)
    return app
